// When refused devices are told to come back.
#include "sync/retry.h"

#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static struct rng_seeded seeded;
static struct rng rng;

static int seed(void **state) {
    UNUSED(state);
    rng_seeded_init(&seeded, 7);
    rng = rng_seeded_as_rng(&seeded);
    return 0;
}

static void two_thousand_that_are_sent_away_come_back_over_the_time_it_takes_to_let_them_in(void **state) {
    UNUSED(state);
    struct retry retry = {.rng = &rng, .devices = 2000};
    uint32_t first_ms = UINT32_MAX, last_ms = 0;
    unsigned in_a_second[RETRY_MS_MAX / 1000 + 1] = {0}, most = 0;
    for (int i = 0; i < 2000; i++) {
        uint32_t after_ms = retry_after_ms(&retry, CODE_DRAINING);
        first_ms = after_ms < first_ms ? after_ms : first_ms;
        last_ms = after_ms > last_ms ? after_ms : last_ms;
        most = ++in_a_second[after_ms / 1000] > most ? in_a_second[after_ms / 1000] : most;
    }
    assert_true(first_ms >= 2000);
    assert_true(last_ms - first_ms > 2000 * 2);
    assert_true(most < 500);
}

static void few_are_not_kept_waiting_for_the_crowd(void **state) {
    UNUSED(state);
    struct retry retry = {.rng = &rng, .devices = 1};
    for (int i = 0; i < 100; i++)
        assert_in_range(retry_after_ms(&retry, CODE_DRAINING), 2000, 3100);
}

static void however_many_there_are_it_stays_within_the_bound(void **state) {
    UNUSED(state);
    struct retry retry = {.rng = &rng, .devices = SIZE_MAX / 8};
    for (int i = 0; i < 100; i++)
        assert_in_range(retry_after_ms(&retry, CODE_STORE_FULL), 5000, RETRY_MS_MAX);
}

static void where_waiting_mends_nothing_nothing_is_said(void **state) {
    UNUSED(state);
    struct retry retry = {.rng = &rng, .devices = 2000};
    assert_int_equal(retry_after_ms(&retry, CODE_DEVICE_REVOKED), 0);
    assert_int_equal(retry_after_ms(&retry, CODE_SUPERSEDED), 0);
    assert_int_equal(retry_after_ms(NULL, CODE_BUSY), 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_thousand_that_are_sent_away_come_back_over_the_time_it_takes_to_let_them_in, seed),
        cmocka_unit_test_setup(few_are_not_kept_waiting_for_the_crowd, seed),
        cmocka_unit_test_setup(however_many_there_are_it_stays_within_the_bound, seed),
        cmocka_unit_test_setup(where_waiting_mends_nothing_nothing_is_said, seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
