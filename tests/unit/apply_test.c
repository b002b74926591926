#include "promise/apply.h"

#include <stdio.h>
#include <string.h>

#include "read/verify_totals.h"
#include "support/lund.h"
#include "support/test.h"

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

// ---- What the tests look at ----

static uint32_t number_of(const char *path) {
    const struct commitment *commitment = catalogue_commitment_by_path(lund.catalogue, path);
    assert_non_null(commitment);
    return commitment->number;
}

static struct tally total(const char *path) {
    struct period_total *totals;
    size_t count;
    struct tally sum = {0};
    assert_ok(lund.store->views->totals(lund.store, number_of(path), &lund.arena, &totals, &count));
    for (size_t i = 0; i < count; i++)
        tally_add(&sum, &totals[i].tally);
    return sum;
}

// "counted", "replaced", ... of one report toward a commitment; "" where it has no contribution.
static const char *reason_of(uint64_t row, const char *path) {
    struct stored_contribution *list;
    size_t count;
    assert_ok(lund.store->views->contributions_of_row(lund.store, row, &lund.arena, &list, &count));
    for (size_t i = 0; i < count; i++)
        if (list[i].commitment == number_of(path))
            return reason_name(list[i].value.reason);
    return "";
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

static Rond__V1__Report *bicycle_check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

static Rond__V1__Report *correction_of(const struct report_key *key, unsigned variant) {
    Rond__V1__Report *report = bicycle_check(variant);
    report->corrects = lund_identity(&lund.arena, key);
    return report;
}

static Rond__V1__Report *withdrawal_of(const struct report_key *key) {
    return sample_withdrawal(&lund.arena, &key->device, &key->outbox, key->seq);
}

#define CYCLE "lund-2015-trafik/cykel"
#define TAXI "lund-2015-trafik/taxi"

// ---- Counting ----

static void a_plain_report_counts_once_and_its_detail_decides_toward_what(void **state) {
    (void)state;
    uint64_t row = lund_report(&lund, 0, 0, bicycle_check(0));
    assert_int_equal(total(CYCLE).count, 1);
    assert_int_equal(total(TAXI).count, 0);
    assert_string_equal(reason_of(row, CYCLE), "counted");
    assert_string_equal(reason_of(row, TAXI), "detail");
    expect_same_after_rebuild();
}

static Rond__V1__Report *taxi_check(const char *activity) {
    Rond__V1__Report *report = bicycle_check(0);
    report->check->of = arena_text(&lund.arena, "taxi");
    report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
    report->activity = arena_text(&lund.arena, activity);
    return report;
}

// What is new for a device since a cursor.
static size_t news(unsigned device, uint64_t *cursor) {
    struct feedback_row *rows;
    size_t count;
    struct id128 id = lund_device(device);
    assert_ok(lund.store->views->feedback(lund.store, &id, *cursor, 100, &lund.arena, &rows, &count, cursor));
    return count;
}

static void a_joint_activity_of_three_organisations_counts_once_and_when_it_is_complete(void **state) {
    (void)state;
    static const unsigned orders[][3] = {{0, 4, 5}, {4, 5, 0}, {5, 0, 4}, {0, 5, 4}, {4, 0, 5}, {5, 4, 0}};
    for (unsigned i = 0; i < ARRAY_COUNT(orders); i++) {
        char activity[16];
        snprintf(activity, sizeof activity, "joint-%u", i);
        for (unsigned k = 0; k < 3; k++)
            lund_report(&lund, orders[i][k], 0, taxi_check(activity));
        assert_int_equal(total(TAXI).count, i + 1);
    }
    assert_int_equal(total(TAXI).reports, 18);
    expect_same_after_rebuild();
}

static void the_device_whose_half_is_completed_by_another_is_told(void **state) {
    (void)state;
    uint64_t cursor = 0;
    lund_report(&lund, 4, 0, taxi_check("joint"));
    assert_int_equal(news(4, &cursor), 1);
    assert_int_equal(news(4, &cursor), 0);
    lund_report(&lund, 5, 0, taxi_check("joint"));
    assert_int_equal(total(TAXI).count, 1);
    assert_int_equal(news(4, &cursor), 1);
    lund_report(&lund, 0, 0, taxi_check("joint")); // changes nothing for the others
    assert_int_equal(news(4, &cursor), 0);
}

// ---- Corrections and withdrawals ----

struct story {
    Rond__V1__Report *reports[5];
    unsigned count;
};

// Each in an outbox of its own, so that any order of arrival is possible.
static struct story tell_story(void) {
    struct report_key original = lund_key_of(0, 0, 1), correction = lund_key_of(1, 1, 1);
    struct story story = {.count = 4};
    story.reports[0] = bicycle_check(0);
    story.reports[1] = correction_of(&original, 1);
    story.reports[2] = correction_of(&correction, 2);
    story.reports[2]->check->of = arena_text(&lund.arena, "cycle_equipment"); // no longer what is counted
    story.reports[3] = withdrawal_of(&original);
    return story;
}

static void send(const struct story *story, unsigned index) {
    lund_report(&lund, index % 2, index, story->reports[index]); // devices 0 and 1: one organisation
}

// Sends the reports in `order`, and answers the digest of what it comes to.
static struct hash256 digest_of_order(const unsigned *order, unsigned count) {
    lund_close(&lund);
    lund_open_memory(&lund, rng_system());
    struct story story = tell_story();
    for (unsigned i = 0; i < count; i++)
        send(&story, order[i]);
    struct hash256 result = digest();
    expect_same_after_rebuild();
    return result;
}

static bool next_permutation(unsigned *order, unsigned count) {
    unsigned i = count - 1;
    while (i > 0 && order[i - 1] >= order[i])
        i--;
    if (i == 0)
        return false;
    unsigned k = count - 1;
    while (order[k] <= order[i - 1])
        k--;
    unsigned swapped = order[k];
    order[k] = order[i - 1];
    order[i - 1] = swapped;
    for (unsigned a = i, b = count - 1; a < b; a++, b--) {
        swapped = order[a];
        order[a] = order[b];
        order[b] = swapped;
    }
    return true;
}

static void any_order_of_arrival_of_corrections_and_a_withdrawal_gives_the_same_figures(void **state) {
    (void)state;
    static const struct {
        unsigned members[4];
        unsigned count;
        int64_t cycle_checks;
    } cases[] = {
        {{0, 1}, 2, 1}, {{0, 1, 2}, 3, 0}, {{0, 3}, 2, 0}, {{0, 1, 2, 3}, 4, 0},
        {{0, 2}, 2, 1}, {{1, 2, 3}, 3, 0}, {{1, 3}, 2, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        unsigned order[4];
        memcpy(order, cases[i].members, sizeof order);
        struct hash256 first = digest_of_order(order, cases[i].count);
        do {
            struct hash256 again = digest_of_order(order, cases[i].count);
            assert_memory_equal(&first, &again, sizeof first);
            assert_int_equal(total(CYCLE).count, cases[i].cycle_checks);
        } while (next_permutation(order, cases[i].count));
    }
}

// What two devices of one organisation say of one report, with one of it in quarantine for a while: 0 the report, 1 a
// correction of it by the other device, 2 a correction of that by the first in a role that may not, 3 a withdrawal by the
// other in a role that may not, 4 a correction by the first that goes into quarantine, 5 its release.
enum { SAGA_STEPS = 6 };

static Rond__V1__Report *in_role(Rond__V1__Report *report, const char *role) {
    report->role = arena_text(&lund.arena, role);
    return report;
}

static void saga_step(unsigned step, uint64_t rows[SAGA_STEPS]) {
    struct report_key original = lund_key_of(0, 0, 1), correction = lund_key_of(1, 1, 1);
    Rond__V1__Report *report = step == 0   ? bicycle_check(0)
                               : step == 1 ? correction_of(&original, 1)
                               : step == 2 ? in_role(correction_of(&correction, 9), "station_host")
                               : step == 3 ? in_role(withdrawal_of(&original), "public_order_guard")
                                           : in_role(correction_of(&original, 4), "agency_staff");
    if (step == 5) {
        lund_begin(&lund);
        assert_ok(lund.store->ledger->quarantine_decide(lund.store, rows[4], true));
        assert_ok(promise_refold(lund.store, lund.catalogue, rows[4]));
        lund_commit(&lund);
    } else {
        rows[step] = lund_report(&lund, step == 1 || step == 3, step, report);
    }
}

static struct hash256 digest_of_saga(const unsigned *order, unsigned count, uint64_t rows[SAGA_STEPS]) {
    lund_close(&lund);
    lund_open_memory(&lund, rng_system());
    for (unsigned i = 0; i < count; i++)
        saga_step(order[i], rows);
    return digest();
}

static bool releases_what_is_not_there(const unsigned *order) {
    unsigned at = 0;
    while (order[at] != 4 && order[at] != 5)
        at++;
    return order[at] == 5;
}

static void any_order_of_what_two_devices_say_with_roles_and_a_quarantine_gives_the_same(void **state) {
    (void)state;
    static const char *const expected[2][5] = {
        {"replaced", "counted", "role_target", "", ""}, // before the release: the other device's correction stands
        {"replaced", "replaced", "role_target", "", "counted"},
    };
    for (unsigned released = 0; released < 2; released++) {
        unsigned order[SAGA_STEPS] = {0, 1, 2, 3, 4, 5}, count = 5 + released;
        uint64_t rows[SAGA_STEPS];
        struct hash256 first = digest_of_saga(order, count, rows);
        expect_same_after_rebuild();
        do {
            if (released && releases_what_is_not_there(order))
                continue;
            struct hash256 again = digest_of_saga(order, count, rows);
            assert_memory_equal(&first, &again, sizeof first);
            assert_int_equal(total(CYCLE).count, 1);
            for (unsigned i = 0; i < 5; i++)
                assert_string_equal(reason_of(rows[i], CYCLE), expected[released][i]);
        } while (next_permutation(order, count));
    }
}

static void what_a_correction_replaces_stays_visible_with_its_reason(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1);
    uint64_t cursor = 0;
    uint64_t first = lund_report(&lund, 0, 0, bicycle_check(0));
    (void)news(0, &cursor);
    uint64_t second = lund_report(&lund, 1, 1, correction_of(&original, 1));
    assert_string_equal(reason_of(first, CYCLE), "replaced");
    assert_string_equal(reason_of(second, CYCLE), "counted");
    assert_int_equal(total(CYCLE).count, 1);
    assert_int_equal(news(0, &cursor), 1); // another device's correction
    lund_report(&lund, 1, 1, withdrawal_of(&original));
    assert_string_equal(reason_of(first, CYCLE), "withdrawn");
    assert_string_equal(reason_of(second, CYCLE), "withdrawn");
    assert_int_equal(total(CYCLE).count, 0);
    assert_int_equal(total(CYCLE).reports, 0);
}

static void a_correction_waits_for_its_target(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1);
    uint64_t correction = lund_report(&lund, 1, 1, correction_of(&original, 1));
    assert_string_equal(reason_of(correction, CYCLE), "waiting_target");
    assert_int_equal(total(CYCLE).count, 0);
    uint64_t cursor = 0;
    (void)news(1, &cursor);
    lund_report(&lund, 0, 0, bicycle_check(0));
    assert_string_equal(reason_of(correction, CYCLE), "counted");
    assert_int_equal(total(CYCLE).count, 1);
    assert_int_equal(news(1, &cursor), 1);
}

