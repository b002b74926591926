// The committer thread over a real store, and a disk that is full for a while.
#include "app_committer.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "support/lund.h"
#include "support/test.h"

enum { ARENA_BYTES_MAX = 1024 * 1024, WAIT_MS = 10 * 1000 };

static struct lund lund;
static struct app_committer *committer;
static struct catalogue *catalogue;
static struct store_identity identity;
static atomic_int wakes, ran;
static atomic_bool held;

static void sleep_ms(long ms) {
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

static void wake(void *context) {
    assert_ptr_equal(context, &lund);
    atomic_fetch_add(&wakes, 1);
}

static void open_committer(void) {
    const struct app_committer_config config = {
        .data_dir = lund.directory, .clock = clock_system(), .rng = rng_system(), .wake = wake, .context = &lund};
    struct fault fault = {0};
    assert_ok(app_committer_create(&config, &committer, &catalogue, &identity, &fault));
}

static int setup(void **state) {
    UNUSED(state);
    lund_open(&lund);
    store_close(lund.store); // one connection may write
    lund.store = NULL;
    atomic_store(&wakes, 0);
    atomic_store(&ran, 0);
    atomic_store(&held, false);
    open_committer();
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    app_committer_destroy(committer);
    catalogue_unref(catalogue);
    lund_close(&lund);
    return 0;
}

static char place_id[] = "a-new-place", area_id[] = "lund";

static enum rond_err put_place(struct submission *submission, struct store *store) {
    Rond__V1__Place place = ROND__V1__PLACE__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    atomic_fetch_add(&ran, 1);
    while (atomic_load(&held))
        sleep_ms(1);
    place.id = place.name = entry.id = place_id;
    place.area = area_id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PLACE;
    entry.place = &place;
    enum rond_err err = store->registry->reference_put(store, &entry, NULL);
    submission->changes_catalogue = err == ROND_OK;
    return err;
}

static enum rond_err write_much(struct submission *submission, struct store *store) {
    static char detail[100 * 1000];
    UNUSED(submission);
    atomic_fetch_add(&ran, 1);
    memset(detail, 'x', sizeof detail - 1);
    const struct audit_row row = {.at_ms = 1, .actor = "test", .action = "much", .detail = detail};
    return store->registry->audit(store, &row);
}

static enum rond_err refuse(struct submission *submission, struct store *store) {
    UNUSED(store);
    return fault_set(&submission->fault, ROND_ECONFLICT, 0, "field", "It is not to be.");
}

static struct submission *command(enum rond_err (*run)(struct submission *submission, struct store *store)) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    assert_non_null(submission);
    submission->command = run;
    return submission;
}

static struct submission *take(void) {
    struct catalogue *newer = NULL;
    struct submission *group = NULL;
    for (int waited_ms = 0; !(group = app_committer_take(committer, &newer)); waited_ms++) {
        assert_true(waited_ms < WAIT_MS);
        sleep_ms(1);
    }
    if (newer) {
        catalogue_unref(catalogue);
        catalogue = newer;
    }
    return group;
}

// Runs one command, and what came of it.
static enum rond_err run(enum rond_err (*what)(struct submission *submission, struct store *store)) {
    app_committer_give(committer, command(what));
    struct submission *group = take();
    enum rond_err err = group->err;
    submission_destroy(group);
    return err;
}

static struct app_committer_status status(void) {
    struct app_committer_status now;
    app_committer_status(committer, &now);
    return now;
}

static void it_opens_with_the_stores_identity_and_its_catalogue(void **state) {
    UNUSED(state);
    assert_false(id128_is_zero(&identity.store_id));
    assert_non_null(catalogue_promise(catalogue, "lund-2015-trafik"));
    assert_ok(status().trouble.err);
    assert_int_equal(status().busy_ms, 0);
    struct catalogue *newer = NULL;
    assert_null(app_committer_take(committer, &newer));
    assert_null(newer);
}

static void a_group_comes_back_with_its_results_and_a_newer_catalogue(void **state) {
    UNUSED(state);
    assert_null(catalogue_place(catalogue, place_id));
    assert_ok(run(put_place));
    assert_non_null(catalogue_place(catalogue, place_id));
    assert_int_equal(atomic_load(&wakes), 1);
    uint64_t revision = catalogue_revision(catalogue);
    assert_ok(run(write_much));
    assert_int_equal(catalogue_revision(catalogue), revision);
    assert_int_equal(status().census.groups, 2);
    assert_true(status().commit_us_sum > 0);
}

static void a_refused_command_leaves_the_store_to_be_trusted(void **state) {
    UNUSED(state);
    assert_err(ROND_ECONFLICT, run(refuse));
    assert_ok(status().trouble.err);
    assert_int_equal(status().census.failed_groups, 0);
    assert_ok(run(put_place));
}

static void how_long_a_group_takes_is_seen_from_outside(void **state) {
    UNUSED(state);
    atomic_store(&held, true);
    app_committer_give(committer, command(put_place));
    for (int waited_ms = 0; status().busy_ms < 20; waited_ms++) {
        assert_true(waited_ms < WAIT_MS);
        sleep_ms(1);
    }
    atomic_store(&held, false);
    submission_destroy(take());
    assert_int_equal(status().busy_ms, 0);
}

