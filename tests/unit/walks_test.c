// Tests: server/admin/walks.c server/read/walks.c server/read/walk_place.c server/read/action_state.c
// The register of unsafe places: what walks found, what people decide about it, and what goes down to devices then.
#include "read/walks.h"

#include <string.h>

#include "promise/apply.h"
#include "read/feedback.h"
#include "support/desk.h"
#include "support/test.h"

#define ACTIONS "lund-2015-station/atgarder"
#define UNSAFE ROND__V1__SAFETY__SAFETY_UNSAFE
#define SAFE ROND__V1__SAFETY__SAFETY_SAFE

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

enum { DAY_S = 24 * 60 * 60 };

static char *text(const char *of) {
    return arena_text(&desk.lund.arena, of);
}

// With one finding, "1". Days before now.
static Rond__V1__Report *walk(int days_ago, Rond__V1__Safety safety) {
    Rond__V1__Report *report = sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    report->occurred_from_s = desk.lund.now_ms / 1000 - (int64_t)days_ago * DAY_S;
    report->occurred_to_s = report->occurred_from_s + 600;
    report->claimed_ms = (report->occurred_to_s + 60) * 1000;
    report->walk->n_findings = 1;
    Rond__V1__Finding *finding = report->walk->findings[0];
    rond__v1__finding__init(finding);
    finding->id = text("1");
    finding->place = text("bangatan");
    finding->safety = safety;
    finding->cause = text("mörkt");
    finding->responsible = text("lunds-kommun");
    finding->promised_action = text("lampor");
    finding->due = text("2015-05-20");
    return report;
}

static Rond__V1__Report *rewalk(int days_ago, Rond__V1__Safety safety, uint64_t seq) {
    Rond__V1__Report *report = walk(days_ago, safety);
    struct report_key key = lund_key_of(0, 0, seq);
    Rond__V1__FindingRef *of = arena_alloc(&desk.lund.arena, sizeof *of);
    rond__v1__finding_ref__init(of);
    of->report = lund_identity(&desk.lund.arena, &key);
    of->finding = text("1");
    report->walk->findings[0]->rewalk_of = of;
    return report;
}

static size_t listed(const char *which) {
    desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "walk.list", "area", "lund", "which", which));
    return kept_count(&desk.rows);
}

static const json_t *only(void) {
    assert_int_equal(listed("all"), 1);
    return kept_row(&desk.rows, 0);
}

static json_t *set(const char *reference, const char *field, const char *value) {
    return json_pack("{s:s,s:s,s:s,s:s}", "command", "walk.set", "reference", reference, "finding", "1", field, value);
}

static json_t *close_it(const char *reference, const char *version) {
    return json_pack("{s:s,s:s,s:s,s:s,s:s*}", "command", "walk.close", "reference", reference, "finding", "1", "reason",
                     "platsen byggs om", "version", version);
}

static json_t *undo(int64_t number) {
    return json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)number);
}

static const Rond__V1__Feedback *down(uint64_t stamp) {
    Rond__V1__Feedback *feedback = NULL;
    struct id128 id = lund_device(3);
    const struct feedback_known known = {.week = "9999-W01", .actions_stamp = stamp};
    assert_ok(
        read_feedback(desk.lund.store, desk.lund.catalogue, &id, &known, LUND_NOW_S, NULL, &desk.lund.arena, &feedback));
    return feedback;
}

static struct hash256 digest(void) {
    struct hash256 made;
    assert_ok(promise_digest(desk.lund.store, &made));
    return made;
}

static void a_place_is_in_the_register_with_what_its_walk_says(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE));
    (void)desk_report(&desk, 2, walk(10, SAFE)); // nothing unsafe
    const json_t *row = only();
    assert_string_equal(field_text(row, "reference"), reference);
    assert_string_equal(field_text(row, "finding"), "1");
    assert_string_equal(field_text(row, "area"), "lund");
    assert_string_equal(field_text(row, "commitment"), ACTIONS);
    assert_string_equal(field_text(row, "place"), "bangatan");
    assert_string_equal(field_text(row, "cause"), "mörkt");
    assert_string_equal(field_text(row, "responsible"), "lunds-kommun");
    assert_string_equal(field_text(row, "due"), "2015-05-20");
    assert_string_equal(field_text(row, "status"), "open");
    assert_true(field_truth(row, "overdue"));
    assert_true(field_is_null(row, "closed_by"));
    assert_int_equal(listed("open"), 1);
    assert_int_equal(listed("overdue"), 1);
    assert_int_equal(listed("safe"), 0);
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "walk.list", "which", "lost"), ROND_EINVALID, "which");
    desk_refused(&desk, json_pack("{s:s,s:s}", "command", "walk.list", "area", "ystad"), ROND_ENOTFOUND, "area");
}

