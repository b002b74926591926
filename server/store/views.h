// Bounded reads with cursors, for pages, tools, feedback and verification. They never write. Any thread, each with a
// store of its own that was opened read-only; the committer may use them on the writing store too (it then sees its
// own transaction).
//
// Lists: `cursor` is what the last call gave (0 at first), at most `limit` rows come back, ret_cursor is 0 at the end.
#ifndef STORE_VIEWS_H
#define STORE_VIEWS_H

#include "store/ledger.h"
#include "store/registry.h"

struct outbox_row {
    uint64_t number; // internal, from 1
    struct id128 device;
    struct id128 outbox;
    struct chain chain;
    bool forked;
    uint64_t last_seq; // highest queued there, as the device last said
    uint64_t lost;     // how many of it the device declared lost
};
struct batch_row {
    uint64_t first_seq;
    uint64_t last_seq;
    uint64_t first_row; // rows are contiguous; 0 where lost
    bool lost;
    uint32_t reason;            // where lost
    struct hash256 mark;        // where lost: chain_lost_mark of the ratchet after it
    struct hash256 head;        // after last_seq
    struct signature signature; // by the device's key, over its whole batch as sent
    uint64_t signed_first_seq;  // the batch as it was signed (a resend may overlap what was there)
    int64_t received_ms;
};
struct fork_row {
    uint64_t id;
    struct report_key key;
    struct hash256 leaf;  // under a salt of zeros: it only tells bodies apart
    struct record record; // report.size 0 where erased
    bool erased;          // its body is not there
    int64_t erased_ms;    // 0: it was not erased, but has no key, or is not what was sealed under it
    int64_t received_ms;
};
struct flagged_row {
    struct stored_report report;
    uint32_t kinds; // wire/personal_data.h; stays where the body was erased
};
struct total_row {
    uint32_t commitment;
    struct period_total total;
};
struct feedback_row {
    struct stored_report report;
};
struct store_counts {
    uint64_t received; // sum of all watermarks: each seq that was taken in, as a report or as lost
    uint64_t reports;  // rows
    uint64_t applied;
    uint64_t quarantined_open;
    uint64_t quarantined_released;
    uint64_t quarantined_discarded;
    uint64_t lost;   // seqs declared lost
    uint64_t forked; // fork rows
    uint64_t erased;
    uint64_t keyless; // not erased, but without a key since a restore
    uint64_t flagged; // seem to hold personal data, erased ones included
    uint64_t devices;
    uint64_t outboxes;
    uint64_t rulings; // decisions of people about reports
};

// Told before anything is copied, and as it goes on; an error that it answers ends the copying.
struct store_copying {
    bool without_keys; // bodies stay sealed in the copy; body_keys gives what opens them
    enum rond_err (*copied)(void *context, uint64_t bytes, uint64_t of);
    void *context;
};

// Which rows of the audit log.
struct audit_filter {
    const char *actor;      // NULL: whoever
    const char *action;     // NULL: whatever
    int64_t from_ms, to_ms; // from_ms included, to_ms not
};

struct views_ops {
    // One state for every read between the two, whatever the writer does meanwhile. Not nested. Inside a transaction of
    // the store's own they do nothing, since that is one state already. NULL where the backend has one user at a time.
    enum rond_err (*read_begin)(struct store *store);
    void (*read_end)(struct store *store);

