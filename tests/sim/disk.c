// A file is its bytes and an undo list: what writes since its last sync have taken from the bytes that were synced. What
// lies behind those needs no note. A crash plays the list backwards and cuts the file to its synced size.
#include "sim/disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { FILES_MAX = 64, NAME_SIZE = 64, REGIONS_MAX = 16, TRAPS_MAX = 8 };

struct undo {
    struct undo *next;
    size_t offset, size;
    unsigned char data[];
};
// What connections to a file share in memory, the index of its write-ahead log. One connection at a time has it, and
// frees it: a file that lost power lets go of it, and the connection keeps it until it is closed.
struct shared {
    void *regions[REGIONS_MAX];
};
struct file {
    char name[NAME_SIZE]; // "" where free
    unsigned char *data;  // zeros behind size; kept for the next file in this place
    size_t size, synced_size, capacity;
    struct undo *undo;
    unsigned power;        // counts its crashes
    struct shared *shared; // NULL: none
};
static struct file files[FILES_MAX];

struct trap {
    char prefix[NAME_SIZE]; // "" where none is set
    enum disk_trap kind;
    unsigned after, lasts;
    bool was_met;
};
static struct trap traps[TRAPS_MAX];

struct handle {
    sqlite3_file base;
    struct file *file;
    struct shared *shared;
    unsigned power; // of the file when it was opened; an older handle reaches nothing any more
};

static struct file *find(const char *name) {
    for (int i = 0; i < FILES_MAX; i++)
        if (files[i].name[0] != '\0' && strcmp(files[i].name, name) == 0)
            return &files[i];
    return NULL;
}

static struct file *make(const char *name) {
    for (int i = 0; i < FILES_MAX; i++) {
        if (files[i].name[0] != '\0')
            continue;
        snprintf(files[i].name, NAME_SIZE, "%s", name);
        return &files[i];
    }
    CHECK(!"more files than the disk holds");
    return NULL;
}

static void undo_forget(struct file *file) {
    while (file->undo != NULL) {
        struct undo *next = file->undo->next;
        free(file->undo);
        file->undo = next;
    }
}

static void file_free(struct file *file) {
    undo_forget(file);
    file->shared = NULL;
    if (file->size > 0)
        memset(file->data, 0, file->size);
    file->size = file->synced_size = 0;
    file->name[0] = '\0';
    file->power++;
}

static void reserve(struct file *file, size_t size) {
    if (size <= file->capacity)
        return;
    size_t capacity = file->capacity == 0 ? 16384 : file->capacity;
    while (capacity < size)
        capacity *= 2;
    file->data = realloc(file->data, capacity);
    CHECK(file->data != NULL);
    memset(file->data + file->capacity, 0, capacity - file->capacity);
    file->capacity = capacity;
}

static void undo_note(struct file *file, size_t offset, size_t size) {
    if (offset >= file->synced_size)
        return;
    size_t there = file->synced_size - offset;
    if (there > size)
        there = size;
    struct undo *undo = malloc(sizeof *undo + there);
    CHECK(undo != NULL);
    *undo = (struct undo){.next = file->undo, .offset = offset, .size = there};
    memcpy(undo->data, file->data + offset, there);
    file->undo = undo;
}

// --- File methods ---

static bool is_powered(const struct handle *handle) {
    return handle->file->power == handle->power;
}

// What SQLite is to hear of a write or sync: SQLITE_OK where nothing is wrong with it.
static int trap_meet(const struct file *file, bool syncs) {
    struct trap *trap = traps;
    while (trap < traps + TRAPS_MAX &&
           (trap->prefix[0] == '\0' || strncmp(file->name, trap->prefix, strlen(trap->prefix)) != 0))
        trap++;
    if (trap == traps + TRAPS_MAX || trap->lasts == 0)
        return SQLITE_OK;
    if (trap->after > 1) {
        trap->after--;
        return SQLITE_OK;
    }
    trap->lasts--;
    trap->was_met = true;
    switch (trap->kind) {
    case DISK_FULL: // what was written already can be synced
        return syncs ? SQLITE_OK : SQLITE_FULL;
    case DISK_ERROR:
        return syncs ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    case DISK_POWER:
        disk_crash(trap->prefix);
        break;
    }
    return SQLITE_OK;
}

static int x_close(sqlite3_file *base) {
    (void)base;
    return SQLITE_OK;
}

