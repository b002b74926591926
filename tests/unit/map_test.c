// Tests: server/read/map.c server/read/unsafe_places.c
#include "read/map.h"

#include <stdlib.h>
#include <string.h>

#include "promise/spots.h"
#include "read/unsafe_places.h"
#include "support/lund.h"
#include "support/rows.h"
#include "support/test.h"

static struct lund lund;
static struct kept_rows found;

static int open_lund(void **state) {
    (void)state;
    lund_open(&lund);
    kept_rows_init(&found);
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    kept_rows_deinit(&found);
    lund_close(&lund);
    return 0;
}

static const json_t *ask(const struct map_wanted *wanted) {
    json_array_clear(found.list);
    const struct read_rows rows = found.rows;
    assert_ok(read_map(lund.store, lund.catalogue, wanted, &rows, NULL));
    return found.list;
}

static json_int_t sum(const json_t *rows, const char *name) {
    json_int_t total = 0;
    for (size_t i = 0; i < json_array_size(rows); i++)
        total += field_number(json_array_get(rows, i), name);
    return total;
}

static Rond__V1__Report *report_of(Rond__V1__Kind kind, unsigned variant) {
    return sample_report(&lund.arena, kind, variant);
}

// ---- Ranges ----

static day_t span_end(enum map_span span, day_t start) {
    return span == MAP_DAY ? start : map_span_start(span, start + (span == MAP_YEAR ? 366 : 31)) - 1;
}

// Marks every day that a range stands for, and finds each marked once.
static void expect_each_day_once(day_t first, day_t last) {
    static unsigned char days[5000];
    struct map_range ranges[MAP_RANGES_MAX];
    day_t base = first - 400;
    memset(days, 0, sizeof days);
    size_t count = map_ranges(first, last, ranges);
    assert_in_range(count, 1, MAP_RANGES_MAX);
    for (size_t i = 0; i < count; i++)
        for (day_t day = ranges[i].first; day <= ranges[i].last; day++)
            for (day_t at = day; map_span_start(ranges[i].span, day) == day && at <= span_end(ranges[i].span, day); at++)
                days[at - base]++;
    for (day_t day = base; day < base + (day_t)sizeof days; day++)
        assert_int_equal(days[day - base], day >= first && day <= last);
}

static void ranges_hold_each_day_of_a_period_once(void **state) {
    (void)state;
    day_t new_year = day_from_civil(2012, 1, 1);
    for (day_t first = new_year - 70; first < new_year + 70; first++)
        for (day_t last = first; last < first + 70; last++)
            expect_each_day_once(first, last);
    for (day_t first = new_year - 40; first < new_year + 400; first += 3)
        for (day_t last = first; last < first + 1200; last += 37)
            expect_each_day_once(first, last);
}

// ---- Answers ----

static void each_place_kind_and_organisation_has_a_row_and_the_busiest_comes_first(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, report_of(ROND__V1__KIND__KIND_CHECK, 0));
    lund_report(&lund, 0, 0, report_of(ROND__V1__KIND__KIND_CHECK, 4)); // at the same place
    lund_report(&lund, 2, 0, report_of(ROND__V1__KIND__KIND_CHECK, 0));
    lund_report(&lund, 0, 0, report_of(ROND__V1__KIND__KIND_VISIBLE_PATROL, 1));
    const json_t *rows = ask(&(struct map_wanted){.area = "lund"}), *first = json_array_get(rows, 0);
    assert_int_equal(json_array_size(rows), 3);
    assert_int_equal(sum(rows, "reports"), 4);
    assert_string_equal(field_text(first, "place"), "lund-c-stationen");
    assert_string_equal(field_text(first, "organisation"), "polisen");
    assert_string_equal(field_text(first, "kind"), "check");
    assert_int_equal(field_number(first, "reports"), 2);
    assert_in_range(field_number(first, "latitude_e6"), 55600000, 55800000);
    assert_true(json_is_null(json_object_get(first, "square_m")));
    assert_true(sum(rows, "person_minutes") > 0);
}

