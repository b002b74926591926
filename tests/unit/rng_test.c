#include "base/rng.h"

#include <string.h>

#include "support/test.h"

static void the_same_seed_gives_the_same_run_and_another_seed_another(void **state) {
    struct rng_seeded a, b, c;
    rng_seeded_init(&a, 42);
    rng_seeded_init(&b, 42);
    rng_seeded_init(&c, 43);
    struct rng ra = rng_seeded_as_rng(&a), rb = rng_seeded_as_rng(&b), rc = rng_seeded_as_rng(&c);
    uint8_t x[29], y[29], z[29];
    rng_fill(&ra, x, sizeof x);
    rng_fill(&rb, y, sizeof y);
    rng_fill(&rc, z, sizeof z);
    assert_memory_equal(x, y, sizeof x);
    assert_memory_not_equal(x, z, sizeof x);
}

static void the_generator_is_xoshiro256_star_star(void **state) {
    struct rng_seeded seeded = {.state = {1, 2, 3, 4}};
    struct rng rng = rng_seeded_as_rng(&seeded);
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240};
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++)
        assert_true(rng_u64(&rng) == expected[i]);
}

static void below_reaches_every_value_and_never_the_bound(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 1);
    struct rng rng = rng_seeded_as_rng(&seeded);
    unsigned seen[7] = {0};
    for (int i = 0; i < 7000; i++) {
        uint64_t value = rng_below(&rng, 7);
        assert_true(value < 7);
        seen[value]++;
    }
    for (size_t i = 0; i < ARRAY_COUNT(seen); i++)
        assert_in_range(seen[i], 850, 1150);
    assert_true(rng_below(&rng, 1) == 0);
}

static void the_system_generator_does_not_repeat_itself(void **state) {
    uint8_t a[32] = {0}, b[32] = {0};
    rng_fill(rng_system(), a, sizeof a);
    rng_fill(rng_system(), b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_run_and_another_seed_another),
        cmocka_unit_test(the_generator_is_xoshiro256_star_star),
        cmocka_unit_test(below_reaches_every_value_and_never_the_bound),
        cmocka_unit_test(the_system_generator_does_not_repeat_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
