// The connected devices: a session engine for each connection, its actions carried out, its submissions brought to the
// group commit and back. Everything about who may still talk is asked again for every message.
#include <stdlib.h>
#include <string.h>

#include "app_inner.h"
#include "base/check.h"
#include "base/log.h"
#include "read/retention.h"
#include "wire/codec.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { READS_A_SWEEP_MAX = 100, REFUSAL_BYTES_MAX = 1024, RULES_ARENA_BYTES_MAX = 1024 * 1024 };

static struct id128 session_key(uint64_t id) {
    struct id128 key = {0};
    put_be64(key.b, id);
    return key;
}

static struct live *live_by_id(const struct app *app, uint64_t id) {
    struct id128 key = session_key(id);
    return id_map_get(&app->devices.by_id, &key);
}

static const char *device_text(const struct id128 *device, char (*ret_text)[2 * ID_SIZE + 1]) {
    hex_encode(bytes_of(device->b, sizeof device->b), *ret_text);
    return *ret_text;
}

static void count_refusal(struct app *app, const struct live *live, unsigned code) {
    app->devices.refusals[code < APP_CODES ? code : 0]++;
    char device[2 * ID_SIZE + 1];
    log_event(LOG_LEVEL_INFO, "session_refused", "session=%llu device=%s code=%u name=%s", (unsigned long long)live->id,
              device_text(&live->device, &device), code, wire_code_name(code));
}

// --- Actions of the session ---

static void pump(struct app *app, struct live *live) {
    session_set_credit(live->session, app_pressure_credit(app));
    for (;;) {
        struct session_action action;
        session_next_action(live->session, &action);
        switch (action.kind) {
        case SESSION_NOTHING:
            return;
        case SESSION_SEND:
            if (connection_send(live->connection, action.frame) != ROND_OK)
                connection_kill(live->connection);
            break;
        case SESSION_SUBMIT:
            app_pressure_give(app, live, action.submission);
            break;
        case SESSION_READ:
            app_downstream_list(app, live, &action);
            if (group_commit_is_idle(&app->group))
                app_downstream_go_on(app);
            break;
        case SESSION_CLOSE:
            if (action.refusal_code)
                count_refusal(app, live, action.refusal_code);
            connection_close(live->connection, action.close_code);
            break;
        }
    }
}

static void refuse(struct app *app, struct live *live, unsigned code) {
    session_refuse(live->session, code);
    pump(app, live);
}

// --- Connections come and go ---

static void refuse_at_the_door(struct app *app, struct live *live, unsigned code) {
    Rond__V1__Refusal refusal = ROND__V1__REFUSAL__INIT;
    refusal.code = code;
    refusal.sentence = (char *)(uintptr_t)wire_code_sentence(code);
    refusal.retry = wire_code_is_retryable(code);
    refusal.retry_after_ms = retry_after_ms(&app->devices.retry, code);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_REFUSAL;
    frame.refusal = &refusal;
    struct buffer bytes;
    buffer_init(&bytes, REFUSAL_BYTES_MAX);
    if (codec_frame_encode(&frame, &bytes) != ROND_OK || connection_send(live->connection, buffer_bytes(&bytes)) != ROND_OK)
        connection_kill(live->connection);
    buffer_deinit(&bytes);
    count_refusal(app, live, code);
    connection_close(live->connection, 1008);
}

// Kept until the server stops: as many as devices are enrolled.
static struct quota *quota_of(struct app *app, const struct id128 *device) {
    struct quota *quota = id_map_get(&app->devices.quotas, device);
    if (quota)
        return quota;
    quota = calloc(1, sizeof *quota);
    if (quota && id_map_put(&app->devices.quotas, device, quota) != ROND_OK) {
        free(quota);
        return NULL;
    }
    return quota;
}