static int x_read(sqlite3_file *base, void *to, int size, sqlite3_int64 offset) {
    const struct handle *handle = (const struct handle *)base;
    const struct file *file = handle->file;
    if (!is_powered(handle))
        return SQLITE_IOERR_READ;
    size_t from = (size_t)offset;
    size_t there = from < file->size ? file->size - from : 0;
    if (there > (size_t)size)
        there = (size_t)size;
    if (there > 0)
        memcpy(to, file->data + from, there);
    memset((char *)to + there, 0, (size_t)size - there);
    return there == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int x_write(sqlite3_file *base, const void *from, int size, sqlite3_int64 offset) {
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    int error = is_powered(handle) ? trap_meet(file, false) : SQLITE_OK;
    if (error != SQLITE_OK || !is_powered(handle))
        return error;
    size_t end = (size_t)offset + (size_t)size;
    undo_note(file, (size_t)offset, (size_t)size);
    reserve(file, end);
    memcpy(file->data + offset, from, (size_t)size);
    if (end > file->size)
        file->size = end;
    return SQLITE_OK;
}

static int x_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct handle *handle = (struct handle *)base;
    struct file *file = handle->file;
    if (!is_powered(handle) || (size_t)size >= file->size)
        return SQLITE_OK;
    undo_note(file, (size_t)size, file->size - (size_t)size);
    memset(file->data + size, 0, file->size - (size_t)size);
    file->size = (size_t)size;
    return SQLITE_OK;
}

static int x_sync(sqlite3_file *base, int flags) {
    struct handle *handle = (struct handle *)base;
    (void)flags;
    int error = is_powered(handle) ? trap_meet(handle->file, true) : SQLITE_OK;
    if (error != SQLITE_OK || !is_powered(handle))
        return error;
    undo_forget(handle->file);
    handle->file->synced_size = handle->file->size;
    return SQLITE_OK;
}

static int x_size(sqlite3_file *base, sqlite3_int64 *ret_size) {
    *ret_size = (sqlite3_int64)((struct handle *)base)->file->size;
    return SQLITE_OK;
}

static int x_lock(sqlite3_file *base, int level) {
    (void)base, (void)level;
    return SQLITE_OK;
}

static int x_check_lock(sqlite3_file *base, int *ret_reserved) {
    (void)base;
    *ret_reserved = 0;
    return SQLITE_OK;
}

static int x_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int x_sector(sqlite3_file *base) {
    (void)base;
    return 4096;
}

static int x_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; // as SQLite takes every Unix file system to be
}

// One process and one connection at a time to a file: its locks are always free.
static int x_map(sqlite3_file *base, int region, int size, int makes, void volatile **ret_memory) {
    struct handle *handle = (struct handle *)base;
    *ret_memory = NULL;
    CHECK(region < REGIONS_MAX);
    if (handle->shared == NULL && is_powered(handle)) {
        CHECK(handle->file->shared == NULL);
        handle->shared = handle->file->shared = calloc(1, sizeof *handle->shared);
    }
    if (handle->shared == NULL)
        return SQLITE_IOERR_SHMMAP;
    void **memory = &handle->shared->regions[region];
    if (*memory == NULL && makes) {
        *memory = calloc(1, (size_t)size);
        CHECK(*memory != NULL);
    }
    *ret_memory = *memory;
    return SQLITE_OK;
}

