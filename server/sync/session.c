// The session engine: its life, the way in of each frame, and what it says next.
//
//   open --Hello--> greeting --Welcome--> ready --Hello--> greeting ...
//                       \___________________|--> forked --Hello (another outbox)--> greeting
//                    any --Refusal--> closing
//
// Two chains are kept of an outbox: `chain` stands behind everything that was submitted, so that the next batch can be
// verified while the last is still being committed; `acknowledged` stands behind what came back committed, and only
// that is ever said to the device.
//
// What goes out is given in this order: frames already said, Verdicts due, submissions, a READ, downstream frames, the
// close. Reference data and feedback thus never delay an acknowledgement.
#include "sync/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "sync/session_inner.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { DEVICE_ARENA_BYTES_MAX = 64 * 1024 };

const struct state_table session_phases = {
    .machine = "session",
    .count = SESSION_PHASE_COUNT,
    .names = {"open", "greeting", "ready", "forked", "closing"},
    .successors =
        {
            [SESSION_PHASE_OPEN] = STATE_BIT(SESSION_PHASE_GREETING) | STATE_BIT(SESSION_PHASE_CLOSING),
            [SESSION_PHASE_GREETING] =
                STATE_BIT(SESSION_PHASE_READY) | STATE_BIT(SESSION_PHASE_FORKED) | STATE_BIT(SESSION_PHASE_CLOSING),
            [SESSION_PHASE_READY] =
                STATE_BIT(SESSION_PHASE_GREETING) | STATE_BIT(SESSION_PHASE_FORKED) | STATE_BIT(SESSION_PHASE_CLOSING),
            [SESSION_PHASE_FORKED] = STATE_BIT(SESSION_PHASE_GREETING) | STATE_BIT(SESSION_PHASE_CLOSING),
        },
};

const struct state_table *session_state_table(void) {
    return &session_phases;
}

void session_move(struct session *session, enum session_phase next) {
    state_move(&session_phases, session->census, &session->phase, next);
}

// --- Life ---

static enum rond_err session_copy_device(struct session *session, const struct device_record *from) {
    struct device_record *to = &session->device;
    struct arena *arena = &session->own;
    *to = *from;
    to->name = arena_text(arena, from->name != NULL ? from->name : "");
    to->organisation = arena_text(arena, from->organisation != NULL ? from->organisation : "");
    to->area = arena_text(arena, from->area != NULL ? from->area : "");
    to->roles = arena_array(arena, from->roles_count + 1, sizeof *to->roles);
    if (to->name == NULL || to->organisation == NULL || to->area == NULL || to->roles == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < from->roles_count; i++)
        if ((to->roles[i] = arena_text(arena, from->roles[i])) == NULL)
            return ROND_ENOMEM;
    return ROND_OK;
}

enum rond_err session_create(const struct session_config *config, struct session **ret_session) {
    CHECK(config->id != 0);
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return ROND_ENOMEM;
    session->id = config->id;
    session->store = config->store;
    session->catalogue = config->catalogue != NULL ? catalogue_ref(config->catalogue) : NULL;
    session->credit_bytes = config->credit_bytes != 0 ? config->credit_bytes : CREDIT_BYTES;
    session->credit_told_bytes = session->credit_bytes;
    session->quota = config->quota;
    session->quota_limits = config->quota_limits;
    session->keep_days = config->keep_days;
    session->retry = config->retry;
    session->receipts = config->receipts;
    session->census = config->census;
    session->now_ms = config->now_ms;
    session->now_monotonic_ms = session->opened_ms = session->heard_ms = config->now_monotonic_ms;
    arena_init_small(&session->own, DEVICE_ARENA_BYTES_MAX);
    arena_init(&session->verdicts.arena, DECODE_ARENA_BYTES_MAX);
    frame_queue_init(&session->out);
    frame_queue_init(&session->downstream);
    session->issuer = config->issuer;
    enum rond_err err = session_copy_device(session, config->device);
    if (err == ROND_OK)
        err = config->evp != NULL ? verify_key_share(config->spki, config->evp, &session->key)
                                  : verify_key_create(config->spki, &session->key);
    if (err != ROND_OK) {
        session_destroy(session);
        return err;
    }
    *ret_session = session;
    return ROND_OK;
}