static void another_organisation_can_neither_correct_nor_withdraw(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1), foreign = lund_key_of(2, 2, 1);
    uint64_t first = lund_report(&lund, 0, 0, bicycle_check(0));
    uint64_t second = lund_report(&lund, 2, 2, correction_of(&original, 1));
    uint64_t third = lund_report(&lund, 2, 3, correction_of(&foreign, 2)); // of the foreign correction
    lund_report(&lund, 3, 3, withdrawal_of(&original));
    assert_string_equal(reason_of(first, CYCLE), "counted");
    assert_string_equal(reason_of(second, CYCLE), "foreign_target");
    assert_string_equal(reason_of(third, CYCLE), "foreign_target");
    assert_int_equal(total(CYCLE).count, 1);
    expect_same_after_rebuild();
}

static void reports_that_name_each_other_in_a_circle_count_nothing_and_end(void **state) {
    (void)state;
    struct report_key one = lund_key_of(0, 0, 1), two = lund_key_of(0, 0, 2), three = lund_key_of(0, 0, 3);
    uint64_t first = lund_report(&lund, 0, 0, correction_of(&two, 0));
    lund_report(&lund, 0, 0, correction_of(&one, 1));
    uint64_t self = lund_report(&lund, 0, 0, correction_of(&three, 2));
    assert_string_equal(reason_of(first, CYCLE), "waiting_target");
    assert_string_equal(reason_of(self, CYCLE), "waiting_target");
    assert_int_equal(total(CYCLE).count, 0);
    expect_same_after_rebuild();
}

