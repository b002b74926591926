// The power of a server goes at any operation of its disk, and once more on the way back.
#include <stdio.h>
#include <string.h>

#include "fault/dump.h"
#include "fault/kept_stores.h"
#include "fault/power_run.h"
#include "fault/server_steps.h"
#include "store/sqlite.h"
#include "support/test.h"

static struct server_life life;
static struct power_image *image;

static enum rond_err open_life(void *context) {
    return server_life_open(context);
}

static enum rond_err step(void *context, size_t number) {
    return server_step(context, number);
}

static void close_life(void *context) {
    server_life_close(context);
}

static void digest(void *context, struct hash256 *ret_digest) {
    dump_hash(sqlite_of(((struct server_life *)context)->lund.store)->db, ret_digest);
}

static const char *fault(void *context, bool deeply) {
    return server_life_fault(context, deeply);
}

static struct power_scenario scenario(void) {
    return (struct power_scenario){.steps = server_steps(),
                                   .open = open_life,
                                   .step = step,
                                   .close = close_life,
                                   .digest = digest,
                                   .fault = fault,
                                   .context = &life,
                                   .image = image};
}

static int setup(void **state) {
    UNUSED(state);
    power_disk_format(&(struct power_device){4096, true});
    server_life_init(&life);
    image = power_disk_save();
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    server_life_deinit(&life);
    power_image_destroy(image);
    return 0;
}

static void what_a_store_committed_survives_a_power_cut_at_any_operation(void **state) {
    UNUSED(state);
    const struct power_scenario all = scenario();
    power_run_all(&all, &(struct power_sample){.cuts = 36, .seconds = 1});
}

static unsigned wrong_with(const char *synchronous) {
    const struct power_scenario all = scenario();
    life.synchronous = synchronous;
    return power_run_wrong(&all, 40);
}

static void the_test_sees_where_a_store_does_not_wait_for_the_disk(void **state) {
    UNUSED(state);
    assert_int_equal(wrong_with("FULL"), 0);
    assert_int_not_equal(wrong_with("NORMAL"), 0);
    assert_int_not_equal(wrong_with("OFF"), 0);
}

// --- Stores of older versions; their folders are only read ---

static enum rond_err checkpoint(void *context, size_t number) {
    UNUSED(number);
    struct store *store = ((struct server_life *)context)->lund.store;
    return store->ledger->checkpoint(store, true);
}

// Opened without a cut: whether there is anything on the way that could be half done.
static bool is_migrated(const struct kept_store *kept) {
    power_disk_format(&(struct power_device){4096, true});
    power_disk_cut_at(0);
    assert_ok(server_life_open(&life));
    bool was_migrated = kept_store_was_migrated(kept, life.lund.store);
    server_life_close(&life);
    return was_migrated;
}

static void upgrade_under_power_cuts(void) {
    struct power_scenario upgrade = scenario();
    upgrade.steps = 1;
    upgrade.step = checkpoint;
    upgrade.image = NULL;
    power_run_all(&upgrade, &(struct power_sample){.cuts = 12, .seconds = 1});
}

static void a_store_of_each_older_version_is_the_old_one_or_the_new_one_after_a_power_cut(void **state) {
    UNUSED(state);
    struct kept_store kept[KEPT_STORES_MAX];
    size_t count = kept_stores(kept), migrated = 0;
    char directory[sizeof life.lund.directory];
    memcpy(directory, life.lund.directory, sizeof directory);
    for (size_t i = 0; i < count; i++) {
        snprintf(life.lund.directory, sizeof life.lund.directory, "%s", kept[i].directory);
        if (!is_migrated(&kept[i]))
            continue;
        upgrade_under_power_cuts();
        migrated++;
    }
    memcpy(life.lund.directory, directory, sizeof directory);
    assert_true(migrated > 0);
}

// --- A new one ---

static enum rond_err make(void *context) {
    struct server_life *made = context;
    struct lund *lund = &made->lund;
    rng_seeded_init(&made->seeded, 5);
    enum rond_err err = store_open_sqlite(lund->directory, STORE_CREATE, &made->rng, &lund->store, &made->fault);
    if (err == ROND_ECONFLICT)
        err = store_open_sqlite(lund->directory, STORE_READ_WRITE, &made->rng, &lund->store, &made->fault);
    return err == ROND_OK ? catalogue_create(lund->store, &lund->catalogue, &made->fault) : err;
}

static void a_store_is_made_whole_or_can_be_made_anew_after_a_power_cut(void **state) {
    UNUSED(state);
    struct power_scenario create = scenario();
    create.steps = 1;
    create.step = checkpoint;
    create.open = make;
    create.image = NULL;
    power_run_all(&create, &(struct power_sample){.cuts = 16, .seconds = 1});
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    power_disk_register();
    power_run_watch();
    const struct CMUnitTest tests[] = {
        TEST(what_a_store_committed_survives_a_power_cut_at_any_operation),
        TEST(the_test_sees_where_a_store_does_not_wait_for_the_disk),
        TEST(a_store_of_each_older_version_is_the_old_one_or_the_new_one_after_a_power_cut),
        TEST(a_store_is_made_whole_or_can_be_made_anew_after_a_power_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
