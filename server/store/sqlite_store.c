// The SQLite backend: one file in write-ahead mode.
//
// Who writes: the one connection opened read-write, which alone checkpoints as well (at most one connection may do
// either, SQLite before 3.51.3 can otherwise reset a log that is being written). Readers are opened read-only, never
// checkpoint and never block the writer, nor does it block them.
//
// Reports are a log: rowid order is order of arrival, and nothing else is indexed by report, so that storing one costs
// the same with a thousand rows as with ten million. (outbox, seq) leads through `batches`, one entry for each signed
// batch: row = first_row + (seq - first_seq). docs/decisions/0003-storage.md has the measurements.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite.h"

enum {
    SCHEMA_VERSION = 1,
    APPLICATION_ID = 0x526f6e64, // "Rond"
    CACHE_KIB = 64 * 1024,
    WAL_BYTES_MAX = 64 * 1024 * 1024,
    BUSY_MS = 5000,
    PATH_SIZE = 4096,
};

// Numbers, seqs and rows are integers; ids, hashes and bodies are blobs.
static const char SCHEMA[] =
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

static enum rond_err execute(struct sqlite_store *store, const char *sql) {
    return sqlite_err(store->db, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

static enum rond_err pragma_read(struct sqlite_store *store, const char *sql, int64_t *ret_value) {
    struct query query = query_start(store, sql);
    return query_single(&query, ret_value);
}

static int wal_written(void *context, sqlite3 *db, const char *name, int pages) {
    struct sqlite_store *store = context;
    store->wal_pages = pages;
    store->wal_pages_pending = pages;
    return SQLITE_OK;
}

// SQLite counts its allocations under one lock for all connections, and allocates cursors for each run of a statement: the
// committer and the readers would wait for each other there. Nothing asks for the counts. Once, before SQLite's first use;
// later it is refused, which does no harm.
static void allocations_uncount(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum rond_err connection_set_up(struct sqlite_store *store) {
    char pragmas[320];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA cache_size = -%d; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
             "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; %s",
             CACHE_KIB, store->read_only ? "PRAGMA query_only = ON;" : "PRAGMA journal_mode = WAL;");
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (store->read_only)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    enum rond_err err = execute(store, pragmas);
    if (!store->read_only)
        sqlite3_wal_hook(store->db, wal_written, store);
    return err;
}

// A file that a crash left without a schema counts as none.
static enum rond_err schema_present(struct sqlite_store *store, bool *ret_present, struct fault *fault) {
    int64_t version = 0, application = 0, tables = 0;
    enum rond_err err = pragma_read(store, "PRAGMA user_version", &version);
    if (err == ROND_OK)
        err = pragma_read(store, "PRAGMA application_id", &application);
    if (err == ROND_OK)
        err = pragma_read(store, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, "", "The store cannot be read: %s.", sqlite3_errmsg(store->db));
    if (tables > 0 && application != APPLICATION_ID)
        return fault_set(fault, ROND_ECORRUPT, 0, "", "The file rond.db is not a store of Rond.");
    if (tables > 0 && version != SCHEMA_VERSION)
        return fault_set(fault, ROND_ECONFLICT, 0, "",
                         "The store has schema version %lld and this program knows %d; use the matching release.",
                         (long long)version, SCHEMA_VERSION);
    *ret_present = tables > 0;
    return ROND_OK;
}

static enum rond_err schema_create(struct sqlite_store *store, const struct rng *rng) {
    char pragmas[96];
    snprintf(pragmas, sizeof pragmas, "PRAGMA user_version = %d; PRAGMA application_id = %d;", SCHEMA_VERSION,
             APPLICATION_ID);
    enum rond_err err = sqlite_begin(&store->store);
    if (err != ROND_OK)
        return err;
    if ((err = execute(store, SCHEMA)) == ROND_OK)
        err = execute(store, pragmas);
    if (err == ROND_OK) {
        struct id128 id;
        rng_fill(rng, id.b, sizeof id.b);
        struct query query = query_start(store, "INSERT INTO store (id, epoch) VALUES (?, 1)");
        query_blob(&query, id.b, sizeof id.b);
        err = query_run(&query);
    }
    if (err == ROND_OK)
        return sqlite_commit(&store->store);
    sqlite_rollback(&store->store);
    return err;
}

// The file's own name must survive a power cut as well as its content.
static void directory_sync(const char *directory) {
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

// Nobody but the owner may read it; SQLite gives its other files the same mode.
static enum rond_err file_prepare(const char *path, enum store_access access, struct fault *fault) {
    int flags = access == STORE_READ_ONLY ? O_RDONLY : O_RDWR;
    int descriptor = open(path, flags | O_CLOEXEC | (access == STORE_CREATE ? O_CREAT : 0), 0600);
    if (descriptor < 0 && errno == ENOENT && access != STORE_CREATE)
        return fault_set(fault, ROND_ENOTFOUND, 0, "", "There is no store at %s; rondctl init makes one.", path);
    if (descriptor < 0)
        return fault_set(fault, errno == ENOSPC ? ROND_EFULL : ROND_EIO, 0, "", "%s cannot be opened: %s.", path,
                         strerror(errno));
    close(descriptor);
    return ROND_OK;
}

static enum rond_err schema_open(struct sqlite_store *store, const char *path, enum store_access access,
                                 const struct rng *rng, struct fault *fault) {
    bool present = false;
    enum rond_err err = schema_present(store, &present, fault);
    if (err != ROND_OK)
        return err;
    if (present && access == STORE_CREATE)
        return fault_set(fault, ROND_ECONFLICT, 0, "", "There is a store at %s already.", path);
    if (!present && access != STORE_CREATE)
        return fault_set(fault, ROND_ENOTFOUND, 0, "", "There is no store at %s; rondctl init makes one.", path);
    if (!present && (err = schema_create(store, rng)) != ROND_OK)
        return fault_set(fault, err, 0, "", "The store cannot be created: %s.", sqlite3_errmsg(store->db));
    return ROND_OK;
}

enum rond_err sqlite_begin(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(!store->in_transaction && !store->read_only);
    struct query query = query_start(store, "BEGIN IMMEDIATE");
    enum rond_err err = query_run(&query);
    store->in_transaction = err == ROND_OK;
    return err;
}

enum rond_err sqlite_commit(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(store->in_transaction);
    if (sqlite3_get_autocommit(store->db)) { // SQLite itself rolled back after a failure that was passed over
        sqlite_rollback(base);
        return ROND_EIO;
    }
    struct query query = query_start(store, "COMMIT");
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        sqlite_rollback(base);
    store->in_transaction = false;
    return err;
}

void sqlite_rollback(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    memset(store->texts, 0, sizeof store->texts);
    if (!sqlite3_get_autocommit(store->db)) {
        struct query query = query_start(store, "ROLLBACK");
        // Nothing to be done where it fails: the next begin answers so.
        enum rond_err err = query_run(&query);
        UNUSED(err);
    }
    store->in_transaction = false;
}

// A reader in the middle of a long read holds the log back; the writer does not wait for it, but tries again once the
// log has grown by a quarter.
static enum rond_err wal_truncate(struct sqlite_store *store, int64_t pages_max) {
    sqlite3_busy_timeout(store->db, 0);
    int result = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    if ((result & 0xff) == SQLITE_BUSY) {
        store->wal_truncate_pages = store->wal_pages + pages_max / 4;
        return ROND_OK;
    }
    if (result != SQLITE_OK)
        return sqlite_err(store->db, result);
    store->wal_pages = 0;
    store->wal_pages_pending = 0;
    store->wal_truncate_pages = pages_max;
    return ROND_OK;
}

enum rond_err sqlite_checkpoint(struct store *base, bool in_lull) {
    struct sqlite_store *store = sqlite_of(base);
    CHECK(!store->in_transaction && !store->read_only);
    if (store->wal_pages_pending == 0)
        return ROND_OK;
    if (store->wal_pages > store->wal_truncate_pages) {
        int64_t page_size = 0;
        enum rond_err err = pragma_read(store, "PRAGMA page_size", &page_size);
        return err != ROND_OK ? err : wal_truncate(store, WAL_BYTES_MAX / page_size);
    }
    if (!in_lull)
        return ROND_OK;
    store->wal_pages_pending = 0;
    int result = sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return (result & 0xff) == SQLITE_BUSY ? ROND_OK : sqlite_err(store->db, result);
}

static void sqlite_close(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    if (store->in_transaction)
        sqlite_rollback(base);
    for (size_t i = 0; i < SQLITE_STATEMENTS_MAX; i++)
        sqlite3_finalize(store->statements[i].prepared);
    if (store->db != NULL && !store->read_only)
        sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    CHECK(sqlite3_close(store->db) == SQLITE_OK);
    free(store);
}

enum rond_err store_open_sqlite(const char *directory, enum store_access access, const struct rng *rng,
                                struct store **ret_store, struct fault *fault) {
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/rond.db", directory) >= (int)sizeof path)
        return fault_set(fault, ROND_EINVALID, 0, "", "The directory's name is too long.");
    enum rond_err err = file_prepare(path, access, fault);
    if (err != ROND_OK)
        return err;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, allocations_uncount);
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return fault_set(fault, ROND_ENOMEM, 0, "", "There is no memory to open the store.");
    store->store = (struct store){&sqlite_ledger, &sqlite_registry, &sqlite_views, sqlite_close};
    store->read_only = access == STORE_READ_ONLY;
    store->wal_truncate_pages = WAL_BYTES_MAX / 4096;
    int flags = (store->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    err = sqlite_err(NULL, sqlite3_open_v2(path, &store->db, flags, NULL));
    if (err == ROND_OK)
        err = connection_set_up(store);
    if (err != ROND_OK)
        fault_set(fault, err, 0, "", "%s cannot be opened: %s.", path, sqlite3_errmsg(store->db));
    else
        err = schema_open(store, path, access, rng, fault);
    if (err != ROND_OK) {
        sqlite_close(&store->store);
        return err;
    }
    if (access == STORE_CREATE)
        directory_sync(directory);
    *ret_store = &store->store;
    return ROND_OK;
}