static void a_long_chain_of_corrections_counts_its_last(void **state) {
    (void)state;
    uint64_t row = lund_report(&lund, 0, 0, bicycle_check(0));
    for (unsigned i = 1; i <= 200; i++) {
        struct report_key before = lund_key_of(0, 0, i);
        Rond__V1__Report *report = correction_of(&before, 0);
        report->claimed_ms += i * 1000;
        row = lund_report(&lund, 0, 0, report);
    }
    assert_string_equal(reason_of(row, CYCLE), "counted");
    assert_int_equal(total(CYCLE).count, 1);
    assert_int_equal(total(CYCLE).reports, 1);
    expect_same_after_rebuild();
}

// The corrected walk still opens the finding that the re-walk names, under the identity of the first report.
static void a_finding_is_closed_by_a_later_look_though_its_walk_was_corrected(void **state) {
    (void)state;
    struct report_key walk = lund_key_of(0, 0, 1);
    Rond__V1__Report *corrected = sample_report(&lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0);
    Rond__V1__Report *later = sample_report(&lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 8);
    Rond__V1__FindingRef rewalk = ROND__V1__FINDING_REF__INIT;
    corrected->corrects = lund_identity(&lund.arena, &walk);
    later->walk->n_findings = 1; // the safe one
    later->walk->findings[0]->rewalk_of = &rewalk;
    rewalk.report = lund_identity(&lund.arena, &walk);
    rewalk.finding = arena_text(&lund.arena, "2");
    lund_report(&lund, 0, 0, sample_report(&lund.arena, ROND__V1__KIND__KIND_SAFETY_WALK, 0));
    lund_report(&lund, 0, 0, corrected);
    assert_int_equal(total("lund-2015-station/atgarder").actions_open, 1);
    lund_report(&lund, 1, 0, later);
    assert_int_equal(total("lund-2015-station/atgarder").actions_open, 0);
    assert_int_equal(total("lund-2015-station/atgarder").actions_closed, 1);
    expect_same_after_rebuild();
}

