// What SQLite calls, version 2 of its methods: with shared memory (on the heap), without memory mapping.
//
// Locks of files are not kept, since all is one process; locks of the shared memory are, since a store has readers.
#include "fault/power_disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "fault/power_disk_inner.h"

struct handle {
    sqlite3_file base;
    struct power_file *file;
    unsigned life;
    bool syncs_directory;             // with its first sync: SQLite does so for a new journal
    bool maps;                        // shared memory
    unsigned short shared, exclusive; // locks that it holds
};

// Whether anything still gets through to the disk.
static bool is_alive(const struct handle *handle) {
    return handle->life == power_life && power_is_on();
}

// --- A file ---

static void locks_release(struct handle *handle, unsigned which) {
    for (unsigned i = 0; i < POWER_LOCKS; i++) {
        if (which >> i & handle->shared >> i & 1)
            handle->file->shared[i]--;
        if (which >> i & handle->exclusive >> i & 1)
            handle->file->exclusive[i] = false;
    }
    handle->shared &= (unsigned short)~which;
    handle->exclusive &= (unsigned short)~which;
}

static int x_shm_unmap(sqlite3_file *base, int deletes) {
    struct handle *handle = (struct handle *)base;
    (void)deletes;
    if (handle->life != power_life || !handle->maps)
        return SQLITE_OK;
    locks_release(handle, ~0U);
    handle->maps = false;
    if (--handle->file->region_users == 0)
        power_regions_free(handle->file);
    return SQLITE_OK;
}

static int x_close(sqlite3_file *base) {
    return x_shm_unmap(base, 0);
}

static int x_read(sqlite3_file *base, void *to, int size, sqlite3_int64 offset) {
    const struct handle *handle = (const struct handle *)base;
    if (!is_alive(handle))
        return SQLITE_IOERR_READ;
    const struct power_content *content = &handle->file->now;
    size_t from = (size_t)offset, there = from < content->size ? content->size - from : 0;
    if (there > (size_t)size)
        there = (size_t)size;
    if (there > 0)
        memcpy(to, content->data + from, there);
    memset((char *)to + there, 0, (size_t)size - there);
    return there == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

// The write at which the power goes is under way then: it may survive like the others that are pending.
static int x_write(sqlite3_file *base, const void *from, int size, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)base;
    bool is_last = false;
    if (!is_alive(handle) || !power_operation(&is_last))
        return SQLITE_IOERR_WRITE;
    power_file_write(handle->file, from, (size_t)size, (size_t)offset);
    return is_last ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int x_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct handle *handle = (struct handle *)base;
    bool is_last = false;
    if (!is_alive(handle) || !power_operation(&is_last))
        return SQLITE_IOERR_TRUNCATE;
    power_file_truncate(handle->file, (size_t)size);
    return is_last ? SQLITE_IOERR_TRUNCATE : SQLITE_OK;
}

static int x_sync(sqlite3_file *base, int flags) {
    struct handle *handle = (struct handle *)base;
    bool is_last = false;
    (void)flags;
    if (!is_alive(handle) || !power_operation(&is_last) || is_last)
        return SQLITE_IOERR_FSYNC;
    power_file_sync(handle->file);
    if (handle->syncs_directory)
        power_directory_sync();
    handle->syncs_directory = false;
    return SQLITE_OK;
}

static int x_size(sqlite3_file *base, sqlite3_int64 *ret_size) {
    const struct handle *handle = (const struct handle *)base;
    if (!is_alive(handle))
        return SQLITE_IOERR_FSTAT;
    *ret_size = (sqlite3_int64)handle->file->now.size;
    return SQLITE_OK;
}

static int x_lock(sqlite3_file *base, int level) {
    (void)level;
    return is_alive((struct handle *)base) ? SQLITE_OK : SQLITE_IOERR_LOCK;
}

static int x_unlock(sqlite3_file *base, int level) {
    (void)base, (void)level;
    return SQLITE_OK;
}

static int x_check_lock(sqlite3_file *base, int *ret_reserved) {
    *ret_reserved = 0;
    return is_alive((struct handle *)base) ? SQLITE_OK : SQLITE_IOERR_CHECKRESERVEDLOCK;
}

static int x_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int x_sector(sqlite3_file *base) {
    (void)base;
    return (int)power_device.sector_size;
}

