// Frames in: parsed, found legal, then acted upon.
#include "base/check.h"
#include "base/planted.h"
#include "device_inner.h"
#include "wire/codes.h"
#include "wire/dictionary.h"
#include "wire/limits.h"

// --- Welcome ---

static bool welcome_parse(const Rond__V1__Welcome *welcome, struct id128 *ret_store, struct id128 *ret_outbox,
                          struct hash256 *ret_head) {
    return welcome->protocol == PROTOCOL_VERSION && welcome->watermark <= INT64_MAX &&
           id128_from_bytes(bytes_of(welcome->store_id.data, welcome->store_id.len), ret_store) &&
           id128_from_bytes(bytes_of(welcome->outbox.data, welcome->outbox.len), ret_outbox) &&
           hash256_from_bytes(bytes_of(welcome->head.data, welcome->head.len), ret_head);
}

static uint32_t clamp(uint32_t value, uint32_t least, uint32_t most) {
    return value < least ? least : value > most ? most : value;
}

static void device_keep_server(struct device *device, const Rond__V1__Welcome *welcome, const struct id128 *store) {
    struct device_server_state *server = &device->server;
    bool is_same = server->known && id128_equal(&server->store_id, store) &&
                   (server->epoch == welcome->epoch || PLANTED(EPOCH_IGNORED_BY_DEVICE));
    if (!is_same) { // another history of reference data and outcomes: take them in from the beginning
        device->history_is_new = device->history_is_new || server->known;
        server->reference_cursor = 0;
        server->feedback_cursor = 0;
        server->summary_week[0] = '\0';
        server->actions_stamp = 0;
        server->standings_stamp = 0;
    }
    server->known = true;
    server->store_id = *store;
    server->epoch = welcome->epoch;
    server->credit_bytes = clamp(welcome->credit_bytes, FIRST_BATCH_BYTES_MAX, COMMIT_QUEUE_BYTES_MAX);
    server->batch_bytes_max = clamp(welcome->batch_bytes_max, FIRST_BATCH_BYTES_MAX, BATCH_BYTES_MAX);
    server->keep_days = welcome->keep_days;
    device->dictionary = dictionary_common(welcome->dictionaries, welcome->n_dictionaries);
    device->newest_reference = welcome->reference_cursor;
    device->server_ms = welcome->server_ms;
    device->welcome_wanted = true;
}

static void device_take_receipt(struct device *device, const Rond__V1__Receipt *receipt, const struct device_said *said) {
    device->receipt = receipt;
    device->receipted = *said;
}

// All that is known to be acknowledged.
static void device_all_there(struct device *device) {
    struct chain acknowledged = device->outbox.acknowledged;
    device->server_watermark = acknowledged.seq;
    device_move(device, DEVICE_PHASE_READY);
    if (device->history_is_new)
        device_acknowledge(device, &acknowledged, &device->verdicts_empty);
}

static enum rond_err device_take_welcome(struct device *device, const Rond__V1__Welcome *welcome) {
    struct id128 store, outbox;
    struct hash256 head;
    if (!welcome_parse(welcome, &store, &outbox, &head))
        return device_protest(device, welcome->protocol == PROTOCOL_VERSION ? CODE_FRAME_MALFORMED : CODE_PROTOCOL_UNKNOWN);
    if (!id128_equal(&outbox, &device->outbox.outbox))
        return device_protest(device, CODE_FRAME_OUT_OF_ORDER);
    device_keep_server(device, welcome, &store);
    device->more_feedback = true;
    device->welcomed = (struct device_said){welcome->watermark, head};
    device_take_receipt(device, welcome->receipt, &device->welcomed);
    // The server has held its own chain against the head that Hello named, which stands behind all there is.
    bool is_all_there = device->outbox.is_closed && welcome->watermark > device->outbox.last_seq;
    if (is_all_there) {
        device_all_there(device);
        return ROND_OK;
    }
    // The first batch may still be out, or be asked of the outbox: the place where it begins stays until the server
    // turns out to be elsewhere.
    if (welcome->watermark != device->outbox.acknowledged.seq) {
        device_rewind(device, welcome->watermark, &head);
        return ROND_OK;
    }
    if (!hash256_equal(&head, &device->outbox.acknowledged.head)) {
        device_fork(device);
        return ROND_OK;
    }
    device_all_there(device);
    return ROND_OK;
}

// --- Answers to what was sent ---

static void device_grow(struct device *device) {
    if (device->batch_target < BATCH_BYTES_MAX)
        device->batch_target *= 2;
    if (device->batch_target > BATCH_BYTES_MAX)
        device->batch_target = BATCH_BYTES_MAX;
}

// Nothing beyond what is known already, but perhaps exceptions among what was sent a second time.
static void device_take_repeated(struct device *device, const Rond__V1__Verdicts *verdicts) {
    device_flights_land(device, verdicts->watermark);
    if (device->history_is_new)
        return; // nothing is known yet of what this server has; its Feedback tells of those exceptions, too
    struct chain acknowledged = device->outbox.acknowledged;
    device_acknowledge(device, &acknowledged, verdicts);
}

