// Tests: client-sdk/src/client_actions.c client-sdk/src/client_summary.c
// Open unsafe places and the weekly summary as an app sees them, and walking again where another device has been.
#include "rond/rond.h"

#include <string.h>

#include "fake_transport.h"
#include "handheld.h"
#include "outbox_internal.h"
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

static const struct id128 walker = {{7, 7, 7}}, walker_outbox = {{8, 8, 8}};

// Feedback with `count` open places, found by another device as its reports 5, 6, ...
static void feed(struct handheld *handheld, size_t count, const char *due) {
    struct arena *arena = &handheld->arena;
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__Standing standing = ROND__V1__STANDING__INIT, *standings[] = {&standing};
    standing.commitment = arena_text(arena, "lund-2015/checks");
    feedback.n_standings = 1;
    feedback.standings = standings;
    feedback.actions_stamp = 7 + count;
    feedback.actions = arena_array(arena, count + 1, sizeof *feedback.actions);
    for (size_t i = 0; i < count; i++) {
        Rond__V1__OpenAction *action = arena_alloc(arena, sizeof *action);
        rond__v1__open_action__init(action);
        action->report = arena_alloc(arena, sizeof *action->report);
        rond__v1__identity__init(action->report);
        action->report->device = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)walker.b, .len = ID_SIZE};
        action->report->outbox = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)walker_outbox.b, .len = ID_SIZE};
        action->report->seq = 5 + i;
        action->finding = arena_text(arena, "2");
        action->commitment = arena_text(arena, "lund-2015/actions");
        action->place = arena_text(arena, "stortorget");
        action->due = arena_text(arena, due);
        action->found_s = 1431086400;
        feedback.actions[feedback.n_actions++] = action;
    }
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
}

static size_t open_count(struct handheld *handheld) {
    rond_actions *actions;
    assert_ok(rond_actions_get(handheld->rond, &actions));
    size_t count = actions->count;
    rond_actions_free(actions);
    return count;
}

static void reference_of(uint64_t seq, char ret_reference[ROND_REFERENCE_SIZE]) {
    short_reference_format(&walker, &walker_outbox, seq, ret_reference);
}

static void open_places_are_shown_as_they_came_with_what_is_not_said_left_out(void **state) {
    struct handheld *handheld = *state;
    char reference[ROND_REFERENCE_SIZE];
    assert_int_equal(open_count(handheld), 0);
    feed(handheld, 2, "2000-01-31");
    rond_actions *actions;
    assert_ok(rond_actions_get(handheld->rond, &actions));
    assert_int_equal(actions->count, 2);
    reference_of(5, reference);
    assert_string_equal(actions->actions[0].reference, reference);
    assert_string_equal(actions->actions[0].finding, "2");
    assert_string_equal(actions->actions[0].place, "stortorget");
    assert_null(actions->actions[0].cause);
    assert_int_equal(actions->actions[0].found_s, 1431086400);
    assert_true(actions->actions[0].overdue);
    rond_actions_free(actions);
}

static void a_place_is_overdue_from_the_day_after_its_due_day(void **state) {
    struct handheld *handheld = *state;
    static const int overdue[] = {true, false, false}; // yesterday, today, tomorrow
    int64_t now_s = clock_wall_ms(handheld->rond->clock) / 1000;
    int32_t offset_s;
    assert_ok(rond_zone_offset_s(handheld->rond, now_s, &offset_s));
    for (int i = 0; i < 3; i++) {
        char due[DATE_TEXT_SIZE];
        day_format((day_t)((now_s + offset_s) / 86400) + i - 1, due);
        feed(handheld, 1, due);
        rond_actions *actions;
        assert_ok(rond_actions_get(handheld->rond, &actions));
        assert_int_equal(actions->actions[0].overdue, overdue[i]);
        rond_actions_free(actions);
    }
}