static void kind_organisation_and_days_choose(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, report_of(ROND__V1__KIND__KIND_CHECK, 0));
    lund_report(&lund, 2, 0, report_of(ROND__V1__KIND__KIND_MEETING, 0));
    lund_report(&lund, 0, 0, report_of(ROND__V1__KIND__KIND_CHECK, 24)); // the day after
    assert_int_equal(sum(ask(&(struct map_wanted){.kind = "check"}), "reports"), 2);
    assert_int_equal(sum(ask(&(struct map_wanted){.organisation = "lunds-kommun"}), "reports"), 1);
    assert_int_equal(sum(ask(&(struct map_wanted){.from = "2015-05-09"}), "reports"), 1);
    assert_int_equal(sum(ask(&(struct map_wanted){.to = "2015-05-08"}), "reports"), 2);
    assert_int_equal(sum(ask(&(struct map_wanted){.from = "2015-05-01", .to = "2015-05-31"}), "reports"), 3);
    assert_int_equal(sum(ask(&(struct map_wanted){.from = "2015-06-01", .to = "2016-05-31"}), "reports"), 0);
    assert_int_equal(sum(ask(&(struct map_wanted){.from = "0001-01-01", .to = "9999-12-31"}), "reports"), 3);
}

static bool nowhere(const void *context, const char *area) {
    (void)context;
    (void)area;
    return false;
}

static void an_area_that_one_may_not_see_is_not_looked_at(void **state) {
    (void)state;
    lund_report(&lund, 0, 0, report_of(ROND__V1__KIND__KIND_CHECK, 0));
    assert_int_equal(json_array_size(ask(&(struct map_wanted){.may_see = nowhere})), 0);
}

static void what_makes_no_sense_is_refused_with_its_field(void **state) {
    (void)state;
    static const struct {
        struct map_wanted wanted;
        enum rond_err err;
        const char *field;
    } cases[] = {
        {{.from = "2015-02-30"}, ROND_EINVALID, "from"},
        {{.to = "yesterday"}, ROND_EINVALID, "to"},
        {{.from = "2015-05-09", .to = "2015-05-08"}, ROND_EINVALID, "to"},
        {{.kind = "parade"}, ROND_EINVALID, "kind"},
        {{.area = "atlantis"}, ROND_ENOTFOUND, "area"},
    };
    const struct read_rows rows = found.rows;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fault fault = {0};
        assert_err(cases[i].err, read_map(lund.store, lund.catalogue, &cases[i].wanted, &rows, &fault));
        assert_string_equal(fault.field, cases[i].field);
    }
}

static void at_position(unsigned device, unsigned number) {
    Rond__V1__Position position = ROND__V1__POSITION__INIT;
    Rond__V1__Report *report = report_of(ROND__V1__KIND__KIND_CHECK, 0);
    char nothing[] = "";
    report->place = nothing;
    position.latitude_e6 = 55600000 + (int32_t)(number / 50) * SQUARE_HEIGHT_E6;
    position.longitude_e6 = 13000000 + (int32_t)(number % 50) * SQUARE_WIDTH_E6;
    report->position = number == 0 ? NULL : &position;
    lund_report(&lund, device, 0, report);
}

static void too_many_squares_are_joined_and_none_is_lost(void **state) {
    (void)state;
    enum { POSITIONS = 2100 };
    for (unsigned i = 0; i < POSITIONS; i++)
        at_position(0, i);
    const json_t *rows = ask(&(struct map_wanted){.area = "lund"});
    assert_in_range(json_array_size(rows), POSITIONS / 8, POSITIONS / 3);
    assert_int_equal(sum(rows, "reports"), POSITIONS);
    size_t without = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        bool is_somewhere = !json_is_null(json_object_get(row, "square_m"));
        without += !is_somewhere;
        assert_int_equal(is_somewhere, !json_is_null(json_object_get(row, "latitude_e6")));
        if (is_somewhere)
            assert_int_equal(field_number(row, "square_m"), 300);
    }
    assert_int_equal(without, 1);
}

static bool its_own(const void *context, const char *organisation, const char *area, const char *kind) {
    (void)area;
    (void)kind;
    return strcmp(organisation, context) == 0;
}

static void squares_that_one_may_not_see_make_ones_own_no_coarser(void **state) {
    (void)state;
    for (unsigned i = 0; i < MAP_ROWS_MAX + 100; i++)
        at_position(0, i + 1);
    at_position(3, 7);
    const json_t *rows = ask(&(struct map_wanted){.area = "lund", .shows = its_own, .context = "jernhusen"});
    assert_int_equal(json_array_size(rows), 1);
    assert_int_equal(field_number(json_array_get(rows, 0), "square_m"), 150);
}

