// The ledger: a batch of reports in, verdicts out. One half of the storage contract; registry.h and views.h are the rest.
//
// Used by the committer thread alone, which owns the only connection that writes and checkpoints. No SQL outside a
// backend; the same contract suite (tests/contract/) runs on every backend. Verbs take and give arrays, so that a
// networked backend needs no round trip per report.
//
// One transaction at a time: begin .. (append | lose | fold_store | registry verbs)* .. commit or rollback. Nothing is
// visible to readers, and nothing may be acknowledged, before commit has answered ROND_OK. After any failure other than
// those named, roll back; after a failed commit nothing may be assumed: the store is opened anew.
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "base/arena.h"
#include "counting/crowd.h"
#include "store/erasure.h"
#include "store/spot.h"
#include "wire/chain.h"
#include "wire/sign.h"

struct store;

// What the store knows of one outbox.
struct outbox_state {
    bool exists;
    struct chain chain; // chain.seq is the watermark; all zero where it does not exist
    bool forked;        // answered FORKED before; takes nothing more
};

enum verdict { VERDICT_APPLIED = 0, VERDICT_QUARANTINED = 1 }; // as on the wire; stored

// One report as the session hands it over: validated, hashed, its verdict decided. Borrowed.
struct ledger_report {
    struct record record; // exact bytes received
    struct salt salt;
    struct hash256 leaf;
    enum verdict verdict;
    unsigned code;      // quarantine reason, wire/codes.h
    const char *reason; // for a person; NULL where applied
    const char *field;  // NULL where applied
    uint32_t kind;      // Rond__V1__Kind; 0 for a withdrawal or what cannot be read
    const char *area;   // the report's, or the device's
    bool has_target;    // corrects or withdraws
    bool is_withdrawal;
    struct report_key target;
    int64_t claimed_ms;
    int64_t from_s; // the server's estimate of when it happened
    int64_t to_s;
    uint32_t uncertainty_s;
    const Rond__V1__Report *decoded; // NULL: whoever wants to read it decodes the record; the store does not look at it
    uint32_t flagged; // personal data that its texts seem to hold (wire/personal_data.h); 0: none, and then no cost
};

// Reports first_seq .. first_seq + count - 1 of one outbox, from one signed batch.
struct ledger_batch {
    struct id128 device;
    struct id128 outbox;
    const char *organisation; // the controller: the device's organisation
    uint64_t first_seq;
    const struct ledger_report *reports;
    size_t count;
    struct chain chain_after; // where the chain stands after the last report
    struct signature signature;
    int64_t received_ms;
    bool forked; // the session found that the device's chain differs: keep every report as a fork row
};

enum append_status {
    APPEND_DONE,         // everything up to the watermark is stored, this batch included
    APPEND_OUT_OF_ORDER, // first_seq is beyond watermark + 1: nothing stored; ret watermark tells what is expected
    APPEND_FORKED,       // a stored seq has another content, or the outbox forked before: the differing reports and all
                         // after them are kept under their own key (outbox, seq, leaf), the outbox is flagged
};
struct append_result {
    enum append_status status;
    struct chain chain;  // after this call (inside the transaction)
    size_t appended;     // rows added; of lose: seqs that are lost now
    size_t repeated;     // already there with the same content; of lose: what was below the watermark already
    uint64_t first_row;  // of the appended rows, contiguous; 0 if none
    uint64_t forked_seq; // first differing seq
};

struct ledger_lost {
    struct id128 device;
    struct id128 outbox;
    const char *organisation;
    uint64_t first_seq;
    uint64_t last_seq;
    uint32_t reason;
    struct chain chain_after;
    struct signature signature;
    int64_t received_ms;
};

