#include "backoff.h"

#include <stdlib.h>

#include "support/test.h"
#include "wire/limits.h"

static int64_t worst_after(unsigned failures, struct rng *rng) {
    int64_t worst = 0;
    for (int i = 0; i < 200; i++) {
        struct backoff backoff = {0};
        int64_t wait_ms = 0;
        for (unsigned n = 0; n <= failures; n++)
            wait_ms = backoff_next_ms(&backoff, rng, 0);
        assert_in_range(wait_ms, RETRY_MS_MIN, RETRY_MS_MAX);
        worst = wait_ms > worst ? wait_ms : worst;
    }
    return worst;
}

static void the_wait_grows_with_each_failure_and_stays_within_its_bounds(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 1);
    struct rng rng = rng_seeded_as_rng(&seeded);
    assert_in_range(worst_after(0, &rng), RETRY_MS_MIN, 2 * RETRY_MS_MIN);
    assert_in_range(worst_after(3, &rng), 12 * RETRY_MS_MIN, 16 * RETRY_MS_MIN);
    assert_in_range(worst_after(40, &rng), RETRY_MS_MAX / 2, RETRY_MS_MAX);
}

static void devices_cut_off_together_do_not_come_back_together(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 2);
    struct rng rng = rng_seeded_as_rng(&seeded);
    struct backoff a = {.failures = 6}, b = {.failures = 6};
    int same = 0;
    for (int i = 0; i < 20; i++)
        same += backoff_next_ms(&a, &rng, 0) == backoff_next_ms(&b, &rng, 0);
    assert_in_range(same, 0, 2);
}

static int by_value(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

// What a server restarted after an outage sees: it must not be a wave.
static void two_thousand_devices_are_spread_from_the_first_failure_on(void **state) {
    enum { DEVICES = 2000 };
    static int64_t waits_ms[DEVICES];
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 5);
    struct rng rng = rng_seeded_as_rng(&seeded);
    for (size_t i = 0; i < DEVICES; i++) {
        struct backoff backoff = {0};
        waits_ms[i] = backoff_next_ms(&backoff, &rng, 0);
    }
    qsort(waits_ms, DEVICES, sizeof *waits_ms, by_value);
    for (size_t i = DEVICES / 5; i < DEVICES; i++) // in no tenth of a second more than a fifth of them
        assert_true(waits_ms[i] - waits_ms[i - DEVICES / 5] > RETRY_MS_MIN / 10);
}

static void a_servers_word_is_a_floor_that_is_bounded_itself(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 3);
    struct rng rng = rng_seeded_as_rng(&seeded);
    struct backoff backoff = {0};
    assert_in_range(backoff_next_ms(&backoff, &rng, 60000), 60000, 60000 + RETRY_MS_MIN);
    assert_in_range(backoff_next_ms(&backoff, &rng, INT64_MAX), RETRY_MS_MAX, RETRY_MS_MAX + RETRY_MS_MIN);
}

static void success_begins_anew(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 4);
    struct rng rng = rng_seeded_as_rng(&seeded);
    struct backoff backoff = {.failures = 9};
    backoff_reset(&backoff);
    assert_in_range(backoff_next_ms(&backoff, &rng, 0), RETRY_MS_MIN, 2 * RETRY_MS_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_grows_with_each_failure_and_stays_within_its_bounds),
        cmocka_unit_test(devices_cut_off_together_do_not_come_back_together),
        cmocka_unit_test(two_thousand_devices_are_spread_from_the_first_failure_on),
        cmocka_unit_test(a_servers_word_is_a_floor_that_is_bounded_itself),
        cmocka_unit_test(success_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
