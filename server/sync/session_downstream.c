// Reference data and feedback down: one READ at a time, and the next one after the device has said that it holds the
// last on disk. They leave after whatever Verdicts are due.
#include "base/check.h"
#include "sync/session_inner.h"
#include "wire/codec.h"
#include "wire/limits.h"

static bool awaits_received(const struct session *session) {
    return session->reference_cursor < session->reference_sent || session->feedback_cursor < session->feedback_sent;
}

// Not while reports are under way, nor before all that Hello foretold: in a short window the way down must not be
// in their way, and reading what became of the last ones costs as much as taking in the next.
bool session_wants_read(const struct session *session) {
    return session->phase == SESSION_PHASE_READY && session->read_wanted && !session->read_out && !session->batch_awaited &&
           !session->verdicts.is_due && session->bytes_under_way == 0 && !awaits_received(session);
}

void session_take_received(struct session *session, const Rond__V1__Received *received) {
    // No further than what was sent: a device that claims more would miss what comes.
    if (received->reference_cursor <= session->reference_sent && received->reference_cursor > session->reference_cursor)
        session->reference_cursor = received->reference_cursor;
    if (received->feedback_cursor <= session->feedback_sent && received->feedback_cursor > session->feedback_cursor)
        session->feedback_cursor = received->feedback_cursor;
}

void session_notify(struct session *session, const struct catalogue *catalogue) {
    if (catalogue != NULL && catalogue != session->catalogue) {
        catalogue_unref(session->catalogue);
        session->catalogue = catalogue_ref(catalogue);
    }
    session->read_wanted = true;
}

static enum rond_err session_send_reference(struct session *session, const Rond__V1__Reference *reference) {
    if (reference == NULL || (reference->n_entries == 0 && reference->cursor <= session->reference_cursor))
        return ROND_OK;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_REFERENCE;
    frame.reference = (Rond__V1__Reference *)(uintptr_t)reference;
    enum rond_err err = frame_queue_push(&session->downstream, &frame, NULL);
    if (err != ROND_OK)
        return err;
    session->reference_sent = reference->cursor;
    session->read_wanted = session->read_wanted || reference->more;
    return ROND_OK;
}

// Outcomes say the same again and again: packed they take a tenth.
static enum rond_err session_push_feedback(struct session *session, Rond__V1__Feedback *feedback) {
    struct buffer scratch;
    buffer_init(&scratch, 4 * FRAME_BYTES_MAX);
    Rond__V1__Feedback packed = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_FEEDBACK;
    frame.feedback = feedback;
    enum rond_err err = ROND_OK;
    if (session->takes_packed) {
        err = codec_feedback_pack(feedback, &scratch, &packed);
        frame.feedback = &packed;
    }
    if (err == ROND_OK)
        err = frame_queue_push(&session->downstream, &frame, NULL);
    buffer_deinit(&scratch);
    return err;
}

// A device that was told something waits for the Feedback on it before it lets its connectivity window end, so one that is
// owed goes down even where it is empty or could not be read. One that was read before the newest Verdicts says that more
// follows, or stays away where it is empty: it must not be taken for the one that is owed now.
static enum rond_err session_send_feedback(struct session *session, const Rond__V1__Feedback *read) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    feedback.cursor = session->feedback_cursor;
    if (read != NULL)
        feedback = *read;
    bool is_empty = feedback.n_outcomes == 0 && feedback.n_standings == 0 && feedback.summary == NULL && feedback.cursor <= session->feedback_cursor;
    bool is_owed = session->read_owed && !session->feedback_owed;
    if (is_empty && !is_owed)
        return ROND_OK;
    feedback.more = feedback.more || session->feedback_owed;
    enum rond_err err = session_push_feedback(session, &feedback);
    if (err != ROND_OK)
        return err;
    session->feedback_sent = feedback.cursor;
    if (feedback.actions_stamp != 0)
        session->actions_stamp = feedback.actions_stamp;
    if (feedback.standings_stamp != 0 && session->standings_stamp != 0)
        session->standings_stamp = feedback.standings_stamp;
    if (feedback.summary != NULL)
        session_take_week(session, feedback.summary->week);
    if (feedback.more) // the last page is owed, even if the one before was the last that held something
        session->read_wanted = session->feedback_owed = true;
    return ROND_OK;
}

enum rond_err session_downstream(struct session *session, const Rond__V1__Reference *reference,
                                 const Rond__V1__Feedback *feedback) {
    bool is_stale = session->read_stale;
    session->read_out = session->read_stale = false;
    if (is_stale || session->phase != SESSION_PHASE_READY)
        return ROND_OK; // another Hello came meanwhile; READ is asked again after its Welcome
    enum rond_err err = session_send_reference(session, reference);
    if (err != ROND_OK)
        return err;
    return session_send_feedback(session, feedback);
}
