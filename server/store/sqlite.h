// What the files of the SQLite backend share: the connection, queries, and reading a stored report.
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include <sqlite3.h>

#include "base/check.h"

#include "store/body_seal.h"
#include "store/shape.h"
#include "store/store.h"

enum { SQLITE_STATEMENTS_MAX = 256, SQLITE_TEXTS_MAX = 1024, SQLITE_OWNERS_MAX = 256 };

// A statement by the address of its text: prepared once per connection, where the text stands in the code.
struct sqlite_statement {
    const char *sql;
    sqlite3_stmt *prepared;
};
// Organisations, areas and places are stored as numbers; the last ones seen are remembered, until a rollback
// (sqlite_texts.c).
struct sqlite_text {
    char text[72];
    int64_t number; // 0: none
};

// Device and outbox by the outbox's number, by that number modulo the room; forgotten at a rollback, too.
struct sqlite_owner {
    int64_t number; // 0: none
    struct id128 device;
    struct id128 outbox;
};

struct sqlite_store {
    struct store store; // first
    sqlite3 *db;
    bool read_only;
    bool in_transaction;
    struct body_sealer *sealer;
    struct buffer sealed;       // bodies that a statement has bound
    int64_t wal_pages;          // written since the log was last reset
    int64_t wal_pages_pending;  // not yet checkpointed
    int64_t wal_truncate_pages; // try to truncate beyond this
    struct sqlite_text texts[SQLITE_TEXTS_MAX];
    uint16_t text_slots[SQLITE_TEXTS_MAX]; // which of them has a number, by that modulo the room
    struct sqlite_owner owners[SQLITE_OWNERS_MAX];
    struct sqlite_statement statements[SQLITE_STATEMENTS_MAX];
};

struct sqlite_store *sqlite_of(struct store *store);
// From a result code of SQLite to what the caller should do; SQLITE_OK, ROW and DONE give ROND_OK.
enum rond_err sqlite_err(sqlite3 *db, int result);

// Statements without parameters: many at once; one that gives a number.
MUST_CHECK enum rond_err sqlite_execute(struct sqlite_store *store, const char *sql);
MUST_CHECK enum rond_err sqlite_number(struct sqlite_store *store, const char *sql, int64_t *ret_value);
// Makes the tables (STORE_CREATE), or leads those of an older version to today's; fault tells what stands against it.
MUST_CHECK enum rond_err sqlite_schema_open(struct sqlite_store *store, const char *path, enum store_access access,
                                            const struct rng *rng, struct fault *fault);

// One run of a statement. Errors stick: after the first one every call does nothing, and finish answers it.
// The same text must not be run again before its finish.
struct query {
    struct sqlite_store *store;
    sqlite3_stmt *statement;
    int bound;
    enum rond_err err;
};
struct query query_start(struct sqlite_store *store, const char *sql);
// The next parameter, in order. What is bound is borrowed until finish.
void query_int(struct query *query, int64_t value);
void query_text(struct query *query, const char *text); // NULL is NULL
void query_blob(struct query *query, const void *data, size_t size);
void query_null(struct query *query);
// True while there is a row.
bool query_next(struct query *query);
MUST_CHECK enum rond_err query_finish(struct query *query);
// For statements without rows: runs and finishes.
MUST_CHECK enum rond_err query_run(struct query *query);
// Runs and answers the first column of the first row; ROND_ENOTFOUND without one.
MUST_CHECK enum rond_err query_single(struct query *query, int64_t *ret_value);

int64_t column_int(const struct query *query, int column);
bool column_is_null(const struct query *query, int column);
// Copies into the arena; without memory the error sticks.
const char *column_text(struct query *query, int column, struct arena *arena); // NULL where NULL
struct bytes column_bytes(struct query *query, int column, struct arena *arena);
// Exactly this size, else the error ROND_ECORRUPT sticks.
void column_exactly(struct query *query, int column, void *ret_data, size_t size);

