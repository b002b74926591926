// Tests: server/read/weekly_cache.c
// Tests: server/read/weekly.c server/read/weekly_lines.c
#include "read/weekly.h"

#include <string.h>

#include "read/feedback.h"
#include "read/weekly_cache.h"
#include "read/rows.h"
#include "support/lund.h"
#include "support/test.h"

static struct lund lund;

static int open_sqlite(void **state) {
    lund_open(&lund);
    return 0;
}
static int open_memory(void **state) {
    lund_open_memory(&lund, rng_system());
    return 0;
}
static int close_lund(void **state) {
    lund_close(&lund);
    return 0;
}

static enum rond_err week_read(const char *organisation, const char *area, const char *week, struct weekly **ret_weekly) {
    const struct weekly_wanted wanted = {.organisation = organisation, .area = area, .week = week, .now_s = LUND_NOW_S};
    return weekly_read(lund.store, lund.catalogue, &wanted, &lund.arena, ret_weekly);
}

static struct weekly *week_of(const char *organisation, const char *week) {
    struct weekly *weekly = NULL;
    assert_ok(week_read(organisation, "lund", week, &weekly));
    return weekly;
}

static bool says(const struct weekly *weekly, bool swedish, const char *line) {
    Rond__V1__WeeklySummary *message;
    assert_ok(weekly_message(weekly, &lund.arena, &message));
    assert_int_equal(message->n_lines_sv, message->n_lines_en);
    char **lines = swedish ? message->lines_sv : message->lines_en;
    for (size_t i = 0; i < message->n_lines_en; i++)
        if (strcmp(lines[i], line) == 0)
            return true;
    for (size_t i = 0; i < message->n_lines_en; i++)
        print_message("    %s\n", lines[i]);
    return false;
}

// Variant 0 is of Friday of week 19; days later.
static Rond__V1__Report *check(int days) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1);
    report->occurred_from_s += (int64_t)days * 86400;
    report->occurred_to_s += (int64_t)days * 86400;
    return report;
}

static Rond__V1__Report *walk(unsigned variant, Rond__V1__Safety safety, unsigned of_device) {
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, variant);
    report->walk->n_findings = 1;
    Rond__V1__Finding *finding = report->walk->findings[0];
    rond__v1__finding__init(finding);
    finding->id = arena_text(&lund.arena, "1");
    finding->place = arena_text(&lund.arena, "bangatan");
    finding->safety = safety;
    finding->cause = arena_text(&lund.arena, "mörkt");
    if (of_device < LUND_DEVICES) {
        struct report_key key = lund_key_of(of_device, 1, 1);
        finding->rewalk_of = arena_alloc(&lund.arena, sizeof *finding->rewalk_of);
        rond__v1__finding_ref__init(finding->rewalk_of);
        finding->rewalk_of->report = lund_identity(&lund.arena, &key);
        finding->rewalk_of->finding = finding->id;
    }
    return report;
}

static void reports_of_the_week_are_told_with_what_they_moved(void **state) {
    lund_report(&lund, 0, 1, check(-5)); // Sunday of week 18
    lund_report(&lund, 0, 1, check(0));
    lund_report(&lund, 1, 1, check(1)); // another device of the organisation
    lund_report(&lund, 2, 1, check(2)); // another organisation
    lund_report(&lund, 0, 1, check(3)); // Monday of week 20
    const struct weekly *weekly = week_of("polisen", "2015-W19");
    assert_int_equal(weekly->reports, 2);
    assert_int_equal(weekly->counted, 2);
    assert_int_equal(weekly->commitments_count, 1);
    assert_int_equal(weekly->commitments[0].added, 2);
    assert_string_equal(weekly->commitments[0].path, "lund-2015-trafik/cykel");
    assert_non_null(strstr(weekly->commitments[0].summary_sv, "5 av"));
    assert_true(says(weekly, false, "2 of your 2 reports of week 2015-W19 count."));
    assert_true(says(weekly, true, "2 av era 2 rapporter från vecka 2015-W19 räknas."));
    assert_int_equal(week_of("lunds-kommun", "2015-W19")->reports, 1);
}

static void a_week_without_reports_says_so(void **state) {
    lund_report(&lund, 0, 1, check(0));
    assert_true(says(week_of("polisen", "2015-W22"), false, "No reports of week 2015-W22 have come in."));
    assert_true(says(week_of("jernhusen", "2015-W19"), true, "Inga rapporter från vecka 2015-W19 har kommit in."));
}

