// How long bodies are kept: which rule, from when on, what is held, a run in steps, and what an erased report leaves.
//
// Tests: server/read/retention.c server/admin/retention.c server/promise/forget.c
#include "read/retention.h"

#include <stdio.h>

#include <string.h>

#include "promise/apply.h"
#include "promise/forget.h"
#include "support/desk.h"
#include "support/followups.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct desk desk;
#define TRAFFIC "lund-2015-trafik"
#define CYCLE TRAFFIC "/cykel"

static int open_desk(void **state) {
    desk_open(&desk);
    return 0;
}

static int close_desk(void **state) {
    desk_close(&desk);
    return 0;
}

// ---- How long ----

static int64_t due(const char *keep_text, const char *received) {
    struct retention_keep keep;
    assert_true(retention_keep_parse(keep_text, &keep));
    return retention_due_ms(&keep, stockholm_at(received) * 1000) / 1000;
}

static void a_report_is_kept_until_a_year_after_the_end_of_its_calendar_year(void **state) {
    assert_int_equal(due("year+1y", "2015-01-01 00:00"), stockholm_at("2017-01-01 00:00"));
    assert_int_equal(due("year+1y", "2015-12-31 23:59"), stockholm_at("2017-01-01 00:00"));
    assert_int_equal(due("year+1y", "2016-01-01 00:00"), stockholm_at("2018-01-01 00:00"));
    assert_int_equal(due("year+0y", "2015-06-01 12:00"), stockholm_at("2016-01-01 00:00"));
    assert_int_equal(due("90d", "2015-06-01 12:00"), stockholm_at("2015-06-01 12:00") + 90 * 86400);
}

static void what_is_no_time_to_keep_is_refused(void **state) {
    static const char *const NONE[] = {"",   "1y", "year", "year+", "year+1", "year+1d", "year+51y",
                                       "0d", "d",  "90",   "90y",   "-1d",    "90d ",    "36501d"};
    struct retention_keep keep;
    for (size_t i = 0; i < ARRAY_COUNT(NONE); i++)
        if (retention_keep_parse(NONE[i], &keep))
            fail_msg("taken: '%s'", NONE[i]);
}

static void the_closest_rule_holds(void **state) {
    struct retention_rule rules[] = {
        {"*", "default", "year+0y", {true, 0}, "a"},        {"polisen", "default", "90d", {false, 90}, "b"},
        {"polisen", "check", "30d", {false, 30}, "c"},      {"*", "flagged", "7d", {false, 7}, "d"},
        {"jernhusen", "withdrawal", "8d", {false, 8}, "e"}, {"*", "quarantined", "9d", {false, 9}, "f"}};
    const struct retention retention = {.rules = rules, .rules_count = ARRAY_COUNT(rules)};
    struct retained_row row = {.organisation = "polisen", .kind = ROND__V1__KIND__KIND_CHECK};
    assert_string_equal(retention_rule_for(&retention, &row)->name, "c");
    row.kind = ROND__V1__KIND__KIND_MEETING;
    assert_string_equal(retention_rule_for(&retention, &row)->name, "b");
    row.flagged = true; // the controller's own rules go before everybody's
    assert_string_equal(retention_rule_for(&retention, &row)->name, "b");
    row.organisation = "jernhusen";
    assert_string_equal(retention_rule_for(&retention, &row)->name, "d");
    row.flagged = false;
    row.is_withdrawal = true;
    assert_string_equal(retention_rule_for(&retention, &row)->name, "e");
    row = (struct retained_row){.organisation = "lunds-kommun", .quarantined = true};
    assert_string_equal(retention_rule_for(&retention, &row)->name, "f");
    row.quarantined = false;
    assert_string_equal(retention_rule_for(&retention, &row)->name, "a");
    const struct retention none = {0};
    assert_string_equal(retention_rule_for(&none, &row)->name, "*/default year+1y");
}

static void what_a_hold_names_is_held(void **state) {
    struct retention_hold hold = {.id = "H-1", .reason = "r", .from_s = 100, .to_s = 200};
    const struct retention retention = {.holds = &hold, .holds_count = 1};
    struct retained_row row = {.organisation = "polisen", .area = "lund", .from_s = 150, .to_s = 160};
    assert_ptr_equal(retention_hold_of(&retention, &row), &hold);
    row.from_s = row.to_s = 99;
    assert_null(retention_hold_of(&retention, &row));
    row.to_s = 100; // it went on into the time
    assert_non_null(retention_hold_of(&retention, &row));
    hold.area = "pitea";
    assert_null(retention_hold_of(&retention, &row));
    hold.area = "lund";
    hold.controller = "jernhusen";
    assert_null(retention_hold_of(&retention, &row));
    hold.controller = NULL;
    hold.has_report = true;
    hold.report.seq = 7;
    assert_null(retention_hold_of(&retention, &row));
}

