#include "ingest/committer.h"

#include <stdlib.h>
#include <string.h>

#include "support/lund.h"
#include "support/test.h"

// ---- Submissions on the stack of a test ----

static struct lund lund;
static struct commit_census census;

static int open_lund(void **state) {
    (void)state;
    lund_open(&lund);
    memset(&census, 0, sizeof census);
    return 0;
}

static int close_lund(void **state) {
    (void)state;
    lund_close(&lund);
    return 0;
}

static struct submission batch_of(unsigned device, unsigned outbox, size_t count) {
    struct record *records = arena_array(&lund.arena, count, sizeof *records);
    for (size_t i = 0; i < count; i++)
        records[i] = sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, (unsigned)i);
    return (struct submission){.kind = SUBMISSION_BATCH, .batch = *lund_batch(&lund, device, outbox, records, count)};
}

static struct submission hello_of(unsigned device, unsigned outbox, uint64_t watermark) {
    return (struct submission){
        .kind = SUBMISSION_HELLO,
        .device = lund_device(device),
        .outbox = lund_outbox(device, outbox),
        .hello_watermark = watermark,
        .hello_last_seq = 9,
        .received_ms = lund.now_ms,
    };
}

static void run(struct submission *first, struct catalogue **ret_catalogue) {
    committer_run(lund.store, first, lund.catalogue, &census, ret_catalogue);
}

static void run_same_catalogue(struct submission *first) {
    struct catalogue *changed;
    run(first, &changed);
    assert_null(changed);
}

static uint64_t stored_reports(void) {
    struct store_counts counts;
    assert_ok(lund.store->views->counts(lund.store, &counts));
    return counts.reports;
}

// ---- Commands ----

static enum rond_err write_audit(struct submission *submission, struct store *store) {
    struct audit_row row = {.at_ms = 1, .actor = "uid:1", .action = submission->command_context, .detail = ""};
    return store->registry->audit(store, &row);
}

static enum rond_err write_and_fail(struct submission *submission, struct store *store) {
    enum rond_err err = write_audit(submission, store);
    return err == ROND_OK ? fault_set(&submission->fault, ROND_ECONFLICT, 0, "id", "It is taken.") : err;
}

static enum rond_err remove_area(struct submission *submission, struct store *store) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Area area = ROND__V1__AREA__INIT;
    entry.id = area.id = submission->command_context;
    entry.removed = true;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_AREA;
    entry.area = &area;
    submission->changes_catalogue = true;
    return store->registry->reference_put(store, &entry, NULL);
}

static struct tally cycle_total(struct store *store, const struct catalogue *catalogue) {
    const struct commitment *cycle = catalogue_commitment_by_path(catalogue, "lund-2015-trafik/cykel");
    struct period_total *totals;
    size_t count;
    struct tally sum = {0};
    assert_ok(store->views->totals(store, cycle->number, &lund.arena, &totals, &count));
    for (size_t i = 0; i < count; i++)
        tally_add(&sum, &totals[i].tally);
    return sum;
}

// What is counted from now on: coordinated checks of bicycles, of which there are none.
static enum rond_err change_promise(struct submission *submission, struct store *store) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    Rond__V1__Promise promise = *catalogue_promise(lund.catalogue, "lund-2015-trafik");
    Rond__V1__Commitment cycle = *promise.commitments[1], *commitments[8];
    Rond__V1__Filter filter = *cycle.filter;
    filter.form = submission->command_context;
    cycle.filter = &filter;
    for (size_t i = 0; i < promise.n_commitments; i++)
        commitments[i] = promise.commitments[i];
    commitments[1] = &cycle;
    promise.commitments = commitments;
    entry.id = promise.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    submission->changes_catalogue = true;
    return store->registry->reference_put(store, &entry, NULL);
}

static int64_t total_seen;

static enum rond_err look_at_total(struct submission *submission, struct store *store) {
    (void)submission;
    total_seen = cycle_total(store, lund.catalogue).count;
    return ROND_OK;
}

