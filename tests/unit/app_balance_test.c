// The sums over a real committer and a real store, and that each of them can fail.
#include "app_inner.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;
static struct app *app;

static void wake(void *context) {
    UNUSED(context);
}

static int setup(void **state) {
    UNUSED(state);
    lund_open(&lund);
    app = calloc(1, sizeof *app);
    assert_non_null(app);
    group_commit_init(&app->group);
    return 0;
}

// The batches were made from the store, and the committer is the one that writes to it.
static void begin(void) {
    struct fault fault = {0};
    const struct app_committer_config config = {
        .data_dir = lund.directory, .clock = clock_system(), .rng = rng_system(), .wake = wake};
    store_close(lund.store);
    lund.store = NULL;
    assert_ok(app_committer_create(&config, &app->committer, &app->catalogue, &app->store_identity, &fault));
    assert_ok(store_open_sqlite(lund.directory, STORE_READ_ONLY, rng_system(), &app->read_only, &fault));
    app_balance_begin(app);
    assert_true(app->balance.begun);
}

static int teardown(void **state) {
    UNUSED(state);
    app_committer_destroy(app->committer);
    group_commit_deinit(&app->group);
    catalogue_unref(app->catalogue);
    store_close(app->read_only);
    free(app);
    lund_close(&lund);
    return 0;
}

static struct submission *batch_of(unsigned device, size_t count) {
    struct record *records = arena_array(&lund.arena, count, sizeof *records);
    for (size_t i = 0; i < count; i++)
        records[i] = sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, (unsigned)i);
    struct submission *submission = submission_create(SUBMISSION_BATCH, 1024);
    assert_non_null(submission);
    submission->batch = *lund_batch(&lund, device, 0, records, count);
    return submission;
}

static struct store_counts counts_of_store(void) {
    struct store_counts counts;
    assert_ok(app->read_only->views->counts(app->read_only, &counts));
    return counts;
}

static void submit(struct submission *submission) {
    assert_ok(group_commit_add(&app->group, submission));
    struct submission *group = group_commit_next(&app->group);
    if (group)
        app_committer_give(app->committer, group);
}

static void what_is_in_flight_and_what_was_committed_add_up_at_every_moment(void **state) {
    UNUSED(state);
    struct submission *first = batch_of(0, 3), *second = batch_of(2, 2);
    begin();
    submit(first);
    submit(second); // waits for the first
    assert_int_equal(app->group.reports, 5);
    assert_int_equal(app_balance_sum(app), 5);
    app_balance_ask(app);
    struct store_counts counts = counts_of_store();
    assert_true(app_balance_answer(app, &counts)); // under way: the two are not compared
    app_committer_stop(app->committer);
    assert_true(app_balance_end(app));
    counts = counts_of_store();
    assert_int_equal(counts.received, 3);
    assert_int_equal(app->group.reports, 2); // never given
    assert_int_equal(app_balance_sum(app), 5);
}

static void a_report_that_falls_between_the_counters_is_told(void **state) {
    UNUSED(state);
    begin();
    app->group.reports_taken++;
    app_committer_stop(app->committer);
    assert_false(app_balance_end(app));
    assert_true(app->balance.disagrees);
}

static void a_store_whose_watermarks_and_rows_differ_is_told(void **state) {
    UNUSED(state);
    begin();
    struct store_counts counts = counts_of_store();
    app_balance_ask(app);
    counts.received++;
    assert_false(app_balance_answer(app, &counts));
}

static void a_store_with_less_than_was_committed_is_told(void **state) {
    UNUSED(state);
    struct submission *batch = batch_of(0, 3);
    begin();
    submit(batch);
    app_committer_stop(app->committer);
    app->balance.start.received++; // as if one were gone
    app->balance.start.reports++;
    assert_false(app_balance_end(app));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_in_flight_and_what_was_committed_add_up_at_every_moment),
        TEST(a_report_that_falls_between_the_counters_is_told),
        TEST(a_store_whose_watermarks_and_rows_differ_is_told),
        TEST(a_store_with_less_than_was_committed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