static void a_named_commitment_counts_once_and_in_its_own_area_only(void **state) {
    (void)state;
    Rond__V1__Report *report = bicycle_check(0);
    report->commitment = arena_text(&lund.arena, CYCLE);
    lund_report(&lund, 0, 0, report);
    assert_int_equal(total(CYCLE).count, 1);
    assert_int_equal(total(CYCLE).reports, 1);
    report->area = arena_text(&lund.arena, "malmo");
    report->place = arena_text(&lund.arena, "mollevangen");
    uint64_t elsewhere = lund_report(&lund, 0, 0, report);
    assert_string_equal(reason_of(elsewhere, CYCLE), "area");
    assert_int_equal(total(CYCLE).count, 1);
}

// ---- Forks ----

static uint64_t send_anew(unsigned device, unsigned outbox, const Rond__V1__Report *report,
                          const struct report_key *formerly) {
    struct record record = record_of_report(&lund.arena, report);
    record.has_formerly = true;
    record.formerly_outbox = formerly->outbox;
    record.formerly_seq = formerly->seq;
    lund_begin(&lund);
    uint64_t row = lund_apply_record(&lund, device, outbox, &record);
    lund_commit(&lund);
    return row;
}

static void a_report_queued_anew_after_a_fork_counts_once(void **state) {
    (void)state;
    struct report_key first_key = lund_key_of(0, 0, 1), never_stored = lund_key_of(0, 0, 2);
    lund_report(&lund, 0, 0, bicycle_check(0));
    uint64_t again = send_anew(0, 1, bicycle_check(0), &first_key);
    assert_string_equal(reason_of(again, CYCLE), "repeated");
    uint64_t other =
        send_anew(0, 1, bicycle_check(1), &first_key); // same former identity, other content: a report of its own
    assert_string_equal(reason_of(other, CYCLE), "counted");
    uint64_t one = send_anew(0, 1, bicycle_check(2), &never_stored);
    uint64_t two = send_anew(0, 2, bicycle_check(2), &never_stored); // a clone queued it anew as well
    assert_string_equal(reason_of(one, CYCLE), "counted");
    assert_string_equal(reason_of(two, CYCLE), "repeated");
    assert_int_equal(total(CYCLE).count, 3);
    expect_same_after_rebuild();
}

static void a_correction_finds_its_target_under_the_new_identity(void **state) {
    (void)state;
    struct report_key old = lund_key_of(0, 0, 1), old_correction = lund_key_of(0, 0, 2);
    uint64_t correction = send_anew(0, 1, correction_of(&old, 1), &old_correction);
    assert_string_equal(reason_of(correction, CYCLE), "waiting_target");
    uint64_t original = send_anew(0, 1, bicycle_check(0), &old);
    assert_string_equal(reason_of(original, CYCLE), "replaced");
    assert_string_equal(reason_of(correction, CYCLE), "counted");
    assert_int_equal(total(CYCLE).count, 1);
    expect_same_after_rebuild();
}

static void a_correction_of_a_repeated_report_corrects_the_first(void **state) {
    (void)state;
    struct report_key old = lund_key_of(0, 0, 1), anew = lund_key_of(0, 1, 1);
    uint64_t original = lund_report(&lund, 0, 0, bicycle_check(0));
    send_anew(0, 1, bicycle_check(0), &old);
    lund_report(&lund, 0, 1, correction_of(&anew, 1));
    assert_string_equal(reason_of(original, CYCLE), "replaced");
    assert_int_equal(total(CYCLE).count, 1);
    expect_same_after_rebuild();
}

// Only a broken device says so of two, yet what it comes to must not depend on which of them is looked at first.
static void of_two_reports_with_one_former_identity_the_first_queued_is_meant(void **state) {
    (void)state;
    struct report_key old = lund_key_of(0, 0, 1), old_correction = lund_key_of(0, 0, 2);
    send_anew(0, 1, correction_of(&old, 1), &old_correction);
    uint64_t first = send_anew(0, 1, bicycle_check(0), &old);
    uint64_t second = send_anew(0, 1, bicycle_check(2), &old);
    assert_string_equal(reason_of(first, CYCLE), "replaced");
    assert_string_equal(reason_of(second, CYCLE), "counted");
    expect_same_after_rebuild();
}

