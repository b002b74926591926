// Batches and declarations of loss: bounds, signature, chain, validation, submission. Nothing is said to the device
// here but that it went wrong; what went right is said when it is committed.
//
// A batch may overlap what is there already (an acknowledgement was lost, or two connections met). Only the reports
// beyond `chain` are chained here; the ledger compares the others under the salts that it stored.
#include "base/check.h"
#include "base/planted.h"
#include "sync/session_inner.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum {
    DECODED_KEPT_REPORT_BYTES_MAX = 2 * 1024, // serialized
    DECODED_KEPT_BYTES_MAX = 1024 * 1024,     // of one batch, as decoded
};

static enum rond_err session_reject(struct session *session, unsigned code) {
    session_end(session, code);
    return ROND_OK;
}

static bool session_has_credit(const struct session *session, size_t bytes) {
    return session->bytes_under_way == 0 || session->bytes_under_way + bytes <= session->credit_bytes;
}

enum rond_err session_say_expected(struct session *session) {
    if (session->expected_said)
        return ROND_OK;
    session->expected_said = true;
    Rond__V1__Expected expected = ROND__V1__EXPECTED__INIT;
    expected.seq = session->chain.seq + (PLANTED(EXPECTED_ONE_TOO_LATE) ? 2 : 1);
    expected.head = (ProtobufCBinaryData){.data = session->chain.head.b, .len = HASH_SIZE};
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_EXPECTED;
    frame.expected = &expected;
    return session_say(session, &frame);
}

// --- Batch ---

// Parsed and verified, not yet chained.
struct batch_in {
    uint64_t first_seq;
    uint64_t last_seq;
    struct hash256 head;
    struct signature signature;
    struct chain before; // where chaining begins
};

static bool signature_parse(const ProtobufCBinaryData *from, struct signature *ret_signature) {
    if (from->len != SIGNATURE_SIZE)
        return false;
    for (size_t i = 0; i < SIGNATURE_SIZE; i++)
        ret_signature->b[i] = from->data[i];
    return true;
}

static bool batch_parse(const Rond__V1__Batch *batch, struct batch_in *in) {
    if (batch->first_seq == 0 || batch->first_seq > SEQ_MAX - BATCH_REPORTS_MAX || batch->count == 0 ||
        batch->count > BATCH_REPORTS_MAX)
        return false;
    in->first_seq = batch->first_seq;
    in->last_seq = batch->first_seq + batch->count - 1;
    return hash256_from_bytes(bytes_of(batch->head.data, batch->head.len), &in->head) &&
           signature_parse(&batch->signature, &in->signature);
}

// The chain of an outbox that is not there yet begins with the seed.
static bool batch_chain_begin(const struct session *session, const Rond__V1__Batch *batch, struct batch_in *in) {
    in->before = session->chain;
    if (session->chain.seq > 0)
        return true;
    struct hash256 seed;
    if (!hash256_from_bytes(bytes_of(batch->chain_seed.data, batch->chain_seed.len), &seed))
        return false;
    chain_init(&in->before, &seed);
    return true;
}

// ROND_EAUTH: by somebody else.
static enum rond_err batch_verify(const struct session *session, const struct batch_in *in) {
    struct statement statement;
    if (PLANTED(SIGNATURE_NOT_VERIFIED))
        return true;
    statement_batch(&statement, &session->device.device, &session->outbox, in->first_seq, in->last_seq, &in->head);
    return signature_verify(session->key, &statement, bytes_of(in->signature.b, SIGNATURE_SIZE));
}

static bool keep_text(struct arena *arena, const char **inout_text) {
    if (*inout_text == NULL)
        return true;
    *inout_text = arena_text(arena, *inout_text);
    return *inout_text != NULL;
}

// A decoded report may be a hundred times its bytes. Small ones are kept with the batch, as long as there is room, so that
// the fold need not decode them again; any other lives for its validation alone. What a single report may take is the same
// either way, so that its verdict does not depend on its neighbours.
static struct arena *arena_to_decode(struct session *session, const struct record *record, struct submission *submission) {
    bool kept = record->report.size <= DECODED_KEPT_REPORT_BYTES_MAX && submission->decoded.used < DECODED_KEPT_BYTES_MAX;
    if (kept)
        arena_allow(&submission->decoded, RECORD_ARENA_BYTES_MAX);
    else
        arena_reset(session->scratch);
    return kept ? &submission->decoded : session->scratch;
}

