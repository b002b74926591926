// Tests: server/read/bucket_sums.c
// read/figures_until.c and read/bucket_sums.c: a figure as of a moment, whatever has come in since and in whatever order.
#include "read/figures_until.h"

#include <stdio.h>
#include <string.h>

#include "promise/apply.h"
#include "read/bucket_sums.h"
#include "support/lund.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct lund lund;

static int open_memory(void **state) {
    lund_open_memory(&lund, rng_system());
    return 0;
}
static int open_sqlite(void **state) {
    lund_open(&lund);
    return 0;
}
static int close_lund(void **state) {
    lund_close(&lund);
    return 0;
}

// A report that began at a Stockholm wall time and lasted so many minutes.
static Rond__V1__Report *report_at(Rond__V1__Kind kind, const char *wall, int minutes) {
    Rond__V1__Report *report = sample_report(&lund.arena, kind, 0);
    report->occurred_from_s = stockholm_at(wall);
    report->occurred_to_s = report->occurred_from_s + minutes * 60;
    report->claimed_ms = (report->occurred_to_s + 60) * 1000;
    return report;
}

static Rond__V1__Report *check_at(const char *wall) {
    return report_at(ROND__V1__KIND__KIND_CHECK, wall, 30);
}

static Rond__V1__Report *taxi_check(const char *wall, const char *with) {
    Rond__V1__Report *report = check_at(wall);
    report->check->of = arena_text(&lund.arena, "taxi");
    report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
    report->activity = arena_text(&lund.arena, "taxi-1");
    report->organisations = arena_array(&lund.arena, 1, sizeof(char *));
    report->organisations[0] = arena_text(&lund.arena, with);
    report->n_organisations = 1;
    return report;
}

static struct figures figures_at(const char *path, const char *wall) {
    struct figures figures;
    const struct commitment *commitment = catalogue_commitment_by_path(lund.catalogue, path);
    assert_non_null(commitment);
    assert_ok(figures_until(lund.store, commitment, stockholm_at(wall), NULL, &figures));
    return figures;
}

static int64_t done_at(const char *path, const char *wall) {
    return figures_at(path, wall).progress.done;
}

#define CYCLE "lund-2015-trafik/cykel"
#define TAXI "lund-2015-trafik/taxi"
#define PRESENCE "lund-2015-station/narvaro"
#define ACTIONS "lund-2015-station/atgarder"

static void what_happened_later_does_not_count_yet(void **state) {
    lund_report(&lund, 0, 1, check_at("2015-05-01 00:00"));
    lund_report(&lund, 1, 1, check_at("2015-04-30 23:59"));
    lund_report(&lund, 0, 1, check_at("2015-02-01 10:00"));
    assert_int_equal(done_at(CYCLE, "2015-01-01 00:00"), 0);
    assert_int_equal(done_at(CYCLE, "2015-05-01 00:00"), 2);
    assert_int_equal(done_at(CYCLE, "2015-09-01 00:00"), 3);
    assert_string_equal(figures_at(CYCLE, "2015-05-01 00:00").progress.summary_sv, "2 av minst 10 kontroller");
    assert_int_equal(figures_at(CYCLE, "2015-05-01 00:00").progress.status, PROGRESS_BEHIND);
    assert_int_equal(figures_at(CYCLE, "2016-01-01 00:00").progress.status, PROGRESS_MISSED);
}

static void an_activity_counts_from_when_it_was_whole(void **state) {
    lund_report(&lund, 5, 1, taxi_check("2015-05-02 10:00", "polisen"));
    lund_report(&lund, 0, 1, taxi_check("2015-04-30 22:00", "skatteverket"));
    assert_int_equal(done_at(TAXI, "2015-05-01 00:00"), 0);
    assert_int_equal(figures_at(TAXI, "2015-05-01 00:00").progress.sum.reports, 1);
    assert_int_equal(done_at(TAXI, "2015-09-01 00:00"), 1);
}

static void minutes_in_a_shared_window_add_up_once(void **state) {
    for (unsigned i = 0; i < 3; i++)
        lund_report(&lund, i, 1, report_at(ROND__V1__KIND__KIND_VISIBLE_PATROL, "2015-05-08 20:00", 90));
    assert_int_equal(figures_at(PRESENCE, "2015-06-01 00:00").progress.sum.covered_minutes, 90);
    assert_int_equal(figures_at(PRESENCE, "2015-06-01 00:00").progress.sum.person_minutes, 540);
    assert_int_equal(done_at(PRESENCE, "2015-06-01 00:00"), 1);
    assert_int_equal(done_at(PRESENCE, "2015-05-08 00:00"), 0);
}

