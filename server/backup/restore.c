// In order:
//
//   1  the backup's manifest is held against its files
//   2  all of it is copied to DATA/restoring/, and opened there: brought up to date, checked, given its epoch and audit row
//   3  what is in DATA is linked into DATA/ASIDE/ (both names stand), then taken out of DATA, rond.db first
//   4  keys are moved from restoring/ to DATA, then rond.db
//
// Up to the middle of 3 the old store is untouched; from there until the end of 4 there is none.
#include "backup/restore.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/keys.h"
#include "base/check.h"

#define RESTORING "restoring"

// All that belongs to a data directory, rond.db first: with it the store goes.
static const char *const OWNED[] = {BACKUP_STORE, "rond.db-wal",   "rond.db-shm", "ca.key",
                                    "ca.crt",     "statement.key", "receipt.key", "receipt.crt",
                                    "server.crt", "server.key",    "tickets.key", "backup.json",
                                    "keys.json"};

struct restoring {
    const struct restore_config *config;
    char directory[FILES_PATH_SIZE]; // DATA/restoring
    char aside[FILES_PATH_SIZE];
    struct restored restored;
    struct fault *fault;
};

static enum rond_err failed(struct fault *fault, const char *path, const char *what) {
    return fault_set(fault, errno == ENOSPC ? ROND_EFULL : ROND_EIO, 0, "", "%.160s cannot be %s: %s.", path, what,
                     strerror(errno));
}

static enum rond_err unlink_in(const char *directory, const char *name, struct fault *fault) {
    char path[FILES_PATH_SIZE];
    enum rond_err err = files_path(directory, name, &path, fault);
    if (err != ROND_OK)
        return err;
    return unlink(path) == 0 || errno == ENOENT ? ROND_OK : failed(fault, path, "taken away");
}

// What is left is in nobody's way.
static void folder_clear(const char *directory) {
    for (size_t i = 0; i < ARRAY_COUNT(OWNED); i++)
        if (unlink_in(directory, OWNED[i], NULL) != ROND_OK)
            continue;
    (void)rmdir(directory);
}

// --- What is there ---

static const struct file_stamp *stamp_of(const struct manifest *manifest, const char *name) {
    for (size_t i = 0; i < manifest->files_count; i++)
        if (strcmp(manifest->files[i].name, name) == 0)
            return &manifest->files[i].stamp;
    return NULL;
}

// The backup's own keys may be there already, from a restore that a crash cut short.
static enum rond_err same_check(const struct restoring *restoring, const char *name) {
    const char *data_dir = restoring->config->data_dir;
    const struct file_stamp *said = stamp_of(&restoring->restored.manifest, name);
    struct file_stamp found;
    if (!files_is_there(data_dir, name))
        return ROND_OK;
    enum rond_err err = said == NULL ? ROND_OK : files_stamp(data_dir, name, FILES_FOLLOWED, &found, restoring->fault);
    if (err != ROND_OK)
        return err;
    if (said != NULL && hash256_equal(&found.sha256, &said->sha256))
        return ROND_OK;
    return fault_set(restoring->fault, ROND_ECONFLICT, 0, "",
                     "Another %s is in %.120s already; --replace moves it aside and keeps it there.", name, data_dir);
}

static enum rond_err data_check(const struct restoring *restoring) {
    const struct restore_config *config = restoring->config;
    if (config->aside != NULL)
        return ROND_OK;
    if (files_is_there(config->data_dir, BACKUP_STORE))
        return fault_set(restoring->fault, ROND_ECONFLICT, 0, "",
                         "There is a store in %.120s already; --replace moves it aside and keeps it there.",
                         config->data_dir);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < BACKUP_FILES_COUNT && err == ROND_OK; i++)
        err = same_check(restoring, BACKUP_FILES[i].name);
    return err;
}

// --- Beside it ---

static enum rond_err staging_fill(const struct restoring *restoring) {
    const struct manifest *manifest = &restoring->restored.manifest;
    folder_clear(restoring->directory);
    if (mkdir(restoring->directory, 0700) != 0)
        return failed(restoring->fault, restoring->directory, "made");
    for (size_t i = 0; i < manifest->files_count; i++) {
        struct file_stamp copied;
        const char *name = manifest->files[i].name;
        enum rond_err err =
            files_copy(restoring->config->backup, FILES_AS_THEY_ARE, restoring->directory, name, &copied, restoring->fault);
        if (err != ROND_OK)
            return err;
        if (!hash256_equal(&copied.sha256, &manifest->files[i].stamp.sha256))
            return fault_set(restoring->fault, ROND_ECORRUPT, 0, "", "%s changed while it was copied.", name);
    }
    return ROND_OK;
}

