// Tests: server/store/memory_decisions.c server/store/sqlite_decisions.c
// People's decisions about reports and the rows of joint activities: what every backend keeps.
#include <string.h>

#include "support/store_fixture.h"

static struct report_key key_of(unsigned number) {
    return (struct report_key){.device.b = {0xd0, 1}, .outbox.b = {0x0b, (uint8_t)number}, .seq = 7 + number};
}

static uint64_t decide(struct store_fixture *fixture, enum decision_kind kind, const char *subject, const char *value,
                       const struct report_key *reports, size_t count) {
    uint64_t number = 0;
    struct decision decision = {
        .kind = kind, .subject = subject, .value = value, .reports = reports, .reports_count = count};
    decision.at_ms = 1000;
    decision.actor = "uid:1000";
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->decision_put(fixture->store, &decision, &number));
    fixture_commit(fixture);
    return number;
}

static enum rond_err undo(struct store_fixture *fixture, uint64_t number) {
    fixture_begin(fixture);
    enum rond_err err = fixture->store->registry->decision_undo(fixture->store, number, 2000, "uid:1001");
    fixture_commit(fixture);
    return err;
}

static struct ruling_list rulings_of(struct store_fixture *fixture, const struct report_key *key) {
    struct ruling_list list;
    assert_ok(fixture->store->ledger->rulings_of(fixture->store, key, 1, &fixture->arena, &list));
    return list;
}

// "-" where nobody ruled.
static const char *activity_of(struct store_fixture *fixture, const struct report_key *key) {
    struct ruling_list list = rulings_of(fixture, key);
    for (size_t i = 0; i < list.count; i++)
        if (list.rulings[i].kind == RULING_ACTIVITY)
            return list.rulings[i].value;
    return "-";
}

static void a_decision_rules_the_reports_that_it_names_and_no_others(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key keys[3] = {key_of(1), key_of(2), key_of(3)}, other_device = key_of(1);
    other_device.device.b[5] = 9;
    assert_int_equal(decide(fixture, DECISION_JOIN, "J-7QK2M", "", keys, 2), 1);
    fixture_reopen(fixture);
    assert_string_equal(activity_of(fixture, &keys[0]), "J-7QK2M");
    assert_string_equal(activity_of(fixture, &keys[1]), "J-7QK2M");
    assert_string_equal(activity_of(fixture, &keys[2]), "-");
    assert_string_equal(activity_of(fixture, &other_device), "J-7QK2M"); // outbox and seq say which report it is
}

static void the_newest_decision_that_stands_holds_and_undoing_brings_the_former_back(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key key = key_of(1);
    uint64_t first = decide(fixture, DECISION_JOIN, "J-AAAAA", "", &key, 1);
    uint64_t second = decide(fixture, DECISION_PART, "", "", &key, 1);
    uint64_t third = decide(fixture, DECISION_JOIN, "J-BBBBB", "", &key, 1);
    assert_string_equal(activity_of(fixture, &key), "J-BBBBB");
    assert_ok(undo(fixture, second)); // not the newest: changes nothing now
    assert_string_equal(activity_of(fixture, &key), "J-BBBBB");
    assert_ok(undo(fixture, third));
    assert_string_equal(activity_of(fixture, &key), "J-AAAAA");
    assert_ok(undo(fixture, first));
    assert_string_equal(activity_of(fixture, &key), "-");
}

static uint64_t mark_of(struct store_fixture *fixture, enum decision_kind kind) {
    uint64_t mark = UINT64_MAX;
    assert_ok(fixture->store->views->decisions_mark(fixture->store, kind, &mark));
    return mark;
}

static void the_mark_of_a_kind_changes_with_what_is_decided_and_undone_of_it_alone(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key key = key_of(1);
    uint64_t none = mark_of(fixture, DECISION_ACTION);
    decide(fixture, DECISION_PLACE, "laggesta", "yes", &key, 1);
    assert_int_equal(mark_of(fixture, DECISION_ACTION), none);
    uint64_t number = decide(fixture, DECISION_ACTION, "due:1", "2015-07-31", &key, 1),
             one = mark_of(fixture, DECISION_ACTION);
    assert_true(one > none);
    assert_int_equal(rulings_of(fixture, &key).count, 1); // it rules no report
    assert_ok(undo(fixture, number));
    uint64_t undone = mark_of(fixture, DECISION_ACTION);
    assert_true(undone > one);
    decide(fixture, DECISION_ACTION, "closed:1", "byggs om", &key, 1);
    assert_true(mark_of(fixture, DECISION_ACTION) > undone);
    fixture_reopen(fixture);
    assert_true(mark_of(fixture, DECISION_ACTION) > undone);
}