static void a_full_disk_fails_the_group_and_the_store_is_opened_anew_for_the_next(void **state) {
    UNUSED(state);
    struct rlimit before, none;
    assert_ok(run(put_place));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 4096; // writes beyond fail as they do on a disk that is full
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum rond_err first = run(write_much), second = run(write_much);
    bool worked = !status().trouble.err;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_not_equal(first, ROND_OK);
    assert_int_not_equal(second, ROND_OK);
    assert_false(worked);
    assert_int_equal(status().census.failed_groups, 2);
    assert_ok(run(write_much));
    assert_ok(status().trouble.err);
    assert_int_equal(status().census.failed_groups, 2);
}

static void trouble_ends_by_itself_when_something_can_be_written_again(void **state) {
    UNUSED(state);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    enum rond_err err = run(write_much);
    struct app_trouble during = status().trouble;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_not_equal(err, ROND_OK);
    assert_int_not_equal(during.err, ROND_OK);
    assert_true(during.text[0] != '\0');
    for (int waited_ms = 0; status().trouble.err; waited_ms += 20) { // nobody gives it anything
        assert_true(waited_ms < WAIT_MS);
        sleep_ms(20);
    }
    assert_int_equal(status().trouble.begun, 1);
}

// Overwrites the root page of a table in the file itself.
static void spoil(const char *table) {
    char path[96], sql[128], junk[4096];
    sqlite3 *db;
    sqlite3_stmt *statement;
    (void)snprintf(path, sizeof path, "%s/rond.db", lund.directory);
    (void)snprintf(sql, sizeof sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    long page = (long)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    memset(junk, 0xa5, sizeof junk);
    int descriptor = open(path, O_WRONLY);
    assert_int_equal(pwrite(descriptor, junk, sizeof junk, (page - 1) * (long)sizeof junk), sizeof junk);
    close(descriptor);
}

static void to_a_store_that_is_malformed_nothing_more_is_written(void **state) {
    UNUSED(state);
    app_committer_destroy(committer);
    catalogue_unref(catalogue);
    spoil("devices");
    open_committer();
    struct submission *hello = submission_create(SUBMISSION_HELLO, ARENA_BYTES_MAX);
    hello->device = lund_device(0);
    hello->outbox = lund_outbox(0, 0);
    app_committer_give(committer, hello);
    struct submission *group = take();
    assert_err(ROND_ECORRUPT, group->err);
    submission_destroy(group);
    assert_err(ROND_ECORRUPT, status().trouble.err);
    assert_err(ROND_ECORRUPT, run(put_place)); // which needs nothing of what is spoilt
    assert_int_equal(atomic_load(&ran), 0);
    assert_err(ROND_ECORRUPT, status().trouble.err);
    assert_int_equal(status().trouble.begun, 1);
}

static void what_was_committed_is_there_after_the_end(void **state) {
    UNUSED(state);
    assert_ok(run(put_place));
    app_committer_destroy(committer);
    catalogue_unref(catalogue);
    open_committer();
    assert_non_null(catalogue_place(catalogue, place_id));
}

static void destroying_finishes_what_was_given_and_frees_what_nobody_took(void **state) {
    UNUSED(state);
    atomic_store(&held, true);
    app_committer_give(committer, command(put_place));
    while (atomic_load(&ran) == 0)
        sleep_ms(1);
    atomic_store(&held, false);
    app_committer_destroy(committer); // the thread sanitizer and the leak checker look on
    catalogue_unref(catalogue);
    assert_int_equal(atomic_load(&ran), 1);
    open_committer();
    assert_non_null(catalogue_place(catalogue, place_id));
    app_committer_destroy(NULL);
}

static void without_a_store_it_does_not_begin(void **state) {
    UNUSED(state);
    const struct app_committer_config config = {
        .data_dir = "/nonexistent", .clock = clock_system(), .rng = rng_system(), .wake = wake, .context = &lund};
    struct app_committer *second = NULL;
    struct catalogue *of_second = NULL;
    struct store_identity nobody;
    struct fault fault = {0};
    assert_err(ROND_ENOTFOUND, app_committer_create(&config, &second, &of_second, &nobody, &fault));
    assert_true(fault.text[0] != '\0');
    assert_null(second);
    assert_null(of_second);
}

static long size_of(const char *name) {
    char path[96];
    struct stat file;
    (void)snprintf(path, sizeof path, "%s/%s", lund.directory, name);
    return stat(path, &file) ? -1 : (long)file.st_size;
}

static void in_a_lull_the_write_ahead_log_goes_into_the_store(void **state) {
    UNUSED(state);
    long before = size_of("rond.db");
    assert_ok(run(write_much));
    assert_int_equal(size_of("rond.db"), before);
    for (int waited_ms = 0; size_of("rond.db") < before + 90 * 1000; waited_ms += 20) {
        if (waited_ms >= WAIT_MS)
            fail_msg("%ld bytes before, %ld now", before, size_of("rond.db"));
        sleep_ms(20);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        TEST(it_opens_with_the_stores_identity_and_its_catalogue),
        TEST(a_group_comes_back_with_its_results_and_a_newer_catalogue),
        TEST(a_refused_command_leaves_the_store_to_be_trusted),
        TEST(how_long_a_group_takes_is_seen_from_outside),
        TEST(a_full_disk_fails_the_group_and_the_store_is_opened_anew_for_the_next),
        TEST(trouble_ends_by_itself_when_something_can_be_written_again),
        TEST(to_a_store_that_is_malformed_nothing_more_is_written),
        TEST(what_was_committed_is_there_after_the_end),
        TEST(destroying_finishes_what_was_given_and_frees_what_nobody_took),
        TEST(without_a_store_it_does_not_begin),
        TEST(in_a_lull_the_write_ahead_log_goes_into_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