// An outbox as its row has it. number 0: it does not exist.
struct sqlite_outbox {
    int64_t number;
    struct id128 device;
    struct chain chain;
    bool forked;
};
MUST_CHECK enum rond_err sqlite_outbox_find(struct sqlite_store *store, const struct id128 *outbox,
                                            struct sqlite_outbox *ret_outbox);
// The same with its owner compared: ROND_EAUTH where it is another device's.
MUST_CHECK enum rond_err sqlite_outbox_of(struct sqlite_store *store, const struct id128 *device, const struct id128 *outbox,
                                          struct sqlite_outbox *ret_outbox);
// The batch that holds a seq.
struct sqlite_place {
    bool found;
    bool lost;
    int64_t first_seq;
    int64_t last_seq;
    int64_t first_row;
    struct hash256 head;
};
MUST_CHECK enum rond_err sqlite_place_find(struct sqlite_store *store, int64_t outbox_number, uint64_t seq,
                                           struct sqlite_place *ret_place);
// Row of a report; 0 where there is none.
MUST_CHECK enum rond_err sqlite_row_find(struct sqlite_store *store, int64_t outbox_number, uint64_t seq, int64_t *ret_row);
MUST_CHECK enum rond_err sqlite_row_of_key(struct sqlite_store *store, const struct report_key *key, int64_t *ret_row);

enum quarantine_decision { QUARANTINE_OPEN = 0, QUARANTINE_RELEASED = 1, QUARANTINE_DISCARDED = 2 }; // stored

// Every select of reports names its columns and tables with these, so that one function reads them.
#define REPORT_COLUMNS                                                                                                      \
    "r.row, o.device, o.outbox, r.seq, r.kind, r.verdict, r.body, r.salt, r.leaf, r.formerly_outbox, r.formerly_seq, "      \
    "r.target, r.is_withdrawal, r.claimed_ms, r.from_s, r.to_s, r.uncertainty_s, r.received_ms, g.text, a.text, "           \
    "q.code, q.reason, q.field, q.decided, (SELECT k.key FROM body_keys k WHERE k.row = r.row) "
#define REPORT_TABLES                                                                                                       \
    "reports r JOIN outboxes o ON o.number = r.outbox JOIN texts g ON g.number = r.organisation "                           \
    "JOIN texts a ON a.number = r.area LEFT JOIN quarantine q ON q.row = r.row "
void sqlite_report_read(struct query *query, struct arena *arena, struct stored_report *ret_report);
// ROND_ENOTFOUND
MUST_CHECK enum rond_err sqlite_report_by_row(struct sqlite_store *store, int64_t row, struct arena *arena,
                                              struct stored_report *ret_report);
// Runs the query (of REPORT_COLUMNS) to its end.
MUST_CHECK enum rond_err sqlite_reports_read(struct query *query, struct arena *arena, struct stored_report **ret_reports,
                                             size_t *ret_count);

// Pages of the log: as the query of REPORT_COLUMNS gives them, at less than half the cost.
enum rond_err sqlite_reports_page(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                                  struct stored_report **ret_reports, size_t *ret_count);
// The parts of reading a report that both ways share. `query` has the columns of `reports` from `column` on, in the order
// formerly_outbox, formerly_seq; target.
void sqlite_formerly_read(struct query *query, int column, struct record *record);
void sqlite_target_read(struct query *query, int column, struct stored_report *report);

// Bodies under their keys, and what is left of those that were erased (sqlite_bodies.c). Reads the body of a report whose
// key, salt and leaf are read already from its two columns: what it holds, or why there is none.
void sqlite_body_read(struct query *query, int body_column, int key_column, struct arena *arena,
                      struct stored_report *report);
