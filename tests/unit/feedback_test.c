// Tests: server/read/outcome.c
#include "read/feedback.h"

#include <string.h>

#include "promise/apply.h"
#include "support/lund.h"
#include "support/test.h"
#include "wire/limits.h"

static struct lund lund;

static int open_sqlite(void **state) {
    lund_open(&lund);
    return 0;
}

static int open_memory(void **state) {
    lund_open_memory(&lund, rng_system());
    return 0;
}

static int close_lund(void **state) {
    lund_close(&lund);
    return 0;
}

static Rond__V1__Feedback *feedback_after(unsigned device, uint64_t cursor) {
    Rond__V1__Feedback *feedback = NULL;
    struct id128 id = lund_device(device);
    assert_ok(read_feedback(lund.store, lund.catalogue, &id, &(struct feedback_known){.cursor = cursor, .week = ""}, LUND_NOW_S, NULL,
                            &lund.arena, &feedback));
    assert_true(feedback->n_outcomes <= FEEDBACK_OUTCOMES_MAX);
    assert_true(rond__v1__feedback__get_packed_size(feedback) < FRAME_BYTES_MAX);
    return feedback;
}

// The newest outcome told of a report, over all pages; NULL if none.
static const Rond__V1__Outcome *outcome_of(unsigned device, uint64_t seq) {
    const Rond__V1__Outcome *newest = NULL;
    Rond__V1__Feedback *feedback = feedback_after(device, 0);
    for (;;) {
        for (size_t i = 0; i < feedback->n_outcomes; i++)
            if (feedback->outcomes[i]->seq == seq)
                newest = feedback->outcomes[i];
        if (!feedback->more)
            return newest;
        feedback = feedback_after(device, feedback->cursor);
    }
}

static void expect_state(Rond__V1__OutcomeState state, unsigned device, uint64_t seq) {
    const Rond__V1__Outcome *outcome = outcome_of(device, seq);
    assert_non_null(outcome);
    assert_int_equal(outcome->state, state);
}
#define COUNTED ROND__V1__OUTCOME_STATE__OUTCOME_STATE_COUNTED
#define NOT_COUNTED ROND__V1__OUTCOME_STATE__OUTCOME_STATE_NOT_COUNTED
#define QUARANTINED ROND__V1__OUTCOME_STATE__OUTCOME_STATE_QUARANTINED
#define REPLACED ROND__V1__OUTCOME_STATE__OUTCOME_STATE_REPLACED
#define WITHDRAWN ROND__V1__OUTCOME_STATE__OUTCOME_STATE_WITHDRAWN

static const Rond__V1__Toward *toward(const Rond__V1__Outcome *outcome, const char *path) {
    for (size_t i = 0; i < outcome->n_toward; i++)
        if (strcmp(outcome->toward[i]->commitment, path) == 0)
            return outcome->toward[i];
    return NULL;
}

static Rond__V1__Report *check(unsigned variant) {
    return sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, variant);
}

// Of a place that nobody knows: quarantined.
static Rond__V1__Report *bad_check(void) {
    Rond__V1__Report *report = check(0);
    report->place = arena_text(&lund.arena, "atlantis");
    return report;
}

static Rond__V1__Report *corrects(Rond__V1__Report *report, unsigned device, uint64_t seq) {
    struct report_key key = lund_key_of(device, 1, seq);
    report->corrects = lund_identity(&lund.arena, &key);
    return report;
}

static void withdraw(unsigned device, uint64_t seq) {
    struct id128 id = lund_device(device), outbox = lund_outbox(device, 1);
    lund_report(&lund, device, 1, sample_withdrawal(&lund.arena, &id, &outbox, seq));
}

static Rond__V1__Report *taxi_check(const char *first, const char *second) {
    Rond__V1__Report *report = check(0);
    report->check->of = arena_text(&lund.arena, "taxi");
    report->check->form = ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED;
    report->activity = arena_text(&lund.arena, "taxi-1");
    report->organisations = arena_array(&lund.arena, 2, sizeof(char *));
    report->n_organisations = 0;
    report->organisations[report->n_organisations++] = arena_text(&lund.arena, first);
    if (second != NULL)
        report->organisations[report->n_organisations++] = arena_text(&lund.arena, second);
    return report;
}

static void a_report_that_counts_says_toward_what(void **state) {
    lund_report(&lund, 0, 1, check(1));
    expect_state(COUNTED, 0, 1);
    const Rond__V1__Toward *cycling = toward(outcome_of(0, 1), "lund-2015-trafik/cykel");
    assert_non_null(cycling);
    assert_true(cycling->counted);
    assert_string_equal(cycling->reason, "");
    assert_string_equal(outcome_of(0, 1)->reason, "");
}

