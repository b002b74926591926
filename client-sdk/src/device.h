// The device's side of one conversation, as a value: frames and time in, actions out. No socket, thread, clock, file.
// The peer of server/sync/session.h; the simulator joins the two.
//
//   device_create            before a connection stands; keeps what the last Welcome said
//   device_connected(now)    the upgrade is through: Hello and, where something is queued, the first Batches go out
//   device_receive(frame)    one whole binary message
//   device_records(...)      answers DEVICE_READ
//   device_stored(...)       answers DEVICE_REFERENCE, DEVICE_FEEDBACK: it is on disk
//   device_outbox(...)       the outbox changed: after DEVICE_FORKED the new one; after appending, the higher last_seq
//   device_disconnected      the connection ended, for whatever reason; nothing under way counts as received
//   device_next_action       until it answers DEVICE_NOTHING, after each of the above
//
// A server that names another store or epoch than the last one is not known to have what was acknowledged: the next
// DEVICE_ACKNOWLEDGED says where it stands, and that may be lower than before. Outboxes that were closed are offered again by
// giving them to device_outbox (is_closed) at DEVICE_WELCOME, the next one at DEVICE_DRAINED, and the active one in the end.
//
// Acknowledged is only what Verdicts say. A batch is chained and signed when it is cut, so a resend may be cut
// differently. First batch: at most FIRST_BATCH_BYTES_MAX. Before Welcome each is twice as large as the one before, up to
// FLIGHT_BATCH_BYTES_MAX; after it they double with every acknowledged one up to batch_bytes_max. Bytes under way never exceed
// the credit of the upgrade, then that of the last Welcome or Verdicts. An outbox of which nothing is
// acknowledged and that has elders waits for Welcome: a server that was restored has to meet those first (outbox_offer_first).
//
// Drained means that the Feedback after the last Welcome or Verdicts is stored too: whoever looks after a sync sees what
// became of the reports just sent.
#ifndef CLIENT_DEVICE_H
#define CLIENT_DEVICE_H

#include "base/arena.h"
#include "base/state.h"
#include "wire/chain.h"
#include "wire/flow.h"
#include "wire/sign.h"

struct device;

// What is here of the server's receipts (wire/receipt.h); Hello tells it, so that nothing comes down twice.
struct device_receipt_state {
    struct hash256 certificate; // SHA-256 of the newest certificate of its key; all zero: none
    uint64_t watermark;         // of the receipt for the outbox, under the server's present store and epoch; 0: none
};
// What the outbox says of itself.
struct device_outbox_state {
    struct id128 outbox;
    struct chain acknowledged; // chain at the highest acknowledged seq
    uint64_t last_seq;         // highest queued
    struct hash256 seed;       // chain seed, for the first batch of the outbox
    bool seed_known;           // false once discarded
    bool is_closed;            // left behind in a fork, acknowledged as a whole before the server was restored: offered again
    bool has_elders;           // there are such, whether they are to be offered again or not
    struct device_receipt_state receipt;
};
enum { DEVICE_WEEK_SIZE = 16 };
// What is kept of the server between connections.
struct device_server_state {
    struct id128 store_id;
    uint64_t epoch;
    bool known; // a Welcome was seen
    uint32_t credit_bytes;
    uint32_t batch_bytes_max;
    uint32_t keep_days; // of what is acknowledged, at most; 0: as is set here
    uint64_t reference_cursor;
    uint64_t feedback_cursor;
    char summary_week[DEVICE_WEEK_SIZE]; // of the newest weekly summary that is here; "" none
    uint64_t actions_stamp;              // of the open actions that are here; 0 none
    uint64_t standings_stamp;            // of the standings; 0 none, or of a server that gives no stamp
};

struct device_config {
    struct id128 device;
    const char *client; // name and version for Hello; copied
    struct device_outbox_state outbox;
    struct device_server_state server;
    // Signs with the device key; called while cutting a batch. ROND_EAUTH where the keystore is locked.
    enum rond_err (*sign)(void *context, const struct statement *statement, struct signature *ret_signature);
    void *sign_context;
    struct state_census *census; // may be NULL
};

// The device's clocks, taken by the caller.
struct device_now {
    int64_t wall_ms;
    int64_t monotonic_ms;
    uint64_t boot_id;
};

