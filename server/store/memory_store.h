// What the files of the memory backend share. One thread; what is read is copied, as from any other store.
#ifndef STORE_MEMORY_STORE_H
#define STORE_MEMORY_STORE_H

#include "base/check.h"
#include "store/memory.h"
#include "store/memory_table.h"
#include "store/shape.h"

// Texts and bytes of a store and of its snapshots; they go with the last of them.
struct memory_heap {
    struct arena arena;
    unsigned references;
};

struct memory_outbox {
    struct id128 device;
    struct id128 outbox;
    struct chain chain;
    bool forked;
    uint32_t reference_prefix;
};
struct memory_report {
    size_t outbox;               // number of its item
    struct stored_report report; // texts and bytes on the heap
};
struct memory_batch {
    size_t outbox;
    struct batch_row row;
};
struct memory_revision {
    struct id128 outbox;
    uint64_t seq;
    uint64_t row;
};
struct memory_flag {
    uint64_t row;
    uint32_t kinds;
};
struct memory_fork {
    struct fork_row fork;
};
struct memory_logged { // an entry of the feedback log; its id is its number + 1
    size_t outbox;
    uint64_t first_seq;
    uint64_t last_seq;
};
struct memory_contribution {
    struct stored_contribution stored;
    bool removed;
};
struct memory_total {
    uint32_t commitment;
    struct period_total total;
};
struct memory_crowd {
    uint32_t commitment;
    const char *bucket; // on the heap
    struct crowd crowd; // count 0: gone
};
struct memory_spot {
    struct spot spot; // texts on the heap; tally.reports 0: gone
};
struct memory_map {
    struct map_change row; // texts on the heap
};
struct memory_device {
    struct device_record record;
    uint64_t last_seq;
    struct id128 last_outbox; // that it spoke of; all zero: not known
};
struct memory_reference {
    uint32_t kind;
    const char *id;
    uint64_t revision;
    bool removed;
    struct bytes packed;
};
struct memory_promise_version {
    const char *promise;
    uint32_t version;
    uint64_t revision;
    int64_t at_ms;
    const char *actor;
    struct bytes packed;
};
struct memory_ruling { // one report of one decision
    struct report_key key;
    uint64_t decision;
};
struct memory_joint {
    const char *area;
    uint32_t kind;
    const char *reference;
    bool gone;
};
struct memory_rule {
    struct rule rule; // body NULL: gone
};
struct memory_session {
    struct person_session session;
    bool ended;
};
struct memory_audit {
    struct audit_row row;
    struct hash256 hash;
};

enum memory_table_id {
    MEMORY_OUTBOXES,  // 0: outbox; 1: device; 2: reference prefix
    MEMORY_REPORTS,   // 0: outbox and seq. Its row is its number + 1
    MEMORY_BATCHES,   // 0: outbox
    MEMORY_REVISIONS, // 0: outbox and seq named
    MEMORY_FLAGS,
    MEMORY_FORKS,            // 0: outbox and seq
    MEMORY_LOG,              // 0: outbox
    MEMORY_COMMITMENTS,      // const char *; its number is its number + 1
    MEMORY_CONTRIBUTIONS,    // 0: row; 1: commitment and bucket; 2: commitment
    MEMORY_TOTALS,           // 0: commitment and period; 1: commitment
    MEMORY_CROWDS,           // 0: commitment and bucket
    MEMORY_SPOTS,            // 0: row
    MEMORY_MAP,              // 0: its key
    MEMORY_DEVICES,          // 0: device
    MEMORY_KEYS,             // struct device_key; 0: hash; 1: device
    MEMORY_CODES,            // struct enrol_code; 0: hash
    MEMORY_REFERENCE,        // 0: kind and id
    MEMORY_PROMISE_VERSIONS, // 0: promise
    MEMORY_FOLLOWUPS,        // struct followup; its number is its number + 1
    MEMORY_FOLLOWUP_KEYS,    // struct followup_key
    MEMORY_AUDIT,
    MEMORY_DECISIONS, // struct decision; its number is its number + 1
    MEMORY_RULINGS,   // 0: outbox and seq
    MEMORY_JOINTS,    // 0: area, kind and reference. Its number is its number + 1
    MEMORY_RULES,     // struct memory_rule
    MEMORY_NOTES,     // struct retention_note
    MEMORY_PEOPLE,    // struct person; its number is its number + 1
    MEMORY_SESSIONS,
    MEMORY_TABLE_COUNT
};

enum { MEMORY_FAULTS_MAX = 64 };
struct memory_fault {
    enum rond_err err;
    bool lose_answer;
};

