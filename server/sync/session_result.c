// What came back committed becomes Verdicts. Those of consecutive results are merged until they are said, so that a
// busy moment costs one frame.
#include "base/check.h"
#include "base/planted.h"
#include "sync/session_inner.h"
#include "wire/codes.h"
#include "wire/limits.h"

// Reasons beyond this are left to the code alone, of which the device has a sentence; the frame stays within its bound.
enum { EXCEPTION_TEXT_BYTES_MAX = FRAME_BYTES_MAX / 2 };

void session_verdicts_clear(struct session *session) {
    struct session_verdicts *verdicts = &session->verdicts;
    arena_release(&verdicts->arena);
    verdicts->is_due = false;
    verdicts->exceptions = NULL;
    verdicts->count = 0;
    verdicts->text_bytes = 0;
}

enum rond_err session_say_verdicts(struct session *session) {
    if (!session->verdicts.is_due)
        return ROND_OK;
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    verdicts.watermark = session->acknowledged.seq;
    verdicts.head = (ProtobufCBinaryData){.data = session->acknowledged.head.b, .len = HASH_SIZE};
    verdicts.exceptions = session->verdicts.exceptions;
    verdicts.n_exceptions = session->verdicts.count;
    verdicts.credit_bytes = session->credit_told_bytes;
    verdicts.server_ms = session->now_ms;
    Rond__V1__Receipt receipt;
    if (session_is_drained(session) && session_make_receipt(session, &receipt))
        verdicts.receipt = &receipt;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_VERDICTS;
    frame.verdicts = &verdicts;
    enum rond_err err = frame_queue_push(&session->out, &frame, NULL);
    if (err == ROND_OK)
        session_verdicts_clear(session);
    return err;
}

// --- Exceptions ---

static size_t quarantined_count(const struct ledger_batch *batch) {
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        count += batch->reports[i].verdict == VERDICT_QUARANTINED;
    return count;
}

static char *exception_text(struct session_verdicts *verdicts, const char *text) {
    size_t size = text != NULL ? bytes_of_text(text).size : 0;
    if (size == 0 || verdicts->text_bytes + size > EXCEPTION_TEXT_BYTES_MAX)
        return NULL;
    verdicts->text_bytes += size;
    return arena_text(&verdicts->arena, text);
}

static enum rond_err exceptions_add(struct session_verdicts *verdicts, const struct ledger_report *report, uint64_t seq) {
    Rond__V1__Exception *exception = arena_alloc(&verdicts->arena, sizeof *exception);
    if (exception == NULL)
        return ROND_ENOMEM;
    rond__v1__exception__init(exception);
    exception->seq = seq;
    exception->verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    exception->code = report->code;
    char *reason = exception_text(verdicts, report->reason);
    char *field = exception_text(verdicts, report->field);
    if (reason != NULL)
        exception->reason = reason;
    if (field != NULL)
        exception->field = field;
    verdicts->exceptions[verdicts->count++] = exception;
    return ROND_OK;
}

static enum rond_err session_except(struct session *session, const struct ledger_batch *batch) {
    struct session_verdicts *verdicts = &session->verdicts;
    size_t more = quarantined_count(batch);
    if (more == 0)
        return ROND_OK;
    if (verdicts->exceptions == NULL) {
        verdicts->exceptions = arena_array(&verdicts->arena, EXCEPTIONS_MAX, sizeof(Rond__V1__Exception *));
        if (verdicts->exceptions == NULL)
            return ROND_ENOMEM;
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->reports[i].verdict != VERDICT_QUARANTINED)
            continue;
        enum rond_err err = exceptions_add(verdicts, &batch->reports[i], batch->first_seq + i);
        if (err != ROND_OK)
            return err;
    }
    return ROND_OK;
}

// --- Results ---

static void session_acknowledge(struct session *session, const struct submission *submission) {
    const struct chain *chain = submission_acknowledges(submission);
    if (chain != NULL && chain->seq > session->acknowledged.seq)
        session->acknowledged = *chain;
    session_take_receipt(session, submission);
    session->verdicts.is_due = true;
}

static enum rond_err session_committed(struct session *session, const struct submission *submission) {
    bool is_batch = submission->kind == SUBMISSION_BATCH;
    if (is_batch && session->verdicts.count + quarantined_count(&submission->batch) > EXCEPTIONS_MAX) {
        enum rond_err err = session_say_verdicts(session);
        if (err != ROND_OK)
            return err;
    }
    session_acknowledge(session, submission);
    session->read_wanted = session->feedback_owed = true;
    return is_batch ? session_except(session, &submission->batch) : ROND_OK;
}

// The store is not where this session's chain stood: go on from what it has, and acknowledge no more than that.
static enum rond_err session_reset_chain(struct session *session, const struct chain *chain) {
    session->generation++;
    session->chain = *chain;
    session->acknowledged = *chain;
    session->expected_said = false;
    return session_say_expected(session);
}

enum rond_err session_appended(struct session *session, const struct submission *submission) {
    CHECK(session->bytes_under_way >= submission->frame_bytes);
    session->bytes_under_way -= PLANTED(CREDIT_LEAK) ? submission->frame_bytes / 2 : submission->frame_bytes;
    if (submission->generation != session->generation)
        return ROND_OK; // of an outbox that was left, or of a chain that was given up
    switch (submission->appended.status) {
    case APPEND_DONE:
        return session_committed(session, submission);
    case APPEND_OUT_OF_ORDER:
        return session_reset_chain(session, &submission->appended.chain);
    case APPEND_FORKED:
        return session_say_forked(session, submission->appended.forked_seq, "The same number holds another report here.");
    }
    return ROND_OK;
}