    enum rond_err (*devices)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                             struct device_record **ret_devices, size_t *ret_count, uint64_t *ret_cursor);
    enum rond_err (*keys_of)(struct store *store, const struct id128 *device, struct arena *arena,
                             struct device_key **ret_keys, size_t *ret_count);
    // Codes whose devices wait for approval or may fetch their certificates, and whose time is not over at now_ms; the first
    // that asked comes first.
    enum rond_err (*codes_waiting)(struct store *store, int64_t now_ms, size_t limit, struct arena *arena,
                                   struct enrol_code **ret_codes, size_t *ret_count);
    // All outboxes, or those of one device (NULL: all).
    enum rond_err (*outboxes)(struct store *store, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct outbox_row **ret_outboxes, size_t *ret_count,
                              uint64_t *ret_cursor);
    enum rond_err (*batches)(struct store *store, const struct id128 *device, const struct id128 *outbox, uint64_t after_seq,
                             size_t limit, struct arena *arena, struct batch_row **ret_batches, size_t *ret_count);
    // Rows after a row, in order of arrival: export, rebuild, verification.
    enum rond_err (*reports)(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                             struct stored_report **ret_reports, size_t *ret_count);
    enum rond_err (*report)(struct store *store, uint64_t row, struct arena *arena, struct stored_report *ret_report);
    // The newest row; 0: there is none. One look at the table.
    enum rond_err (*reports_last)(struct store *store, uint64_t *ret_row);
    enum rond_err (*report_by_key)(struct store *store, const struct report_key *key, struct arena *arena,
                                   struct stored_report *ret_report); // ROND_ENOTFOUND
    // All that fit a short reference; usually one.
    enum rond_err (*reports_by_reference)(struct store *store, uint32_t prefix, uint64_t seq, struct arena *arena,
                                          struct stored_report **ret_reports, size_t *ret_count);
    // Quarantined and undecided (or all, with `decided_too`), by row.
    enum rond_err (*quarantine)(struct store *store, bool decided_too, uint64_t after_row, size_t limit, struct arena *arena,
                                struct stored_report **ret_reports, size_t *ret_count);
    // Reports that seem to hold personal data, by row.
    enum rond_err (*flagged)(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                             struct flagged_row **ret_rows, size_t *ret_count);
    // Rows whose body is not there, in order: erased, or keyless.
    enum rond_err (*erased)(struct store *store, uint64_t after_row, size_t limit, struct arena *arena, uint64_t **ret_rows,
                            size_t *ret_count);
    // The same with when and why; only those that were erased.
    enum rond_err (*erasures)(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                              struct erasure_row **ret_rows, size_t *ret_count);
    // Reports whose body is there (or keyless), in order of row, without it.
    enum rond_err (*retained)(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                              struct retained_row **ret_rows, size_t *ret_count);
    // Keys of bodies, by row. Wipe the arena. NULL where the backend keeps none apart.
    enum rond_err (*body_keys)(struct store *store, bool of_forks, uint64_t after_row, size_t limit, struct arena *arena,
                               struct body_key_row **ret_rows, size_t *ret_count);
    // Does this store wait for its keys: is it a copy without them?
    enum rond_err (*keys_apart)(struct store *store, bool *ret_apart);
    // All of a kind, by id; the protocol, oldest first.
    enum rond_err (*rules)(struct store *store, enum rule_kind kind, struct arena *arena, struct rule **ret_rules,
                           size_t *ret_count);
    enum rond_err (*retention_notes)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                                     struct retention_note **ret_notes, size_t *ret_count, uint64_t *ret_cursor);
    enum rond_err (*forks)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                           struct fork_row **ret_forks, size_t *ret_count, uint64_t *ret_cursor);

    enum rond_err (*totals)(struct store *store, uint32_t commitment, struct arena *arena, struct period_total **ret_totals,
                            size_t *ret_count);
    // Contributions toward one commitment, counted or not, by row; the last report comes whole, so that `limit` may be
    // exceeded by its contributions and its row is the cursor.
    enum rond_err (*contributions)(struct store *store, uint32_t commitment, uint64_t after_row, size_t limit,
                                   struct arena *arena, struct stored_contribution **ret_contributions, size_t *ret_count);
    // The same from the newest on, those before a row (0: all), the last report whole.
    enum rond_err (*contributions_before)(struct store *store, uint32_t commitment, uint64_t before_row, size_t limit,
                                          struct arena *arena, struct stored_contribution **ret_contributions,
                                          size_t *ret_count);
    // The newest row that contributes to the commitment, counted or not; 0 where none does. One look at an index.
    enum rond_err (*contributions_last)(struct store *store, uint32_t commitment, uint64_t *ret_row);
    enum rond_err (*contributions_of_row)(struct store *store, uint64_t row, struct arena *arena,
                                          struct stored_contribution **ret_contributions, size_t *ret_count);
    enum rond_err (*bucket)(struct store *store, const struct bucket_key *key, struct arena *arena,
                            struct bucket_contents *ret_contents);
    // As crowds_of, of one.
    enum rond_err (*crowd)(struct store *store, const struct bucket_key *key, struct crowd *ret_crowd);
    // What there is on the map in a range, of one area or of all (NULL); nothing that comes to nothing.
    enum rond_err (*map)(struct store *store, const struct map_range *range, const struct map_rows *rows);
    // Which reports are behind a row of it: their rows, the newest day first, of one day the newest row.
    enum rond_err (*spots)(struct store *store, const struct spots_wanted *wanted, size_t limit, struct arena *arena,
                           uint64_t **ret_rows, size_t *ret_count);
    // What reports on the map contribute that counts.
    enum rond_err (*counted_on)(struct store *store, const struct counted_wanted *wanted, const struct counted_ones *ones);
    enum rond_err (*commitment_path)(struct store *store, uint32_t commitment, struct arena *arena, const char **ret_path);

    // Reference data with revision > cursor, in order of revision, tombstones included. ret_newest: of the whole store.
    enum rond_err (*reference)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                               Rond__V1__ReferenceEntry ***ret_entries, size_t *ret_count, uint64_t *ret_newest);
    // The device's own reports whose outcome is new since the cursor; ret_cursor is where to go on, equal to the cursor
    // where nothing is new. Log entries come whole: `limit` is exceeded where one batch alone is larger. With limit 0 no
    // rows come, and a cursor that moved says that something is new.
    enum rond_err (*feedback)(struct store *store, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct feedback_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor);

    // Every version of a promise, oldest first; none where it was never there.
    enum rond_err (*promise_versions)(struct store *store, const char *promise, struct arena *arena,
                                      struct promise_version **ret_versions, size_t *ret_count);
    // Published follow-ups in order of number, of one promise or of all (NULL), without documents and evidence.
    enum rond_err (*followups)(struct store *store, const char *promise, uint64_t cursor, size_t limit, struct arena *arena,
                               struct followup **ret_followups, size_t *ret_count, uint64_t *ret_cursor);
    // One whole; version 0: the newest. ROND_ENOTFOUND.
    enum rond_err (*followup)(struct store *store, const char *promise, const char *period, uint32_t version,
                              struct arena *arena, struct followup *ret_followup);
    // All keys there ever were, by the time since which they were used.
    enum rond_err (*followup_keys)(struct store *store, struct arena *arena, struct followup_key **ret_keys,
                                   size_t *ret_count);
    // People's decisions, undone ones too, in order.
    enum rond_err (*decisions)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                               struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor);
    // The same from the newest on, those before a number (0: all).
    enum rond_err (*decisions_newest)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                                      struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor);
    enum rond_err (*decision)(struct store *store, uint64_t number, struct arena *arena,
                              struct decision *ret_decision); // ROND_ENOTFOUND
    // Those that name this report (an original's identity), in order.
    enum rond_err (*decisions_about)(struct store *store, const struct report_key *key, struct arena *arena,
                                     struct decision **ret_decisions, size_t *ret_count);
    // Changes whenever a decision of that kind is made or undone. By indexes alone.
    enum rond_err (*decisions_mark)(struct store *store, enum decision_kind kind, uint64_t *ret_mark);
    // Number of the row that joint_hold made; 0 where nothing ever took hold of it.
    enum rond_err (*joint_number)(struct store *store, const struct joint_key *joint, uint64_t *ret_number);

    // People, in the order in which they came; and the sessions of one.
    enum rond_err (*people)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                            struct person **ret_people, size_t *ret_count, uint64_t *ret_cursor);
    enum rond_err (*sessions)(struct store *store, const char *login, struct arena *arena,
                              struct person_session **ret_sessions, size_t *ret_count);

    enum rond_err (*audit)(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                           struct audit_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor);
    // The newest first, those of one moment by id; the cursor is the id of the last row that came. By indexes alone.
    enum rond_err (*audit_newest)(struct store *store, const struct audit_filter *filter, uint64_t cursor, size_t limit,
                                  struct arena *arena, struct audit_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor);
    enum rond_err (*counts)(struct store *store, struct store_counts *ret_counts);
    // The whole store as one new file at `path`, durable; NULL where the backend has none. Between read_begin and read_end,
    // after a first read: the copy is the state that is being read, and the writer goes on meanwhile (its log grows until
    // read_end). ROND_EFULL and ROND_EIO with a sentence; what is at the path then is the caller's to remove.
    enum rond_err (*copy)(struct store *store, const char *path, const struct store_copying *copying, struct fault *fault);
    // Reads every page of the backend's files, and whether each is sound in itself; cheaper than integrity, and no more
    // than that. ROND_ECORRUPT where one is not: the fault tells which table and what.
    enum rond_err (*damage)(struct store *store, struct fault *fault);
    // Integrity of the backend's own files; fault tells what is wrong.
    enum rond_err (*integrity)(struct store *store, struct fault *fault);
};

#endif
