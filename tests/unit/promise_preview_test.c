// What a promise would have counted, over reports that are there: tests/unit/rules_store_test.c holds that the figures are
// those of the fold, this what is said of them.
#include "read/promise_preview.h"

#include <string.h>

#include "support/desk.h"
#include "support/test.h"

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

static json_t *promise(int target) {
    return json_pack("{s:s,s:s,s:{s:s,s:s},s:[s],s:[{s:s,s:s,s:s,s:i,s:s,s:s},{s:s,s:s,s:s,s:s,s:{s:s,s:s}}]}", "id", "new",
                     "title_sv", "Nytt", "period", "from", "2015-01-01", "to", "2015-12-31", "parties", "polisen",
                     "commitments", "id", "cykel", "title_sv", "Cykel", "measure", "at_least", "target", target, "kind",
                     "check", "of", "taxi", "id", "moten", "title_sv", "Möten", "measure", "unquantified", "kind", "meeting",
                     "season", "from", "09-01", "to", "11-30");
}

static json_t *preview_of(json_t *take_promise, const char *from, const char *to) {
    return json_pack("{s:s,s:s,s:o,s:s*,s:s*}", "command", "promise.preview", "area", "lund", "promise", take_promise,
                     "from", from, "to", to);
}

static const json_t *preview(const char *from, const char *to) {
    return json_object_get(desk_do(&desk, preview_of(promise(2), from, to)), "commitments");
}

static Rond__V1__Report *check_of(const char *of, unsigned variant) {
    Rond__V1__Report *report = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
    report->check->of = arena_text(&desk.lund.arena, of);
    return report;
}

static void it_tells_what_would_count_and_what_would_not_and_why(void **state) {
    UNUSED(state);
    const char *counted = desk_report(&desk, 0, check_of("taxi", 1));
    const char *other = desk_report(&desk, 0, check_of("cyclist_behaviour", 2));
    desk_report(&desk, 2, sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_MEETING, 0));
    const json_t *commitments = preview(NULL, NULL);
    const json_t *cykel = json_array_get(commitments, 0), *moten = json_array_get(commitments, 1);
    assert_true(field_truth(desk.last, "good") && field_truth(desk.last, "whole"));
    assert_int_equal(field_number(desk.last, "looked"), 3);
    assert_int_equal(field_number(cykel, "done"), 1);
    assert_int_equal(field_number(cykel, "target"), 2);
    assert_int_equal(field_number(cykel, "reports"), 1);
    const json_t *why = json_array_get(field(cykel, "not_counted"), 0);
    assert_string_equal(field_text(why, "reason"), "detail");
    assert_int_equal(field_number(why, "reports"), 1);
    const json_t *examples = field(cykel, "examples");
    assert_int_equal(json_array_size(examples), 2);
    assert_string_equal(field_text(json_array_get(examples, 0), "reference"), other); // the latest first
    assert_false(field_truth(json_array_get(examples, 0), "counted"));
    assert_string_equal(field_text(json_array_get(examples, 1), "reference"), counted);
    assert_string_equal(field_text(json_array_get(examples, 1), "local_from"), "2015-05-08 15:00");
    assert_string_equal(field_text(json_array_get(field(moten, "not_counted"), 0), "reason"), "season");
    assert_non_null(strstr(field_text(desk.last, "file"), "promises:\n- id: new\n"));
}

static void only_the_latest_examples_are_kept(void **state) {
    UNUSED(state);
    for (unsigned i = 0; i < 12; i++)
        desk_report(&desk, 0, check_of("taxi", i));
    desk_report(&desk, 1, check_of("cyclist_behaviour", 0));
    const json_t *examples = field(json_array_get(preview(NULL, NULL), 0), "examples");
    assert_int_equal(json_array_size(examples), 11);
    assert_false(field_truth(json_array_get(examples, 0), "counted"));
    assert_string_equal(field_text(json_array_get(examples, 1), "local_from"), "2015-05-09 01:00");
    assert_string_equal(field_text(json_array_get(examples, 10), "local_from"), "2015-05-08 16:00");
}

static void a_promise_of_another_year_is_tried_on_this_one(void **state) {
    UNUSED(state);
    desk_report(&desk, 0, check_of("taxi", 1));
    json_t *later = promise(2);
    json_object_set_new(later, "period", json_pack("{s:s,s:s}", "from", "2030-01-01", "to", "2030-12-31"));
    json_object_set_new(later, "life", json_pack("[{s:s,s:s}]", "state", "draft", "entered", "2015-05-01"));
    const json_t *commitments = field(desk_do(&desk, preview_of(json_deep_copy(later), NULL, NULL)), "commitments");
    assert_int_equal(field_number(json_array_get(commitments, 0), "done"), 0);
    assert_int_equal(field_number(desk.last, "looked"), 0);
    commitments = field(desk_do(&desk, preview_of(later, "2015-01-01", "2015-05-31")), "commitments");
    assert_int_equal(field_number(json_array_get(commitments, 0), "done"), 1);
    assert_string_equal(field_text(desk.last, "to"), "2015-05-31");
    assert_true(field_is_null(json_array_get(commitments, 0), "fault"));
    desk_refused(&desk, preview_of(promise(2), "2015-02-01", "2015-01-01"), ROND_EINVALID, "from");
    desk_refused(&desk, preview_of(promise(2), "2015-02-01", "x"), ROND_EINVALID, "from");
}

static void what_is_faulty_is_told_in_place_of_figures(void **state) {
    UNUSED(state);
    desk_do(&desk, preview_of(promise(0), NULL, NULL));
    assert_false(field_truth(desk.last, "good"));
    const json_t *fault = json_array_get(field(desk.last, "faults"), 0);
    assert_string_equal(field_text(fault, "field"), "commitments[0].target");
    assert_string_equal(field_text(fault, "text"), "must be at least 1");
    assert_null(json_object_get(desk.last, "commitments"));
}

// Whoever may try promises in one area learns nothing of another by a file.
static void a_file_of_another_area_is_refused(void **state) {
    UNUSED(state);
    const char text[] = "area: {id: malmo, name: M}\norganisations: [{id: polisen, kind: police}]\npromises: []\n";
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "promise.preview", "area", "lund", "text", text),
                 ROND_EINVALID, "area");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "promise.preview", "text", text), ROND_EINVALID, "area");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "promise.preview", "area", "lund"), ROND_EINVALID, "text");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_tells_what_would_count_and_what_would_not_and_why, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(only_the_latest_examples_are_kept, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_promise_of_another_year_is_tried_on_this_one, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_is_faulty_is_told_in_place_of_figures, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_file_of_another_area_is_refused, open_desk, close_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
