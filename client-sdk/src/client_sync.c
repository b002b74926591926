// One connectivity window: joins the outbox, the device engine and the transport. Nothing here blocks but rond_sync,
// which waits with poll(2) for what rond_sync_step says it waits for. This file has the window's life and its steps;
// client_sync_peer.c finds the server, client_sync_act.c talks with it.
//
//   RENEWING     the certificate is past half of its life: a POST before anything else
//   CONNECTING   to one server of the list after the other, the last good one first
//   TALKING      frames go to the engine; each action that comes out is carried out on the outbox at once
//   CLOSING      an orderly close is under way; the engine is drained, or the talk failed
//   RESTING      the connection failed: wait, then from the first server on
//   OVER         the outcome stands
#include <poll.h>
#include <stdlib.h>

#include "client_sync_internal.h"

enum { CLOSE_MS = 1000, OUT_BYTES_MAX = 4 * FRAME_BYTES_MAX };

int64_t sync_monotonic_ms(const struct client_sync *sync) {
    return clock_monotonic_ms(sync->r->clock);
}

struct device_now sync_now(const struct client_sync *sync) {
    return (struct device_now){
        .wall_ms = clock_wall_ms(sync->r->clock),
        .monotonic_ms = sync_monotonic_ms(sync),
        .boot_id = clock_boot_id(sync->r->clock),
    };
}

void sync_over(struct client_sync *sync, enum rond_err outcome) {
    if (sync->phase == SYNC_OVER)
        return;
    sync->phase = SYNC_OVER;
    sync->outcome = outcome;
}

void sync_close(struct client_sync *sync, enum rond_err outcome) {
    sync->outcome = outcome;
    if (sync->phase == SYNC_CLOSING || sync->phase == SYNC_OVER)
        return;
    sync->phase = SYNC_CLOSING;
    sync->phase_deadline_ms = sync_monotonic_ms(sync) + CLOSE_MS;
    transport_close(sync->transport);
}

void sync_fail(struct client_sync *sync, enum rond_err err) {
    sync->fault = (struct fault){0};
    sync->is_refused = true;
    sync_close(sync, err);
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
    outbox_offer_end(r->outbox);
    outbox_offered_state(r->outbox, &config.outbox);
    outbox_server(r->outbox, &config.server);
    return device_create(&config, &sync->device);
}

static enum rond_err client_sync_create(rond *r, struct client_sync **ret_sync) {
    struct client_sync *sync = calloc(1, sizeof *sync);
    if (sync == NULL)
        return ROND_ENOMEM;
    sync->r = r;
    sync->mends = outbox_mends(r->outbox);
    arena_init(&sync->peers_arena, DECODE_ARENA_BYTES_MAX);
    arena_init(&sync->read_arena, RECORD_ARENA_BYTES_MAX);
    buffer_init(&sync->out, OUT_BYTES_MAX);
    buffer_init(&sync->answer, DECODE_ARENA_BYTES_MAX);
    buffer_init(&sync->recalled, FRAME_BYTES_MAX);
    buffer_init(&sync->kept, FRAME_BYTES_MAX);
    const struct transport_events events = {
        .context = sync,
        .connected = sync_on_connected,
        .received = sync_on_received,
        .writable = sync_on_writable,
        .ended = sync_on_ended,
        .answered = sync_on_answered,
        .remember = sync_on_remember,
        .recall = sync_on_recall,
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
    sync_write_kept(sync);
    outbox_offer_end(sync->r->outbox);
    device_destroy(sync->device);
    arena_deinit(&sync->peers_arena);
    arena_deinit(&sync->read_arena);
    buffer_deinit(&sync->out);
    buffer_deinit(&sync->answer);
    buffer_deinit(&sync->recalled);
    buffer_deinit(&sync->kept);
    free(sync);
}

// --- Steps ---

static void sync_timers(struct client_sync *sync) {
    bool is_due = sync_monotonic_ms(sync) >= sync->phase_deadline_ms;
    if (sync->phase == SYNC_CLOSING && is_due)
        sync_over(sync, sync->outcome);
    else if (sync->phase == SYNC_RESTING && is_due)
        sync_round(sync);
}

// Reports that the app queued meanwhile go out on the same connection.
static void sync_engine(struct client_sync *sync) {
    if (!sync->stands || sync->phase != SYNC_TALKING)
        return;
    struct device_now now = sync_now(sync);
    struct device_outbox_state state;
    device_tick(sync->device, &now);
    outbox_offered_state(sync->r->outbox, &state);
    if (state.last_seq > sync->last_seq) {
        sync->last_seq = state.last_seq;
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
    int64_t until_ms = INT64_MAX, now_ms = sync_monotonic_ms(sync);
    if (sync->phase == SYNC_CLOSING || sync->phase == SYNC_RESTING)
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

static uint64_t waiting_count(const rond *r) {
    struct outbox_totals totals;
    return outbox_totals(r->outbox, &totals) == ROND_OK ? totals.waiting : 0;
}

static void result_fill(struct client_sync *sync, rond_sync_result *ret_result) {
    if (ret_result == NULL)
        return;
    *ret_result = sync->result;
    ret_result->waiting = waiting_count(sync->r);
    ret_result->retry_after_ms = 0;
    if (ret_result->waiting == 0)
        return;
    int64_t left_ms = sync->phase == SYNC_RESTING ? sync->phase_deadline_ms - sync_monotonic_ms(sync) : 0;
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
            // Where only the Feedback is missing, every report is safe there all the same.
            err = !result.connected ? ROND_EIO : result.waiting == 0 ? ROND_OK : ROND_EAGAIN;
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
    else if ((result.waiting = waiting_count(r)) > 0)
        result.retry_after_ms = RETRY_MS_MIN;
    if (ret_result != NULL)
        *ret_result = result;
    return err;
}