static size_t audit_rows(void) {
    struct audit_row *rows;
    size_t count;
    uint64_t cursor;
    assert_ok(lund.store->views->audit(lund.store, 0, 100, &lund.arena, &rows, &count, &cursor));
    return count;
}

static char action[] = "test.action";

// ---- Tests ----

static void a_group_is_stored_in_one_piece_and_each_learns_its_own_result(void **state) {
    (void)state;
    struct submission first = batch_of(0, 0, 3), second = batch_of(2, 0, 2), hello = hello_of(0, 0, 2);
    first.next = &second;
    second.next = &hello;
    run_same_catalogue(&first);
    assert_ok(first.err);
    assert_ok(second.err);
    assert_ok(hello.err);
    assert_int_equal(first.appended.appended, 3);
    assert_int_equal(second.appended.first_row, first.appended.first_row + 3);
    assert_true(hello.state.exists && hello.hello_head_known);
    assert_int_equal(hello.state.chain.seq, 3); // after everything submitted before
    assert_int_equal(stored_reports(), 5);
    assert_int_equal(census.reports_applied, 5);
    assert_int_equal(census.reports_flagged, 0);
    assert_int_equal(census.groups, 1);
}

static void reports_that_seem_to_hold_personal_data_are_counted_once(void **state) {
    (void)state;
    Rond__V1__Report *report = sample_report(&lund.arena, ROND__V1__KIND__KIND_CHECK, 0);
    report->text = arena_text(&lund.arena, "900101-9802"); // of the series for tests
    struct record records[] = {record_of_report(&lund.arena, report), sample_record(&lund.arena, ROND__V1__KIND__KIND_CHECK, 1)};
    struct submission first = {.kind = SUBMISSION_BATCH, .batch = *lund_batch(&lund, 0, 0, records, 2)};
    run_same_catalogue(&first);
    run_same_catalogue(&first);
    assert_int_equal(census.reports_flagged, 1);
    assert_int_equal(census.reports_repeated, 2);
}

static void hello_tells_the_stores_own_head_or_that_it_has_none(void **state) {
    (void)state;
    struct submission nothing = hello_of(0, 0, 0), ahead = hello_of(0, 0, 7);
    nothing.next = &ahead;
    run_same_catalogue(&nothing);
    assert_false(nothing.state.exists);
    assert_true(nothing.hello_head_known); // seq 0: all zero
    assert_false(ahead.hello_head_known);
    struct submission batch = batch_of(0, 0, 2), at_head = hello_of(0, 0, 2);
    batch.next = &at_head;
    run_same_catalogue(&batch);
    assert_true(at_head.hello_head_known);
    assert_true(hash256_equal(&at_head.hello_head, &batch.batch.chain_after.head));
    struct device_record device;
    struct id128 id = lund_device(0);
    assert_ok(lund.store->registry->device_get(lund.store, &id, &lund.arena, &device));
    assert_int_equal(device.seen_ms, lund.now_ms);
}

static void a_batch_sent_twice_is_stored_once(void **state) {
    (void)state;
    struct submission batch = batch_of(0, 0, 3), again = batch;
    batch.next = &again;
    run_same_catalogue(&batch);
    assert_int_equal(again.appended.status, APPEND_DONE);
    assert_int_equal(again.appended.repeated, 3);
    assert_int_equal(stored_reports(), 3);
    assert_int_equal(census.reports_repeated, 3);
    assert_int_equal(census.reports_applied, 3);
}

static void a_command_that_fails_after_writing_leaves_no_trace_and_spoils_nobody(void **state) {
    (void)state;
    struct submission batch = batch_of(0, 0, 2);
    struct submission bad = {.kind = SUBMISSION_COMMAND, .command = write_and_fail, .command_context = action};
    struct submission good = {.kind = SUBMISSION_COMMAND, .command = write_audit, .command_context = action};
    struct submission late = batch_of(2, 0, 1);
    batch.next = &bad;
    bad.next = &good;
    good.next = &late;
    run_same_catalogue(&batch);
    assert_ok(batch.err);
    assert_err(ROND_ECONFLICT, bad.err);
    assert_string_equal(bad.fault.text, "It is taken.");
    assert_ok(good.err);
    assert_ok(late.err);
    assert_int_equal(stored_reports(), 3);
    assert_int_equal(audit_rows(), 1);
    assert_int_equal(census.reports_applied, 3);
}

