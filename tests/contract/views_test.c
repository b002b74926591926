// Tests: server/store/sqlite_page.c
// Tests: server/store/memory_report.c server/store/memory_views.c server/store/sqlite_views.c server/store/sqlite_feedback.c
#include <stdio.h>
#include <string.h>

#include "support/store_fixture.h"
#include "wire/short_reference.h"

static void fold(struct store_fixture *fixture, const struct fold_changes *changes) {
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, changes));
    fixture_commit(fixture);
}

static void devices_come_in_pages(void **state) {
    struct store_fixture *fixture = *state;
    struct device_record *devices = NULL;
    size_t count = 0, seen = 0;
    uint64_t cursor = 0;
    fixture_begin(fixture);
    for (unsigned i = 0; i < 6; i++) {
        struct device_record device = {.device.b = {(uint8_t)(50 - i)}, .name = "", .organisation = "o", .area = "a"};
        assert_ok(fixture->store->registry->device_put(fixture->store, &device));
    }
    fixture_commit(fixture);
    do {
        assert_ok(fixture->store->views->devices(fixture->store, cursor, 3, &fixture->arena, &devices, &count, &cursor));
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(devices[i].device.b[0], 50 - seen++);
    } while (cursor != 0);
    assert_int_equal(seen, 6);
}

static void outboxes_come_in_pages_and_by_device(void **state) {
    struct store_fixture *fixture = *state;
    struct sender senders[5];
    struct outbox_row *outboxes = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    for (unsigned i = 0; i < 5; i++) {
        sender_init(&senders[i], i % 2, i);
        sender_send(fixture, &senders[i], i + 1);
    }
    const struct views_ops *views = fixture->store->views;
    assert_ok(views->outboxes(fixture->store, NULL, 0, 4, &fixture->arena, &outboxes, &count, &cursor));
    assert_int_equal(count, 4);
    assert_memory_equal(&outboxes[3].chain, &senders[3].chain, sizeof senders[3].chain);
    assert_ok(views->outboxes(fixture->store, NULL, cursor, 4, &fixture->arena, &outboxes, &count, &cursor));
    assert_int_equal(count, 1);
    assert_int_equal(cursor, 0);
    assert_true(id128_equal(&outboxes[0].outbox, &senders[4].outbox));
    assert_ok(views->outboxes(fixture->store, &senders[0].device, 0, 2, &fixture->arena, &outboxes, &count, &cursor));
    assert_int_equal(count, 2);
    assert_int_equal(outboxes[1].last_seq, 3);
    assert_ok(views->outboxes(fixture->store, &senders[0].device, cursor, 2, &fixture->arena, &outboxes, &count, &cursor));
    assert_int_equal(count, 1);
    assert_int_equal(cursor, 0);
}

static void batches_come_after_a_seq(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender, unknown, thief;
    struct batch_row *batches = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_init(&unknown, 1, 2);
    sender_init(&thief, 2, 1);
    for (int i = 0; i < 4; i++)
        sender_send(fixture, &sender, 2);
    const struct views_ops *views = fixture->store->views;
    assert_ok(views->batches(fixture->store, &sender.device, &sender.outbox, 2, 2, &fixture->arena, &batches, &count));
    assert_int_equal(count, 2);
    assert_int_equal(batches[0].first_seq, 3);
    assert_int_equal(batches[1].last_seq, 6);
    assert_int_equal(batches[1].first_row, 5);
    assert_int_equal(batches[0].received_ms, 5003);
    assert_ok(views->batches(fixture->store, &sender.device, &sender.outbox, 8, 2, &fixture->arena, &batches, &count));
    assert_int_equal(count, 0);
    assert_ok(views->batches(fixture->store, &unknown.device, &unknown.outbox, 0, 2, &fixture->arena, &batches, &count));
    assert_int_equal(count, 0);
    assert_err(ROND_EAUTH,
               views->batches(fixture->store, &thief.device, &thief.outbox, 0, 2, &fixture->arena, &batches, &count));
}

static void a_ratchet_that_would_bring_salts_back_is_not_shown(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct batch_row *batches = NULL;
    struct hash256 zero = {0};
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    assert_ok(fixture->store->views->batches(fixture->store, &sender.device, &sender.outbox, 0, 2, &fixture->arena, &batches,
                                             &count));
    assert_memory_equal(batches[0].mark.b, zero.b, HASH_SIZE);
}