void session_destroy(struct session *session) {
    if (session == NULL)
        return;
    while (session->submit_first != NULL) {
        struct submission *next = session->submit_first->next;
        submission_destroy(session->submit_first);
        session->submit_first = next;
    }
    session_held_clear(session);
    frame_queue_deinit(&session->out);
    frame_queue_deinit(&session->downstream);
    arena_deinit(&session->verdicts.arena);
    arena_deinit(&session->own);
    verify_key_destroy(session->key);
    catalogue_unref(session->catalogue);
    free(session);
}

static void session_set_time(struct session *session, int64_t now_ms, int64_t now_monotonic_ms) {
    session->now_ms = now_ms;
    session->now_monotonic_ms = now_monotonic_ms;
}

// --- Out ---

enum rond_err session_say(struct session *session, const Rond__V1__Frame *frame) {
    enum rond_err err = session_say_verdicts(session); // what became due before is said before
    if (err != ROND_OK)
        return err;
    return frame_queue_push(&session->out, frame, NULL);
}

void session_submit(struct session *session, struct submission *submission) {
    submission->session = session->id;
    submission->device = session->device.device;
    submission->outbox = session->outbox;
    submission->received_ms = session->now_ms;
    submission->generation = session->generation;
    session_want_receipt(session, submission);
    submission->bytes = sizeof *submission + submission->arena.used + submission->decoded.used;
    submission->next = NULL;
    if (session->submit_last != NULL)
        session->submit_last->next = submission;
    else
        session->submit_first = submission;
    session->submit_last = submission;
}

static uint16_t close_code_of(unsigned code) {
    switch (code) {
    case CODE_NONE:
    case CODE_SUPERSEDED:
    case CODE_IDLE:
        return 1000;
    case CODE_FRAME_TOO_LARGE:
        return 1009;
    case CODE_IDENTITY_FOREIGN:
    case CODE_BATCH_SIGNATURE:
    case CODE_CREDIT_EXCEEDED:
    case CODE_FRAME_STALLED:
        return 1008;
    default:
        return code < 200 ? 1002 : code < 300 ? 1008 : 1001;
    }
}

static void session_end_after(struct session *session, unsigned code, uint32_t after_ms) {
    if (session->phase == SESSION_PHASE_CLOSING)
        return;
    // Without memory for a last word the connection is closed without one; the device then tries again.
    if (session_say_verdicts(session) == ROND_OK && code != CODE_NONE)
        if (frame_queue_push_refusal(&session->out, code, after_ms) != ROND_OK)
            frame_queue_clear(&session->out);
    frame_queue_clear(&session->downstream);
    session_held_clear(session);
    session->close_wanted = true;
    session->close_code = close_code_of(code);
    session->refusal_code = code;
    session_move(session, SESSION_PHASE_CLOSING);
}

void session_end(struct session *session, unsigned code) {
    session_end_after(session, code, retry_after_ms(session->retry, code));
}

// Coming back for one batch at a time would cost a handshake each: it waits a while at least.
bool session_within_quota(struct session *session, uint64_t reports, size_t bytes) {
    int64_t wait_ms;
    if (session->quota == NULL ||
        quota_take(session->quota, session->quota_limits, session->now_monotonic_ms, reports, bytes, &wait_ms))
        return true;
    uint32_t least_ms = retry_after_ms(session->retry, CODE_QUOTA_EXCEEDED);
    session_end_after(session, CODE_QUOTA_EXCEEDED, wait_ms > least_ms ? (uint32_t)wait_ms : least_ms);
    return false;
}

void session_set_credit(struct session *session, uint32_t credit_bytes) {
    session->credit_told_bytes = credit_bytes < session->credit_bytes ? credit_bytes : session->credit_bytes;
}

