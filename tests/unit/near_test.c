#include "read/near.h"

#include "support/test.h"

static void distances_within_a_town_are_right_within_a_few_metres(void **state) {
    (void)state;
    const struct {
        struct point a, b;
        uint32_t metres;
    } cases[] = {
        {{55704000, 13191000}, {55704000, 13191000}, 0},
        {{55704000, 13191000}, {55705000, 13191000}, 111},
        {{55704000, 13191000}, {55704000, 13192000}, 63}, // Lund
        {{67855000, 20225000}, {67855000, 20226000}, 42}, // Kiruna
        {{0, 0}, {0, 1000000}, 111195},
        {{0, 179999500}, {0, -179999500}, 111},  // over the date line
        {{89999000, 0}, {89999000, 1000000}, 2}, // at the pole
        {{-90000000, 0}, {90000000, 0}, 20015100},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint32_t distance = near_distance_m(&cases[i].a, &cases[i].b), back = near_distance_m(&cases[i].b, &cases[i].a);
        assert_int_equal(distance, back);
        assert_in_range(distance + 3, cases[i].metres, cases[i].metres + 6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(distances_within_a_town_are_right_within_a_few_metres)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
