// Tests: client-sdk/src/client_preview.c client-sdk/src/client_counting.c
#include "rond/rond.h"

#include <string.h>

#include "fake_transport.h"
#include "handheld.h"
#include "support/counting.h"
#include "support/test.h"
#include "wire/short_reference.h"

static int setup(void **state) {
    static struct handheld handheld;
    fake_reset();
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    handheld_reference(&handheld);
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    return 0;
}

static rond_activity a_check(void) {
    return (rond_activity){.struct_size = sizeof(rond_activity),
                           .kind = ROND_CHECK,
                           .occurred_from_s = 1431086400, // 2015-05-08
                           .check_form = ROND_TARGETED,
                           .of = "cyclist_behaviour",
                           .checked = 4};
}

// A commitment besides "checks", by its change.
static void promise_store(struct handheld *handheld, void (*change)(struct arena *arena, Rond__V1__Commitment *commitment)) {
    struct arena *arena = &handheld->arena;
    Rond__V1__Reference reference = ROND__V1__REFERENCE__INIT;
    Rond__V1__ReferenceEntry *room[1];
    reference.cursor = 100;
    reference.entries = room;
    Rond__V1__Commitment *commitment = a_commitment(arena, ROND__V1__MEASURE__MEASURE_AT_LEAST, ROND__V1__KIND__KIND_CHECK);
    commitment->id = arena_text(arena, "other");
    commitment->target = 5;
    change(arena, commitment);
    Rond__V1__ReferenceEntry *entry = entry_add(arena, &reference, "lund-2016", ROND__V1__REFERENCE_ENTRY__BODY_PROMISE);
    entry->promise = a_promise(arena, commitment);
    entry->promise->id = arena_text(arena, "lund-2016");
    assert_ok(outbox_reference_store(handheld->rond->outbox, &reference));
}

static void standing_store(struct handheld *handheld, const char *commitment, uint64_t done) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT, *standings[] = {&standing};
    standing.commitment = arena_text(&handheld->arena, commitment);
    standing.done = done;
    standing.target = 10;
    feedback.n_standings = 1;
    feedback.standings = standings;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
}

static const rond_preview_line *line_of(const rond_preview *preview, const char *commitment) {
    for (size_t i = 0; i < preview->count; i++)
        if (strcmp(preview->lines[i].commitment, commitment) == 0)
            return &preview->lines[i];
    fail_msg("nothing of %s", commitment);
    return NULL;
}

static rond_preview *preview_of(struct handheld *handheld, const rond_activity *activity) {
    rond_preview *preview;
    assert_ok(rond_preview_get(handheld->rond, activity, &preview, NULL));
    return preview;
}

static void it_says_what_the_figure_becomes_with_what_waits_and_this_one(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    standing_store(handheld, "lund-2015/checks", 3);
    assert_ok(rond_report(handheld->rond, &check, NULL, NULL));
    rond_preview *preview = preview_of(handheld, &check);
    const rond_preview_line *line = line_of(preview, "lund-2015/checks");
    assert_true(line->counted && line->after_known);
    assert_false(line->waits);
    assert_string_equal(line->reason_en, "");
    assert_int_equal(line->done, 3);
    assert_int_equal(line->target, 10);
    assert_int_equal(line->after, 5);
    rond_preview_free(preview);
}

static void several_reports_of_one_activity_add_one(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    check.activity = "cykel-1";
    assert_ok(rond_report(handheld->rond, &check, NULL, NULL));
    rond_preview *preview = preview_of(handheld, &check);
    assert_int_equal(line_of(preview, "lund-2015/checks")->after, 1);
    rond_preview_free(preview);
    check.activity = "cykel-2";
    preview = preview_of(handheld, &check);
    assert_int_equal(line_of(preview, "lund-2015/checks")->after, 2);
    rond_preview_free(preview);
}

static void it_says_why_not_in_both_languages(void **state) {
    struct handheld *handheld = *state;
    rond_activity late = a_check();
    late.occurred_from_s = 1400000000; // 2014
    rond_preview *preview = preview_of(handheld, &late);
    const rond_preview_line *line = line_of(preview, "lund-2015/checks");
    assert_false(line->counted || line->waits);
    assert_string_equal(line->reason_sv, reason_sentence(REASON_PERIOD, true));
    assert_string_equal(line->reason_en, reason_sentence(REASON_PERIOD, false));
    assert_int_equal(line->after, 0);
    rond_preview_free(preview);
}

static void require_agencies(struct arena *arena, Rond__V1__Commitment *commitment) {
    commitment->required_organisations = arena_array(arena, 1, sizeof(char *));
    commitment->required_organisations[commitment->n_required_organisations++] = arena_text(arena, "skatteverket");
}

static void what_others_must_tell_of_too_waits_and_adds_nothing_yet(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    promise_store(handheld, require_agencies);
    rond_preview *preview = preview_of(handheld, &check);
    assert_string_equal(preview->lines[0].commitment, "lund-2015/checks"); // what counts comes first
    const rond_preview_line *line = line_of(preview, "lund-2016/other");
    assert_true(line->waits);
    assert_false(line->counted);
    assert_string_equal(line->reason_en, reason_sentence(REASON_ORGANISATIONS, false));
    assert_int_equal(line->after, 0);
    rond_preview_free(preview);
    const char *const organisations[] = {"skatteverket"};
    check.organisations = organisations;
    check.organisations_count = 1;
    preview = preview_of(handheld, &check);
    assert_true(line_of(preview, "lund-2016/other")->counted);
    assert_int_equal(line_of(preview, "lund-2016/other")->after, 1);
    rond_preview_free(preview);
}

