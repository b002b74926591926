#include "promise/delta.h"

#include <stdio.h>
#include <string.h>

#include "support/lund.h"
#include "support/test.h"

// ---- A store that says what it was asked and given ----

static struct lund lund;
static struct ledger_ops counting_ledger;
static const struct ledger_ops *real_ledger;
static size_t buckets_loaded;
static struct fold_changes stored;

static enum rond_err count_loads(struct store *store, const struct bucket_key *buckets, size_t count, struct arena *arena,
                                 struct bucket_contents *ret_contents) {
    buckets_loaded += count;
    return real_ledger->contributions_in(store, buckets, count, arena, ret_contents);
}

static enum rond_err note_stored(struct store *store, const struct fold_changes *changes) {
    stored = *changes;
    return real_ledger->fold_store(store, changes);
}

static int open_lund(void **state) {
    (void)state;
    lund_open_memory(&lund, rng_system());
    real_ledger = lund.store->ledger;
    counting_ledger = *real_ledger;
    counting_ledger.contributions_in = count_loads;
    counting_ledger.fold_store = note_stored;
    lund.store->ledger = &counting_ledger;
    lund_begin(&lund);
    for (unsigned i = 0; i < 6; i++) // rows to contribute with
        lund_append(&lund, 0, i, sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, i));
    buckets_loaded = 0;
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_commit(&lund);
    lund_close(&lund);
    return 0;
}

static uint32_t number_of(const char *path) {
    return catalogue_commitment_by_path(lund.catalogue, path)->number;
}

#define CYCLE "lund-2015-trafik/cykel"
#define TAXI "lund-2015-trafik/taxi"
#define MONTHLY "lund-2015-station/samverkan"

static struct delta start(uint64_t first_row, uint64_t last_row) {
    return (struct delta){.store = lund.store,
                          .catalogue = lund.catalogue,
                          .arena = &lund.arena,
                          .first_row = first_row,
                          .last_row = last_row,
                          .tells_outcomes = true};
}

static struct stored_contribution counted(uint64_t row, const char *path, const char *bucket, const char *period,
                                          uint32_t organisations) {
    struct stored_contribution one = {.row = row, .commitment = number_of(path)};
    one.value = (struct contribution){.quantity = 1, .parts = 1, .organisations = organisations, .from_s = (int64_t)row};
    strcpy(one.value.bucket, bucket);
    strcpy(one.value.period, period);
    return one;
}