// ---- Unsafe places ----

static Rond__V1__Report *walk(const char *due) {
    Rond__V1__Report *report = report_of(ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    report->walk->n_findings = 1;
    Rond__V1__Finding *finding = report->walk->findings[0];
    rond__v1__finding__init(finding);
    finding->id = arena_text(&lund.arena, "1");
    finding->place = arena_text(&lund.arena, "bangatan");
    finding->safety = ROND__V1__SAFETY__SAFETY_UNSAFE;
    finding->cause = arena_text(&lund.arena, "mörkt");
    finding->responsible = arena_text(&lund.arena, "lunds-kommun");
    finding->promised_action = arena_text(&lund.arena, "lampor");
    finding->due = arena_text(&lund.arena, due);
    return report;
}

static void an_open_unsafe_place_is_given_with_its_ground_and_day_and_no_free_text(void **state) {
    (void)state;
    const struct read_rows rows = found.rows;
    lund_report(&lund, 0, 0, walk("2015-05-31"));
    lund_report(&lund, 0, 0, walk("2015-06-30"));
    struct walks_wanted wanted = {.which = WALKS_OPEN, .now_s = LUND_NOW_S, .is_part = true};
    uint64_t stopped = 1;
    assert_ok(read_unsafe_places(lund.store, lund.catalogue, &wanted, &rows, &stopped));
    assert_int_equal(stopped, 0);
    assert_int_equal(json_array_size(found.list), 2);
    const json_t *first = json_array_get(found.list, 0), *second = json_array_get(found.list, 1);
    assert_string_equal(field_text(first, "place"), "bangatan");
    assert_string_equal(field_text(first, "responsible"), "lunds-kommun");
    assert_in_range(field_number(first, "latitude_e6"), 55600000, 55800000);
    assert_true(field_truth(first, "overdue"));
    assert_false(field_truth(second, "overdue"));
    char *text = json_dumps(found.list, 0);
    assert_null(strstr(text, "lampor"));
    assert_null(strstr(text, "rkt"));
    free(text);
    json_array_clear(found.list);
    wanted.may_see = nowhere;
    assert_ok(read_unsafe_places(lund.store, lund.catalogue, &wanted, &rows, &stopped));
    assert_int_equal(json_array_size(found.list), 0);
    wanted.area = "atlantis";
    assert_err(ROND_ENOTFOUND, read_unsafe_places(lund.store, lund.catalogue, &wanted, &rows, &stopped));
}

static void where_it_is_unsafe_is_given_in_parts_of_bounded_work(void **state) {
    (void)state;
    const struct read_rows rows = found.rows;
    struct walks_wanted wanted = {.which = WALKS_OPEN, .now_s = LUND_NOW_S, .is_part = true};
    for (int i = 0; i < WALKS_PLACES_LOOKS + 30; i++)
        lund_report(&lund, 0, 0, walk("2015-06-30"));
    assert_ok(read_unsafe_places(lund.store, lund.catalogue, &wanted, &rows, &wanted.after));
    assert_int_equal(json_array_size(found.list), WALKS_PLACES_LOOKS);
    assert_int_equal(field_number(json_array_get(found.list, WALKS_PLACES_LOOKS - 1), "row"), wanted.after);
    assert_ok(read_unsafe_places(lund.store, lund.catalogue, &wanted, &rows, &wanted.after));
    assert_int_equal(json_array_size(found.list), WALKS_PLACES_LOOKS + 30);
    assert_int_equal(wanted.after, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_hold_each_day_of_a_period_once),
        TEST(each_place_kind_and_organisation_has_a_row_and_the_busiest_comes_first),
        TEST(kind_organisation_and_days_choose),
        TEST(an_area_that_one_may_not_see_is_not_looked_at),
        TEST(what_makes_no_sense_is_refused_with_its_field),
        TEST(too_many_squares_are_joined_and_none_is_lost),
        TEST(squares_that_one_may_not_see_make_ones_own_no_coarser),
        TEST(an_open_unsafe_place_is_given_with_its_ground_and_day_and_no_free_text),
        TEST(where_it_is_unsafe_is_given_in_parts_of_bounded_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
