// How far a commitment had come, point by point.
#include "read/course.h"

#include <string.h>

#include "read/progress.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static json_t *course;

static int open_lund(void **state) {
    UNUSED(state);
    lund_open_memory(&lund, rng_system());
    course = NULL;
    return 0;
}

static int close_lund(void **state) {
    UNUSED(state);
    json_decref(course);
    lund_close(&lund);
    return 0;
}

static void ask(const char *path, int64_t now_s) {
    json_decref(course);
    course = NULL;
    assert_ok(read_course(lund.store, lund.catalogue, path, now_s, &course));
}

static const json_t *last_point(void) {
    const json_t *points = field(course, "points");
    return json_array_get(points, json_array_size(points) - 1);
}

static uint64_t check_on(int64_t from_s) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->occurred_from_s = from_s;
    report->occurred_to_s = from_s + 60 * 60;
    return lund_report(&lund, 0, 1, report);
}

enum { DAY_S = 24 * 60 * 60 };

static void the_latest_point_is_of_today_and_says_what_the_figure_says(void **state) {
    UNUSED(state);
    for (int i = 0; i < 3; i++)
        (void)check_on(LUND_NOW_S - (40 - i) * DAY_S);
    ask("lund-2015-trafik/cykel", LUND_NOW_S);
    json_t *now;
    assert_ok(read_progress_of(lund.store, lund.catalogue, "lund-2015-trafik/cykel", LUND_NOW_S, &now));
    assert_string_equal(field_text(last_point(), "day"), "2015-06-01");
    assert_int_equal(field_number(last_point(), "done"), field_number(now, "done"));
    assert_int_equal(field_number(last_point(), "due"), field_number(field(now, "pace"), "due_now"));
    json_decref(now);
}

static void a_point_counts_what_had_happened_by_its_day_and_not_what_came_later(void **state) {
    UNUSED(state);
    (void)check_on(LUND_NOW_S - 100 * DAY_S);
    (void)check_on(LUND_NOW_S - 10 * DAY_S);
    ask("lund-2015-trafik/cykel", LUND_NOW_S);
    json_int_t before = -1;
    size_t i;
    json_t *point;
    json_array_foreach(field(course, "points"), i, point) {
        const char *day = field_text(point, "day");
        json_int_t done = field_number(point, "done");
        assert_true(done >= before); // nothing is taken back
        before = done;
        assert_int_equal(done, strcmp(day, "2015-02-21") < 0 ? 0 : strcmp(day, "2015-05-22") < 0 ? 1 : 2);
    }
    assert_true(json_array_size(field(course, "points")) <= COURSE_POINTS_MAX);
}

static void a_corrected_report_counts_on_the_day_of_its_correction(void **state) {
    UNUSED(state);
    (void)check_on(LUND_NOW_S - 100 * DAY_S);
    struct report_key key = lund_key_of(0, 1, 1);
    Rond__V1__Report *correction = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    correction->occurred_from_s = LUND_NOW_S - 3 * DAY_S;
    correction->occurred_to_s = correction->occurred_from_s + 60;
    correction->corrects = lund_identity(&lund.arena, &key);
    (void)lund_report(&lund, 0, 1, correction);
    ask("lund-2015-trafik/cykel", LUND_NOW_S);
    const json_t *points = field(course, "points");
    assert_int_equal(field_number(json_array_get(points, json_array_size(points) - 4), "done"), 0);
    assert_int_equal(field_number(last_point(), "done"), 1);
}

static void presence_belongs_to_the_day_on_which_its_window_opened(void **state) {
    UNUSED(state);
    (void)lund_report(&lund, 0, 1, sample_report(&lund.arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0));
    ask("lund-2015-station/narvaro", LUND_NOW_S);
    json_t *now;
    assert_ok(read_progress_of(lund.store, lund.catalogue, "lund-2015-station/narvaro", LUND_NOW_S, &now));
    assert_int_equal(field_number(last_point(), "done"), field_number(now, "done"));
    json_decref(now);
}

static void before_it_begins_there_is_no_course_and_of_nothing_none(void **state) {
    UNUSED(state);
    ask("lund-2015-trafik/cykel", LUND_NOW_S - 400 * (int64_t)DAY_S);
    assert_int_equal(json_array_size(field(course, "points")), 0);
    assert_false(field_truth(course, "too_many"));
    assert_err(ROND_ENOTFOUND, read_course(lund.store, lund.catalogue, "lund-2015-trafik/flyg", LUND_NOW_S, &course));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_latest_point_is_of_today_and_says_what_the_figure_says),
        TEST(a_point_counts_what_had_happened_by_its_day_and_not_what_came_later),
        TEST(a_corrected_report_counts_on_the_day_of_its_correction),
        TEST(presence_belongs_to_the_day_on_which_its_window_opened),
        TEST(before_it_begins_there_is_no_course_and_of_nothing_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
