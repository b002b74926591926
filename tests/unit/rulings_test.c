// People's rulings in the fold: joined reports count once, parted ones for themselves, whatever comes later.
#include "promise/rulings.h"

#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/test.h"

#define CYCLE "lund-2015-trafik/cykel"
#define TAXI "lund-2015-trafik/taxi"

static struct lund lund;

static int open_lund(void **state) {
    (void)state;
    lund_open_memory(&lund, rng_system());
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_close(&lund);
    return 0;
}

static int64_t count_of(const char *path) {
    const struct commitment *commitment = catalogue_commitment_by_path(lund.catalogue, path);
    struct period_total *totals;
    size_t count;
    struct tally sum = {0};
    assert_non_null(commitment);
    assert_ok(lund.store->views->totals(lund.store, commitment->number, &lund.arena, &totals, &count));
    for (size_t i = 0; i < count; i++)
        tally_add(&sum, &totals[i].tally);
    return sum.count;
}

static struct hash256 digest(void) {
    struct hash256 made;
    assert_ok(promise_digest(lund.store, &made));
    return made;
}

static void expect_same_after_rebuild(void) {
    struct hash256 before = digest(), after;
    lund_begin(&lund);
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    after = digest();
    lund_commit(&lund);
    assert_memory_equal(&before, &after, sizeof before);
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static void refold(const struct report_key *keys, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct stored_report report;
        assert_ok(lund.store->views->report_by_key(lund.store, &keys[i], &lund.arena, &report));
        assert_ok(promise_refold(lund.store, lund.catalogue, report.row));
    }
}

static uint64_t decide(enum decision_kind kind, const char *activity, const struct report_key *keys, size_t count) {
    uint64_t number;
    struct decision decision = {.kind = kind, .subject = activity, .value = "", .reports = keys, .reports_count = count};
    decision.actor = "uid:1000";
    lund_begin(&lund);
    assert_ok(lund.store->registry->decision_put(lund.store, &decision, &number));
    refold(keys, count);
    lund_commit(&lund);
    return number;
}

static void undo(uint64_t number) {
    struct decision decision;
    lund_begin(&lund);
    assert_ok(lund.store->registry->decision_undo(lund.store, number, 1, "uid:1000"));
    assert_ok(lund.store->views->decision(lund.store, number, &lund.arena, &decision));
    refold(decision.reports, decision.reports_count);
    lund_commit(&lund);
}

static void two_reports_joined_count_once_and_undoing_restores_exactly(void **state) {
    (void)state;
    struct report_key keys[2] = {lund_key_of(0, 0, 1), lund_key_of(2, 0, 1)};
    lund_report(&lund, 0, 0, check(0));
    lund_report(&lund, 2, 0, check(1));
    struct hash256 before = digest(), after;
    assert_int_equal(count_of(CYCLE), 2);
    uint64_t number = decide(DECISION_JOIN, "J-7QK2M", keys, 2);
    assert_int_equal(count_of(CYCLE), 1);
    expect_same_after_rebuild();
    undo(number);
    assert_int_equal(count_of(CYCLE), 2);
    after = digest();
    assert_memory_equal(&before, &after, sizeof before);
    expect_same_after_rebuild();
}

static void a_report_parted_counts_on_its_own_though_it_names_an_activity(void **state) {
    (void)state;
    struct report_key key = lund_key_of(2, 0, 1);
    Rond__V1__Report *one = check(0), *two = check(1);
    one->activity = two->activity = arena_text(&lund.arena, "joint");
    lund_report(&lund, 0, 0, one);
    lund_report(&lund, 2, 0, two);
    assert_int_equal(count_of(CYCLE), 1);
    uint64_t number = decide(DECISION_PART, "", &key, 1);
    assert_int_equal(count_of(CYCLE), 2);
    expect_same_after_rebuild();
    undo(number);
    assert_int_equal(count_of(CYCLE), 1);
}

static void a_join_of_reports_that_name_no_partner_completes_what_a_commitment_requires(void **state) {
    (void)state;
    struct report_key keys[3] = {lund_key_of(0, 0, 1), lund_key_of(4, 0, 1), lund_key_of(5, 0, 1)};
    static const unsigned devices[3] = {0, 4, 5};
    for (size_t i = 0; i < 3; i++) {
        Rond__V1__Report *report = check(0);
        report->check->of = arena_text(&lund.arena, "taxi");
        report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
        lund_report(&lund, devices[i], 0, report);
    }
    assert_int_equal(count_of(TAXI), 0);
    decide(DECISION_JOIN, "J-7QK2M", keys, 2);
    assert_int_equal(count_of(TAXI), 0);
    decide(DECISION_JOIN, "J-7QK2M", &keys[2], 1);
    assert_int_equal(count_of(TAXI), 1);
    expect_same_after_rebuild();
}

// ---- Corrections keep it ----

static Rond__V1__Report *correction(const struct report_key *target, unsigned variant) {
    Rond__V1__Report *report = check(variant);
    report->corrects = lund_identity(&lund.arena, target);
    report->activity = arena_text(&lund.arena, "something-else");
    return report;
}

static void a_correction_keeps_what_was_decided_about_its_original(void **state) {
    (void)state;
    struct report_key keys[2] = {lund_key_of(0, 0, 1), lund_key_of(2, 0, 1)};
    lund_report(&lund, 0, 0, check(0));
    lund_report(&lund, 2, 0, check(1));
    decide(DECISION_JOIN, "J-7QK2M", keys, 2);
    lund_report(&lund, 0, 0, correction(&keys[0], 2));
    assert_int_equal(count_of(CYCLE), 1);
    expect_same_after_rebuild();
}

enum { STEPS = 5 };