static void former_identities_in_a_circle_count_once_and_end(void **state) {
    (void)state;
    struct report_key one = lund_key_of(0, 0, 1), two = lund_key_of(0, 0, 2), three = lund_key_of(0, 0, 3);
    send_anew(0, 0, bicycle_check(0), &two);
    send_anew(0, 0, bicycle_check(0), &one);
    send_anew(0, 0, bicycle_check(1), &three); // itself
    assert_int_equal(total(CYCLE).count, 2);
    expect_same_after_rebuild();
}

// ---- Quarantine and erasure ----

static Rond__V1__Report *bad_check(void) {
    Rond__V1__Report *report = bicycle_check(0);
    report->role = arena_text(&lund.arena, "agency_staff"); // not enrolled for it
    return report;
}

static void decide(uint64_t row, bool release) {
    lund_begin(&lund);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, row, release));
    assert_ok(promise_refold(lund.store, lund.catalogue, row));
    lund_commit(&lund);
}

static void a_quarantined_report_counts_from_its_release(void **state) {
    (void)state;
    uint64_t cursor = 0;
    uint64_t row = lund_report(&lund, 0, 0, bad_check());
    assert_string_equal(reason_of(row, CYCLE), "");
    (void)news(0, &cursor);
    decide(row, true);
    assert_string_equal(reason_of(row, CYCLE), "counted");
    assert_int_equal(total(CYCLE).count, 1);
    assert_int_equal(news(0, &cursor), 1);
    uint64_t discarded = lund_report(&lund, 0, 0, bad_check());
    decide(discarded, false);
    assert_string_equal(reason_of(discarded, CYCLE), "");
    expect_same_after_rebuild();
}

static void a_correction_mends_a_quarantined_report(void **state) {
    (void)state;
    struct report_key bad = lund_key_of(0, 0, 1);
    lund_report(&lund, 0, 0, bad_check());
    uint64_t row = lund_report(&lund, 0, 0, correction_of(&bad, 1));
    assert_string_equal(reason_of(row, CYCLE), "counted");
    assert_int_equal(total(CYCLE).count, 1);
    decide(1, true); // released as well: the correction stands
    assert_int_equal(total(CYCLE).count, 1);
    expect_same_after_rebuild();
}

static void a_released_report_that_cannot_be_read_contributes_nothing(void **state) {
    (void)state;
    static const uint8_t garbage[] = {0xFF, 0xFF, 0xFF, 0x01};
    struct record record = {.report = bytes_of(garbage, sizeof garbage)};
    lund_begin(&lund);
    uint64_t row = lund_apply_record(&lund, 0, 0, &record);
    lund_commit(&lund);
    decide(row, true);
    assert_string_equal(reason_of(row, CYCLE), "");
}

static void a_released_report_that_is_not_well_formed_is_shown_but_not_counted(void **state) {
    (void)state;
    Rond__V1__Report *report = bicycle_check(0);
    report->check->checked = 0;
    uint64_t row = lund_report(&lund, 0, 0, report);
    decide(row, true);
    assert_string_equal(reason_of(row, CYCLE), "quarantined");
    assert_int_equal(total(CYCLE).count, 0);
    expect_same_after_rebuild();
}

static void a_device_is_told_that_its_report_was_discarded(void **state) {
    (void)state;
    uint64_t cursor = 0;
    uint64_t row = lund_report(&lund, 0, 0, bad_check());
    assert_int_equal(news(0, &cursor), 1);
    decide(row, false);
    assert_int_equal(news(0, &cursor), 1);
}

static void folding_a_report_once_more_changes_nothing(void **state) {
    (void)state;
    uint64_t row = lund_report(&lund, 0, 0, bicycle_check(0));
    struct hash256 before = digest(), after;
    lund_begin(&lund);
    assert_ok(promise_refold(lund.store, lund.catalogue, row));
    lund_commit(&lund);
    after = digest();
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(total(CYCLE).count, 1);
}

static void an_erased_report_stays_counted_and_can_still_be_replaced(void **state) {
    (void)state;
    struct report_key original = lund_key_of(0, 0, 1);
    uint64_t row = lund_report(&lund, 0, 0, bicycle_check(0));
    lund_begin(&lund);
    assert_ok(lund.store->ledger->erase(lund.store, row, FOR_A_TEST));
    lund_commit(&lund);
    expect_same_after_rebuild();
    assert_int_equal(total(CYCLE).count, 1);
    lund_report(&lund, 0, 0, correction_of(&original, 1));
    assert_string_equal(reason_of(row, CYCLE), "replaced");
    assert_int_equal(total(CYCLE).count, 1);
    expect_same_after_rebuild();
    assert_string_equal(reason_of(row, CYCLE), "replaced");
}

// ---- Everything at once ----

enum { MIX_OUTBOXES = 3, MIX_REPORTS = 120 };

