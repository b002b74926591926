// Times as people type and read them: in the area's local time, which is not known without reference data.
#include "cli/wall_time.h"

#include "support/test.h"

#include <string.h>

#include "clock_changes.h"
#include "handheld.h"

enum { NEAR_S = 1433152800 }; // 2015-06-01 12:00 in Stockholm

// The computer's zone is never that of the area, so that a test sees which was taken. No file of zones is needed.
static int setup(void **state, bool has_reference) {
    static struct handheld handheld;
    setenv("TZ", "XST+7", 1);
    tzset();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    if (has_reference)
        handheld_reference(&handheld);
    *state = &handheld;
    return 0;
}

static int setup_area(void **state) {
    return setup(state, true);
}

static int setup_unknown(void **state) {
    return setup(state, false);
}

static int teardown(void **state) {
    handheld_close(*state);
    unsetenv("TZ");
    tzset();
    return 0;
}

static rond *rond_of(void **state) {
    return ((struct handheld *)*state)->rond;
}

static void assert_is(rond *r, const char *text, int64_t at_s) {
    int64_t got_s = -1;
    if (wall_time_parse(r, text, NEAR_S, &got_s) != ROND_OK || got_s != at_s)
        fail_msg("'%s' is %lld, not %lld", text, (long long)got_s, (long long)at_s);
}

static void assert_answers(rond *r, const char *text, enum rond_err expected) {
    int64_t at_s = 17;
    enum rond_err err = wall_time_parse(r, text, NEAR_S, &at_s);
    if (err != expected || at_s != 17)
        fail_msg("'%s' is answered with %s", text, rond_err_name(err));
}

static void local_times_over_both_changes_are_the_moments_promised(void **state) {
    char with_t[WALL_TIME_SIZE];
    for (size_t i = 0; i < ARRAY_COUNT(clock_changes); i++) {
        assert_is(rond_of(state), clock_changes[i].wall, clock_changes[i].at_s);
        strcpy(with_t, clock_changes[i].wall);
        with_t[10] = 'T';
        assert_is(rond_of(state), with_t, clock_changes[i].at_s);
    }
}

static void a_time_of_day_is_that_of_the_day_it_is_near(void **state) {
    static const struct {
        int64_t near_s;
        const char *text;
        int64_t at_s;
    } cases[] = {
        {NEAR_S, "12:00", NEAR_S},
        {NEAR_S, "00:00", NEAR_S - 12 * 3600},
        {NEAR_S, "23:59", NEAR_S + 12 * 3600 - 60},
        {NEAR_S + 12 * 3600, "00:00", NEAR_S + 12 * 3600}, // the local midnight begins a day, not that of UTC
        {SPRING_CHANGE_S + 3600, "02:30", SPRING_CHANGE_S},
        {AUTUMN_CHANGE_S, "02:30", AUTUMN_CHANGE_S - 1800}, // within the second 02:00: still the first 02:30
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        int64_t at_s = 0;
        assert_ok(wall_time_parse(rond_of(state), cases[i].text, cases[i].near_s, &at_s));
        assert_int_equal(at_s, cases[i].at_s);
    }
}