void session_refuse(struct session *session, unsigned code) {
    session_end(session, code);
}

static struct submission *session_take_submission(struct session *session) {
    struct submission *submission = session->submit_first;
    if (submission == NULL)
        return NULL;
    session->submit_first = submission->next;
    if (session->submit_first == NULL)
        session->submit_last = NULL;
    submission->next = NULL;
    return submission;
}

void session_next_action(struct session *session, struct session_action *ret_action) {
    *ret_action = (struct session_action){.kind = SESSION_NOTHING};
    if (session->verdicts.is_due && frame_queue_is_empty(&session->out) && session_say_verdicts(session) != ROND_OK)
        session_end(session, CODE_BUSY);
    if (frame_queue_take(&session->out, &ret_action->frame)) {
        ret_action->kind = SESSION_SEND;
    } else if ((ret_action->submission = session_take_submission(session)) != NULL) {
        ret_action->kind = SESSION_SUBMIT;
    } else if (session_wants_read(session)) {
        session->read_wanted = false;
        session->read_owed = session->feedback_owed;
        session->feedback_owed = false;
        session->read_out = true;
        ret_action->kind = SESSION_READ;
        ret_action->reference_cursor = session->reference_cursor;
        ret_action->feedback_cursor = session->feedback_cursor;
        memcpy(ret_action->summary_week, session->summary_week, SESSION_WEEK_SIZE);
        ret_action->actions_stamp = session->actions_stamp;
        ret_action->standings_stamp = session->standings_stamp;
    } else if (frame_queue_take(&session->downstream, &ret_action->frame)) {
        ret_action->kind = SESSION_SEND;
    } else if (session->close_wanted) {
        session->close_wanted = false;
        ret_action->kind = SESSION_CLOSE;
        ret_action->close_code = session->close_code;
        ret_action->refusal_code = session->refusal_code;
    }
}

// --- In ---

// What the flow allows, with the two stretches that only the server's side has: before Hello nothing else may come,
// and of a forked outbox what was under way is dropped until a Hello names another.
static bool session_is_legal(const struct session *session, Rond__V1__Frame__KindCase kind) {
    if (session->phase == SESSION_PHASE_OPEN)
        return kind == ROND__V1__FRAME__KIND_HELLO;
    if (session->phase == SESSION_PHASE_GREETING && kind == ROND__V1__FRAME__KIND_HELLO)
        return false;
    return flow_is_legal(FLOW_DEVICE, FLOW_READY, kind);
}

// Between one batch and the next lies a round trip where the device waits for the credit or for Welcome.
static enum rond_err session_await_more(struct session *session, enum rond_err err) {
    session->batch_awaited = session->chain.seq < session->hello_last_seq;
    session->batch_awaited_until_ms = session->now_monotonic_ms + BATCH_WAIT_MS;
    return err;
}

static enum rond_err session_act(struct session *session, const Rond__V1__Frame *frame, struct bytes bytes) {
    bool is_report = frame->kind_case == ROND__V1__FRAME__KIND_BATCH || frame->kind_case == ROND__V1__FRAME__KIND_LOST;
    if (session->phase == SESSION_PHASE_GREETING && is_report)
        return session_hold(session, bytes);
    if (session->phase == SESSION_PHASE_FORKED && is_report)
        return ROND_OK;
    switch (frame->kind_case) {
    case ROND__V1__FRAME__KIND_HELLO:
        return session_take_hello(session, frame->hello, bytes.size);
    case ROND__V1__FRAME__KIND_BATCH:
        return session_await_more(session, session_take_batch(session, frame->batch, bytes.size));
    case ROND__V1__FRAME__KIND_LOST:
        return session_await_more(session, session_take_lost(session, frame->lost, bytes.size));
    case ROND__V1__FRAME__KIND_RECEIVED:
        session_take_received(session, frame->received);
        return ROND_OK;
    default: // the device refuses us: there is nothing to answer
        session_end(session, CODE_NONE);
        return ROND_OK;
    }
}

