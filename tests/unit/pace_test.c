#include "counting/pace.h"

#include <string.h>

#include "base/check.h"
#include "support/counting.h"
#include "support/test.h"

static struct arena arena;

static int setup(void **state) {
    UNUSED(state);
    arena_init(&arena, 4 * 1024 * 1024);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    arena_deinit(&arena);
    return 0;
}

static struct commitment of(Rond__V1__Commitment *definition) {
    return derived(a_promise(&arena, definition), 0);
}

static struct commitment at_least(uint64_t target) {
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    definition->target = target;
    return of(definition);
}

static struct pace paced(const struct commitment *commitment, struct period_total total, const char *now) {
    struct progress progress;
    struct pace pace;
    progress_at(commitment, &total, 1, stockholm_at(now), &progress);
    pace_at(commitment, &progress, stockholm_at(now), &pace);
    return pace;
}

static struct period_total done(int64_t count) {
    return (struct period_total){.tally = {.count = count, .reports = count}};
}

static const char *day_text(day_t day) {
    static char text[DATE_TEXT_SIZE];
    day_format(day, text);
    return text;
}

static void the_line_leads_month_by_month_to_the_target(void **state) {
    UNUSED(state);
    struct commitment commitment = at_least(12);
    struct pace pace = paced(&commitment, done(5), "2015-07-01 08:00");
    assert_true(pace.known);
    assert_int_equal(pace.due_now, 5); // 181 of 365 days
    assert_int_equal(pace.remaining, 7);
    assert_int_equal(pace.days_left, 184);
    assert_int_equal(pace.points_count, 6);
    assert_string_equal(day_text(pace.points[0].day), "2015-07-31");
    assert_int_equal(pace.points[0].due, 6);
    assert_string_equal(day_text(pace.points[5].day), "2015-12-31");
    assert_int_equal(pace.points[5].due, 12);
}

static void days_out_of_season_ask_for_nothing(void **state) {
    UNUSED(state);
    char from[] = "09-01", to[] = "11-30";
    struct commitment commitment = at_least(9);
    Rond__V1__Commitment *definition = (Rond__V1__Commitment *)(uintptr_t)commitment.definition;
    definition->season_from = from;
    definition->season_to = to;
    commitment = of(definition);
    struct pace pace = paced(&commitment, done(0), "2015-08-31 12:00");
    assert_int_equal(pace.due_now, 0);
    assert_int_equal(pace.days_left, 91);
    assert_int_equal(pace.points[0].due, 0); // August
    assert_int_equal(pace.points[3].due, 9); // November
    assert_int_equal(pace.points[4].due, 9); // December
}

static void a_rate_is_due_when_a_period_has_passed(void **state) {
    UNUSED(state);
    Rond__V1__Commitment *definition = a_commitment(&arena, ROND__V1__MEASURE__MEASURE_RATE, ROND__V1__KIND__KIND_MEETING);
    definition->target = 2;
    definition->per = ROND__V1__PER__PER_MONTH;
    struct commitment commitment = of(definition);
    struct pace pace = paced(&commitment, done(0), "2015-04-15 12:00");
    assert_int_equal(pace.target, 12);
    assert_int_equal(pace.due_now, 3);
    assert_int_equal(pace.points[0].due, 4);
    definition->about = true; // judged by the meetings themselves
    pace = paced(&commitment, done(5), "2015-04-15 12:00");
    assert_int_equal(pace.target, 24);
    assert_int_equal(pace.due_now, 6);
    assert_int_equal(pace.done, 5);
}

static void a_window_over_midnight_is_due_on_the_day_after(void **state) {
    UNUSED(state);
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_PRESENCE, ROND__V1__KIND__KIND_VISIBLE_PATROL);
    add_window(&arena, definition, "lund-c", "thu", "20:00", "02:00", 60); // 2015-12-31 is a Thursday
    struct commitment commitment = of(definition);
    struct period_total none = {.period = "w0"};
    struct pace pace = paced(&commitment, none, "2015-01-02 00:30"); // it opened on the 1st and closes at 02:00
    assert_int_equal(pace.due_now, 0);
    pace = paced(&commitment, none, "2015-01-03 00:30");
    assert_int_equal(pace.due_now, 1);
    assert_string_equal(day_text(pace.points[pace.points_count - 1].day), "2015-12-31"); // though the window closes after it
    assert_int_equal(pace.points[pace.points_count - 1].due, 53);
    assert_int_equal(pace.target, 53);
    pace = paced(&commitment, none, "2015-12-31 12:00");
    assert_int_equal(pace.points_count, 1);
    assert_int_equal(pace.points[0].due, 53);
    assert_int_equal(pace.due_now, 52);
}