static void a_report_that_does_not_count_says_why(void **state) {
    lund_report(&lund, 0, 1, taxi_check("skatteverket", NULL));
    expect_state(NOT_COUNTED, 0, 1);
    const Rond__V1__Toward *taxi = toward(outcome_of(0, 1), "lund-2015-trafik/taxi");
    assert_non_null(taxi);
    assert_false(taxi->counted);
    assert_string_equal(taxi->reason, reason_sentence(REASON_ORGANISATIONS, false));
    assert_string_equal(taxi->reason_sv, reason_sentence(REASON_ORGANISATIONS, true));
    assert_string_equal(outcome_of(0, 1)->reason_sv, outcome_of(0, 1)->toward[0]->reason_sv);
    assert_true(outcome_of(0, 1)->reason[0] != '\0');
}

static void a_half_that_was_missing_makes_the_first_report_count(void **state) {
    lund_report(&lund, 0, 1, taxi_check("skatteverket", NULL));
    uint64_t cursor = feedback_after(0, 0)->cursor;
    lund_report(&lund, 5, 1, taxi_check("forsakringskassan", NULL));
    Rond__V1__Feedback *news = feedback_after(0, cursor);
    assert_int_equal(news->n_outcomes, 1);
    assert_int_equal(news->outcomes[0]->state, COUNTED);
}

static void a_quarantined_report_needs_its_device(void **state) {
    lund_report(&lund, 0, 1, bad_check());
    expect_state(QUARANTINED, 0, 1);
    assert_true(outcome_of(0, 1)->reason[0] != '\0');
    assert_string_equal(outcome_of(0, 1)->reason_sv, "Platsen är inte känd i området.");
}

static void a_correction_mends_a_quarantined_report(void **state) {
    lund_report(&lund, 0, 1, bad_check());
    uint64_t cursor = feedback_after(0, 0)->cursor;
    lund_report(&lund, 0, 1, corrects(check(1), 0, 1));
    Rond__V1__Feedback *news = feedback_after(0, cursor);
    assert_int_equal(news->n_outcomes, 2); // the correction, and what it mended
    expect_state(REPLACED, 0, 1);
    expect_state(COUNTED, 0, 2);
}

static void a_quarantined_report_can_be_taken_back(void **state) {
    lund_report(&lund, 0, 1, bad_check());
    withdraw(0, 1);
    expect_state(WITHDRAWN, 0, 1);
}

static void a_correction_that_is_quarantined_mends_nothing(void **state) {
    lund_report(&lund, 0, 1, check(1));
    lund_report(&lund, 0, 1, corrects(bad_check(), 0, 1));
    expect_state(COUNTED, 0, 1);
    expect_state(QUARANTINED, 0, 2);
}

static void a_released_report_counts(void **state) {
    uint64_t row = lund_report(&lund, 0, 1, bad_check());
    lund_begin(&lund);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, row, true));
    assert_ok(promise_refold(lund.store, lund.catalogue, row));
    lund_commit(&lund);
    expect_state(COUNTED, 0, 1);
}

static void a_discarded_report_is_told_so(void **state) {
    uint64_t row = lund_report(&lund, 0, 1, bad_check());
    lund_begin(&lund);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, row, false));
    lund_commit(&lund);
    expect_state(ROND__V1__OUTCOME_STATE__OUTCOME_STATE_DISCARDED, 0, 1);
    assert_non_null(strstr(outcome_of(0, 1)->reason, "set aside"));
}

static void a_replaced_and_a_withdrawn_report_are_told_apart(void **state) {
    lund_report(&lund, 0, 1, check(1));
    lund_report(&lund, 0, 1, corrects(check(2), 0, 1));
    expect_state(REPLACED, 0, 1);
    expect_state(COUNTED, 0, 2);
    withdraw(0, 1);
    expect_state(WITHDRAWN, 0, 1);
    expect_state(WITHDRAWN, 0, 2);
    expect_state(NOT_COUNTED, 0, 3);
    assert_string_equal(outcome_of(0, 3)->reason, "");
}

static void a_correction_of_what_has_not_arrived_waits(void **state) {
    lund_report(&lund, 0, 1, corrects(check(1), 0, 77));
    expect_state(NOT_COUNTED, 0, 1);
    assert_string_equal(outcome_of(0, 1)->reason, reason_sentence(REASON_WAITING_TARGET, false));
}