// Of what was decoded in passing, only what the ledger wants is kept.
static enum rond_err report_keep(struct session *session, struct arena *keep, struct ledger_report *report) {
    report->decoded = NULL;
    if (!keep_text(keep, &report->reason) || !keep_text(keep, &report->field))
        return ROND_ENOMEM;
    return report->area == session->device.area || keep_text(keep, &report->area) ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err report_validate(struct session *session, const struct record *record, struct submission *submission,
                                     const char *device_area, struct ledger_report *ret_report) {
    struct validate_context context = {
        .device = &session->device, .catalogue = session->catalogue, .clock = session->clock, .now_ms = session->now_ms};
    struct ledger_report report = {0};
    struct arena *arena = arena_to_decode(session, record, submission);
    enum rond_err err = validate_report(&context, record, arena, &report);
    if (err == ROND_OK && arena == session->scratch)
        err = report_keep(session, &submission->arena, &report);
    if (err != ROND_OK)
        return err;
    if (report.area == session->device.area) // the session may be gone before the batch is
        report.area = device_area;
    report.record = *record;
    *ret_report = report;
    return ROND_OK;
}

static enum rond_err batch_validate(struct session *session, const struct record *records, struct batch_in *in,
                                    struct submission *submission) {
    size_t count = (size_t)(in->last_seq - in->first_seq + 1);
    struct ledger_report *reports = arena_array(&submission->arena, count, sizeof *reports);
    const char *organisation = arena_text(&submission->arena, session->device.organisation);
    const char *area = arena_text(&submission->arena, session->device.area);
    if (reports == NULL || organisation == NULL || area == NULL)
        return ROND_ENOMEM;
    struct chain chain = in->before;
    for (size_t i = 0; i < count; i++) {
        enum rond_err err = report_validate(session, &records[i], submission, area, &reports[i]);
        if (err != ROND_OK)
            return err;
        if (in->first_seq + i > in->before.seq)
            chain_append(&chain, &records[i], &reports[i].salt, &reports[i].leaf);
    }
    submission->batch = (struct ledger_batch){.device = session->device.device,
                                              .outbox = session->outbox,
                                              .organisation = organisation,
                                              .first_seq = in->first_seq,
                                              .reports = reports,
                                              .count = count,
                                              .chain_after = chain,
                                              .signature = in->signature,
                                              .received_ms = session->now_ms,
                                              .forked = in->last_seq >= chain.seq && !hash256_equal(&chain.head, &in->head)};
    return ROND_OK;
}

static void session_submit_counted(struct session *session, struct submission *submission, size_t frame_bytes) {
    submission->frame_bytes = frame_bytes;
    session->bytes_under_way += frame_bytes;
    session->expected_said = false;
    session_submit(session, submission);
    if (PLANTED(ACKNOWLEDGED_BEFORE_COMMIT)) {
        session->acknowledged = session->chain;
        session->verdicts.is_due = true;
    }
}

static enum rond_err session_chain_batch(struct session *session, const Rond__V1__Batch *batch, struct batch_in *in,
                                         size_t frame_bytes) {
    struct submission *submission = submission_create(SUBMISSION_BATCH, RECORD_ARENA_BYTES_MAX);
    if (submission == NULL)
        return ROND_ENOMEM;
    struct record *records;
    size_t count;
    struct fault fault = {0};
    enum rond_err err = codec_records_decode(&submission->arena, batch, &records, &count, &fault);
    if (err == ROND_OK && count != batch->count)
        err = ROND_EPROTOCOL;
    if (err == ROND_OK)
        err = batch_validate(session, records, in, submission);
    if (err != ROND_OK) {
        submission_destroy(submission);
        return err == ROND_EPROTOCOL ? session_reject(session, CODE_BATCH_MALFORMED) : err;
    }
    session->chain = submission->batch.chain_after;
    bool forked = submission->batch.forked;
    session_submit_counted(session, submission, frame_bytes);
    if (forked) // what follows is queued anew by the device; the Forked frame goes out when this one is kept
        session_move(session, SESSION_PHASE_FORKED);
    return ROND_OK;
}

enum rond_err session_take_batch(struct session *session, const Rond__V1__Batch *batch, size_t frame_bytes) {
    struct batch_in in;
    if (frame_bytes > BATCH_BYTES_MAX)
        return session_reject(session, CODE_FRAME_TOO_LARGE);
    if (!batch_parse(batch, &in))
        return session_reject(session, CODE_BATCH_MALFORMED);
    if (!session_has_credit(session, frame_bytes))
        return session_reject(session, CODE_CREDIT_EXCEEDED);
    if (!session_within_quota(session, batch->count, frame_bytes))
        return ROND_OK;
    if (in.first_seq > session->chain.seq + 1)
        return session_say_expected(session);
    if (!batch_chain_begin(session, batch, &in))
        return session_reject(session, CODE_BATCH_MALFORMED);
    enum rond_err err = batch_verify(session, &in);
    if (err != ROND_OK)
        return err == ROND_EAUTH ? session_reject(session, CODE_BATCH_SIGNATURE) : err;
    return session_chain_batch(session, batch, &in, frame_bytes);
}

// --- Lost ---

struct lost_in {
    struct hash256 ratchet;
    struct hash256 head;
    struct signature signature;
};

static bool lost_parse(const Rond__V1__Lost *lost, struct lost_in *in) {
    bool has_range = lost->first_seq > 0 && lost->last_seq >= lost->first_seq && lost->last_seq <= SEQ_MAX;
    bool has_reason = lost->reason == ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE ||
                      lost->reason == ROND__V1__LOST_REASON__LOST_REASON_EXPIRED;
    return has_range && has_reason && hash256_from_bytes(bytes_of(lost->ratchet.data, lost->ratchet.len), &in->ratchet) &&
           hash256_from_bytes(bytes_of(lost->head.data, lost->head.len), &in->head) &&
           signature_parse(&lost->signature, &in->signature);
}

static enum rond_err lost_verify(const struct session *session, const Rond__V1__Lost *lost, const struct lost_in *in) {
    struct statement statement;
    statement_lost(&statement, &session->device.device, &session->outbox, lost->first_seq, lost->last_seq, &in->head);
    return signature_verify(session->key, &statement, bytes_of(in->signature.b, SIGNATURE_SIZE));
}

static enum rond_err session_submit_lost(struct session *session, const Rond__V1__Lost *lost, const struct lost_in *in,
                                         const struct chain *after, size_t frame_bytes) {
    struct submission *submission = submission_create(SUBMISSION_LOST, BATCH_BYTES_MAX);
    if (submission == NULL)
        return ROND_ENOMEM;
    const char *organisation = arena_text(&submission->arena, session->device.organisation);
    if (organisation == NULL) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    submission->lost = (struct ledger_lost){.device = session->device.device,
                                            .outbox = session->outbox,
                                            .organisation = organisation,
                                            .first_seq = lost->first_seq,
                                            .last_seq = lost->last_seq,
                                            .reason = (uint32_t)lost->reason,
                                            .chain_after = *after,
                                            .signature = in->signature,
                                            .received_ms = session->now_ms};
    session->chain = *after;
    session_submit_counted(session, submission, frame_bytes);
    return ROND_OK;
}

enum rond_err session_take_lost(struct session *session, const Rond__V1__Lost *lost, size_t frame_bytes) {
    struct lost_in in;
    if (!lost_parse(lost, &in))
        return session_reject(session, CODE_LOST_MALFORMED);
    if (!session_has_credit(session, frame_bytes))
        return session_reject(session, CODE_CREDIT_EXCEEDED);
    if (!session_within_quota(session, 0, frame_bytes))
        return ROND_OK;
    struct chain after = session->chain;
    bool is_there = lost->last_seq <= session->chain.seq;
    // Its head is chained to what came before first_seq, so one that overlaps cannot be verified: it is said anew.
    if (!is_there && lost->first_seq != session->chain.seq + 1)
        return session_say_expected(session);
    enum rond_err err = lost_verify(session, lost, &in);
    if (err != ROND_OK)
        return err == ROND_EAUTH ? session_reject(session, CODE_BATCH_SIGNATURE) : err;
    if (!is_there) {
        chain_lose(&after, lost->last_seq, (uint32_t)lost->reason, &in.ratchet);
        if (!hash256_equal(&after.head, &in.head)) // both ends agreed on the head before it
            return session_reject(session, CODE_LOST_MALFORMED);
    }
    return session_submit_lost(session, lost, &in, &after, frame_bytes);
}