static void nothing_is_paced_without_a_target(void **state) {
    UNUSED(state);
    struct commitment counted_only =
        of(a_commitment(&arena, ROND__V1__MEASURE__MEASURE_UNQUANTIFIED, ROND__V1__KIND__KIND_CHECK));
    assert_false(paced(&counted_only, done(7), "2015-07-01 08:00").known);
    Rond__V1__Commitment *definition =
        a_commitment(&arena, ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED, ROND__V1__KIND__KIND_SAFETY_WALK);
    definition->follows = definition->id;
    struct commitment actions = of(definition);
    struct period_total open = {.tally = {.actions_open = 2, .actions_closed = 1}};
    assert_false(paced(&actions, open, "2015-07-01 08:00").known);
}

static void a_forecast_is_given_only_where_enough_lies_behind_it(void **state) {
    UNUSED(state);
    static const struct {
        const char *now;
        int64_t count;
        bool carries;
        int64_t at_end;
    } vectors[] = {
        {"2015-07-02 12:00", 6, true, 12},  // 182 days for 6
        {"2015-07-02 12:00", 2, false, 0},  // too few
        {"2015-01-20 12:00", 19, false, 0}, // less than 30 days
        {"2015-03-20 12:00", 19, false, 0}, // less than a quarter
        {"2015-04-03 12:00", 10, true, 39}, // 92 days for 10
        {"2016-01-01 12:00", 9, false, 0},  // it is over
    };
    struct commitment commitment = at_least(10);
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        struct pace pace = paced(&commitment, done(vectors[i].count), vectors[i].now);
        struct forecast forecast;
        forecast_at(&commitment, &pace, stockholm_at(vectors[i].now), &forecast);
        assert_int_equal(forecast.carries, vectors[i].carries);
        assert_int_equal(forecast.at_end, vectors[i].at_end);
        assert_int_equal(forecast.text_en[0] != '\0', vectors[i].carries);
        assert_int_equal(strstr(forecast.text_sv, "om takten hittills") != NULL, vectors[i].carries);
    }
}

static void a_period_of_decades_keeps_its_last_point(void **state) {
    UNUSED(state);
    char to[] = "2045-06-30";
    struct commitment commitment = at_least(1000);
    ((Rond__V1__Promise *)(uintptr_t)commitment.promise)->to = to;
    commitment = derived(commitment.promise, 0);
    struct pace pace = paced(&commitment, done(0), "2015-01-01 08:00");
    assert_int_equal(pace.points_count, PACE_POINTS_MAX);
    assert_string_equal(day_text(pace.points[PACE_POINTS_MAX - 1].day), "2045-06-30");
    assert_int_equal(pace.points[PACE_POINTS_MAX - 1].due, 1000);
}

static void what_is_closed_has_no_pace_and_no_forecast(void **state) {
    UNUSED(state);
    struct commitment commitment = at_least(12);
    struct forecast forecast;
    day_parse("2015-07-01", &commitment.judged_from);
    assert_true(paced(&commitment, done(5), "2015-06-30 08:00").known);
    struct pace pace = paced(&commitment, done(5), "2015-07-01 08:00");
    assert_false(pace.known);
    assert_int_equal(pace.points_count, 0);
    forecast_at(&commitment, &pace, stockholm_at("2015-07-01 08:00"), &forecast);
    assert_false(forecast.carries);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_line_leads_month_by_month_to_the_target), TEST(days_out_of_season_ask_for_nothing),
        TEST(a_rate_is_due_when_a_period_has_passed),      TEST(a_window_over_midnight_is_due_on_the_day_after),
        TEST(nothing_is_paced_without_a_target),           TEST(a_forecast_is_given_only_where_enough_lies_behind_it),
        TEST(a_period_of_decades_keeps_its_last_point),    TEST(what_is_closed_has_no_pace_and_no_forecast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
