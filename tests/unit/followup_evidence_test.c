// read/followup_evidence.c and followup_causes.c: what was behind a figure, kept as bytes, and held against what is now.
#include "read/followup_causes.h"

#include <stdlib.h>
#include <string.h>

#include "promise/apply.h"
#include "support/followups.h"
#include "support/rows.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct lund lund;
static struct followup_evidence then, now;

#define CYCLE "lund-2015-trafik/cykel"

static int open_lund(void **state) {
    lund_open_memory(&lund, rng_system());
    then = now = (struct followup_evidence){0};
    return 0;
}
static int open_sqlite(void **state) {
    lund_open(&lund);
    then = now = (struct followup_evidence){0};
    return 0;
}
static int close_lund(void **state) {
    evidence_deinit(&then);
    evidence_deinit(&now);
    lund_close(&lund);
    return 0;
}

static uint64_t check(unsigned device) {
    return lund_report(&lund, device, 1, cycle_check(&lund, "2015-03-01 10:00"));
}

static void gather(struct followup_evidence *evidence) {
    const struct commitment *commitment = catalogue_commitment_by_path(lund.catalogue, CYCLE);
    struct evidence_commitment *added;
    struct store_counts counts;
    struct figures figures;
    evidence_deinit(evidence);
    assert_ok(lund.store->views->counts(lund.store, &counts));
    evidence->last_row = counts.reports;
    evidence->rules = 2;
    assert_ok(evidence_commitment_add(evidence, commitment, CYCLE, &added));
    struct figures_watch watch = {evidence_watch, added};
    assert_ok(figures_until(lund.store, commitment, stockholm_at("2015-05-01 00:00"), &watch, &figures));
}

static struct followup_causes causes(void) {
    struct followup_causes found;
    gather(&now);
    assert_ok(
        followup_causes_find(lund.store, &then, evidence_find(&then, CYCLE), &now, evidence_find(&now, CYCLE), &found));
    return found;
}

static void correct(unsigned device, uint64_t seq) {
    struct report_key key = lund_key_of(device, 1, seq);
    Rond__V1__Report *report = cycle_check(&lund, "2015-03-02 10:00");
    report->corrects = lund_identity(&lund.arena, &key);
    lund_report(&lund, device, 1, report);
}

static void encode(struct buffer *to) {
    buffer_init(to, EVIDENCE_BYTES_MAX);
    assert_ok(evidence_encode(&then, to));
}

static void evidence_reads_back_what_counted(void **state) {
    struct buffer bytes;
    check(0);
    uint64_t withdrawn = check(0);
    check(1);
    struct report_key key = lund_key_of(0, 1, 2);
    lund_report(&lund, 0, 1, sample_withdrawal(&lund.arena, &key.device, &key.outbox, key.seq));
    gather(&then);
    encode(&bytes);
    assert_ok(evidence_decode(buffer_bytes(&bytes), &now));
    assert_int_equal(now.last_row, 4);
    assert_int_equal(now.rules, 2);
    assert_int_equal(now.count, 1);
    assert_string_equal(now.commitments[0].path, CYCLE);
    assert_true(hash256_equal(&now.commitments[0].definition, &then.commitments[0].definition));
    assert_int_equal(now.commitments[0].count, 2);
    assert_int_not_equal(now.commitments[0].entries[1].row, withdrawn);
    assert_int_not_equal(now.commitments[0].entries[0].bucket, now.commitments[0].entries[1].bucket);
    buffer_deinit(&bytes);
}

static void evidence_that_is_cut_or_torn_is_refused(void **state) {
    struct buffer bytes;
    for (unsigned i = 0; i < 3; i++)
        check(0);
    gather(&then);
    encode(&bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_err(ROND_ECORRUPT, evidence_decode(bytes_of(bytes.data, size), &now));
        evidence_deinit(&now);
    }
    bytes.data[0] ^= 1;
    assert_err(ROND_ECORRUPT, evidence_decode(buffer_bytes(&bytes), &now));
    bytes.data[0] ^= 1;
    evidence_deinit(&now);
    for (size_t i = 16; i < bytes.size; i++) { // nothing worse than an answer
        bytes.data[i] ^= 0xff;
        (void)!evidence_decode(buffer_bytes(&bytes), &now);
        evidence_deinit(&now);
        bytes.data[i] ^= 0xff;
    }
    buffer_deinit(&bytes);
}

static void nothing_new_has_no_cause(void **state) {
    check(0);
    correct(0, 1);
    gather(&then);
    struct followup_causes none = {0}, found = causes();
    assert_memory_equal(&none, &found, sizeof none);
}

static void a_thread_of_corrections_is_one_cause(void **state) {
    for (unsigned i = 0; i < 3; i++)
        check(0);
    correct(0, 3); // before
    gather(&then);
    correct(0, 1);
    correct(0, 5); // the correction
    correct(0, 4); // what had been corrected before
    struct followup_causes found = causes();
    assert_int_equal(found.corrected, 2);
    assert_int_equal(found.late, 0);
    assert_int_equal(found.decided, 0);
}

static void a_late_report_that_was_corrected_is_late(void **state) {
    check(0);
    gather(&then);
    check(1);
    correct(1, 1);
    assert_int_equal(causes().late, 1);
    assert_int_equal(causes().corrected, 0);
}

