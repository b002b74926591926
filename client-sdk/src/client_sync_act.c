// The talk with a server: what the engine wants is carried out on the outbox at once, what comes in goes to the engine.
//
// Frames to be sent wait in a queue of their own until the transport takes them, so that no action of the engine ever
// waits behind a slow link: an acknowledgement is on disk as soon as it has come in.
#include "client_sync_internal.h"
#include "wire/codes.h"

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
    struct device_now now = sync_now(sync);
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
    outbox_offered_state(sync->r->outbox, &before);
    enum rond_err err = outbox_acknowledge(sync->r->outbox, &action->chain, action->verdicts);
    if (err != ROND_OK)
        return err;
    if (action->chain.seq > before.acknowledged.seq) {
        sync->result.acknowledged += action->chain.seq - before.acknowledged.seq;
        backoff_reset(&sync->backoff);
    }
    client_changed(sync->r, ROND_CHANGE_REPORTS);
    return ROND_OK;
}

// Another outbox is on offer.
static enum rond_err offer(struct client_sync *sync) {
    struct device_outbox_state state;
    struct device_now now = sync_now(sync);
    outbox_offered_state(sync->r->outbox, &state);
    sync->last_seq = state.last_seq;
    return device_outbox(sync->device, &now, &state);
}

// What is not signed by the server's key is told and not kept; nothing else depends on it.
static enum rond_err act_receipt(struct client_sync *sync, const struct device_action *action) {
    return client_receipt_take(sync->r, sync->trust.anchors, sync->trust.anchors_count, &action->said, action->receipt);
}

static enum rond_err act_forked(struct client_sync *sync, const struct device_action *action) {
    enum rond_err err = outbox_receipt_forked(sync->r->outbox, action->first_seq);
    if (err == ROND_OK)
        err = outbox_offer_forked(sync->r->outbox, action->first_seq);
    client_changed(sync->r, ROND_CHANGE_REPORTS);
    return err == ROND_OK ? offer(sync) : err;
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
    client_changed(sync->r, ROND_CHANGE_PROGRESS);
    client_changed(sync->r, ROND_CHANGE_REPORTS);
    return device_stored(sync->device);
}

static enum rond_err act_welcome(struct client_sync *sync, const struct device_action *action) {
    bool is_another = false, is_contradicted = false;
    sync->result.connected = true;
    enum rond_err err = outbox_server_store(sync->r->outbox, &action->server);
    if (err == ROND_OK)
        err = outbox_receipt_hold(sync->r->outbox, &action->said, &is_contradicted);
    if (is_contradicted)
        client_changed(sync->r, ROND_CHANGE_RECEIPTS);
    if (err == ROND_OK)
        err = client_time_heard(sync->r, action->server_ms);
    if (err == ROND_OK)
        err = outbox_offer_first(sync->r->outbox, &is_another);
    return err == ROND_OK && is_another ? offer(sync) : err;
}

static enum rond_err act_drained(struct client_sync *sync) {
    bool is_another = false;
    if (sync->phase != SYNC_TALKING)
        return ROND_OK;
    enum rond_err err = outbox_offer_next(sync->r->outbox, &is_another);
    if (err != ROND_OK || is_another)
        return err == ROND_OK ? offer(sync) : err;
    out_flush(sync); // the last Received
    sync_close(sync, ROND_OK);
    return ROND_OK;
}

static void act_close(struct client_sync *sync, const struct device_action *action) {
    sync->retry_after_ms = action->retry_after_ms;
    sync->is_refused = action->refusal_code != CODE_NONE && !action->may_retry;
    // An outbox of an earlier enrolment is the other device's at the server; what waits now goes on without it.
    if (action->refusal_code == CODE_IDENTITY_FOREIGN && outbox_offer_give_up(sync->r->outbox) == ROND_OK)
        sync->is_refused = false;
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
        return act_welcome(sync, action);
    case DEVICE_ACKNOWLEDGED:
        return act_acknowledged(sync, action);
    case DEVICE_RECEIPT:
        return act_receipt(sync, action);
    case DEVICE_FORKED:
        return act_forked(sync, action);
    case DEVICE_REFERENCE:
        return act_reference(sync, action);
    case DEVICE_FEEDBACK:
        return act_feedback(sync, action);
    case DEVICE_DRAINED:
        return act_drained(sync);
    case DEVICE_CLOSE:
        act_close(sync, action);
        return ROND_OK;
    case DEVICE_NOTHING:
        break;
    }
    return ROND_OK;
}

// The outbox was mended under the conversation, which may be about another one now: the next window begins with it.
static bool sync_is_outdated(const struct client_sync *sync) {
    return outbox_mends(sync->r->outbox) != sync->mends;
}

void sync_act_all(struct client_sync *sync) {
    struct device_action action;
    for (;;) {
        device_next_action(sync->device, &action);
        if (action.kind == DEVICE_NOTHING)
            break;
        enum rond_err err = act(sync, &action);
        if (outbox_mended(sync->r->outbox, err) || sync_is_outdated(sync))
            break;
        if (err == ROND_EAGAIN) { // the engine waits for what was not done: another window begins anew
            sync_close(sync, err);
            break;
        }
        if (err != ROND_OK) {
            sync_fail(sync, err);
            break;
        }
    }
    if (sync_is_outdated(sync))
        sync_close(sync, ROND_EAGAIN);
    out_flush(sync);
}

// --- Events of the transport ---

void sync_on_connected(void *context, uint32_t credit_bytes) {
    struct client_sync *sync = context;
    struct device_now now = sync_now(sync);
    sync->phase = SYNC_TALKING;
    sync->stands = true;
    buffer_clear(&sync->out);
    sync->out_offset = 0;
    client_changed(sync->r, ROND_CHANGE_CONNECTION);
    sync_keep(sync, "sync.last_good", bytes_of_text(sync->servers[sync->server]));
    outbox_offer_end(sync->r->outbox);
    enum rond_err err = offer(sync); // the app may have queued more since
    if (err == ROND_OK)
        err = device_connected(sync->device, &now, credit_bytes);
    if (err != ROND_OK)
        sync_fail(sync, err);
    else
        sync_act_all(sync);
}

void sync_on_received(void *context, struct bytes frame) {
    struct client_sync *sync = context;
    struct device_now now = sync_now(sync);
    if (!sync->stands || sync->phase == SYNC_CLOSING)
        return;
    enum rond_err err = device_receive(sync->device, &now, frame);
    if (err != ROND_OK && err != ROND_EPROTOCOL) // what broke the protocol, the engine closes by itself
        sync_fail(sync, err);
    else
        sync_act_all(sync);
}

void sync_on_writable(void *context) {
    struct client_sync *sync = context;
    out_flush(sync);
    if (sync->out.size == 0)
        sync_write_kept(sync);
}
