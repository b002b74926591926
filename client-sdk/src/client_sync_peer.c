// Finding a server: whom to connect to and whom to trust, the rounds through the list, the renewal of the certificate
// before them, and what follows when a connection ends.
#include <string.h>

#include "client_sync_internal.h"
#include "wire/codes.h"

enum { SETTING_SIZE = 96 };

// --- Whom to connect to, and whom to trust: the enrolment, and what reference data has said since ---

static bool server_is_listed(const struct client_sync *sync, const char *url) {
    for (size_t i = 0; i < sync->servers_count; i++)
        if (strcmp(sync->servers[i], url) == 0)
            return true;
    return false;
}

static enum rond_err servers_add(struct client_sync *sync, char *const *urls, size_t count) {
    for (size_t i = 0; i < count && sync->servers_count < SERVERS_MAX; i++) {
        if (server_is_listed(sync, urls[i]))
            continue;
        sync->servers[sync->servers_count] = arena_text(&sync->peers_arena, urls[i]);
        if (sync->servers[sync->servers_count++] == NULL)
            return ROND_ENOMEM;
    }
    return ROND_OK;
}

// What reference data said last, best first; then what the enrolment said: a device that was enrolled anew because its
// server had moved knows the new address from there alone.
static enum rond_err servers_fill(struct client_sync *sync, Rond__V1__ReferenceEntry **lists, size_t lists_count) {
    const struct enrolment *enrolment = &sync->r->enrolment;
    sync->servers_count = 0;
    sync->servers = arena_array(&sync->peers_arena, SERVERS_MAX, sizeof *sync->servers);
    if (sync->servers == NULL)
        return ROND_ENOMEM;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < lists_count && sync->servers_count == 0 && err == ROND_OK; i++)
        err = servers_add(sync, lists[i]->server_list->urls, lists[i]->server_list->n_urls);
    return err == ROND_OK ? servers_add(sync, (char *const *)(uintptr_t)enrolment->servers, enrolment->servers_count) : err;
}

static void last_good_first(struct client_sync *sync) {
    struct bytes good;
    if (outbox_setting_get(sync->r->outbox, "sync.last_good", &sync->peers_arena, &good) != ROND_OK)
        return;
    for (size_t i = 0; i < sync->servers_count; i++) {
        if (!bytes_equal(bytes_of_text(sync->servers[i]), good))
            continue;
        const char *server = sync->servers[i];
        memmove(sync->servers + 1, sync->servers, i * sizeof *sync->servers);
        sync->servers[0] = server;
        return;
    }
}

static enum rond_err peers_load(struct client_sync *sync) {
    Rond__V1__ReferenceEntry **lists;
    size_t lists_count;
    arena_reset(&sync->peers_arena);
    enum rond_err err = outbox_reference_list(sync->r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST,
                                              &sync->peers_arena, &lists, &lists_count);
    if (err == ROND_OK)
        err = servers_fill(sync, lists, lists_count);
    if (err == ROND_OK)
        err = client_trust_load(sync->r, &sync->peers_arena, &sync->trust);
    if (err == ROND_OK)
        err = client_renewal_urls(sync->r, &sync->peers_arena, &sync->renewals, &sync->renewals_count);
    if (err == ROND_OK)
        last_good_first(sync);
    return err;
}

// --- Rounds ---

static void sync_rest(struct client_sync *sync) {
    sync->phase = SYNC_RESTING;
    sync->phase_deadline_ms = sync_monotonic_ms(sync) + backoff_next_ms(&sync->backoff, sync->r->rng, sync->retry_after_ms);
    sync->server = 0;
}