// Never one that was used before, even where the same backup is restored twice: hence the time, if the clock says anything.
static uint64_t next_epoch(const struct store_identity *identity, int64_t now_ms) {
    uint64_t next = identity->epoch + 1;
    return now_ms > 0 && (uint64_t)now_ms > next ? (uint64_t)now_ms : next;
}

static enum rond_err epoch_begin(const struct restoring *restoring, struct store *store,
                                 struct store_identity *ret_identity) {
    const struct restore_config *config = restoring->config;
    struct store_identity identity;
    char detail[160];
    enum rond_err err = store->registry->identity(store, &identity);
    if (err != ROND_OK)
        return err;
    uint64_t before = identity.epoch, sessions = 0;
    identity.epoch = next_epoch(&identity, config->now_ms);
    snprintf(detail, sizeof detail, "taken_ms=%" PRId64 " epoch=%" PRIu64 " was=%" PRIu64,
             restoring->restored.manifest.taken_ms, identity.epoch, before);
    const struct audit_row row = {.at_ms = config->now_ms, .actor = config->actor, .action = "restore", .detail = detail};
    err = store->ledger->begin(store);
    if (err != ROND_OK)
        return err;
    err = store->registry->epoch_put(store, identity.epoch);
    if (err == ROND_OK) // whoever was logged out since the backup was taken stays so
        err = store->registry->sessions_end(store, NULL, INT64_MAX, INT64_MAX, &sessions);
    if (err == ROND_OK)
        err = store->registry->audit(store, &row);
    if (err == ROND_OK)
        err = store->ledger->commit(store);
    else
        store->ledger->rollback(store);
    if (err == ROND_OK)
        *ret_identity = identity;
    return err;
}

static enum rond_err keys_check(const struct restoring *restoring) {
    const struct restore_config *config = restoring->config;
    struct backup_keys file;
    if (config->keys == NULL)
        return ROND_OK;
    enum rond_err err = backup_keys_check(config->keys, &file, restoring->fault);
    if (err == ROND_OK && !id128_equal(&file.store.store_id, &restoring->restored.manifest.store.store_id))
        err = fault_set(restoring->fault, ROND_EINVALID, 0, "keys", "%.160s holds the keys of another store.", config->keys);
    return err;
}

// A backup of a version before 0.3 has its bodies in plain, and opening it has sealed them; what was erased since is in a
// key file all the same.
static enum rond_err keys_give(struct restoring *restoring, struct store *store) {
    const struct restore_config *config = restoring->config;
    bool apart = false;
    enum rond_err err = store->views->keys_apart(store, &apart);
    if (err != ROND_OK || (!apart && config->keys == NULL))
        return err;
    if (config->keys == NULL && !config->without_texts)
        return fault_set(
            restoring->fault, ROND_EINVALID, 0, "keys",
            "The backup leaves out the keys of the reports' bodies. Name the file of 'rondctl backup --keys' with"
            " --keys FILE, or restore without them: --without-texts.");
    const struct backup_keys_taker taker = {.erased = config->erased, .context = config->context};
    return backup_keys_apply(store, config->keys, &taker, &restoring->restored.keyless, restoring->fault);
}

// Opening brings an older version up to date; closing leaves one file, synced.
static enum rond_err staging_open(struct restoring *restoring) {
    const struct store_identity *said = &restoring->restored.manifest.store;
    struct store *store = NULL;
    struct store_identity identity;
    enum rond_err err =
        store_open_sqlite(restoring->directory, STORE_READ_WRITE, restoring->config->rng, &store, restoring->fault);
    if (err != ROND_OK)
        return err;
    err = store->registry->identity(store, &identity);
    if (err == ROND_OK && (!id128_equal(&identity.store_id, &said->store_id) || identity.epoch != said->epoch))
        err =
            fault_set(restoring->fault, ROND_ECORRUPT, 0, "", "The backup's store is not the one that its manifest names.");
    if (err == ROND_OK)
        err = store->views->integrity(store, restoring->fault);
    if (err == ROND_OK)
        err = keys_give(restoring, store);
    if (err == ROND_OK)
        err = epoch_begin(restoring, store, &restoring->restored.identity);
    if (err == ROND_OK)
        err = store->ledger->checkpoint(store, true);
    store_close(store);
    if (err == ROND_OK && files_is_there(restoring->directory, "rond.db-wal"))
        err = fault_set(restoring->fault, ROND_EIO, 0, "", "The restored store could not be brought into one file.");
    if (err == ROND_OK)
        err = files_sync_directory(restoring->directory, restoring->fault);
    return err;
}

