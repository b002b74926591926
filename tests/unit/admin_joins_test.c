// Tests: server/admin/joins.c
// People decide about reports: what may be decided, what it comes to, and that it can be undone.
#include <string.h>

#include "promise/apply.h"
#include "support/desk.h"
#include "support/test.h"

#define CYCLE "lund-2015-trafik/cykel"

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

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&desk.lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static json_t *decision(const char *command, const char *one, const char *other) {
    json_t *references = json_pack("[s]", one);
    if (other != NULL)
        json_array_append_new(references, json_string(other));
    return json_pack("{s:s,s:o}", "command", command, "references", references);
}

static json_t *undo(int64_t number) {
    return json_pack("{s:s,s:I}", "command", "join.undo", "decision", (json_int_t)number);
}

static struct hash256 digest(void) {
    struct hash256 made;
    assert_ok(promise_digest(desk.lund.store, &made));
    return made;
}

static void expect_same_after_rebuild(void) {
    assert_true(field_truth(desk_do(&desk, json_pack("{s:s}", "command", "rebuild")), "unchanged"));
}

static void two_reports_of_one_check_are_joined_and_count_once_until_that_is_undone(void **state) {
    (void)state;
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, check(0));
    struct hash256 before = digest(), after;
    assert_int_equal(desk_count(&desk, CYCLE), 2);
    const json_t *done = desk_do(&desk, decision("join.make", one, other));
    assert_int_equal(strncmp(field_text(done, "subject"), "J-", 2), 0);
    assert_int_equal(strlen(field_text(done, "subject")), 7);
    int64_t number = field_number(done, "decision");
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
    desk_refused(&desk, decision("join.make", one, other), ROND_ECONFLICT, "reference");
    desk_refused(&desk, decision("join.make", other, one), ROND_ECONFLICT, "reference");
    assert_int_equal(field_number(desk_do(&desk, undo(number)), "undone"), number);
    assert_int_equal(desk_count(&desk, CYCLE), 2);
    after = digest();
    assert_memory_equal(&before, &after, sizeof before);
    desk_refused(&desk, undo(number), ROND_ECONFLICT, "decision");
    desk_refused(&desk, undo(77), ROND_ENOTFOUND, "decision");
    desk_refused(&desk, undo(0), ROND_EINVALID, "decision");
}

static void a_reference_that_one_of_them_has_is_taken(void **state) {
    (void)state;
    Rond__V1__Report *named = check(1);
    named->activity = arena_text(&desk.lund.arena, "cykel-0508");
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, named),
               *third = desk_report(&desk, 3, named);
    assert_int_equal(desk_count(&desk, CYCLE), 2);
    assert_string_equal(field_text(desk_do(&desk, decision("join.make", one, other)), "subject"), "cykel-0508");
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_refused(&desk, decision("join.make", other, third), ROND_ECONFLICT, "reference"); // by their own reference
}

static void a_report_parted_counts_on_its_own_and_can_come_back(void **state) {
    (void)state;
    Rond__V1__Report *named = check(1);
    named->activity = arena_text(&desk.lund.arena, "cykel-0508");
    const char *one = desk_report(&desk, 0, named), *other = desk_report(&desk, 2, named);
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    int64_t number = field_number(desk_do(&desk, decision("join.part", one, NULL)), "decision");
    assert_int_equal(desk_count(&desk, CYCLE), 2);
    desk_refused(&desk, decision("join.part", one, NULL), ROND_ECONFLICT, "reference");
    desk_do(&desk, decision("join.make", one, other));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_do(&desk, undo(number)); // the later decision stands
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
}

