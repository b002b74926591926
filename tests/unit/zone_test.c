#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/check.h"
#include "counting/zone.h"
#include "support/stockholm.h"

static void civil_dates_and_days_convert_both_ways(void **state) {
    (void)state;
    static const struct {
        int year, month, day_of_month;
        day_t day;
        int weekday;
    } vectors[] = {
        {1970, 1, 1, 0, 3},      {1969, 12, 31, -1, 2},    {2000, 2, 29, 11016, 1}, {2015, 1, 1, 16436, 3},
        {2015, 3, 29, 16523, 6}, {2015, 10, 25, 16733, 6}, {2100, 3, 1, 47541, 0},  {1900, 1, 1, -25567, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        int year, month, day_of_month;
        assert_int_equal(day_from_civil(vectors[i].year, vectors[i].month, vectors[i].day_of_month), vectors[i].day);
        day_to_civil(vectors[i].day, &year, &month, &day_of_month);
        assert_int_equal(year, vectors[i].year);
        assert_int_equal(month, vectors[i].month);
        assert_int_equal(day_of_month, vectors[i].day_of_month);
        assert_int_equal(day_weekday(vectors[i].day), vectors[i].weekday);
    }
    for (day_t day = -200000; day < 200000; day++) {
        int year, month, day_of_month;
        day_to_civil(day, &year, &month, &day_of_month);
        assert_int_equal(day_from_civil(year, month, day_of_month), day);
    }
}

static void a_date_is_read_only_in_its_one_form(void **state) {
    (void)state;
    static const char *const refused[] = {"",           "2015-1-1",   "2015-02-29", "2015-13-01",  "2015-00-10",
                                          "2015-04-31", "2015-04-00", "2015/04/01", " 2015-04-01", "2015-04-0x",
                                          "0000-01-01", "+015-04-01", "2015-04-011"};
    for (size_t i = 0; i < ARRAY_COUNT(refused); i++) {
        day_t day = 77;
        assert_false(day_parse(refused[i], &day));
        assert_int_equal(day, 77);
    }
    day_t day;
    char text[DATE_TEXT_SIZE];
    assert_true(day_parse("2016-02-29", &day));
    day_format(day, text);
    assert_string_equal(text, "2016-02-29");
}

static void local_time_follows_both_clock_changes_of_2015(void **state) {
    (void)state;
    static const struct {
        int64_t at_s;
        const char *date;
        int hour, minute;
    } vectors[] = {
        {1427590799, "2015-03-29", 1, 59},  // the second before 02:00 becomes 03:00
        {1427590800, "2015-03-29", 3, 0},   //
        {1445734799, "2015-10-25", 2, 59},  // the second before 03:00 becomes 02:00
        {1445734800, "2015-10-25", 2, 0},   //
        {1420066800, "2015-01-01", 0, 0},   // winter
        {1420066799, "2014-12-31", 23, 59}, //
        {1435701600, "2015-07-01", 0, 0},   // summer
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct local_time local;
        char date[DATE_TEXT_SIZE];
        zone_local(stockholm(), vectors[i].at_s, &local);
        day_format(local.day, date);
        assert_string_equal(date, vectors[i].date);
        assert_int_equal(local.second / 60, vectors[i].hour * 60 + vectors[i].minute);
    }
}

static void the_days_of_the_changes_have_23_and_25_hours(void **state) {
    (void)state;
    static const struct {
        const char *date;
        int hours;
    } vectors[] = {{"2015-03-28", 24}, {"2015-03-29", 23}, {"2015-03-30", 24}, {"2015-10-25", 25}, {"2015-10-26", 24}};
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        day_t day;
        assert_true(day_parse(vectors[i].date, &day));
        assert_int_equal(zone_instant(stockholm(), day + 1, 0) - zone_instant(stockholm(), day, 0), vectors[i].hours * 3600);
        assert_int_equal(zone_instant(stockholm(), day + 1, 0), zone_instant(stockholm(), day, 1440));
    }
}

static void a_wall_time_that_is_skipped_gives_the_change_and_one_that_repeats_its_first_occurrence(void **state) {
    (void)state;
    assert_int_equal(stockholm_at("2015-03-29 01:59"), 1427590740);
    assert_int_equal(stockholm_at("2015-03-29 02:00"), 1427590800);
    assert_int_equal(stockholm_at("2015-03-29 02:30"), 1427590800);
    assert_int_equal(stockholm_at("2015-03-29 03:00"), 1427590800);
    assert_int_equal(stockholm_at("2015-03-29 03:01"), 1427590860);
    assert_int_equal(stockholm_at("2015-10-25 01:59"), 1445734800 - 3600 - 60);
    assert_int_equal(stockholm_at("2015-10-25 02:30"), 1445734800 - 1800);
    assert_int_equal(stockholm_at("2015-10-25 03:00"), 1445734800 + 3600);
}

static void every_hour_of_ten_years_comes_back_from_its_wall_time(void **state) {
    (void)state;
    for (int64_t at_s = 1262304000; at_s < 1577836800; at_s += 1800) {
        struct local_time local;
        zone_local(stockholm(), at_s, &local);
        int64_t back_s = zone_instant(stockholm(), local.day, local.second / 60);
        assert_true(back_s == at_s || back_s == at_s - 3600); // the repeated hour gives its first occurrence
        struct local_time again;
        zone_local(stockholm(), back_s, &again);
        assert_int_equal(again.day, local.day);
        assert_int_equal(again.second, local.second);
    }
}

static void a_zone_without_transitions_keeps_its_one_offset(void **state) {
    (void)state;
    Rond__V1__TimeZone zone = ROND__V1__TIME_ZONE__INIT;
    zone.offset_before_s = -9000;
    assert_int_equal(zone_offset_s(&zone, 0), -9000);
    assert_int_equal(zone_instant(&zone, 0, 0), 9000);
}

static void an_absurd_moment_is_held_to_the_calendar(void **state) {
    (void)state;
    struct local_time local;
    char date[DATE_TEXT_SIZE];
    zone_local(stockholm(), INT64_MAX, &local);
    day_format(local.day, date);
    assert_string_equal(date, "9999-12-31");
    zone_local(stockholm(), INT64_MIN, &local);
    day_format(local.day, date);
    assert_string_equal(date, "0001-01-01");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(civil_dates_and_days_convert_both_ways),
        cmocka_unit_test(a_date_is_read_only_in_its_one_form),
        cmocka_unit_test(local_time_follows_both_clock_changes_of_2015),
        cmocka_unit_test(the_days_of_the_changes_have_23_and_25_hours),
        cmocka_unit_test(a_wall_time_that_is_skipped_gives_the_change_and_one_that_repeats_its_first_occurrence),
        cmocka_unit_test(every_hour_of_ten_years_comes_back_from_its_wall_time),
        cmocka_unit_test(a_zone_without_transitions_keeps_its_one_offset),
        cmocka_unit_test(an_absurd_moment_is_held_to_the_calendar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