// One order of: a report, its partner's, a correction, a join, a later part undone again. People can only decide about
// what has arrived, so a decision whose report is missing is made when it comes.
struct story {
    struct report_key keys[2];
    bool is_there[2];
    bool join_asked, joined, parted;
};

static void story_settle(struct story *story) {
    if (story->join_asked && !story->joined && story->is_there[0] && story->is_there[1]) {
        decide(DECISION_JOIN, "J-7QK2M", story->keys, 2);
        story->joined = true;
    }
}

static void story_step(struct story *story, unsigned step) {
    switch (step) {
    case 0:
    case 1:
        lund_report(&lund, step == 0 ? 0 : 2, 0, check(step));
        story->is_there[step] = true;
        break;
    case 2:
        lund_report(&lund, 1, 1, correction(&story->keys[0], 2));
        break;
    case 3:
        story->join_asked = true;
        break;
    case 4:
        if (story->is_there[0])
            undo(decide(DECISION_PART, "", &story->keys[0], 1));
        break;
    }
    story_settle(story);
}

static struct hash256 story_tell(const unsigned *order) {
    lund_close(&lund);
    lund_open_memory(&lund, rng_system());
    struct story story = {.keys = {lund_key_of(0, 0, 1), lund_key_of(2, 0, 1)}};
    for (unsigned i = 0; i < STEPS; i++)
        story_step(&story, order[i]);
    expect_same_after_rebuild();
    assert_int_equal(count_of(CYCLE), 1);
    return digest();
}

static void every_order(unsigned *order, unsigned fixed, struct hash256 *first, unsigned *told) {
    if (fixed == STEPS) {
        struct hash256 made = story_tell(order);
        if ((*told)++ == 0)
            *first = made;
        assert_memory_equal(first, &made, sizeof made);
        return;
    }
    for (unsigned i = fixed; i < STEPS; i++) {
        unsigned moved = order[i];
        memmove(&order[fixed + 1], &order[fixed], (i - fixed) * sizeof *order);
        order[fixed] = moved;
        every_order(order, fixed + 1, first, told);
        memmove(&order[fixed], &order[fixed + 1], (i - fixed) * sizeof *order);
        order[i] = moved;
    }
}

static void every_order_of_reports_corrections_and_decisions_gives_the_same_figures(void **state) {
    (void)state;
    unsigned order[STEPS] = {0, 1, 2, 3, 4}, told = 0;
    struct hash256 first;
    every_order(order, 0, &first, &told);
    assert_int_equal(told, 120);
}

// ---- The joint row ----

static uint64_t joint_number(const char *area, Rond__V1__Kind kind, const char *reference) {
    struct joint_key joint = {area, (uint32_t)kind, reference};
    uint64_t number;
    assert_ok(lund.store->views->joint_number(lund.store, &joint, &number));
    return number;
}

static void the_fold_takes_hold_of_each_joint_activity_and_of_no_other(void **state) {
    (void)state;
    struct report_key key = lund_key_of(0, 0, 2);
    Rond__V1__Report *joint = check(0);
    joint->activity = arena_text(&lund.arena, "cykel-0508");
    lund_report(&lund, 0, 0, joint);
    lund_report(&lund, 0, 0, check(1));
    assert_true(joint_number("lund", ROND__V1__KIND__KIND_CHECK, "cykel-0508") != 0);
    assert_int_equal(joint_number("lund", ROND__V1__KIND__KIND_MEETING, "cykel-0508"), 0);
    assert_int_equal(joint_number("lund", ROND__V1__KIND__KIND_CHECK, "J-7QK2M"), 0);
    decide(DECISION_JOIN, "J-7QK2M", &key, 1);
    assert_true(joint_number("lund", ROND__V1__KIND__KIND_CHECK, "J-7QK2M") != 0);
}

// ---- Looking up ----

static void what_is_loaded_for_some_is_what_is_loaded_of_all(void **state) {
    (void)state;
    struct report_key keys[3] = {lund_key_of(0, 0, 1), lund_key_of(2, 0, 1), lund_key_of(3, 0, 1)}, asked[5];
    struct rulings some, all;
    for (unsigned i = 0; i < 3; i++)
        lund_report(&lund, i == 0 ? 0 : i + 1, 0, check(i));
    decide(DECISION_JOIN, "J-7QK2M", keys, 2);
    undo(decide(DECISION_PART, "", &keys[1], 1));
    undo(decide(DECISION_JOIN, "J-ZZZZZ", &keys[2], 1));
    memcpy(asked, (struct report_key[]){keys[2], keys[1], keys[0], keys[1], keys[2]}, sizeof asked);
    assert_ok(rulings_load(lund.store, asked, 5, &lund.arena, &some));
    assert_ok(rulings_load_all(lund.store, &lund.arena, &all));
    for (unsigned i = 0; i < 3; i++) {
        struct ruling_list one = rulings_find(&some, &keys[i]), other = rulings_find(&all, &keys[i]);
        assert_int_equal(one.count, i < 2);
        assert_int_equal(other.count, i < 2);
        if (i < 2)
            assert_string_equal(one.rulings[0].value, other.rulings[0].value);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(two_reports_joined_count_once_and_undoing_restores_exactly),
        TEST(a_report_parted_counts_on_its_own_though_it_names_an_activity),
        TEST(a_join_of_reports_that_name_no_partner_completes_what_a_commitment_requires),
        TEST(a_correction_keeps_what_was_decided_about_its_original),
        TEST(every_order_of_reports_corrections_and_decisions_gives_the_same_figures),
        TEST(the_fold_takes_hold_of_each_joint_activity_and_of_no_other),
        TEST(what_is_loaded_for_some_is_what_is_loaded_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