// Tries the servers from sync->server on; the first that lets itself be tried decides by its events.
static void sync_connect(struct client_sync *sync) {
    sync->phase = SYNC_CONNECTING;
    for (; sync->server < sync->servers_count; sync->server++) {
        const struct transport_tls tls = {
            .anchors = sync->trust.anchors,
            .anchors_count = sync->trust.anchors_count,
            .certificate = sync->r->enrolment.certificate,
            .keystore = sync->r->keystore,
            .now_ms = client_time_ms(sync->r),
        };
        enum rond_err err =
            transport_connect(sync->transport, sync->servers[sync->server], &tls, CONNECT_DEADLINE_MS, &sync->fault);
        if (err == ROND_OK)
            return;
        if (err == ROND_EAUTH || err == ROND_EAGAIN) { // the device's own key: no other server would help
            sync_over(sync, err);
            return;
        }
    }
    // None could be reached. Where one stood before in this window, it may come back; else the app decides when to
    // try again.
    if (sync->result.connected)
        sync_rest(sync);
    else
        sync_over(sync, ROND_EIO);
}

// At sync->renewal, or the first after it that lets itself be tried; where none does, with the certificate as it is.
static void sync_renew(struct client_sync *sync) {
    struct buffer request;
    buffer_init(&request, ENROL_BODY_BYTES_MAX);
    sync->phase = SYNC_RENEWING;
    sync->has_tried_renewal = true;
    sync->answer_status = 0;
    const struct transport_tls tls = {
        .anchors = sync->trust.anchors, .anchors_count = sync->trust.anchors_count, .now_ms = client_time_ms(sync->r)};
    enum rond_err err = renew_request_make(sync->r->keystore, sync->r->rng, sync->r->clock, &sync->r->enrolment, &request);
    bool is_posted = false;
    for (; err == ROND_OK && !is_posted && sync->renewal < sync->renewals_count; sync->renewal += !is_posted)
        is_posted = transport_post(sync->transport, sync->renewals[sync->renewal], "/v1/renew", &tls, buffer_bytes(&request),
                                   CONNECT_DEADLINE_MS, &sync->fault) == ROND_OK;
    buffer_deinit(&request);
    if (!is_posted)
        sync_connect(sync);
}

void sync_round(struct client_sync *sync) {
    enum rond_err err = peers_load(sync);
    sync->server = sync->renewal = 0;
    if (err != ROND_OK)
        sync_over(sync, err);
    else if (client_renewal_is_due(sync->r, &sync->trust) && !sync->has_tried_renewal)
        sync_renew(sync);
    else if (sync->fault.code == CODE_CERTIFICATE_EXPIRED && !sync->has_tried_renewal)
        sync_renew(sync);
    else
        sync_connect(sync);
}

// --- Endings ---

void sync_on_answered(void *context, int status, struct bytes body) {
    struct client_sync *sync = context;
    buffer_clear(&sync->answer);
    sync->answer_status = buffer_append(&sync->answer, body) == ROND_OK ? status : 0;
}

static void renewal_ended(struct client_sync *sync, enum rond_err err, const struct fault *fault) {
    struct fault why = {0};
    if (err == ROND_EIO && sync->answer_status == 0 && sync->renewal + 1 < sync->renewals_count) {
        sync->renewal++;
        sync_renew(sync);
        return;
    }
    if (err == ROND_OK || sync->answer_status != 0)
        err = client_answer_keep_renewed(sync->r, sync->renewals[sync->renewal], sync->answer_status,
                                         buffer_bytes(&sync->answer), &why);
    else if (fault != NULL)
        why = *fault;
    if (err != ROND_OK)
        sync->fault = why;
    // A certificate that still holds is good enough for today.
    if (err == ROND_EAUTH && sync->r->enrolment.not_after_ms <= client_time_ms(sync->r))
        sync_over(sync, ROND_EAUTH);
    else
        sync_connect(sync);
}

static void talk_ended(struct client_sync *sync) {
    enum sync_phase was = sync->phase;
    device_disconnected(sync->device);
    sync->stands = false;
    client_changed(sync->r, ROND_CHANGE_CONNECTION);
    if (was == SYNC_CLOSING && sync->outcome == ROND_OK)
        sync_over(sync, ROND_OK);
    else if (was == SYNC_CLOSING && sync->is_refused)
        sync_over(sync, sync->outcome);
    else
        sync_rest(sync);
}