void sqlite_fork_body_read(struct query *query, int body_column, int key_column, struct arena *arena, struct fork_row *fork);
// Seals a body into store->sealed, where it stays until that is cleared, and takes its key. Room was reserved before.
MUST_CHECK enum rond_err sqlite_body_seal(struct sqlite_store *store, enum body_what what, const struct report_key *place,
                                          struct bytes plain, struct body_key *ret_key, struct bytes *ret_sealed);
// Whether that body opens by this key.
MUST_CHECK enum rond_err sqlite_body_opens(struct query *query, int body_column, enum body_what what,
                                           const struct report_key *place, const struct body_key *key, bool *ret_opens);
MUST_CHECK enum rond_err sqlite_body_key_put(struct sqlite_store *store, int64_t row, const struct body_key *key);
MUST_CHECK enum rond_err sqlite_fork_key_put(struct sqlite_store *store, int64_t id, const struct body_key *key);
// A report whose key was missing is offered again: its body is sealed anew. Nothing where it has its key.
MUST_CHECK enum rond_err sqlite_body_revive(struct sqlite_store *store, int64_t row, const struct report_key *place,
                                            const struct record *record);
// From the tables reports_plain and forks_plain of version 2, which go.
MUST_CHECK enum rond_err sqlite_bodies_move(struct sqlite_store *store);
enum rond_err sqlite_erase(struct store *store, uint64_t row, const struct erasure *erasure);
enum rond_err sqlite_erase_fork(struct store *store, uint64_t id, const struct erasure *erasure);
enum rond_err sqlite_joint_forget(struct store *store, const struct joint_key *joint);
enum rond_err sqlite_body_keys_put(struct store *store, bool of_forks, const struct body_key_row *rows, size_t count);
enum rond_err sqlite_body_keys_end(struct store *store, uint64_t *ret_missing);
enum rond_err sqlite_body_keys(struct store *store, bool of_forks, uint64_t after_row, size_t limit, struct arena *arena,
                               struct body_key_row **ret_rows, size_t *ret_count);
enum rond_err sqlite_keys_apart(struct store *store, bool *ret_apart);
// Of a copy that nobody else has open: what opens its bodies goes from it, and it says so.
MUST_CHECK enum rond_err sqlite_keys_strip(sqlite3 *copy);
enum rond_err sqlite_erasures(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                              struct erasure_row **ret_rows, size_t *ret_count);
enum rond_err sqlite_retained(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                              struct retained_row **ret_rows, size_t *ret_count);
enum rond_err sqlite_rule_put(struct store *store, const struct rule *rule);
enum rond_err sqlite_rules(struct store *store, enum rule_kind kind, struct arena *arena, struct rule **ret_rules,
                           size_t *ret_count);
enum rond_err sqlite_retention_note(struct store *store, const struct retention_note *note);
enum rond_err sqlite_retention_notes(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                                     struct retention_note **ret_notes, size_t *ret_count, uint64_t *ret_cursor);

// Stores the reports[from ..] of a batch and answers the first one's row; the others follow it.
MUST_CHECK enum rond_err sqlite_rows_insert(struct sqlite_store *store, int64_t outbox_number,
                                            const struct ledger_batch *batch, size_t from, uint64_t *ret_first_row);
void sqlite_formerly_bind(struct query *query, const struct record *record); // two parameters

MUST_CHECK enum rond_err sqlite_contributions_insert(struct sqlite_store *store, const struct stored_contribution *added,
                                                     size_t count);
// *crowd.count 0 where nothing is stored.
MUST_CHECK enum rond_err sqlite_crowd_of(struct sqlite_store *store, const struct bucket_key *key, struct crowd *ret_crowd);
MUST_CHECK enum rond_err sqlite_crowd_put(struct sqlite_store *store, const struct crowd_change *change);
// Number of an organisation, area or place; it gets one where it has none.
MUST_CHECK enum rond_err sqlite_text_number(struct sqlite_store *store, const char *text, int64_t *ret_number);
// Copied; ROND_ECORRUPT where there is none.
MUST_CHECK enum rond_err sqlite_text_of(struct sqlite_store *store, int64_t number, struct arena *arena,
                                        const char **ret_text);