static void a_batch_for_an_outbox_of_another_device_fails_alone(void **state) {
    (void)state;
    struct submission own = batch_of(0, 0, 1), stolen = batch_of(0, 0, 1), other = batch_of(3, 0, 1);
    stolen.batch.device = lund_device(2);
    own.next = &stolen;
    stolen.next = &other;
    run_same_catalogue(&own);
    assert_ok(own.err);
    assert_err(ROND_EAUTH, stolen.err);
    assert_ok(other.err);
    assert_int_equal(stored_reports(), 2);
}

static void changed_reference_data_comes_back_as_a_new_snapshot(void **state) {
    (void)state;
    static char malmo[] = "malmo";
    struct catalogue *changed;
    struct submission batch = batch_of(0, 0, 1);
    struct submission command = {.kind = SUBMISSION_COMMAND, .command = remove_area, .command_context = malmo};
    batch.next = &command;
    run(&batch, &changed);
    assert_ok(command.err);
    assert_ok(batch.err);
    assert_non_null(changed);
    assert_null(catalogue_area(changed, "malmo"));
    assert_non_null(catalogue_area(lund.catalogue, "malmo"));
    catalogue_unref(changed);
}

static void figures_follow_a_changed_promise_in_the_same_transaction(void **state) {
    (void)state;
    static char form[] = "coordinated";
    struct catalogue *changed;
    struct submission batch = batch_of(0, 0, 2);
    struct submission command = {.kind = SUBMISSION_COMMAND, .command = change_promise, .command_context = form};
    run_same_catalogue(&batch);
    assert_int_equal(cycle_total(lund.store, lund.catalogue).count, 2);
    run(&command, &changed);
    assert_ok(command.err);
    assert_int_equal(cycle_total(lund.store, changed).count, 0);
    catalogue_unref(changed);
}

static void a_command_sees_what_was_submitted_before_it_counted(void **state) {
    (void)state;
    struct submission batch = batch_of(0, 0, 2);
    struct submission command = {.kind = SUBMISSION_COMMAND, .command = look_at_total};
    struct submission late = batch_of(2, 0, 1);
    batch.next = &command;
    command.next = &late;
    run_same_catalogue(&batch);
    assert_int_equal(total_seen, 2);
    assert_int_equal(cycle_total(lund.store, lund.catalogue).count, 3);
}

static void a_command_after_which_the_catalogue_cannot_be_read_is_refused_alone(void **state) {
    (void)state;
    static char area[] = "lund"; // the promises need it
    struct submission command = {.kind = SUBMISSION_COMMAND, .command = remove_area, .command_context = area};
    struct submission batch = batch_of(0, 0, 1);
    command.next = &batch;
    run_same_catalogue(&command);
    assert_err(ROND_ECORRUPT, command.err);
    assert_true(command.fault.text[0] != '\0');
    assert_ok(batch.err);
    assert_int_equal(stored_reports(), 1);
}

// ---- A store that fails ----

static struct ledger_ops failing_ledger;
static const struct ledger_ops *real_ledger;

static enum rond_err failing_commit(struct store *store) {
    real_ledger->rollback(store);
    return ROND_EIO;
}

static enum rond_err full_append(struct store *store, const struct ledger_batch *batch, struct append_result *ret_result) {
    (void)store, (void)batch, (void)ret_result;
    return ROND_EFULL;
}

static void break_ledger(void) {
    real_ledger = lund.store->ledger;
    failing_ledger = *real_ledger;
    lund.store->ledger = &failing_ledger;
}