static int x_characteristics(sqlite3_file *base) {
    (void)base;
    return power_device.is_overwrite_safe ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

// --- Shared memory ---

static int x_shm_map(sqlite3_file *base, int region, int size, int extends, void volatile **ret_memory) {
    struct handle *handle = (struct handle *)base;
    if (!is_alive(handle))
        return SQLITE_IOERR_SHMMAP;
    CHECK(region < POWER_REGIONS_MAX);
    if (!handle->maps) {
        handle->maps = true;
        handle->file->region_users++;
    }
    void **at = &handle->file->regions[region];
    if (*at == NULL && extends) {
        *at = calloc(1, (size_t)size);
        CHECK(*at != NULL);
    }
    *ret_memory = *at;
    return SQLITE_OK;
}

static bool is_free_for(const struct handle *handle, unsigned lock, bool exclusively) {
    bool is_mine = handle->shared >> lock & 1;
    if (handle->file->exclusive[lock])
        return handle->exclusive >> lock & 1;
    return !exclusively || handle->file->shared[lock] == (is_mine ? 1 : 0);
}

static int x_shm_lock(sqlite3_file *base, int first, int count, int flags) {
    struct handle *handle = (struct handle *)base;
    unsigned which = ((1U << count) - 1) << first;
    bool exclusively = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if (handle->life != power_life)
        return SQLITE_IOERR_SHMLOCK;
    if (flags & SQLITE_SHM_UNLOCK) {
        locks_release(handle, which);
        return SQLITE_OK;
    }
    if (!is_alive(handle))
        return SQLITE_IOERR_SHMLOCK;
    for (int i = first; i < first + count; i++)
        if (!is_free_for(handle, (unsigned)i, exclusively))
            return SQLITE_BUSY;
    for (int i = first; i < first + count; i++) {
        unsigned bit = 1U << i;
        if (exclusively) {
            handle->file->exclusive[i] = true;
            handle->exclusive |= (unsigned short)bit;
        } else if (!(handle->shared & bit)) {
            handle->file->shared[i]++;
            handle->shared |= (unsigned short)bit;
        }
    }
    return SQLITE_OK;
}

static void x_shm_barrier(sqlite3_file *base) {
    (void)base;
    __sync_synchronize();
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_check_lock,
    .xFileControl = x_control,
    .xSectorSize = x_sector,
    .xDeviceCharacteristics = x_characteristics,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

// --- The directory; what is not about files is the real one's ---

static sqlite3_vfs *real_vfs;

static struct power_file *read_in(const char *name) {
    FILE *real = fopen(name, "re");
    if (real == NULL)
        return NULL;
    struct power_file *file = power_file_create(name);
    char part[4096];
    size_t offset = 0;
    for (size_t size; (size = fread(part, 1, sizeof part, real)) > 0; offset += size)
        power_file_write(file, part, size, offset);
    fclose(real);
    power_file_sync(file);
    file->is_named_durably = true;
    return file;
}

static bool is_journal(int flags) {
    return (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
}

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags) {
    struct handle *handle = (struct handle *)base;
    bool is_last = false;
    (void)vfs;
    *handle = (struct handle){0};
    if (!power_is_on())
        return SQLITE_CANTOPEN;
    struct power_file *file = name == NULL ? NULL : power_file_find(name);
    if (file == NULL && name != NULL && !is_journal(flags))
        file = read_in(name);
    if (file == NULL) {
        if (!(flags & SQLITE_OPEN_CREATE) || !power_operation(&is_last))
            return SQLITE_CANTOPEN;
        file = power_file_create(name);
        handle->syncs_directory = is_journal(flags);
        if (is_last)
            return SQLITE_CANTOPEN;
    }
    handle->file = file;
    handle->life = power_life;
    handle->base.pMethods = &methods;
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int syncs_directory) {
    bool is_last = false;
    (void)vfs;
    struct power_file *file = power_file_find(name);
    if (file == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    if (!power_operation(&is_last))
        return SQLITE_IOERR_DELETE;
    file->is_named = false;
    if (is_last)
        return SQLITE_IOERR_DELETE;
    if (syncs_directory && (!power_operation(&is_last) || is_last))
        return SQLITE_IOERR_DIR_FSYNC;
    if (syncs_directory)
        power_directory_sync();
    return SQLITE_OK;
}

// As the "unix" files do, an empty one is not there for those who only ask.
static int x_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there) {
    (void)vfs;
    if (!power_is_on())
        return SQLITE_IOERR_ACCESS;
    const struct power_file *file = power_file_find(name);
    *ret_there = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    return SQLITE_OK;
}

static int x_full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret_name) {
    (void)vfs;
    CHECK(strlen(name) < POWER_NAME_SIZE);
    sqlite3_snprintf(size, ret_name, "%s", name);
    return SQLITE_OK;
}

static int x_randomness(sqlite3_vfs *vfs, int size, char *ret_bytes) { // repeatable
    (void)vfs;
    memset(ret_bytes, 7, (size_t)size);
    return size;
}

static int x_time(sqlite3_vfs *vfs, double *ret_time) {
    return real_vfs->xCurrentTime(vfs, ret_time);
}

void power_disk_register(void) {
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = (sqlite3_vfs){.iVersion = 1,
                        .szOsFile = sizeof(struct handle),
                        .mxPathname = POWER_NAME_SIZE,
                        .zName = "power",
                        .xOpen = x_open,
                        .xDelete = x_delete,
                        .xAccess = x_access,
                        .xFullPathname = x_full_name,
                        .xRandomness = x_randomness,
                        .xSleep = real_vfs->xSleep,
                        .xCurrentTime = x_time};
    CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}
