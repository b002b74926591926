// Backups and their restoring over real files: taken while the store is written to, damaged in every file, given up, put in
// place of a store, and cut short by a crash.
//
// Tests: server/backup/backup.c server/backup/restore.c server/backup/manifest.c server/backup/files.c
// Tests: server/store/sqlite_backup.c server/backup/keys.c
#include "backup/restore.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/ca.h"
#include "auth/followup_signer.h"
#include "backup/backup.h"
#include "backup/keys.h"
#include "support/store_fixture.h"

enum { NOW_MS = 1433152800 };

struct place { // a folder for what lies beside the data directory
    struct store_fixture *fixture;
    struct sender sender;
    char beside[64], backup[96], restored[96];
    unsigned copied, give_up_at; // how often it went on; 0: never given up
    bool writes;                 // a report comes in each time
};

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    UNUSED(status);
    UNUSED(kind);
    UNUSED(walk);
    return remove(path);
}

static void remove_all(const char *path) {
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int place_setup(void **state) {
    struct place *place = calloc(1, sizeof *place);
    void *fixture = NULL;
    if (fixture_setup_sqlite(&fixture) != 0)
        return -1;
    place->fixture = fixture;
    strcpy(place->beside, "/tmp/rond-backup-XXXXXX");
    assert_non_null(mkdtemp(place->beside));
    snprintf(place->backup, sizeof place->backup, "%s/backup", place->beside);
    snprintf(place->restored, sizeof place->restored, "%s/restored", place->beside);
    assert_int_equal(mkdir(place->restored, 0700), 0);
    assert_ok(ca_create(place->fixture->directory, "Test", rng_system(), clock_wall_ms(clock_system()), NULL));
    sender_init(&place->sender, 1, 1);
    sender_send(place->fixture, &place->sender, 3);
    *state = place;
    return 0;
}

static int place_teardown(void **state) {
    struct place *place = *state;
    void *fixture = place->fixture;
    remove_all(place->beside);
    int code = fixture_teardown(&fixture);
    free(place);
    return code;
}

static enum rond_err went_on(void *context, enum backup_stage stage, uint64_t bytes, uint64_t of) {
    struct place *place = context;
    assert_true(bytes <= of);
    if (place->writes && stage == BACKUP_COPYING)
        sender_send(place->fixture, &place->sender, 2);
    return ++place->copied == place->give_up_at ? ROND_EIO : ROND_OK;
}

static enum rond_err back_up_to(struct place *place, const char *destination, struct manifest *ret_manifest,
                                struct fault *fault) {
    const struct backup_config config = {.data_dir = place->fixture->directory,
                                         .destination = destination,
                                         .clock = clock_system(),
                                         .rng = rng_system(),
                                         .went_on = went_on,
                                         .context = place};
    struct store *reader = NULL;
    assert_ok(store_open_sqlite(place->fixture->directory, STORE_READ_ONLY, rng_system(), &reader, fault));
    enum rond_err err = backup_make(reader, &config, ret_manifest, fault);
    store_close(reader);
    return err;
}

static struct manifest back_up(struct place *place) {
    struct manifest manifest = {0};
    struct fault fault = {0};
    if (back_up_to(place, place->backup, &manifest, &fault) != ROND_OK)
        fail_msg("%s", fault.text);
    return manifest;
}

static enum rond_err restore_with(struct place *place, const char *directory, const char *keys, const char *aside,
                                  struct restored *ret_restored) {
    const struct restore_config config = {.backup = place->backup,
                                          .data_dir = directory,
                                          .keys = keys,
                                          .without_texts = keys == NULL,
                                          .aside = aside,
                                          .actor = "uid:7",
                                          .now_ms = NOW_MS,
                                          .rng = rng_system()};
    struct fault fault = {0};
    enum rond_err err = restore_run(&config, ret_restored, &fault);
    assert_true(err == ROND_OK || fault.text[0] != '\0');
    return err;
}

static enum rond_err restore_to(struct place *place, const char *directory, const char *aside,
                                struct restored *ret_restored) {
    return restore_with(place, directory, NULL, aside, ret_restored);
}

static bool is_there(const char *directory, const char *name) {
    char path[256];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return lstat(path, &status) == 0;
}

static uint64_t reports_at(const char *directory, enum store_access access) {
    struct store *store = NULL;
    struct fault fault = {0};
    struct store_counts counts = {0};
    if (store_open_sqlite(directory, access, rng_system(), &store, &fault) != ROND_OK)
        fail_msg("%s", fault.text);
    assert_ok(store->views->integrity(store, &fault));
    assert_ok(store->views->counts(store, &counts));
    store_close(store);
    return counts.reports;
}

// --- Backup ---

static void a_backup_holds_all_that_a_server_needs_and_is_its_owners_alone(void **state) {
    struct place *place = *state;
    struct followup_signer *signer = NULL;
    struct stat status;
    char path[256];
    assert_ok(followup_signer_open(place->fixture->directory, &signer, NULL));
    followup_signer_close(signer);
    struct manifest manifest = back_up(place), read = {0};
    assert_int_equal(manifest.files_count, 4);
    assert_int_equal(manifest.reports, 3);
    assert_int_equal(manifest.received, 3);
    assert_ok(manifest_read(place->backup, &read, NULL));
    assert_memory_equal(&read, &manifest, sizeof read);
    assert_ok(manifest_check(&read, place->backup, NULL));
    assert_int_equal(reports_at(place->backup, STORE_BACKUP), 3);
    for (size_t i = 0; i < manifest.files_count; i++) {
        snprintf(path, sizeof path, "%s/%s", place->backup, manifest.files[i].name);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
    }
    assert_int_equal(stat(place->backup, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_false(is_there(place->backup, "rond.db-wal"));
    assert_false(is_there(place->beside, "backup.partial"));
}

static void the_last_backup_is_known(void **state) {
    struct place *place = *state;
    int64_t at_ms = 0;
    assert_err(ROND_ENOTFOUND, backup_last(place->fixture->directory, &at_ms));
    struct manifest manifest = back_up(place);
    assert_ok(backup_last(place->fixture->directory, &at_ms));
    assert_int_equal(at_ms, manifest.taken_ms);
}

// More than one step, and more reports with each.
static void a_backup_is_one_state_while_reports_come_in(void **state) {
    struct place *place = *state;
    static const char FILL[] = "CREATE TABLE filler (data BLOB); INSERT INTO filler VALUES (zeroblob(12000000));";
    char command[256];
    assert_ok(place->fixture->store->ledger->checkpoint(place->fixture->store, true));
    snprintf(command, sizeof command, "sqlite3 %s/rond.db '%s'", place->fixture->directory, FILL);
    if (system("command -v sqlite3 >/dev/null") != 0)
        skip();
    assert_int_equal(system(command), 0);
    fixture_reopen(place->fixture);
    place->writes = true;
    struct manifest manifest = back_up(place);
    assert_true(place->copied > 3);
    assert_int_equal(manifest.reports, 3);
    assert_int_equal(reports_at(place->backup, STORE_BACKUP), 3);
    assert_true(reports_at(place->fixture->directory, STORE_READ_ONLY) > 5);
}

static void of_a_backup_that_is_given_up_nothing_is_left(void **state) {
    struct place *place = *state;
    struct manifest manifest;
    struct fault fault = {0};
    int64_t at_ms;
    for (place->give_up_at = 1; place->give_up_at <= 2; place->give_up_at++) {
        place->copied = 0;
        assert_err(ROND_EIO, back_up_to(place, place->backup, &manifest, &fault));
        assert_false(is_there(place->beside, "backup"));
        assert_false(is_there(place->beside, "backup.partial"));
    }
    assert_err(ROND_ENOTFOUND, backup_last(place->fixture->directory, &at_ms));
}

static void what_a_killed_backup_left_is_no_backup_and_in_nobodys_way(void **state) {
    struct place *place = *state;
    char partial[128], junk[160];
    struct manifest manifest;
    snprintf(partial, sizeof partial, "%s.partial", place->backup);
    snprintf(junk, sizeof junk, "%s/rond.db", partial);
    assert_int_equal(mkdir(partial, 0700), 0);
    fclose(fopen(junk, "w"));
    assert_err(ROND_ENOTFOUND, manifest_read(partial, &manifest, NULL));
    (void)back_up(place);
    assert_false(is_there(place->beside, "backup.partial"));
}

static void a_destination_that_cannot_be_one_is_refused_with_its_reason(void **state) {
    struct place *place = *state;
    struct manifest manifest;
    char inside[128], missing[128], file[128], dots[128];
    snprintf(inside, sizeof inside, "%s/backup", place->fixture->directory);
    snprintf(missing, sizeof missing, "%s/no/backup", place->beside);
    snprintf(file, sizeof file, "%s/file", place->beside);
    snprintf(dots, sizeof dots, "%s/..", place->beside);
    fclose(fopen(file, "w"));
    const struct {
        const char *destination;
        enum rond_err err;
    } cases[] = {{inside, ROND_EINVALID},
                 {place->fixture->directory, ROND_ECONFLICT},
                 {missing, ROND_ENOTFOUND},
                 {file, ROND_ECONFLICT},
                 {place->restored, ROND_ECONFLICT},
                 {"backup", ROND_EINVALID},
                 {"", ROND_EINVALID},
                 {dots, ROND_EINVALID},
                 {"/dev/null/backup", ROND_EINVALID}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fault fault = {0};
        assert_err(cases[i].err, back_up_to(place, cases[i].destination, &manifest, &fault));
        assert_true(fault.text[0] != '\0');
    }
}

// --- Restore ---

static void a_restored_store_is_the_same_in_another_epoch(void **state) {
    struct place *place = *state;
    struct restored restored, again;
    struct store *store = NULL;
    struct store_identity identity;
    struct audit_row *rows;
    size_t count;
    uint64_t cursor;
    struct manifest manifest = back_up(place);
    assert_ok(restore_to(place, place->restored, NULL, &restored));
    assert_false(restored.replaced);
    assert_int_equal(restored.identity.epoch, NOW_MS);
    assert_true(restored.identity.epoch > manifest.store.epoch);
    assert_int_equal(reports_at(place->restored, STORE_READ_WRITE), 3);
    assert_ok(store_open_sqlite(place->restored, STORE_READ_ONLY, rng_system(), &store, NULL));
    assert_ok(store->registry->identity(store, &identity));
    assert_memory_equal(&identity, &restored.identity, sizeof identity);
    assert_true(id128_equal(&identity.store_id, &manifest.store.store_id));
    assert_ok(store->views->audit(store, 0, 16, &place->fixture->arena, &rows, &count, &cursor));
    assert_string_equal(rows[count - 1].action, "restore");
    assert_string_equal(rows[count - 1].actor, "uid:7");
    store_close(store);
    // The backup is as it was: it can be restored again.
    assert_ok(manifest_check(&manifest, place->backup, NULL));
    assert_err(ROND_ECONFLICT, restore_to(place, place->restored, NULL, &again));
}

static void what_was_there_is_kept_aside_whole(void **state) {
    struct place *place = *state;
    struct restored restored;
    char aside[128];
    (void)back_up(place);
    sender_send(place->fixture, &place->sender, 4); // in the write-ahead log alone
    snprintf(aside, sizeof aside, "%s/old", place->fixture->directory);
    assert_true(is_there(place->fixture->directory, "rond.db-wal"));
    assert_ok(restore_to(place, place->fixture->directory, "old", &restored));
    assert_true(restored.replaced);
    assert_int_equal(reports_at(place->fixture->directory, STORE_READ_ONLY), 3);
    assert_int_equal(reports_at(aside, STORE_READ_WRITE), 7);
    assert_true(is_there(aside, "ca.key"));
    assert_true(is_there(place->fixture->directory, "ca.key"));
    assert_false(is_there(place->fixture->directory, "restoring"));
    remove_all(aside);
}

static void another_ca_is_not_replaced_unless_told(void **state) {
    struct place *place = *state;
    struct restored restored;
    (void)back_up(place);
    assert_ok(ca_create(place->restored, "Other", rng_system(), clock_wall_ms(clock_system()), NULL));
    assert_err(ROND_ECONFLICT, restore_to(place, place->restored, NULL, &restored));
    assert_false(is_there(place->restored, "rond.db"));
    assert_ok(restore_to(place, place->restored, "old", &restored));
    assert_true(is_there(place->restored, "old/ca.key"));
}

static void damage(const char *directory, const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 100, SEEK_SET), 0);
    int was = fgetc(file);
    assert_int_equal(fseek(file, 100, SEEK_SET), 0);
    assert_int_not_equal(fputc(was ^ 1, file), EOF);
    fclose(file);
}

static void a_damaged_backup_is_not_restored(void **state) {
    static const char *const NAMES[] = {"rond.db", "ca.key", "ca.crt"};
    struct place *place = *state;
    struct restored restored;
    char missing[128];
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        (void)back_up(place);
        damage(place->backup, NAMES[i]);
        assert_err(ROND_ECORRUPT, restore_to(place, place->restored, NULL, &restored));
        assert_false(is_there(place->restored, "rond.db"));
        assert_false(is_there(place->restored, "restoring"));
        remove_all(place->backup);
    }
    (void)back_up(place);
    snprintf(missing, sizeof missing, "%s/ca.crt", place->backup);
    assert_int_equal(unlink(missing), 0);
    assert_err(ROND_ECORRUPT, restore_to(place, place->restored, NULL, &restored));
    snprintf(missing, sizeof missing, "%s/manifest.json", place->backup);
    assert_int_equal(unlink(missing), 0);
    assert_err(ROND_ENOTFOUND, restore_to(place, place->restored, NULL, &restored));
}