static void a_place_put_right_later_was_open_until_then(void **state) {
    struct report_key walk = lund_key_of(0, 1, 1);
    Rond__V1__FindingRef first = ROND__V1__FINDING_REF__INIT;
    Rond__V1__Report *later = report_at(ROND__V1__KIND__KIND_SAFETY_WALK, "2015-05-20 18:00", 60);
    lund_report(&lund, 0, 1, report_at(ROND__V1__KIND__KIND_SAFETY_WALK, "2015-04-10 18:00", 60));
    later->walk->n_findings = 1; // the safe one
    later->walk->findings[0]->rewalk_of = &first;
    first.report = lund_identity(&lund.arena, &walk);
    first.finding = arena_text(&lund.arena, "2");
    lund_report(&lund, 1, 1, later);
    assert_int_equal(figures_at(ACTIONS, "2015-05-01 00:00").progress.sum.actions_open, 1);
    assert_int_equal(figures_at(ACTIONS, "2015-06-01 00:00").progress.sum.actions_open, 0);
    assert_int_equal(done_at(ACTIONS, "2015-06-01 00:00"), 1);
}

static void a_corrected_report_is_told_once_where_it_counts(void **state) {
    struct report_key first = lund_key_of(0, 1, 1), second = lund_key_of(0, 1, 2), third = lund_key_of(0, 1, 3);
    Rond__V1__Report *correction = check_at("2015-04-02 10:00"), *of_correction = check_at("2015-04-03 10:00");
    lund_report(&lund, 0, 1, check_at("2015-04-01 10:00"));
    lund_report(&lund, 0, 1, check_at("2015-04-01 12:00"));
    correction->corrects = lund_identity(&lund.arena, &first);
    lund_report(&lund, 0, 1, correction);
    lund_report(&lund, 0, 1, sample_withdrawal(&lund.arena, &second.device, &second.outbox, second.seq));
    assert_int_equal(figures_at(CYCLE, "2015-05-01 00:00").progress.done, 1);
    assert_int_equal(figures_at(CYCLE, "2015-05-01 00:00").corrected, 1);
    of_correction->corrects = lund_identity(&lund.arena, &third);
    lund_report(&lund, 0, 1, of_correction);
    assert_int_equal(figures_at(CYCLE, "2015-05-01 00:00").corrected, 1);
    assert_int_equal(figures_at(TAXI, "2015-05-01 00:00").corrected, 0);
    assert_int_equal(figures_at(CYCLE, "2015-04-02 11:00").corrected, 0); // it stands for later
}

// Every window of the presence from 20:00 to 02:00.
static void windows_go_over_midnight(const char *presence) {
    const struct commitment *commitment = catalogue_commitment_by_path(lund.catalogue, presence);
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    entry.id = commitment->promise->id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = (Rond__V1__Promise *)(uintptr_t)commitment->promise;
    for (size_t i = 0; i < commitment->definition->n_windows; i++) {
        commitment->definition->windows[i]->from_minute = 20 * 60;
        commitment->definition->windows[i]->to_minute = 2 * 60;
    }
    lund_begin(&lund);
    assert_ok(lund.store->registry->reference_put(lund.store, &entry, NULL));
    lund_refresh(&lund);
    lund_commit(&lund);
}

static void a_window_over_midnight_belongs_to_the_day_on_which_it_opened(void **state) {
    const char *presence = "lund-2015-station/narvaro";
    windows_go_over_midnight(presence);
    Rond__V1__Report *patrol = report_at(ROND__V1__KIND__KIND_VISIBLE_PATROL, "2015-05-09 00:10", 70); // Friday's window
    patrol->place = arena_text(&lund.arena, "lund-c-stationen");
    lund_report(&lund, 0, 1, patrol);
    struct progress until_friday = figures_at(presence, "2015-05-08 00:00").progress;
    struct progress with_friday = figures_at(presence, "2015-05-09 00:00").progress;
    assert_int_equal(until_friday.sum.windows_met, 0);
    assert_int_equal(with_friday.sum.windows_met, 1);
    assert_int_equal(with_friday.sum.covered_minutes, 70);
    assert_true(with_friday.target > until_friday.target); // Friday's own windows have passed with the day
}

