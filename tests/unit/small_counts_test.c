// Small counts are not told, and cannot be found by subtraction.
#include "read/small_counts.h"

#include <stdio.h>

#include "support/test.h"

// "12 . 40": what is told of the counts.
static const char *told(const int64_t *counts, size_t count) {
    static char text[200];
    bool hidden[16];
    size_t used = 0;
    small_counts_hide(counts, count, hidden);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (hidden[i])
            used += (size_t)snprintf(text + used, sizeof text - used, "%s.", i > 0 ? " " : "");
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%lld", i > 0 ? " " : "", (long long)counts[i]);
    }
    return text;
}
#define TOLD(...) told((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

static void large_counts_are_told(void **state) {
    UNUSED(state);
    assert_string_equal(TOLD(5, 12, 40), "5 12 40");
    assert_string_equal(TOLD(5), "5");
    assert_string_equal(told(NULL, 0), "");
}

static void a_small_count_takes_the_next_one_with_it(void **state) {
    UNUSED(state);
    assert_string_equal(TOLD(12, 4, 40), ". . 40");
    assert_string_equal(TOLD(12, 40, 1), ". 40 .");
    assert_string_equal(TOLD(0, 12), ". .");
    assert_string_equal(TOLD(4), ".");
}

static void what_is_left_out_together_is_no_small_count_either(void **state) {
    UNUSED(state);
    assert_string_equal(TOLD(2, 3, 12, 40), ". . 12 40");
    assert_string_equal(TOLD(2, 2, 12, 40), ". . . 40");
    assert_string_equal(TOLD(0, 0, 12, 40), ". . . 40"); // two noughts whose sum is known were known themselves
    assert_string_equal(TOLD(0, 0, 0), ". . .");
}

static void of_equal_counts_the_later_one_is_told(void **state) {
    UNUSED(state);
    assert_string_equal(TOLD(9, 9, 1), ". 9 .");
}

// By whoever knows the sum and what is told: with one left out it would be plain, and with several whose sum is small as
// well.
static void nobody_finds_a_small_count_by_subtraction(void **state) {
    UNUSED(state);
    for (int64_t a = 0; a < 9; a++)
        for (int64_t b = 0; b < 9; b++)
            for (int64_t c = 0; c < 9; c++) {
                const int64_t counts[] = {a, b, c};
                bool hidden[3];
                size_t n = 0;
                int64_t sum = 0;
                small_counts_hide(counts, 3, hidden);
                for (size_t i = 0; i < 3; i++) {
                    assert_true(hidden[i] || counts[i] >= SMALL_COUNT);
                    n += hidden[i];
                    sum += hidden[i] ? counts[i] : 0;
                }
                assert_true(n == 0 || n == 3 || (n >= 2 && sum >= SMALL_COUNT));
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_counts_are_told),
        cmocka_unit_test(a_small_count_takes_the_next_one_with_it),
        cmocka_unit_test(what_is_left_out_together_is_no_small_count_either),
        cmocka_unit_test(of_equal_counts_the_later_one_is_told),
        cmocka_unit_test(nobody_finds_a_small_count_by_subtraction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