static enum rond_err device_take_verdicts(struct device *device, const Rond__V1__Verdicts *verdicts) {
    struct hash256 head;
    device->more_feedback = true;
    if (!hash256_from_bytes(bytes_of(verdicts->head.data, verdicts->head.len), &head))
        return device_protest(device, CODE_FRAME_MALFORMED);
    if (verdicts->credit_bytes > 0)
        device->server.credit_bytes = clamp(verdicts->credit_bytes, FIRST_BATCH_BYTES_MAX, COMMIT_QUEUE_BYTES_MAX);
    const struct device_said said = {verdicts->watermark, head};
    if (verdicts->watermark <= device->server_watermark) {
        device_take_receipt(device, verdicts->receipt, &said);
        device_take_repeated(device, verdicts);
        return ROND_OK;
    }
    struct chain chain;
    if (!device_chain_at(device, verdicts->watermark, &head, &chain))
        return device_protest(device, CODE_FRAME_OUT_OF_ORDER);
    device_flights_land(device, verdicts->watermark);
    device->server_watermark = verdicts->watermark;
    device_take_receipt(device, verdicts->receipt, &said);
    device_grow(device);
    device_acknowledge(device, &chain, verdicts);
    return ROND_OK;
}

static enum rond_err device_take_expected(struct device *device, const Rond__V1__Expected *expected) {
    struct hash256 head;
    if (expected->seq == 0 || expected->seq > INT64_MAX ||
        !hash256_from_bytes(bytes_of(expected->head.data, expected->head.len), &head))
        return device_protest(device, CODE_FRAME_MALFORMED);
    if (device->phase == DEVICE_PHASE_REWINDING && device->rewind_seq == expected->seq - 1)
        return ROND_OK;
    device_rewind(device, expected->seq - 1, &head);
    return ROND_OK;
}

static enum rond_err device_take_forked(struct device *device, const Rond__V1__Forked *forked) {
    struct id128 outbox;
    if (!id128_from_bytes(bytes_of(forked->outbox.data, forked->outbox.len), &outbox))
        return device_protest(device, CODE_FRAME_MALFORMED);
    if (id128_equal(&outbox, &device->outbox.outbox)) {
        device->forked_seq = forked->seq;
        device_fork(device);
    }
    return ROND_OK; // another outbox: one that was closed already
}

static enum rond_err device_take_refusal(struct device *device, const Rond__V1__Refusal *refusal) {
    bool has_sentence = refusal->sentence != NULL && refusal->sentence[0] != '\0';
    device_close_for(device, refusal->code, has_sentence ? refusal->sentence : wire_code_sentence(refusal->code),
                     refusal->retry, refusal->retry_after_ms);
    return ROND_OK;
}

// --- Dispatch ---

// Answers about an outbox that was left on this connection may still come in; they concern nobody any more.
static bool is_stale(const struct device *device, Rond__V1__Frame__KindCase kind) {
    bool is_answer = kind == ROND__V1__FRAME__KIND_WELCOME || kind == ROND__V1__FRAME__KIND_VERDICTS ||
                     kind == ROND__V1__FRAME__KIND_EXPECTED || kind == ROND__V1__FRAME__KIND_FORKED;
    if (device->phase == DEVICE_PHASE_FORKED)
        return is_answer;
    return device->phase == DEVICE_PHASE_OPEN && device->hellos > 1 && is_answer && kind != ROND__V1__FRAME__KIND_WELCOME &&
           kind != ROND__V1__FRAME__KIND_FORKED;
}

static bool is_legal(const struct device *device, Rond__V1__Frame__KindCase kind) {
    enum flow_state state = device_state(device);
    if (kind == ROND__V1__FRAME__KIND_WELCOME) // one for each Hello: the flow cannot know how many there were
        return device->phase == DEVICE_PHASE_OPEN;
    if (device->phase == DEVICE_PHASE_FORKED || device->hellos > 1) // Welcome came once: downstream goes on
        if (kind == ROND__V1__FRAME__KIND_REFERENCE || kind == ROND__V1__FRAME__KIND_FEEDBACK)
            state = FLOW_READY;
    if (device->phase == DEVICE_PHASE_FORKED && kind == ROND__V1__FRAME__KIND_REFUSAL)
        return true;
    return flow_is_legal(FLOW_SERVER, state, kind);
}

static enum rond_err device_dispatch(struct device *device, const Rond__V1__Frame *frame) {
    switch (frame->kind_case) {
    case ROND__V1__FRAME__KIND_WELCOME:
        return device_take_welcome(device, frame->welcome);
    case ROND__V1__FRAME__KIND_VERDICTS:
        return device_take_verdicts(device, frame->verdicts);
    case ROND__V1__FRAME__KIND_EXPECTED:
        return device_take_expected(device, frame->expected);
    case ROND__V1__FRAME__KIND_FORKED:
        return device_take_forked(device, frame->forked);
    case ROND__V1__FRAME__KIND_REFUSAL:
        return device_take_refusal(device, frame->refusal);
    case ROND__V1__FRAME__KIND_REFERENCE:
        device->reference = frame->reference;
        return ROND_OK;
    case ROND__V1__FRAME__KIND_FEEDBACK:
        device->feedback = frame->feedback;
        return ROND_OK;
    default:
        return device_protest(device, CODE_FRAME_OUT_OF_ORDER);
    }
}

enum rond_err device_receive(struct device *device, const struct device_now *now, struct bytes bytes) {
    if (device->phase == DEVICE_PHASE_OFFLINE || device->phase == DEVICE_PHASE_CLOSING)
        return ROND_OK;
    device->heard_ms = now->monotonic_ms;
    arena_reset(&device->arena);
    device->acknowledged_wanted = false;
    device->receipt = NULL; // it lay there
    Rond__V1__Frame *frame;
    struct fault fault = {0};
    enum rond_err err = codec_frame_decode(&device->arena, bytes, &frame, &fault);
    if (err == ROND_EPROTOCOL)
        return device_protest(device, fault.code);
    if (err != ROND_OK)
        return err;
    if (is_stale(device, frame->kind_case))
        return ROND_OK;
    if (!is_legal(device, frame->kind_case))
        return device_protest(device, CODE_FRAME_OUT_OF_ORDER);
    return device_dispatch(device, frame);
}
