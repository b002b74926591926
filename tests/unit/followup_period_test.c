// read/followup_period.c: tertials and whole periods, wherever they begin, in the area's time zone.
#include "read/followup_period.h"

#include <string.h>

#include "support/stockholm.h"
#include "support/test.h"

static Rond__V1__Promise promise_of(const char *from, const char *to) {
    static char id[] = "p";
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    promise.id = id;
    promise.from = (char *)(uintptr_t)from;
    promise.to = (char *)(uintptr_t)to;
    return promise;
}

static enum rond_err find(const char *from, const char *to, const char *name, const char *now, bool early,
                          struct followup_period *ret_period) {
    struct fault fault = {0};
    Rond__V1__Promise promise = promise_of(from, to);
    enum rond_err err = followup_period_find(&promise, stockholm(), name, stockholm_at(now), early, ret_period, &fault);
    assert_int_equal(err != ROND_OK, fault.text[0] != '\0');
    return err;
}

static void assert_days(const struct followup_period *period, const char *from, const char *to, const char *until) {
    char text[DATE_TEXT_SIZE];
    day_format(period->from, text);
    assert_string_equal(text, from);
    day_format(period->to, text);
    assert_string_equal(text, to);
    day_format(period->until, text);
    assert_string_equal(text, until);
}

static void a_tertial_is_cut_to_the_period_of_the_promise(void **state) {
    static const struct {
        const char *from, *to, *name, *first, *last;
    } cases[] = {
        {"2015-01-01", "2015-12-31", "2015-T1", "2015-01-01", "2015-04-30"},
        {"2015-01-01", "2015-12-31", "2015-T2", "2015-05-01", "2015-08-31"},
        {"2015-01-01", "2015-12-31", "2015-T3", "2015-09-01", "2015-12-31"},
        {"2015-01-01", "2015-12-31", "final", "2015-01-01", "2015-12-31"},
        {"2016-07-01", "2018-06-30", "2016-T2", "2016-07-01", "2016-08-31"},
        {"2016-07-01", "2018-06-30", "2017-T1", "2017-01-01", "2017-04-30"},
        {"2016-07-01", "2018-06-30", "2018-T2", "2018-05-01", "2018-06-30"},
        {"2016-07-01", "2018-06-30", "final", "2016-07-01", "2018-06-30"},
        {"2015-04-30", "2015-05-01", "2015-T1", "2015-04-30", "2015-04-30"},
        {"2015-04-30", "2015-05-01", "2015-T2", "2015-05-01", "2015-05-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct followup_period period;
        assert_ok(find(cases[i].from, cases[i].to, cases[i].name, "2020-01-01 12:00", false, &period));
        assert_days(&period, cases[i].first, cases[i].last, cases[i].last);
        assert_string_equal(period.name, cases[i].name);
        assert_false(period.is_early);
    }
}

static void its_moments_are_midnights_of_the_area(void **state) {
    struct followup_period period;
    assert_ok(find("2015-01-01", "2015-12-31", "2015-T1", "2020-01-01 12:00", false, &period));
    assert_int_equal(period.from_s, stockholm_at("2015-01-01 00:00"));  // winter
    assert_int_equal(period.until_s, stockholm_at("2015-05-01 00:00")); // summer
}

static void what_has_not_ended_is_not_published_unless_early_is_said(void **state) {
    struct followup_period period;
    assert_err(ROND_ECONFLICT, find("2015-01-01", "2015-12-31", "2015-T1", "2015-04-30 23:59", false, &period));
    assert_ok(find("2015-01-01", "2015-12-31", "2015-T1", "2015-05-01 00:00", false, &period));
    assert_ok(find("2015-01-01", "2015-12-31", "2015-T1", "2015-04-30 23:59", true, &period));
    assert_days(&period, "2015-01-01", "2015-04-30", "2015-04-29");
    assert_true(period.is_early);
    assert_int_equal(period.until_s, stockholm_at("2015-04-30 00:00"));
    assert_ok(find("2015-01-01", "2015-12-31", "2015-T1", "2015-05-01 00:00", true, &period)); // ended: nothing early
    assert_false(period.is_early);
}

static void what_has_not_begun_is_never_published(void **state) {
    struct followup_period period;
    assert_err(ROND_ECONFLICT, find("2015-01-01", "2015-12-31", "2015-T2", "2015-05-01 23:59", true, &period));
    assert_ok(find("2015-01-01", "2015-12-31", "2015-T2", "2015-05-02 00:00", true, &period));
    assert_err(ROND_ECONFLICT, find("2015-01-01", "2015-12-31", "2015-T3", "2015-05-01 23:59", true, &period));
}

static void a_tertial_beside_the_promise_is_said_not_to_be_there(void **state) {
    struct followup_period period;
    assert_err(ROND_ENOTFOUND, find("2016-07-01", "2018-06-30", "2016-T1", "2020-01-01 12:00", true, &period));
    assert_err(ROND_ENOTFOUND, find("2016-07-01", "2018-06-30", "2018-T3", "2020-01-01 12:00", false, &period));
}

static void what_is_no_period_is_refused(void **state) {
    static const char *const names[] = {"",      "2015",    "2015-T0",  "2015-T4", "2015-T12", "2015-Q1", "2015-t1",
                                        "15-T1", "201x-T1", " 2015-T1", "Final",   "2015-T1 ", "0000-T1", "2015-05"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct followup_period period;
        assert_err(ROND_EINVALID, find("2015-01-01", "2015-12-31", names[i], "2020-01-01 12:00", false, &period));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tertial_is_cut_to_the_period_of_the_promise),
        cmocka_unit_test(its_moments_are_midnights_of_the_area),
        cmocka_unit_test(what_has_not_ended_is_not_published_unless_early_is_said),
        cmocka_unit_test(what_has_not_begun_is_never_published),
        cmocka_unit_test(a_tertial_beside_the_promise_is_said_not_to_be_there),
        cmocka_unit_test(what_is_no_period_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