// The map's part of fold_store and fold_clear (sqlite_map.c).
MUST_CHECK enum rond_err sqlite_map_store(struct sqlite_store *store, const struct fold_changes *changes);
MUST_CHECK enum rond_err sqlite_map_clear(struct sqlite_store *store);
// Its part of integrity (sqlite_map_check.c). ROND_ECORRUPT, fault set: it is not what the reports on it add up to.
MUST_CHECK enum rond_err sqlite_map_check(struct sqlite_store *store, struct fault *fault);
enum rond_err sqlite_spots_of(struct store *store, const uint64_t *rows, size_t count, struct arena *arena,
                              struct spot *ret_spots);
enum rond_err sqlite_map(struct store *store, const struct map_range *range, const struct map_rows *rows);
enum rond_err sqlite_spots(struct store *store, const struct spots_wanted *wanted, size_t limit, struct arena *arena,
                           uint64_t **ret_rows, size_t *ret_count);
enum rond_err sqlite_counted_on(struct store *store, const struct counted_wanted *wanted, const struct counted_ones *ones);
void sqlite_text_read(struct query *query, int column, char *to, size_t room); // the rest of `to` is zero already
MUST_CHECK enum rond_err sqlite_contributions_of(struct sqlite_store *store, int64_t row, struct arena *arena,
                                                 struct bucket_contents *ret_contents);
MUST_CHECK enum rond_err sqlite_contributions_in(struct sqlite_store *store, const struct bucket_key *key,
                                                 struct arena *arena, struct bucket_contents *ret_contents);
// Runs a query of CONTRIBUTION_COLUMNS to its end.
#define CONTRIBUTION_COLUMNS                                                                                                \
    "row, commitment, reason, bucket, period, parts, organisations, quantity, persons, from_s, to_s, finding_state, "       \
    "flags, places, places_open "
MUST_CHECK enum rond_err sqlite_contributions_read(struct query *query, struct arena *arena,
                                                   struct bucket_contents *ret_contents);

#define DEVICE_COLUMNS                                                                                                      \
    "number, device, name, organisation, area, roles, status, enrolled_ms, revoked_ms, seen_ms, issuer, client "
void sqlite_device_read(struct query *query, struct arena *arena, struct device_record *ret_device);
enum rond_err sqlite_code_put(struct store *base, const struct enrol_code *code);
enum rond_err sqlite_code_get(struct store *base, const struct hash256 *secret_hash, struct arena *arena,
                              struct enrol_code *ret_code);
enum rond_err sqlite_code_update(struct store *base, const struct enrol_code *code);
enum rond_err sqlite_codes_waiting(struct store *base, int64_t now_ms, size_t limit, struct arena *arena,
                                   struct enrol_code **ret_codes, size_t *ret_count);
#define KEY_COLUMNS "spki_hash, device, spki, current, since_ms "
void sqlite_key_read(struct query *query, struct arena *arena, struct device_key *ret_key);

// The tables of operations, put together by sqlite_store.c.
enum rond_err sqlite_begin(struct store *store);
enum rond_err sqlite_commit(struct store *store);
void sqlite_rollback(struct store *store);
enum rond_err sqlite_checkpoint(struct store *store, bool in_lull);
enum rond_err sqlite_outbox_load(struct store *store, const struct id128 *device, const struct id128 *outbox,
                                 struct outbox_state *ret_state);
enum rond_err sqlite_append(struct store *store, const struct ledger_batch *batch, struct append_result *ret_result);
enum rond_err sqlite_lose(struct store *store, const struct ledger_lost *lost, struct append_result *ret_result);
enum rond_err sqlite_fold_store(struct store *store, const struct fold_changes *changes);
enum rond_err sqlite_fold_clear(struct store *store);
MUST_CHECK enum rond_err sqlite_change_insert(struct sqlite_store *store, int64_t outbox_number, uint64_t first_seq,
                                              uint64_t last_seq);
