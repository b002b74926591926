#include "read/report_json.h"

#include <string.h>

#include "support/report_samples.h"
#include "support/rows.h"
#include "support/test.h"

static struct arena arena;

static int open_arena(void **state) {
    arena_init(&arena, 16 * 1024 * 1024);
    return 0;
}

static int close_arena(void **state) {
    arena_deinit(&arena);
    return 0;
}

static const struct id128 device = {{1}}, outbox = {{2}};

static struct stored_report stored_of(const Rond__V1__Report *report) {
    return (struct stored_report){
        .row = 7,
        .key = {device, outbox, 3},
        .organisation = "polisen",
        .area = "lund",
        .record = record_of_report(&arena, report),
        .kind = (uint32_t)report_kind(report),
        .from_s = SAMPLE_START_S,
        .to_s = SAMPLE_START_S + 60,
        .uncertainty_s = 5,
        .received_ms = INT64_C(1000) * SAMPLE_START_S + 1,
    };
}

static json_t *stored_json(const struct stored_report *stored) {
    json_t *made = NULL;
    assert_ok(report_json_stored(stored, TEXTS_SHOWN, &made));
    return made;
}

static void every_kind_of_report_has_its_body(void **state) {
    static const char *const bodies[] = {
        [ROND__V1__KIND__KIND_CHECK] = "check",
        [ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT] = "handout",
        [ROND__V1__KIND__KIND_VISIBLE_PATROL] = "patrol",
        [ROND__V1__KIND__KIND_SAFETY_WALK] = "walk",
        [ROND__V1__KIND__KIND_MEETING] = "meeting",
        [ROND__V1__KIND__KIND_INVENTORY] = "inventory",
        [ROND__V1__KIND__KIND_INITIATIVE] = "initiative",
    };
    for (unsigned kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE; kind++) {
        json_t *made = report_json(sample_report(&arena, (Rond__V1__Kind)kind, 1));
        assert_string_equal(field_text(made, "kind"), kind_name((Rond__V1__Kind)kind));
        assert_true(json_is_object(field(made, bodies[kind])));
        assert_true(field_number(made, "occurred_from_s") > SAMPLE_START_S);
        assert_string_equal(field_text(made, "occurred_from"), "2015-05-08T13:00:00Z");
        json_decref(made);
    }
}

static void the_words_of_a_check_and_a_walk_are_spelt_out(void **state) {
    json_t *made = report_json(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0));
    assert_string_equal(field_text(field(made, "check"), "form"), "targeted");
    json_decref(made);
    Rond__V1__Report *walk = sample_report(&arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    walk->walk->findings[0]->safety = ROND__V1__SAFETY__SAFETY_UNSAFE;
    made = report_json(walk);
    assert_string_equal(field_text(json_array_get(field(field(made, "walk"), "findings"), 0), "safety"), "unsafe");
    json_decref(made);
}

static void a_withdrawal_names_what_it_takes_back(void **state) {
    json_t *made = report_json(sample_withdrawal(&arena, &device, &outbox, 9));
    assert_string_equal(field_text(made, "kind"), "withdrawal");
    const json_t *target = field(field(made, "withdrawal"), "target");
    assert_int_equal(field_number(target, "seq"), 9);
    assert_string_equal(field_text(target, "device"), "01000000000000000000000000000000");
    json_decref(made);
}

static void the_estimate_stands_beside_what_the_device_said(void **state) {
    Rond__V1__Report *report = sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 2);
    struct stored_report stored = stored_of(report);
    json_t *made = stored_json(&stored);
    assert_int_equal(field_number(made, "occurred_from_s"), SAMPLE_START_S);
    assert_int_equal(field_number(field(made, "report"), "occurred_from_s"), report->occurred_from_s);
    assert_int_not_equal(report->occurred_from_s, SAMPLE_START_S);
    assert_int_equal(field_number(made, "uncertainty_s"), 5);
    assert_string_equal(field_text(made, "received"), "2015-05-08T12:00:00Z");
    assert_string_equal(field_text(made, "verdict"), "applied");
    assert_null(json_object_get(made, "code"));
    assert_null(json_object_get(made, "corrects"));
    json_decref(made);
}