static void a_rewalk_that_finds_it_safe_is_what_puts_it_right(void **state) {
    UNUSED(state);
    (void)desk_report(&desk, 0, walk(20, UNSAFE));
    const char *second = desk_report(&desk, 2, rewalk(10, SAFE, 1));
    const json_t *row = only();
    assert_string_equal(field_text(row, "status"), "safe");
    assert_false(field_truth(row, "overdue"));
    assert_int_equal(field_number(row, "looks"), 2);
    assert_string_equal(field_text(row, "latest_reference"), second);
    assert_int_equal(listed("open"), 0);
    desk_refused(&desk, close_it(field_text(only(), "reference"), NULL), ROND_ECONFLICT, "finding");
}

static void what_is_set_goes_down_to_devices_and_can_be_taken_back(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE));
    uint64_t stamp = down(0)->actions_stamp;
    assert_int_equal(down(stamp)->actions_stamp, 0);
    int64_t number = field_number(desk_do(&desk, set(reference, "due", "2099-07-31")), "decision");
    (void)desk_do(&desk, set(reference, "responsible", "jernhusen"));
    (void)desk_do(&desk, set(reference, "promised_action", ""));
    const Rond__V1__Feedback *changed = down(stamp);
    assert_int_equal(changed->n_actions, 1);
    assert_string_equal(changed->actions[0]->due, "2099-07-31");
    assert_string_equal(changed->actions[0]->responsible, "jernhusen");
    assert_string_equal(changed->actions[0]->promised_action, "");
    assert_string_equal(changed->actions[0]->cause, "mörkt");
    assert_false(field_truth(only(), "overdue"));
    assert_int_equal(json_array_size(field(only(), "decisions")), 3);
    (void)desk_do(&desk, undo(number));
    assert_int_not_equal(down(changed->actions_stamp)->actions_stamp, 0);
    assert_string_equal(down(0)->actions[0]->due, "2015-05-20");
    desk_refused(&desk, set(reference, "responsible", "jernhusen"), ROND_ECONFLICT, "set"); // it says so already
}

static void closing_takes_it_from_the_devices_and_changes_no_figure(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE));
    struct hash256 before = digest(), after;
    uint64_t stamp = down(0)->actions_stamp;
    assert_int_equal(down(0)->n_actions, 1);
    int64_t number = field_number(desk_do(&desk, close_it(reference, NULL)), "decision");
    const Rond__V1__Feedback *closed = down(stamp);
    assert_int_not_equal(closed->actions_stamp, 0);
    assert_int_equal(closed->n_actions, 0);
    after = digest();
    assert_memory_equal(&before, &after, sizeof before);
    const json_t *sum =
        field(desk_do(&desk, json_pack("{s:s,s:s}", "command", "progress.commitment", "commitment", ACTIONS)), "sum");
    assert_int_equal(field_number(sum, "actions_open"), 1);
    assert_int_equal(field_number(sum, "actions_closed"), 0);
    assert_true(field_truth(desk_do(&desk, json_pack("{s:s}", "command", "rebuild")), "unchanged"));
    assert_string_equal(field_text(only(), "status"), "closed");
    assert_int_equal(field_number(only(), "closed_by"), number);
    assert_false(field_truth(only(), "overdue"));
    assert_int_equal(listed("closed"), 1);
    assert_int_equal(listed("open"), 0);
    desk_refused(&desk, close_it(reference, NULL), ROND_ECONFLICT, "finding");
    (void)desk_do(&desk, undo(number));
    assert_int_equal(down(closed->actions_stamp)->n_actions, 1);
    assert_string_equal(field_text(only(), "status"), "open");
}

