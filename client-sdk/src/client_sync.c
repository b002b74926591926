// One connectivity window: joins the outbox, the device engine and the transport. Nothing here blocks but rond_sync,
// which waits with poll(2) for what rond_sync_step says it waits for.
//
//   RENEWING     the certificate is past half of its life: a POST before anything else
//   CONNECTING   to one server of the list after the other, the last good one first
//   TALKING      frames go to the engine; each action that comes out is carried out on the outbox at once
//   LINGERING    all is acknowledged; what became of it may still come down, for a moment
//   CLOSING      an orderly close is under way
//   RESTING      the connection failed: wait, then from the first server on
//   OVER         the outcome stands
//
// Frames to be sent wait in a queue of their own until the transport takes them, so that no action of the engine ever
// waits behind a slow link: an acknowledgement is on disk as soon as it has come in.
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "backoff.h"
#include "base/check.h"
#include "client_internal.h"
#include "transport.h"
#include "wire/codes.h"

enum { LINGER_MS = 300, CLOSE_MS = 1000, SETTING_SIZE = 96, OUT_BYTES_MAX = 4 * FRAME_BYTES_MAX };

enum sync_phase {
    SYNC_RENEWING,
    SYNC_CONNECTING,
    SYNC_TALKING,
    SYNC_LINGERING,
    SYNC_CLOSING,
    SYNC_RESTING,
    SYNC_OVER,
};

struct client_sync {
    rond *r;
    struct transport *transport;
    struct device *device;
    enum sync_phase phase;
    int64_t phase_deadline_ms; // monotonic; of LINGERING, CLOSING, RESTING
    bool has_tried_renewal;
    struct arena peers_arena; // servers and anchors, read anew before each round
    const char **servers;
    size_t servers_count, server; // the one being tried
    struct bytes *anchors;
    size_t anchors_count;
    struct arena read_arena;
    struct buffer out; // frames that the transport has not yet taken: be32(size) || frame
    size_t out_offset;
    struct buffer answer; // of the renewal
    int answer_status;
    struct buffer recalled;
    struct backoff backoff;
    int64_t retry_after_ms; // as the server last said
    uint64_t last_seq;      // as the engine knows it
    bool stands;            // a connection stands now
    bool has_news;          // something was acknowledged on this connection, and no feedback came since
    bool is_refused;        // for good
    enum rond_err outcome;  // of OVER
    struct fault fault;     // why the last attempt failed
    rond_sync_result result;
};

static int64_t monotonic(const struct client_sync *sync) {
    return clock_monotonic_ms(sync->r->clock);
}

static struct device_now now_of(const struct client_sync *sync) {
    return (struct device_now){
        .wall_ms = clock_wall_ms(sync->r->clock),
        .monotonic_ms = monotonic(sync),
        .boot_id = clock_boot_id(sync->r->clock),
    };
}

static void sync_over(struct client_sync *sync, enum rond_err outcome) {
    if (sync->phase == SYNC_OVER)
        return;
    sync->phase = SYNC_OVER;
    sync->outcome = outcome;
}

// Ends the conversation in order; the outcome is said already where it is known.
static void sync_close(struct client_sync *sync, enum rond_err outcome) {
    sync->outcome = outcome;
    if (sync->phase == SYNC_CLOSING || sync->phase == SYNC_OVER)
        return;
    sync->phase = SYNC_CLOSING;
    sync->phase_deadline_ms = monotonic(sync) + CLOSE_MS;
    transport_close(sync->transport);
}

static void sync_rest(struct client_sync *sync) {
    sync->phase = SYNC_RESTING;
    sync->phase_deadline_ms = monotonic(sync) + backoff_next_ms(&sync->backoff, sync->r->rng, sync->retry_after_ms);
    sync->server = 0;
}

// --- Frames on their way out ---

static void out_flush(struct client_sync *sync) {
    while (sync->out_offset < sync->out.size) {
        const uint8_t *at = sync->out.data + sync->out_offset;
        size_t size = get_be32(at);
        if (transport_send(sync->transport, bytes_of(at + 4, size)) != ROND_OK)
            return; // `writable` comes, or `ended`
        sync->out_offset += 4 + size;
    }
    buffer_clear(&sync->out);
    sync->out_offset = 0;
}