enum device_action_kind {
    DEVICE_NOTHING,
    DEVICE_SEND,         // frame
    DEVICE_READ,         // read records from first_seq on, at most bytes_max of report bytes: device_records
    DEVICE_WELCOME,      // server: keep it; server_ms: its clock; said: where it stands, to be held against its receipt
    DEVICE_ACKNOWLEDGED, // chain: acknowledged up to chain.seq; exceptions: those quarantined. Store it, durably
    DEVICE_RECEIPT,      // said, receipt: verify it and keep it
    DEVICE_FORKED,       // close the outbox, queue what is unacknowledged anew in a fresh one: device_outbox. first_seq: where
                         // the server said that it differs (0: it did not say); beyond last_seq: all of it is there
    DEVICE_REFERENCE,    // reference: store it durably with its cursor: device_stored
    DEVICE_FEEDBACK,     // feedback: likewise
    DEVICE_DRAINED,      // everything queued is acknowledged and nothing more is coming down for now (said once)
    DEVICE_CLOSE,        // close the connection; refusal_code, sentence, retry_after_ms tell why (0: nothing is wrong)
};
// What the server says to have of the outbox.
struct device_said {
    uint64_t watermark;
    struct hash256 head;
};
struct device_action {
    enum device_action_kind kind;
    struct bytes frame; // SEND: valid until the next call
    uint64_t first_seq; // READ, FORKED
    size_t bytes_max;
    struct device_server_state server; // WELCOME
    int64_t server_ms;
    struct device_said said;              // WELCOME, RECEIPT
    const Rond__V1__Receipt *receipt;     // RECEIPT; valid until the next call
    struct chain chain;                   // ACKNOWLEDGED
    const Rond__V1__Verdicts *verdicts;   // ACKNOWLEDGED: with its exceptions; valid until the next call
    const Rond__V1__Reference *reference; // valid until the next call
    const Rond__V1__Feedback *feedback;
    unsigned refusal_code; // CLOSE; FORKED: 0
    const char *sentence;
    bool may_retry;
    uint32_t retry_after_ms;
};

// The week of a summary that was stored; NULL, or one that is no week, changes nothing.
void device_take_week(struct device_server_state *server, const Rond__V1__WeeklySummary *summary);

MUST_CHECK enum rond_err device_create(const struct device_config *config, struct device **ret_device);
void device_destroy(struct device *device);

// credit_bytes: what the upgrade told that may be under way before Welcome; 0: nothing, so CREDIT_INITIAL_BYTES.
MUST_CHECK enum rond_err device_connected(struct device *device, const struct device_now *now, uint32_t credit_bytes);
MUST_CHECK enum rond_err device_receive(struct device *device, const struct device_now *now, struct bytes frame);
// Answers READ(first_seq): `before` is the chain after first_seq - 1 (with the ratchet for first_seq). Either records
// follow, or lost_last >= first_seq says that first_seq..lost_last cannot be read (then `after` is the chain after
// lost_last). Neither: nothing is queued from there on. Where first_seq - 1 is below what the outbox still keeps, it
// answers lost with LOST_REASON_EXPIRED and `before_known` false: the engine then takes the server's head as it is.
struct device_answer {
    uint64_t first_seq;
    bool before_known;
    struct chain before;
    const struct record *records;
    size_t count;
    uint64_t lost_last;
    Rond__V1__LostReason lost_reason;
    struct hash256 lost_ratchet; // for lost_last + 1
};
MUST_CHECK enum rond_err device_records(struct device *device, const struct device_now *now,
                                        const struct device_answer *answer);
MUST_CHECK enum rond_err device_stored(struct device *device);
MUST_CHECK enum rond_err device_outbox(struct device *device, const struct device_now *now,
                                       const struct device_outbox_state *outbox);
void device_disconnected(struct device *device);
void device_tick(struct device *device, const struct device_now *now);
int64_t device_deadline(const struct device *device); // monotonic ms; INT64_MAX: none
void device_next_action(struct device *device, struct device_action *ret_action);

enum flow_state device_state(const struct device *device);
const struct state_table *device_state_table(void); // the finer states that config.census counts
uint64_t device_acknowledged(const struct device *device);

#endif