static enum rond_err decode_and_act(struct session *session, struct arena *arena, struct bytes bytes) {
    Rond__V1__Frame *frame;
    struct fault fault = {0};
    enum rond_err err = codec_frame_decode(arena, bytes, &frame, &fault);
    if (err == ROND_EPROTOCOL) {
        session_end(session, fault.code != 0 ? fault.code : CODE_FRAME_MALFORMED);
        return ROND_OK;
    }
    if (err != ROND_OK)
        return err;
    if (!session_is_legal(session, frame->kind_case)) {
        session_end(session, CODE_FRAME_OUT_OF_ORDER);
        return ROND_OK;
    }
    return session_act(session, frame, bytes);
}

// Most sessions are silent for hours: none keeps memory for what may come.
enum rond_err session_dispatch(struct session *session, struct bytes bytes) {
    struct arena arena, scratch;
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    arena_init(&scratch, RECORD_ARENA_BYTES_MAX);
    session->scratch = &scratch;
    enum rond_err err = decode_and_act(session, &arena, bytes);
    session->scratch = NULL;
    arena_deinit(&scratch);
    arena_deinit(&arena);
    return err;
}

enum rond_err session_receive(struct session *session, int64_t now_ms, int64_t now_monotonic_ms, struct bytes frame) {
    session_set_time(session, now_ms, now_monotonic_ms);
    session->heard_ms = now_monotonic_ms;
    if (session->phase == SESSION_PHASE_CLOSING)
        return ROND_OK;
    return session_dispatch(session, frame);
}

enum rond_err session_result(struct session *session, int64_t now_ms, const struct submission *submission) {
    session->now_ms = now_ms;
    if (session->phase == SESSION_PHASE_CLOSING)
        return ROND_OK;
    if (submission->err != ROND_OK) {
        bool is_foreign = submission->err == ROND_EAUTH;
        bool is_full = submission->err == ROND_EFULL;
        bool is_busy = submission->err == ROND_EAGAIN;
        session_end(session, is_foreign ? CODE_IDENTITY_FOREIGN
                             : is_full  ? CODE_STORE_FULL
                             : is_busy  ? CODE_BUSY
                                        : CODE_STORE_FAILED);
        return ROND_OK;
    }
    if (submission->kind == SUBMISSION_HELLO)
        return session_greet(session, submission);
    return session_appended(session, submission);
}

// --- Time ---

static int64_t session_silence_ends(const struct session *session) {
    switch (session->phase) {
    case SESSION_PHASE_OPEN:
        return session->opened_ms + HELLO_DEADLINE_MS;
    case SESSION_PHASE_CLOSING:
        return INT64_MAX;
    default:
        return session->heard_ms + IDLE_DEADLINE_MS;
    }
}

int64_t session_deadline(const struct session *session) {
    int64_t silence_ends_ms = session_silence_ends(session);
    bool is_waiting = session->phase == SESSION_PHASE_READY && session->batch_awaited;
    return is_waiting && session->batch_awaited_until_ms < silence_ends_ms ? session->batch_awaited_until_ms
                                                                           : silence_ends_ms;
}

void session_tick(struct session *session, int64_t now_ms, int64_t now_monotonic_ms) {
    session_set_time(session, now_ms, now_monotonic_ms);
    if (now_monotonic_ms >= session->batch_awaited_until_ms)
        session->batch_awaited = false;
    if (now_monotonic_ms >= session_silence_ends(session))
        session_end(session, CODE_IDLE);
}

// --- What is asked of it ---

enum flow_state session_state(const struct session *session) {
    switch (session->phase) {
    case SESSION_PHASE_OPEN:
    case SESSION_PHASE_GREETING:
        return FLOW_OPEN;
    case SESSION_PHASE_READY:
        return FLOW_READY;
    default:
        return FLOW_CLOSING;
    }
}

const struct id128 *session_device(const struct session *session) {
    return &session->device.device;
}

uint64_t session_watermark(const struct session *session) {
    return session->acknowledged.seq;
}