static void several_reports_of_one_activity_move_it_once(void **state) {
    for (unsigned i = 0; i < 3; i++) {
        Rond__V1__Report *report = check(0);
        report->activity = arena_text(&lund.arena, "cykel-1");
        report->claimed_ms += i;
        lund_report(&lund, 0, 1, report);
    }
    const struct weekly *weekly = week_of("polisen", "2015-W19");
    assert_int_equal(weekly->reports, 3);
    assert_int_equal(weekly->commitments[0].added, 1);
}

static void corrections_stand_in_place_and_withdrawn_reports_are_not_told(void **state) {
    struct id128 device = lund_device(0), outbox = lund_outbox(0, 1);
    struct report_key first = lund_key_of(0, 1, 1);
    lund_report(&lund, 0, 1, check(0));
    lund_report(&lund, 0, 1, check(1));
    Rond__V1__Report *right = check(0);
    right->corrects = lund_identity(&lund.arena, &first);
    lund_report(&lund, 0, 1, right);
    lund_report(&lund, 0, 1, sample_withdrawal(&lund.arena, &device, &outbox, 2));
    const struct weekly *weekly = week_of("polisen", "2015-W19");
    assert_int_equal(weekly->reports, 1);
    assert_int_equal(weekly->counted, 1);
    assert_true(says(weekly, false, "Your only report of week 2015-W19 counts."));
}

static void what_waits_and_what_does_not_count_is_told_with_the_commonest_reason(void **state) {
    for (unsigned i = 0; i < 3; i++) {
        Rond__V1__Report *report = check((int)i);
        if (i == 0)
            report->check->of = arena_text(&lund.arena, "moon_phase");
        else
            report->place = arena_text(&lund.arena, "atlantis");
        lund_report(&lund, 0, 1, report);
    }
    Rond__V1__Report *other = check(0);
    other->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
    other->check->of = arena_text(&lund.arena, "cyclist_behaviour");
    lund_report(&lund, 0, 1, other);
    const struct weekly *weekly = week_of("polisen", "2015-W19");
    assert_int_equal(weekly->reports, 4);
    assert_int_equal(weekly->counted, 0);
    assert_int_equal(weekly->waiting.reports, 3);
    assert_true(says(weekly, false, "3 reports wait in quarantine, most often: The place is not known in this area."));
    assert_true(says(weekly, true, "3 rapporter väntar i karantän, oftast: Platsen är inte känd i området."));
    assert_true(says(weekly, true, "1 rapport räknas inte: Innehållet är inte det som åtagandet gäller."));
}

static void a_place_put_right_is_told_to_who_found_it_and_to_who_walked_again(void **state) {
    static const char line[] = "bangatan was put right: found unsafe by polisen, found safe by jernhusen.";
    lund_report(&lund, 0, 1, walk(0, ROND__V1__SAFETY__SAFETY_UNSAFE, LUND_DEVICES));
    assert_int_equal(week_of("polisen", "2015-W19")->put_right, 0);
    lund_report(&lund, 3, 1, walk(5, ROND__V1__SAFETY__SAFETY_SAFE, 0));
    assert_int_equal(week_of("polisen", "2015-W19")->put_right, 1);
    assert_true(says(week_of("polisen", "2015-W19"), false, line));
    assert_true(says(week_of("jernhusen", "2015-W19"), false, line));
    assert_int_equal(week_of("lunds-kommun", "2015-W19")->put_right, 0);
    lund_report(&lund, 2, 1, walk(6, ROND__V1__SAFETY__SAFETY_UNSAFE, 0)); // and unsafe again
    assert_int_equal(week_of("polisen", "2015-W19")->put_right, 0);
}

// Many rows, all found by halving; what was received before the week is not looked at.
static void reports_are_found_wherever_the_week_lies_in_the_log(void **state) {
    enum { DAYS = 60 };
    for (int day = 0; day < DAYS; day++) {
        lund.now_ms = ((int64_t)SAMPLE_START_S + (day + 1) * 86400) * 1000;
        lund_report(&lund, 0, 1, check(day));
    }
    static const struct {
        const char *week;
        int reports;
    } weeks[] = {{"2015-W18", 0}, {"2015-W19", 3}, {"2015-W20", 7}, {"2015-W23", 7}, {"2015-W27", 7}, {"2015-W28", 1}};
    for (size_t i = 0; i < ARRAY_COUNT(weeks); i++)
        assert_int_equal(week_of("polisen", weeks[i].week)->reports, weeks[i].reports);
}

