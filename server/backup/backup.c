#include "backup/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backup/last.h"
#include "base/check.h"

enum { OUTBOXES_PAGE = 256, ARENA_BYTES_MAX = 4 * 1024 * 1024 };

// One backup under way.
struct making {
    const struct backup_config *config;
    struct store *store;
    char partial[FILES_PATH_SIZE];
    char partial_store[FILES_PATH_SIZE];
    int lock; // on the partial directory
    struct manifest manifest;
    struct fault *fault;
};

const char *backup_stage_name(enum backup_stage stage) {
    return stage == BACKUP_COPYING ? "copying" : "checking";
}

// --- Where it goes ---

// The directory in which the destination is to lie, with its own links followed.
static enum rond_err parent_of(const char *destination, char (*ret_parent)[PATH_MAX], struct fault *fault) {
    char parent[FILES_PATH_SIZE];
    const char *slash = strrchr(destination, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - destination);
    if (destination[0] != '/' || slash[1] == '\0' || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0 ||
        size >= sizeof parent - 1)
        return fault_set(fault, ROND_EINVALID, 0, "destination", "Name a new directory for the backup, by its whole path.");
    memcpy(parent, size > 0 ? destination : "/", size > 0 ? size : 1);
    parent[size > 0 ? size : 1] = '\0';
    if (realpath(parent, *ret_parent) == NULL)
        return fault_set(fault, errno == ENOENT ? ROND_ENOTFOUND : ROND_EINVALID, 0, "destination",
                         "The backup cannot go into %.120s: %s.", parent, strerror(errno));
    return ROND_OK;
}

// A backup within what it is a backup of goes down with it.
static enum rond_err apart_from(const char *data_dir, const char *parent, struct fault *fault) {
    char data[PATH_MAX];
    if (realpath(data_dir, data) == NULL)
        return fault_set(fault, ROND_EIO, 0, "", "%.160s cannot be found: %s.", data_dir, strerror(errno));
    size_t size = strlen(data);
    if (strncmp(parent, data, size) == 0 && (parent[size] == '/' || parent[size] == '\0'))
        return fault_set(fault, ROND_EINVALID, 0, "destination",
                         "The backup would lie within the data directory itself, and be lost with it.");
    return ROND_OK;
}

static enum rond_err destination_check(const struct backup_config *config, struct fault *fault) {
    char parent[PATH_MAX];
    struct stat status;
    enum rond_err err = parent_of(config->destination, &parent, fault);
    if (err == ROND_OK)
        err = apart_from(config->data_dir, parent, fault);
    if (err == ROND_OK && lstat(config->destination, &status) == 0)
        err = fault_set(fault, ROND_ECONFLICT, 0, "destination", "%.160s is there already; name a new directory.",
                        config->destination);
    return err;
}

// --- The directory beside it ---

// Of a backup that was given up, or that a crash left behind.
static void partial_clear(const struct making *making) {
    static const char *const NAMES[] = {BACKUP_STORE, BACKUP_STORE "-journal", BACKUP_MANIFEST, BACKUP_MANIFEST ".new"};
    char path[FILES_PATH_SIZE];
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
        if (files_path(making->partial, NAMES[i], &path, NULL) == ROND_OK)
            (void)unlink(path);
    for (size_t i = 0; i < BACKUP_FILES_COUNT; i++)
        if (files_path(making->partial, BACKUP_FILES[i].name, &path, NULL) == ROND_OK)
            (void)unlink(path);
}