// A stored report, as read back. Texts and bytes live in the arena given.
struct stored_report {
    uint64_t row; // order of arrival, from 1, never reused
    struct report_key key;
    const char *organisation;
    const char *area;
    struct record record;    // report.size 0 where erased
    bool erased;             // its body is not there
    bool keyless;            // then: it was not erased, but its key did not come with a restored backup
    bool altered;            // then: it is there, but it is not what was sealed under its key
    const char *role;        // of an erased one, as it was reported in; NULL of any other, and where it could not be read
    int64_t erased_ms;       // 0 where not erased, and where it is not known
    const char *erased_rule; // as erasure.rule; NULL where not erased, and where it is not known
    struct salt salt;        // zero where erased, but for a keyless one
    struct hash256 leaf;
    enum verdict verdict;
    bool released; // was quarantined, released since: counts
    bool discarded;
    unsigned code;
    const char *reason; // NULL where none
    const char *field;
    uint32_t kind;
    bool has_target;
    bool is_withdrawal;
    struct report_key target;
    int64_t claimed_ms;
    int64_t from_s;
    int64_t to_s;
    uint32_t uncertainty_s;
    int64_t received_ms;
};

// A contribution with what it belongs to.
struct stored_contribution {
    uint64_t row;        // the report
    uint32_t commitment; // number
    struct contribution value;
};
struct bucket_key {
    uint32_t commitment;
    const char *bucket;
    size_t limit; // at most so many contributions of it, in their order; 0: all
};
struct bucket_contents { // answers one bucket_key; ordered by row
    struct stored_contribution *contributions;
    size_t count;
};
struct total_change {
    uint32_t commitment;
    const char *period;
    struct tally add; // negative parts subtract
};
// What a crowded bucket comes to from now on; count 0: it is no crowd any more.
struct crowd_change {
    uint32_t commitment;
    const char *bucket;
    struct crowd crowd;
};
// A later change of what became of a report, for feedback to its device.
struct outcome_change {
    struct id128 outbox;
    uint64_t seq;
};
// What people decided about one report and nobody has taken back; registry.h tells how it is decided.
struct ruling_list {
    const struct ruling *rulings; // at most one of each kind and subject
    size_t count;
};
// One real activity that several reports tell of, by the reference that they share. The same reference with another area
// or kind is another activity.
struct joint_key {
    const char *area;
    uint32_t kind; // Rond__V1__Kind
    const char *reference;
};
struct fold_changes {
    const uint64_t *rows_removed; // every contribution of these reports goes
    size_t rows_removed_count;
    const struct stored_contribution *added;
    size_t added_count;
    const struct total_change *totals;
    size_t totals_count;
    const struct outcome_change *outcomes;
    size_t outcomes_count;
    const struct crowd_change *crowds;
    size_t crowds_count;
    const uint64_t *spots_removed; // these reports go from the map
    size_t spots_removed_count;
    const struct spot *spots; // these come on it
    size_t spots_count;
    const struct map_change *map; // and what both come to, of every span
    size_t map_count;
};

struct ledger_ops {
    enum rond_err (*begin)(struct store *store);
    enum rond_err (*commit)(struct store *store);
    void (*rollback)(struct store *store);

    // ROND_OK with exists == false where it is new. ROND_EAUTH where the outbox belongs to another device.
    enum rond_err (*outbox_load)(struct store *store, const struct id128 *device, const struct id128 *outbox,
                                 struct outbox_state *ret_state);
    // Chain head after seq (0 .. watermark); ROND_ENOTFOUND beyond it, and within a range that was lost as a whole.
    enum rond_err (*head_at)(struct store *store, const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                             struct hash256 *ret_head);
    // Compares and sets the watermark with the rows. Reports at or below the watermark are compared with what is
    // stored: same leaf under the stored salt is "already there"; an erased one counts as already there, and a keyless one
    // gets its body back. Every appended batch leaves one entry in the device's feedback log. A report that had been
    // declared lost and turns up after all counts as already there; its bytes are kept as a fork row. ROND_EINVALID where
    // seqs or chain_after make no sense, ROND_EAUTH where the outbox is another device's.
    enum rond_err (*append)(struct store *store, const struct ledger_batch *batch, struct append_result *ret_result);
    // The same for a declaration of lost reports; what is already below the watermark is left as it is.
    enum rond_err (*lose)(struct store *store, const struct ledger_lost *lost, struct append_result *ret_result);

