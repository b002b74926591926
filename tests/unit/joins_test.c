// Tests: server/read/joins.c
// read/joins.c: which pairs are offered as likely duplicates, and with what evidence.
#include "read/joins.h"

#include <string.h>

#include "support/desk.h"
#include "support/test.h"

#define CYCLE "lund-2015-trafik/cykel"
#define TAXI "lund-2015-trafik/taxi"
enum { MINUTE_S = 60 };

static struct desk desk;

static int open_desk(void **state) {
    (void)state;
    desk_open(&desk);
    return 0;
}

static int close_desk(void **state) {
    (void)state;
    desk_close(&desk);
    return 0;
}

// A check of cyclists at stortorget, beginning that many minutes after the first of them, half an hour long.
static Rond__V1__Report *check(int minutes) {
    Rond__V1__Report *report = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 3);
    report->occurred_from_s += (int64_t)minutes * MINUTE_S;
    report->occurred_to_s += (int64_t)minutes * MINUTE_S;
    return report;
}

static Rond__V1__Report *at(Rond__V1__Report *report, const char *place) {
    report->place = arena_text(&desk.lund.arena, place);
    return report;
}

// North of the places, by metres.
static Rond__V1__Report *positioned(Rond__V1__Report *report, int metres) {
    Rond__V1__Position *position = arena_alloc(&desk.lund.arena, sizeof *position);
    rond__v1__position__init(position);
    position->latitude_e6 = 55705900 + (int32_t)((int64_t)metres * 1000000 / 111195);
    position->longitude_e6 = 13187100;
    report->position = position;
    return report;
}

static size_t offers(void) {
    desk_do(&desk, json_pack("{s:s}", "command", "join.list"));
    return kept_count(&desk.rows);
}

static void expect(const char *what, size_t count) {
    if (offers() != count)
        fail_msg("%s: %zu offers", what, kept_count(&desk.rows));
}

static void a_pair_is_offered_with_its_evidence_and_what_the_figure_would_become(void **state) {
    (void)state;
    Rond__V1__Report *second = check(40);
    second->activity = arena_text(&desk.lund.arena, "cykel-0508");
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, second);
    desk_report(&desk, 3, check(600));
    assert_int_equal(offers(), 1);
    const json_t *offer = kept_row(&desk.rows, 0), *reports = field(offer, "reports");
    assert_string_equal(field_text(offer, "area"), "lund");
    assert_string_equal(field_text(offer, "kind"), "check");
    assert_int_equal(field_number(offer, "apart_s"), 10 * MINUTE_S);
    assert_string_equal(field_text(offer, "near"), "same_place");
    assert_string_equal(field_text(json_array_get(reports, 0), "reference"), one);
    assert_string_equal(field_text(json_array_get(reports, 0), "organisation"), "polisen");
    assert_string_equal(field_text(json_array_get(reports, 0), "from_local"), "2015-05-08 17:00");
    assert_string_equal(field_text(json_array_get(reports, 1), "reference"), other);
    assert_string_equal(field_text(json_array_get(reports, 1), "activity"), "cykel-0508");
    const json_t *toward = json_array_get(field(offer, "commitments"), 0);
    assert_int_equal(json_array_size(field(offer, "commitments")), 1);
    assert_string_equal(field_text(toward, "commitment"), CYCLE);
    assert_int_equal(field_number(toward, "done"), 3);
    assert_int_equal(field_number(toward, "would_be"), 2);
    assert_int_equal(desk_count(&desk, CYCLE), 3);
    assert_false(field_truth(desk.last, "more"));
}

static void near_in_time_is_at_most_an_hour_apart(void **state) {
    (void)state;
    desk_report(&desk, 0, check(0)); // until 30
    desk_report(&desk, 2, check(90));
    expect("an hour apart", 1);
    desk_report(&desk, 3, check(211));
    expect("91 minutes apart", 1);
    desk_report(&desk, 4, check(-29));
    expect("overlapping the first", 2);
}

static void an_amended_report_is_near_what_it_was_amended_to(void **state) {
    (void)state;
    const char *lost = desk_report(&desk, 0, at(check(0), "atlantis"));
    desk_report(&desk, 2, check(0));
    desk_do(&desk,
            json_pack("{s:s,s:s,s:{s:s}}", "command", "quarantine.amend", "reference", lost, "set", "place", "stortorget"));
    assert_int_equal(offers(), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "near"), "same_place");
}