static void write_manifest(const struct place *place, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/manifest.json", place->backup);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void a_manifest_that_makes_no_sense_is_refused(void **state) {
    struct place *place = *state;
    struct manifest manifest;
    (void)back_up(place);
    static const struct {
        const char *text;
        enum rond_err err;
    } cases[] = {
        {"", ROND_ECORRUPT},
        {"[]", ROND_ECORRUPT},
        {"{\"format\": 2}", ROND_EINVALID},
        {"{\"format\": 1}", ROND_ECORRUPT},
        {"{\"format\":1,\"program\":\"x\",\"taken_ms\":1,\"took_ms\":1,\"store_id\":\"00000000000000000000000000000000\","
         "\"epoch\":1,"
         "\"reports\":0,\"lost\":0,\"devices\":0,\"outboxes\":0,\"received\":0,\"files\":[]}",
         ROND_ECORRUPT},
        {"{\"format\":1,\"program\":\"x\",\"taken_ms\":1,\"took_ms\":1,\"store_id\":\"00000000000000000000000000000000\","
         "\"epoch\":1,"
         "\"reports\":0,\"lost\":0,\"devices\":0,\"outboxes\":0,\"received\":0,\"files\":[{\"name\":\"../"
         "ca.key\",\"bytes\":1,"
         "\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\"}]}",
         ROND_ECORRUPT},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        write_manifest(place, cases[i].text);
        assert_err(cases[i].err, manifest_read(place->backup, &manifest, NULL));
    }
}