static enum rond_err partial_open(struct making *making) {
    const char *destination = making->config->destination;
    if (snprintf(making->partial, sizeof making->partial, "%s.partial", destination) >= (int)sizeof making->partial)
        return fault_set(making->fault, ROND_EINVALID, 0, "destination", "The destination's name is too long.");
    enum rond_err err = files_path(making->partial, BACKUP_STORE, &making->partial_store, making->fault);
    if (err != ROND_OK)
        return err;
    if (mkdir(making->partial, 0700) != 0 && errno != EEXIST) {
        int error = errno;
        err = error == ENOSPC                                       ? ROND_EFULL
              : error == EACCES || error == EROFS || error == EPERM ? ROND_EAUTH
              : error == ENOTDIR                                    ? ROND_EINVALID
                                                                    : ROND_EIO;
        return fault_set(making->fault, err, 0, "destination",
                         "%.160s cannot be made by user %u, who writes the backup: %s.", making->partial,
                         (unsigned)geteuid(), strerror(error));
    }
    making->lock = open(making->partial, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (making->lock < 0)
        return fault_set(making->fault, ROND_EIO, 0, "destination", "%.160s cannot be opened: %s.", making->partial,
                         strerror(errno));
    if (flock(making->lock, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? fault_set(making->fault, ROND_ECONFLICT, 0, "destination",
                                                "Another backup is being written to %.160s.", destination)
                                    : fault_set(making->fault, ROND_EIO, 0, "destination", "%.160s cannot be locked: %s.",
                                                making->partial, strerror(errno));
    partial_clear(making);
    return ROND_OK;
}

// The rename is what makes it a backup; it replaces nothing, not even an empty directory.
static enum rond_err partial_publish(const struct making *making) {
    const char *destination = making->config->destination;
    char parent[PATH_MAX];
    enum rond_err err = files_sync_directory(making->partial, making->fault);
    if (err == ROND_OK)
        err = parent_of(destination, &parent, making->fault);
    if (err != ROND_OK)
        return err;
    bool renamed = renameat2(AT_FDCWD, making->partial, AT_FDCWD, destination, RENAME_NOREPLACE) == 0;
    if (!renamed && errno == EINVAL) // a file system that cannot promise it; nothing was there a moment ago
        renamed = rename(making->partial, destination) == 0;
    if (!renamed)
        return fault_set(making->fault,
                         errno == EEXIST   ? ROND_ECONFLICT
                         : errno == ENOSPC ? ROND_EFULL
                                           : ROND_EIO,
                         0, "destination", "The backup cannot be named %.160s: %s.", destination, strerror(errno));
    return files_sync_directory(parent, making->fault);
}

// --- What goes in ---

static enum rond_err watermarks_add(struct making *making) {
    struct store *store = making->store;
    struct outbox_row *outboxes;
    struct arena arena;
    uint64_t cursor = 0;
    size_t count;
    enum rond_err err;
    arena_init(&arena, ARENA_BYTES_MAX);
    do {
        arena_reset(&arena);
        err = store->views->outboxes(store, NULL, cursor, OUTBOXES_PAGE, &arena, &outboxes, &count, &cursor);
        for (size_t i = 0; err == ROND_OK && i < count; i++)
            making->manifest.received += outboxes[i].chain.seq;
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    return err;
}

static enum rond_err state_note(struct making *making) {
    struct store *store = making->store;
    struct manifest *manifest = &making->manifest;
    struct store_counts counts;
    enum rond_err err = store->registry->identity(store, &manifest->store);
    if (err == ROND_OK)
        err = store->views->counts(store, &counts);
    if (err != ROND_OK)
        return err;
    manifest->reports = counts.reports;
    manifest->lost = counts.lost;
    manifest->devices = counts.devices;
    manifest->outboxes = counts.outboxes;
    return watermarks_add(making);
}

// How large it will be is known at once: better not begun than given up at its end.
static enum rond_err store_copied(void *context, uint64_t bytes, uint64_t of) {
    struct making *making = context;
    const struct backup_config *config = making->config;
    struct statvfs room;
    if (fstatvfs(making->lock, &room) == 0 && of > bytes && (uint64_t)room.f_bavail * room.f_frsize < of - bytes)
        return fault_set(making->fault, ROND_EFULL, 0, "destination",
                         "There is no room for the backup: %" PRIu64 " KiB more are needed and %" PRIu64 " are free.",
                         (of - bytes) / 1024, (uint64_t)room.f_bavail * room.f_frsize / 1024);
    return config->went_on == NULL ? ROND_OK : config->went_on(config->context, BACKUP_COPYING, bytes, of);
}

static void manifest_add(struct manifest *manifest, const char *name, const struct file_stamp *stamp) {
    CHECK(manifest->files_count < MANIFEST_FILES_MAX);
    snprintf(manifest->files[manifest->files_count].name, MANIFEST_NAME_SIZE, "%s", name);
    manifest->files[manifest->files_count++].stamp = *stamp;
}

// One state of the store, whatever the writer does meanwhile.
static enum rond_err store_copy(struct making *making) {
    struct store *store = making->store;
    const struct store_copying copying = {.without_keys = true, .copied = store_copied, .context = making};
    if (store->views->copy == NULL || store->views->read_begin == NULL)
        return fault_set(making->fault, ROND_EINVALID, 0, "", "This kind of store is not backed up by rondctl.");
    enum rond_err err = store->views->read_begin(store);
    if (err != ROND_OK)
        return err;
    making->manifest.taken_ms = clock_wall_ms(making->config->clock);
    err = state_note(making);
    if (err == ROND_OK)
        err = store->views->copy(store, making->partial_store, &copying, making->fault);
    store->views->read_end(store);
    return err;
}

// What was written is read back: the file's own integrity, what its tables say of each other, and whose store it is.
static enum rond_err store_check(struct making *making) {
    const struct backup_config *config = making->config;
    struct store *copy = NULL;
    struct store_identity identity;
    struct file_stamp stamp = {0};
    enum rond_err err = ROND_OK;
    if (config->went_on != NULL)
        err = config->went_on(config->context, BACKUP_CHECKING, 0, 1);
    if (err == ROND_OK)
        err = store_open_sqlite(making->partial, STORE_BACKUP, config->rng, &copy, making->fault);
    if (err == ROND_OK)
        err = copy->views->integrity(copy, making->fault);
    if (err == ROND_OK)
        err = copy->registry->identity(copy, &identity);
    store_close(copy);
    if (err == ROND_OK && memcmp(&identity, &making->manifest.store, sizeof identity) != 0)
        err = fault_set(making->fault, ROND_ECORRUPT, 0, "", "The copy is not of this store.");
    if (err == ROND_OK)
        err = files_stamp(making->partial, BACKUP_STORE, FILES_AS_THEY_ARE, &stamp, making->fault);
    if (err == ROND_OK)
        manifest_add(&making->manifest, BACKUP_STORE, &stamp);
    return err;
}

static enum rond_err file_take(struct making *making, const struct backup_file *file) {
    struct file_stamp copied, found;
    enum rond_err err =
        files_copy(making->config->data_dir, FILES_FOLLOWED, making->partial, file->name, &copied, making->fault);
    if (err == ROND_ENOTFOUND && !file->needed) {
        if (making->fault != NULL)
            *making->fault = (struct fault){0};
        return ROND_OK;
    }
    if (err == ROND_OK)
        err = files_stamp(making->partial, file->name, FILES_AS_THEY_ARE, &found, making->fault);
    if (err == ROND_OK && memcmp(&copied, &found, sizeof found) != 0)
        err = fault_set(making->fault, ROND_EIO, 0, "", "%s reads back otherwise than it was written.", file->name);
    if (err == ROND_OK)
        manifest_add(&making->manifest, file->name, &found);
    return err;
}

static enum rond_err fill(struct making *making) {
    int64_t begun_ms = clock_monotonic_ms(making->config->clock);
    enum rond_err err = store_copy(making);
    if (err == ROND_OK)
        err = store_check(making);
    for (size_t i = 0; i < BACKUP_FILES_COUNT && err == ROND_OK; i++)
        err = file_take(making, &BACKUP_FILES[i]);
    making->manifest.took_ms = clock_monotonic_ms(making->config->clock) - begun_ms;
    snprintf(making->manifest.program, sizeof making->manifest.program, "%s", ROND_VERSION);
    return err == ROND_OK ? manifest_write(&making->manifest, making->partial, making->fault) : err;
}

// --- The last one ---

static enum rond_err last_write(const struct backup_config *config, const struct manifest *manifest, struct fault *fault) {
    char store_id[2 * ID_SIZE + 1];
    hex_encode(bytes_of(manifest->store.store_id.b, ID_SIZE), store_id);
    json_t *last =
        json_pack("{s:I,s:s,s:s,s:I,s:I}", "at_ms", (json_int_t)manifest->taken_ms, "path", config->destination, "store_id",
                  store_id, "epoch", (json_int_t)manifest->store.epoch, "reports", (json_int_t)manifest->reports);
    return last_note(config->data_dir, BACKUP_LAST, last, fault);
}

enum rond_err backup_last(const char *data_dir, int64_t *ret_at_ms) {
    return last_read(data_dir, BACKUP_LAST, ret_at_ms);
}

// --- All of it ---

enum rond_err backup_make(struct store *store, const struct backup_config *config, struct manifest *ret_manifest,
                          struct fault *fault) {
    struct making making = {.config = config, .store = store, .lock = -1, .fault = fault};
    enum rond_err err = destination_check(config, fault);
    if (err == ROND_OK)
        err = partial_open(&making);
    bool is_ours = err == ROND_OK;
    if (err == ROND_OK)
        err = fill(&making);
    if (err == ROND_OK)
        err = partial_publish(&making);
    if (err != ROND_OK && is_ours) {
        partial_clear(&making);
        (void)rmdir(making.partial);
    }
    if (making.lock >= 0)
        close(making.lock);
    if (err == ROND_OK)
        err = last_write(config, &making.manifest, fault);
    if (err == ROND_OK)
        *ret_manifest = making.manifest;
    return err;
}
