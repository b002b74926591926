// One connection writes and checkpoints, whatever else looks into the store. SQLite before 3.51.3 can reset a write-ahead log
// that another connection is checkpointing; where only one ever writes and takes the checkpoint lock, there is no other. A
// file system between SQLite and the real one notes which thread wrote, cut a file or took a lock, while the committer works
// and readers come, read and go. (The write lock itself is taken by a reader, too, for a moment in which it looks again at a
// header that was just being changed; it writes nothing under it, and takes no checkpoint lock.)
//
// Tests: server/store/sqlite_store.c
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app_committer.h"
#include "store/sqlite.h"
#include "support/lund.h"
#include "support/test.h"

enum { READERS = 3, GROUPS = 150, ARENA_BYTES_MAX = 1024 * 1024, THREADS_MAX = 16, WRITE_LOCK = 0, CHECKPOINT_LOCK = 1 };

// --- Who does what ---

enum deed { DEED_WRITE, DEED_CUT, DEED_WRITE_LOCK, DEED_CHECKPOINT_LOCK, DEEDS };
static const char *const DEED_NAMES[DEEDS] = {"wrote", "cut a file", "took the write lock", "took the checkpoint lock"};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool watching;
static struct {
    pthread_t thread;
    unsigned long deeds[DEEDS];
} seen[THREADS_MAX];
static size_t seen_count;

static void note(enum deed deed) {
    if (!atomic_load(&watching))
        return;
    pthread_mutex_lock(&mutex);
    size_t i = 0;
    while (i < seen_count && !pthread_equal(seen[i].thread, pthread_self()))
        i++;
    assert_true(i < THREADS_MAX);
    if (i == seen_count)
        seen[seen_count++].thread = pthread_self();
    seen[i].deeds[deed]++;
    pthread_mutex_unlock(&mutex);
}

// --- The file system between ---

struct noted_file {
    sqlite3_file base;
    bool is_store; // rond.db or its log, not a temporary file
    sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;

static sqlite3_file *real_of(sqlite3_file *file) {
    return ((struct noted_file *)file)->real;
}
static int file_close(sqlite3_file *file) {
    int code = real_of(file)->pMethods ? real_of(file)->pMethods->xClose(real_of(file)) : SQLITE_OK;
    free(real_of(file));
    return code;
}
static int file_read(sqlite3_file *file, void *to, int size, sqlite3_int64 at) {
    return real_of(file)->pMethods->xRead(real_of(file), to, size, at);
}
static int file_write(sqlite3_file *file, const void *from, int size, sqlite3_int64 at) {
    if (((struct noted_file *)file)->is_store)
        note(DEED_WRITE);
    return real_of(file)->pMethods->xWrite(real_of(file), from, size, at);
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    if (((struct noted_file *)file)->is_store)
        note(DEED_CUT);
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}
static int file_sync(sqlite3_file *file, int flags) {
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}
static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    return real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}
static int file_lock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xLock(real_of(file), level);
}
static int file_unlock(sqlite3_file *file, int level) {
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}
static int file_check(sqlite3_file *file, int *ret_locked) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), ret_locked);
}
static int file_control(sqlite3_file *file, int what, void *argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}
static int file_sector(sqlite3_file *file) {
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}
static int file_device(sqlite3_file *file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}
static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret_memory) {
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, ret_memory);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    bool takes = (flags & SQLITE_SHM_LOCK) && (flags & SQLITE_SHM_EXCLUSIVE);
    if (takes && offset <= WRITE_LOCK && offset + count > WRITE_LOCK)
        note(DEED_WRITE_LOCK);
    if (takes && offset <= CHECKPOINT_LOCK && offset + count > CHECKPOINT_LOCK)
        note(DEED_CHECKPOINT_LOCK);
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) {
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}
static int file_shm_unmap(sqlite3_file *file, int remove) {
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {.iVersion = 2,
                                           .xClose = file_close,
                                           .xRead = file_read,
                                           .xWrite = file_write,
                                           .xTruncate = file_truncate,
                                           .xSync = file_sync,
                                           .xFileSize = file_size,
                                           .xLock = file_lock,
                                           .xUnlock = file_unlock,
                                           .xCheckReservedLock = file_check,
                                           .xFileControl = file_control,
                                           .xSectorSize = file_sector,
                                           .xDeviceCharacteristics = file_device,
                                           .xShmMap = file_shm_map,
                                           .xShmLock = file_shm_lock,
                                           .xShmBarrier = file_shm_barrier,
                                           .xShmUnmap = file_shm_unmap};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags) {
    UNUSED(vfs);
    struct noted_file *noted = (struct noted_file *)file;
    noted->real = calloc(1, (size_t)real_vfs->szOsFile);
    noted->is_store = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0;
    int code = noted->real ? real_vfs->xOpen(real_vfs, name, noted->real, flags, ret_flags) : SQLITE_NOMEM;
    file->pMethods = code == SQLITE_OK ? &methods : NULL;
    if (code != SQLITE_OK)
        free(noted->real);
    return code;
}

