// Every call fails, once and from then on: while a handheld writes its rescue file, and while a server takes it in.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/ca.h"
#include "base/sha256.h"
#include "client_internal.h"
#include "fault/fault_loop.h"
#include "fault/server_steps.h"
#include "rescue/import.h"
#include "support/test.h"

enum { REPORTS = 3 };

static struct server_life life;
static struct ca *ca;
static struct bytes anchor;
static struct buffer rescued; // the file that an undisturbed handheld writes
static char root[] = "/tmp/rond-rescue-XXXXXX", prepared[64], wrong[400];

static int64_t wall(void *context) {
    UNUSED(context);
    return life.lund.now_ms;
}
static uint64_t boot(void *context) {
    UNUSED(context);
    return 1;
}
static const struct clock test_clock = {.wall_ms = wall, .monotonic_ms = wall, .boot_id = boot};

// --- A handheld ---

static enum rond_err handheld_open(const char *directory, rond **ret_rond) {
    char keys[96], path[96];
    rond_keystore files;
    snprintf(keys, sizeof keys, "%s/keys", directory);
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    enum rond_err err = rond_keystore_files(keys, &files, NULL);
    if (err != ROND_OK)
        return err;
    const rond_config config = {.struct_size = sizeof config, .path = path, .keystore = &files};
    err = client_open(&config, &test_clock, rng_system(), ret_rond, NULL);
    if (err != ROND_OK)
        return err;
    (*ret_rond)->enrolment = (struct enrolment){.device = lund_device(0), .anchors = &anchor, .anchors_count = 1};
    (*ret_rond)->is_enrolled = true;
    return ROND_OK;
}

static enum rond_err export_in(const char *directory) {
    char path[96];
    rond *r;
    snprintf(path, sizeof path, "%s/rescue", directory);
    enum rond_err err = handheld_open(directory, &r);
    if (err != ROND_OK)
        return err;
    err = rond_rescue_export(r, path, false, NULL, NULL);
    rond_close(r);
    return err;
}

static bool is_written(const char *directory, struct buffer *to) {
    char path[96];
    uint8_t part[4096];
    snprintf(path, sizeof path, "%s/rescue", directory);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    for (size_t size; (size = fread(part, 1, sizeof part, file)) > 0;)
        assert_ok(buffer_append(to, bytes_of(part, size)));
    fclose(file);
    return true;
}

// --- A server ---

static enum rond_err import_in(const char *directory, struct bytes file) {
    struct rescued said;
    snprintf(life.lund.directory, sizeof life.lund.directory, "%.50s/data", directory);
    enum rond_err err = server_life_open(&life);
    if (err == ROND_OK)
        err = life.lund.store->ledger->begin(life.lund.store);
    if (err != ROND_OK) {
        server_life_close(&life);
        return err;
    }
    struct store *store = life.lund.store;
    err = rescue_import(store, life.lund.catalogue, ca, file, life.lund.now_ms, &said, &life.fault);
    if (err == ROND_OK)
        err = store->ledger->commit(store);
    else
        store->ledger->rollback(store);
    server_life_close(&life);
    return err;
}

static uint64_t taken_in(const char *directory) {
    struct store_counts counts = {0};
    snprintf(life.lund.directory, sizeof life.lund.directory, "%.50s/data", directory);
    if (server_life_open(&life) != ROND_OK || server_life_fault(&life, true)[0] != '\0' ||
        life.lund.store->views->counts(life.lund.store, &counts) != ROND_OK)
        counts.reports = UINT64_MAX;
    server_life_close(&life);
    return counts.reports;
}

// --- Export ---

static enum rond_err run_export(void *context, const char *directory) {
    UNUSED(context);
    return export_in(directory);
}

static const char *check_export(void *context, const char *directory, enum rond_err err) {
    struct buffer file;
    UNUSED(context);
    buffer_init(&file, RESCUE_BYTES_MAX);
    bool is_there = is_written(directory, &file);
    if (!is_there && err == ROND_OK)
        return "it was confirmed and is not there";
    if (!is_there && (err = export_in(directory)) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "it fails again: %s", rond_err_name(err)), wrong;
    if (!is_there && !is_written(directory, &file))
        return "it was confirmed and is not there";
    err = import_in(directory, buffer_bytes(&file));
    buffer_deinit(&file);
    if (err != ROND_OK)
        return snprintf(wrong, sizeof wrong, "what has its name is no rescue file: %s", life.fault.text), wrong;
    return taken_in(directory) == REPORTS ? "" : "it does not hold all that waited";
}

static void a_rescue_file_is_whole_or_not_there(void **state) {
    UNUSED(state);
    // OpenSSL's decoders do not always say that it was memory that a key could not be read for.
    const struct fault_scenario scenario = {.name = "rescue export",
                                            .run = run_export,
                                            .check = check_export,
                                            .prepared = prepared,
                                            .may_end_otherwise = true};
    fault_loop(&scenario, 5);
}

