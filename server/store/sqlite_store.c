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

#include "base/planted.h"
#include "store/sqlite.h"
#include "store/sqlite_log.h"

enum {
    CACHE_KIB = 64 * 1024,
    WAL_BYTES_MAX = 64 * 1024 * 1024,
    BUSY_MS = 5000,
    PATH_SIZE = 4096,
};

static int wal_written(void *context, sqlite3 *db, const char *name, int pages) {
    struct sqlite_store *store = context;
    store->wal_pages = pages;
    store->wal_pages_pending = pages;
    return SQLITE_OK;
}

// SQLite counts its allocations under one lock for all connections, and allocates cursors for each run of a statement: the
// committer and the readers would wait for each other there. Nothing asks for the counts. Once, before SQLite's first use,
// of which asking for a VFS is one; later it is refused, which costs time and nothing else.
static void allocations_uncount(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

// False where SQLite's files are not the system's: on the simulator's disk.
static bool has_system_files(void) {
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    return vfs != NULL && strncmp(vfs->zName, "unix", 4) == 0;
}

// A log that a crash left goes into the file before anything is added to it: its last commit may end in the middle of a
// sector, and where a device damages the sector that it was writing when its power went, that commit would go with the
// next one. Where this fails (a full disk, a reader that is looking on) the log is as good as it was.
static void log_fold(struct sqlite_store *store) {
    sqlite3_busy_timeout(store->db, 0);
    (void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_wal_hook(store->db, wal_written, store);
}

// After a failure nothing is copied out of the log before it is checked.
static void log_leave(struct sqlite_store *store) {
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

static bool log_is_left(struct sqlite_store *store) {
    int is_left = 0;
    return sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &is_left) == SQLITE_OK && is_left;
}

// What failed is behind the log's end and goes with it, lest whoever recovers the log next takes it for committed.
static bool log_may_fold(struct sqlite_store *store) {
    if (!log_is_left(store))
        return true;
    if (sqlite_log_check(store, has_system_files()) != ROND_OK)
        return false;
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return true;
}

static enum rond_err connection_set_up(struct sqlite_store *store) {
    char pragmas[320];
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA cache_size = -%d; PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;"
             "PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; %s",
             CACHE_KIB, store->read_only ? "PRAGMA query_only = ON;" : "PRAGMA journal_mode = WAL; PRAGMA schema_version;");
    sqlite3_busy_timeout(store->db, BUSY_MS);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (store->read_only)
        log_leave(store);
    enum rond_err err = sqlite_execute(store, pragmas);
    if (PLANTED(STORE_NOT_SYNCED) && err == ROND_OK)
        err = sqlite_execute(store, "PRAGMA synchronous = NORMAL");
    if (store->read_only || err != ROND_OK)
        return err;
    if ((err = sqlite_log_check(store, has_system_files())) == ROND_OK)
        log_fold(store);
    else
        log_leave(store);
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

// Nobody but the owner may read it; SQLite gives its other files the same mode. A file that is there is not opened here:
// closing it would let go of the locks that this process's other connections hold on it (POSIX), and whoever else closes
// the file then takes itself for the last and removes the write-ahead log under them.
static enum rond_err file_prepare(const char *path, enum store_access access, struct fault *fault) {
    struct stat file;
    if (!has_system_files() || stat(path, &file) == 0)
        return ROND_OK;
    int descriptor = -1;
    if (errno == ENOENT && access == STORE_CREATE)
        descriptor = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0600);
    else if (errno == ENOENT)
        return fault_set(fault, ROND_ENOTFOUND, 0, "", "There is no store at %s; rondctl init makes one.", path);
    if (descriptor < 0)
        return fault_set(fault, errno == ENOSPC ? ROND_EFULL : ROND_EIO, 0, "", "%s cannot be opened: %s.", path,
                         strerror(errno));
    close(descriptor);
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
    if (err != ROND_OK) {
        log_leave(store);
        sqlite_rollback(base);
    }
    store->in_transaction = false;
    return err;
}

void sqlite_rollback(struct store *base) {
    struct sqlite_store *store = sqlite_of(base);
    memset(store->texts, 0, sizeof store->texts);
    memset(store->owners, 0, sizeof store->owners);
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
        enum rond_err err = sqlite_number(store, "PRAGMA page_size", &page_size);
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
    if (store->db != NULL && !store->read_only && log_may_fold(store))
        sqlite3_wal_checkpoint_v2(store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    CHECK(sqlite3_close(store->db) == SQLITE_OK);
    body_sealer_destroy(store->sealer);
    buffer_deinit(&store->sealed);
    free(store);
}

// As a URI: nothing else can say that the file does not change.
static enum rond_err backup_open(struct sqlite_store *store, const char *path) {
    struct buffer uri;
    buffer_init(&uri, 4 * PATH_SIZE);
    enum rond_err err = buffer_append(&uri, bytes_of_text("file:"));
    for (const char *at = path; *at != '\0' && err == ROND_OK; at++)
        err =
            strchr("?#%", *at) != NULL ? buffer_printf(&uri, "%%%02x", (unsigned)*at) : buffer_append(&uri, bytes_of(at, 1));
    if (err == ROND_OK)
        err = buffer_append(&uri, bytes_of_text("?immutable=1"));
    if (err == ROND_OK)
        err = sqlite_err(NULL, sqlite3_open_v2(buffer_text(&uri), &store->db,
                                               SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL));
    buffer_deinit(&uri);
    return err;
}

// SQLite opens what cannot be written for reading, without a word.
static enum rond_err connection_open(struct sqlite_store *store, const char *path, enum store_access access,
                                     struct fault *fault) {
    int flags = (store->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    if (!has_system_files() && access == STORE_CREATE)
        flags |= SQLITE_OPEN_CREATE;
    enum rond_err err =
        access == STORE_BACKUP ? backup_open(store, path) : sqlite_err(NULL, sqlite3_open_v2(path, &store->db, flags, NULL));
    if (err == ROND_OK && !store->read_only && sqlite3_db_readonly(store->db, "main") == 1)
        return fault_set(fault, ROND_EIO, 0, "", "%s can only be read; is the disk mounted read-only?", path);
    if (err == ROND_OK)
        err = connection_set_up(store);
    if (err == ROND_ECORRUPT && sqlite3_errcode(store->db) == SQLITE_OK)
        return fault_set(fault, err, 0, "", "The log of %s lacks what was committed to it.", path);
    if (err == ROND_EIO && sqlite3_errcode(store->db) == SQLITE_OK)
        return fault_set(fault, err, 0, "", "%s cannot have a log: its directory or its disk does not let it.", path);
    return err == ROND_OK ? ROND_OK
                          : fault_set(fault, err, 0, "", "%s cannot be opened: %s.", path, sqlite3_errmsg(store->db));
}

enum rond_err store_open_sqlite(const char *directory, enum store_access access, const struct rng *rng,
                                struct store **ret_store, struct fault *fault) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char path[PATH_SIZE];
    pthread_once(&once, allocations_uncount);
    if (snprintf(path, sizeof path, "%s/rond.db", directory) >= (int)sizeof path)
        return fault_set(fault, ROND_EINVALID, 0, "", "The directory's name is too long.");
    enum rond_err err = file_prepare(path, access, fault);
    if (err != ROND_OK)
        return err;
    struct sqlite_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return fault_set(fault, ROND_ENOMEM, 0, "", "There is no memory to open the store.");
    store->store = (struct store){&sqlite_ledger, &sqlite_registry, &sqlite_views, sqlite_close};
    store->read_only = access == STORE_READ_ONLY || access == STORE_BACKUP;
    store->wal_truncate_pages = WAL_BYTES_MAX / 4096;
    buffer_init(&store->sealed, SIZE_MAX);
    if ((err = body_sealer_create(rng, &store->sealer)) != ROND_OK)
        (void)fault_set(fault, err, 0, "", "There is no memory to open the store.");
    if (err == ROND_OK && (err = connection_open(store, path, access, fault)) == ROND_OK)
        err = sqlite_schema_open(store, path, access, rng, fault);
    if (err != ROND_OK) {
        sqlite_close(&store->store);
        return err;
    }
    if (access == STORE_CREATE)
        directory_sync(directory);
    *ret_store = &store->store;
    return ROND_OK;
}