static void places_are_ruled_each_for_itself_beside_the_activity(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key key = key_of(1);
    decide(fixture, DECISION_PLACE, "laggesta", "yes", &key, 1);
    decide(fixture, DECISION_PLACE, "stortorget", "no", &key, 1);
    decide(fixture, DECISION_PLACE, "laggesta", "no", &key, 1);
    decide(fixture, DECISION_JOIN, "J-AAAAA", "", &key, 1);
    struct ruling_list list = rulings_of(fixture, &key);
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < list.count; i++)
        if (list.rulings[i].kind == RULING_PLACE)
            assert_string_equal(list.rulings[i].value, "no");
}

static void a_decision_that_two_are_distinct_rules_nothing(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key keys[2] = {key_of(1), key_of(2)};
    decide(fixture, DECISION_DISTINCT, "", "", keys, 2);
    assert_int_equal(rulings_of(fixture, &keys[0]).count, 0);
}

static void decisions_are_listed_in_order_with_who_and_when_undone_ones_too(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key keys[2] = {key_of(1), key_of(2)};
    struct decision *list = NULL, one;
    size_t count = 0;
    uint64_t cursor = 0;
    decide(fixture, DECISION_JOIN, "J-AAAAA", "", keys, 2);
    decide(fixture, DECISION_PART, "", "", &keys[1], 1);
    decide(fixture, DECISION_DISTINCT, "", "", keys, 2);
    assert_ok(undo(fixture, 2));
    assert_err(ROND_ECONFLICT, undo(fixture, 2));
    assert_err(ROND_ENOTFOUND, undo(fixture, 4));
    assert_err(ROND_ENOTFOUND, undo(fixture, 0));
    fixture_reopen(fixture);
    const struct views_ops *views = fixture->store->views;
    assert_ok(views->decisions(fixture->store, 0, 2, &fixture->arena, &list, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(list[0].reports_count, 2);
    assert_true(report_key_equal(&list[0].reports[1], &keys[1]));
    assert_string_equal(list[0].actor, "uid:1000");
    assert_int_equal(list[0].undone_ms, 0);
    assert_int_equal(list[1].kind, DECISION_PART);
    assert_int_equal(list[1].undone_ms, 2000);
    assert_string_equal(list[1].undone_actor, "uid:1001");
    assert_ok(views->decisions(fixture->store, cursor, 2, &fixture->arena, &list, &count, &cursor));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].number, 3);
    assert_int_equal(cursor, 0);
    assert_ok(views->decisions_newest(fixture->store, 0, 2, &fixture->arena, &list, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(list[0].number, 3);
    assert_int_equal(list[1].number, 2);
    assert_int_equal(list[1].undone_ms, 2000);
    assert_int_equal(cursor, 2);
    assert_ok(views->decisions_newest(fixture->store, cursor, 2, &fixture->arena, &list, &count, &cursor));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].number, 1);
    assert_int_equal(list[0].reports_count, 2);
    assert_int_equal(cursor, 0);
    assert_ok(views->decision(fixture->store, 2, &fixture->arena, &one));
    assert_int_equal(one.kind, DECISION_PART);
    assert_err(ROND_ENOTFOUND, views->decision(fixture->store, 4, &fixture->arena, &one));
    assert_ok(views->decisions_about(fixture->store, &keys[1], &fixture->arena, &list, &count));
    assert_int_equal(count, 3);
    assert_int_equal(list[1].number, 2);
}

static void a_decision_about_nothing_or_twice_about_one_report_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key keys[2] = {key_of(1), key_of(1)};
    struct decision decision = {.kind = DECISION_JOIN, .subject = "J-AAAAA", .value = "", .reports = keys, .actor = ""};
    uint64_t number;
    fixture_begin(fixture);
    assert_err(ROND_EINVALID, fixture->store->registry->decision_put(fixture->store, &decision, &number));
    decision.reports_count = 2;
    assert_err(ROND_ECONFLICT, fixture->store->registry->decision_put(fixture->store, &decision, &number));
    fixture_rollback(fixture);
    assert_string_equal(activity_of(fixture, &keys[0]), "-");
}