// --- Crashes: the process dies before its nth change of a name in a directory ---

static int changes_left = -1; // -1: as many as it likes

static void count_change(void) {
    if (changes_left == 0)
        _exit(99);
    changes_left -= changes_left > 0;
}

int unlink(const char *path) {
    count_change();
    return unlinkat(AT_FDCWD, path, 0);
}
int link(const char *from, const char *to) {
    count_change();
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int rename(const char *from, const char *to) {
    count_change();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

// True where it came to its end before it died.
static bool restore_dying_at(struct place *place, int change) {
    struct restored restored;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        changes_left = change;
        const struct restore_config config = {.backup = place->backup,
                                              .data_dir = place->restored,
                                              .aside = "old",
                                              .actor = "uid:7",
                                              .without_texts = true,
                                              .now_ms = NOW_MS,
                                              .rng = rng_system()};
        _exit(restore_run(&config, &restored, NULL) == ROND_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 99));
    return WEXITSTATUS(status) == 0;
}

// A store of ten reports with a log beside it, in which most of them are.
static void make_old_store(struct place *place) {
    char command[256];
    remove_all(place->restored);
    assert_int_equal(mkdir(place->restored, 0700), 0);
    assert_ok(place->fixture->store->ledger->checkpoint(place->fixture->store, false));
    snprintf(command, sizeof command, "cp %s/rond.db* %s/ca.* %s/", place->fixture->directory, place->fixture->directory,
             place->restored);
    assert_int_equal(system(command), 0);
}

static void a_crash_leaves_the_old_store_or_none_or_the_restored_one(void **state) {
    struct place *place = *state;
    bool saw_old = false, saw_none = false, over = false;
    (void)back_up(place);
    sender_send(place->fixture, &place->sender, 7);
    for (int change = 0; !over; change++) {
        struct restored restored;
        make_old_store(place);
        over = restore_dying_at(place, change);
        if (is_there(place->restored, "rond.db")) {
            uint64_t reports = reports_at(place->restored, STORE_READ_WRITE);
            assert_true(reports == 10 || reports == 3);
            assert_true(!over || reports == 3);
            saw_old = saw_old || reports == 10;
        } else {
            saw_none = true; // the old one is whole where it was put
            char aside[128];
            snprintf(aside, sizeof aside, "%s/old", place->restored);
            assert_int_equal(reports_at(aside, STORE_READ_WRITE), 10);
        }
        if (!over) { // and it can be asked again
            assert_ok(restore_to(place, place->restored, "older", &restored));
            assert_int_equal(reports_at(place->restored, STORE_READ_WRITE), 3);
        }
    }
    assert_true(saw_old && saw_none);
}

// --- Keys ---

static struct backup_keys write_keys(struct place *place, const char *path) {
    struct store *reader = NULL;
    struct backup_keys file = {0};
    struct fault fault = {0};
    assert_ok(store_open_sqlite(place->fixture->directory, STORE_READ_ONLY, rng_system(), &reader, NULL));
    if (backup_keys_write(reader, path, place->fixture->directory, clock_system(), &file, &fault) != ROND_OK)
        fail_msg("%s", fault.text);
    store_close(reader);
    return file;
}

static void erase_row(struct place *place, uint64_t row) {
    fixture_begin(place->fixture);
    assert_ok(place->fixture->store->ledger->erase(place->fixture->store, row,
                                                   &(struct erasure){.at_ms = 11, .rule = "polisen/default 90d"}));
    fixture_commit(place->fixture);
}

static struct stored_report restored_report(struct place *place, uint64_t row) {
    struct store *store = NULL;
    struct stored_report report;
    assert_ok(store_open_sqlite(place->restored, STORE_READ_ONLY, rng_system(), &store, NULL));
    assert_ok(store->views->report(store, row, &place->fixture->arena, &report));
    store_close(store);
    return report;
}

static bool found_in(const char *directory, const char *name, struct bytes wanted) {
    char path[256];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *content = malloc((size_t)status.st_size);
    assert_int_equal(fread(content, 1, (size_t)status.st_size, file), status.st_size);
    bool found = memmem(content, (size_t)status.st_size, wanted.data, wanted.size) != NULL;
    free(content);
    fclose(file);
    return found;
}

static void a_backup_holds_no_key_and_no_text(void **state) {
    struct place *place = *state;
    struct body_key_row *keys = NULL;
    size_t count = 0;
    sender_send(place->fixture, &place->sender, 60);
    (void)back_up(place);
    assert_ok(place->fixture->store->views->body_keys(place->fixture->store, false, 0, 100, &place->fixture->arena, &keys,
                                                      &count));
    assert_int_equal(count, 63);
    for (size_t i = 0; i < count; i++)
        assert_false(found_in(place->backup, "rond.db", bytes_of(keys[i].key.b, BODY_KEY_SIZE)));
    assert_false(found_in(place->backup, "rond.db", bytes_of_text("report 1")));
    assert_true(found_in(place->fixture->directory, "rond.db-wal", bytes_of(keys[62].key.b, BODY_KEY_SIZE)) ||
                found_in(place->fixture->directory, "rond.db", bytes_of(keys[62].key.b, BODY_KEY_SIZE)));
}

static void without_its_keys_a_backup_is_restored_only_where_told(void **state) {
    struct place *place = *state;
    struct restored restored;
    (void)back_up(place);
    const struct restore_config config = {
        .backup = place->backup, .data_dir = place->restored, .actor = "uid:7", .now_ms = NOW_MS, .rng = rng_system()};
    struct fault fault = {0};
    assert_err(ROND_EINVALID, restore_run(&config, &restored, &fault));
    assert_non_null(strstr(fault.text, "--keys FILE"));
    assert_false(is_there(place->restored, "rond.db"));
    assert_ok(restore_to(place, place->restored, NULL, &restored));
    assert_int_equal(restored.keyless, 3);
    assert_true(restored_report(place, 2).keyless);
}

static void with_its_keys_a_backup_is_whole_and_what_was_erased_since_is_erased_again(void **state) {
    struct place *place = *state;
    struct restored restored;
    char keys[128];
    struct stat status;
    int64_t last_ms = 0;
    snprintf(keys, sizeof keys, "%s/keys", place->beside);
    (void)back_up(place);
    erase_row(place, 2);
    sender_send(place->fixture, &place->sender, 2); // not in the backup: passed over
    assert_err(ROND_ENOTFOUND, backup_keys_last(place->fixture->directory, &last_ms));
    struct backup_keys file = write_keys(place, keys);
    assert_int_equal(file.keys, 4);
    assert_int_equal(file.erasures, 1);
    assert_ok(backup_keys_last(place->fixture->directory, &last_ms));
    assert_int_equal(last_ms, file.taken_ms);
    assert_int_equal(stat(keys, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_ok(restore_with(place, place->restored, keys, NULL, &restored));
    assert_int_equal(restored.keyless, 0); // the one without a key is erased anew
    assert_true(bytes_equal(restored_report(place, 1).record.report, bytes_of_text("report 1")));
    struct stored_report erased = restored_report(place, 2);
    assert_true(erased.erased);
    assert_false(erased.keyless);
    assert_int_equal(erased.erased_ms, 11);
    assert_string_equal(erased.erased_rule, "polisen/default 90d");
    assert_int_equal(reports_at(place->restored, STORE_READ_WRITE), 3);
    unlink(keys);
}

static enum rond_err count_erased(void *context, struct store *store, uint64_t row) {
    uint64_t *rows = context;
    struct arena arena;
    struct stored_report report;
    arena_init(&arena, 1024 * 1024);
    enum rond_err err = store->views->report(store, row, &arena, &report);
    assert_true(err != ROND_OK || report.erased); // it is told of what is done, and in the same transaction
    arena_deinit(&arena);
    *rows = *rows * 1000 + row;
    return err;
}

// Such a backup has its bodies in plain, so it lacks no key; what was erased after the upgrade is erased again all the same.
static void of_a_backup_of_an_older_version_is_erased_again_what_was_erased_since(void **state) {
    struct place *place = *state;
    char command[600], keys[128];
    struct manifest manifest = back_up(place);
    struct restored restored;
    uint64_t erased = 0;
    snprintf(command, sizeof command,
             "cp tests/fixtures/versions/0.2.0/server/rond.db %s/ && rm -f %s/rond.db* && cp %s/rond.db %s/", place->backup,
             place->fixture->directory, place->backup, place->fixture->directory);
    store_close(place->fixture->store);
    assert_int_equal(system(command), 0);
    assert_ok(files_stamp(place->backup, "rond.db", FILES_AS_THEY_ARE, &manifest.files[0].stamp, NULL));
    assert_string_equal(manifest.files[0].name, "rond.db");
    assert_ok(store_open_sqlite(place->fixture->directory, STORE_READ_WRITE, rng_system(), &place->fixture->store, NULL));
    assert_ok(place->fixture->store->registry->identity(place->fixture->store, &manifest.store));
    assert_ok(manifest_write(&manifest, place->backup, NULL));
    erase_row(place, 5);
    snprintf(keys, sizeof keys, "%s/keys", place->beside);
    assert_int_equal(write_keys(place, keys).erasures, 1);
    const struct restore_config config = {.backup = place->backup,
                                          .data_dir = place->restored,
                                          .keys = keys,
                                          .actor = "uid:7",
                                          .now_ms = NOW_MS,
                                          .rng = rng_system(),
                                          .erased = count_erased,
                                          .context = &erased};
    assert_ok(restore_run(&config, &restored, NULL));
    assert_int_equal(erased, 5);
    assert_int_equal(restored.keyless, 0);
    assert_true(restored_report(place, 5).erased);
    assert_false(restored_report(place, 6).erased);
    unlink(keys);
}

static void a_key_file_that_is_older_than_the_backup_opens_what_it_can(void **state) {
    struct place *place = *state;
    struct restored restored;
    char keys[128];
    snprintf(keys, sizeof keys, "%s/keys", place->beside);
    (void)write_keys(place, keys);
    sender_send(place->fixture, &place->sender, 2);
    (void)back_up(place);
    assert_ok(restore_with(place, place->restored, keys, NULL, &restored));
    assert_int_equal(restored.keyless, 2);
    assert_false(restored_report(place, 3).erased);
    assert_true(restored_report(place, 4).keyless);
    unlink(keys);
}

static void a_damaged_key_file_is_refused_before_anything_changes(void **state) {
    struct place *place = *state;
    struct restored restored;
    struct backup_keys file;
    char keys[128], command[400];
    snprintf(keys, sizeof keys, "%s/keys", place->beside);
    (void)back_up(place);
    assert_err(ROND_ENOTFOUND, restore_with(place, place->restored, keys, NULL, &restored));
    (void)write_keys(place, keys);
    assert_ok(backup_keys_check(keys, &file, NULL));
    snprintf(command, sizeof command, "truncate -s -1 %s", keys);
    assert_int_equal(system(command), 0);
    assert_err(ROND_ECORRUPT, restore_with(place, place->restored, keys, NULL, &restored));
    (void)write_keys(place, keys);
    snprintf(command, sizeof command, "printf X | dd of=%s bs=1 seek=60 conv=notrunc status=none", keys);
    assert_int_equal(system(command), 0);
    assert_err(ROND_ECORRUPT, restore_with(place, place->restored, keys, NULL, &restored));
    snprintf(command, sizeof command, "printf 'rond keys v2' > %s", keys);
    assert_int_equal(system(command), 0);
    assert_err(ROND_EINVALID, restore_with(place, place->restored, keys, NULL, &restored));
    assert_false(is_there(place->restored, "rond.db"));
    unlink(keys);
}

#define IN_PLACE(test)                                                                                                      \
    { #test, test, place_setup, place_teardown, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_PLACE(a_backup_holds_all_that_a_server_needs_and_is_its_owners_alone),
        IN_PLACE(the_last_backup_is_known),
        IN_PLACE(a_backup_is_one_state_while_reports_come_in),
        IN_PLACE(of_a_backup_that_is_given_up_nothing_is_left),
        IN_PLACE(what_a_killed_backup_left_is_no_backup_and_in_nobodys_way),
        IN_PLACE(a_destination_that_cannot_be_one_is_refused_with_its_reason),
        IN_PLACE(a_restored_store_is_the_same_in_another_epoch),
        IN_PLACE(what_was_there_is_kept_aside_whole),
        IN_PLACE(another_ca_is_not_replaced_unless_told),
        IN_PLACE(a_damaged_backup_is_not_restored),
        IN_PLACE(a_manifest_that_makes_no_sense_is_refused),
        IN_PLACE(a_crash_leaves_the_old_store_or_none_or_the_restored_one),
        IN_PLACE(a_backup_holds_no_key_and_no_text),
        IN_PLACE(without_its_keys_a_backup_is_restored_only_where_told),
        IN_PLACE(with_its_keys_a_backup_is_whole_and_what_was_erased_since_is_erased_again),
        IN_PLACE(of_a_backup_of_an_older_version_is_erased_again_what_was_erased_since),
        IN_PLACE(a_key_file_that_is_older_than_the_backup_opens_what_it_can),
        IN_PLACE(a_damaged_key_file_is_refused_before_anything_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