struct memory_store {
    struct store store; // first
    struct store_identity identity;
    uint32_t fold_version;
    struct memory_heap *heap;
    bool in_transaction;
    struct table tables[MEMORY_TABLE_COUNT];
    struct memory_fault faults[MEMORY_FAULTS_MAX];
    size_t faults_count;
};

struct memory_store *memory_of(struct store *store);
// A table that will be written: only within a transaction.
struct table *memory_write(struct memory_store *store, enum memory_table_id id);

// Number of the item, TABLE_END where there is none.
size_t memory_outbox_find(const struct memory_store *store, const struct id128 *outbox);
size_t memory_report_find(const struct memory_store *store, size_t outbox, uint64_t seq);
size_t memory_device_find(const struct memory_store *store, const struct id128 *device);
const struct memory_outbox *memory_outbox_at(const struct memory_store *store, size_t number);
const struct stored_report *memory_report_at(const struct memory_store *store, uint64_t row); // NULL
// ROND_EAUTH where the outbox is another device's.
MUST_CHECK enum rond_err memory_outbox_of(const struct memory_store *store, const struct id128 *device,
                                          const struct id128 *outbox, size_t *ret_number);

// Copies between the heap and the caller's arena; NULL text stays NULL.
MUST_CHECK enum rond_err report_copy(struct arena *arena, const struct stored_report *from,
                                     struct stored_report *ret_report);
MUST_CHECK enum rond_err text_copy(struct arena *arena, const char *from, const char **ret_text);
MUST_CHECK enum rond_err roles_copy(struct arena *arena, const char *const *from, size_t count, const char ***ret_roles);
MUST_CHECK enum rond_err device_copy(struct arena *arena, const struct device_record *from,
                                     struct device_record *ret_device);
MUST_CHECK enum rond_err key_copy(struct arena *arena, const struct device_key *from, struct device_key *ret_key);

uint64_t memory_hash_joint(const char *area, uint32_t kind, const char *reference);
uint64_t memory_hash_seq(uint64_t outbox, uint64_t seq);
uint64_t memory_hash_identity(const struct id128 *outbox, uint64_t seq);
uint64_t memory_hash_text(uint64_t number, const char *text);
uint64_t memory_hash_id(const struct id128 *id);
uint64_t memory_hash_number(uint64_t number);

MUST_CHECK enum rond_err memory_log_add(struct memory_store *store, size_t outbox, uint64_t first_seq, uint64_t last_seq);
// In order of row, then of addition.
MUST_CHECK enum rond_err memory_contributions_of(const struct memory_store *store, uint64_t row, struct arena *arena,
                                                 struct bucket_contents *ret_contents);
MUST_CHECK enum rond_err memory_contributions_in(const struct memory_store *store, const struct bucket_key *key,
                                                 struct arena *arena, struct bucket_contents *ret_contents);
MUST_CHECK enum rond_err memory_contributions_toward(const struct memory_store *store, uint32_t commitment,
                                                     uint64_t after_row, struct arena *arena,
                                                     struct bucket_contents *ret_contents);

enum rond_err memory_outbox_load(struct store *store, const struct id128 *device, const struct id128 *outbox,
                                 struct outbox_state *ret_state);
enum rond_err memory_append(struct store *store, const struct ledger_batch *batch, struct append_result *ret_result);
enum rond_err memory_lose(struct store *store, const struct ledger_lost *lost, struct append_result *ret_result);
enum rond_err memory_begin(struct store *store);
enum rond_err memory_commit(struct store *store);
void memory_rollback(struct store *store);
enum rond_err memory_fold_store(struct store *store, const struct fold_changes *changes);
enum rond_err memory_fold_clear(struct store *store);
enum rond_err memory_crowds_of(struct store *store, const struct bucket_key *buckets, size_t count,
                               struct crowd *ret_crowds);
enum rond_err memory_crowd(struct store *store, const struct bucket_key *key, struct crowd *ret_crowd);
MUST_CHECK enum rond_err memory_crowd_put(struct memory_store *store, const struct crowd_change *change);
MUST_CHECK enum rond_err memory_crowds_clear(struct memory_store *store);
MUST_CHECK enum rond_err memory_map_store(struct memory_store *store, const struct fold_changes *changes);
MUST_CHECK enum rond_err memory_map_clear(struct memory_store *store);
uint64_t memory_hash_map(const struct map_key *key);
enum rond_err memory_spots_of(struct store *store, const uint64_t *rows, size_t count, struct arena *arena,
                              struct spot *ret_spots);
enum rond_err memory_map(struct store *store, const struct map_range *range, const struct map_rows *rows);
enum rond_err memory_spots(struct store *store, const struct spots_wanted *wanted, size_t limit, struct arena *arena,
                           uint64_t **ret_rows, size_t *ret_count);