// --- In its place ---

static enum rond_err link_aside(struct restoring *restoring, const char *name, bool *inout_any) {
    char from[FILES_PATH_SIZE], to[FILES_PATH_SIZE];
    enum rond_err err = files_path(restoring->config->data_dir, name, &from, restoring->fault);
    if (err == ROND_OK)
        err = files_path(restoring->aside, name, &to, restoring->fault);
    if (err != ROND_OK || !files_is_there(restoring->config->data_dir, name))
        return err;
    if (!*inout_any && mkdir(restoring->aside, 0700) != 0)
        return failed(restoring->fault, restoring->aside, "made");
    *inout_any = true;
    return link(from, to) == 0 ? ROND_OK : failed(restoring->fault, to, "made");
}

// Both names stand, or the old ones alone.
static enum rond_err links_make(struct restoring *restoring, bool *ret_any) {
    bool any = false;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < ARRAY_COUNT(OWNED) && err == ROND_OK; i++)
        err = link_aside(restoring, OWNED[i], &any);
    if (err == ROND_OK && any)
        err = files_sync_directory(restoring->aside, restoring->fault);
    if (err == ROND_OK)
        err = files_sync_directory(restoring->config->data_dir, restoring->fault);
    if (err != ROND_OK && any)
        folder_clear(restoring->aside);
    *ret_any = any;
    return err;
}

static enum rond_err take_out(struct restoring *restoring) {
    const char *data_dir = restoring->config->data_dir;
    enum rond_err err = unlink_in(data_dir, BACKUP_STORE, restoring->fault);
    if (err != ROND_OK && restoring->restored.replaced)
        folder_clear(restoring->aside);
    if (err != ROND_OK)
        return err;
    err = files_sync_directory(data_dir, restoring->fault); // from here on there is no store
    for (size_t i = 0; i < ARRAY_COUNT(OWNED) && err == ROND_OK; i++)
        err = unlink_in(data_dir, OWNED[i], restoring->fault); // a log as well: it must not meet the new store
    return err == ROND_OK ? files_sync_directory(data_dir, restoring->fault) : err;
}

static enum rond_err move_in(const struct restoring *restoring, const char *name) {
    char from[FILES_PATH_SIZE], to[FILES_PATH_SIZE];
    enum rond_err err = files_path(restoring->directory, name, &from, restoring->fault);
    if (err == ROND_OK)
        err = files_path(restoring->config->data_dir, name, &to, restoring->fault);
    if (err != ROND_OK || !files_is_there(restoring->directory, name))
        return err;
    return rename(from, to) == 0 ? ROND_OK : failed(restoring->fault, to, "put in place");
}

static enum rond_err put_in_place(struct restoring *restoring) {
    const char *data_dir = restoring->config->data_dir;
    enum rond_err err = take_out(restoring);
    for (size_t i = 0; i < BACKUP_FILES_COUNT && err == ROND_OK; i++)
        err = move_in(restoring, BACKUP_FILES[i].name);
    if (err == ROND_OK)
        err = files_sync_directory(data_dir, restoring->fault);
    if (err == ROND_OK)
        err = move_in(restoring, BACKUP_STORE);
    if (err == ROND_OK)
        err = files_sync_directory(data_dir, restoring->fault);
    return err == ROND_EFULL ? ROND_EIO : err; // which would say that nothing was changed
}

enum rond_err restore_run(const struct restore_config *config, struct restored *ret_restored, struct fault *fault) {
    struct restoring restoring = {.config = config, .fault = fault};
    enum rond_err err = manifest_read(config->backup, &restoring.restored.manifest, fault);
    if (err == ROND_OK)
        err = files_path(config->data_dir, RESTORING, &restoring.directory, fault);
    if (err == ROND_OK && config->aside != NULL)
        err = files_path(config->data_dir, config->aside, &restoring.aside, fault);
    if (err == ROND_OK)
        err = data_check(&restoring);
    if (err == ROND_OK)
        err = keys_check(&restoring);
    if (err == ROND_OK)
        err = manifest_check(&restoring.restored.manifest, config->backup, fault);
    if (err != ROND_OK)
        return err;
    err = staging_fill(&restoring);
    if (err == ROND_OK)
        err = staging_open(&restoring);
    if (err == ROND_OK && config->aside != NULL)
        err = links_make(&restoring, &restoring.restored.replaced);
    if (err == ROND_OK)
        err = put_in_place(&restoring);
    folder_clear(restoring.directory);
    if (err == ROND_OK)
        *ret_restored = restoring.restored;
    return err;
}