// Who can change the store can change this log: the device tells its own people, too (docs/operating.md).
static void on_contradicted(void *context, const struct id128 *device, const struct id128 *outbox, uint64_t receipt_seq,
                            uint64_t watermark) {
    char device_hex[2 * ID_SIZE + 1], outbox_hex[2 * ID_SIZE + 1];
    UNUSED(context);
    log_event(LOG_LEVEL_ERROR, "receipt_contradicted", "code=%u device=%s outbox=%s receipt_seq=%llu watermark=%llu",
              (unsigned)CODE_RECEIPT_CONTRADICTED, device_text(device, &device_hex), device_text(outbox, &outbox_hex),
              (unsigned long long)receipt_seq, (unsigned long long)watermark);
}

void app_devices_receipts(struct app *app) {
    app->receipts =
        (struct session_receipts){.certificate = app_signer_certificate(&app->signer), .contradicted = on_contradicted};
}

// How long the device may keep what was acknowledged: as its organisation's rules of retention say now. Where they cannot be
// read the device does as it is set.
static uint32_t keep_days_of(const struct app *app, const char *organisation) {
    struct arena arena;
    struct retention retention;
    arena_init(&arena, RULES_ARENA_BYTES_MAX);
    uint32_t days =
        retention_load(app->read_only, &arena, &retention) == ROND_OK ? retention_days_least(&retention, organisation) : 0;
    arena_deinit(&arena);
    return days;
}

// issuer: fingerprint of the CA that certified it.
static enum rond_err make_session(struct app *app, struct live *live, const struct identity *identity,
                                  const struct tls_peer *peer, const struct hash256 *issuer) {
    struct session_config config = {
        .issuer = *issuer,
        .id = live->id,
        .device = &identity->device,
        .spki = bytes_of(peer->spki, peer->spki_size),
        .evp = peer->key,
        .store = app->store_identity,
        .catalogue = app->catalogue,
        .credit_bytes = CREDIT_BYTES,
        .quota = quota_of(app, &live->device),
        .quota_limits = &app->quota_limits,
        .retry = &app->devices.retry,
        .receipts = app->receipts.certificate.size > 0 ? &app->receipts : NULL,
        .keep_days = keep_days_of(app, identity->device.organisation),
        .now_ms = clock_wall_ms(app->clock),
        .now_monotonic_ms = clock_monotonic_ms(app->clock),
    };
    return config.quota ? session_create(&config, &live->session) : ROND_ENOMEM;
}

static void supersede(struct app *app, const struct id128 *device) {
    struct live *older = id_map_get(&app->devices.by_device, device);
    if (!older)
        return;
    app->devices.superseded++;
    refuse(app, older, CODE_SUPERSEDED);
    older->cut_at_ms = clock_monotonic_ms(app->clock) + APP_CUT_MS;
}

static void unlink_live(struct app *app, struct live *live) {
    struct app_devices *devices = &app->devices;
    struct id128 key = session_key(live->id);
    id_map_remove(&devices->by_id, &key);
    if (id_map_get(&devices->by_device, &live->device) == live)
        id_map_remove(&devices->by_device, &live->device);
    if (devices->sweep_at == live)
        devices->sweep_at = live->next;
    if (live->previous)
        live->previous->next = live->next;
    else
        devices->first = live->next;
    if (live->next)
        live->next->previous = live->previous;
    devices->count--;
    devices->retry.devices = devices->count;
    app_downstream_unlist(app, live);
    app_pressure_forget(app, live);
}

static void live_destroy(struct app *app, struct live *live) {
    unlink_live(app, live);
    session_destroy(live->session);
    free(live);
}

static struct live *live_create(struct app *app, struct connection *connection, const struct tls_peer *peer) {
    struct live *live = calloc(1, sizeof *live);
    if (!live)
        return NULL;
    live->id = ++app->next_id;
    live->connection = connection;
    live->spki_hash = peer->spki_hash;
    live->certificate_expires_ms = peer->expires_ms;
    struct id128 key = session_key(live->id);
    if (id_map_put(&app->devices.by_id, &key, live)) {
        free(live);
        return NULL;
    }
    live->next = app->devices.first;
    if (live->next)
        live->next->previous = live;
    app->devices.first = live;
    app->devices.retry.devices = ++app->devices.count;
    return live;
}