static enum rond_err out_append(struct client_sync *sync, struct bytes frame) {
    uint8_t size[4];
    put_be32(size, (uint32_t)frame.size);
    enum rond_err err = buffer_reserve(&sync->out, sizeof size + frame.size);
    if (err == ROND_OK)
        err = buffer_append(&sync->out, bytes_of(size, sizeof size));
    if (err == ROND_OK)
        err = buffer_append(&sync->out, frame);
    return err;
}

// --- Actions of the engine ---

static enum rond_err act_read(struct client_sync *sync, const struct device_action *action) {
    struct device_answer answer;
    struct device_now now = now_of(sync);
    arena_reset(&sync->read_arena);
    enum rond_err err = outbox_read(sync->r->outbox, action->first_seq, action->bytes_max, &sync->read_arena, &answer);
    if (err != ROND_OK)
        return err;
    if (answer.lost_last != 0)
        client_changed(sync->r, ROND_CHANGE_REPORTS);
    return device_records(sync->device, &now, &answer);
}

static enum rond_err act_acknowledged(struct client_sync *sync, const struct device_action *action) {
    struct device_outbox_state before;
    outbox_state(sync->r->outbox, &before);
    enum rond_err err = outbox_acknowledge(sync->r->outbox, &action->chain, action->verdicts);
    if (err != ROND_OK)
        return err;
    if (action->chain.seq > before.acknowledged.seq) {
        sync->result.acknowledged += action->chain.seq - before.acknowledged.seq;
        sync->has_news = true;
        backoff_reset(&sync->backoff);
    }
    client_changed(sync->r, ROND_CHANGE_REPORTS);
    return ROND_OK;
}

static enum rond_err act_forked(struct client_sync *sync) {
    struct device_outbox_state state;
    struct device_now now = now_of(sync);
    enum rond_err err = outbox_fork(sync->r->outbox);
    if (err != ROND_OK)
        return err;
    outbox_state(sync->r->outbox, &state);
    sync->last_seq = state.last_seq;
    return device_outbox(sync->device, &now, &state);
}

static enum rond_err act_reference(struct client_sync *sync, const struct device_action *action) {
    enum rond_err err = outbox_reference_store(sync->r->outbox, action->reference);
    if (err != ROND_OK)
        return err;
    client_changed(sync->r, ROND_CHANGE_REFERENCE);
    return device_stored(sync->device);
}

static enum rond_err act_feedback(struct client_sync *sync, const struct device_action *action) {
    enum rond_err err = outbox_feedback_store(sync->r->outbox, action->feedback);
    if (err != ROND_OK)
        return err;
    sync->has_news = false;
    client_changed(sync->r, ROND_CHANGE_PROGRESS);
    client_changed(sync->r, ROND_CHANGE_REPORTS);
    return device_stored(sync->device);
}

static void act_drained(struct client_sync *sync) {
    if (sync->phase != SYNC_TALKING)
        return;
    sync->phase = SYNC_LINGERING;
    sync->phase_deadline_ms = monotonic(sync) + (sync->has_news ? LINGER_MS : 0);
}

static void act_close(struct client_sync *sync, const struct device_action *action) {
    sync->retry_after_ms = action->retry_after_ms;
    sync->is_refused = action->refusal_code != CODE_NONE && !action->may_retry;
    // A certificate that the server finds too old is renewed once, whatever this device's clock says.
    if (action->refusal_code == CODE_CERTIFICATE_EXPIRED && !sync->has_tried_renewal)
        sync->is_refused = false;
    (void)fault_set(&sync->fault, ROND_EAUTH, action->refusal_code, "", "%s",
                    action->sentence != NULL ? action->sentence : "");
    sync_close(sync, sync->is_refused ? ROND_EAUTH : ROND_EAGAIN);
}

static enum rond_err act(struct client_sync *sync, const struct device_action *action) {
    switch (action->kind) {
    case DEVICE_SEND:
        return out_append(sync, action->frame);
    case DEVICE_READ:
        return act_read(sync, action);
    case DEVICE_WELCOME:
        sync->result.connected = true;
        return outbox_server_store(sync->r->outbox, &action->server);
    case DEVICE_ACKNOWLEDGED:
        return act_acknowledged(sync, action);
    case DEVICE_FORKED:
        return act_forked(sync);
    case DEVICE_REFERENCE:
        return act_reference(sync, action);
    case DEVICE_FEEDBACK:
        return act_feedback(sync, action);
    case DEVICE_DRAINED:
        act_drained(sync);
        return ROND_OK;
    case DEVICE_CLOSE:
        act_close(sync, action);
        return ROND_OK;
    case DEVICE_NOTHING:
        break;
    }
    return ROND_OK;
}