    // Fills ret_reports[i] for keys[i]; row 0 where there is none. An outbox is one device's for ever (append refuses a
    // second), so outbox and seq say which report is meant, here and below; the key's device is not looked at.
    enum rond_err (*find)(struct store *store, const struct report_key *keys, size_t count, struct arena *arena,
                          struct stored_report *ret_reports);
    // All stored reports that name keys[i] directly, by row: as their target (corrections and withdrawals), or as the
    // identity under which they were queued before (record.has_formerly; a clone may have queued it anew as well).
    enum rond_err (*revisions_of)(struct store *store, const struct report_key *keys, size_t count, struct arena *arena,
                                  struct stored_report **ret_lists, size_t *ret_counts);
    // Contributions of reports, by row; ret_lists[i] for rows[i].
    enum rond_err (*contributions_of)(struct store *store, const uint64_t *rows, size_t count, struct arena *arena,
                                      struct bucket_contents *ret_contents);
    enum rond_err (*contributions_in)(struct store *store, const struct bucket_key *buckets, size_t count,
                                      struct arena *arena, struct bucket_contents *ret_contents);
    // What was last stored of crowded buckets; count 0 where nothing was. The fold alone knows what to make of them: the
    // store keeps what it is given, and lets go of it in fold_clear.
    enum rond_err (*crowds_of)(struct store *store, const struct bucket_key *buckets, size_t count,
                               struct crowd *ret_crowds);
    // Where each of these reports is on the map; tally.reports 0 where it is not. Texts in the arena.
    enum rond_err (*spots_of)(struct store *store, const uint64_t *rows, size_t count, struct arena *arena,
                              struct spot *ret_spots);
    // People's rulings about reports, ret_lists[i] for keys[i]: the identity of an original, so that a correction keeps
    // them. Where several decisions speak of one kind and subject the newest that stands is given.
    enum rond_err (*rulings_of)(struct store *store, const struct report_key *keys, size_t count, struct arena *arena,
                                struct ruling_list *ret_lists);
    // Takes hold of these joint activities until the transaction ends; each has one row, made at first use. Called before
    // the contents of their buckets are read, so that of two transactions that bring halves of one activity at the same
    // moment, on two servers over one database, the second waits and then sees the first one's half: it counts once.
    // Where there is one writer making the row is all; a networked backend locks it, in order of area, kind and reference
    // whatever the order given, so that no two wait for each other. May name one twice. ROND_EINVALID without a reference.
    enum rond_err (*joint_hold)(struct store *store, const struct joint_key *joints, size_t count);
    // Removals first, then additions, then totals; of the map in the same way. ROND_ENOTFOUND where a contribution names a
    // row that is not there; outcomes of unknown outboxes are passed over.
    enum rond_err (*fold_store)(struct store *store, const struct fold_changes *changes);
    // Drops every contribution, total, crowd and the whole map (a rebuild follows in the same transaction).
    enum rond_err (*fold_clear)(struct store *store);

    // A quarantined report is released (it may count from now on) or discarded; ROND_ENOTFOUND, ROND_ECONFLICT where it
    // is not quarantined or already decided. Its bytes never change.
    enum rond_err (*quarantine_decide)(struct store *store, uint64_t row, bool release);
    // Destroys body, key and salt; hash, verdict, role and contributions stay, with when and why. Erased again, the first
    // time stays. ROND_ENOTFOUND.
    enum rond_err (*erase)(struct store *store, uint64_t row, const struct erasure *erasure);
    // The same of a fork row, of which only that it was there stays. ROND_ENOTFOUND.
    enum rond_err (*erase_fork)(struct store *store, uint64_t id, const struct erasure *erasure);
    // Lets go of the row that joint_hold made, and of the reference in it. Nothing where there is none.
    enum rond_err (*joint_forget)(struct store *store, const struct joint_key *joint);

    // A store that was restored from a copy without keys takes them in; those of other reports, and of erased ones, are
    // passed over. NULL where the backend keeps no keys apart.
    enum rond_err (*body_keys_put)(struct store *store, bool of_forks, const struct body_key_row *rows, size_t count);
    // That was all: reports without a key are keyless from now on.
    enum rond_err (*body_keys_end)(struct store *store, uint64_t *ret_missing);

    // Checkpoints when the write-ahead log has outgrown its cap, or in a lull (may do nothing). Outside transactions.
    enum rond_err (*checkpoint)(struct store *store, bool in_lull);
};

#endif