void sync_on_ended(void *context, enum rond_err err, const struct fault *fault) {
    struct client_sync *sync = context;
    sync_write_kept(sync);
    if (sync->phase == SYNC_RENEWING) {
        renewal_ended(sync, err, fault);
        return;
    }
    if (err != ROND_OK && fault != NULL && sync->phase != SYNC_CLOSING)
        sync->fault = *fault;
    if (sync->stands) {
        talk_ended(sync);
    } else if (sync->phase == SYNC_CONNECTING) {
        if (err == ROND_EAUTH)
            sync_over(sync, ROND_EAUTH);
        else {
            sync->server++;
            sync_connect(sync);
        }
    } else if (sync->phase != SYNC_OVER) {
        sync_over(sync, sync->outcome != ROND_OK ? sync->outcome : ROND_EIO);
    }
}

// --- What the transport remembers ---

static bool setting_name(const char *name, char ret_name[SETTING_SIZE]) {
    static const char prefix[] = "transport.";
    if (strlen(name) + sizeof prefix > SETTING_SIZE)
        return false;
    strcpy(ret_name, prefix);
    strcat(ret_name, name);
    return true;
}

// What cannot be kept is asked for again next time.
void sync_keep(struct client_sync *sync, const char *setting, struct bytes value) {
    uint8_t size[4];
    size_t before = sync->kept.size, name_size = strlen(setting) + 1;
    put_be32(size, (uint32_t)(name_size + value.size));
    if (buffer_append(&sync->kept, bytes_of(size, sizeof size)) != ROND_OK ||
        buffer_append(&sync->kept, bytes_of(setting, name_size)) != ROND_OK || buffer_append(&sync->kept, value) != ROND_OK)
        sync->kept.size = before;
}

static void write_unless_there(struct client_sync *sync, const char *setting, struct bytes value) {
    struct arena arena;
    struct bytes there;
    arena_init(&arena, FRAME_BYTES_MAX);
    enum rond_err err = outbox_setting_get(sync->r->outbox, setting, &arena, &there);
    if (err != ROND_OK || !bytes_equal(there, value))
        (void)!outbox_setting_put(sync->r->outbox, setting, value);
    arena_deinit(&arena);
}

void sync_write_kept(struct client_sync *sync) {
    for (size_t at = 0; at < sync->kept.size;) {
        size_t size = get_be32(sync->kept.data + at);
        const char *setting = (const char *)sync->kept.data + at + 4;
        size_t name_size = strlen(setting) + 1;
        write_unless_there(sync, setting, bytes_of(setting + name_size, size - name_size));
        at += 4 + size;
    }
    if (sync->kept.size > 0)
        bytes_wipe(sync->kept.data, sync->kept.size); // a TLS session
    buffer_clear(&sync->kept);
}

void sync_on_remember(void *context, const char *name, struct bytes value) {
    struct client_sync *sync = context;
    char setting[SETTING_SIZE];
    if (setting_name(name, setting))
        sync_keep(sync, setting, value);
}

bool sync_on_recall(void *context, const char *name, struct bytes *ret_value) {
    struct client_sync *sync = context;
    char setting[SETTING_SIZE];
    struct arena arena;
    struct bytes value;
    arena_init(&arena, FRAME_BYTES_MAX);
    buffer_clear(&sync->recalled);
    bool found = setting_name(name, setting) && outbox_setting_get(sync->r->outbox, setting, &arena, &value) == ROND_OK &&
                 buffer_append(&sync->recalled, value) == ROND_OK;
    arena_deinit(&arena);
    if (found)
        *ret_value = buffer_bytes(&sync->recalled);
    return found;
}