static void handhelds_keep_no_longer_than_the_shortest_rule_in_days(void **state) {
    struct retention_rule rules[] = {
        {.controller = "polisen", .category = "default", .keep = {.from_year_end = true, .amount = 0}},
        {.controller = "polisen", .category = "check", .keep = {.amount = 20}},
        {.controller = "polisen", .category = "flagged", .keep = {.amount = 12}},
        {.controller = "*", .category = "flagged", .keep = {.amount = 3}},
        {.controller = "*", .category = "walk", .keep = {.amount = 14}},
    };
    const struct retention retention = {.rules = rules, .rules_count = ARRAY_COUNT(rules)}, none = {0};
    assert_int_equal(retention_days_least(&retention, "polisen"), 12); // its own rule stands in place of everybody's
    assert_int_equal(retention_days_least(&retention, "jernhusen"), 3);
    rules[2].keep.amount = 30;
    assert_int_equal(retention_days_least(&retention, "polisen"), 14);
    assert_int_equal(retention_days_least(&none, "polisen"), 0);
}

// ---- Rules ----

static json_t *rule_of(const char *controller, const char *category, const char *keep) {
    return json_pack("{s:s,s:s,s:s,s:s}", "command", "retention.set", "controller", controller, "category", category, "keep",
                     keep);
}

static void rules_are_set_listed_and_taken_away(void **state) {
    desk_do(&desk, rule_of("polisen", "check", "30d"));
    desk_do(&desk, rule_of("*", "default", "year+0y"));
    desk_do(&desk, json_pack("{s:s}", "command", "retention.list"));
    assert_int_equal(kept_count(&desk.rows), 3); // the built-in one is last
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "controller"), "*");
    assert_string_equal(field_text(kept_row(&desk.rows, 1), "keep"), "30d");
    assert_string_equal(field_text(kept_row(&desk.rows, 1), "actor"), "uid:1000");
    assert_string_equal(field_text(kept_row(&desk.rows, 2), "keep"), "year+1y");
    desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "retention.unset", "controller", "polisen", "category", "check"));
    desk_refused(&desk,
                 json_pack("{s:s,s:s,s:s}", "command", "retention.unset", "controller", "polisen", "category", "check"),
                 ROND_ENOTFOUND, "id");
    desk_refused(&desk, rule_of("nobody", "check", "30d"), ROND_EINVALID, "controller");
    desk_refused(&desk, rule_of("polisen", "poem", "30d"), ROND_EINVALID, "category");
    desk_refused(&desk, rule_of("polisen", "check", "soon"), ROND_EINVALID, "keep");
}

// ---- A run ----

struct totals {
    int64_t erased, steps, held;
};

static struct totals run_all(void) {
    struct totals totals = {0};
    json_int_t run_ms = 0, after = 0;
    bool over = false;
    while (!over) {
        const json_t *last =
            desk_do(&desk, json_pack("{s:s,s:I,s:I}", "command", "retention.run", "run_ms", run_ms, "after", after));
        run_ms = field_number(last, "run_ms");
        after = field_number(last, "after");
        totals.erased += field_number(last, "erased");
        totals.held += field_number(last, "held");
        totals.steps++;
        over = field_truth(last, "over");
    }
    return totals;
}

static struct stored_report stored(uint64_t row) {
    struct stored_report report;
    assert_ok(desk.lund.store->views->report(desk.lund.store, row, &desk.lund.arena, &report));
    return report;
}