static void what_comes_stands_in_place_of_what_was_there(void **state) {
    struct handheld *handheld = *state;
    Rond__V1__Feedback page = ROND__V1__FEEDBACK__INIT; // without a stamp: says nothing of actions
    feed(handheld, 3, "");
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &page));
    assert_int_equal(open_count(handheld), 3);
    feed(handheld, 1, "");
    assert_int_equal(open_count(handheld), 1);
    feed(handheld, 0, "");
    assert_int_equal(open_count(handheld), 0);
}

static void the_stamp_stands_with_the_actions_and_goes_with_their_history(void **state) {
    struct handheld *handheld = *state;
    struct device_server_state server;
    feed(handheld, 3, "");
    assert_ok(outbox_week_load(handheld->rond->outbox)); // as when the file is opened again
    outbox_server(handheld->rond->outbox, &server);
    assert_int_equal(server.actions_stamp, 10);
    server.actions_stamp = 0; // another history
    assert_ok(outbox_server_store(handheld->rond->outbox, &server));
    assert_int_equal(open_count(handheld), 0);
}

// ---- Walking again ----

static enum rond_err walk_again(struct handheld *handheld, const char *reference, const char *finding, rond_fault *fault) {
    rond_finding safe = {
        .place = "stortorget", .safety = ROND_SAFE, .rewalk_reference = reference, .rewalk_finding = finding};
    rond_activity walk = {.struct_size = sizeof walk, .kind = ROND_SAFETY_WALK, .findings = &safe, .findings_count = 1};
    return rond_report(handheld->rond, &walk, NULL, fault);
}

static void a_place_that_another_device_found_is_walked_again_by_its_short_reference(void **state) {
    struct handheld *handheld = *state;
    rond_fault fault = {0};
    char reference[ROND_REFERENCE_SIZE];
    feed(handheld, 2, "");
    reference_of(6, reference);
    assert_ok(walk_again(handheld, reference, "2", &fault));
    struct outbox_report *reports;
    size_t count;
    uint64_t cursor;
    Rond__V1__Report *report;
    assert_ok(outbox_list(handheld->rond->outbox, 0, 1, &handheld->arena, &reports, &count, &cursor));
    assert_ok(codec_report_decode(&handheld->arena, reports[0].report, &report, NULL));
    const Rond__V1__FindingRef *of = report->walk->findings[0]->rewalk_of;
    assert_memory_equal(of->report->device.data, walker.b, ID_SIZE);
    assert_memory_equal(of->report->outbox.data, walker_outbox.b, ID_SIZE);
    assert_int_equal(of->report->seq, 6);
    assert_string_equal(of->finding, "2");
}

static void a_place_that_is_not_known_to_be_open_is_refused_and_says_to_sync(void **state) {
    struct handheld *handheld = *state;
    rond_fault fault = {0};
    char reference[ROND_REFERENCE_SIZE];
    reference_of(6, reference);
    assert_err(ROND_EINVALID, walk_again(handheld, reference, "2", &fault));
    assert_string_equal(fault.field, "walk.findings[0].rewalk_of");
    assert_non_null(strstr(fault.text, "sync first"));
    feed(handheld, 2, "");
    assert_err(ROND_EINVALID, walk_again(handheld, reference, "3", &fault)); // another finding of that walk
    reference_of(9, reference);
    assert_err(ROND_EINVALID, walk_again(handheld, reference, "2", &fault));
}

static void a_draft_keeps_the_reference_of_another_devices_walk(void **state) {
    struct handheld *handheld = *state;
    char reference[ROND_REFERENCE_SIZE];
    feed(handheld, 1, "");
    reference_of(5, reference);
    rond_finding safe = {.place = "stortorget", .safety = ROND_SAFE, .rewalk_reference = reference, .rewalk_finding = "2"};
    rond_activity walk = {.struct_size = sizeof walk, .kind = ROND_SAFETY_WALK, .findings = &safe, .findings_count = 1};
    rond_activity *loaded;
    uint64_t draft = 0;
    assert_ok(rond_draft_save(handheld->rond, &draft, &walk, NULL));
    assert_ok(rond_draft_load(handheld->rond, draft, &loaded));
    assert_string_equal(loaded->findings[0].rewalk_reference, reference);
    rond_activity_free(loaded);
}