static void a_look_after_the_closing_opens_it_again(void **state) {
    UNUSED(state);
    struct report_key first = lund_key_of(0, 0, 1);
    struct decision decision = {.kind = DECISION_ACTION,
                                .subject = "closed:1",
                                .value = "byggs om",
                                .reports = &first,
                                .reports_count = 1,
                                .at_ms = desk.lund.now_ms - 5 * (int64_t)DAY_S * 1000,
                                .actor = "uid:1"};
    uint64_t number;
    (void)desk_report(&desk, 0, walk(20, UNSAFE));
    lund_begin(&desk.lund);
    assert_ok(desk.lund.store->registry->decision_put(desk.lund.store, &decision, &number));
    lund_commit(&desk.lund);
    (void)desk_report(&desk, 2, rewalk(10, UNSAFE, 1)); // happened before it was closed, came in late
    assert_string_equal(field_text(only(), "status"), "closed");
    assert_int_equal(down(0)->n_actions, 0);
    (void)desk_report(&desk, 2, rewalk(1, UNSAFE, 1));
    assert_string_equal(field_text(only(), "status"), "open");
    assert_int_equal(down(0)->n_actions, 1);
}

static void what_another_did_meanwhile_is_not_overwritten(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE)), *seen = text(field_text(only(), "version"));
    int64_t number = field_number(desk_do(&desk, set(reference, "due", "2099-07-31")), "decision");
    json_t *mine = set(reference, "due", "2099-08-31");
    assert_int_equal(json_object_set_new(mine, "version", json_string(seen)), 0);
    desk_refused(&desk, mine, ROND_ECONFLICT, "version");
    desk_refused(&desk, close_it(reference, seen), ROND_ECONFLICT, "version");
    (void)desk_do(&desk, undo(number)); // as it was, and yet not as it was seen
    desk_refused(&desk, close_it(reference, seen), ROND_ECONFLICT, "version");
    seen = text(field_text(only(), "version"));
    (void)desk_report(&desk, 2, rewalk(10, UNSAFE, 1));
    desk_refused(&desk, close_it(reference, seen), ROND_ECONFLICT, "version");
    seen = text(field_text(only(), "version"));
    (void)desk_report(&desk, 3, rewalk(8, UNSAFE, 1));
    assert_string_not_equal(field_text(only(), "version"), seen);
    seen = text(field_text(only(), "version"));
    struct report_key second = lund_key_of(2, 0, 1); // which is not the newest
    (void)desk_report(&desk, 2, sample_withdrawal(&desk.lund.arena, &second.device, &second.outbox, second.seq));
    assert_int_equal(field_number(only(), "looks"), 2);
    desk_refused(&desk, close_it(reference, seen), ROND_ECONFLICT, "version");
    (void)desk_do(&desk, close_it(reference, field_text(only(), "version")));
}

static void a_decision_stays_with_a_walk_that_is_corrected(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE));
    (void)desk_do(&desk, set(reference, "due", "2099-07-31"));
    Rond__V1__Report *right = walk(20, UNSAFE);
    struct report_key key = lund_key_of(0, 0, 1);
    right->corrects = lund_identity(&desk.lund.arena, &key);
    right->claimed_ms += 1000;
    right->walk->findings[0]->cause = text("buskar");
    const char *corrected = desk_report(&desk, 0, right);
    assert_string_equal(field_text(only(), "reference"), corrected);
    assert_string_equal(field_text(only(), "cause"), "buskar");
    assert_string_equal(field_text(only(), "due"), "2099-07-31");
    desk_refused(&desk, close_it(reference, NULL), ROND_ECONFLICT, "version");
    (void)desk_do(&desk, close_it(corrected, NULL));
}

static void an_amended_walk_says_what_it_was_amended_to(void **state) {
    UNUSED(state);
    Rond__V1__Report *lost = walk(20, UNSAFE);
    lost->walk->findings[0]->place = text("atlantis");
    const char *reference = desk_report(&desk, 0, lost);
    assert_int_equal(listed("all"), 0);
    (void)desk_do(&desk, json_pack("{s:s,s:s,s:{s:s,s:s}}", "command", "quarantine.amend", "reference", reference, "set",
                                   "walk.findings[0].place", "stortorget", "walk.findings[0].responsible", "jernhusen"));
    assert_string_equal(field_text(only(), "place"), "stortorget");
    assert_string_equal(field_text(only(), "responsible"), "jernhusen");
    const Rond__V1__Feedback *first = down(0);
    assert_string_equal(first->actions[0]->place, "stortorget");
    assert_string_equal(first->actions[0]->responsible, "jernhusen");
    (void)desk_do(&desk, json_pack("{s:s,s:s,s:{s:s}}", "command", "quarantine.amend", "reference", reference, "set",
                                   "walk.findings[0].due", "2099-07-31"));
    assert_false(field_truth(only(), "overdue"));
    assert_int_not_equal(down(first->actions_stamp)->actions_stamp, 0);
    assert_string_equal(down(0)->actions[0]->due, "2099-07-31");
}