static void a_report_queued_anew_has_the_outcome_of_the_first(void **state) {
    struct record record = record_of_report(&lund.arena, check(1));
    lund_report(&lund, 0, 1, check(1));
    record.has_formerly = true;
    record.formerly_outbox = lund_outbox(0, 1);
    record.formerly_seq = 1;
    lund_begin(&lund);
    (void)lund_apply_record(&lund, 0, 2, &record);
    lund_commit(&lund);
    Rond__V1__Feedback *feedback = feedback_after(0, 0);
    assert_int_equal(feedback->n_outcomes, 2);
    assert_int_equal(feedback->outcomes[0]->state, COUNTED);
    assert_int_equal(feedback->outcomes[1]->state, COUNTED);
}

static void a_batch_larger_than_a_frame_comes_down_in_parts(void **state) {
    enum { COUNT = 2 * FEEDBACK_OUTCOMES_MAX + 40 };
    struct record *records = arena_array(&lund.arena, COUNT, sizeof *records);
    struct append_result result;
    bool told[COUNT + 2] = {0};
    uint64_t cursor = 0;
    unsigned pages = 0, outcomes = 0;
    for (unsigned i = 0; i < COUNT; i++)
        records[i] = sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, i % 100);
    lund_begin(&lund);
    const struct ledger_batch *batch = lund_batch(&lund, 0, 1, records, COUNT);
    assert_ok(lund.store->ledger->append(lund.store, batch, &result));
    lund_apply(&lund, batch, &result);
    lund_commit(&lund);
    for (bool more = true; more; pages++) {
        // What comes in between must not shift what is under way.
        lund_report(&lund, 2, 1, check(pages));
        Rond__V1__Feedback *feedback = feedback_after(0, cursor);
        assert_true(feedback->cursor > cursor);
        for (size_t i = 0; i < feedback->n_outcomes; i++, outcomes++) {
            assert_false(told[feedback->outcomes[i]->seq]);
            told[feedback->outcomes[i]->seq] = true;
        }
        more = feedback->more;
        assert_int_equal(feedback->n_standings > 0, !more);
        cursor = feedback->cursor;
        assert_true(pages < 10);
    }
    assert_int_equal(outcomes, COUNT);
    assert_int_equal(pages, 3);
}

static void nothing_new_leaves_the_cursor_and_tells_the_standings(void **state) {
    lund_report(&lund, 0, 1, check(1));
    Rond__V1__Feedback *first = feedback_after(0, 0);
    assert_false(first->more);
    Rond__V1__Feedback *second = feedback_after(0, first->cursor);
    assert_int_equal(second->n_outcomes, 0);
    assert_int_equal(second->cursor, first->cursor);
    assert_int_equal(second->n_standings, 10);
    bool is_there = false;
    for (size_t i = 0; i < second->n_standings; i++)
        if (strcmp(second->standings[i]->commitment, "lund-2015-trafik/cykel") == 0) {
            is_there = true;
            assert_int_equal(second->standings[i]->done, 1);
            assert_int_equal(second->standings[i]->target, 10);
            assert_string_equal(second->standings[i]->summary_sv, "1 av minst 10 kontroller");
        }
    assert_true(is_there);
}

static void a_device_hears_of_its_own_reports_only(void **state) {
    lund_report(&lund, 0, 1, check(1));
    assert_int_equal(feedback_after(2, 0)->n_outcomes, 0);
    struct id128 unknown = {{1}};
    Rond__V1__Feedback *feedback = NULL;
    assert_err(ROND_ENOTFOUND,
               read_feedback(lund.store, lund.catalogue, &unknown, &(struct feedback_known){.cursor = 0, .week = ""}, LUND_NOW_S, NULL,
                            &lund.arena, &feedback));
}

int main(void) {
#define TEST(test)                                                                                                      \
    cmocka_unit_test_setup_teardown(test, open_memory, close_lund), cmocka_unit_test_setup_teardown(test, open_sqlite, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(a_report_that_counts_says_toward_what),
        TEST(a_report_that_does_not_count_says_why),
        TEST(a_half_that_was_missing_makes_the_first_report_count),
        TEST(a_quarantined_report_needs_its_device),
        TEST(a_correction_mends_a_quarantined_report),
        TEST(a_quarantined_report_can_be_taken_back),
        TEST(a_correction_that_is_quarantined_mends_nothing),
        TEST(a_released_report_counts),
        TEST(a_discarded_report_is_told_so),
        TEST(a_replaced_and_a_withdrawn_report_are_told_apart),
        TEST(a_correction_of_what_has_not_arrived_waits),
        TEST(a_report_queued_anew_has_the_outcome_of_the_first),
        TEST(a_batch_larger_than_a_frame_comes_down_in_parts),
        TEST(nothing_new_leaves_the_cursor_and_tells_the_standings),
        TEST(a_device_hears_of_its_own_reports_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