static void by_month(struct arena *arena, Rond__V1__Commitment *commitment) {
    commitment->measure = ROND__V1__MEASURE__MEASURE_RATE;
    commitment->per = ROND__V1__PER__PER_MONTH;
}

static void a_figure_of_periods_is_not_foretold(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    promise_store(handheld, by_month);
    rond_preview *preview = preview_of(handheld, &check);
    const rond_preview_line *line = line_of(preview, "lund-2016/other");
    assert_true(line->counted);
    assert_false(line->after_known);
    assert_int_equal(line->after, line->done);
    rond_preview_free(preview);
}

static void what_no_commitment_asks_for_has_no_line_and_nothing_is_saved(void **state) {
    struct handheld *handheld = *state;
    rond_activity meeting = {
        .struct_size = sizeof meeting, .kind = ROND_MEETING, .with = "taxi_trade", .subject = "the rank"};
    rond_preview *preview = preview_of(handheld, &meeting);
    assert_int_equal(preview->count, 0);
    rond_preview_free(preview);
    rond_totals totals;
    assert_ok(rond_totals_get(handheld->rond, &totals));
    assert_int_equal(totals.queued, 0);
}

static void what_could_not_be_queued_is_not_previewed(void **state) {
    struct handheld *handheld = *state;
    rond_activity check = a_check();
    rond_preview *preview;
    rond_fault fault = {0};
    check.checked = 0;
    assert_err(ROND_EINVALID, rond_preview_get(handheld->rond, &check, &preview, &fault));
    assert_string_equal(fault.field, "check.checked");
}

// ---- A place that is looked at again ----

static const struct id128 walker = {{7, 7, 7}}, walker_outbox = {{8, 8, 8}};

static void actions_of_walks(struct arena *arena, Rond__V1__Commitment *commitment) {
    commitment->measure = ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED;
    commitment->target = 0;
    commitment->filter = a_filter(arena, ROND__V1__KIND__KIND_SAFETY_WALK);
    commitment->follows = arena_text(arena, "other"); // its own filter: any walk
}

// Found by another device as finding 2 of its report 5.
static void place_open(struct handheld *handheld, const char *commitment) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__OpenAction action = ROND__V1__OPEN_ACTION__INIT, *actions[] = {&action};
    Rond__V1__Identity report = ROND__V1__IDENTITY__INIT;
    report.device = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)walker.b, .len = ID_SIZE};
    report.outbox = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)walker_outbox.b, .len = ID_SIZE};
    report.seq = 5;
    action.report = &report;
    action.finding = arena_text(&handheld->arena, "2");
    action.commitment = arena_text(&handheld->arena, commitment);
    action.found_s = 1431000000;
    feedback.actions_stamp = 9;
    feedback.actions = actions;
    feedback.n_actions = 1;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
}

static void expect_rewalk(struct handheld *handheld, const char *reference, const char *finding, bool counted) {
    rond_finding safe = {
        .place = "stortorget", .safety = ROND_SAFE, .rewalk_reference = reference, .rewalk_finding = finding};
    rond_activity walk = {.struct_size = sizeof walk,
                          .kind = ROND_SAFETY_WALK,
                          .occurred_from_s = 1431086400,
                          .findings = &safe,
                          .findings_count = 1};
    rond_preview *preview = preview_of(handheld, &walk);
    const rond_preview_line *line = line_of(preview, "lund-2016/other");
    assert_int_equal(line->counted, counted);
    assert_int_equal(line->waits, !counted);
    assert_string_equal(line->reason_en, counted ? "" : reason_sentence(REASON_PARTS, false));
    rond_preview_free(preview);
}

static void a_walk_that_looks_again_counts_where_its_place_is_known_to_be_open(void **state) {
    struct handheld *handheld = *state;
    char reference[ROND_REFERENCE_SIZE];
    promise_store(handheld, actions_of_walks);
    short_reference_format(&walker, &walker_outbox, 5, reference);
    place_open(handheld, "lund-2016/other");
    expect_rewalk(handheld, reference, "2", true);
    place_open(handheld, "lund-2016/another"); // open there, and nothing is known of it here
    expect_rewalk(handheld, reference, "2", false);
}

static void a_walk_that_looks_again_counts_where_the_first_look_still_waits_here(void **state) {
    struct handheld *handheld = *state;
    char reference[ROND_REFERENCE_SIZE];
    rond_finding unsafe = {.place = "stortorget",
                           .safety = ROND_UNSAFE,
                           .cause = "dark",
                           .responsible = "polisen",
                           .promised_action = "a lamp",
                           .due = "2015-09-01"};
    rond_activity walk = {.struct_size = sizeof walk,
                          .kind = ROND_SAFETY_WALK,
                          .occurred_from_s = 1431000000,
                          .findings = &unsafe,
                          .findings_count = 1};
    promise_store(handheld, actions_of_walks);
    assert_ok(rond_report(handheld->rond, &walk, reference, NULL));
    expect_rewalk(handheld, reference, "1", true);
    assert_ok(rond_withdraw(handheld->rond, reference, "another street", NULL, NULL));
    expect_rewalk(handheld, reference, "1", false);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(it_says_what_the_figure_becomes_with_what_waits_and_this_one),
        TEST(several_reports_of_one_activity_add_one),
        TEST(it_says_why_not_in_both_languages),
        TEST(what_others_must_tell_of_too_waits_and_adds_nothing_yet),
        TEST(a_figure_of_periods_is_not_foretold),
        TEST(a_walk_that_looks_again_counts_where_its_place_is_known_to_be_open),
        TEST(a_walk_that_looks_again_counts_where_the_first_look_still_waits_here),
        TEST(what_no_commitment_asks_for_has_no_line_and_nothing_is_saved),
        TEST(what_could_not_be_queued_is_not_previewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
