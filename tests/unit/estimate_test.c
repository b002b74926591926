#include "ingest/estimate.h"
#include "support/test.h"

enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };
static const int64_t NOW_MS = 1431000000000;

static const struct hello_clock RIGHT = {.wall_ms = NOW_MS, .boot_id = 7, .monotonic_ms = 10 * HOUR_MS, .server_ms = NOW_MS};

static Rond__V1__Report report_queued(uint64_t boot_id, uint64_t monotonic_ms, int64_t claimed_ms) {
    Rond__V1__Report report = ROND__V1__REPORT__INIT;
    report.boot_id = boot_id;
    report.monotonic_ms = monotonic_ms;
    report.claimed_ms = claimed_ms;
    report.occurred_from_s = claimed_ms / 1000 - 600;
    report.occurred_to_s = claimed_ms / 1000;
    return report;
}

static void within_one_boot_the_age_decides_whatever_the_wall_clock_says(void **state) {
    (void)state;
    struct hello_clock clock = RIGHT;
    clock.wall_ms = 12345; // a wall clock that starts in 1970
    Rond__V1__Report report = report_queued(7, 8 * HOUR_MS, 99000);
    struct time_estimate estimate;
    estimate_time(&clock, &report, NOW_MS, &estimate);
    assert_int_equal(estimate.claimed_ms, NOW_MS - 2 * HOUR_MS);
    assert_int_equal(estimate.to_s, NOW_MS / 1000 - 2 * 3600);
    assert_int_equal(estimate.from_s, estimate.to_s - 600);
    assert_int_equal(estimate.uncertainty_s, 2); // 0.72 s of drift and the handshake
}

static void across_boots_a_right_wall_clock_is_believed(void **state) {
    (void)state;
    struct hello_clock clock = RIGHT;
    clock.wall_ms -= 30 * 1000;
    Rond__V1__Report report = report_queued(8, 5, NOW_MS - 3 * HOUR_MS);
    struct time_estimate estimate;
    estimate_time(&clock, &report, NOW_MS, &estimate);
    assert_int_equal(estimate.claimed_ms, report.claimed_ms);
    assert_int_equal(estimate.from_s, report.occurred_from_s);
    assert_int_equal(estimate.uncertainty_s, 31);
}

static void across_boots_a_wrong_wall_clock_is_moved_and_said_to_be_uncertain(void **state) {
    (void)state;
    struct hello_clock clock = RIGHT;
    clock.wall_ms -= 2 * HOUR_MS;
    Rond__V1__Report report = report_queued(8, 5, NOW_MS - 5 * HOUR_MS);
    struct time_estimate estimate;
    estimate_time(&clock, &report, NOW_MS, &estimate);
    assert_int_equal(estimate.claimed_ms, NOW_MS - 3 * HOUR_MS);
    assert_int_equal(estimate.to_s, report.occurred_to_s + 2 * 3600);
    assert_int_equal(estimate.uncertainty_s, 2 * 3600 + 1);
}

static void a_report_queued_after_the_hello_is_estimated_between_hello_and_now(void **state) {
    (void)state;
    Rond__V1__Report report = report_queued(7, 10 * HOUR_MS + 5 * MINUTE_MS, NOW_MS + 5 * MINUTE_MS);
    struct time_estimate estimate;
    estimate_time(&RIGHT, &report, NOW_MS + 6 * MINUTE_MS, &estimate);
    assert_int_equal(estimate.claimed_ms, NOW_MS + 5 * MINUTE_MS);
}

static void nothing_is_estimated_to_be_queued_later_than_now(void **state) {
    (void)state;
    Rond__V1__Report same = report_queued(7, 20 * HOUR_MS, NOW_MS + 10 * HOUR_MS);
    Rond__V1__Report other = report_queued(9, 0, NOW_MS + 10 * HOUR_MS);
    struct time_estimate estimate;
    estimate_time(&RIGHT, &same, NOW_MS, &estimate);
    assert_int_equal(estimate.claimed_ms, NOW_MS);
    assert_int_equal(estimate.to_s, NOW_MS / 1000);
    estimate_time(&RIGHT, &other, NOW_MS, &estimate);
    assert_int_equal(estimate.claimed_ms, NOW_MS);
}

static void absurd_claims_are_held_to_the_range_of_their_types(void **state) {
    (void)state;
    static const int64_t absurd[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < ARRAY_COUNT(absurd); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(absurd); j++) {
            struct hello_clock clock = {
                .wall_ms = absurd[i], .boot_id = j % 2, .monotonic_ms = (uint64_t)absurd[j], .server_ms = NOW_MS};
            Rond__V1__Report report = ROND__V1__REPORT__INIT;
            report.claimed_ms = absurd[j];
            report.monotonic_ms = (uint64_t)absurd[i];
            report.occurred_from_s = absurd[j];
            report.occurred_to_s = absurd[i];
            struct time_estimate estimate;
            estimate_time(&clock, &report, NOW_MS, &estimate);
            assert_true(estimate.claimed_ms <= NOW_MS);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_one_boot_the_age_decides_whatever_the_wall_clock_says),
        cmocka_unit_test(across_boots_a_right_wall_clock_is_believed),
        cmocka_unit_test(across_boots_a_wrong_wall_clock_is_moved_and_said_to_be_uncertain),
        cmocka_unit_test(a_report_queued_after_the_hello_is_estimated_between_hello_and_now),
        cmocka_unit_test(nothing_is_estimated_to_be_queued_later_than_now),
        cmocka_unit_test(absurd_claims_are_held_to_the_range_of_their_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