static void near_in_place_is_the_same_one_or_300_metres_or_none_said(void **state) {
    (void)state;
    desk_report(&desk, 0, positioned(check(0), 0));
    desk_report(&desk, 2, positioned(at(check(0), "bangatan"), 299));
    expect("299 m apart", 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "near"), "distance");
    assert_in_range(field_number(kept_row(&desk.rows, 0), "distance_m"), 297, 301);
    desk_report(&desk, 3, positioned(at(check(300), "bangatan"), 0));
    desk_report(&desk, 4, positioned(at(check(300), "clemenstorget"), 303));
    expect("303 m apart", 1);
    desk_report(&desk, 5, at(check(300), ""));
    expect("without a place", 3);
    desk_report(&desk, 0, check(900));
    desk_report(&desk, 2, positioned(check(900), 5000)); // both say stortorget
    expect("the same place, whatever the positions say", 4);
}

static void one_device_is_offered_only_where_its_reports_overlap(void **state) {
    (void)state;
    desk_report(&desk, 0, check(0));
    desk_report(&desk, 0, check(30));
    expect("one after the other", 0);
    desk_report(&desk, 0, check(45));
    expect("at once", 1);
}

static void what_is_joined_named_apart_parted_or_told_apart_is_not_offered(void **state) {
    (void)state;
    Rond__V1__Report *named = check(0), *otherwise = check(5);
    named->activity = arena_text(&desk.lund.arena, "one");
    otherwise->activity = arena_text(&desk.lund.arena, "another");
    const char *one = desk_report(&desk, 0, named);
    desk_report(&desk, 2, named);
    desk_report(&desk, 3, otherwise);
    expect("all name an activity", 0);
    const char *four = desk_report(&desk, 4, check(10)), *five = desk_report(&desk, 5, check(10));
    expect("two that name none", 7);
    desk_do(&desk, json_pack("{s:s,s:[s,s]}", "command", "join.make", "references", four, five));
    expect("these joined", 0);
    desk_do(&desk, json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)1));
    desk_do(&desk, json_pack("{s:s,s:[s,s]}", "command", "join.dismiss", "references", five, four));
    expect("told apart", 6);
    desk_do(&desk, json_pack("{s:s,s:[s]}", "command", "join.part", "references", one));
    expect("one parted", 4);
    desk_do(&desk, json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)2));
    desk_do(&desk, json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)3));
    expect("and as it was", 7);
}

static void a_dismissal_holds_for_corrections_too(void **state) {
    (void)state;
    struct report_key first = lund_key_of(0, 0, 1);
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, check(0));
    desk_do(&desk, json_pack("{s:s,s:[s,s]}", "command", "join.dismiss", "references", one, other));
    Rond__V1__Report *corrected = check(1);
    corrected->corrects = lund_identity(&desk.lund.arena, &first);
    desk_report(&desk, 1, corrected);
    expect("the correction of one told apart", 0);
}

static void only_what_counts_and_only_activities_are_looked_at(void **state) {
    (void)state;
    struct arena *arena = &desk.lund.arena;
    for (unsigned device = 0; device < 4; device += 2) {
        Rond__V1__Report *equipment = check(0);
        equipment->check->of = arena_text(arena, "cycle_equipment"); // a part of the autumn campaign
        desk_report(&desk, device, equipment);
        desk_report(&desk, device, sample_report(arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0));
    }
    expect("patrols and parts", 0);
    for (unsigned device = 0; device < 4; device += 2)
        desk_report(&desk, device, sample_report(arena, ROND__V1__KIND__KIND_MEETING, 0));
    assert_int_equal(offers(), 1);
    assert_int_equal(json_array_size(field(kept_row(&desk.rows, 0), "commitments")), 2); // taxi trade, and cooperation
}

