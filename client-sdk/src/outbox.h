// The durable queue of a device: one SQLite file with the active outbox, outboxes that were closed, drafts, receipts,
// reference data and feedback. Payloads are sealed (wire/seal.h) under the outbox key; nothing is acknowledged to the
// caller before it is on disk (journal_mode=WAL, synchronous=FULL). Full disk: ROND_EFULL and nothing half-written.
//
// One thread at a time. The file is locked while open (ROND_ECONFLICT for a second process).
#ifndef CLIENT_OUTBOX_H
#define CLIENT_OUTBOX_H

#include "base/clock.h"
#include "base/rng.h"
#include "device.h"
#include "rond/v1/reference.pb-c.h"
#include "wire/receipt.h"
#include "wire/seal.h"

struct outbox;

struct outbox_config {
    const char *path;              // ":memory:" for tests
    const struct seal_key *key;    // copied; wiped at close
    const struct rng *rng;
    const struct clock *clock;
    int acknowledged_keep_days;    // 0: ACKNOWLEDGED_KEEP_DAYS
};
// Creates the file and a first outbox (random id, random chain seed) where there is none.
// ROND_EAUTH: another key than the file was made with. ROND_ECORRUPT: not an outbox file. A damaged one is mended first.
MUST_CHECK enum rond_err outbox_open(const struct outbox_config *config, struct outbox **ret_outbox, struct fault *fault);
void outbox_close(struct outbox *outbox);

// True where `err` of a call on it came of damage and the file is mended now (outbox_mend.h): the call may be made once more.
// The active outbox may be another one then, so a conversation that is under way ends.
bool outbox_mended(struct outbox *outbox, enum rond_err err);
// How often that was since it was opened.
uint64_t outbox_mends(const struct outbox *outbox);

// Appends one serialized report, chained; on ROND_OK it is on disk. ROND_EFULL: disk or OUTBOX_REPORTS_MAX.
MUST_CHECK enum rond_err outbox_append(struct outbox *outbox, struct bytes report, uint64_t *ret_seq);
void outbox_state(const struct outbox *outbox, struct device_outbox_state *ret_state); // of the active outbox
// Reads for DEVICE_READ, at most bytes_max (but one at least) and BATCH_REPORTS_MAX. A record that cannot be read is
// declared lost here, durably, and the chain behind it is made anew; the answer's bytes live in the arena.
MUST_CHECK enum rond_err outbox_read(struct outbox *outbox, uint64_t first_seq, size_t bytes_max, struct arena *arena,
                                     struct device_answer *ret_answer);
// Stores DEVICE_ACKNOWLEDGED durably and drops acknowledged payloads that are older than the time they are kept.
MUST_CHECK enum rond_err outbox_acknowledge(struct outbox *outbox, const struct chain *chain, const Rond__V1__Verdicts *verdicts);
// Closes the active outbox and queues what was not acknowledged anew in a fresh one, each naming its old identity; one
// transaction.
MUST_CHECK enum rond_err outbox_fork(struct outbox *outbox);
// The same, with outbox_enrolment_put: both or neither.
MUST_CHECK enum rond_err outbox_fork_with(struct outbox *outbox, const char *name, struct bytes value);

// --- A server that was restored: offering again what its history before had acknowledged ---

// When outbox_server_store meets another epoch of the store, every report that is kept waits again, also of outboxes that were
// closed in a fork. Those are put on offer one by one, under their own identity, so that what the server has counts as
// already there; reading, acknowledging and the state below are then of the one on offer, queueing stays with the active one.
void outbox_offered_state(struct outbox *outbox, struct device_outbox_state *ret_state);
// Where offering it begins: behind what is acknowledged or, with all_kept, before the oldest report that is kept.
MUST_CHECK enum rond_err outbox_offered_from(struct outbox *outbox, bool all_kept, struct chain *ret_chain);
// A Welcome came, and the active one is on offer: closed ones that wait go first, so that the server meets a device's outboxes
// in the order in which they were made (what a device says to have queued is meant of the newest). ret_changed as below.
MUST_CHECK enum rond_err outbox_offer_first(struct outbox *outbox, bool *ret_changed);
// What is on offer is drained: on to the next closed one that waits, in the end back to the active one. ret_changed: another
// one is on offer now; false: nothing waits.
MUST_CHECK enum rond_err outbox_offer_next(struct outbox *outbox, bool *ret_changed);
// The next closed one that waits, behind the one on offer, without ending that one's waiting; false: there is none.
MUST_CHECK enum rond_err outbox_offer_look(struct outbox *outbox, bool *ret_found);
// Back to the active one at once (the connection ended); what was on offer waits until next time.
void outbox_offer_end(struct outbox *outbox);
// DEVICE_FORKED with its first_seq: outbox_fork of the active one. Of a closed one what the server may lack is queued anew in
// the active one, which is on offer again.
MUST_CHECK enum rond_err outbox_offer_forked(struct outbox *outbox, uint64_t first_seq);
// The server will not take it (it was of another device id): it is not offered again. ROND_ENOTFOUND: it is the active one.
MUST_CHECK enum rond_err outbox_offer_give_up(struct outbox *outbox);