enum rond_err sqlite_feedback(struct store *store, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct feedback_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err sqlite_promise_version_put(struct store *store, const struct promise_version *version);
enum rond_err sqlite_promise_versions(struct store *store, const char *promise, struct arena *arena,
                                      struct promise_version **ret_versions, size_t *ret_count);
enum rond_err sqlite_followup_key_put(struct store *store, const struct followup_key *key);
enum rond_err sqlite_followup_put(struct store *store, const struct followup *followup);
enum rond_err sqlite_followups(struct store *store, const char *promise, uint64_t cursor, size_t limit, struct arena *arena,
                               struct followup **ret_followups, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err sqlite_followup(struct store *store, const char *promise, const char *period, uint32_t version,
                              struct arena *arena, struct followup *ret_followup);
enum rond_err sqlite_followup_keys(struct store *store, struct arena *arena, struct followup_key **ret_keys,
                                   size_t *ret_count);
enum rond_err sqlite_crowds_of(struct store *store, const struct bucket_key *buckets, size_t count,
                               struct crowd *ret_crowds);
enum rond_err sqlite_crowd(struct store *store, const struct bucket_key *key, struct crowd *ret_crowd);
enum rond_err sqlite_damage(struct store *store, struct fault *fault);
enum rond_err sqlite_integrity(struct store *store, struct fault *fault);
enum rond_err sqlite_copy(struct store *store, const char *path, const struct store_copying *copying, struct fault *fault);
enum rond_err sqlite_rulings_of(struct store *store, const struct report_key *keys, size_t count, struct arena *arena,
                                struct ruling_list *ret_lists);
enum rond_err sqlite_joint_hold(struct store *store, const struct joint_key *joints, size_t count);
enum rond_err sqlite_joint_number(struct store *store, const struct joint_key *joint, uint64_t *ret_number);
enum rond_err sqlite_decision_put(struct store *store, const struct decision *decision, uint64_t *ret_number);
enum rond_err sqlite_decision_undo(struct store *store, uint64_t number, int64_t at_ms, const char *actor);
enum rond_err sqlite_decisions(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                               struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err sqlite_decisions_newest(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                                      struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err sqlite_decision(struct store *store, uint64_t number, struct arena *arena, struct decision *ret_decision);
enum rond_err sqlite_decisions_mark(struct store *store, enum decision_kind kind, uint64_t *ret_mark);
enum rond_err sqlite_decisions_about(struct store *store, const struct report_key *key, struct arena *arena,
                                     struct decision **ret_decisions, size_t *ret_count);
enum rond_err sqlite_person_put(struct store *store, const struct person *person);
enum rond_err sqlite_person_get(struct store *store, const char *login, struct arena *arena, struct person *ret_person);
enum rond_err sqlite_person_by_setup(struct store *store, const struct hash256 *setup_hash, struct arena *arena,
                                     struct person *ret_person);
enum rond_err sqlite_people(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                            struct person **ret_people, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err sqlite_session_put(struct store *store, const struct person_session *session);
enum rond_err sqlite_session_get(struct store *store, const struct hash256 *token_hash, struct arena *arena,
                                 struct person_session *ret_session);
enum rond_err sqlite_session_end(struct store *store, const struct hash256 *token_hash);
enum rond_err sqlite_sessions_end(struct store *store, const char *login, int64_t began_before_ms, int64_t seen_before_ms,
                                  uint64_t *ret_count);
enum rond_err sqlite_sessions(struct store *store, const char *login, struct arena *arena,
                              struct person_session **ret_sessions, size_t *ret_count);
extern const struct ledger_ops sqlite_ledger;
extern const struct registry_ops sqlite_registry;
extern const struct views_ops sqlite_views;

#endif