static unsigned check_still_welcome(const struct app *app, const struct live *live, const struct identity *identity) {
    unsigned code =
        !identity && app->identities_partial ? CODE_STORE_FAILED : identity_check_key(identity, &live->spki_hash);
    if (code)
        return code;
    return clock_wall_ms(app->clock) >= live->certificate_expires_ms ? CODE_CERTIFICATE_EXPIRED : CODE_NONE;
}

// A session that is resumed was verified at an earlier time; by whom is asked now.
static bool issuer_find(const struct app *app, const struct tls_peer *peer, struct hash256 *ret_issuer) {
    size_t index;
    if (!ca_issuer(app->ca, bytes_of(peer->issuer, peer->issuer_size), &index))
        return false;
    ca_authority_fingerprint(app->ca, index, ret_issuer);
    return true;
}

static bool on_opened(void *context, struct connection *connection, const struct tls_peer *peer, void **ret_user) {
    struct app *app = context;
    struct live *live = live_create(app, connection, peer);
    if (!live)
        return false;
    const struct identity *identity = identity_by_key(&app->identities, &peer->spki_hash);
    struct hash256 issuer;
    unsigned code = issuer_find(app, peer, &issuer) ? check_still_welcome(app, live, identity) : CODE_DEVICE_UNKNOWN;
    if (identity) {
        live->device = identity->device.device;
        live->status = identity->device.status;
    }
    *ret_user = live;
    if (code) {
        refuse_at_the_door(app, live, code);
        return true;
    }
    supersede(app, &live->device);
    if (make_session(app, live, identity, peer, &issuer) != ROND_OK || id_map_put(&app->devices.by_device, &live->device, live)) {
        live_destroy(app, live);
        return false;
    }
    char device[2 * ID_SIZE + 1];
    log_event(LOG_LEVEL_INFO, "session_opened", "session=%llu device=%s resumed=%d", (unsigned long long)live->id,
              device_text(&live->device, &device), peer->resumed);
    pump(app, live);
    return true;
}

void app_devices_deliver(struct app *app, struct live *live, struct bytes message) {
    unsigned code = check_still_welcome(app, live, identity_by_device(&app->identities, &live->device));
    if (code) {
        refuse(app, live, code);
        return;
    }
    int64_t now_ms = clock_wall_ms(app->clock), now_monotonic_ms = clock_monotonic_ms(app->clock);
    if (session_receive(live->session, now_ms, now_monotonic_ms, message) != ROND_OK)
        connection_kill(live->connection);
    else
        pump(app, live);
}

static void on_received(void *context, void *user, struct bytes message) {
    struct app *app = context;
    struct live *live = user;
    if (!live->session)
        return;
    if (app->stage != APP_SERVING)
        refuse(app, live, CODE_DRAINING);
    else if (!app_pressure_is_on(app))
        app_devices_deliver(app, live, message);
    else if (app_pressure_hold(app, live, message) != ROND_OK)
        refuse(app, live, CODE_BUSY);
}

static void on_broken(void *context, void *user, unsigned code) {
    struct live *live = user;
    if (live->session)
        refuse(context, live, code);
}

static void on_closed(void *context, void *user) {
    struct live *live = user;
    log_event(LOG_LEVEL_INFO, "session_closed", "session=%llu in_flight=%zu", (unsigned long long)live->id, live->in_flight);
    live_destroy(context, live);
}

const struct device_listener_events APP_DEVICE_EVENTS = {
    .opened = on_opened, .received = on_received, .broken = on_broken, .closed = on_closed};

// --- What comes back ---

static bool waits_for_nothing(const struct live *live) {
    return live->in_flight == 0 && !live->waiting_first && !live->held;
}