static void a_run_erases_what_is_due_says_so_and_a_second_one_finds_nothing(void **state) {
    const char *held = desk_report(&desk, 0, cycle_check(&desk.lund, "2015-05-01 10:00"));
    desk_report(&desk, 0, cycle_check(&desk.lund, "2015-05-02 10:00"));
    desk_report(&desk, 2, cycle_check(&desk.lund, "2015-05-03 10:00"));
    desk_do(&desk, rule_of("lunds-kommun", "default", "year+40y"));
    const json_t *hold =
        desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "hold.add", "reference", held, "reason", "case 4711"));
    char hold_id[32];
    snprintf(hold_id, sizeof hold_id, "%s", field_text(hold, "id"));
    int64_t count = desk_count(&desk, CYCLE);
    assert_true(count > 0);

    desk_do(&desk, json_pack("{s:s}", "command", "retention.plan")); // the dry run
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "rule"), "*/default year+1y");
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "month"), "2015-06");
    assert_int_equal(field_number(kept_row(&desk.rows, 0), "reports"), 1);
    assert_int_equal(field_number(kept_row(&desk.rows, 0), "held"), 1);
    assert_false(stored(2).erased);

    desk.by_server = true;
    struct totals totals = run_all();
    assert_int_equal(totals.erased, 1);
    assert_int_equal(totals.held, 1);
    assert_false(desk.no_news);
    assert_false(stored(1).erased);
    assert_true(stored(2).erased);
    assert_string_equal(stored(2).erased_rule, "*/default year+1y");
    assert_true(stored(2).erased_ms > 0);
    assert_false(stored(3).erased);
    assert_int_equal(run_all().erased, 0);
    assert_true(desk.no_news); // each day, and nobody need look again
    desk.by_server = false;
    assert_int_equal(desk_count(&desk, CYCLE), count);

    desk_do(&desk, json_pack("{s:s}", "command", "retention.protocol"));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "controller"), "polisen");
    assert_int_equal(field_number(kept_row(&desk.rows, 0), "reports"), 1);

    desk_do(&desk, json_pack("{s:s}", "command", "hold.list"));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "reason"), "case 4711");
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "hold.lift", "id", hold_id));
    assert_int_equal(run_all().erased, 1);
    assert_true(stored(1).erased);
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "hold.add", "reason", "everything"), ROND_EINVALID, "reference");
}

static json_t *hold_of(const char *name, const char *value) {
    return json_pack("{s:s,s:s,s:s}", "command", "hold.add", name, value, "reason", "case 4711");
}

// A hold that names what is not there would hold nothing, and nobody would know until it is erased.
static void a_hold_that_would_hold_nothing_is_refused(void **state) {
    desk_report(&desk, 0, cycle_check(&desk.lund, "2015-05-01 10:00"));
    desk_refused(&desk, hold_of("area", "atlantis"), ROND_EINVALID, "area");
    desk_refused(&desk, hold_of("controller", "nobody"), ROND_EINVALID, "controller");
    desk_refused(&desk, hold_of("from", "May"), ROND_EINVALID, "from");
    desk_refused(&desk,
                 json_pack("{s:s,s:s,s:s,s:s}", "command", "hold.add", "from", "2015-05-02", "to", "2015-05-01", "reason",
                           "case 4711"),
                 ROND_EINVALID, "to");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "hold.add", "area", "lund"), ROND_EINVALID, "reason");
    desk_do(&desk, json_pack("{s:s}", "command", "hold.list"));
    assert_int_equal(kept_count(&desk.rows), 0);
    desk_do(&desk, hold_of("controller", "*")); // said, so meant
    assert_int_equal(run_all().held, 1);
    assert_false(stored(1).erased);
}

static void a_long_run_goes_on_where_its_last_step_stopped(void **state) {
    enum { REPORTS = 1300 };
    for (unsigned i = 0; i < REPORTS; i++)
        lund_report(&desk.lund, 0, 0, cycle_check(&desk.lund, "2015-05-01 10:00"));
    struct totals totals = run_all();
    assert_int_equal(totals.erased, REPORTS);
    assert_true(totals.steps > 2);
}

// ---- What it leaves ----

static Rond__V1__Report *joint_check(const char *activity) {
    Rond__V1__Report *report = cycle_check(&desk.lund, "2015-05-01 10:00");
    report->activity = arena_text(&desk.lund.arena, activity);
    return report;
}

static const char *bucket_of(uint64_t row) {
    struct stored_contribution *list;
    size_t count = 0;
    assert_ok(desk.lund.store->views->contributions_of_row(desk.lund.store, row, &desk.lund.arena, &list, &count));
    uint32_t cycle = catalogue_commitment_by_path(desk.lund.catalogue, CYCLE)->number;
    for (size_t i = 0; i < count; i++)
        if (list[i].commitment == cycle)
            return list[i].value.bucket;
    return "";
}

static void erase_row(uint64_t row) {
    lund_begin(&desk.lund);
    assert_ok(desk.lund.store->ledger->erase(desk.lund.store, row, FOR_A_TEST));
    assert_ok(promise_forget(desk.lund.store, desk.lund.catalogue, row));
    lund_commit(&desk.lund);
}

