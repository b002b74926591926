// The tables, and the way from older ones to today's.
//
// A new store is made as version 1 and then led through the same steps as an old one, so that the two are the same by
// construction. A step only adds; what it leaves to be counted anew shows in store.fold, and promise_upgrade() does that.
#include <stdio.h>

#include "store/sqlite.h"

enum {
    APPLICATION_ID = 0x526f6e64, // "Rond"
};

// Numbers, seqs and rows are integers; ids, hashes and bodies are blobs.
static const char SCHEMA_1[] =
    "CREATE TABLE store (id BLOB NOT NULL, epoch INTEGER NOT NULL) STRICT;"
    "CREATE TABLE texts (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;"

    "CREATE TABLE outboxes (number INTEGER PRIMARY KEY, device BLOB NOT NULL, outbox BLOB NOT NULL UNIQUE,"
    " watermark INTEGER NOT NULL, head BLOB NOT NULL, ratchet BLOB NOT NULL, forked INTEGER NOT NULL,"
    " reference_prefix INTEGER NOT NULL) STRICT;"
    "CREATE INDEX outboxes_device ON outboxes (device);"
    "CREATE INDEX outboxes_reference ON outboxes (reference_prefix);"

    "CREATE TABLE reports (row INTEGER PRIMARY KEY, outbox INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " verdict INTEGER NOT NULL, organisation INTEGER NOT NULL, area INTEGER NOT NULL, claimed_ms INTEGER NOT NULL,"
    " from_s INTEGER NOT NULL, to_s INTEGER NOT NULL, uncertainty_s INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " is_withdrawal INTEGER NOT NULL, target BLOB, formerly_outbox BLOB, formerly_seq INTEGER, leaf BLOB NOT NULL,"
    " salt BLOB, body BLOB) STRICT;"
    "CREATE TABLE batches (outbox INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,"
    " first_row INTEGER NOT NULL, lost INTEGER NOT NULL, reason INTEGER NOT NULL, mark BLOB, head BLOB NOT NULL,"
    " signature BLOB NOT NULL, signed_first_seq INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " PRIMARY KEY (outbox, first_seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX batches_lost ON batches (outbox, first_seq) WHERE lost = 1;"
    "CREATE TABLE quarantine (row INTEGER PRIMARY KEY, code INTEGER NOT NULL, reason TEXT, field TEXT,"
    " decided INTEGER NOT NULL) STRICT;"
    "CREATE INDEX quarantine_decided ON quarantine (decided, row);"
    "CREATE TABLE revisions (outbox BLOB NOT NULL, seq INTEGER NOT NULL, row INTEGER NOT NULL,"
    " PRIMARY KEY (outbox, seq, row)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE forks (id INTEGER PRIMARY KEY, outbox INTEGER NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL,"
    " body BLOB NOT NULL, formerly_outbox BLOB, formerly_seq INTEGER, received_ms INTEGER NOT NULL,"
    " UNIQUE (outbox, seq, leaf)) STRICT;"
    "CREATE TABLE erasures (row INTEGER PRIMARY KEY) STRICT;"
    "CREATE TABLE changes (id INTEGER PRIMARY KEY, outbox INTEGER NOT NULL, first_seq INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL) STRICT;"
    "CREATE INDEX changes_outbox ON changes (outbox);"

    "CREATE TABLE commitments (number INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE contributions (row INTEGER NOT NULL, commitment INTEGER NOT NULL, ordinal INTEGER NOT NULL,"
    " reason INTEGER NOT NULL, bucket TEXT NOT NULL, shared INTEGER NOT NULL, period TEXT NOT NULL, parts INTEGER NOT NULL,"
    " organisations INTEGER NOT NULL, quantity INTEGER NOT NULL, persons INTEGER NOT NULL, from_s INTEGER NOT NULL,"
    " to_s INTEGER NOT NULL, finding_state INTEGER NOT NULL,"
    " PRIMARY KEY (row, commitment, ordinal)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX contributions_commitment ON contributions (commitment, row);"
    "CREATE INDEX contributions_bucket ON contributions (commitment, bucket) WHERE shared = 1;"
    "CREATE TABLE totals (commitment INTEGER NOT NULL, period TEXT NOT NULL, count INTEGER NOT NULL,"
    " person_minutes INTEGER NOT NULL, covered_minutes INTEGER NOT NULL, windows_met INTEGER NOT NULL,"
    " actions_open INTEGER NOT NULL, actions_closed INTEGER NOT NULL, reports INTEGER NOT NULL,"
    " PRIMARY KEY (commitment, period)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE devices (number INTEGER PRIMARY KEY, device BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
    " organisation TEXT NOT NULL, area TEXT NOT NULL, roles TEXT NOT NULL, status INTEGER NOT NULL,"
    " enrolled_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL, seen_ms INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE device_keys (number INTEGER PRIMARY KEY, spki_hash BLOB NOT NULL UNIQUE, device BLOB NOT NULL,"
    " spki BLOB NOT NULL, current INTEGER NOT NULL, since_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX device_keys_device ON device_keys (device);"
    "CREATE TABLE codes (secret_hash BLOB PRIMARY KEY, organisation TEXT NOT NULL, area TEXT NOT NULL, roles TEXT NOT NULL,"
    " expires_ms INTEGER NOT NULL, tries_left INTEGER NOT NULL, used INTEGER NOT NULL, device BLOB NOT NULL) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE reference (kind INTEGER NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL UNIQUE,"
    " removed INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE audit (id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,"
    " detail TEXT NOT NULL, hash BLOB NOT NULL) STRICT;";

// STEPS[i] leads from version i + 1 to i + 2.
static const char *const STEPS[] = {
    // 2: people's decisions, joint activities, statements, versions of promises, flagged texts; places and doubts of a
    // contribution; what crowded buckets come to.
    "ALTER TABLE store ADD COLUMN fold INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE erasures ADD COLUMN role TEXT;"
    "ALTER TABLE contributions ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contributions ADD COLUMN places INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE contributions ADD COLUMN places_open INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE decisions (number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, subject TEXT NOT NULL,"
    " value TEXT NOT NULL, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, undone_ms INTEGER NOT NULL,"
    " undone_actor TEXT NOT NULL) STRICT;"
    "CREATE TABLE rulings (outbox BLOB NOT NULL, seq INTEGER NOT NULL, decision INTEGER NOT NULL, device BLOB NOT NULL,"
    " ordinal INTEGER NOT NULL, PRIMARY KEY (outbox, seq, decision)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX rulings_decision ON rulings (decision, ordinal);"
    "CREATE TABLE joint_activities (number INTEGER PRIMARY KEY, area TEXT NOT NULL, kind INTEGER NOT NULL,"
    " reference TEXT NOT NULL, UNIQUE (area, kind, reference)) STRICT;"
    "CREATE TABLE statements (number INTEGER PRIMARY KEY, promise TEXT NOT NULL, period TEXT NOT NULL,"
    " version INTEGER NOT NULL, state TEXT NOT NULL, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, key_id BLOB NOT NULL,"
    " document BLOB NOT NULL, signature BLOB NOT NULL, evidence BLOB NOT NULL, UNIQUE (promise, period, version)) STRICT;"
    "CREATE TABLE statement_keys (id BLOB PRIMARY KEY, public BLOB NOT NULL, since_ms INTEGER NOT NULL,"
    " retired_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE promise_versions (promise TEXT NOT NULL, version INTEGER NOT NULL, revision INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL, actor TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (promise, version)) STRICT,"
    " WITHOUT ROWID;"
    "INSERT INTO promise_versions SELECT id, 1, revision, 0, '', body FROM reference WHERE kind = 14 AND removed = 0;"
    "CREATE TABLE flags (row INTEGER PRIMARY KEY, kinds INTEGER NOT NULL) STRICT;"
    "CREATE TABLE crowds (commitment INTEGER NOT NULL, bucket TEXT NOT NULL, count INTEGER NOT NULL,"
    " parts INTEGER NOT NULL, organisations INTEGER NOT NULL, quantity INTEGER NOT NULL, places INTEGER NOT NULL,"
    " places_open INTEGER NOT NULL, first_s INTEGER NOT NULL, period TEXT NOT NULL, person_s INTEGER NOT NULL,"
    " was_unsafe INTEGER NOT NULL, latest_s INTEGER NOT NULL, latest_state INTEGER NOT NULL, stretches BLOB NOT NULL,"
    " PRIMARY KEY (commitment, bucket)) STRICT, WITHOUT ROWID;",

    // 3: bodies under keys, when and why one was erased. What stood there in plain is moved by sqlite_bodies_move().
    "ALTER TABLE reports RENAME TO reports_plain;"
    "CREATE TABLE reports (row INTEGER PRIMARY KEY, outbox INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " verdict INTEGER NOT NULL, organisation INTEGER NOT NULL, area INTEGER NOT NULL, claimed_ms INTEGER NOT NULL,"
    " from_s INTEGER NOT NULL, to_s INTEGER NOT NULL, uncertainty_s INTEGER NOT NULL, received_ms INTEGER NOT NULL,"
    " is_withdrawal INTEGER NOT NULL, target BLOB, formerly_outbox BLOB, formerly_seq INTEGER, leaf BLOB NOT NULL,"
    " salt BLOB, body BLOB) STRICT;"
    "CREATE TABLE body_keys (row INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;"
    "CREATE TABLE keyless (row INTEGER PRIMARY KEY) STRICT;"
    "ALTER TABLE forks RENAME TO forks_plain;"
    "CREATE TABLE forks (id INTEGER PRIMARY KEY, outbox INTEGER NOT NULL, seq INTEGER NOT NULL, leaf BLOB NOT NULL,"
    " body BLOB, formerly_outbox BLOB, formerly_seq INTEGER, received_ms INTEGER NOT NULL,"
    " erased_ms INTEGER NOT NULL DEFAULT 0, UNIQUE (outbox, seq, leaf)) STRICT;"
    "CREATE TABLE fork_keys (id INTEGER PRIMARY KEY, key BLOB NOT NULL) STRICT;"
    "ALTER TABLE store ADD COLUMN keys_apart INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE erasures ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE erasures ADD COLUMN rule TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE rules (kind INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE retention_notes (number INTEGER PRIMARY KEY, run_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL, rule TEXT NOT NULL, controller TEXT NOT NULL, reports INTEGER NOT NULL, forks INTEGER NOT NULL,"
    " first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL) STRICT;",

    // 4: people who log in, what they may do, their sessions.
    "CREATE TABLE people (number INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " created_ms INTEGER NOT NULL, locked INTEGER NOT NULL, password BLOB NOT NULL, second_factor BLOB NOT NULL,"
    " second_factor_step INTEGER NOT NULL, recovery BLOB NOT NULL, failures INTEGER NOT NULL,"
    " blocked_until_ms INTEGER NOT NULL, setup_hash BLOB UNIQUE, setup_expires_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE person_grants (person INTEGER NOT NULL, ordinal INTEGER NOT NULL, role INTEGER NOT NULL,"
    " organisation TEXT NOT NULL, area TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL,"
    " PRIMARY KEY (person, ordinal)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE person_sessions (token_hash BLOB PRIMARY KEY, person INTEGER NOT NULL, began_ms INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX person_sessions_person ON person_sessions (person);",

    // 5: who issued an enrolment code, and a second person's approval.
    "ALTER TABLE codes ADD COLUMN issuer TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE codes ADD COLUMN approval INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE codes ADD COLUMN key_hash BLOB NOT NULL DEFAULT "
    "x'0000000000000000000000000000000000000000000000000000000000000000';"
    "ALTER TABLE codes ADD COLUMN name TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE codes ADD COLUMN asked_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE codes ADD COLUMN approval_ends_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX codes_waiting ON codes (asked_ms) WHERE approval IN (2, 3);",

    // 6: from where a session began.
    "ALTER TABLE person_sessions ADD COLUMN address TEXT NOT NULL DEFAULT '';",

    // 7: by which CA a device's certificate is.
    "ALTER TABLE devices ADD COLUMN issuer BLOB NOT NULL"
    " DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';",

    // 8: of which outbox a device last spoke.
    "ALTER TABLE devices ADD COLUMN last_outbox BLOB NOT NULL DEFAULT x'00000000000000000000000000000000';",

    // 9: the audit log only grows, whatever statement a program may ever come to run.
    "CREATE TRIGGER audit_appends BEFORE INSERT ON audit WHEN NEW.id <= (SELECT max(id) FROM audit)"
    " BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;"
    "CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;"
    "CREATE TRIGGER audit_remains BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;",

    // 10: what program a device has.
    "ALTER TABLE devices ADD COLUMN client TEXT NOT NULL DEFAULT '';",

    // 11: the audit log newest first, all of it, of one person, of one action.
    "CREATE INDEX audit_at ON audit (at_ms);"
    "CREATE INDEX audit_actor ON audit (actor, at_ms);"
    "CREATE INDEX audit_action ON audit (action, at_ms);",

    // 12: whether anybody decided about unsafe places since.
    "CREATE INDEX decisions_kind ON decisions (kind, number);"
    "CREATE INDEX decisions_undone ON decisions (kind) WHERE undone_ms > 0;",

    // 13: the map.
    "CREATE TABLE spots (row INTEGER PRIMARY KEY, area INTEGER NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " organisation INTEGER NOT NULL, place INTEGER NOT NULL, square INTEGER NOT NULL, person_minutes INTEGER NOT NULL,"
    " quantity INTEGER NOT NULL) STRICT;"
    "CREATE TABLE map (area INTEGER NOT NULL, span INTEGER NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " organisation INTEGER NOT NULL, place INTEGER NOT NULL, square INTEGER NOT NULL, reports INTEGER NOT NULL,"
    " person_minutes INTEGER NOT NULL, quantity INTEGER NOT NULL,"
    " PRIMARY KEY (area, span, day, kind, organisation, place, square)) STRICT, WITHOUT ROWID;",

    // 14: the reports behind a row of the map. By day first: what comes in lies together, whatever its place.
    "CREATE INDEX spots_map ON spots (area, day, kind, organisation, place, square);",
};
enum { SCHEMA_VERSION = ARRAY_COUNT(STEPS) + 1 };

enum rond_err sqlite_execute(struct sqlite_store *store, const char *sql) {
    return sqlite_err(store->db, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

enum rond_err sqlite_number(struct sqlite_store *store, const char *sql, int64_t *ret_value) {
    struct query query = query_start(store, sql);
    return query_single(&query, ret_value);
}

// Version of the tables; 0 where there are none. A file that a crash left without a schema counts as none.
static enum rond_err version_read(struct sqlite_store *store, int64_t *ret_version, struct fault *fault) {
    int64_t version = 0, application = 0, tables = 0;
    enum rond_err err = sqlite_number(store, "PRAGMA user_version", &version);
    if (err == ROND_OK)
        err = sqlite_number(store, "PRAGMA application_id", &application);
    if (err == ROND_OK)
        err = sqlite_number(store, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, "", "The store cannot be read: %s.", sqlite3_errmsg(store->db));
    if (tables > 0 && application != APPLICATION_ID)
        return fault_set(fault, ROND_ECORRUPT, 0, "", "The file rond.db is not a store of Rond.");
    if (version > SCHEMA_VERSION || (tables > 0 && version < 1))
        return fault_set(
            fault, ROND_ECONFLICT, 0, "",
            "The store was written by a newer version (schema %lld, this program knows %d) and is left as it is; start that"
            " version again, or restore the backup made before the upgrade.",
            (long long)version, SCHEMA_VERSION);
    *ret_version = tables > 0 ? version : 0;
    return ROND_OK;
}

static enum rond_err steps_take(struct sqlite_store *store, int64_t version) {
    char pragmas[96];
    bool has_plain_bodies = version < 3;
    enum rond_err err = ROND_OK;
    for (; version < SCHEMA_VERSION && err == ROND_OK; version++)
        err = sqlite_execute(store, STEPS[version - 1]);
    if (err == ROND_OK && has_plain_bodies)
        err = sqlite_bodies_move(store);
    snprintf(pragmas, sizeof pragmas, "PRAGMA user_version = %d; PRAGMA application_id = %d;", SCHEMA_VERSION,
             APPLICATION_ID);
    return err == ROND_OK ? sqlite_execute(store, pragmas) : err;
}

static enum rond_err tables_make(struct sqlite_store *store, const struct rng *rng) {
    struct id128 id;
    enum rond_err err = sqlite_execute(store, SCHEMA_1);
    if (err != ROND_OK)
        return err;
    rng_fill(rng, id.b, sizeof id.b);
    struct query query = query_start(store, "INSERT INTO store (id, epoch) VALUES (?, 1)");
    query_blob(&query, id.b, sizeof id.b);
    return query_run(&query);
}

// From version 0 (nothing) or an older one to today's, whole or not at all.
static enum rond_err upgrade(struct sqlite_store *store, int64_t version, const struct rng *rng) {
    enum rond_err err = sqlite_begin(&store->store);
    if (err != ROND_OK)
        return err;
    if (version == 0)
        err = tables_make(store, rng);
    if (err == ROND_OK)
        err = steps_take(store, version == 0 ? 1 : version);
    if (err == ROND_OK)
        return sqlite_commit(&store->store);
    sqlite_rollback(&store->store);
    return err;
}

enum rond_err sqlite_schema_open(struct sqlite_store *store, const char *path, enum store_access access,
                                 const struct rng *rng, struct fault *fault) {
    int64_t version = 0;
    enum rond_err err = version_read(store, &version, fault);
    if (err != ROND_OK)
        return err;
    if (version > 0 && access == STORE_CREATE)
        return fault_set(fault, ROND_ECONFLICT, 0, "", "There is a store at %s already.", path);
    if (version == 0 && access != STORE_CREATE)
        return fault_set(fault, ROND_ENOTFOUND, 0, "", "There is no store at %s; rondctl init makes one.", path);
    if (version < SCHEMA_VERSION && store->read_only)
        return fault_set(fault, ROND_ECONFLICT, 0, "", "The store is of an older version; %s.",
                         access == STORE_BACKUP ? "restore it, and what restores brings it up to date"
                                                : "start rondd once to bring it up to date");
    if (version < SCHEMA_VERSION && (err = upgrade(store, version, rng)) != ROND_OK)
        return fault_set(fault, err, 0, "", "The store cannot be %s: %s.", version == 0 ? "created" : "brought up to date",
                         sqlite3_errmsg(store->db));
    return ROND_OK;
}
