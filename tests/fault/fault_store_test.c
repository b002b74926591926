// Every call of a server's store fails, once and from then on: while groups are committed, a promise file is imported,
// everything is counted anew, and a store of an older version is brought up to date.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fault/dump.h"
#include "fault/fault_loop.h"
#include "fault/kept_stores.h"
#include "fault/server_steps.h"
#include "store/sqlite.h"
#include "support/test.h"

static struct server_life life;
static struct hash256 after[SERVER_STEPS_MAX + 1]; // each step; [0]: opened
static char root[] = "/tmp/rond-store-XXXXXX";
static char home[sizeof life.lund.directory];
static char prepared[SERVER_STEPS_MAX + 1][64]; // folders as they were before each step
static size_t first, last, done;                // steps of the scenario, and how many are confirmed

static void live_in(const char *directory) {
    CHECK(strlen(directory) < sizeof life.lund.directory);
    strcpy(life.lund.directory, directory);
}

// As the server does: after a failure nothing is assumed of the store, and whoever asked tries again.
static enum rond_err steps_run(void) {
    enum rond_err err = ROND_OK;
    for (bool again = false; done < last; again = err != ROND_OK) {
        if (life.lund.store == NULL && (err = server_life_open(&life)) != ROND_OK)
            return err;
        err = server_step(&life, done);
        if (err == ROND_OK)
            done++;
        else
            server_life_close(&life);
        if (err != ROND_OK && again)
            return err;
    }
    return ROND_OK;
}

static enum rond_err run(void *context, const char *directory) {
    UNUSED(context);
    done = first;
    live_in(directory);
    enum rond_err err = server_life_open(&life);
    if (err == ROND_OK)
        err = steps_run();
    server_life_close(&life);
    return err;
}

static bool is_after(size_t step) {
    struct hash256 now;
    dump_hash(sqlite_of(life.lund.store)->db, &now);
    return step <= last && hash256_equal(&now, &after[step]);
}

static const char *check(void *context, const char *directory, enum rond_err err) {
    static char wrong[300];
    UNUSED(context);
    live_in(directory);
    enum rond_err opened = server_life_open(&life);
    if (opened != ROND_OK)
        return snprintf(wrong, sizeof wrong, "does not open: %s %s", rond_err_name(opened), life.fault.text), wrong;
    const char *fault = server_life_fault(&life, false);
    if (fault[0] != '\0')
        return fault;
    if (!is_after(done)) {
        if (err == ROND_OK || !is_after(done + 1))
            return snprintf(wrong, sizeof wrong, "half of '%s' is there", server_step_name(done)), wrong;
        done++;
    }
    err = steps_run();
    if (err != ROND_OK)
        return snprintf(wrong, sizeof wrong, "'%s' fails again: %s", server_step_name(done), rond_err_name(err)), wrong;
    fault = server_life_fault(&life, false);
    bool is_whole = is_after(last);
    server_life_close(&life);
    return fault[0] != '\0' || is_whole ? fault : "it ends otherwise than undisturbed";
}

// The undisturbed run tells what is there after each step, and keeps the folder before each.
static int setup(void **state) {
    UNUSED(state);
    assert_non_null(mkdtemp(root));
    server_life_init(&life);
    memcpy(home, life.lund.directory, sizeof home);
    for (size_t i = 0; i <= server_steps(); i++) {
        snprintf(prepared[i], sizeof prepared[i], "%s/before-%zu", root, i);
        fault_folder_copy(home, prepared[i]);
        assert_ok(server_life_open(&life));
        dump_hash(sqlite_of(life.lund.store)->db, &after[i]);
        if (i < server_steps())
            assert_ok(server_step(&life, i));
        server_life_close(&life);
    }
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    live_in(home);
    server_life_deinit(&life);
    fault_folder_remove(root);
    return 0;
}

static void steps_under_faults(const char *name, size_t from, size_t to, uint64_t sample) {
    const struct fault_scenario scenario = {.name = name, .run = run, .check = check, .prepared = prepared[from]};
    first = from;
    last = to;
    fault_loop(&scenario, sample);
}

static void no_failing_call_loses_doubles_or_halves_what_is_committed(void **state) {
    UNUSED(state);
    steps_under_faults("commit", 0, 8, 16);
}

static void no_failing_call_leaves_half_of_an_import(void **state) {
    UNUSED(state);
    steps_under_faults("import", 8, 9, 10);
}

static void no_failing_call_leaves_half_of_a_rebuild(void **state) {
    UNUSED(state);
    steps_under_faults("rebuild", 12, 13, 10);
}

// --- A store of an older version: opening it brings it up to date and counts anew ---

static struct hash256 upgraded;

static enum rond_err open_and_close(void *context, const char *directory) {
    UNUSED(context);
    live_in(directory);
    enum rond_err err = server_life_open(&life);
    server_life_close(&life);
    return err;
}

static const char *check_upgraded(void *context, const char *directory, enum rond_err err) {
    struct hash256 now;
    UNUSED(context);
    UNUSED(err);
    live_in(directory);
    if (server_life_open(&life) != ROND_OK)
        return "it does not open";
    const char *fault = server_life_fault(&life, true);
    dump_hash(sqlite_of(life.lund.store)->db, &now);
    server_life_close(&life);
    return fault[0] != '\0' || hash256_equal(&now, &upgraded) ? fault : "it is not what it was brought to undisturbed";
}

// What it comes to undisturbed, in `upgraded`; false where this program opens it as it is.
static bool upgrade_undisturbed(const struct kept_store *kept) {
    char copy[64];
    snprintf(copy, sizeof copy, "%s/upgraded-%s", root, kept->version);
    fault_folder_copy(kept->directory, copy);
    live_in(copy);
    assert_ok(server_life_open(&life));
    dump_hash(sqlite_of(life.lund.store)->db, &upgraded);
    bool was_migrated = kept_store_was_migrated(kept, life.lund.store);
    server_life_close(&life);
    return was_migrated;
}

static void no_failing_call_leaves_a_store_between_two_versions(void **state) {
    UNUSED(state);
    struct kept_store kept[KEPT_STORES_MAX];
    size_t count = kept_stores(kept), migrated = 0;
    for (size_t i = 0; i < count; i++) {
        const struct fault_scenario scenario = {
            .name = "migrate", .run = open_and_close, .check = check_upgraded, .prepared = kept[i].directory};
        if (!upgrade_undisturbed(&kept[i]))
            continue;
        fault_loop(&scenario, 8);
        migrated++;
    }
    assert_true(migrated > 0);
}

#define TEST(name) cmocka_unit_test(name)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(no_failing_call_loses_doubles_or_halves_what_is_committed),
        TEST(no_failing_call_leaves_half_of_an_import),
        TEST(no_failing_call_leaves_half_of_a_rebuild),
        TEST(no_failing_call_leaves_a_store_between_two_versions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