void app_devices_settle(struct app *app, struct submission *take_submission) {
    struct live *live = live_by_id(app, take_submission->session);
    if (live && live->session) {
        live->in_flight--;
        if (session_result(live->session, clock_wall_ms(app->clock), take_submission) != ROND_OK)
            connection_kill(live->connection);
        if (take_submission->kind != SUBMISSION_HELLO && !take_submission->err)
            session_notify(live->session, app->catalogue);
        pump(app, live);
        if (app->stage != APP_SERVING && waits_for_nothing(live))
            refuse(app, live, CODE_DRAINING);
    }
    submission_destroy(take_submission);
}

void app_devices_downstream(struct app *app, uint64_t session, const Rond__V1__Reference *reference,
                            const Rond__V1__Feedback *feedback) {
    struct live *live = live_by_id(app, session);
    if (!live || !live->session)
        return;
    if (session_downstream(live->session, reference, feedback) != ROND_OK)
        connection_kill(live->connection);
    pump(app, live);
}

void app_devices_notify(struct app *app) {
    for (struct live *each = app->devices.first; each; each = each->next) {
        if (!each->session)
            continue;
        session_notify(each->session, app->catalogue);
        each->read_due = true; // asked by the sweep, a bounded number at a time
    }
}

void app_devices_changed(struct app *app, const struct id128 *device) {
    enum rond_err err = identities_refresh(&app->identities, app->read_only, device);
    const struct identity *identity = identity_by_device(&app->identities, device);
    struct live *live = id_map_get(&app->devices.by_device, device);
    silence_cache_clear(app->downstream.caches.silences);
    if (err) {
        log_event(LOG_LEVEL_ERROR, "identity_refresh_failed", "err=%s", rond_err_name(err));
        app->identities_partial = app->recovery.failed = true;
    }
    if (!live || !live->session)
        return;
    unsigned code = err ? CODE_BUSY : identity_check_key(identity, &live->spki_hash);
    if (!code && identity->device.status == live->status)
        return;
    // What cannot be read is not trusted: the device connects anew. So does one that was retired.
    app->devices.cut += code == CODE_DEVICE_REVOKED ? 1 : 0;
    refuse(app, live, code ? code : CODE_BUSY);
    live->cut_at_ms = clock_monotonic_ms(app->clock) + APP_CUT_MS;
}

// --- Time ---

static void sweep_one(struct app *app, struct live *live, int64_t now_ms, int64_t now_monotonic_ms) {
    if (live->cut_at_ms && now_monotonic_ms >= live->cut_at_ms)
        connection_kill(live->connection);
    if (!live->session || live->is_paused || now_monotonic_ms < session_deadline(live->session)) // not read from: no silence
        return;
    session_tick(live->session, now_ms, now_monotonic_ms);
    pump(app, live);
}

void app_devices_sweep(struct app *app) {
    struct app_devices *devices = &app->devices;
    int64_t now_ms = clock_wall_ms(app->clock), now_monotonic_ms = clock_monotonic_ms(app->clock);
    for (struct live *each = devices->first; each; each = each->next)
        sweep_one(app, each, now_ms, now_monotonic_ms);
    size_t reads = 0;
    for (size_t seen = 0; seen < devices->count && reads < READS_A_SWEEP_MAX; seen++) {
        struct live *live = devices->sweep_at ? devices->sweep_at : devices->first;
        devices->sweep_at = live->next;
        if (!live->read_due)
            continue;
        live->read_due = false;
        reads++;
        pump(app, live);
    }
    app_downstream_go_on(app);
}

void app_devices_drain(struct app *app) {
    for (struct live *each = app->devices.first; each; each = each->next)
        if (each->session && waits_for_nothing(each))
            refuse(app, each, CODE_DRAINING);
}

void app_devices_deinit(struct app *app) {
    while (app->devices.first)
        live_destroy(app, app->devices.first);
    id_map_deinit(&app->devices.by_id);
    id_map_deinit(&app->devices.by_device);
    for (size_t i = 0; i < app->devices.quotas.capacity; i++)
        free(app->devices.quotas.slots[i].value);
    id_map_deinit(&app->devices.quotas);
}