static void watch(void) {
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.pNext = NULL;
    vfs.zName = "unix-noted";
    vfs.szOsFile = sizeof(struct noted_file);
    vfs.xOpen = vfs_open;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

// --- A server at work, as far as the store sees it ---

static struct lund lund;
static atomic_bool stop;

static void *look_around(void *context) {
    unsigned long *looks = context;
    while (!atomic_load(&stop)) {
        struct store *reader = NULL;
        struct fault fault = {0};
        struct store_counts counts;
        assert_ok(store_open_sqlite(lund.directory, STORE_READ_ONLY, rng_system(), &reader, &fault));
        for (int i = 0; i < 20 && !atomic_load(&stop); i++) {
            assert_ok(reader->views->counts(reader, &counts));
            assert_true(store_counts_add_up(&counts));
        }
        store_close(reader);
        ++*looks;
    }
    return NULL;
}

static void wake(void *context) {
    UNUSED(context);
}

static enum rond_err write_row(struct submission *submission, struct store *store) {
    UNUSED(submission);
    static char detail[20 * 1000];
    memset(detail, 'x', sizeof detail - 1);
    return store->registry->audit(store, &(struct audit_row){.at_ms = 1, .actor = "test", .action = "row", .detail = detail});
}

static void sleep_ms(long ms) {
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

static void commit_once(struct app_committer *committer) {
    struct catalogue *newer = NULL;
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    submission->command = write_row;
    app_committer_give(committer, submission);
    while (!(submission = app_committer_take(committer, &newer)))
        sleep_ms(1);
    assert_ok(submission->err);
    submission_destroy(submission);
}

static void only_the_committers_thread_writes_and_checkpoints_whoever_reads_meanwhile(void **state) {
    UNUSED(state);
    struct app_committer *committer;
    struct catalogue *catalogue;
    struct store_identity identity;
    struct fault fault = {0};
    pthread_t readers[READERS];
    unsigned long looks[READERS] = {0};
    lund_open(&lund);
    store_close(lund.store);
    lund.store = NULL;
    const struct app_committer_config config = {
        .data_dir = lund.directory, .clock = clock_system(), .rng = rng_system(), .wake = wake};
    assert_ok(app_committer_create(&config, &committer, &catalogue, &identity, &fault));
    // As a server's own reader, which is open as long as it runs: whoever opens a store alone recovers its log first.
    struct store *own = NULL;
    assert_ok(store_open_sqlite(lund.directory, STORE_READ_ONLY, rng_system(), &own, &fault));
    atomic_store(&watching, true);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look_around, &looks[i]), 0);
    for (int i = 0; i < GROUPS; i++)
        commit_once(committer);
    sleep_ms(1500); // a lull, in which the log is folded
    app_committer_destroy(committer); // and cut at the end, while readers still look
    atomic_store(&stop, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
        assert_true(looks[i] > 0);
    }
    atomic_store(&watching, false);
    store_close(own);
    catalogue_unref(catalogue);
    lund_close(&lund);

    unsigned long did[DEEDS] = {0};
    for (size_t i = 0; i < seen_count; i++)
        for (size_t deed = 0; deed < DEEDS; deed++) {
            bool alone = deed != DEED_WRITE_LOCK;
            if (alone && seen[i].deeds[deed] > 0 && did[deed] > 0)
                fail_msg("two threads %s", DEED_NAMES[deed]);
            did[deed] += seen[i].deeds[deed];
        }
    for (size_t deed = 0; deed < DEEDS; deed++)
        if (did[deed] == 0)
            fail_msg("nobody %s: nothing was watched", DEED_NAMES[deed]);
}

static void a_reader_that_tries_to_write_or_to_checkpoint_is_refused(void **state) {
    UNUSED(state);
    struct store *reader = NULL;
    struct fault fault = {0};
    lund_open(&lund);
    assert_ok(store_open_sqlite(lund.directory, STORE_READ_ONLY, rng_system(), &reader, &fault));
    sqlite3 *db = sqlite_of(reader)->db;
    static const char *const tries[] = {
        "UPDATE store SET epoch = epoch + 1", "BEGIN IMMEDIATE", "CREATE TABLE t (a)", "DELETE FROM devices", "VACUUM",
        "PRAGMA user_version = 7", "PRAGMA journal_mode = DELETE",
    };
    for (size_t i = 0; i < ARRAY_COUNT(tries); i++) {
        int code = sqlite3_exec(db, tries[i], NULL, NULL, NULL);
        if (code == SQLITE_OK && strncmp(tries[i], "PRAGMA", 6))
            fail_msg("a reader may: %s", tries[i]);
        if (!sqlite3_get_autocommit(db))
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    }
    int on_close = 0;
    lund_report(&lund, 0, 0, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0)); // something to checkpoint
    for (int mode = SQLITE_CHECKPOINT_PASSIVE; mode <= SQLITE_CHECKPOINT_TRUNCATE; mode++)
        assert_int_not_equal(sqlite3_wal_checkpoint_v2(db, "main", mode, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, -1, &on_close), SQLITE_OK);
    assert_int_equal(on_close, 1);
    store_close(reader);
    lund_close(&lund);
}

int main(void) {
    watch();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_committers_thread_writes_and_checkpoints_whoever_reads_meanwhile),
        cmocka_unit_test(a_reader_that_tries_to_write_or_to_checkpoint_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
