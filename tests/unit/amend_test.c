// Tests: server/promise/amend.c server/admin/amend.c
// A person corrects a report that was put aside: it counts as if its device had said so, and what came stays as it came.
#include "promise/amend.h"

#include <string.h>

#include "promise/apply.h"
#include "support/desk.h"
#include "support/test.h"

#define CYCLE "lund-2015-trafik/cykel"

static struct desk desk;

static int open_desk(void **state) {
    UNUSED(state);
    desk_open(&desk);
    return 0;
}

static int close_desk(void **state) {
    UNUSED(state);
    desk_close(&desk);
    return 0;
}

static Rond__V1__Report *check(void) {
    return sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
}

static const char *lost_in_atlantis(void) {
    Rond__V1__Report *report = check();
    report->place = arena_text(&desk.lund.arena, "atlantis");
    return desk_report(&desk, 0, report);
}

static json_t *amend(const char *reference, const char *field, const char *value) {
    return json_pack("{s:s,s:s,s:{s:s}}", "command", "quarantine.amend", "reference", reference, "set", field, value);
}

static void expect_same_after_rebuild(void) {
    assert_true(field_truth(desk_do(&desk, json_pack("{s:s}", "command", "rebuild")), "unchanged"));
}

static void an_amended_report_counts_as_its_devices_would_have_and_stays_as_it_came(void **state) {
    UNUSED(state);
    const char *reference = lost_in_atlantis();
    struct stored_report before, after;
    assert_ok(desk.lund.store->views->report(desk.lund.store, 1, &desk.lund.arena, &before));
    assert_int_equal(desk_count(&desk, CYCLE), 0);
    assert_string_equal(field_text(desk_do(&desk, amend(reference, "place", "stortorget")), "decided"), "amended");
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
    assert_ok(desk.lund.store->views->report(desk.lund.store, 1, &desk.lund.arena, &after));
    assert_true(bytes_equal(before.record.report, after.record.report));
    assert_true(hash256_equal(&before.leaf, &after.leaf));
    assert_true(after.released);
    assert_true(field_truth(desk_do(&desk, json_pack("{s:s}", "command", "verify")), "sound"));
}

static void who_amended_what_is_in_the_log_of_decisions_and_in_the_audit(void **state) {
    UNUSED(state);
    const char *reference = lost_in_atlantis();
    desk_do(&desk, amend(reference, "place", "stortorget"));
    desk_do(&desk, json_pack("{s:s}", "command", "join.log"));
    const json_t *decision = kept_row(&desk.rows, 0);
    assert_string_equal(field_text(decision, "kind"), "amend");
    assert_string_equal(field_text(decision, "field"), "place");
    assert_string_equal(field_text(decision, "value"), "stortorget");
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(strstr(buffer_text(&desk.answer), "row=1 place=stortorget"));
}

static json_t *undo(int number) {
    return json_pack("{s:s,s:i}", "command", "join.undo", "decision", number);
}

static void undone_it_says_again_what_it_said(void **state) {
    UNUSED(state);
    Rond__V1__Report *report = check();
    report->check->of = arena_text(&desk.lund.arena, "unknown_word");
    const char *reference = desk_report(&desk, 0, report);
    desk_do(&desk, amend(reference, "check.of", "cyclist_behaviour"));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_do(&desk, amend(reference, "check.of", "taxi"));
    assert_int_equal(desk_count(&desk, CYCLE), 0);
    desk_do(&desk, undo(2));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
}

static void what_it_was_put_aside_for_is_not_brought_back(void **state) {
    UNUSED(state);
    const char *reference = lost_in_atlantis();
    desk_do(&desk, amend(reference, "place", "stortorget"));
    desk_refused(&desk, undo(1), ROND_ECONFLICT, "decision");
    assert_non_null(strstr(field_text(desk.last, "error"), "amend it again"));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_do(&desk, amend(reference, "place", "bangatan"));
    desk_do(&desk, undo(1)); // the later one stands
    desk_refused(&desk, undo(2), ROND_ECONFLICT, "decision");
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
}

static void a_time_that_was_wrong_is_said_by_the_wall_of_the_area(void **state) {
    UNUSED(state);
    const char *reference = lost_in_atlantis();
    desk_do(&desk,
            json_pack("{s:s,s:s,s:{s:s,s:s,s:s}}", "command", "quarantine.amend", "reference", reference, "set", "place",
                      "stortorget", "occurred_from_s", "2014-05-08 14:00", "occurred_to_s", "2014-05-08T15:00"));
    assert_int_equal(desk_count(&desk, CYCLE), 0); // before the promise began
    desk_do(&desk, json_pack("{s:s,s:s,s:{s:s,s:s}}", "command", "quarantine.amend", "reference", reference, "set",
                             "occurred_to_s", "2015-05-08 15:00", "occurred_from_s", "2015-05-08 14:00"));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
}