static void what_cannot_be_decided_about_is_refused_with_a_sentence(void **state) {
    (void)state;
    struct arena *arena = &desk.lund.arena;
    Rond__V1__Report *elsewhere = check(0), *bad = check(0);
    elsewhere->area = arena_text(arena, "malmo");
    elsewhere->place = arena_text(arena, "mollevangen");
    bad->place = arena_text(arena, "atlantis");
    struct report_key first = lund_key_of(0, 0, 1);
    const char *one = desk_report(&desk, 0, check(0));
    const char *malmo = desk_report(&desk, 2, elsewhere), *quarantined = desk_report(&desk, 2, bad);
    const char *meeting = desk_report(&desk, 2, sample_report(arena, ROND__V1__KIND__KIND_MEETING, 0));
    const char *other = desk_report(&desk, 2, check(1));
    struct report_key last = lund_key_of(2, 0, 4);
    Rond__V1__Report *waiting = check(2);
    struct report_key missing = lund_key_of(3, 9, 1);
    waiting->corrects = lund_identity(arena, &missing);
    const char *waits = desk_report(&desk, 3, waiting);
    desk_refused(&desk, decision("join.make", one, malmo), ROND_EINVALID, "reference");
    desk_refused(&desk, decision("join.make", one, meeting), ROND_EINVALID, "reference");
    desk_refused(&desk, decision("join.dismiss", one, meeting), ROND_EINVALID, "reference");
    desk_refused(&desk, decision("join.make", one, quarantined), ROND_ECONFLICT, "reference");
    desk_refused(&desk, decision("join.make", one, waits), ROND_ECONFLICT, "reference");
    desk_refused(&desk, decision("join.make", one, one), ROND_ECONFLICT, "reference");
    desk_refused(&desk, decision("join.make", one, "#99"), ROND_ENOTFOUND, "reference");
    desk_refused(&desk, decision("join.make", one, "what"), ROND_EINVALID, "reference");
    desk_refused(&desk, decision("join.make", one, NULL), ROND_EINVALID, "references");
    desk_refused(&desk, decision("join.part", one, NULL), ROND_ECONFLICT, "reference");
    desk_refused(&desk, json_pack("{s:s}", "command", "join.dismiss"), ROND_EINVALID, "references");
    const char *withdrawal = desk_report(&desk, 2, sample_withdrawal(arena, &last.device, &last.outbox, last.seq));
    desk_refused(&desk, decision("join.make", one, other), ROND_ECONFLICT, "reference");
    desk_refused(&desk, decision("join.make", one, withdrawal), ROND_ECONFLICT, "reference");
    // Of a report and its correction only one stands: they are the same one.
    Rond__V1__Report *corrected = check(0);
    corrected->corrects = lund_identity(arena, &first);
    desk_refused(&desk, decision("join.make", one, desk_report(&desk, 0, corrected)), ROND_ECONFLICT, "reference");
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "report.erase", "reference", "#5"));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_do(&desk, json_pack("{s:s}", "command", "join.log"));
    assert_int_equal(kept_count(&desk.rows), 0);
}

static void a_join_with_an_erased_report_stays_as_it_is(void **state) {
    (void)state;
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, check(0)),
               *third = desk_report(&desk, 3, check(0));
    int64_t number = field_number(desk_do(&desk, decision("join.make", one, other)), "decision");
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "report.erase", "reference", other));
    desk_refused(&desk, undo(number), ROND_ECONFLICT, "decision");
    desk_refused(&desk, decision("join.make", third, other), ROND_ECONFLICT, "reference");
    desk_do(&desk, decision("join.make", third, one));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    expect_same_after_rebuild();
}

static void a_decision_is_made_about_what_stands_whichever_revision_is_named(void **state) {
    (void)state;
    struct report_key first = lund_key_of(0, 0, 1);
    Rond__V1__Report *corrected = check(1);
    corrected->corrects = lund_identity(&desk.lund.arena, &first);
    const char *old = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, check(0));
    const char *newer = desk_report(&desk, 1, corrected);
    desk_do(&desk, decision("join.make", old, other));
    assert_int_equal(desk_count(&desk, CYCLE), 1);
    desk_refused(&desk, decision("join.make", newer, other), ROND_ECONFLICT, "reference");
    desk_do(&desk, decision("join.part", newer, NULL));
    assert_int_equal(desk_count(&desk, CYCLE), 2);
    expect_same_after_rebuild();
}

// ---- Who learns of it ----

static size_t news(unsigned device, uint64_t *cursor) {
    struct feedback_row *rows;
    size_t count;
    struct id128 id = lund_device(device);
    assert_ok(desk.lund.store->views->feedback(desk.lund.store, &id, *cursor, 100, &desk.lund.arena, &rows, &count, cursor));
    return count;
}

static void the_devices_hear_of_a_decision_and_of_its_end(void **state) {
    (void)state;
    uint64_t cursors[2] = {0};
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, check(0));
    (void)news(0, &cursors[0]), (void)news(2, &cursors[1]);
    int64_t number = field_number(desk_do(&desk, decision("join.make", one, other)), "decision");
    assert_true(news(0, &cursors[0]) > 0);
    assert_true(news(2, &cursors[1]) > 0);
    desk_do(&desk, undo(number));
    assert_true(news(0, &cursors[0]) > 0);
    assert_true(news(2, &cursors[1]) > 0);
}

static void every_decision_is_in_the_log_the_audit_and_beside_the_report(void **state) {
    (void)state;
    const char *one = desk_report(&desk, 0, check(0)), *other = desk_report(&desk, 2, check(0)),
               *third = desk_report(&desk, 3, check(0));
    desk_do(&desk, decision("join.dismiss", one, third));
    desk_refused(&desk, decision("join.dismiss", third, one), ROND_ECONFLICT, "reference");
    desk_do(&desk, decision("join.make", one, other));
    desk_refused(&desk, decision("join.dismiss", other, one), ROND_ECONFLICT, "reference");
    desk_do(&desk, undo(1));
    desk_do(&desk, json_pack("{s:s}", "command", "join.log"));
    assert_int_equal(kept_count(&desk.rows), 2);
    const json_t *dismissed = kept_row(&desk.rows, 0), *joined = kept_row(&desk.rows, 1);
    assert_string_equal(field_text(dismissed, "kind"), "dismiss");
    assert_string_equal(field_text(dismissed, "undone_by"), "uid:1000");
    assert_string_equal(field_text(joined, "kind"), "join");
    assert_string_equal(field_text(joined, "actor"), "uid:1000");
    assert_true(field_is_null(joined, "undone"));
    assert_string_equal(field_text(json_array_get(field(joined, "reports"), 1), "reference"), other);
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "join.log", "order", "newest"));
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "kind"), "join");
    assert_string_equal(field_text(kept_row(&desk.rows, 1), "kind"), "dismiss");
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "report.show", "reference", one));
    assert_int_equal(json_array_size(field(kept_row(&desk.rows, 0), "decisions")), 2);
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "progress.why", "commitment", CYCLE));
    assert_int_equal(field_number(field(kept_row(&desk.rows, 0), "ruling"), "decision"), 2);
    assert_true(field_is_null(kept_row(&desk.rows, 2), "ruling"));
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(object_with(desk.rows.list, "action", "join.make"));
    assert_non_null(object_with(desk.rows.list, "action", "join.dismiss"));
    assert_non_null(object_with(desk.rows.list, "action", "join.undo"));
}