static void a_week_that_is_none_and_an_area_that_is_not_there_are_refused(void **state) {
    static const char *const wrong[] = {"", "2015", "2015-W54", "2015-W00", "2015W19", "2015-W1x", "1915-W01", "2015-W190"};
    struct weekly *weekly;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_err(ROND_EINVALID, week_read("polisen", "lund", wrong[i], &weekly));
    assert_ok(week_read("polisen", "lund", "2015-W53", &weekly)); // 2015 has one
    assert_err(ROND_ENOTFOUND, week_read("polisen", "atlantis", "2015-W19", &weekly));
}

static void a_device_gets_the_newest_week_that_has_ended_once(void **state) {
    struct id128 device = lund_device(0);
    Rond__V1__Feedback *feedback;
    lund_report(&lund, 0, 1, check(14)); // week 21
    assert_ok(read_feedback(lund.store, lund.catalogue, &device, &(struct feedback_known){.cursor = 0, .week = ""}, LUND_NOW_S, NULL,
                            &lund.arena, &feedback));
    assert_non_null(feedback->summary);
    assert_string_equal(feedback->summary->week, "2015-W22"); // LUND_NOW_S is Monday of week 23
    assert_string_equal(feedback->summary->organisation, "polisen");
    assert_true(feedback->summary->n_lines_en > 0);
    assert_ok(read_feedback(lund.store, lund.catalogue, &device, &(struct feedback_known){.cursor = 0, .week = "2015-W22"}, LUND_NOW_S, NULL,
                            &lund.arena, &feedback));
    assert_null(feedback->summary);
    assert_ok(read_feedback(lund.store, lund.catalogue, &device, &(struct feedback_known){.cursor = 0, .week = "2015-W21"}, LUND_NOW_S, NULL,
                            &lund.arena, &feedback));
    assert_non_null(feedback->summary);
}

static void a_summary_made_once_serves_for_an_hour(void **state) {
    struct answer_cache *cache;
    Rond__V1__WeeklySummary *first, *again, *later;
    struct weekly_wanted wanted = {.organisation = "polisen", .area = "lund", .week = "2015-W21", .now_s = LUND_NOW_S};
    assert_ok(answer_cache_create(&cache));
    assert_ok(weekly_cache_summary(cache, lund.store, lund.catalogue, &wanted, &lund.arena, &first));
    lund_report(&lund, 0, 1, check(14)); // week 21
    assert_ok(weekly_cache_summary(cache, lund.store, lund.catalogue, &wanted, &lund.arena, &again));
    assert_string_equal(again->lines_en[0], first->lines_en[0]);
    wanted.now_s += WEEKLY_CACHE_S;
    assert_ok(weekly_cache_summary(cache, lund.store, lund.catalogue, &wanted, &lund.arena, &later));
    assert_string_not_equal(later->lines_en[0], first->lines_en[0]);
    wanted.organisation = "lunds-kommun"; // another one's
    assert_ok(weekly_cache_summary(cache, lund.store, lund.catalogue, &wanted, &lund.arena, &again));
    assert_string_equal(again->organisation, "lunds-kommun");
    answer_cache_destroy(cache);
}

static void it_is_given_as_json_with_its_figures(void **state) {
    lund_report(&lund, 0, 1, check(0));
    const struct weekly *weekly = week_of("polisen", "2015-W19");
    Rond__V1__WeeklySummary *message;
    assert_ok(weekly_message(weekly, &lund.arena, &message));
    json_t *object = weekly_json(weekly, message);
    assert_non_null(object);
    assert_int_equal(json_integer_value(json_object_get(object, "counted")), 1);
    assert_int_equal(json_array_size(json_object_get(object, "commitments")), 1);
    assert_int_equal(json_array_size(json_object_get(object, "lines_sv")), message->n_lines_sv);
    json_decref(object);
}

#define BOTH(name)                                                                                                          \
    cmocka_unit_test_setup_teardown(name, open_sqlite, close_lund),                                                         \
        cmocka_unit_test_setup_teardown(name, open_memory, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        BOTH(reports_of_the_week_are_told_with_what_they_moved),
        BOTH(a_week_without_reports_says_so),
        BOTH(several_reports_of_one_activity_move_it_once),
        BOTH(corrections_stand_in_place_and_withdrawn_reports_are_not_told),
        BOTH(what_waits_and_what_does_not_count_is_told_with_the_commonest_reason),
        BOTH(a_place_put_right_is_told_to_who_found_it_and_to_who_walked_again),
        BOTH(reports_are_found_wherever_the_week_lies_in_the_log),
        BOTH(a_week_that_is_none_and_an_area_that_is_not_there_are_refused),
        BOTH(a_device_gets_the_newest_week_that_has_ended_once),
        BOTH(a_summary_made_once_serves_for_an_hour),
        BOTH(it_is_given_as_json_with_its_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