static void reports_come_in_order_of_arrival(void **state) {
    struct store_fixture *fixture = *state;
    struct sender a, b;
    struct stored_report *reports = NULL, one;
    size_t count = 0;
    sender_init(&a, 1, 1);
    sender_init(&b, 2, 2);
    const struct views_ops *views = fixture->store->views;
    uint64_t last = 99;
    assert_ok(views->reports_last(fixture->store, &last));
    assert_int_equal(last, 0);
    sender_send(fixture, &b, 2);
    sender_send(fixture, &a, 2);
    sender_send(fixture, &b, 1);
    assert_ok(views->reports_last(fixture->store, &last));
    assert_int_equal(last, 5);
    assert_ok(views->reports(fixture->store, 1, 3, &fixture->arena, &reports, &count));
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(reports[i].row, i + 2);
    assert_true(id128_equal(&reports[1].key.outbox, &a.outbox));
    assert_ok(views->reports(fixture->store, 5, 3, &fixture->arena, &reports, &count));
    assert_int_equal(count, 0);
    assert_ok(views->report(fixture->store, 5, &fixture->arena, &one));
    assert_int_equal(one.key.seq, 3);
    assert_err(ROND_ENOTFOUND, views->report(fixture->store, 6, &fixture->arena, &one));
    assert_err(ROND_ENOTFOUND, views->report(fixture->store, 0, &fixture->arena, &one));
    struct report_key key = sender_key(&a, 2);
    assert_ok(views->report_by_key(fixture->store, &key, &fixture->arena, &one));
    assert_int_equal(one.row, 4);
    key.device = b.device; // whoever it is taken for: an outbox is one device's
    assert_ok(views->report_by_key(fixture->store, &key, &fixture->arena, &one));
    assert_int_equal(one.row, 4);
    assert_true(id128_equal(&one.key.device, &a.device));
    key.seq = 3;
    assert_err(ROND_ENOTFOUND, views->report_by_key(fixture->store, &key, &fixture->arena, &one));
    key.seq = UINT64_MAX;
    assert_err(ROND_ENOTFOUND, views->report_by_key(fixture->store, &key, &fixture->arena, &one));
}

static void a_report_is_found_by_its_short_reference(void **state) {
    struct store_fixture *fixture = *state;
    struct sender a, b;
    struct stored_report *reports = NULL;
    size_t count = 0;
    sender_init(&a, 1, 1);
    sender_init(&b, 2, 2);
    sender_send(fixture, &a, 3);
    sender_send(fixture, &b, 3);
    uint32_t prefix = short_reference_prefix(&b.device, &b.outbox);
    const struct views_ops *views = fixture->store->views;
    assert_ok(views->reports_by_reference(fixture->store, prefix, 2, &fixture->arena, &reports, &count));
    assert_int_equal(count, 1);
    assert_int_equal(reports[0].row, 5);
    assert_ok(views->reports_by_reference(fixture->store, prefix, 4, &fixture->arena, &reports, &count));
    assert_int_equal(count, 0);
    assert_ok(views->reports_by_reference(fixture->store, prefix ^ 1, 2, &fixture->arena, &reports, &count));
    assert_int_equal(count, 0);
}

static void flagged_reports_are_listed_with_their_kinds_and_no_others(void **state) {
    struct store_fixture *fixture = *state;
    const struct views_ops *views = fixture->store->views;
    struct flagged_row *rows;
    size_t count;
    struct sender sender;
    struct store_counts counts;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 6, "report");
    sender.reports[1].flagged = 1;
    sender.reports[3].flagged = 6;
    sender.reports[3].verdict = VERDICT_QUARANTINED;
    sender.reports[3].reason = sender.reports[3].field = "x";
    sender.reports[5].flagged = 4;
    fixture_append(fixture, &batch);
    fixture_append(fixture, &batch); // sent again: not flagged again
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->erase(fixture->store, 6, FOR_A_TEST));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_ok(views->flagged(fixture->store, 0, 2, &fixture->arena, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].report.row, 2);
    assert_int_equal(rows[0].kinds, 1);
    assert_string_equal(rows[0].report.organisation, "polisen");
    assert_int_equal(rows[1].report.row, 4);
    assert_int_equal(rows[1].kinds, 6);
    assert_int_equal(rows[1].report.verdict, VERDICT_QUARANTINED);
    assert_ok(views->flagged(fixture->store, 4, 2, &fixture->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_true(rows[0].report.erased);
    assert_int_equal(rows[0].kinds, 4);
    assert_ok(views->flagged(fixture->store, 6, 2, &fixture->arena, &rows, &count));
    assert_int_equal(count, 0);
    assert_ok(views->counts(fixture->store, &counts));
    assert_int_equal(counts.flagged, 3);
}

static void a_flag_goes_with_the_report_that_was_rolled_back(void **state) {
    struct store_fixture *fixture = *state;
    struct flagged_row *rows;
    struct append_result result;
    size_t count;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 1, "report");
    sender.reports[0].flagged = 1;
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->append(fixture->store, &batch, &result));
    fixture_rollback(fixture);
    assert_ok(fixture->store->views->flagged(fixture->store, 0, 2, &fixture->arena, &rows, &count));
    assert_int_equal(count, 0);
}