// The device's own storage or keystore failed: nothing more can be done in this window.
static void sync_fail(struct client_sync *sync, enum rond_err err) {
    sync->fault = (struct fault){0};
    sync->is_refused = true;
    sync_close(sync, err);
}

static void sync_act_all(struct client_sync *sync) {
    struct device_action action;
    for (;;) {
        device_next_action(sync->device, &action);
        if (action.kind == DEVICE_NOTHING)
            break;
        enum rond_err err = act(sync, &action);
        if (err != ROND_OK && err != ROND_EAGAIN) {
            sync_fail(sync, err);
            break;
        }
    }
    out_flush(sync);
}

// --- Events of the transport ---

static void on_connected(void *context) {
    struct client_sync *sync = context;
    struct device_now now = now_of(sync);
    sync->phase = SYNC_TALKING;
    sync->stands = true;
    sync->has_news = false;
    buffer_clear(&sync->out);
    sync->out_offset = 0;
    client_changed(sync->r, ROND_CHANGE_CONNECTION);
    struct bytes good = bytes_of_text(sync->servers[sync->server]);
    enum rond_err err = outbox_setting_put(sync->r->outbox, "sync.last_good", good);
    struct device_outbox_state state; // the app may have queued more since
    outbox_state(sync->r->outbox, &state);
    sync->last_seq = state.last_seq;
    if (err == ROND_OK)
        err = device_outbox(sync->device, &now, &state);
    if (err == ROND_OK)
        err = device_connected(sync->device, &now);
    if (err != ROND_OK)
        sync_fail(sync, err);
    else
        sync_act_all(sync);
}

static void on_received(void *context, struct bytes frame) {
    struct client_sync *sync = context;
    struct device_now now = now_of(sync);
    if (!sync->stands || sync->phase == SYNC_CLOSING)
        return;
    enum rond_err err = device_receive(sync->device, &now, frame);
    if (err != ROND_OK && err != ROND_EPROTOCOL) // what broke the protocol, the engine closes by itself
        sync_fail(sync, err);
    else
        sync_act_all(sync);
}

static void on_writable(void *context) {
    out_flush(context);
}

static void on_answered(void *context, int status, struct bytes body) {
    struct client_sync *sync = context;
    buffer_clear(&sync->answer);
    sync->answer_status = buffer_append(&sync->answer, body) == ROND_OK ? status : 0;
}

static void sync_connect(struct client_sync *sync);

static void renewal_ended(struct client_sync *sync, enum rond_err err, const struct fault *fault) {
    struct fault why = {0};
    if (err == ROND_OK || sync->answer_status != 0)
        err = client_answer_keep_renewed(sync->r, sync->answer_status, buffer_bytes(&sync->answer), &why);
    else if (fault != NULL)
        why = *fault;
    if (err != ROND_OK)
        sync->fault = why;
    // A certificate that still holds is good enough for today.
    if (err == ROND_EAUTH && sync->r->enrolment.not_after_ms <= clock_wall_ms(sync->r->clock))
        sync_over(sync, ROND_EAUTH);
    else
        sync_connect(sync);
}

static void talk_ended(struct client_sync *sync) {
    enum sync_phase was = sync->phase;
    device_disconnected(sync->device);
    sync->stands = false;
    client_changed(sync->r, ROND_CHANGE_CONNECTION);
    if (was == SYNC_LINGERING || (was == SYNC_CLOSING && sync->outcome == ROND_OK))
        sync_over(sync, ROND_OK);
    else if (was == SYNC_CLOSING && sync->is_refused)
        sync_over(sync, sync->outcome);
    else
        sync_rest(sync);
}