enum rond_err memory_counted_on(struct store *store, const struct counted_wanted *wanted, const struct counted_ones *ones);
enum rond_err memory_promise_version_put(struct store *store, const struct promise_version *version);
enum rond_err memory_promise_versions(struct store *store, const char *promise, struct arena *arena,
                                      struct promise_version **ret_versions, size_t *ret_count);
enum rond_err memory_followup_key_put(struct store *store, const struct followup_key *key);
enum rond_err memory_followup_put(struct store *store, const struct followup *followup);
enum rond_err memory_followups(struct store *store, const char *promise, uint64_t cursor, size_t limit, struct arena *arena,
                               struct followup **ret_followups, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err memory_followup(struct store *store, const char *promise, const char *period, uint32_t version,
                              struct arena *arena, struct followup *ret_followup);
enum rond_err memory_followup_keys(struct store *store, struct arena *arena, struct followup_key **ret_keys,
                                   size_t *ret_count);
enum rond_err memory_rulings_of(struct store *store, const struct report_key *keys, size_t count, struct arena *arena,
                                struct ruling_list *ret_lists);
enum rond_err memory_joint_hold(struct store *store, const struct joint_key *joints, size_t count);
enum rond_err memory_joint_forget(struct store *store, const struct joint_key *joint);
enum rond_err memory_erase(struct store *store, uint64_t row, const struct erasure *erasure);
enum rond_err memory_erase_fork(struct store *store, uint64_t id, const struct erasure *erasure);
enum rond_err memory_erasures(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                              struct erasure_row **ret_rows, size_t *ret_count);
enum rond_err memory_retained(struct store *store, uint64_t after_row, size_t limit, struct arena *arena,
                              struct retained_row **ret_rows, size_t *ret_count);
enum rond_err memory_rule_put(struct store *store, const struct rule *rule);
enum rond_err memory_rules(struct store *store, enum rule_kind kind, struct arena *arena, struct rule **ret_rules,
                           size_t *ret_count);
enum rond_err memory_retention_note(struct store *store, const struct retention_note *note);
enum rond_err memory_retention_notes(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                                     struct retention_note **ret_notes, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err memory_joint_number(struct store *store, const struct joint_key *joint, uint64_t *ret_number);
enum rond_err memory_decision_put(struct store *store, const struct decision *decision, uint64_t *ret_number);
enum rond_err memory_decision_undo(struct store *store, uint64_t number, int64_t at_ms, const char *actor);
enum rond_err memory_decisions(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                               struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err memory_decisions_newest(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                                      struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err memory_decision(struct store *store, uint64_t number, struct arena *arena, struct decision *ret_decision);
enum rond_err memory_decisions_mark(struct store *store, enum decision_kind kind, uint64_t *ret_mark);
enum rond_err memory_decisions_about(struct store *store, const struct report_key *key, struct arena *arena,
                                     struct decision **ret_decisions, size_t *ret_count);
enum rond_err memory_code_put(struct store *base, const struct enrol_code *code);
enum rond_err memory_code_get(struct store *base, const struct hash256 *secret_hash, struct arena *arena,
                              struct enrol_code *ret_code);
enum rond_err memory_code_update(struct store *base, const struct enrol_code *code);
enum rond_err memory_codes_waiting(struct store *base, int64_t now_ms, size_t limit, struct arena *arena,
                                   struct enrol_code **ret_codes, size_t *ret_count);
enum rond_err memory_person_put(struct store *store, const struct person *person);
enum rond_err memory_person_get(struct store *store, const char *login, struct arena *arena, struct person *ret_person);
enum rond_err memory_person_by_setup(struct store *store, const struct hash256 *setup_hash, struct arena *arena,
                                     struct person *ret_person);
enum rond_err memory_people(struct store *store, uint64_t cursor, size_t limit, struct arena *arena,
                            struct person **ret_people, size_t *ret_count, uint64_t *ret_cursor);
enum rond_err memory_session_put(struct store *store, const struct person_session *session);
enum rond_err memory_session_get(struct store *store, const struct hash256 *token_hash, struct arena *arena,
                                 struct person_session *ret_session);
enum rond_err memory_session_end(struct store *store, const struct hash256 *token_hash);
enum rond_err memory_sessions_end(struct store *store, const char *login, int64_t began_before_ms, int64_t seen_before_ms,
                                  uint64_t *ret_count);
enum rond_err memory_sessions(struct store *store, const char *login, struct arena *arena,
                              struct person_session **ret_sessions, size_t *ret_count);
extern const struct ledger_ops memory_ledger;
extern const struct registry_ops memory_registry;
extern const struct views_ops memory_views;

#endif