// ---- The weekly summary ----

static void summarise(struct handheld *handheld, const char *week) {
    Rond__V1__Feedback feedback = ROND__V1__FEEDBACK__INIT;
    Rond__V1__WeeklySummary summary = ROND__V1__WEEKLY_SUMMARY__INIT;
    char *sv[] = {arena_text(&handheld->arena, "En rad.")}, *en[] = {arena_text(&handheld->arena, "A line.")};
    summary.week = arena_text(&handheld->arena, week);
    summary.organisation = arena_text(&handheld->arena, "polisen");
    summary.n_lines_sv = summary.n_lines_en = 1;
    summary.lines_sv = sv;
    summary.lines_en = en;
    feedback.summary = &summary;
    assert_ok(outbox_feedback_store(handheld->rond->outbox, &feedback));
}

static const char *week_known(struct handheld *handheld) {
    static struct device_server_state server;
    outbox_server(handheld->rond->outbox, &server);
    return server.summary_week;
}

static void the_newest_summary_is_kept_and_its_week_said_to_the_server(void **state) {
    struct handheld *handheld = *state;
    rond_summary *summary;
    assert_err(ROND_ENOTFOUND, rond_summary_get(handheld->rond, &summary));
    assert_string_equal(week_known(handheld), "");
    summarise(handheld, "2015-W18");
    summarise(handheld, "2015-W19");
    assert_ok(rond_summary_get(handheld->rond, &summary));
    assert_string_equal(summary->week, "2015-W19");
    assert_int_equal(summary->count, 1);
    assert_string_equal(summary->lines_sv[0], "En rad.");
    assert_string_equal(summary->lines_en[0], "A line.");
    rond_summary_free(summary);
    assert_string_equal(week_known(handheld), "2015-W19");
    handheld->rond->outbox->server.summary_week[0] = '\0';
    assert_ok(outbox_server_load(handheld->rond->outbox)); // the same from the file
    assert_string_equal(week_known(handheld), "2015-W19");
}

static void what_another_server_said_is_forgotten_with_it(void **state) {
    struct handheld *handheld = *state;
    struct device_server_state server;
    rond_summary *summary;
    feed(handheld, 1, "");
    summarise(handheld, "2015-W19");
    outbox_server(handheld->rond->outbox, &server);
    assert_ok(outbox_server_store(handheld->rond->outbox, &server)); // the same one
    assert_int_equal(open_count(handheld), 1);
    server.epoch++;
    server.summary_week[0] = '\0';
    assert_ok(outbox_server_store(handheld->rond->outbox, &server));
    assert_int_equal(open_count(handheld), 0);
    assert_err(ROND_ENOTFOUND, rond_summary_get(handheld->rond, &summary));
}

static void a_summary_lies_sealed_in_the_file(void **state) {
    struct handheld *handheld = *state;
    sqlite3_stmt *statement;
    summarise(handheld, "2015-W19");
    assert_int_equal(sqlite3_prepare_v2(handheld->rond->outbox->db,
                                        "SELECT count(*) FROM settings WHERE instr(sealed, 'A line.') > 0", -1, &statement,
                                        NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 0);
    sqlite3_finalize(statement);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(open_places_are_shown_as_they_came_with_what_is_not_said_left_out),
        TEST(a_place_is_overdue_from_the_day_after_its_due_day),
        TEST(what_comes_stands_in_place_of_what_was_there),
        TEST(the_stamp_stands_with_the_actions_and_goes_with_their_history),
        TEST(a_place_that_another_device_found_is_walked_again_by_its_short_reference),
        TEST(a_place_that_is_not_known_to_be_open_is_refused_and_says_to_sync),
        TEST(a_draft_keeps_the_reference_of_another_devices_walk),
        TEST(the_newest_summary_is_kept_and_its_week_said_to_the_server),
        TEST(what_another_server_said_is_forgotten_with_it),
        TEST(a_summary_lies_sealed_in_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