static void what_was_decided_in_a_transaction_rolled_back_never_was(void **state) {
    struct store_fixture *fixture = *state;
    struct report_key key = key_of(1);
    struct decision decision = {
        .kind = DECISION_PART, .subject = "", .value = "", .reports = &key, .reports_count = 1, .actor = ""};
    uint64_t number = decide(fixture, DECISION_JOIN, "J-AAAAA", "", &key, 1), another = 0;
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->decision_undo(fixture->store, number, 2000, "uid:1"));
    assert_ok(fixture->store->registry->decision_put(fixture->store, &decision, &another));
    assert_string_equal(activity_of(fixture, &key), "");
    fixture_rollback(fixture);
    assert_string_equal(activity_of(fixture, &key), "J-AAAAA");
}

// ---- Joint activities ----

static uint64_t joint_number(struct store_fixture *fixture, const char *area, uint32_t kind, const char *reference) {
    struct joint_key joint = {area, kind, reference};
    uint64_t number = 99;
    assert_ok(fixture->store->views->joint_number(fixture->store, &joint, &number));
    return number;
}

static void a_joint_activity_has_one_row_however_often_it_is_held(void **state) {
    struct store_fixture *fixture = *state;
    const struct joint_key joints[] = {{"lund", 1, "taxi-1"}, {"lund", 1, "taxi-1"}, {"lund", 1, "taxi-2"}};
    assert_int_equal(joint_number(fixture, "lund", 1, "taxi-1"), 0);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, joints, 3));
    uint64_t number = joint_number(fixture, "lund", 1, "taxi-1");
    assert_true(number != 0);
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, joints, 1));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, joints, 2));
    fixture_commit(fixture);
    assert_int_equal(joint_number(fixture, "lund", 1, "taxi-1"), number);
    assert_true(joint_number(fixture, "lund", 1, "taxi-2") != number);
}

static void the_same_reference_of_another_area_or_kind_is_another_activity(void **state) {
    struct store_fixture *fixture = *state;
    const struct joint_key joints[] = {{"lund", 1, "taxi"}, {"lund", 5, "taxi"}, {"malmo", 1, "taxi"}};
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, joints, 3));
    fixture_commit(fixture);
    uint64_t a = joint_number(fixture, "lund", 1, "taxi"), b = joint_number(fixture, "lund", 5, "taxi"),
             c = joint_number(fixture, "malmo", 1, "taxi");
    assert_true(a != 0 && b != 0 && c != 0 && a != b && b != c && a != c);
    assert_int_equal(joint_number(fixture, "malmo", 5, "taxi"), 0);
}

static void a_hold_rolled_back_leaves_no_row_and_one_without_reference_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    const struct joint_key joint = {"lund", 1, "taxi"}, empty = {"lund", 1, ""};
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, &joint, 1));
    assert_err(ROND_EINVALID, fixture->store->ledger->joint_hold(fixture->store, &empty, 1));
    fixture_rollback(fixture);
    assert_int_equal(joint_number(fixture, "lund", 1, "taxi"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(a_decision_rules_the_reports_that_it_names_and_no_others),
        ON_EVERY_BACKEND(the_newest_decision_that_stands_holds_and_undoing_brings_the_former_back),
        ON_EVERY_BACKEND(places_are_ruled_each_for_itself_beside_the_activity),
        ON_EVERY_BACKEND(the_mark_of_a_kind_changes_with_what_is_decided_and_undone_of_it_alone),
        ON_EVERY_BACKEND(a_decision_that_two_are_distinct_rules_nothing),
        ON_EVERY_BACKEND(decisions_are_listed_in_order_with_who_and_when_undone_ones_too),
        ON_EVERY_BACKEND(a_decision_about_nothing_or_twice_about_one_report_is_refused),
        ON_EVERY_BACKEND(what_was_decided_in_a_transaction_rolled_back_never_was),
        ON_EVERY_BACKEND(a_joint_activity_has_one_row_however_often_it_is_held),
        ON_EVERY_BACKEND(the_same_reference_of_another_area_or_kind_is_another_activity),
        ON_EVERY_BACKEND(a_hold_rolled_back_leaves_no_row_and_one_without_reference_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