static void where_the_commit_fails_all_carry_its_error_and_nothing_is_claimed(void **state) {
    (void)state;
    struct submission batch = batch_of(0, 0, 2), hello = hello_of(0, 0, 0);
    struct submission bad = {.kind = SUBMISSION_COMMAND, .command = write_and_fail, .command_context = action};
    batch.next = &hello;
    hello.next = &bad;
    break_ledger();
    failing_ledger.commit = failing_commit;
    run_same_catalogue(&batch);
    lund.store->ledger = real_ledger;
    assert_err(ROND_EIO, batch.err);
    assert_int_equal(batch.appended.appended, 0);
    assert_err(ROND_EIO, hello.err);
    assert_err(ROND_ECONFLICT, bad.err); // its own
    assert_int_equal(stored_reports(), 0);
    assert_int_equal(census.groups, 0);
    assert_int_equal(census.failed_groups, 1);
}

static void a_full_store_fails_the_group_and_takes_it_again_later(void **state) {
    (void)state;
    struct submission batch = batch_of(0, 0, 2);
    break_ledger();
    failing_ledger.append = full_append;
    run_same_catalogue(&batch);
    assert_err(ROND_EFULL, batch.err);
    lund.store->ledger = real_ledger;
    run_same_catalogue(&batch);
    assert_ok(batch.err);
    assert_int_equal(stored_reports(), 2);
}

// ---- The census ----

static void every_report_of_a_group_is_one_thing_in_the_census(void **state) {
    (void)state;
    struct submission batch = batch_of(0, 0, 3), again = batch, stolen = batch_of(0, 0, 2), ahead = batch_of(3, 0, 4);
    struct submission lost = {.kind = SUBMISSION_LOST}, hello = hello_of(0, 0, 0);
    stolen.batch.device = lund_device(2);
    ahead.batch.first_seq = 7;
    lost.lost = (struct ledger_lost){.device = lund_device(0),
                                     .outbox = lund_outbox(0, 0),
                                     .organisation = "polisen",
                                     .first_seq = 2,
                                     .last_seq = 5,
                                     .chain_after = {.seq = 5}};
    batch.next = &again;
    again.next = &stolen;
    stolen.next = &ahead;
    ahead.next = &lost;
    lost.next = &hello;
    run_same_catalogue(&batch);
    assert_int_equal(census.reports_applied, 3);
    assert_int_equal(census.reports_repeated, 3 + 2); // seqs 2 and 3 of the declaration are there
    assert_int_equal(census.lost, 2);
    assert_int_equal(census.reports_refused, 2 + 4);
    assert_int_equal(commit_census_reports(&census), 3 + 3 + 2 + 4 + 4);
    struct submission other = batch_of(2, 0, 5);
    break_ledger();
    failing_ledger.commit = failing_commit;
    run_same_catalogue(&other);
    lund.store->ledger = real_ledger;
    assert_int_equal(census.reports_failed, 5);
    assert_int_equal(commit_census_reports(&census), 16 + 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_lund, close_lund)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_group_is_stored_in_one_piece_and_each_learns_its_own_result),
        TEST(reports_that_seem_to_hold_personal_data_are_counted_once),
        TEST(hello_tells_the_stores_own_head_or_that_it_has_none),
        TEST(a_batch_sent_twice_is_stored_once),
        TEST(a_command_that_fails_after_writing_leaves_no_trace_and_spoils_nobody),
        TEST(a_batch_for_an_outbox_of_another_device_fails_alone),
        TEST(changed_reference_data_comes_back_as_a_new_snapshot),
        TEST(figures_follow_a_changed_promise_in_the_same_transaction),
        TEST(a_command_sees_what_was_submitted_before_it_counted),
        TEST(a_command_after_which_the_catalogue_cannot_be_read_is_refused_alone),
        TEST(where_the_commit_fails_all_carry_its_error_and_nothing_is_claimed),
        TEST(a_full_store_fails_the_group_and_takes_it_again_later),
        TEST(every_report_of_a_group_is_one_thing_in_the_census),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