static int x_map_lock(sqlite3_file *base, int offset, int count, int flags) {
    (void)base, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void x_barrier(sqlite3_file *base) {
    (void)base;
}

static int x_unmap(sqlite3_file *base, int deletes) {
    struct handle *handle = (struct handle *)base;
    (void)deletes;
    if (handle->shared == NULL)
        return SQLITE_OK;
    if (handle->file->shared == handle->shared)
        handle->file->shared = NULL;
    for (int i = 0; i < REGIONS_MAX; i++)
        free(handle->shared->regions[i]);
    free(handle->shared);
    handle->shared = NULL;
    return SQLITE_OK;
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
    .xUnlock = x_lock,
    .xCheckReservedLock = x_check_lock,
    .xFileControl = x_control,
    .xSectorSize = x_sector,
    .xDeviceCharacteristics = x_characteristics,
    .xShmMap = x_map,
    .xShmLock = x_map_lock,
    .xShmBarrier = x_barrier,
    .xShmUnmap = x_unmap,
};

// --- File system methods; what is not about files is the real one's ---

static sqlite3_vfs *real_vfs;

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *ret_flags) {
    static unsigned temporary;
    struct handle *handle = (struct handle *)base;
    char made[NAME_SIZE];
    (void)vfs;
    if (name == NULL) {
        snprintf(made, sizeof made, "temporary-%u", temporary++);
        name = made;
    }
    struct file *file = find(name);
    if (file == NULL && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    handle->file = file != NULL ? file : make(name);
    handle->power = handle->file->power;
    handle->shared = NULL;
    handle->base.pMethods = &methods;
    if (ret_flags != NULL)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    (void)vfs, (void)sync;
    struct file *file = find(name);
    if (file != NULL)
        file_free(file);
    return SQLITE_OK;
}

static int x_access(sqlite3_vfs *vfs, const char *name, int flags, int *ret_there) {
    (void)vfs, (void)flags;
    *ret_there = find(name) != NULL;
    return SQLITE_OK;
}

static int x_full_name(sqlite3_vfs *vfs, const char *name, int size, char *ret_name) {
    (void)vfs;
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

void disk_register(void) {
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = (sqlite3_vfs){.iVersion = 1,
                        .szOsFile = sizeof(struct handle),
                        .mxPathname = NAME_SIZE,
                        .zName = "sim",
                        .xOpen = x_open,
                        .xDelete = x_delete,
                        .xAccess = x_access,
                        .xFullPathname = x_full_name,
                        .xRandomness = x_randomness,
                        .xSleep = real_vfs->xSleep,
                        .xCurrentTime = x_time};
    CHECK(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
}

// --- What the simulator does to it ---

static bool has_prefix(const struct file *file, const char *prefix) {
    return file->name[0] != '\0' && strncmp(file->name, prefix, strlen(prefix)) == 0;
}

void disk_format(void) {
    memset(traps, 0, sizeof traps);
    for (int i = 0; i < FILES_MAX; i++)
        file_free(&files[i]);
}

void disk_crash(const char *prefix) {
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *file = &files[i];
        if (!has_prefix(file, prefix))
            continue;
        for (struct undo *undo = file->undo; undo != NULL; undo = undo->next)
            memcpy(file->data + undo->offset, undo->data, undo->size);
        if (file->synced_size < file->size)
            memset(file->data + file->synced_size, 0, file->size - file->synced_size);
        file->size = file->synced_size;
        undo_forget(file);
        file->shared = NULL;
        file->power++;
    }
}

bool disk_exists(const char *prefix) {
    for (int i = 0; i < FILES_MAX; i++)
        if (has_prefix(&files[i], prefix))
            return true;
    return false;
}

void disk_remove(const char *prefix) {
    for (int i = 0; i < FILES_MAX; i++)
        if (has_prefix(&files[i], prefix))
            file_free(&files[i]);
}

void disk_copy(const char *from_prefix, const char *to_prefix) {
    disk_remove(to_prefix);
    for (int i = 0; i < FILES_MAX; i++) {
        const struct file *from = &files[i];
        if (!has_prefix(from, from_prefix))
            continue;
        char name[2 * NAME_SIZE];
        snprintf(name, sizeof name, "%s%s", to_prefix, from->name + strlen(from_prefix));
        struct file *to = make(name);
        reserve(to, from->size > from->synced_size ? from->size : from->synced_size);
        if (from->size > 0)
            memcpy(to->data, from->data, from->size);
        if (from->size > from->synced_size)
            memset(to->data + from->synced_size, 0, from->size - from->synced_size);
        for (const struct undo *undo = from->undo; undo != NULL; undo = undo->next)
            memcpy(to->data + undo->offset, undo->data, undo->size);
        to->size = to->synced_size = from->synced_size;
    }
}

static struct trap *trap_find(const char *prefix) {
    for (struct trap *trap = traps; trap < traps + TRAPS_MAX; trap++)
        if (strcmp(trap->prefix, prefix) == 0)
            return trap;
    return NULL;
}

void disk_trap(const char *prefix, enum disk_trap kind, unsigned after, unsigned lasts) {
    struct trap *trap = trap_find(prefix);
    if (trap == NULL)
        trap = trap_find("");
    CHECK(trap != NULL);
    *trap = (struct trap){.kind = kind, .after = after, .lasts = lasts};
    snprintf(trap->prefix, sizeof trap->prefix, "%s", prefix);
}

bool disk_trap_end(const char *prefix) {
    struct trap *trap = trap_find(prefix);
    if (trap == NULL)
        return false;
    trap->prefix[0] = '\0';
    return trap->was_met;
}
