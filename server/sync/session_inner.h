// What the parts of the session share: session.c (its life and what it says next), session_hello.c, session_batch.c,
// session_result.c, session_receipt.c and session_downstream.c.
#ifndef SYNC_SESSION_INNER_H
#define SYNC_SESSION_INNER_H

#include "sync/session.h"
#include "wire/frame_queue.h"

enum session_phase {
    SESSION_PHASE_OPEN,     // no Hello yet
    SESSION_PHASE_GREETING, // Hello is with the committer; what follows it is held
    SESSION_PHASE_READY,
    SESSION_PHASE_FORKED, // of this outbox nothing is taken any more; a Hello with another one may come
    SESSION_PHASE_CLOSING,
    SESSION_PHASE_COUNT
};

// A frame that came while Hello was with the committer.
struct held_frame {
    struct held_frame *next;
    size_t size;
    uint8_t data[];
};

// Verdicts that are due, merged until they are said.
struct session_verdicts {
    bool is_due;
    struct arena arena;
    Rond__V1__Exception **exceptions;
    size_t count;
    size_t text_bytes;
};

struct session {
    uint64_t id;
    struct arena own; // what lives as long as the session: device record, key
    struct device_record device;
    struct hash256 issuer;
    struct verify_key *key;
    struct store_identity store;
    struct catalogue *catalogue; // a reference of ours
    uint32_t credit_bytes;       // enforced
    uint32_t credit_told_bytes;  // said to the device, that or less
    struct quota *quota;
    const struct quota_limits *quota_limits;
    const struct retry *retry;
    struct session_receipts *receipts;
    struct state_census *census;

    unsigned phase;
    int64_t now_ms; // of the call that is being carried out
    int64_t now_monotonic_ms;
    int64_t opened_ms; // monotonic
    int64_t heard_ms;  // monotonic, of the newest frame

    // The outbox that Hello named.
    struct hello_clock clock;
    struct id128 outbox;
    uint64_t hello_watermark;
    struct hash256 hello_head;
    uint64_t hello_last_seq;
    struct chain chain; // of what was submitted: ahead of what is committed
    struct chain acknowledged;
    uint32_t generation; // submissions of an older one are about a chain that was given up
    bool expected_said;  // of the present gap
    bool receipts_wanted;
    bool receipt_certificate_known; // by the device
    uint64_t receipt_known_seq;     // what the device has one for, of this outbox, store and epoch; 0: none
    struct receipt receipt;         // signed last; watermark 0: none
    size_t bytes_under_way;
    struct held_frame *held_first;
    struct held_frame *held_last;
    size_t held_bytes;

    // Downstream.
    uint64_t reference_cursor; // what the device has
    uint64_t feedback_cursor;
    uint64_t reference_sent;
    uint64_t feedback_sent;
    char summary_week[SESSION_WEEK_SIZE]; // newest summary that the device has, or was sent here; "" none
    uint64_t actions_stamp;               // of the open actions that it has, or was sent here; 0 none
    uint32_t keep_days;
    uint64_t standings_stamp;             // of the standings likewise; 0 stays: it may be a client that keeps no stamp
    bool read_wanted;
    bool read_out;
    bool takes_packed;              // as Hello said
    bool batch_awaited;             // Hello foretold reports that have not come yet
    int64_t batch_awaited_until_ms; // monotonic
    bool feedback_owed; // since a Welcome, Verdicts or a page with more; one goes down even where it has nothing new
    bool read_owed;     // the READ that is out answers it
    bool read_stale;    // another Hello came since: what the READ that is out brings begins at the wrong place

    // What the next calls of session_next_action give.
    struct arena *scratch; // the report being validated; while a frame is handled
    struct frame_queue out;
    struct frame_queue downstream;
    struct session_verdicts verdicts;
    struct submission *submit_first;
    struct submission *submit_last;
    bool close_wanted;
    uint16_t close_code;
    unsigned refusal_code;
};

extern const struct state_table session_phases;
void session_move(struct session *session, enum session_phase next);
// Refusal and close; what was said before goes out first.
void session_end(struct session *session, unsigned code);
// False: the device has sent too much in this minute, and the session has ended with the time when to come again.
bool session_within_quota(struct session *session, uint64_t reports, size_t bytes);
MUST_CHECK enum rond_err session_say(struct session *session, const Rond__V1__Frame *frame);
void session_submit(struct session *session, struct submission *submission);
MUST_CHECK enum rond_err session_dispatch(struct session *session, struct bytes bytes);

// session_hello.c
MUST_CHECK enum rond_err session_take_hello(struct session *session, const Rond__V1__Hello *hello, size_t frame_bytes);
MUST_CHECK enum rond_err session_greet(struct session *session, const struct submission *submission);
MUST_CHECK enum rond_err session_hold(struct session *session, struct bytes frame);
void session_held_clear(struct session *session);
void session_take_week(struct session *session, const char *week);
MUST_CHECK enum rond_err session_say_forked(struct session *session, uint64_t seq, const char *reason);

// session_batch.c
MUST_CHECK enum rond_err session_take_batch(struct session *session, const Rond__V1__Batch *batch, size_t frame_bytes);
MUST_CHECK enum rond_err session_take_lost(struct session *session, const Rond__V1__Lost *lost, size_t frame_bytes);
// Once per gap.
MUST_CHECK enum rond_err session_say_expected(struct session *session);

// session_result.c
MUST_CHECK enum rond_err session_appended(struct session *session, const struct submission *submission);
MUST_CHECK enum rond_err session_say_verdicts(struct session *session);
void session_verdicts_clear(struct session *session);

// session_receipt.c
void session_take_receipt_known(struct session *session, const Rond__V1__Hello *hello, bool same_history);
// Before it goes to the committer: asks for a receipt where the device's window may end with it.
void session_want_receipt(const struct session *session, struct submission *submission);
// It is back: the receipt that was signed for it.
void session_take_receipt(struct session *session, const struct submission *submission);
// Hello has been answered by the store: is what it says of a receipt still so?
void session_hold_receipt(struct session *session, const struct submission *submission);
// The receipt for what is acknowledged; what it points at lives as long as the session says nothing else. False where none is
// due or there is none: the device has it, wants none, or it could not be signed.
bool session_make_receipt(struct session *session, Rond__V1__Receipt *ret_receipt);
// Nothing is under way any more, nor foretold: the device's window may be at its end.
bool session_is_drained(const struct session *session);

// session_downstream.c
void session_take_received(struct session *session, const Rond__V1__Received *received);
bool session_wants_read(const struct session *session);

#endif
