#include "counting/circle.h"

#include "support/test.h"

enum { LAT = 55705900, LON = 13187100 };

static struct circle at(int32_t north_e6, int32_t east_e6, uint32_t radius_m) {
    return (struct circle){LAT + north_e6, LON + east_e6, radius_m};
}

// A millionth of a degree is 0.1112 m to the north, and 0.0627 m to the east in Lund.
static void circles_overlap_up_to_the_sum_of_their_radii(void **state) {
    (void)state;
    static const struct {
        int32_t north_e6, east_e6;
        uint32_t radius_m, other_m;
        bool overlap, holds;
    } vectors[] = {
        {0, 0, 100, 100, true, true},        {0, 0, 100, 101, true, false},        {899, 0, 200, 100, true, true},
        {900, 0, 200, 99, true, true},       {899, 0, 199, 100, true, false},      {2690, 0, 200, 100, true, false},
        {2705, 0, 200, 100, false, false},   {0, 4770, 200, 100, true, false},     {0, 4800, 200, 100, false, false},
        {1906, 3385, 200, 100, true, false}, {1920, 3410, 200, 100, false, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct circle one = at(0, 0, vectors[i].radius_m);
        struct circle other = at(vectors[i].north_e6, vectors[i].east_e6, vectors[i].other_m);
        if (circle_overlaps(&one, &other) != vectors[i].overlap || circle_holds(&one, &other) != vectors[i].holds)
            fail_msg("vector %zu", i);
        assert_int_equal(circle_overlaps(&other, &one), vectors[i].overlap);
    }
}

static void the_date_line_and_the_poles_are_no_edges(void **state) {
    (void)state;
    struct circle west = {0, -179999500, 100}, east = {0, 179999500, 100};
    assert_true(circle_overlaps(&west, &east)); // 111 m
    struct circle pole = {90000000, 0, 100}, other_side = {90000000, 180000000, 100};
    assert_true(circle_overlaps(&pole, &other_side));
    struct circle north = {90000000, 0, UINT32_MAX}, south = {-90000000, 0, UINT32_MAX};
    assert_true(circle_overlaps(&north, &south));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(circles_overlap_up_to_the_sum_of_their_radii),
        cmocka_unit_test(the_date_line_and_the_poles_are_no_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
