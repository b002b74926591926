// Every call fails, once and from then on: while a backup is taken, while it is restored in place of a store, and while a
// restore that was cut short is asked for again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/ca.h"
#include "auth/followup_signer.h"
#include "auth/receipt_signer.h"
#include "backup/backup.h"
#include "backup/restore.h"
#include "fault/dump.h"
#include "fault/fault_loop.h"
#include "fault/server_steps.h"
#include "store/sqlite.h"
#include "support/test.h"

enum { PATH_SIZE = 200, BACKED_UP_STEPS = 3, OLD_STEPS = 5, RESTORED_MS = 1500000000 };

static struct server_life life;
static char root[] = "/tmp/rond-backup-fault-XXXXXX";
static struct hash256 backed_up, old, restored; // all that is in the store
static char wrong[300];

struct path {
    char text[PATH_SIZE];
};

static struct path path_in(const char *directory, const char *name) {
    struct path path;
    CHECK(snprintf(path.text, sizeof path.text, "%s/%s", directory, name) < PATH_SIZE);
    return path;
}

static struct path prepared, cut_short;

static bool is_there(const char *directory, const char *name) {
    struct stat status;
    return lstat(path_in(directory, name).text, &status) == 0;
}

static bool holds(const char *directory, enum store_access access, const struct hash256 *expected) {
    struct store *store = NULL;
    struct fault fault = {0};
    struct hash256 found = {0};
    bool opens = store_open_sqlite(directory, access, rng_system(), &store, &fault) == ROND_OK;
    if (opens && store->views->integrity(store, &fault) == ROND_OK)
        dump_hash(sqlite_of(store)->db, &found);
    store_close(store);
    return opens && hash256_equal(&found, expected);
}

// --- Backup ---

static enum rond_err back_up(const char *directory, const char *name) {
    struct store *reader = NULL;
    struct manifest manifest;
    struct fault fault = {0};
    const struct path data = path_in(directory, "data"), destination = path_in(directory, name);
    const struct backup_config config = {
        .data_dir = data.text, .destination = destination.text, .clock = clock_system(), .rng = rng_system()};
    enum rond_err err = store_open_sqlite(data.text, STORE_READ_ONLY, rng_system(), &reader, &fault);
    if (err == ROND_OK)
        err = backup_make(reader, &config, &manifest, &fault);
    store_close(reader);
    return err;
}

static enum rond_err run_backup(void *context, const char *directory) {
    UNUSED(context);
    return back_up(directory, "backup");
}

static const char *backup_fault(const char *backup) {
    struct manifest manifest;
    struct fault fault = {0};
    enum rond_err err = manifest_read(backup, &manifest, &fault);
    if (err == ROND_OK)
        err = manifest_check(&manifest, backup, &fault);
    if (err != ROND_OK)
        return snprintf(wrong, sizeof wrong, "what has a backup's name is none: %s", fault.text), wrong;
    bool is_whole = manifest.files_count == BACKUP_FILES_COUNT + 1 && holds(backup, STORE_BACKUP, &backed_up);
    return is_whole ? "" : "the backup lacks something";
}

// What has the name is a backup, whatever was answered; where it is there already another is taken.
static const char *check_backup(void *context, const char *directory, enum rond_err err) {
    UNUSED(context);
    bool was_made = is_there(directory, "backup");
    const char *fault = was_made ? backup_fault(path_in(directory, "backup").text) : "";
    if (fault[0] != '\0')
        return fault;
    if (err == ROND_OK && !was_made)
        return "it was confirmed and is not there";
    const char *name = was_made ? "another" : "backup";
    if ((err = back_up(directory, name)) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "it fails again: %s", rond_err_name(err)), wrong;
    if (is_there(directory, "backup.partial") && !was_made)
        return "what was half written is still there";
    fault = backup_fault(path_in(directory, name).text);
    return fault[0] != '\0' || holds(path_in(directory, "data").text, STORE_READ_WRITE, &backed_up)
               ? fault
               : "the store is another one";
}

static void what_has_a_backups_name_is_a_whole_one_whatever_failed(void **state) {
    UNUSED(state);
    const struct fault_scenario scenario = {
        .name = "backup", .run = run_backup, .check = check_backup, .prepared = prepared.text};
    fault_loop(&scenario, 5);
}

// --- Restore ---

static enum rond_err restore(const char *directory, const char *data_name, const char *aside) {
    struct restored said;
    struct fault fault = {0};
    const struct path backup = path_in(directory, "backup"), data = path_in(directory, data_name);
    const struct restore_config config = {.backup = backup.text,
                                          .data_dir = data.text,
                                          .without_texts = true,
                                          .aside = aside,
                                          .actor = "uid:7",
                                          .now_ms = RESTORED_MS,
                                          .rng = rng_system()};
    return restore_run(&config, &said, &fault);
}

static bool is_same_file(const char *path, const char *other) {
    char bytes[2][4096];
    size_t sizes[2] = {0};
    const char *const paths[] = {path, other};
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        FILE *file = fopen(paths[i], "re");
        if (file == NULL)
            return false;
        sizes[i] = fread(bytes[i], 1, sizeof bytes[i], file);
        fclose(file);
    }
    return sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], sizes[0]) == 0;
}

// The restored store, and nothing beside it that is not of the backup.
static const char *restored_fault(const char *directory, const char *data) {
    const struct path backup = path_in(directory, "backup");
    for (size_t i = 0; i < BACKUP_FILES_COUNT; i++)
        if (!is_same_file(path_in(data, BACKUP_FILES[i].name).text, path_in(backup.text, BACKUP_FILES[i].name).text))
            return "a key is not the backup's";
    return holds(data, STORE_READ_WRITE, &restored) ? "" : "it is not what the backup holds";
}

