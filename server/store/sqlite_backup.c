// A copy of the whole store while it is in use. Pages are read through the reader's own snapshot, so the writer neither
// waits nor starts the copy over; what it costs is that the write-ahead log cannot be reset until the snapshot is let go.
//
// The copy needs no journal and no syncs of its own: until it is whole nobody looks at it. It is handed to the disk as it
// grows, so that the sync at the end does not hold up the committer's.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/sqlite.h"

enum { STEP_BYTES = 4 * 1024 * 1024 };

static enum rond_err copy_open(const char *path, sqlite3 **ret_copy, struct fault *fault) {
    static const char PRAGMAS[] = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;";
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fault_set(fault, errno == ENOSPC ? ROND_EFULL : ROND_EIO, 0, "", "%s cannot be made: %s.", path,
                         strerror(errno));
    close(descriptor);
    sqlite3 *copy = NULL;
    int result = sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_exec(copy, PRAGMAS, NULL, NULL, NULL);
    if (result == SQLITE_OK) {
        *ret_copy = copy;
        return ROND_OK;
    }
    enum rond_err err = sqlite_err(copy, result);
    sqlite3_close(copy);
    return fault_set(fault, err, 0, "", "%s cannot be opened.", path);
}

static enum rond_err pages_copy(sqlite3_backup *backup, int descriptor, int64_t page_size,
                                const struct store_copying *copying, int *ret_result) {
    for (;;) {
        int result = sqlite3_backup_step(backup, (int)(STEP_BYTES / page_size));
        *ret_result = result;
        if (result != SQLITE_OK && result != SQLITE_DONE)
            return ROND_EIO;
        uint64_t of = (uint64_t)sqlite3_backup_pagecount(backup), left = (uint64_t)sqlite3_backup_remaining(backup);
        (void)sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE); // a hint
        enum rond_err err = copying->copied(copying->context, (of - left) * (uint64_t)page_size, of * (uint64_t)page_size);
        if (err != ROND_OK || result == SQLITE_DONE)
            return err;
    }
}

static enum rond_err copy_fill(struct sqlite_store *store, sqlite3 *copy, int descriptor,
                               const struct store_copying *copying, struct fault *fault) {
    int64_t page_size = 0, pages = 0;
    int result = SQLITE_OK;
    enum rond_err err = sqlite_number(store, "PRAGMA page_size", &page_size);
    if (err == ROND_OK)
        err = sqlite_number(store, "PRAGMA page_count", &pages);
    if (err == ROND_OK) // before anything is written: how much it will be
        err = copying->copied(copying->context, 0, (uint64_t)(pages * page_size));
    sqlite3_backup *backup = err == ROND_OK ? sqlite3_backup_init(copy, "main", store->db, "main") : NULL;
    if (backup == NULL)
        return err != ROND_OK ? err : sqlite_err(copy, sqlite3_errcode(copy));
    err = pages_copy(backup, descriptor, page_size, copying, &result);
    (void)sqlite3_backup_finish(backup); // what went wrong is known from its steps
    if (err == ROND_OK && copying->without_keys && (result == SQLITE_OK || result == SQLITE_DONE))
        err = sqlite_keys_strip(copy);
    if (result == SQLITE_OK || result == SQLITE_DONE)
        return err;
    err = sqlite_err(copy, result);
    return fault_set(fault, err, 0, "", "The store cannot be copied: %s.", sqlite3_errstr(result));
}

enum rond_err sqlite_copy(struct store *base, const char *path, const struct store_copying *copying, struct fault *fault) {
    struct sqlite_store *store = sqlite_of(base);
    sqlite3 *copy = NULL;
    CHECK(!sqlite3_get_autocommit(store->db));
    enum rond_err err = copy_open(path, &copy, fault);
    if (err != ROND_OK)
        return err;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    err = descriptor >= 0 ? copy_fill(store, copy, descriptor, copying, fault) : ROND_EIO;
    if (sqlite3_close(copy) != SQLITE_OK && err == ROND_OK)
        err = ROND_EIO;
    if (err == ROND_OK && fsync(descriptor) != 0)
        err = fault_set(fault, errno == ENOSPC ? ROND_EFULL : ROND_EIO, 0, "", "%s cannot be synced: %s.", path,
                        strerror(errno));
    if (descriptor >= 0)
        close(descriptor);
    return err;
}