// --- What the person sees of each report ---
enum outbox_status {
    OUTBOX_WAITING,
    OUTBOX_RECEIVED,
    OUTBOX_QUARANTINED,
    OUTBOX_LOST,
    OUTBOX_DISCARDED, // was quarantined, and has been set aside for good
};
struct outbox_report {
    struct id128 outbox;          // where it was queued last
    uint64_t seq;
    enum outbox_status status;
    struct bytes report;          // size 0 where no longer kept or unreadable
    int64_t queued_ms;
    unsigned code;                // quarantined once
    const char *reason;           // "" where there is none
    const char *field;
    const Rond__V1__Outcome *outcome; // newest feedback; NULL: none yet
};
// Newest first; reports queued anew after a fork appear once, under their newest identity. Cursor 0 begins; 0 ends.
MUST_CHECK enum rond_err outbox_list(struct outbox *outbox, uint64_t cursor, size_t limit, struct arena *arena,
                                     struct outbox_report **ret_reports, size_t *ret_count, uint64_t *ret_cursor);
MUST_CHECK enum rond_err outbox_find(struct outbox *outbox, const struct id128 *id, uint64_t seq, struct arena *arena,
                                     struct outbox_report *ret_report); // ROND_ENOTFOUND
// Ids of all outboxes of the file, the active one last.
MUST_CHECK enum rond_err outbox_ids(struct outbox *outbox, struct arena *arena, struct id128 **ret_ids, size_t *ret_count);
struct outbox_totals {
    uint64_t queued, waiting, received, quarantined, lost, drafts;
    int64_t oldest_waiting_ms;    // claimed time of the oldest unacknowledged; 0: none
};
MUST_CHECK enum rond_err outbox_totals(struct outbox *outbox, struct outbox_totals *ret_totals);

// --- Drafts: saved at every change, sealed like reports ---
MUST_CHECK enum rond_err outbox_draft_save(struct outbox *outbox, uint64_t *inout_id, struct bytes draft); // 0: a new one
MUST_CHECK enum rond_err outbox_draft_load(struct outbox *outbox, uint64_t id, struct arena *arena, struct bytes *ret_draft);
MUST_CHECK enum rond_err outbox_draft_list(struct outbox *outbox, struct arena *arena, uint64_t **ret_ids, size_t *ret_count);
MUST_CHECK enum rond_err outbox_draft_discard(struct outbox *outbox, uint64_t id);
// Appends the report and drops the draft in one transaction.
MUST_CHECK enum rond_err outbox_draft_queue(struct outbox *outbox, uint64_t id, struct bytes report, uint64_t *ret_seq);

// --- What came down, durably with its cursor ---
MUST_CHECK enum rond_err outbox_reference_store(struct outbox *outbox, const Rond__V1__Reference *reference);
// A setting that says anew whom to trust; in one transaction all that reference data said of that before is forgotten.
MUST_CHECK enum rond_err outbox_enrolment_put(struct outbox *outbox, const char *name, struct bytes value);
// kind: Rond__V1__ReferenceEntry body case; all live entries of it, by id; of trust anchors those that were taken back as well.
MUST_CHECK enum rond_err outbox_reference_list(struct outbox *outbox, Rond__V1__ReferenceEntry__BodyCase kind, struct arena *arena,
                                               Rond__V1__ReferenceEntry ***ret_entries, size_t *ret_count);
