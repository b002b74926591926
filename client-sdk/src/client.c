#include "client_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

_Static_assert((int)ROND_FAULT_TEXT_SIZE == (int)FAULT_TEXT_SIZE && (int)ROND_FAULT_FIELD_SIZE == (int)FAULT_FIELD_SIZE,
               "a fault must fit what the app sees");

const char *rond_version(void) {
    return ROND_VERSION;
}

bool rond_err_retryable(enum rond_err err) {
    return err_is_retryable(err);
}

static const char *general_sentence(enum rond_err err) {
    switch (err) {
    case ROND_EAGAIN:
        return "Not now; try again in a while.";
    case ROND_ECONFLICT:
        return "This contradicts what is there now.";
    case ROND_EAUTH:
        return "The keystore is locked, or the device is not allowed to do this.";
    case ROND_EFULL:
        return "The device's storage is full; nothing was saved. Make room and save again.";
    case ROND_EIO:
        return "The device's storage or the network failed; try again.";
    case ROND_ENOMEM:
        return "There is not enough memory; nothing was changed.";
    case ROND_ECORRUPT:
        return "Stored data cannot be read.";
    case ROND_EPROTOCOL:
        return "The server answered in a way that is not understood; update the app.";
    case ROND_ENOTFOUND:
        return "There is no such thing.";
    default:
        return "This is not valid.";
    }
}

enum rond_err client_fault(enum rond_err err, const struct fault *fault, rond_fault *ret_fault) {
    if (ret_fault == NULL || err == ROND_OK)
        return err;
    *ret_fault = (rond_fault){0};
    if (fault != NULL && fault->text[0] != '\0') {
        ret_fault->code = fault->code;
        memcpy(ret_fault->field, fault->field, sizeof ret_fault->field);
        memcpy(ret_fault->text, fault->text, sizeof ret_fault->text);
    } else {
        snprintf(ret_fault->text, sizeof ret_fault->text, "%s", general_sentence(err));
    }
    return err;
}

// --- Objects handed out ---

struct object {
    struct arena arena;
    _Alignas(max_align_t) uint8_t body[];
};

static struct object *object_of(void *body) {
    return (struct object *)(void *)((uint8_t *)body - offsetof(struct object, body));
}

void *object_create(size_t size) {
    struct object *object = calloc(1, sizeof *object + size);
    if (object == NULL)
        return NULL;
    arena_init(&object->arena, CLIENT_ARENA_BYTES_MAX);
    return object->body;
}

struct arena *object_arena(void *object) {
    return &object_of(object)->arena;
}

void object_destroy(void *object) {
    if (object == NULL)
        return;
    arena_deinit(&object_of(object)->arena);
    free(object_of(object));
}

void rond_free(void *memory) {
    free(memory);
}

// --- Opening ---

enum rond_err client_enrolment_reload(rond *r) {
    arena_reset(&r->enrolment_arena);
    r->is_enrolled = false;
    enum rond_err err = enrolment_load(r->outbox, &r->enrolment_arena, &r->enrolment);
    if (err == ROND_ENOTFOUND)
        return ROND_OK;
    r->is_enrolled = err == ROND_OK;
    return err;
}

enum rond_err client_must_be_enrolled(const rond *r, struct fault *fault) {
    if (r->is_enrolled)
        return ROND_OK;
    return fault_set(fault, ROND_EAUTH, 0, "", "This device is not enrolled yet; ask for an enrolment code.");
}

static enum rond_err client_open_outbox(rond *r, const rond_config *config, struct fault *fault) {
    struct seal_key key;
    enum rond_err err = keystore_outbox_key(r->keystore, &key);
    if (err != ROND_OK)
        return err;
    struct outbox_config outbox = {
        .path = config->path,
        .key = &key,
        .rng = r->rng,
        .clock = r->clock,
        .acknowledged_keep_days = config->acknowledged_keep_days,
    };
    err = outbox_open(&outbox, &r->outbox, fault);
    bytes_wipe(&key, sizeof key);
    return err;
}

enum rond_err client_open(const rond_config *config, const struct clock *clock, const struct rng *rng, rond **ret_rond,
                          struct fault *fault) {
    if (config == NULL || config->struct_size < sizeof *config || config->keystore == NULL || config->path == NULL)
        return fault_set(fault, ROND_EINVALID, 0, "config", "The configuration lacks its size, the path or the keystore.");
    rond *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ROND_ENOMEM;
    arena_init(&r->enrolment_arena, DECODE_ARENA_BYTES_MAX);
    r->clock = clock;
    r->rng = rng;
    snprintf(r->client, sizeof r->client, "%s", config->client != NULL ? config->client : "librond/" ROND_VERSION);
    enum rond_err err = keystore_create(config->keystore, &r->keystore);
    if (err == ROND_OK)
        err = client_open_outbox(r, config, fault);
    if (err == ROND_OK)
        err = client_enrolment_reload(r);
    if (err == ROND_OK)
        err = client_time_load(r);
    if (err != ROND_OK) {
        rond_close(r);
        return err;
    }
    *ret_rond = r;
    return ROND_OK;
}

enum rond_err rond_open(const rond_config *config, rond **ret_rond, rond_fault *ret_fault) {
    struct fault fault = {0};
    return client_fault(client_open(config, clock_system(), rng_system(), ret_rond, &fault), &fault, ret_fault);
}

void rond_close(rond *r) {
    if (r == NULL)
        return;
    client_sync_destroy(r->sync);
    outbox_close(r->outbox);
    keystore_destroy(r->keystore);
    arena_deinit(&r->enrolment_arena);
    free(r);
}

// --- Totals and changes ---

enum rond_err rond_totals_get(rond *r, rond_totals *ret_totals) {
    struct outbox_totals totals;
    enum rond_err err = outbox_totals(r->outbox, &totals);
    if (err != ROND_OK)
        return err;
    *ret_totals = (rond_totals){
        .drafts = totals.drafts,
        .queued = totals.queued,
        .waiting = totals.waiting,
        .received = totals.received,
        .needs_you = totals.quarantined,
        .lost = totals.lost,
    };
    int64_t age_ms = clock_wall_ms(r->clock) - totals.oldest_waiting_ms;
    if (totals.oldest_waiting_ms != 0)
        ret_totals->oldest_waiting_age_ms = age_ms > 0 ? age_ms : 1;
    return ROND_OK;
}

void rond_subscribe(rond *r, void (*changed)(void *context, enum rond_change change), void *context) {
    r->changed = changed;
    r->changed_context = context;
}

void client_changed(const rond *r, enum rond_change change) {
    if (r->changed != NULL)
        r->changed(r->changed_context, change);
}