static void rebuild(void) {
    lund_begin(&desk.lund);
    assert_ok(promise_rebuild(desk.lund.store, desk.lund.catalogue, NULL, NULL));
    lund_commit(&desk.lund);
}

static void a_reference_that_was_typed_goes_with_the_last_report_that_has_it(void **state) {
    uint64_t first = lund_report(&desk.lund, 0, 0, joint_check("med Anna 19121212-1212"));
    uint64_t second = lund_report(&desk.lund, 1, 0, joint_check("med Anna 19121212-1212"));
    int64_t count = desk_count(&desk, CYCLE);
    erase_row(first); // the other still has it in its body, and needs it to be found
    assert_non_null(strstr(bucket_of(first), "Anna"));
    rebuild();
    assert_int_equal(desk_count(&desk, CYCLE), count);
    erase_row(second);
    assert_string_equal(bucket_of(first), "e:1");
    assert_string_equal(bucket_of(second), "e:1");
    assert_int_equal(desk_count(&desk, CYCLE), count);
    rebuild();
    assert_string_equal(bucket_of(second), "e:1");
    assert_int_equal(desk_count(&desk, CYCLE), count);
}

// Of organisation and reference together: what is typed behind a name is typed.
static void what_only_ends_like_a_given_reference_is_typed(void **state) {
    uint64_t row = lund_report(&desk.lund, 0, 0, joint_check("Anna:P-7QK2M"));
    erase_row(row);
    assert_null(strstr(bucket_of(row), "Anna"));
}

static void a_reference_that_the_server_gave_stays(void **state) {
    uint64_t row = lund_report(&desk.lund, 0, 0, joint_check("P-7QK2M"));
    erase_row(row);
    assert_non_null(strstr(bucket_of(row), "P-7QK2M"));
}

// A promise runs for two years and more; its evidence is gone before the last follow-up.
static void of_a_promise_whose_evidence_is_erased_the_last_followup_says_the_same(void **state) {
    for (unsigned i = 0; i < 4; i++)
        lund_report(&desk.lund, 0, 0, cycle_check(&desk.lund, "2015-03-01 10:00"));
    lund_report(&desk.lund, 1, 0, cycle_check(&desk.lund, "2015-10-01 10:00"));
    const char *before = drafted(&desk.lund, TRAFFIC, "final", "2020-01-01 12:00");
    assert_int_equal(run_all().erased, 5);
    assert_string_equal(before, drafted(&desk.lund, TRAFFIC, "final", "2020-01-01 12:00"));
    rebuild();
    assert_string_equal(before, drafted(&desk.lund, TRAFFIC, "final", "2020-01-01 12:00"));
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "progress.why", "commitment", CYCLE)); // what is behind it
    assert_int_equal(kept_count(&desk.rows), 5);
    for (size_t i = 0; i < kept_count(&desk.rows); i++) {
        assert_true(field_truth(kept_row(&desk.rows, i), "counted"));
        assert_string_equal(field_text(kept_row(&desk.rows, i), "erased_rule"), "*/default year+1y");
        assert_true(field_number(kept_row(&desk.rows, i), "erased_at_ms") > 0);
    }
    desk_do(&desk, json_pack("{s:s}", "command", "verify"));
    assert_true(field_truth(desk.last, "sound"));
    assert_int_equal(field_number(desk.last, "erased"), 5);
    struct followup frozen = published(&desk.lund, TRAFFIC, "final"), later;
    assert_int_equal(desk_count(&desk, CYCLE), 5);
    rebuild();
    assert_ok(desk.lund.store->views->followup(desk.lund.store, TRAFFIC, "final", 0, &desk.lund.arena, &later));
    assert_true(bytes_equal(frozen.document, later.document));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        TEST(a_report_is_kept_until_a_year_after_the_end_of_its_calendar_year),
        TEST(what_is_no_time_to_keep_is_refused),
        TEST(the_closest_rule_holds),
        TEST(handhelds_keep_no_longer_than_the_shortest_rule_in_days),
        TEST(what_a_hold_names_is_held),
        TEST(rules_are_set_listed_and_taken_away),
        TEST(a_run_erases_what_is_due_says_so_and_a_second_one_finds_nothing),
        TEST(a_hold_that_would_hold_nothing_is_refused),
        TEST(a_long_run_goes_on_where_its_last_step_stopped),
        TEST(a_reference_that_was_typed_goes_with_the_last_report_that_has_it),
        TEST(what_only_ends_like_a_given_reference_is_typed),
        TEST(a_reference_that_the_server_gave_stays),
        TEST(of_a_promise_whose_evidence_is_erased_the_last_followup_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