static void what_would_not_have_been_taken_in_is_refused_at_its_field(void **state) {
    UNUSED(state);
    const char *reference = lost_in_atlantis(), *good = desk_report(&desk, 0, check());
    const struct {
        const char *field, *value;
    } wrong[] = {
        {"place", "utopia"},
        {"check.of", "nothing_known"},
        {"check.checked", "many"},
        {"check.form", "unspecified"},
        {"organisations[0]", "polisen"}, // there is none
        {"meeting.with", "taxi_trade"},  // of another kind
        {"text", "something"},
        {"area", "malmo"},
        {"claimed_ms", "1"},
        {"place.x", "y"},
        {"", "y"},
        {"occurred_to_s", "2999-01-01 00:00"},
        {"commitment", "no/such"},
        {"role", "19121212-1212"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        json_t *request = amend(reference, "place", "stortorget"); // which alone would do
        json_object_set_new(json_object_get(request, "set"), wrong[i].field, json_string(wrong[i].value));
        desk_refused(&desk, request, ROND_EINVALID, wrong[i].field);
    }
    desk_refused(&desk, amend(good, "place", "stortorget"), ROND_ECONFLICT, "reference");
    desk_refused(&desk, json_pack("{s:s,s:s,s:{}}", "command", "quarantine.amend", "reference", reference, "set"),
                 ROND_EINVALID, "set");
    assert_int_equal(desk_count(&desk, CYCLE), 1); // the good one
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "quarantine.discard", "reference", reference));
    desk_refused(&desk, amend(reference, "place", "stortorget"), ROND_ECONFLICT, "reference");
}

static void an_organisation_is_taken_out_and_the_others_keep_their_numbers(void **state) {
    UNUSED(state);
    char *names[] = {(char[]){"a"}, (char[]){"b"}, (char[]){"c"}};
    Rond__V1__Report *report = check();
    bool times;
    report->organisations = names;
    report->n_organisations = 3;
    const struct ruling rulings[] = {{RULING_FIELD, "organisations[0]", ""}, {RULING_FIELD, "organisations[2]", "polisen"}};
    assert_ok(amend_by_rulings(report, rulings, 2, &desk.lund.arena, &times));
    amend_end(report);
    assert_int_equal(report->n_organisations, 2);
    assert_string_equal(report->organisations[0], "b");
    assert_string_equal(report->organisations[1], "polisen");
    assert_false(times);
}

static size_t decisions_beside(const char *reference) {
    return json_array_size(
        field(desk_do(&desk, json_pack("{s:s,s:s}", "command", "report.trace", "reference", reference)), "decisions"));
}

static void an_amendment_is_beside_the_revision_that_it_is_of(void **state) {
    UNUSED(state);
    struct report_key key = lund_key_of(0, 0, 1);
    Rond__V1__Report *correction = check();
    correction->corrects = lund_identity(&desk.lund.arena, &key);
    correction->place = arena_text(&desk.lund.arena, "atlantis");
    const char *first = lost_in_atlantis(), *second = desk_report(&desk, 0, correction);
    desk_do(&desk, amend(first, "place", "stortorget"));
    desk_do(&desk, amend(second, "place", "bangatan"));
    desk_do(&desk, json_pack("{s:s,s:s,s:s,s:s}", "command", "report.place", "reference", second, "place", "bangatan",
                             "value", "yes"));
    desk_do(&desk, amend(second, "place", "stortorget"));
    assert_int_equal(decisions_beside(first), 2);
    assert_int_equal(decisions_beside(second), 3);
    const json_t *decisions = field(desk.last, "decisions");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(field_number(json_array_get(decisions, i), "decision"), i + 2);
}

static void the_devices_own_correction_says_everything_anew(void **state) {
    UNUSED(state);
    const char *reference = lost_in_atlantis();
    desk_do(&desk, amend(reference, "place", "stortorget"));
    struct report_key key = lund_key_of(0, 0, 1);
    Rond__V1__Report *correction = check();
    correction->check->of = arena_text(&desk.lund.arena, "taxi");
    correction->corrects = lund_identity(&desk.lund.arena, &key);
    (void)desk_report(&desk, 0, correction);
    assert_int_equal(desk_count(&desk, CYCLE), 0);
    expect_same_after_rebuild();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_amended_report_counts_as_its_devices_would_have_and_stays_as_it_came),
        TEST(who_amended_what_is_in_the_log_of_decisions_and_in_the_audit),
        TEST(undone_it_says_again_what_it_said),
        TEST(what_it_was_put_aside_for_is_not_brought_back),
        TEST(a_time_that_was_wrong_is_said_by_the_wall_of_the_area),
        TEST(what_would_not_have_been_taken_in_is_refused_at_its_field),
        TEST(an_organisation_is_taken_out_and_the_others_keep_their_numbers),
        TEST(an_amendment_is_beside_the_revision_that_it_is_of),
        TEST(the_devices_own_correction_says_everything_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