static void joining_may_complete_what_was_lacking(void **state) {
    (void)state;
    struct arena *arena = &desk.lund.arena;
    static const char *const with[] = {"", "skatteverket", ""};
    static const unsigned devices[] = {0, 0, 5};
    for (unsigned i = 1; i < 3; i++) {
        Rond__V1__Report *taxi = check(0);
        char **organisations = arena_array(arena, 1, sizeof *organisations);
        organisations[0] = arena_text(arena, with[i]);
        taxi->organisations = organisations;
        taxi->n_organisations = with[i][0] != '\0';
        taxi->check->of = arena_text(arena, "taxi");
        taxi->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
        desk_report(&desk, devices[i], taxi);
    }
    assert_int_equal(offers(), 1);
    const json_t *toward = json_array_get(field(kept_row(&desk.rows, 0), "commitments"), 0);
    assert_string_equal(field_text(toward, "commitment"), TAXI);
    assert_int_equal(field_number(toward, "done"), 0);
    assert_int_equal(field_number(toward, "would_be"), 1);
}

static json_t *asked(const char *area, const char *since, const char *until) {
    return json_pack("{s:s,s:s*,s:s*,s:s*}", "command", "join.list", "area", area, "since", since, "until", until);
}

static void an_area_and_days_narrow_the_list(void **state) {
    (void)state;
    const struct {
        const char *area, *since, *until;
        size_t count;
    } cases[] = {
        {"lund", NULL, NULL, 2},
        {"malmo", NULL, NULL, 0},
        {"", NULL, NULL, 2},
        {NULL, "2015-05-08", NULL, 2},
        {NULL, "2015-05-09", NULL, 1},
        {NULL, "2015-05-10", NULL, 0},
        {NULL, NULL, "2015-05-08", 1},
        {NULL, NULL, "2015-05-07", 0},
        {"lund", "2015-05-09", "2015-05-09", 1},
        {NULL, "2015-05-08", "2015-05-09", 2},
    };
    for (unsigned device = 0; device < 4; device += 2) {
        desk_report(&desk, device, check(0));
        desk_report(&desk, device, check(24 * 60));
    }
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        desk_do(&desk, asked(cases[i].area, cases[i].since, cases[i].until));
        assert_int_equal(kept_count(&desk.rows), cases[i].count);
    }
    desk_refused(&desk, asked("atlantis", NULL, NULL), ROND_ENOTFOUND, "area");
    desk_refused(&desk, asked("lund", "soon", NULL), ROND_EINVALID, "since");
    desk_refused(&desk, asked("lund", NULL, "2015-02-30"), ROND_EINVALID, "until");
}

// What arrived long before the first day asked for is not even looked at, wherever the boundary lies.
static void since_begins_at_what_arrived_about_then(void **state) {
    (void)state;
    const int64_t day_ms = 24 * 60 * 60 * 1000;
    int64_t newest_ms = desk.lund.now_ms;
    for (int i = 20; i >= 0; i--) {
        desk.lund.now_ms = newest_ms - i * day_ms;
        Rond__V1__Report *report = check(0);
        int64_t moved_s = desk.lund.now_ms / 1000 - 3600 - report->occurred_from_s;
        report->occurred_from_s += moved_s;
        report->occurred_to_s += moved_s;
        report->claimed_ms = desk.lund.now_ms;
        desk_report(&desk, 0, report);
        desk_report(&desk, 2, report);
    }
    for (int days = 0; days <= 20; days++) {
        char since[DATE_TEXT_SIZE];
        day_format((day_t)(newest_ms / day_ms) - days, since);
        desk_do(&desk, asked(NULL, since, NULL));
        assert_int_equal(kept_count(&desk.rows), days + 1);
    }
}

static void what_reaches_into_the_day_from_the_one_before_is_of_it(void **state) {
    (void)state;
    desk_report(&desk, 0, check(6 * 60 + 45)); // 23:45 to 00:15
    desk_report(&desk, 2, check(6 * 60 + 45));
    static const struct {
        const char *day;
        size_t offers;
    } cases[] = {{"2015-05-07", 0}, {"2015-05-08", 1}, {"2015-05-09", 1}, {"2015-05-10", 0}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        desk_do(&desk, asked(NULL, cases[i].day, cases[i].day));
        assert_int_equal(kept_count(&desk.rows), cases[i].offers);
    }
}