static void a_quarantined_report_says_why(void **state) {
    struct stored_report stored = stored_of(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0));
    stored.verdict = VERDICT_QUARANTINED;
    stored.code = 405;
    stored.reason = "The place is not known in this area.";
    stored.field = "place";
    json_t *made = stored_json(&stored);
    assert_string_equal(field_text(made, "verdict"), "quarantined");
    assert_int_equal(field_number(made, "code"), 405);
    assert_string_equal(field_text(made, "code_name"), "place_unknown");
    assert_string_equal(field_text(made, "field"), "place");
    assert_false(field_truth(made, "released"));
    json_decref(made);
}

static void what_cannot_be_read_is_shown_as_its_bytes(void **state) {
    struct stored_report stored = stored_of(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0));
    stored.record.report = bytes_of("\xff\xff\xff", 3);
    stored.kind = 0;
    json_t *made = stored_json(&stored);
    assert_true(field_is_null(made, "report"));
    assert_true(field_is_null(made, "kind"));
    assert_string_equal(field_text(made, "unreadable"), "ffffff");
    json_decref(made);
}

static void texts_are_left_out_where_they_may_not_be_shown(void **state) {
    struct stored_report stored = stored_of(sample_report(&arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0));
    json_t *made = NULL;
    assert_ok(report_json_stored(&stored, TEXTS_LEFT_OUT, &made));
    const json_t *unsafe = json_array_get(field(field(field(made, "report"), "walk"), "findings"), 1);
    assert_null(json_object_get(unsafe, "cause"));
    assert_string_equal(field_text(unsafe, "responsible"), "jernhusen");
    assert_true(field_truth(made, "texts_left_out"));
    json_decref(made);
    stored = stored_of(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0));
    assert_ok(report_json_stored(&stored, TEXTS_LEFT_OUT, &made));
    assert_null(json_object_get(made, "texts_left_out")); // there were none
    json_decref(made);
    stored.record.report = bytes_of("\xff\xff\xff", 3);
    assert_ok(report_json_stored(&stored, TEXTS_LEFT_OUT, &made));
    assert_null(json_object_get(made, "unreadable"));
    assert_true(field_truth(made, "texts_left_out"));
    json_decref(made);
}

static void an_erased_report_has_no_body(void **state) {
    struct stored_report stored = stored_of(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0));
    stored.record.report = bytes_of(NULL, 0);
    stored.erased = true;
    json_t *made = stored_json(&stored);
    assert_true(field_is_null(made, "report"));
    assert_null(json_object_get(made, "unreadable"));
    assert_string_equal(field_text(made, "kind"), "check");
    json_decref(made);
}

static void what_it_corrects_and_was_before_is_named(void **state) {
    struct stored_report stored = stored_of(sample_report(&arena, ROND__V1__KIND__KIND_CHECK, 0));
    stored.has_target = true;
    stored.target = (struct report_key){device, outbox, 2};
    stored.record.has_formerly = true;
    stored.record.formerly_outbox = (struct id128){{9}};
    stored.record.formerly_seq = 4;
    json_t *made = stored_json(&stored);
    assert_int_equal(field_number(field(made, "corrects"), "seq"), 2);
    assert_int_equal(field_number(field(made, "formerly"), "seq"), 4);
    assert_string_equal(field_text(field(made, "formerly"), "outbox"), "09000000000000000000000000000000");
    json_decref(made);
    stored.is_withdrawal = true;
    made = stored_json(&stored);
    assert_null(json_object_get(made, "corrects"));
    assert_int_equal(field_number(field(made, "withdraws"), "seq"), 2);
    json_decref(made);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_report_has_its_body),
        cmocka_unit_test(the_words_of_a_check_and_a_walk_are_spelt_out),
        cmocka_unit_test(a_withdrawal_names_what_it_takes_back),
        cmocka_unit_test(the_estimate_stands_beside_what_the_device_said),
        cmocka_unit_test(a_quarantined_report_says_why),
        cmocka_unit_test(what_cannot_be_read_is_shown_as_its_bytes),
        cmocka_unit_test(texts_are_left_out_where_they_may_not_be_shown),
        cmocka_unit_test(an_erased_report_has_no_body),
        cmocka_unit_test(what_it_corrects_and_was_before_is_named),
    };
    return cmocka_run_group_tests(tests, open_arena, close_arena);
}