static void quarantine_shows_the_undecided_or_all(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct stored_report *reports = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 6, "report");
    for (size_t i = 0; i < 6; i += 2)
        sender.reports[i].verdict = VERDICT_QUARANTINED;
    sender.reports[2].reason = "why";
    fixture_append(fixture, &batch);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->quarantine_decide(fixture->store, 1, true));
    fixture_commit(fixture);
    const struct views_ops *views = fixture->store->views;
    assert_ok(views->quarantine(fixture->store, false, 0, 10, &fixture->arena, &reports, &count));
    assert_int_equal(count, 2);
    assert_int_equal(reports[0].row, 3);
    assert_string_equal(reports[0].reason, "why");
    assert_null(reports[1].reason);
    assert_ok(views->quarantine(fixture->store, true, 0, 2, &fixture->arena, &reports, &count));
    assert_int_equal(count, 2);
    assert_true(reports[0].released);
    assert_ok(views->quarantine(fixture->store, true, 3, 2, &fixture->arena, &reports, &count));
    assert_int_equal(count, 1);
    assert_int_equal(reports[0].row, 5);
}

static void forks_come_in_pages(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct fork_row *forks = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    struct ledger_batch batch = sender_batch(&sender, 1, 3, "another");
    fixture_append(fixture, &batch);
    const struct views_ops *views = fixture->store->views;
    assert_ok(views->forks(fixture->store, 0, 2, &fixture->arena, &forks, &count, &cursor));
    assert_int_equal(count, 2);
    assert_true(cursor != 0);
    assert_int_equal(forks[0].received_ms, 5001);
    struct report_key key = sender_key(&sender, 1);
    assert_true(report_key_equal(&forks[0].key, &key));
    assert_ok(views->forks(fixture->store, cursor, 2, &fixture->arena, &forks, &count, &cursor));
    assert_int_equal(count, 1);
    assert_int_equal(forks[0].key.seq, 3);
    assert_int_equal(cursor, 0);
}

static void contributions_toward_a_commitment_come_in_pages_of_whole_reports(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct stored_contribution added[9] = {0}, *found = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 4);
    for (size_t i = 0; i < 9; i++) { // rows 1 1 2 2 3 3 4 4 and one of another commitment
        added[i].row = i / 2 + 1 > 4 ? 1 : i / 2 + 1;
        added[i].commitment = i == 8 ? 2 : 1;
        added[i].value.reason = i % 2 == 0 ? REASON_COUNTED : REASON_WINDOW;
        snprintf(added[i].value.bucket, BUCKET_SIZE, "%s", i % 2 == 0 ? "a:x" : "");
        added[i].value.quantity = (uint32_t)i;
    }
    struct fold_changes changes = {.added = added, .added_count = 9};
    fold(fixture, &changes);
    const struct views_ops *views = fixture->store->views;
    uint64_t last = 99;
    assert_ok(views->contributions_last(fixture->store, 1, &last));
    assert_int_equal(last, 4);
    assert_ok(views->contributions_last(fixture->store, 2, &last));
    assert_int_equal(last, 1);
    assert_ok(views->contributions_last(fixture->store, 3, &last));
    assert_int_equal(last, 0);
    assert_ok(views->contributions(fixture->store, 1, 0, 3, &fixture->arena, &found, &count));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(found[i].value.quantity, i);
    assert_ok(views->contributions(fixture->store, 1, 2, 100, &fixture->arena, &found, &count));
    assert_int_equal(count, 4);
    assert_int_equal(found[0].row, 3);
    assert_ok(views->contributions(fixture->store, 1, 4, 100, &fixture->arena, &found, &count));
    assert_int_equal(count, 0);
    assert_ok(views->contributions_before(fixture->store, 1, 0, 3, &fixture->arena, &found, &count));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(found[i].row, i < 2 ? 4 : 3);
    assert_true(found[0].value.quantity < found[1].value.quantity);
    assert_ok(views->contributions_before(fixture->store, 1, 3, 100, &fixture->arena, &found, &count));
    assert_int_equal(count, 4);
    assert_int_equal(found[0].row, 2);
    assert_ok(views->contributions_before(fixture->store, 1, 1, 100, &fixture->arena, &found, &count));
    assert_int_equal(count, 0);
    assert_ok(views->contributions_of_row(fixture->store, 1, &fixture->arena, &found, &count));
    assert_int_equal(count, 3);
    assert_int_equal(found[2].commitment, 2);
    assert_int_equal(found[1].value.reason, REASON_WINDOW);
}