static void without_a_time_the_latest_are_looked_at_and_it_is_said_that_there_is_more(void **state) {
    (void)state;
    desk_report(&desk, 0, check(0));
    desk_report(&desk, 2, check(0));
    assert_int_equal(offers(), 1);
    assert_false(field_truth(desk.last, "more"));
    for (int i = 1; i <= JOINS_LATEST_MAX && offers() > 0; i++)
        for (int k = 1; k <= 100; k++)
            desk_report(&desk, 0, check(-35 * (100 * i + k))); // one thing after another
    assert_int_equal(kept_count(&desk.rows), 0);
    assert_true(field_truth(desk.last, "more"));
    desk_do(&desk, asked(NULL, "2015-05-08", NULL));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_false(field_truth(desk.last, "more"));
}

static void the_list_is_bounded_and_says_that_there_is_more(void **state) {
    (void)state;
    for (int i = 0; i < 15; i++) {
        desk_report(&desk, 0, check(i % 7));
        desk_report(&desk, 2, check(i % 7));
    }
    assert_int_equal(offers(), JOINS_OFFERS_MAX);
    assert_true(field_truth(desk.last, "more"));
    for (size_t i = 1; i < kept_count(&desk.rows); i++)
        assert_true(field_number(json_array_get(field(kept_row(&desk.rows, i), "reports"), 0), "occurred_from_s") >=
                    field_number(json_array_get(field(kept_row(&desk.rows, i - 1), "reports"), 0), "occurred_from_s"));
}

static void a_full_list_still_tells_each_commitment_that_a_pair_counts_toward(void **state) {
    (void)state;
    for (int i = 0; i < 15; i++)
        for (unsigned device = 0; device < 4; device += 2)
            desk_report(&desk, device, sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_MEETING, 0));
    assert_int_equal(offers(), JOINS_OFFERS_MAX);
    assert_true(field_truth(desk.last, "more"));
    for (size_t i = 0; i < JOINS_OFFERS_MAX; i++)
        assert_int_equal(json_array_size(field(kept_row(&desk.rows, i), "commitments")), 2);
}

static void each_kind_of_a_day_is_looked_at_until_the_list_is_full(void **state) {
    (void)state;
    for (unsigned device = 0; device < 4; device += 2) {
        desk_report(&desk, device, check(0));
        desk_report(&desk, device, sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_MEETING, 0));
    }
    const char *kinds[2] = {"", ""};
    desk_do(&desk, asked(NULL, "2015-01-01", NULL));
    assert_int_equal(kept_count(&desk.rows), 2);
    for (size_t i = 0; i < 2; i++)
        kinds[i] = field_text(kept_row(&desk.rows, i), "kind");
    assert_true(strcmp(kinds[0], kinds[1]) != 0);
    assert_false(field_truth(desk.last, "more"));
    for (int i = 0; i < 15; i++)
        for (unsigned device = 0; device < 4; device += 2)
            desk_report(&desk, device, check(i % 7));
    desk_do(&desk, asked(NULL, "2015-01-01", NULL));
    assert_int_equal(kept_count(&desk.rows), JOINS_OFFERS_MAX);
    assert_true(field_truth(desk.last, "more"));
    for (size_t i = 0; i < JOINS_OFFERS_MAX; i++)
        assert_string_equal(field_text(kept_row(&desk.rows, i), "kind"), "check");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_pair_is_offered_with_its_evidence_and_what_the_figure_would_become),
        TEST(near_in_time_is_at_most_an_hour_apart),
        TEST(an_amended_report_is_near_what_it_was_amended_to),
        TEST(near_in_place_is_the_same_one_or_300_metres_or_none_said),
        TEST(one_device_is_offered_only_where_its_reports_overlap),
        TEST(what_is_joined_named_apart_parted_or_told_apart_is_not_offered),
        TEST(a_dismissal_holds_for_corrections_too),
        TEST(only_what_counts_and_only_activities_are_looked_at),
        TEST(joining_may_complete_what_was_lacking),
        TEST(an_area_and_days_narrow_the_list),
        TEST(since_begins_at_what_arrived_about_then),
        TEST(what_reaches_into_the_day_from_the_one_before_is_of_it),
        TEST(without_a_time_the_latest_are_looked_at_and_it_is_said_that_there_is_more),
        TEST(the_list_is_bounded_and_says_that_there_is_more),
        TEST(each_kind_of_a_day_is_looked_at_until_the_list_is_full),
        TEST(a_full_list_still_tells_each_commitment_that_a_pair_counts_toward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