static void what_was_decided_is_taken_back_though_the_walk_is_erased(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE));
    int64_t due = field_number(desk_do(&desk, set(reference, "due", "2099-07-31")), "decision");
    int64_t closed = field_number(desk_do(&desk, close_it(reference, NULL)), "decision");
    (void)desk_do(&desk, json_pack("{s:s,s:s}", "command", "report.erase", "reference", reference));
    assert_string_equal(field_text(only(), "status"), "closed");
    (void)desk_do(&desk, undo(closed));
    assert_string_equal(field_text(only(), "status"), "open");
    (void)desk_do(&desk, undo(due));
    assert_true(field_is_null(only(), "due"));
}

static void what_cannot_be_set_is_refused_beside_its_field(void **state) {
    UNUSED(state);
    const char *reference = desk_report(&desk, 0, walk(20, UNSAFE));
    desk_refused(&desk, set(reference, "responsible", "nobody"), ROND_EINVALID, "responsible");
    desk_refused(&desk, set(reference, "due", "2015-02-30"), ROND_EINVALID, "due");
    desk_refused(&desk, set(reference, "promised_action", "ring 19121212-1212"), ROND_EINVALID, "promised_action");
    desk_refused(&desk, set(reference, "promised_action", "two\nlines"), ROND_EINVALID, "promised_action");
    desk_refused(&desk, set(reference, "closed", "yes"), ROND_EINVALID, "set");
    desk_refused(&desk, set("#77", "due", "2099-07-31"), ROND_ENOTFOUND, "reference");
    const char *check = desk_report(&desk, 0, sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, 0));
    desk_refused(&desk, set(check, "due", "2099-07-31"), ROND_ECONFLICT, "version");
    desk_refused(&desk, json_pack("{s:s,s:s,s:s}", "command", "walk.close", "reference", reference, "finding", "1"),
                 ROND_EINVALID, "reason");
    assert_int_equal(json_array_size(field(only(), "decisions")), 0);
}

static void a_text_that_seems_personal_is_held_back(void **state) {
    UNUSED(state);
    Rond__V1__Report *report = walk(20, UNSAFE);
    report->walk->findings[0]->cause = text("ring 19121212-1212");
    (void)desk_report(&desk, 0, report);
    assert_true(field_is_null(only(), "cause"));
    assert_true(field_truth(only(), "withheld"));
}

static void a_part_ends_where_enough_was_looked_at_and_goes_on_there(void **state) {
    UNUSED(state);
    enum { PLACES = WALKS_PLACES_LOOKS + 30 };
    for (int i = 0; i < PLACES; i++)
        (void)desk_report(&desk, 0, walk(20, UNSAFE));
    size_t found = 0, parts = 0;
    struct walks_wanted wanted = {.which = WALKS_OPEN, .now_s = LUND_NOW_S, .is_part = true};
    do {
        struct kept_rows kept;
        kept_rows_init(&kept);
        assert_ok(read_walks(desk.lund.store, desk.lund.catalogue, &wanted, &kept.rows, &wanted.after));
        found += kept_count(&kept);
        kept_rows_deinit(&kept);
        parts++;
    } while (wanted.after != 0);
    assert_int_equal(found, PLACES);
    assert_int_equal(parts, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_place_is_in_the_register_with_what_its_walk_says),
        TEST(a_rewalk_that_finds_it_safe_is_what_puts_it_right),
        TEST(what_is_set_goes_down_to_devices_and_can_be_taken_back),
        TEST(closing_takes_it_from_the_devices_and_changes_no_figure),
        TEST(a_look_after_the_closing_opens_it_again),
        TEST(what_another_did_meanwhile_is_not_overwritten),
        TEST(a_decision_stays_with_a_walk_that_is_corrected),
        TEST(an_amended_walk_says_what_it_was_amended_to),
        TEST(what_was_decided_is_taken_back_though_the_walk_is_erased),
        TEST(what_cannot_be_set_is_refused_beside_its_field),
        TEST(a_text_that_seems_personal_is_held_back),
        TEST(a_part_ends_where_enough_was_looked_at_and_goes_on_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