// ---- Places ----

static json_t *place(const char *reference, const char *id, const char *value) {
    return json_pack("{s:s,s:[s],s:s,s:s}", "command", "report.place", "references", reference, "place", id, "value", value);
}

static void whether_a_report_was_at_a_place_is_decided_changed_and_undone(void **state) {
    (void)state;
    struct report_key key = lund_key_of(0, 0, 1);
    struct ruling_list ruled;
    const char *one = desk_report(&desk, 0, check(0));
    desk_refused(&desk, place(one, "bangatan", "undo"), ROND_ENOTFOUND, "place");
    desk_refused(&desk, place(one, "atlantis", "yes"), ROND_ENOTFOUND, "place");
    desk_refused(&desk, place(one, "mollevangen", "yes"), ROND_EINVALID, "place");
    desk_refused(&desk, place(one, "bangatan", "maybe"), ROND_EINVALID, "value");
    desk_do(&desk, place(one, "bangatan", "yes"));
    desk_refused(&desk, place(one, "bangatan", "yes"), ROND_ECONFLICT, "place");
    desk_do(&desk, place(one, "bangatan", "no"));
    assert_ok(desk.lund.store->ledger->rulings_of(desk.lund.store, &key, 1, &desk.lund.arena, &ruled));
    assert_int_equal(ruled.count, 1);
    assert_string_equal(ruled.rulings[0].value, "no");
    desk_do(&desk, place(one, "bangatan", "undo"));
    assert_ok(desk.lund.store->ledger->rulings_of(desk.lund.store, &key, 1, &desk.lund.arena, &ruled));
    assert_string_equal(ruled.rulings[0].value, "yes");
    desk_do(&desk, place(one, "bangatan", "undo"));
    desk_refused(&desk, place(one, "bangatan", "undo"), ROND_ENOTFOUND, "place");
}

static void what_is_undecided_about_a_place_is_listed(void **state) {
    (void)state;
    const struct commitment *commitment = catalogue_commitment_by_path(desk.lund.catalogue, CYCLE);
    static char stortorget[] = "stortorget", bangatan[] = "bangatan";
    char *among[] = {stortorget, bangatan};
    Rond__V1__Commitment *definition = (Rond__V1__Commitment *)(uintptr_t)commitment->definition;
    const char *one = desk_report(&desk, 0, check(0));
    desk_do(&desk, json_pack("{s:s}", "command", "report.undecided"));
    assert_int_equal(kept_count(&desk.rows), 0);
    // As the counting rules would leave it.
    struct stored_contribution open = {.row = 1, .commitment = commitment->number};
    const uint64_t row = 1;
    open.value.places_open = 2;
    const struct fold_changes changes = {.rows_removed = &row, .rows_removed_count = 1, .added = &open, .added_count = 1};
    lund_begin(&desk.lund);
    assert_ok(desk.lund.store->ledger->fold_store(desk.lund.store, &changes));
    lund_commit(&desk.lund);
    definition->among_places = among;
    definition->n_among_places = 2;
    desk_do(&desk, json_pack("{s:s}", "command", "report.undecided"));
    assert_int_equal(kept_count(&desk.rows), 1);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "place"), "bangatan");
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "reference"), one);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "commitment"), CYCLE);
    definition->n_among_places = 0; // the arena frees nothing of it
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(two_reports_of_one_check_are_joined_and_count_once_until_that_is_undone),
        TEST(a_reference_that_one_of_them_has_is_taken),
        TEST(a_report_parted_counts_on_its_own_and_can_come_back),
        TEST(what_cannot_be_decided_about_is_refused_with_a_sentence),
        TEST(a_join_with_an_erased_report_stays_as_it_is),
        TEST(a_decision_is_made_about_what_stands_whichever_revision_is_named),
        TEST(the_devices_hear_of_a_decision_and_of_its_end),
        TEST(every_decision_is_in_the_log_the_audit_and_beside_the_report),
        TEST(whether_a_report_was_at_a_place_is_decided_changed_and_undone),
        TEST(what_is_undecided_about_a_place_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
