#include "counting/edges.h"

#include "support/counting.h"
#include "support/test.h"

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct commitment season_of(const char *from, const char *to) {
    Rond__V1__Promise *promise =
        a_promise(&arena, a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK));
    promise->from = arena_text(&arena, "2010-01-01");
    promise->to = arena_text(&arena, "2019-12-31");
    promise->commitments[0]->season_from = arena_text(&arena, from);
    promise->commitments[0]->season_to = arena_text(&arena, to);
    return derived(promise, 0);
}

static bool is_unsure(const struct commitment *commitment, const char *at, uint32_t uncertainty_s) {
    struct counted_report report = counted(NULL, 1, "polisen", at, at);
    report.uncertainty_s = uncertainty_s;
    return edges_unsure(commitment, &report);
}

static void a_doubt_wider_than_a_season_is_seen_though_both_its_ends_lie_outside(void **state) {
    (void)state;
    struct commitment week = season_of("06-01", "06-07");
    enum { DAY = 86400 };
    assert_false(is_unsure(&week, "2015-05-01 12:00", 10 * DAY));
    assert_true(is_unsure(&week, "2015-05-01 12:00", 50 * DAY)); // 12 March to 20 June
    assert_true(is_unsure(&week, "2015-06-04 12:00", 4 * DAY));
    assert_false(is_unsure(&week, "2015-06-04 12:00", 2 * DAY));
}

static void a_season_over_a_leap_day_or_the_new_year_has_its_own_edges(void **state) {
    (void)state;
    struct commitment leap = season_of("02-29", "02-29"), winter = season_of("11-15", "02-15");
    assert_true(is_unsure(&leap, "2015-03-01 12:00", 365 * 86400 + 100000)); // reaches 29 February 2016
    assert_false(is_unsure(&leap, "2013-03-01 12:00", 300 * 86400));
    assert_false(is_unsure(&winter, "2014-12-31 23:59", 86400));
    assert_true(is_unsure(&winter, "2015-02-15 23:59", 120));
}

// The night of 25 October 2015 is an hour longer: from 23:30 on the 24th to midnight of the 25th are 25 and a half hours.
static void a_day_of_a_clock_change_is_as_long_as_it_is(void **state) {
    (void)state;
    struct commitment autumn = season_of("10-24", "10-25"), spring = season_of("03-28", "03-29");
    enum { HOUR = 3600 };
    assert_false(is_unsure(&autumn, "2015-10-24 23:30", 23 * HOUR));
    assert_true(is_unsure(&autumn, "2015-10-24 23:30", 26 * HOUR));
    assert_false(is_unsure(&autumn, "2015-10-25 00:30", 24 * HOUR)); // an ordinary day would be over
    assert_true(is_unsure(&spring, "2015-03-29 00:30", 23 * HOUR));  // this one is
    assert_false(is_unsure(&spring, "2015-03-29 00:30", 22 * HOUR));
}

static void the_ends_of_time_do_not_overflow(void **state) {
    (void)state;
    assert_true(edges_earliest_s(INT64_MIN + 5, 10) == INT64_MIN);
    assert_true(edges_latest_s(INT64_MAX - 5, 10) == INT64_MAX);
    struct commitment week = season_of("06-01", "06-07");
    struct counted_report report = counted(NULL, 1, "polisen", "2015-05-01 12:00", "2015-05-01 12:00");
    report.from_s = INT64_MIN;
    report.uncertainty_s = UINT32_MAX;
    assert_false(edges_unsure(&week, &report));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_doubt_wider_than_a_season_is_seen_though_both_its_ends_lie_outside),
        TEST(a_season_over_a_leap_day_or_the_new_year_has_its_own_edges),
        TEST(a_day_of_a_clock_change_is_as_long_as_it_is),
        TEST(the_ends_of_time_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