// Beside the promises of Lund one whose walks must be among two places, joint, and whose checks are one owner's.
static void put_named_places(void) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    Rond__V1__Commitment walks = ROND__V1__COMMITMENT__INIT, checks = ROND__V1__COMMITMENT__INIT;
    Rond__V1__Filter walk = ROND__V1__FILTER__INIT, check = ROND__V1__FILTER__INIT;
    Rond__V1__Commitment *commitments[] = {&walks, &checks};
    char *parties[] = {arena_text(&lund.arena, "polisen"), arena_text(&lund.arena, "lunds-kommun")};
    char *among[] = {arena_text(&lund.arena, "bangatan"), arena_text(&lund.arena, "mollevangen")};
    promise.id = promise.title_sv = arena_text(&lund.arena, "lund-2015-platser");
    promise.area = arena_text(&lund.arena, "lund");
    promise.from = arena_text(&lund.arena, "2015-01-01");
    promise.to = arena_text(&lund.arena, "2015-12-31");
    promise.parties = parties;
    promise.n_parties = ARRAY_COUNT(parties);
    promise.commitments = commitments;
    promise.n_commitments = ARRAY_COUNT(commitments);
    walk.kind = ROND__V1__KIND__KIND_SAFETY_WALK;
    check.kind = ROND__V1__KIND__KIND_CHECK;
    walks.id = arena_text(&lund.arena, "vandring");
    checks.id = arena_text(&lund.arena, "egna");
    walks.measure = checks.measure = ROND__V1__MEASURE__MEASURE_AT_LEAST;
    walks.target = checks.target = 4;
    walks.filter = &walk;
    checks.filter = &check;
    walks.joint = true;
    walks.among_places = checks.among_places = among;
    walks.n_among_places = checks.n_among_places = ARRAY_COUNT(among);
    checks.owner = parties[0];
    entry.id = promise.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    lund_begin(&lund);
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
    lund_refresh(&lund);
    lund_commit(&lund);
}

struct mix {
    struct rng_seeded seeded;
    struct rng rng;
    uint64_t seqs[LUND_DEVICES][MIX_OUTBOXES]; // sent so far
    bool erases; // else it forks: whether an erased report was the same as one queued anew can only be guessed
};

static struct report_key any_key(struct mix *mix, unsigned device) {
    unsigned outbox = (unsigned)rng_below(&mix->rng, MIX_OUTBOXES);
    return lund_key_of(device, outbox, 1 + rng_below(&mix->rng, mix->seqs[device][outbox] + 2)); // perhaps not there yet
}

static Rond__V1__Report *any_report(struct mix *mix, unsigned device) {
    struct report_key target = any_key(mix, rng_below(&mix->rng, 5) == 0 ? (device + 1) % LUND_DEVICES : device);
    Rond__V1__Report *report;
    uint64_t dice = rng_below(&mix->rng, 10);
    if (dice == 0)
        return withdrawal_of(&target);
    report = sample_report(&lund.arena, (Rond__V1__Kind)(1 + rng_below(&mix->rng, 7)), (unsigned)rng_below(&mix->rng, 40));
    if (dice <= 2)
        report->corrects = lund_identity(&lund.arena, &target);
    if (dice == 3)
        report->activity = arena_printf(&lund.arena, "joint-%u", (unsigned)rng_below(&mix->rng, 4));
    if (dice == 4)
        report->role = arena_text(&lund.arena, "agency_staff");
    if (dice == 5 || dice == 1)
        report->role = arena_text(&lund.arena, "station_host"); // may not correct what a police officer reported
    if (report->body_case == ROND__V1__REPORT__BODY_CHECK && rng_below(&mix->rng, 2) == 0)
        report->check->of = arena_text(&lund.arena, "cycle_equipment");
    if (report->body_case == ROND__V1__REPORT__BODY_WALK && rng_below(&mix->rng, 2) == 0) {
        Rond__V1__FindingRef *rewalk = arena_alloc(&lund.arena, sizeof *rewalk);
        rond__v1__finding_ref__init(rewalk);
        rewalk->report = lund_identity(&lund.arena, &target);
        rewalk->finding = arena_text(&lund.arena, "2");
        report->walk->findings[0]->rewalk_of = rewalk;
    }
    return report;
}

static void send_any(struct mix *mix) {
    unsigned device = (unsigned)rng_below(&mix->rng, LUND_DEVICES), outbox = (unsigned)rng_below(&mix->rng, MIX_OUTBOXES);
    size_t count = 1 + rng_below(&mix->rng, 6);
    struct record *records = arena_array(&lund.arena, count, sizeof *records);
    struct append_result result;
    for (size_t i = 0; i < count; i++) {
        records[i] = record_of_report(&lund.arena, any_report(mix, device));
        if (!mix->erases && rng_below(&mix->rng, 8) == 0) {
            struct report_key former = any_key(mix, device);
            records[i].has_formerly = true;
            records[i].formerly_outbox = former.outbox;
            records[i].formerly_seq = former.seq;
        }
    }
    const struct ledger_batch *batch = lund_batch(&lund, device, outbox, records, count);
    assert_ok(lund.store->ledger->append(lund.store, batch, &result));
    mix->seqs[device][outbox] += count;
    lund_apply(&lund, batch, &result);
}