// The nth call that touches a file fails: what it was, and what came of it.
static const char *export_failing(uint64_t at, enum rond_err *ret_err) {
    const struct fault_plan plan = {.class = FAULT_FILE, .at = at};
    char directory[64], path[96];
    snprintf(directory, sizeof directory, "%s/nth", root);
    snprintf(path, sizeof path, "%s/rescue", directory);
    fault_folder_copy(prepared, directory);
    failing_calls_arm(&plan);
    *ret_err = export_in(directory);
    failing_calls_disarm();
    assert_true(*ret_err == ROND_OK || access(path, F_OK) != 0); // so it can be written again under its name
    fault_folder_remove(directory);
    return failing_calls_struck();
}

// A new name is the directory's, and lasts when that is synced.
static void a_rescue_files_name_is_durable_before_it_is_confirmed(void **state) {
    enum rond_err err;
    uint64_t at = 1;
    UNUSED(state);
    while (strcmp(export_failing(at, &err), "renameat2") != 0)
        assert_true(++at < 1000);
    assert_true(err != ROND_OK);
    assert_non_null(strstr(export_failing(at + 1, &err), "open"));
    assert_true(err != ROND_OK);
    assert_string_equal(export_failing(at + 2, &err), "fsync");
    assert_err(ROND_EIO, err);
}

// --- Import ---

static enum rond_err run_import(void *context, const char *directory) {
    UNUSED(context);
    return import_in(directory, buffer_bytes(&rescued));
}

static const char *check_import(void *context, const char *directory, enum rond_err err) {
    UNUSED(context);
    uint64_t there = taken_in(directory);
    if (there != REPORTS && (there != 0 || err == ROND_OK))
        return "part of it was taken in, or the store is not sound";
    if ((err = import_in(directory, buffer_bytes(&rescued))) != ROND_OK)
        return snprintf(wrong, sizeof wrong, "it fails again: %s", rond_err_name(err)), wrong;
    return taken_in(directory) == REPORTS ? "" : "it is not there once";
}

static void a_rescue_file_is_taken_in_whole_or_not_at_all(void **state) {
    UNUSED(state);
    const struct fault_scenario scenario = {
        .name = "rescue import", .run = run_import, .check = check_import, .prepared = prepared};
    fault_loop(&scenario, 5);
}

// --- Folders to begin from ---

static void reports_queue(rond *r) {
    uint64_t seq;
    for (unsigned i = 0; i < REPORTS; i++)
        assert_ok(outbox_append(r->outbox, sample_record(&life.lund.arena, ROND__V1__KIND__KIND_CHECK, i).report, &seq));
}

static void key_put(rond *r) {
    struct device_key key = {.device = lund_device(0), .current = true, .since_ms = life.lund.now_ms};
    assert_ok(keystore_spki(r->keystore, &key.spki));
    sha256_of(key.spki, &key.spki_hash);
    assert_ok(server_life_open(&life));
    lund_begin(&life.lund);
    assert_ok(life.lund.store->registry->key_put(life.lund.store, &key));
    lund_commit(&life.lund);
    server_life_close(&life);
}

static int setup(void **state) {
    char home[sizeof life.lund.directory], path[96];
    rond *r;
    UNUSED(state);
    assert_non_null(mkdtemp(root));
    snprintf(prepared, sizeof prepared, "%s/prepared", root);
    snprintf(path, sizeof path, "%s/data", prepared);
    assert_int_equal(mkdir(prepared, 0700), 0);
    server_life_init(&life);
    memcpy(home, life.lund.directory, sizeof home);
    assert_ok(ca_create(home, "Lund", rng_system(), life.lund.now_ms, NULL));
    assert_ok(ca_open(home, &ca, NULL));
    anchor = ca_certificate(ca);
    assert_ok(handheld_open(prepared, &r));
    reports_queue(r);
    key_put(r);
    rond_close(r);
    fault_folder_copy(home, path);
    fault_folder_remove(home);
    buffer_init(&rescued, RESCUE_BYTES_MAX);
    assert_ok(export_in(prepared));
    assert_true(is_written(prepared, &rescued));
    snprintf(path, sizeof path, "%s/rescue", prepared);
    assert_int_equal(remove(path), 0);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    buffer_deinit(&rescued);
    ca_close(ca);
    fault_folder_remove(root);
    arena_deinit(&life.lund.arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rescue_file_is_whole_or_not_there),
        cmocka_unit_test(a_rescue_files_name_is_durable_before_it_is_confirmed),
        cmocka_unit_test(a_rescue_file_is_taken_in_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