static struct tally total(const char *path, const char *period) {
    struct period_total *totals;
    size_t count;
    struct tally sum = {0};
    assert_ok(lund.store->views->totals(lund.store, number_of(path), &lund.arena, &totals, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(totals[i].period, period) == 0)
            tally_add(&sum, &totals[i].tally);
    return sum;
}

static void put(struct delta *delta, struct stored_contribution one, bool alone) {
    assert_ok(delta_add(delta, &one, 1, alone));
}

static void take(struct delta *delta, uint64_t row) {
    struct bucket_contents contents;
    assert_ok(lund.store->ledger->contributions_of(lund.store, &row, 1, &lund.arena, &contents));
    assert_ok(delta_remove(delta, row, &contents));
}

// ---- Tests ----

static void a_plain_report_loads_no_bucket(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    put(&delta, counted(1, CYCLE, "r:aa:1", "", 0), true);
    put(&delta, counted(2, CYCLE, "r:bb:1", "", 0), true);
    assert_ok(delta_store(&delta));
    assert_int_equal(buckets_loaded, 0);
    assert_int_equal(total(CYCLE, "").count, 2);
    assert_int_equal(stored.totals_count, 1);
}

static void a_bucket_is_loaded_once_however_many_reports_touch_it(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    for (uint64_t row = 1; row <= 4; row++)
        put(&delta, counted(row, CYCLE, "a:joint", "", 0), true);
    assert_ok(delta_store(&delta));
    assert_int_equal(buckets_loaded, 1);
    assert_int_equal(total(CYCLE, "").count, 1);
    assert_int_equal(total(CYCLE, "").reports, 4);
}

static void taking_out_what_was_put_in_leaves_nothing(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    put(&delta, counted(1, CYCLE, "a:joint", "", 0), false);
    put(&delta, counted(2, CYCLE, "a:joint", "", 0), false);
    assert_ok(delta_store(&delta));
    delta = start(0, 0);
    take(&delta, 2);
    take(&delta, 1);
    assert_ok(delta_store(&delta));
    struct tally left = total(CYCLE, "");
    assert_true(tally_is_zero(&left));
}

static void a_joint_activity_across_two_months_lies_in_the_earlier_and_moves_with_it(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    put(&delta, counted(2, MONTHLY, "a:night", "2015-02", 0), false);
    assert_ok(delta_store(&delta));
    assert_int_equal(total(MONTHLY, "2015-02").count, 1);
    delta = start(1, 1);
    put(&delta, counted(1, MONTHLY, "a:night", "2015-01", 0), false); // happened before
    assert_ok(delta_store(&delta));
    assert_int_equal(total(MONTHLY, "2015-01").count, 1);
    assert_int_equal(total(MONTHLY, "2015-02").count, 0);
    assert_int_equal(total(MONTHLY, "2015-02").reports, 0);
}

static void what_is_replaced_by_the_same_changes_no_total(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    put(&delta, counted(1, CYCLE, "r:aa:1", "", 0), true);
    assert_ok(delta_store(&delta));
    delta = start(0, 0);
    take(&delta, 1);
    put(&delta, counted(1, CYCLE, "r:aa:1", "", 0), false);
    assert_ok(delta_store(&delta));
    assert_int_equal(stored.totals_count, 0);
    assert_int_equal(total(CYCLE, "").count, 1);
}

static void when_a_bucket_starts_to_count_those_who_lay_in_it_are_told(void **state) {
    (void)state;
    struct delta delta = start(1, 1);
    put(&delta, counted(1, TAXI, "a:joint", "", 1), false);
    assert_ok(delta_store(&delta));
    assert_int_equal(stored.outcomes_count, 0); // new: told anyway
    delta = start(2, 2);
    put(&delta, counted(2, TAXI, "a:joint", "", 2), false);
    assert_ok(delta_store(&delta));
    struct id128 outbox = lund_outbox(0, 0);
    assert_int_equal(stored.outcomes_count, 1);
    assert_true(id128_equal(&stored.outcomes[0].outbox, &outbox));
    delta = start(3, 3);
    put(&delta, counted(3, TAXI, "a:joint", "", 2), false);
    assert_ok(delta_store(&delta));
    assert_int_equal(stored.outcomes_count, 0); // nothing became another for anybody
}

static void a_report_folded_for_the_first_time_is_not_told_twice(void **state) {
    (void)state;
    struct delta delta = start(2, 3);
    struct report_key key = lund_key_of(0, 0, 1);
    for (uint64_t row = 1; row <= 4; row++)
        assert_ok(delta_tell(&delta, row, &key));
    assert_int_equal(delta.outcomes_count, 2);
    delta.tells_outcomes = false;
    assert_ok(delta_tell(&delta, 1, &key));
    assert_int_equal(delta.outcomes_count, 2);
}

static void a_bucket_thought_empty_is_loaded_where_another_report_knows_better(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    put(&delta, counted(1, CYCLE, "r:aa:1", "", 0), false);
    assert_ok(delta_store(&delta));
    delta = start(2, 6);
    put(&delta, counted(2, CYCLE, "r:aa:1", "", 0), true);
    put(&delta, counted(3, CYCLE, "r:aa:1", "", 0), false);
    assert_ok(delta_store(&delta));
    assert_int_equal(total(CYCLE, "").count, 1);
}

static void contributions_of_a_commitment_that_is_gone_have_no_value(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    struct stored_contribution one = counted(1, CYCLE, "r:aa:1", "", 0);
    one.commitment = 4711;
    assert_ok(delta_add(&delta, &one, 1, true));
    assert_ok(delta_store(&delta));
    assert_int_equal(stored.added_count, 1);
    assert_int_equal(stored.totals_count, 0);
}

static void many_buckets_are_told_apart(void **state) {
    (void)state;
    struct delta delta = start(1, 6);
    for (unsigned i = 0; i < 500; i++) {
        char bucket[32];
        snprintf(bucket, sizeof bucket, "a:%u", i % 250);
        put(&delta, counted(1 + i % 6, CYCLE, bucket, "", 0), false);
    }
    assert_ok(delta_store(&delta));
    assert_int_equal(buckets_loaded, 250);
    assert_int_equal(total(CYCLE, "").count, 250);
    assert_int_equal(total(CYCLE, "").reports, 500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_plain_report_loads_no_bucket),
        TEST(a_bucket_is_loaded_once_however_many_reports_touch_it),
        TEST(taking_out_what_was_put_in_leaves_nothing),
        TEST(a_joint_activity_across_two_months_lies_in_the_earlier_and_moves_with_it),
        TEST(what_is_replaced_by_the_same_changes_no_total),
        TEST(when_a_bucket_starts_to_count_those_who_lay_in_it_are_told),
        TEST(a_report_folded_for_the_first_time_is_not_told_twice),
        TEST(a_bucket_thought_empty_is_loaded_where_another_report_knows_better),
        TEST(contributions_of_a_commitment_that_is_gone_have_no_value),
        TEST(many_buckets_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