static bool is_kept(const char *data, const char *aside) {
    const struct path kept = path_in(data, aside);
    return is_there(kept.text, "rond.db") && is_there(kept.text, "ca.key") && holds(kept.text, STORE_READ_WRITE, &old);
}

static enum rond_err run_replace(void *context, const char *directory) {
    UNUSED(context);
    return restore(directory, "old", "aside");
}

// The old store, or none with the old one aside, or the restored one. Nothing is opened in place: what is asked again finds
// what the failure left, its log as well.
static const char *check_replace(void *context, const char *directory, enum rond_err err) {
    const struct path in = path_in(directory, "old"), beside = path_in(directory, "copy");
    const char *data = in.text, *copy = beside.text;
    UNUSED(context);
    fault_folder_copy(data, copy);
    bool is_old = is_there(copy, "rond.db") && holds(copy, STORE_READ_WRITE, &old);
    bool is_restored = !is_old && is_there(copy, "rond.db") && holds(copy, STORE_READ_WRITE, &restored);
    if (!is_old && !is_kept(copy, "aside"))
        return "the old store is gone";
    if (!is_old && !is_restored && is_there(copy, "rond.db"))
        return "it is neither the old store nor the restored one";
    if (err == ROND_OK)
        return is_restored ? restored_fault(directory, data) : "it was confirmed and is not there";
    if (err == ROND_EFULL && !is_old)
        return "there was no room, and something was changed";
    if (is_old && is_there(data, "aside") && !failing_calls_stayed())
        return "the old store stays, and a folder for it stands there";
    if ((err = restore(directory, "old", "again")) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "it fails again: %s", rond_err_name(err)), wrong;
    if (is_there(data, "restoring"))
        return "the folder in which it was made ready is still there";
    if (!is_kept(data, "aside") && !is_kept(data, "again"))
        return "the old store was not kept";
    return restored_fault(directory, data);
}

static void a_restore_leaves_the_old_store_or_none_or_the_restored_one(void **state) {
    UNUSED(state);
    const struct fault_scenario scenario = {
        .name = "restore", .run = run_replace, .check = check_replace, .prepared = cut_short.text};
    fault_loop(&scenario, 5);
}

static enum rond_err run_again(void *context, const char *directory) {
    UNUSED(context);
    return restore(directory, "new", NULL);
}

static const char *check_again(void *context, const char *directory, enum rond_err err) {
    const struct path in = path_in(directory, "new");
    const char *data = in.text;
    UNUSED(context);
    if (err == ROND_OK || is_there(data, "rond.db"))
        return restored_fault(directory, data);
    if ((err = restore(directory, "new", NULL)) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "it fails again: %s", rond_err_name(err)), wrong;
    return restored_fault(directory, data);
}

static void a_restore_that_was_cut_short_is_asked_for_again(void **state) {
    UNUSED(state);
    const struct fault_scenario scenario = {
        .name = "restore again", .run = run_again, .check = check_again, .prepared = cut_short.text};
    fault_loop(&scenario, 4);
}

// --- Folders to begin from ---

static void receipts_make(const char *home) {
    struct ca *ca = NULL;
    struct receipt_signer *receipts = NULL;
    assert_ok(ca_open(home, &ca, NULL));
    assert_ok(receipt_signer_open(home, ca, rng_system(), life.lund.now_ms, &receipts, NULL));
    receipt_signer_close(receipts);
    ca_close(ca);
}

static void data_make(const char *directory, size_t steps, struct hash256 *ret_held) {
    char home[sizeof life.lund.directory];
    struct followup_signer *signer = NULL;
    server_life_init(&life);
    memcpy(home, life.lund.directory, sizeof home);
    assert_ok(ca_create(home, "Lund", rng_system(), life.lund.now_ms, NULL));
    assert_ok(followup_signer_open(home, &signer, NULL));
    followup_signer_close(signer);
    receipts_make(home);
    assert_ok(server_life_open(&life));
    for (size_t i = 0; i < steps; i++)
        assert_ok(server_step(&life, i));
    dump_hash(sqlite_of(life.lund.store)->db, ret_held);
    fault_folder_copy(home, directory); // as a kill would leave it: the last groups are in the log alone
    server_life_deinit(&life);
}

// A restore broken off before its last step, the store's: the backup's keys are in place.
static void restore_cut_short(const char *directory) {
    const struct path data = path_in(directory, "new");
    struct store *store;
    assert_ok(back_up(directory, "backup"));
    assert_int_equal(mkdir(data.text, 0700), 0);
    assert_ok(restore(directory, "new", NULL));
    assert_ok(store_open_sqlite(data.text, STORE_READ_WRITE, rng_system(), &store, NULL));
    dump_hash(sqlite_of(store)->db, &restored);
    store_close(store);
    assert_int_equal(unlink(path_in(data.text, "rond.db").text), 0);
}

static int setup(void **state) {
    UNUSED(state);
    assert_non_null(mkdtemp(root));
    prepared = path_in(root, "prepared");
    cut_short = path_in(root, "cut-short");
    assert_int_equal(mkdir(prepared.text, 0700), 0);
    data_make(path_in(prepared.text, "data").text, BACKED_UP_STEPS, &backed_up);
    data_make(path_in(prepared.text, "old").text, OLD_STEPS, &old);
    assert_true(is_there(path_in(prepared.text, "old").text, "rond.db-wal"));
    fault_folder_copy(prepared.text, cut_short.text);
    restore_cut_short(cut_short.text);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    fault_folder_remove(root);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_a_backups_name_is_a_whole_one_whatever_failed),
        cmocka_unit_test(a_restore_leaves_the_old_store_or_none_or_the_restored_one),
        cmocka_unit_test(a_restore_that_was_cut_short_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