static void on_ended(void *context, enum rond_err err, const struct fault *fault) {
    struct client_sync *sync = context;
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

static bool setting_name(const char *name, char ret_name[SETTING_SIZE]) {
    static const char prefix[] = "transport.";
    if (strlen(name) + sizeof prefix > SETTING_SIZE)
        return false;
    strcpy(ret_name, prefix);
    strcat(ret_name, name);
    return true;
}

static void on_remember(void *context, const char *name, struct bytes value) {
    struct client_sync *sync = context;
    char setting[SETTING_SIZE];
    // What cannot be kept is asked for again next time.
    if (setting_name(name, setting))
        (void)!outbox_setting_put(sync->r->outbox, setting, value);
}

static bool on_recall(void *context, const char *name, struct bytes *ret_value) {
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

// --- Whom to connect to, and whom to trust: the enrolment, and what reference data has said since ---

static enum rond_err servers_fill(struct client_sync *sync, Rond__V1__ReferenceEntry **lists, size_t lists_count) {
    const struct enrolment *enrolment = &sync->r->enrolment;
    const char *const *urls = enrolment->servers;
    size_t count = enrolment->servers_count;
    for (size_t i = 0; i < lists_count; i++) {
        if (lists[i]->server_list->n_urls == 0)
            continue;
        urls = (const char *const *)lists[i]->server_list->urls;
        count = lists[i]->server_list->n_urls;
        break;
    }
    if (count > SERVERS_MAX)
        count = SERVERS_MAX;
    sync->servers = arena_array(&sync->peers_arena, count, sizeof *sync->servers);
    if (sync->servers == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        sync->servers[i] = arena_text(&sync->peers_arena, urls[i]);
        if (sync->servers[i] == NULL)
            return ROND_ENOMEM;
    }
    sync->servers_count = count;
    return ROND_OK;
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

static enum rond_err anchors_fill(struct client_sync *sync, Rond__V1__ReferenceEntry **entries, size_t count) {
    const struct enrolment *enrolment = &sync->r->enrolment;
    sync->anchors = arena_array(&sync->peers_arena, enrolment->anchors_count + count, sizeof *sync->anchors);
    if (sync->anchors == NULL)
        return ROND_ENOMEM;
    sync->anchors_count = 0;
    for (size_t i = 0; i < enrolment->anchors_count; i++)
        if (!arena_copy(&sync->peers_arena, enrolment->anchors[i], &sync->anchors[sync->anchors_count++]))
            return ROND_ENOMEM;
    for (size_t i = 0; i < count && sync->anchors_count < TRUST_ANCHORS_MAX; i++)
        sync->anchors[sync->anchors_count++] =
            bytes_of(entries[i]->trust_anchor->certificate.data, entries[i]->trust_anchor->certificate.len);
    return ROND_OK;
}

static enum rond_err peers_load(struct client_sync *sync) {
    Rond__V1__ReferenceEntry **lists, **anchors;
    size_t lists_count, anchors_count;
    arena_reset(&sync->peers_arena);
    enum rond_err err = outbox_reference_list(sync->r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_SERVER_LIST,
                                              &sync->peers_arena, &lists, &lists_count);
    if (err == ROND_OK)
        err = outbox_reference_list(sync->r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_TRUST_ANCHOR, &sync->peers_arena,
                                    &anchors, &anchors_count);
    if (err == ROND_OK)
        err = servers_fill(sync, lists, lists_count);
    if (err == ROND_OK)
        err = anchors_fill(sync, anchors, anchors_count);
    if (err == ROND_OK)
        last_good_first(sync);
    return err;
}

// --- Rounds ---

// Tries the servers from sync->server on; the first that lets itself be tried decides by its events.
static void sync_connect(struct client_sync *sync) {
    sync->phase = SYNC_CONNECTING;
    for (; sync->server < sync->servers_count; sync->server++) {
        const struct transport_tls tls = {
            .anchors = sync->anchors,
            .anchors_count = sync->anchors_count,
            .certificate = sync->r->enrolment.certificate,
            .keystore = sync->r->keystore,
        };
        if (transport_connect(sync->transport, sync->servers[sync->server], &tls, CONNECT_DEADLINE_MS, &sync->fault) ==
            ROND_OK)
            return;
    }
    // None could be reached. Where one stood before in this window, it may come back; else the app decides when to
    // try again.
    if (sync->result.connected)
        sync_rest(sync);
    else
        sync_over(sync, ROND_EIO);
}

static void sync_renew(struct client_sync *sync) {
    struct buffer request;
    buffer_init(&request, ENROL_BODY_BYTES_MAX);
    sync->phase = SYNC_RENEWING;
    sync->has_tried_renewal = true;
    sync->answer_status = 0;
    const struct transport_tls tls = {.anchors = sync->anchors, .anchors_count = sync->anchors_count};
    enum rond_err err = renew_request_make(sync->r->keystore, sync->r->rng, sync->r->clock, &sync->r->enrolment, &request);
    if (err == ROND_OK)
        err = transport_post(sync->transport, sync->r->enrolment.enrol_url, "/v1/renew", &tls, buffer_bytes(&request),
                             CONNECT_DEADLINE_MS, &sync->fault);
    buffer_deinit(&request);
    if (err != ROND_OK)
        sync_connect(sync);
}

static void sync_round(struct client_sync *sync) {
    enum rond_err err = peers_load(sync);
    sync->server = 0;
    if (err != ROND_OK)
        sync_over(sync, err);
    else if (client_renewal_is_due(sync->r) && !sync->has_tried_renewal)
        sync_renew(sync);
    else if (sync->fault.code == CODE_CERTIFICATE_EXPIRED && !sync->has_tried_renewal)
        sync_renew(sync);
    else
        sync_connect(sync);
}

// --- Create, destroy ---

static enum rond_err engine_create(struct client_sync *sync) {
    rond *r = sync->r;
    struct device_config config = {
        .device = r->enrolment.device,
        .client = r->client,
        .sign = keystore_sign,
        .sign_context = r->keystore,
    };
    outbox_state(r->outbox, &config.outbox);
    outbox_server(r->outbox, &config.server);
    return device_create(&config, &sync->device);
}

static enum rond_err client_sync_create(rond *r, struct client_sync **ret_sync) {
    struct client_sync *sync = calloc(1, sizeof *sync);
    if (sync == NULL)
        return ROND_ENOMEM;
    sync->r = r;
    arena_init(&sync->peers_arena, DECODE_ARENA_BYTES_MAX);
    arena_init(&sync->read_arena, RECORD_ARENA_BYTES_MAX);
    buffer_init(&sync->out, OUT_BYTES_MAX);
    buffer_init(&sync->answer, DECODE_ARENA_BYTES_MAX);
    buffer_init(&sync->recalled, FRAME_BYTES_MAX);
    const struct transport_events events = {
        .context = sync,
        .connected = on_connected,
        .received = on_received,
        .writable = on_writable,
        .ended = on_ended,
        .answered = on_answered,
        .remember = on_remember,
        .recall = on_recall,
    };
    enum rond_err err = engine_create(sync);
    if (err == ROND_OK)
        err = transport_create(&events, r->name_servers, &sync->transport);
    if (err != ROND_OK) {
        client_sync_destroy(sync);
        return err;
    }
    *ret_sync = sync;
    return ROND_OK;
}

void client_sync_destroy(struct client_sync *sync) {
    if (sync == NULL)
        return;
    sync->phase = SYNC_OVER; // whatever the transport still says while it ends
    sync->stands = false;
    transport_destroy(sync->transport);
    device_destroy(sync->device);
    arena_deinit(&sync->peers_arena);
    arena_deinit(&sync->read_arena);
    buffer_deinit(&sync->out);
    buffer_deinit(&sync->answer);
    buffer_deinit(&sync->recalled);
    free(sync);
}

// --- Steps ---

static void sync_timers(struct client_sync *sync) {
    bool is_due = monotonic(sync) >= sync->phase_deadline_ms;
    if (sync->phase == SYNC_LINGERING && (is_due || !sync->has_news))
        sync_close(sync, ROND_OK);
    else if (sync->phase == SYNC_CLOSING && is_due)
        sync_over(sync, sync->outcome);
    else if (sync->phase == SYNC_RESTING && is_due)
        sync_round(sync);
}

// Reports that the app queued meanwhile go out on the same connection.
static void sync_engine(struct client_sync *sync) {
    if (!sync->stands || (sync->phase != SYNC_TALKING && sync->phase != SYNC_LINGERING))
        return;
    struct device_now now = now_of(sync);
    struct device_outbox_state state;
    device_tick(sync->device, &now);
    outbox_state(sync->r->outbox, &state);
    if (state.last_seq > sync->last_seq) {
        sync->last_seq = state.last_seq;
        sync->phase = SYNC_TALKING;
        enum rond_err err = device_outbox(sync->device, &now, &state);
        if (err != ROND_OK) {
            sync_fail(sync, err);
            return;
        }
    }
    sync_act_all(sync);
}

static void wait_fill(const struct client_sync *sync, rond_wait *ret_wait) {
    int64_t timeout_ms = transport_timeout_ms(sync->transport);
    int64_t until_ms = INT64_MAX, now_ms = monotonic(sync);
    if (sync->phase == SYNC_LINGERING || sync->phase == SYNC_CLOSING || sync->phase == SYNC_RESTING)
        until_ms = sync->phase_deadline_ms;
    if (sync->stands && device_deadline(sync->device) < until_ms)
        until_ms = device_deadline(sync->device);
    if (until_ms != INT64_MAX) {
        int64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
        if (timeout_ms < 0 || left_ms < timeout_ms)
            timeout_ms = left_ms;
    }
    *ret_wait = (rond_wait){.descriptor = transport_descriptor(sync->transport), .events = POLLIN, .timeout_ms = timeout_ms};
}

static void result_fill(struct client_sync *sync, rond_sync_result *ret_result) {
    struct outbox_totals totals;
    if (ret_result == NULL)
        return;
    *ret_result = sync->result;
    if (outbox_totals(sync->r->outbox, &totals) == ROND_OK)
        ret_result->waiting = totals.waiting;
    ret_result->retry_after_ms = 0;
    if (ret_result->waiting == 0)
        return;
    int64_t left_ms = sync->phase == SYNC_RESTING ? sync->phase_deadline_ms - monotonic(sync) : 0;
    ret_result->retry_after_ms = left_ms > 0 ? left_ms : sync->retry_after_ms > 0 ? sync->retry_after_ms : RETRY_MS_MIN;
}

enum rond_err rond_sync_start(rond *r, rond_fault *ret_fault) {
    struct fault fault = {0};
    if (r->sync != NULL)
        return client_fault(ROND_ECONFLICT, NULL, ret_fault);
    enum rond_err err = client_must_be_enrolled(r, &fault);
    if (err == ROND_OK)
        err = client_sync_create(r, &r->sync);
    if (err == ROND_OK)
        sync_round(r->sync);
    return client_fault(err, &fault, ret_fault);
}

enum rond_err rond_sync_step(rond *r, rond_wait *ret_wait, rond_sync_result *ret_result, rond_fault *ret_fault) {
    struct client_sync *sync = r->sync;
    if (sync == NULL)
        return client_fault(ROND_ECONFLICT, NULL, ret_fault);
    if (sync->phase != SYNC_OVER)
        transport_step(sync->transport);
    sync_engine(sync);
    sync_timers(sync);
    result_fill(sync, ret_result);
    if (sync->phase != SYNC_OVER) {
        wait_fill(sync, ret_wait);
        return ROND_EAGAIN;
    }
    *ret_wait = (rond_wait){.descriptor = transport_descriptor(sync->transport), .timeout_ms = -1};
    return client_fault(sync->outcome, &sync->fault, ret_fault);
}

void rond_sync_stop(rond *r) {
    client_sync_destroy(r->sync);
    r->sync = NULL;
}

// --- One window, waited for ---

enum rond_err rond_sync(rond *r, int deadline_ms, rond_sync_result *ret_result, rond_fault *ret_fault) {
    rond_sync_result result = {0};
    int64_t until_ms = clock_monotonic_ms(r->clock) + deadline_ms;
    enum rond_err err = rond_sync_start(r, ret_fault);
    bool is_ours = err == ROND_OK;
    while (is_ours) {
        rond_wait wait;
        err = rond_sync_step(r, &wait, &result, ret_fault);
        int64_t left_ms = until_ms - clock_monotonic_ms(r->clock);
        if (err != ROND_EAGAIN || r->sync->phase == SYNC_OVER)
            break;
        if (left_ms <= 0) {
            err = result.connected ? ROND_EAGAIN : ROND_EIO;
            client_fault(err, &r->sync->fault, ret_fault);
            break;
        }
        if (wait.timeout_ms < 0 || wait.timeout_ms > left_ms)
            wait.timeout_ms = left_ms;
        struct pollfd descriptor = {.fd = wait.descriptor, .events = wait.events};
        (void)poll(&descriptor, wait.descriptor >= 0 ? 1 : 0,
                   (int)(wait.timeout_ms < INT32_MAX ? wait.timeout_ms : INT32_MAX));
    }
    if (is_ours)
        rond_sync_stop(r);
    if (ret_result != NULL)
        *ret_result = result;
    return err;
}
