#include "counting/crowd.h"

#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "support/counting.h"
#include "support/test.h"

enum { TOLD = 60, SEEDS = 300 };

static struct arena arena;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, 16 * 1024 * 1024);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct commitment a_measure(Rond__V1__Measure measure) {
    Rond__V1__Commitment *definition = a_commitment(&arena, measure, ROND__V1__KIND__KIND_UNSPECIFIED);
    definition->follows = definition->id;
    definition->joint = measure == ROND__V1__MEASURE__MEASURE_AT_LEAST;
    add_window(&arena, definition, "", "fri", "20:00", "22:00", 30);
    return derived(a_promise(&arena, definition), 0);
}

static struct contribution at_random(const struct rng *rng, int64_t span_s) {
    struct contribution made = {.quantity = (uint32_t)rng_below(rng, 5), .persons = (uint32_t)(1 + rng_below(rng, 3))};
    made.parts = UINT32_C(1) << rng_below(rng, 4);
    made.organisations = UINT32_C(1) << rng_below(rng, 3);
    made.from_s = (int64_t)rng_below(rng, (uint64_t)span_s);
    made.to_s = made.from_s + (int64_t)rng_below(rng, 900);
    made.finding_state = (uint32_t)(1 + rng_below(rng, 2));
    made.places = (uint32_t)rng_below(rng, 4);
    made.places_open = (uint32_t)rng_below(rng, 8);
    snprintf(made.period, sizeof made.period, "w0");
    return made;
}

static void assert_same_value(const struct commitment *commitment, const struct contribution *told, size_t count,
                              const struct crowd *crowd) {
    struct tally whole, summed;
    enum counting_reason whole_reason, summed_reason;
    uint32_t places, open;
    bucket_value(commitment, told, count, &whole, &whole_reason);
    crowd_value(commitment, crowd, &summed, &summed_reason);
    assert_string_equal(reason_name(summed_reason), reason_name(whole_reason));
    assert_memory_equal(&summed, &whole, sizeof whole);
    assert_string_equal(crowd->period, bucket_period(told, count));
    bucket_places(told, count, &places, &open);
    assert_int_equal(crowd->places, places);
    assert_int_equal(crowd->places_open & ~crowd->places, open);
}

static void a_crowd_comes_to_what_all_that_lies_in_it_comes_to(void **state) {
    (void)state;
    static const Rond__V1__Measure measures[] = {
        ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, ROND__V1__MEASURE__MEASURE_PRESENCE};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng_seeded seeded;
        struct contribution told[TOLD];
        struct crowd crowd = {0};
        rng_seeded_init(&seeded, seed);
        struct rng rng = rng_seeded_as_rng(&seeded);
        arena_reset(&arena);
        struct commitment commitment = a_measure(measures[seed % 3]);
        assert_same_value(&commitment, told, 0, &crowd);
        for (size_t i = 0; i < TOLD; i++) {
            told[i] = at_random(&rng, 7200);
            crowd_add(&crowd, &told[i]);
            assert_false(crowd.overflows);
            assert_same_value(&commitment, told, i + 1, &crowd);
        }
    }
}

static void a_crowd_is_the_same_in_whatever_order_it_gathered(void **state) {
    (void)state;
    struct rng_seeded seeded;
    struct contribution told[TOLD];
    struct crowd there = {0}, back = {0};
    rng_seeded_init(&seeded, 5);
    struct rng rng = rng_seeded_as_rng(&seeded);
    for (size_t i = 0; i < TOLD; i++) {
        told[i] = at_random(&rng, 7200);
        crowd_add(&there, &told[i]);
    }
    for (size_t i = TOLD; i-- > 0;)
        crowd_add(&back, &told[i]);
    assert_int_equal(back.stretches_count, there.stretches_count);
    memset(&there.stretches[there.stretches_count], 0, (CROWD_STRETCHES - there.stretches_count) * sizeof *there.stretches);
    memset(&back.stretches[back.stretches_count], 0, (CROWD_STRETCHES - back.stretches_count) * sizeof *back.stretches);
    assert_memory_equal(&there, &back, sizeof there);
}

static void more_separate_stretches_than_there_is_room_for_are_said_aloud(void **state) {
    (void)state;
    struct crowd crowd = {0};
    struct contribution one = {.persons = 1};
    for (int64_t i = 0; i <= CROWD_STRETCHES; i++) {
        assert_false(crowd.overflows);
        one.from_s = i * 100;
        one.to_s = one.from_s + 50;
        crowd_add(&crowd, &one);
    }
    assert_true(crowd.overflows);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_crowd_comes_to_what_all_that_lies_in_it_comes_to),
        TEST(a_crowd_is_the_same_in_whatever_order_it_gathered),
        TEST(more_separate_stretches_than_there_is_room_for_are_said_aloud),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
