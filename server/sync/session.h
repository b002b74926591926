// The server's side of one conversation, as a value: frames and time in, actions out. No socket, thread, clock, file.
//
//   session_create          the upgrade is through; who it is was decided by the certificate
//   session_receive(frame)  one whole binary message
//   session_result(work)    a submission of this session came back from the committer
//   session_tick(now)       at session_deadline or later
//   session_next_action     until it answers SESSION_NOTHING, after each of the above
//
// States: wire/flow.h (FLOW_OPEN .. FLOW_CLOSING). Hello is answered after everything submitted earlier is committed,
// so a Welcome never lags behind an acknowledgement; frames that came with Hello wait for it, bounded by the initial
// credit. The session chains, verifies and validates each batch and submits it; it acknowledges only what came back
// committed. Where a commit fails, it refuses (retry later) and closes: nothing of that batch is acknowledged.
#ifndef SYNC_SESSION_H
#define SYNC_SESSION_H

#include "base/state.h"
#include "ingest/submission.h"
#include "ingest/validate.h"
#include "sync/quota.h"
#include "sync/retry.h"
#include "wire/flow.h"

struct session;

// What all sessions share of receipts (wire/receipt.h). Signed are they by whoever commits (ingest/receipts.h).
struct session_receipts {
    struct bytes certificate; // DER, of the key that signs
    // A device says that it has a receipt for more than is here, or the chain differs below it, under this store and epoch: the
    // store was tampered with, or the device does not say the truth. May be NULL.
    void (*contradicted)(void *context, const struct id128 *device, const struct id128 *outbox, uint64_t receipt_seq,
                         uint64_t watermark);
    void *context;
    uint64_t made, failed, contradictions;
};

struct session_config {
    uint64_t id;                        // not 0; comes back in submission->session
    const struct device_record *device; // copied
    struct bytes spki;                  // the device's current public key; copied
    void *evp;                          // that, decoded (EVP_PKEY *): shared. NULL: it is decoded here
    struct hash256 issuer;              // fingerprint of the CA that certified it; zeroes: not known
    struct store_identity store;
    const struct catalogue *catalogue; // a reference is taken
    uint32_t credit_bytes;             // CREDIT_BYTES unless a test wants less
    struct state_census *census;       // may be NULL
    // Shared and longer-lived, each may be NULL: no quota, no random share in what a refusal says.
    struct quota *quota; // the device's
    const struct quota_limits *quota_limits;
    const struct retry *retry;
    struct session_receipts *receipts; // NULL: none are given
    uint32_t keep_days;                // of what is acknowledged on the device; 0: as it is set there
    int64_t now_ms;                    // wall clock
    int64_t now_monotonic_ms;
};

enum session_action_kind {
    SESSION_NOTHING,
    SESSION_SEND,   // frame: send it as one binary message
    SESSION_SUBMIT, // submission: yours now; hand it to the group commit
    SESSION_READ,   // reference and feedback are wanted after these cursors: answer with session_downstream
    SESSION_CLOSE,  // close with this WebSocket code, after what was sent
};
enum { SESSION_WEEK_SIZE = 16 };
struct session_action {
    enum session_action_kind kind;
    struct bytes frame;            // SEND: valid until the next call
    struct submission *submission; // SUBMIT
    uint64_t reference_cursor;     // READ
    uint64_t feedback_cursor;
    char summary_week[SESSION_WEEK_SIZE]; // READ: newest weekly summary that the device has; "" none
    uint64_t actions_stamp;               // READ: of the open actions that it has; 0 none
    uint64_t standings_stamp;
    uint16_t close_code;   // CLOSE: 1000, 1001, 1002, 1008, 1009
    unsigned refusal_code; // CLOSE: wire/codes.h, 0 where none; for log and metrics
};

MUST_CHECK enum rond_err session_create(const struct session_config *config, struct session **ret_session);
void session_destroy(struct session *session);

// Errors that the device made are answered by actions (Refusal, close); only ROND_ENOMEM comes back.
MUST_CHECK enum rond_err session_receive(struct session *session, int64_t now_ms, int64_t now_monotonic_ms,
                                         struct bytes frame);
// Borrows the submission; the caller destroys it.
MUST_CHECK enum rond_err session_result(struct session *session, int64_t now_ms, const struct submission *submission);
// What READ asked for: each may be empty (nothing new) or NULL (could not be read). `more`: asks again once the device has
// said Received. After each Welcome and Verdicts one Feedback goes down all the same: the device waits for it.
MUST_CHECK enum rond_err session_downstream(struct session *session, const Rond__V1__Reference *reference,
                                            const Rond__V1__Feedback *feedback);
// New reference data or new outcomes exist (a commit went through, a promise changed): READ again when quiet.
void session_notify(struct session *session, const struct catalogue *catalogue);
// What the device is told from now on to have under way at most, CREDIT_BYTES or less. Told is not enforced: what it sent
// before it heard of it is taken all the same.
void session_set_credit(struct session *session, uint32_t credit_bytes);
// Refuse and close from outside: revoked (CODE_DEVICE_REVOKED), draining, superseded, stalled frame.
void session_refuse(struct session *session, unsigned code);
void session_tick(struct session *session, int64_t now_ms, int64_t now_monotonic_ms);
// Monotonic milliseconds at which session_tick is wanted.
int64_t session_deadline(const struct session *session);
void session_next_action(struct session *session, struct session_action *ret_action);

enum flow_state session_state(const struct session *session);
const struct state_table *session_state_table(void); // the finer states that config.census counts
const struct id128 *session_device(const struct session *session);
uint64_t session_watermark(const struct session *session); // acknowledged on the current outbox

#endif
