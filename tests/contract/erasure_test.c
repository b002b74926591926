// Erasing, rules and the retention protocol, on every backend.
//
// Tests: server/store/memory_erasure.c server/store/sqlite_rules.c
#include <string.h>

#include "support/store_fixture.h"

static void an_erased_report_tells_when_and_by_which_rule(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct stored_report report;
    struct erasure_row *rows = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    fixture_begin(fixture);
    assert_ok(
        fixture->store->ledger->erase(fixture->store, 2, &(struct erasure){.at_ms = 5, .rule = "polisen/default 90d"}));
    assert_ok(fixture->store->ledger->erase(fixture->store, 2, &(struct erasure){.at_ms = 9, .rule = "request"}));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->report(fixture->store, 2, &fixture->arena, &report));
    assert_true(report.erased);
    assert_int_equal(report.erased_ms, 5); // the first time stays
    assert_string_equal(report.erased_rule, "polisen/default 90d");
    assert_ok(fixture->store->views->report(fixture->store, 1, &fixture->arena, &report));
    assert_int_equal(report.erased_ms, 0);
    assert_null(report.erased_rule);
    assert_ok(fixture->store->views->erasures(fixture->store, 0, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].row, 2);
    assert_int_equal(rows[0].erasure.at_ms, 5);
    assert_ok(fixture->store->views->erasures(fixture->store, 2, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 0);
}

static void what_is_retained_is_listed_without_bodies_until_it_is_erased(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct retained_row *rows = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 5);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->erase(fixture->store, 3, FOR_A_TEST));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->retained(fixture->store, 1, 3, &fixture->arena, &rows, &count));
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].row, 2);
    assert_int_equal(rows[1].row, 4);
    assert_int_equal(rows[2].row, 5);
    assert_string_equal(rows[0].organisation, "polisen");
    assert_string_equal(rows[0].area, "lund");
    assert_int_equal(rows[0].kind, 1);
    assert_int_equal(rows[0].received_ms, 5001);
    assert_int_equal(rows[0].from_s, 102);
    assert_false(rows[0].flagged || rows[0].quarantined || rows[0].is_withdrawal);
    struct report_key key = sender_key(&sender, 2);
    assert_true(report_key_equal(&rows[0].key, &key));
}

static void a_rule_takes_the_place_of_one_of_its_name_and_goes(void **state) {
    struct store_fixture *fixture = *state;
    struct rule *rules = NULL;
    size_t count = 0;
    struct rule rule = {.kind = RULE_HOLD, .id = "H-2", .body = "{\"reason\":\"a\"}", .at_ms = 4, .actor = "uid:7"};
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->rule_put(fixture->store, &rule));
    rule.id = "H-1";
    assert_ok(fixture->store->registry->rule_put(fixture->store, &rule));
    rule.body = "{\"reason\":\"b\"}";
    rule.at_ms = 6;
    assert_ok(fixture->store->registry->rule_put(fixture->store, &rule));
    rule.kind = RULE_RETENTION;
    assert_ok(fixture->store->registry->rule_put(fixture->store, &rule));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->rules(fixture->store, RULE_HOLD, &fixture->arena, &rules, &count));
    assert_int_equal(count, 2);
    assert_string_equal(rules[0].id, "H-1");
    assert_string_equal(rules[0].body, "{\"reason\":\"b\"}");
    assert_int_equal(rules[0].at_ms, 6);
    assert_string_equal(rules[1].actor, "uid:7");
    fixture_begin(fixture);
    rule = (struct rule){.kind = RULE_HOLD, .id = "H-1"};
    assert_ok(fixture->store->registry->rule_put(fixture->store, &rule));
    assert_err(ROND_ENOTFOUND, fixture->store->registry->rule_put(fixture->store, &rule));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->rules(fixture->store, RULE_HOLD, &fixture->arena, &rules, &count));
    assert_int_equal(count, 1);
    assert_ok(fixture->store->views->rules(fixture->store, RULE_DISCLOSURE, &fixture->arena, &rules, &count));
    assert_int_equal(count, 0);
    fixture_begin(fixture); // what is rolled back never was
    rule = (struct rule){.kind = RULE_HOLD, .id = "H-2"};
    assert_ok(fixture->store->registry->rule_put(fixture->store, &rule));
    fixture_rollback(fixture);
    assert_ok(fixture->store->views->rules(fixture->store, RULE_HOLD, &fixture->arena, &rules, &count));
    assert_int_equal(count, 1);
}

static void the_protocol_keeps_its_lines_in_order(void **state) {
    struct store_fixture *fixture = *state;
    struct retention_note *notes = NULL;
    uint64_t cursor = 0;
    size_t count = 0;
    struct retention_note note = {.run_ms = 1,
                                  .at_ms = 2,
                                  .actor = "server",
                                  .rule = "*/default year+1y",
                                  .controller = "polisen",
                                  .reports = 3,
                                  .forks = 1,
                                  .first_ms = 10,
                                  .last_ms = 20};
    fixture_begin(fixture);
    for (note.reports = 1; note.reports <= 3; note.reports++)
        assert_ok(fixture->store->registry->retention_note(fixture->store, &note));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->retention_notes(fixture->store, 0, 2, &fixture->arena, &notes, &count, &cursor));
    assert_int_equal(count, 2);
    assert_true(cursor != 0);
    assert_int_equal(notes[1].reports, 2);
    assert_string_equal(notes[1].rule, "*/default year+1y");
    assert_string_equal(notes[1].controller, "polisen");
    assert_int_equal(notes[1].last_ms, 20);
    assert_ok(fixture->store->views->retention_notes(fixture->store, cursor, 2, &fixture->arena, &notes, &count, &cursor));
    assert_int_equal(count, 1);
    assert_int_equal(cursor, 0);
}

static void a_forgotten_joint_activity_is_there_no_more_and_can_be_made_again(void **state) {
    struct store_fixture *fixture = *state;
    const struct joint_key joint = {"lund", 1, "taxi med Anna"};
    uint64_t number = 0;
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_forget(fixture->store, &joint)); // nothing is there
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, &joint, 1));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->joint_number(fixture->store, &joint, &number));
    assert_true(number != 0);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_forget(fixture->store, &joint));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->joint_number(fixture->store, &joint, &number));
    assert_int_equal(number, 0);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, &joint, 1));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->joint_number(fixture->store, &joint, &number));
    assert_true(number != 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(an_erased_report_tells_when_and_by_which_rule),
        ON_EVERY_BACKEND(what_is_retained_is_listed_without_bodies_until_it_is_erased),
        ON_EVERY_BACKEND(a_rule_takes_the_place_of_one_of_its_name_and_goes),
        ON_EVERY_BACKEND(the_protocol_keeps_its_lines_in_order),
        ON_EVERY_BACKEND(a_forgotten_joint_activity_is_there_no_more_and_can_be_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