static void what_is_not_decoded_yet_counts_the_same_and_batches_follow_each_other(void **state) {
    (void)state;
    enum { COUNT = 40, BATCHES = 3 };
    struct appended_reports appended[BATCHES];
    lund_begin(&lund);
    for (unsigned b = 0; b < BATCHES; b++) {
        struct record records[COUNT];
        struct append_result result;
        for (unsigned i = 0; i < COUNT; i++)
            records[i] = sample_record(&lund.arena, (Rond__V1__Kind)(1 + i % 7), i);
        struct ledger_batch *batch = lund_batch(&lund, b, 0, records, COUNT);
        struct ledger_report *reports = arena_array(&lund.arena, COUNT, sizeof *reports);
        memcpy(reports, batch->reports, COUNT * sizeof *reports);
        for (unsigned i = 0; i < COUNT; i += b + 1)
            reports[i].decoded = NULL;
        batch->reports = reports;
        assert_ok(lund.store->ledger->append(lund.store, batch, &result));
        appended[b] = (struct appended_reports){batch, 0, COUNT, result.first_row, NULL};
        if (b > 0)
            appended[b - 1].next = &appended[b];
    }
    assert_ok(promise_apply(lund.store, lund.catalogue, &appended[0]));
    lund_commit(&lund);
    assert_true(total(CYCLE).count > 0);
    expect_same_after_rebuild();
}

// Joined, parted, or an earlier decision undone; all in the order that a person might.
static void rule_any(struct mix *mix, uint64_t row) {
    struct stored_report report;
    struct decision earlier;
    uint64_t number = 1 + rng_below(&mix->rng, 8);
    assert_ok(lund.store->views->report(lund.store, row, &lund.arena, &report));
    if (rng_below(&mix->rng, 3) == 0) {
        if (lund.store->registry->decision_undo(lund.store, number, lund.now_ms, "uid:1") != ROND_OK)
            return;
        assert_ok(lund.store->views->decision(lund.store, number, &lund.arena, &earlier));
        assert_ok(lund.store->views->report_by_key(lund.store, &earlier.reports[0], &lund.arena, &report));
    } else {
        struct decision decision = {.kind = rng_below(&mix->rng, 3) == 0 ? DECISION_PART : DECISION_JOIN,
                                    .subject = rng_below(&mix->rng, 2) == 0 ? "joint-1" : "J-7QK2M",
                                    .value = "",
                                    .reports = &report.key,
                                    .reports_count = 1,
                                    .actor = "uid:1"};
        assert_ok(lund.store->registry->decision_put(lund.store, &decision, &number));
    }
    assert_ok(promise_refold(lund.store, lund.catalogue, report.row));
}

// A quarantined report is decided on, any report ruled about or erased.
static void administer(struct mix *mix) {
    struct store_counts counts;
    assert_ok(lund.store->views->counts(lund.store, &counts));
    uint64_t row = 1 + rng_below(&mix->rng, counts.reports);
    uint64_t dice = rng_below(&mix->rng, 4);
    if (dice == 0) {
        rule_any(mix, row);
    } else if (mix->erases && dice > 1) {
        assert_ok(lund.store->ledger->erase(lund.store, row, FOR_A_TEST));
    } else if (lund.store->ledger->quarantine_decide(lund.store, row, rng_below(&mix->rng, 3) > 0) == ROND_OK) {
        assert_ok(promise_refold(lund.store, lund.catalogue, row));
    }
}

// The stored totals, those of named places among them, are what the buckets add up to.
static size_t places_seen; // totals of named places, over all mixes

static enum rond_err print_finding(void *context, json_t *row) {
    print_error("%s\n", json_string_value(json_object_get(row, "what")));
    return ROND_OK;
}

static void expect_totals_of_buckets(void) {
    struct read_rows rows = {.row = print_finding};
    struct findings findings = {.rows = &rows};
    assert_ok(verify_totals(lund.store, lund.catalogue, &findings));
    assert_int_equal(findings.count, 0);
    struct period_total *totals;
    size_t count;
    uint32_t number = number_of("lund-2015-platser/egna");
    assert_ok(lund.store->views->totals(lund.store, number, &lund.arena, &totals, &count));
    for (size_t i = 0; i < count; i++)
        places_seen += period_is_place(totals[i].period) && totals[i].tally.count > 0;
}

static void run_mix(uint64_t seed, bool erases) {
    struct mix mix = {.erases = erases};
    rng_seeded_init(&mix.seeded, seed);
    mix.rng = rng_seeded_as_rng(&mix.seeded);
    put_named_places();
    for (unsigned i = 0; i < MIX_REPORTS / 4; i++) {
        lund_begin(&lund);
        send_any(&mix);
        if (rng_below(&mix.rng, 2) == 0)
            administer(&mix);
        lund_commit(&lund);
    }
    struct hash256 before = digest(), after;
    lund_begin(&lund);
    assert_ok(promise_rebuild(lund.store, lund.catalogue, NULL, NULL));
    after = digest();
    lund_commit(&lund);
    if (memcmp(&before, &after, sizeof before) != 0)
        fail_msg("seed %llu: a rebuild gives other figures", (unsigned long long)seed);
    expect_totals_of_buckets();
}