static size_t feedback_after(struct store_fixture *fixture, const struct sender *sender, uint64_t cursor, size_t limit,
                             struct feedback_row **ret_rows, uint64_t *ret_cursor) {
    size_t count = 99;
    assert_ok(fixture->store->views->feedback(fixture->store, &sender->device, cursor, limit, &fixture->arena, ret_rows,
                                              &count, ret_cursor));
    return count;
}

static void feedback_tells_each_of_a_devices_reports_once_and_again_when_it_changed(void **state) {
    struct store_fixture *fixture = *state;
    struct sender a, b, other;
    struct feedback_row *rows = NULL;
    uint64_t cursor = 0, next = 0;
    sender_init(&a, 1, 1);
    sender_init(&b, 1, 2);
    sender_init(&other, 2, 3);
    assert_int_equal(feedback_after(fixture, &a, 0, 10, &rows, &next), 0);
    assert_int_equal(next, 0);
    sender_send(fixture, &a, 2);
    sender_send(fixture, &other, 2);
    sender_send(fixture, &b, 2);
    struct outcome_change outcomes[] = {{a.outbox, 1}, {other.outbox, 1}, {a.outbox, 1}, {{{0xff}}, 1}, {a.outbox, 77}};
    struct fold_changes changes = {.outcomes = outcomes, .outcomes_count = ARRAY_COUNT(outcomes)};
    fold(fixture, &changes);
    fixture_reopen(fixture);
    assert_int_equal(feedback_after(fixture, &a, 0, 100, &rows, &cursor), 4);
    assert_int_equal(feedback_after(fixture, &a, cursor, 100, &rows, &next), 0);
    assert_int_equal(next, cursor);
    struct outcome_change later[] = {{b.outbox, 2}};
    changes = (struct fold_changes){.outcomes = later, .outcomes_count = 1};
    fold(fixture, &changes);
    assert_int_equal(feedback_after(fixture, &a, cursor, 100, &rows, &next), 1);
    assert_int_equal(rows[0].report.key.seq, 2);
    assert_true(id128_equal(&rows[0].report.key.outbox, &b.outbox));
    assert_true(next > cursor);
}

static void feedback_goes_on_however_small_the_limit(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct feedback_row *rows = NULL;
    uint64_t cursor = 0, next = 0;
    size_t told = 0, count = 0;
    sender_init(&sender, 1, 1);
    for (size_t i = 1; i <= 5; i++)
        sender_send(fixture, &sender, i);
    while ((count = feedback_after(fixture, &sender, cursor, 4, &rows, &next)) > 0) {
        assert_true(next > cursor);
        assert_true(count <= 5); // an entry larger than the limit comes alone
        cursor = next;
        told += count;
    }
    assert_int_equal(told, 15);
}

static void feedback_with_a_limit_of_none_only_tells_whether_something_is_new(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct feedback_row *rows = NULL;
    uint64_t cursor = 0, next = 0;
    sender_init(&sender, 1, 1);
    assert_int_equal(feedback_after(fixture, &sender, 0, 0, &rows, &next), 0);
    assert_int_equal(next, 0);
    sender_send(fixture, &sender, 3);
    assert_int_equal(feedback_after(fixture, &sender, 0, 0, &rows, &next), 0);
    assert_true(next > 0);
    assert_int_equal(feedback_after(fixture, &sender, 0, 10, &rows, &cursor), 3);
    assert_int_equal(feedback_after(fixture, &sender, cursor, 0, &rows, &next), 0);
    assert_int_equal(next, cursor);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(devices_come_in_pages),
        ON_EVERY_BACKEND(outboxes_come_in_pages_and_by_device),
        ON_EVERY_BACKEND(batches_come_after_a_seq),
        ON_EVERY_BACKEND(a_ratchet_that_would_bring_salts_back_is_not_shown),
        ON_EVERY_BACKEND(reports_come_in_order_of_arrival),
        ON_EVERY_BACKEND(a_report_is_found_by_its_short_reference),
        ON_EVERY_BACKEND(flagged_reports_are_listed_with_their_kinds_and_no_others),
        ON_EVERY_BACKEND(a_flag_goes_with_the_report_that_was_rolled_back),
        ON_EVERY_BACKEND(quarantine_shows_the_undecided_or_all),
        ON_EVERY_BACKEND(forks_come_in_pages),
        ON_EVERY_BACKEND(contributions_toward_a_commitment_come_in_pages_of_whole_reports),
        ON_EVERY_BACKEND(feedback_tells_each_of_a_devices_reports_once_and_again_when_it_changed),
        ON_EVERY_BACKEND(feedback_goes_on_however_small_the_limit),
        ON_EVERY_BACKEND(feedback_with_a_limit_of_none_only_tells_whether_something_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