MUST_CHECK enum rond_err outbox_feedback_store(struct outbox *outbox, const Rond__V1__Feedback *feedback);
MUST_CHECK enum rond_err outbox_standings(struct outbox *outbox, struct arena *arena, Rond__V1__Standing ***ret_standings, size_t *ret_count);
// The open actions that came last, most urgent first; none before.
MUST_CHECK enum rond_err outbox_actions(struct outbox *outbox, struct arena *arena, Rond__V1__OpenAction ***ret_actions,
                                        size_t *ret_count);
// The newest weekly summary; ROND_ENOTFOUND where none came yet.
MUST_CHECK enum rond_err outbox_summary(struct outbox *outbox, struct arena *arena, const Rond__V1__WeeklySummary **ret_summary);
MUST_CHECK enum rond_err outbox_server_store(struct outbox *outbox, const struct device_server_state *server);
void outbox_server(const struct outbox *outbox, struct device_server_state *ret_server);

// --- Receipts of the server (wire/receipt.h), and what contradicts them ---

struct outbox_receipt {
    struct receipt receipt;
    int64_t at_ms; // when it came
};
// Keeps one, whose signature was verified, for the outbox on offer; of each store and epoch the one with the highest
// watermark. certificate: its key's, DER; size 0 where it is here. ROND_ECONFLICT: the outbox itself has another head there,
// or nothing so far; it is not kept then.
MUST_CHECK enum rond_err outbox_receipt_store(struct outbox *outbox, const struct receipt *receipt, struct bytes certificate);
MUST_CHECK enum rond_err outbox_receipt_list(struct outbox *outbox, struct arena *arena, struct outbox_receipt **ret_receipts,
                                             size_t *ret_count);
// The certificate (DER) with that hash; ROND_ENOTFOUND.
MUST_CHECK enum rond_err outbox_receipt_certificate(struct outbox *outbox, const struct hash256 *hash, struct arena *arena,
                                                    struct bytes *ret_certificate);
// A Welcome of the store and epoch that are stored: what it says is held against the receipt for the outbox on offer, and
// against what outbox_receipt_forked noted. Where it contradicts, that is kept; ret_contradicted: for the first time.
MUST_CHECK enum rond_err outbox_receipt_hold(struct outbox *outbox, const struct device_said *said, bool *ret_contradicted);
// DEVICE_FORKED with its first_seq, before anything is done about it. Which epoch speaks is told by the next Welcome only.
MUST_CHECK enum rond_err outbox_receipt_forked(struct outbox *outbox, uint64_t first_seq);

// Kept until the file goes: of what the server signed and did not stand by, or (CODE_RECEIPT_INVALID) did not sign.
struct outbox_contradiction {
    struct receipt receipt;
    unsigned code; // CODE_RECEIPT_CONTRADICTED, CODE_RECEIPT_INVALID
    uint64_t seq;  // the first that is known to differ or to be missing
    int64_t at_ms;
    bool is_seen;
};
// ret_is_new false: it is there, or there are CONTRADICTIONS_MAX.
MUST_CHECK enum rond_err outbox_contradiction_add(struct outbox *outbox, const struct receipt *receipt, unsigned code,
                                                  uint64_t seq, bool *ret_is_new);
MUST_CHECK enum rond_err outbox_contradiction_list(struct outbox *outbox, struct arena *arena,
                                                   struct outbox_contradiction **ret_list, size_t *ret_count);
MUST_CHECK enum rond_err outbox_contradiction_seen(struct outbox *outbox); // all of them: somebody has read them

// Chain heads of one outbox up to a seq, the newest `limit` of those that are kept, by seq.
struct outbox_head {
    uint64_t seq;
    struct hash256 head;
};
MUST_CHECK enum rond_err outbox_heads(struct outbox *outbox, const struct id128 *id, uint64_t up_to, size_t limit,
                                      struct arena *arena, struct outbox_head **ret_heads, size_t *ret_count);

// --- Small sealed settings: enrolment, last good address, TLS session ---
MUST_CHECK enum rond_err outbox_setting_put(struct outbox *outbox, const char *name, struct bytes value); // size 0 removes
MUST_CHECK enum rond_err outbox_setting_get(struct outbox *outbox, const char *name, struct arena *arena, struct bytes *ret_value); // ROND_ENOTFOUND

#endif