// All kinds, several devices, more than a page.
static void fill(void) {
    enum { COUNT = 2 * 256 + 90 };
    for (unsigned device = 0; device < 3; device++) {
        struct record *records = arena_array(&lund.arena, COUNT, sizeof *records);
        struct append_result result;
        for (unsigned i = 0; i < COUNT; i++)
            records[i] = sample_record(&lund.arena, (Rond__V1__Kind)(1 + (i + device) % 7), i % 300);
        lund_begin(&lund);
        const struct ledger_batch *batch = lund_batch(&lund, device, 1, records, COUNT);
        assert_ok(lund.store->ledger->append(lund.store, batch, &result));
        lund_apply(&lund, batch, &result);
        lund_commit(&lund);
    }
}

static void at_the_end_it_is_what_the_totals_say(void **state) {
    size_t count = 0;
    lund.now_ms = stockholm_at("2015-08-01 00:00") * 1000;
    fill();
    const struct commitment *const *commitments = catalogue_commitments(lund.catalogue, NULL, &count);
    for (size_t i = 0; i < count; i++) {
        struct period_total *totals = NULL;
        size_t totals_count = 0;
        struct progress expected;
        struct figures figures;
        int64_t at_s = stockholm_at("2016-01-01 00:00");
        assert_ok(lund.store->views->totals(lund.store, commitments[i]->number, &lund.arena, &totals, &totals_count));
        progress_at(commitments[i], totals, totals_count, at_s, &expected);
        assert_ok(figures_until(lund.store, commitments[i], at_s, NULL, &figures));
        assert_memory_equal(&expected.sum, &figures.progress.sum, sizeof expected.sum);
        assert_string_equal(expected.summary_sv, figures.progress.summary_sv);
        assert_int_equal(expected.status, figures.progress.status);
    }
}

static enum rond_err watch_row(void *context, const struct stored_contribution *contribution) {
    uint64_t *sum = context;
    *sum = *sum * 10 + contribution->row;
    return contribution->row == 9 ? ROND_EIO : ROND_OK;
}

static void a_watcher_sees_each_contribution_of_that_time(void **state) {
    uint64_t seen = 0;
    struct figures_watch watch = {watch_row, &seen};
    struct figures figures;
    const struct commitment *commitment = catalogue_commitment_by_path(lund.catalogue, CYCLE);
    lund_report(&lund, 0, 1, check_at("2015-04-01 10:00"));
    lund_report(&lund, 0, 1, check_at("2015-05-01 10:00"));
    lund_report(&lund, 0, 1, taxi_check("2015-04-02 10:00", "skatteverket")); // not counted, and said why
    assert_ok(figures_until(lund.store, commitment, stockholm_at("2015-05-01 00:00"), &watch, &figures));
    assert_int_equal(seen, 13);
    for (unsigned i = 3; i < 9; i++)
        lund_report(&lund, 0, 1, check_at("2015-04-03 10:00"));
    assert_err(ROND_EIO, figures_until(lund.store, commitment, stockholm_at("2015-05-01 00:00"), &watch, &figures));
}

static void many_buckets_are_each_new_once(void **state) {
    struct bucket_sums sums = {0};
    char bucket[32];
    bool is_new = false;
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 5000; i++) {
            snprintf(bucket, sizeof bucket, "a:activity-%u", i);
            assert_ok(bucket_sums_see(&sums, bucket, &is_new));
            assert_int_equal(is_new, round == 0);
        }
    bucket_sums_deinit(&sums);
}

int main(void) {
#define TEST(test)                                                                                                          \
    cmocka_unit_test_setup_teardown(test, open_memory, close_lund),                                                         \
        cmocka_unit_test_setup_teardown(test, open_sqlite, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(what_happened_later_does_not_count_yet),
        TEST(an_activity_counts_from_when_it_was_whole),
        TEST(minutes_in_a_shared_window_add_up_once),
        TEST(a_place_put_right_later_was_open_until_then),
        TEST(a_corrected_report_is_told_once_where_it_counts),
        TEST(a_window_over_midnight_belongs_to_the_day_on_which_it_opened),
        TEST(at_the_end_it_is_what_the_totals_say),
        TEST(a_watcher_sees_each_contribution_of_that_time),
        cmocka_unit_test(many_buckets_are_each_new_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
