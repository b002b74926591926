// One device's share of a minute, and of a day.
#include "sync/quota.h"

#include "support/test.h"

static const struct quota_limits LIMITS = {
    .batches_per_minute = 60, .reports_per_minute = 6000, .kib_per_minute = 600, .mib_per_day = 4};

static int64_t wait_of(struct quota *quota, int64_t now_ms, uint64_t reports, uint64_t bytes) {
    int64_t wait_ms = 0;
    return quota_take(quota, &LIMITS, now_ms, reports, bytes, &wait_ms) ? 0 : wait_ms;
}

static void a_minutes_worth_goes_through_at_once_and_no_more(void **state) {
    UNUSED(state);
    struct quota quota = {0};
    for (int i = 0; i < 6; i++)
        assert_int_equal(wait_of(&quota, 1000, 1000, 1024), 0);
    assert_true(wait_of(&quota, 1000, 1, 1) > 0);
}

static void each_bound_of_a_minute_holds_by_itself(void **state) {
    UNUSED(state);
    struct quota batches = {0}, reports = {0}, bytes = {0};
    for (int i = 0; i < 60; i++)
        assert_int_equal(wait_of(&batches, 0, 0, 0), 0);
    assert_int_equal(wait_of(&batches, 0, 0, 0), 1000); // one a second comes back
    assert_int_equal(wait_of(&reports, 0, 6000, 0), 0);
    assert_int_equal(wait_of(&reports, 0, 100, 0), 1000);
    assert_int_equal(wait_of(&bytes, 0, 0, UINT64_C(600) * 1024), 0);
    assert_int_equal(wait_of(&bytes, 0, 0, 10 * 1024), 1000);
}

// What it sends stays on the disk: at the pace of the minute's bound it would be 844 MiB by the evening.
static void in_a_day_no_more_than_a_days_worth_goes_through(void **state) {
    UNUSED(state);
    enum { DAY_S = 24 * 60 * 60, PIECE = 100 * 1024 };
    struct quota quota = {0};
    uint64_t taken = 0;
    for (int64_t at_s = 0; at_s < DAY_S; at_s += 10)
        taken += wait_of(&quota, at_s * 1000, 1, PIECE) == 0 ? PIECE : 0;
    assert_in_range(taken, 2 * 4 * 1024 * 1024 - PIECE, 2 * 4 * 1024 * 1024); // full at first, and once more over the day
    int64_t wait_ms = wait_of(&quota, (int64_t)DAY_S * 1000, 1, 4 * 1024 * 1024);
    assert_in_range(wait_ms, 23 * 60 * 60 * 1000, DAY_S * 1000);
    assert_int_equal(wait_of(&quota, (int64_t)DAY_S * 1000 + wait_ms, 1, 4 * 1024 * 1024), 0);
}

static void what_is_refused_is_not_taken(void **state) {
    UNUSED(state);
    struct quota quota = {0};
    assert_int_equal(wait_of(&quota, 0, 6000, 0), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(wait_of(&quota, 0, 600, 0), 6000);
    assert_int_equal(wait_of(&quota, 6000, 600, 0), 0);
}

static void it_is_there_when_it_was_said_to_be_and_not_before(void **state) {
    UNUSED(state);
    struct quota quota = {0};
    assert_int_equal(wait_of(&quota, 500, 6000, 0), 0);
    int64_t wait_ms = wait_of(&quota, 500, 77, 0);
    assert_true(wait_ms > 1);
    assert_true(wait_of(&quota, 500 + wait_ms - 1, 77, 0) > 0);
    assert_int_equal(wait_of(&quota, 500 + wait_ms, 77, 0), 0);
}

static void a_minute_fills_it_and_it_never_holds_more_than_that(void **state) {
    UNUSED(state);
    struct quota quota = {0};
    assert_int_equal(wait_of(&quota, 0, 6000, 0), 0);
    assert_int_equal(wait_of(&quota, 60 * 1000, 6000, 0), 0);
    assert_int_equal(wait_of(&quota, INT64_MAX / 2, 6000, 0), 0);
    assert_true(wait_of(&quota, INT64_MAX / 2, 1, 0) > 0);
}

static void a_clock_that_steps_back_gives_nothing(void **state) {
    UNUSED(state);
    struct quota quota = {0};
    assert_int_equal(wait_of(&quota, 90000, 6000, 0), 0);
    assert_true(wait_of(&quota, 0, 1, 0) > 0);
    assert_true(wait_of(&quota, 90000, 1, 0) > 0);
}

static void one_batch_that_is_larger_than_a_minutes_worth_passes_a_full_bucket(void **state) {
    UNUSED(state);
    struct quota quota = {0};
    assert_int_equal(wait_of(&quota, 0, 100000, 0), 0);
    assert_int_equal(wait_of(&quota, 0, 100000, 0), 60 * 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minutes_worth_goes_through_at_once_and_no_more),
        cmocka_unit_test(each_bound_of_a_minute_holds_by_itself),
        cmocka_unit_test(in_a_day_no_more_than_a_days_worth_goes_through),
        cmocka_unit_test(what_is_refused_is_not_taken),
        cmocka_unit_test(it_is_there_when_it_was_said_to_be_and_not_before),
        cmocka_unit_test(a_minute_fills_it_and_it_never_holds_more_than_that),
        cmocka_unit_test(a_clock_that_steps_back_gives_nothing),
        cmocka_unit_test(one_batch_that_is_larger_than_a_minutes_worth_passes_a_full_bucket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