static void a_withdrawn_correction_is_one_withdrawal(void **state) {
    struct report_key key = lund_key_of(0, 1, 1);
    check(0);
    correct(0, 1);
    gather(&then);
    lund_report(&lund, 0, 1, sample_withdrawal(&lund.arena, &key.device, &key.outbox, key.seq));
    assert_int_equal(causes().withdrawn, 1);
    assert_int_equal(causes().corrected, 0);
}

// Its contribution as some decision would make it.
static void recount(uint64_t row, void (*change)(struct contribution *contribution)) {
    struct stored_contribution *stored;
    size_t count;
    lund_begin(&lund);
    assert_ok(lund.store->views->contributions_of_row(lund.store, row, &lund.arena, &stored, &count));
    for (size_t i = 0; i < count; i++)
        if (stored[i].value.reason == REASON_COUNTED)
            change(&stored[i].value);
    struct fold_changes changes = {.rows_removed = &row, .rows_removed_count = 1, .added = stored, .added_count = count};
    assert_ok(lund.store->ledger->fold_store(lund.store, &changes));
    lund_commit(&lund);
}

static void join(struct contribution *contribution) {
    strcpy(contribution->bucket, "a:joined");
}

static void place(struct contribution *contribution) {
    contribution->places = 1;
}

static void place_openly(struct contribution *contribution) {
    contribution->places_open = 1;
}

static void a_report_that_counts_elsewhere_was_decided_upon(void **state) {
    uint64_t row = check(0), other = check(0);
    gather(&then);
    recount(row, join);
    lund_begin(&lund);
    struct fold_changes changes = {.rows_removed = &other, .rows_removed_count = 1};
    assert_ok(lund.store->ledger->fold_store(lund.store, &changes));
    lund_commit(&lund);
    assert_int_equal(causes().decided, 2); // one joined, one gone
    assert_int_equal(causes().late, 0);
}

static void a_report_found_at_a_named_place_was_decided_upon(void **state) {
    struct buffer bytes;
    uint64_t row = check(0), other = check(0);
    recount(row, place_openly);
    gather(&then);
    encode(&bytes);
    evidence_deinit(&then);
    assert_ok(evidence_decode(buffer_bytes(&bytes), &then)); // as a published one is read
    assert_int_equal(causes().decided, 0);
    recount(other, place);
    assert_int_equal(causes().decided, 1);
    recount(row, place);
    assert_int_equal(causes().decided, 2);
    buffer_deinit(&bytes);
}

static void a_report_out_of_quarantine_was_released(void **state) {
    struct record record = sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    check(0);
    Rond__V1__Report *report = cycle_check(&lund, "2015-03-05 10:00");
    record = record_of_report(&lund.arena, report);
    lund_begin(&lund);
    struct ledger_batch *batch = lund_batch(&lund, 0, 1, &record, 1);
    struct append_result result;
    struct ledger_report *quarantined = (struct ledger_report *)(uintptr_t)batch->reports;
    quarantined->verdict = VERDICT_QUARANTINED;
    quarantined->reason = "a test";
    quarantined->field = "";
    assert_ok(lund.store->ledger->append(lund.store, batch, &result));
    lund_apply(&lund, batch, &result);
    lund_commit(&lund);
    gather(&then);
    lund_begin(&lund);
    assert_ok(lund.store->ledger->quarantine_decide(lund.store, result.first_row, true));
    assert_ok(promise_refold(lund.store, lund.catalogue, result.first_row));
    lund_commit(&lund);
    assert_int_equal(causes().released, 1);
    assert_int_equal(causes().late, 0);
}

static void a_commitment_that_is_new_or_gone_was_edited(void **state) {
    struct followup_causes found;
    check(0);
    gather(&then);
    assert_ok(followup_causes_find(lund.store, &then, evidence_find(&then, CYCLE), &now, NULL, &found));
    assert_true(found.edited);
    assert_int_equal(found.decided, 0);
    gather(&now);
    assert_ok(followup_causes_find(lund.store, &then, NULL, &now, evidence_find(&now, CYCLE), &found));
    assert_true(found.edited);
    now.rules++;
    assert_ok(
        followup_causes_find(lund.store, &then, evidence_find(&then, CYCLE), &now, evidence_find(&now, CYCLE), &found));
    assert_true(found.rules);
    assert_false(found.edited);
}

int main(void) {
#define TEST(test)                                                                                                          \
    cmocka_unit_test_setup_teardown(test, open_lund, close_lund),                                                           \
        cmocka_unit_test_setup_teardown(test, open_sqlite, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(evidence_reads_back_what_counted),
        TEST(evidence_that_is_cut_or_torn_is_refused),
        TEST(nothing_new_has_no_cause),
        TEST(a_thread_of_corrections_is_one_cause),
        TEST(a_late_report_that_was_corrected_is_late),
        TEST(a_withdrawn_correction_is_one_withdrawal),
        TEST(a_report_that_counts_elsewhere_was_decided_upon),
        TEST(a_report_found_at_a_named_place_was_decided_upon),
        TEST(a_report_out_of_quarantine_was_released),
        TEST(a_commitment_that_is_new_or_gone_was_edited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