static void a_rebuild_gives_what_the_incremental_way_gave_on_random_mixes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        lund_close(&lund);
        lund_open_memory(&lund, rng_system());
        run_mix(seed, seed % 2 == 0);
    }
    assert_true(places_seen > 50);
}

static void sqlite_gives_the_same_figures_as_memory(void **state) {
    (void)state;
    run_mix(4711, true);
    struct hash256 in_memory = digest();
    lund_close(&lund);
    lund_open(&lund);
    run_mix(4711, true);
    struct hash256 in_sqlite = digest();
    assert_memory_equal(&in_memory, &in_sqlite, sizeof in_memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

// A hundred patrols in one evening's window, told of by two devices; one is taken back, one corrected, more come.
static void a_window_that_many_were_in_counts_as_if_each_were_looked_at(void **state) {
    (void)state;
    enum { PATROLS = 100 };
    put_named_places();
    const struct bucket_key key = {.commitment = number_of("lund-2015-station/narvaro"), .bucket = "w0:2015-05-08"};
    struct crowd crowd;
    for (unsigned i = 0; i < PATROLS; i++) {
        Rond__V1__Report *patrol = sample_report(&lund.arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 0);
        patrol->occurred_from_s += 60 * (int64_t)(i % 40);
        patrol->occurred_to_s += 60 * (int64_t)(i % 40);
        lund_report(&lund, i % 2, 0, patrol);
    }
    assert_ok(lund.store->views->crowd(lund.store, &key, &crowd));
    assert_int_equal(crowd.count, PATROLS);
    expect_totals_of_buckets();
    struct report_key first = lund_key_of(0, 0, 1), third = lund_key_of(0, 0, 3);
    lund_report(&lund, 0, 0, withdrawal_of(&first));
    Rond__V1__Report *correction = sample_report(&lund.arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 4);
    correction->corrects = lund_identity(&lund.arena, &third);
    lund_report(&lund, 0, 0, correction);
    lund_report(&lund, 1, 0, sample_report(&lund.arena, ROND__V1__KIND__KIND_VISIBLE_PATROL, 4));
    assert_ok(lund.store->views->crowd(lund.store, &key, &crowd));
    assert_int_equal(crowd.count, PATROLS); // one less, one more
    expect_totals_of_buckets();
    expect_same_after_rebuild();
    expect_totals_of_buckets();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_plain_report_counts_once_and_its_detail_decides_toward_what),
        TEST(a_joint_activity_of_three_organisations_counts_once_and_when_it_is_complete),
        TEST(the_device_whose_half_is_completed_by_another_is_told),
        TEST(any_order_of_arrival_of_corrections_and_a_withdrawal_gives_the_same_figures),
        TEST(any_order_of_what_two_devices_say_with_roles_and_a_quarantine_gives_the_same),
        TEST(what_a_correction_replaces_stays_visible_with_its_reason),
        TEST(a_correction_waits_for_its_target),
        TEST(another_organisation_can_neither_correct_nor_withdraw),
        TEST(reports_that_name_each_other_in_a_circle_count_nothing_and_end),
        TEST(a_long_chain_of_corrections_counts_its_last),
        TEST(a_report_queued_anew_after_a_fork_counts_once),
        TEST(a_correction_finds_its_target_under_the_new_identity),
        TEST(a_correction_of_a_repeated_report_corrects_the_first),
        TEST(of_two_reports_with_one_former_identity_the_first_queued_is_meant),
        TEST(former_identities_in_a_circle_count_once_and_end),
        TEST(a_quarantined_report_counts_from_its_release),
        TEST(a_correction_mends_a_quarantined_report),
        TEST(a_released_report_that_cannot_be_read_contributes_nothing),
        TEST(a_released_report_that_is_not_well_formed_is_shown_but_not_counted),
        TEST(a_device_is_told_that_its_report_was_discarded),
        TEST(folding_a_report_once_more_changes_nothing),
        TEST(a_finding_is_closed_by_a_later_look_though_its_walk_was_corrected),
        TEST(a_named_commitment_counts_once_and_in_its_own_area_only),
        TEST(an_erased_report_stays_counted_and_can_still_be_replaced),
        TEST(what_is_not_decoded_yet_counts_the_same_and_batches_follow_each_other),
        TEST(a_window_that_many_were_in_counts_as_if_each_were_looked_at),
        TEST(a_rebuild_gives_what_the_incremental_way_gave_on_random_mixes),
        TEST(sqlite_gives_the_same_figures_as_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