static void what_is_no_time_is_refused(void **state) {
    static const char *const wrong[] = {
        "24:00",
        "12:60",
        "1:30",
        "+1:+3",
        "-1:-3",
        "12:00 ",
        " 2:00",
        "noon",
        "@",
        "@-1",
        "@ 1",
        "@12x",
        "@9223372036854775807",
        "@99999999999999999999999",
        "2015-05-08T14:00:00",
        "2015-05-08T14:00:00+2:00",
        "2015-05-08T14:00:00+0200",
        "2015-05-08T14:00:00+02:00x",
        "2015-05-08T14:00:00Zulu",
        "2015-05-08T14:00:00 02:00",
        "2015-05-08T14:00:00+-1:30",
        "2015-05-08T14:00:00+24:00",
        "2015-05-08T14:00:00+02:60",
        "2015-05-08T14:00:60Z",
        "2015-05-08T14:00:-1Z",
        "2015-05-08T14:-5:00Z",
        "2015-05-08T-1:00:00Z",
        "2015-05-08T25:00:00Z",
        "2015-02-30T14:00:00Z",
        "2015-05-08T14:00:00.5Z",
        "+015-05-08T14:00:00Z",
        "2015-05-08X14:00:00Z",
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_answers(rond_of(state), wrong[i], ROND_EINVALID);
    for (size_t i = 0; i < ARRAY_COUNT(no_wall_times); i++)
        assert_answers(rond_of(state), no_wall_times[i], ROND_EINVALID);
}

static void moments_are_the_same_whatever_the_zone(void **state) {
    assert_is(rond_of(state), "@0", 0);
    assert_is(rond_of(state), "@1433152800", NEAR_S);
    assert_is(rond_of(state), "2015-06-01T10:00:00Z", NEAR_S);
    assert_is(rond_of(state), "2015-06-01t10:00:00z", NEAR_S);
    assert_is(rond_of(state), "2015-06-01 10:00:00+00:00", NEAR_S);
    assert_is(rond_of(state), "2015-06-01T12:00:00+02:00", NEAR_S);
    assert_is(rond_of(state), "2015-05-31T23:30:00-10:30", NEAR_S);
    assert_is(rond_of(state), "2016-02-29T00:00:00-00:00", 1456704000);
}

static void a_time_is_shown_as_the_area_reads_it(void **state) {
    static const struct {
        int64_t at_s;
        const char *text, *rfc3339;
    } cases[] = {
        {NEAR_S, "2015-06-01 12:00", "2015-06-01T12:00:00+02:00"},
        {SPRING_CHANGE_S - 1, "2015-03-29 01:59", "2015-03-29T01:59:59+01:00"},
        {SPRING_CHANGE_S, "2015-03-29 03:00", "2015-03-29T03:00:00+02:00"},
        {AUTUMN_CHANGE_S - 1, "2015-10-25 02:59", "2015-10-25T02:59:59+02:00"},
        {AUTUMN_CHANGE_S, "2015-10-25 02:00", "2015-10-25T02:00:00+01:00"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[WALL_TIME_SIZE];
        wall_time_format(rond_of(state), cases[i].at_s, text);
        assert_string_equal(text, cases[i].text);
        json_t *json = wall_time_json(rond_of(state), cases[i].at_s);
        assert_string_equal(json_string_value(json), cases[i].rfc3339);
        json_decref(json);
        assert_is(rond_of(state), cases[i].rfc3339, cases[i].at_s); // what is shown can be typed
    }
    json_t *none = wall_time_json(rond_of(state), 0);
    assert_true(json_is_null(none));
    json_decref(none);
}

static void a_time_beyond_any_calendar_is_shown_as_unknown(void **state) {
    char text[WALL_TIME_SIZE];
    wall_time_format(rond_of(state), INT64_MAX / 2, text);
    assert_string_equal(text, "?");
}

static void a_local_time_is_not_taken_while_the_zone_is_unknown(void **state) {
    static const char *const local[] = {"12:00", "00:00", "2015-06-01 12:00", "2015-06-01T12:00"};
    for (size_t i = 0; i < ARRAY_COUNT(local); i++)
        assert_answers(rond_of(state), local[i], ROND_ENOTFOUND);
    for (size_t i = 0; i < ARRAY_COUNT(clock_changes); i++)
        assert_answers(rond_of(state), clock_changes[i].wall, ROND_ENOTFOUND);
}

static void a_time_is_shown_in_utc_while_the_zone_is_unknown(void **state) {
    char text[WALL_TIME_SIZE];
    wall_time_format(rond_of(state), NEAR_S, text);
    assert_string_equal(text, "2015-06-01 10:00 UTC");
    json_t *json = wall_time_json(rond_of(state), NEAR_S);
    assert_string_equal(json_string_value(json), "2015-06-01T10:00:00Z");
    assert_is(rond_of(state), json_string_value(json), NEAR_S); // what is shown can be typed
    json_decref(json);
}

#define TEST_AREA(name) cmocka_unit_test_setup_teardown(name, setup_area, teardown)
#define TEST_UNKNOWN(name)                                                                                                  \
    { #name "_without_reference_data", name, setup_unknown, teardown, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST_AREA(local_times_over_both_changes_are_the_moments_promised),
        TEST_AREA(a_time_of_day_is_that_of_the_day_it_is_near),
        TEST_AREA(what_is_no_time_is_refused),
        TEST_UNKNOWN(what_is_no_time_is_refused),
        TEST_AREA(moments_are_the_same_whatever_the_zone),
        TEST_UNKNOWN(moments_are_the_same_whatever_the_zone),
        TEST_AREA(a_time_is_shown_as_the_area_reads_it),
        TEST_AREA(a_time_beyond_any_calendar_is_shown_as_unknown),
        TEST_UNKNOWN(a_local_time_is_not_taken_while_the_zone_is_unknown),
        TEST_UNKNOWN(a_time_is_shown_in_utc_while_the_zone_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
