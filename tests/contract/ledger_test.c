// Tests: server/store/memory_append.c server/store/memory_fold.c server/store/memory_ledger.c
// Tests: server/store/memory_report.c server/store/memory_table.c server/store/sqlite_append.c
// Tests: server/store/sqlite_fold.c server/store/sqlite_ledger.c server/store/sqlite_report.c
// Tests: server/store/sqlite_contributions.c server/store/sqlite_rows.c
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/shape.h"
#include "support/report_samples.h"
#include "support/store_fixture.h"
#include "wire/chain.h"

static struct stored_report report_at(struct store_fixture *fixture, const struct sender *sender, uint64_t seq) {
    struct report_key key = sender_key(sender, seq);
    struct stored_report report = {0};
    assert_ok(fixture->store->ledger->find(fixture->store, &key, 1, &fixture->arena, &report));
    return report;
}

static struct outbox_state state_of(struct store_fixture *fixture, const struct sender *sender) {
    struct outbox_state outbox = {0};
    assert_ok(fixture->store->ledger->outbox_load(fixture->store, &sender->device, &sender->outbox, &outbox));
    return outbox;
}

static struct store_counts counts_of(struct store_fixture *fixture) {
    struct store_counts counts = {0};
    assert_ok(fixture->store->views->counts(fixture->store, &counts));
    assert_true(store_counts_add_up(&counts));
    return counts;
}

static size_t forks_of(struct store_fixture *fixture, struct fork_row **ret_forks) {
    size_t count = 0;
    uint64_t cursor = 0;
    assert_ok(fixture->store->views->forks(fixture->store, 0, 100, &fixture->arena, ret_forks, &count, &cursor));
    assert_int_equal(cursor, 0);
    return count;
}

static void assert_hash_equal(const struct hash256 *a, const struct hash256 *b) {
    assert_memory_equal(a->b, b->b, HASH_SIZE);
}

static void a_batch_is_stored_exactly_as_it_came(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct id128 formerly = {{9, 9}};
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 3, "rond");
    sender.reports[1].verdict = VERDICT_QUARANTINED;
    sender.reports[1].code = 401;
    sender.reports[1].reason = "A field of the report is wrong.";
    sender.reports[1].field = "walk.findings[2].due";
    sender.reports[2].has_target = sender.reports[2].is_withdrawal = true;
    sender.reports[2].target = sender_key(&sender, UINT64_MAX);
    sender.reports[2].record.has_formerly = true;
    sender.reports[2].record.formerly_outbox = formerly;
    sender.reports[2].record.formerly_seq = 44;
    struct append_result result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_DONE);
    assert_int_equal(result.appended, 3);
    assert_int_equal(result.repeated, 0);
    assert_int_equal(result.first_row, 1);
    assert_int_equal(result.chain.seq, 3);
    fixture_reopen(fixture);

    struct stored_report first = report_at(fixture, &sender, 1), second = report_at(fixture, &sender, 2);
    struct stored_report third = report_at(fixture, &sender, 3);
    assert_int_equal(first.row, 1);
    assert_true(bytes_equal(first.record.report, bytes_of_text("rond 1")));
    assert_memory_equal(first.salt.b, sender.reports[0].salt.b, SALT_SIZE);
    assert_hash_equal(&first.leaf, &sender.reports[0].leaf);
    assert_string_equal(first.organisation, "polisen");
    assert_string_equal(first.area, "lund");
    assert_int_equal(first.kind, 1);
    assert_int_equal(first.claimed_ms, 1001);
    assert_int_equal(first.from_s, 101);
    assert_int_equal(first.to_s, 201);
    assert_int_equal(first.uncertainty_s, 3);
    assert_int_equal(first.received_ms, 5001);
    assert_int_equal(first.verdict, VERDICT_APPLIED);
    assert_null(first.reason);
    assert_false(first.has_target || first.is_withdrawal || first.record.has_formerly || first.erased);
    assert_int_equal(second.verdict, VERDICT_QUARANTINED);
    assert_int_equal(second.code, 401);
    assert_string_equal(second.reason, "A field of the report is wrong.");
    assert_string_equal(second.field, "walk.findings[2].due");
    assert_false(second.released || second.discarded);
    assert_true(third.has_target && third.is_withdrawal && third.record.has_formerly);
    assert_true(report_key_equal(&third.target, &sender.reports[2].target));
    assert_memory_equal(third.record.formerly_outbox.b, formerly.b, ID_SIZE);
    assert_int_equal(third.record.formerly_seq, 44);
    struct outbox_state outbox = state_of(fixture, &sender);
    assert_true(outbox.exists && !outbox.forked);
    assert_memory_equal(&outbox.chain, &batch.chain_after, sizeof outbox.chain);
}

static void an_empty_report_is_not_an_erased_one(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 1, "rond");
    sender.reports[0].record.report = (struct bytes){0};
    fixture_append(fixture, &batch);
    struct stored_report report = report_at(fixture, &sender, 1);
    assert_false(report.erased);
    assert_int_equal(report.record.report.size, 0);
    assert_int_equal(counts_of(fixture).erased, 0);
}

static void what_is_beyond_the_watermark_is_not_stored(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 2, 2, "early");
    struct append_result result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_OUT_OF_ORDER);
    assert_int_equal(result.chain.seq, 0);
    assert_false(state_of(fixture, &sender).exists);
    sender_send(fixture, &sender, 2);
    batch = sender_batch(&sender, 4, 2, "early");
    result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_OUT_OF_ORDER);
    assert_int_equal(result.chain.seq, 2);
    assert_hash_equal(&result.chain.head, &sender.chain.head);
    assert_int_equal(counts_of(fixture).reports, 2);
}

static void a_batch_without_sense_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    struct append_result result;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct ledger_batch zero = sender_batch(&sender, 0, 1, "x"), none = sender_batch(&sender, 1, 0, "x");
    struct ledger_batch far = sender_batch(&sender, UINT64_MAX, 2, "x"), chainless = sender_batch(&sender, 1, 1, "x");
    chainless.chain_after.seq = 9;
    const struct ledger_batch *batches[] = {&zero, &none, &far, &chainless};
    for (size_t i = 0; i < ARRAY_COUNT(batches); i++) {
        fixture_begin(fixture);
        assert_err(ROND_EINVALID, fixture->store->ledger->append(fixture->store, batches[i], &result));
        fixture_rollback(fixture);
    }
    assert_false(state_of(fixture, &sender).exists);
}

static void a_batch_sent_again_is_stored_once(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender, again;
    sender_init(&sender, 1, 1);
    again = sender;
    sender_send(fixture, &sender, 5);
    for (int round = 0; round < 2; round++) {
        struct ledger_batch batch = sender_batch(&again, 1, 5, "report");
        struct append_result result = fixture_append(fixture, &batch);
        assert_int_equal(result.status, APPEND_DONE);
        assert_int_equal(result.appended, 0);
        assert_int_equal(result.repeated, 5);
        assert_int_equal(result.first_row, 0);
        assert_memory_equal(&result.chain, &sender.chain, sizeof sender.chain);
    }
    assert_int_equal(counts_of(fixture).reports, 5);
    assert_int_equal(counts_of(fixture).forked, 0);
    fixture_reopen(fixture);
}

static void a_batch_cut_differently_adds_only_what_is_new(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct batch_row *batches = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    struct sender other;
    sender_init(&other, 2, 2);
    sender_send(fixture, &sender, 3);
    sender_send(fixture, &other, 2); // rows of others lie between
    sender_send(fixture, &sender, 1);
    struct ledger_batch batch = sender_batch(&sender, 2, 6, "report");
    struct append_result result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_DONE);
    assert_int_equal(result.repeated, 3);
    assert_int_equal(result.appended, 3);
    assert_int_equal(result.first_row, 7);
    assert_int_equal(result.chain.seq, 7);
    for (uint64_t seq = 1; seq <= 7; seq++)
        assert_int_equal(report_at(fixture, &sender, seq).key.seq, seq);
    assert_int_equal(report_at(fixture, &sender, 7).row, 9);
    assert_ok(fixture->store->views->batches(fixture->store, &sender.device, &sender.outbox, 0, 10, &fixture->arena,
                                             &batches, &count));
    assert_int_equal(count, 3);
    assert_int_equal(batches[2].first_seq, 5);
    assert_int_equal(batches[2].signed_first_seq, 2);
    assert_int_equal(batches[2].last_seq, 7);
    assert_memory_equal(batches[2].signature.b, batch.signature.b, SIGNATURE_SIZE);
    fixture_reopen(fixture);
}

static void other_content_under_a_stored_seq_is_a_fork_and_kept(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct fork_row *forks = NULL;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    for (int round = 0; round < 2; round++) { // the second time changes nothing
        struct ledger_batch batch = sender_batch(&sender, 2, 4, "report");
        snprintf(sender.texts[1], SENDER_TEXT_SIZE, "another 3");
        sender.reports[1].record.report = bytes_of_text(sender.texts[1]);
        struct append_result result = fixture_append(fixture, &batch);
        assert_int_equal(result.status, APPEND_FORKED);
        assert_int_equal(result.forked_seq, 3);
        assert_int_equal(result.repeated, 1);
        assert_int_equal(result.appended, 0);
        assert_int_equal(result.chain.seq, 3);
        assert_true(state_of(fixture, &sender).forked);
        assert_int_equal(forks_of(fixture, &forks), 3);
        fixture_reopen(fixture);
    }
    assert_int_equal(forks_of(fixture, &forks), 3);
    assert_int_equal(forks[0].key.seq, 3);
    assert_true(bytes_equal(forks[0].record.report, bytes_of_text("another 3")));
    assert_true(bytes_equal(forks[2].record.report, bytes_of_text("report 5")));
    assert_true(bytes_equal(report_at(fixture, &sender, 3).record.report, bytes_of_text("report 3")));
    assert_int_equal(counts_of(fixture).reports, 3);
}

static void the_same_record_with_another_former_identity_is_a_fork(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct fork_row *forks = NULL;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 1, "report");
    sender.reports[0].record.has_formerly = true;
    sender.reports[0].record.formerly_seq = 5;
    assert_int_equal(fixture_append(fixture, &batch).status, APPEND_FORKED);
    assert_int_equal(forks_of(fixture, &forks), 1);
    assert_true(forks[0].record.has_formerly);
    assert_int_equal(forks[0].record.formerly_seq, 5);
}

static void a_forked_outbox_takes_nothing_more_and_drops_nothing(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct fork_row *forks = NULL;
    struct append_result result = {0};
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    struct ledger_batch batch = sender_batch(&sender, 2, 1, "another");
    assert_int_equal(fixture_append(fixture, &batch).status, APPEND_FORKED);
    batch = sender_batch(&sender, 2, 2, "report"); // the one stored, and one that follows
    result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_FORKED);
    assert_int_equal(result.repeated, 1);
    assert_int_equal(result.forked_seq, 3);
    batch = sender_batch(&sender, 9, 1, "far"); // beyond the watermark
    assert_int_equal(fixture_append(fixture, &batch).status, APPEND_FORKED);
    assert_int_equal(forks_of(fixture, &forks), 3);
    assert_int_equal(forks[2].key.seq, 9);
    struct ledger_lost lost = sender_lost(&sender, 3, 4);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->lose(fixture->store, &lost, &result));
    fixture_commit(fixture);
    assert_int_equal(result.status, APPEND_FORKED);
    assert_int_equal(state_of(fixture, &sender).chain.seq, 2);
    assert_int_equal(counts_of(fixture).lost, 0);
    fixture_reopen(fixture);
}

static void a_fork_that_the_session_found_keeps_every_report_aside(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct fork_row *forks = NULL;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    struct ledger_batch batch = sender_batch(&sender, 3, 2, "clone");
    batch.forked = true;
    struct append_result result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_FORKED);
    assert_int_equal(result.forked_seq, 3);
    assert_int_equal(forks_of(fixture, &forks), 2);
    assert_true(state_of(fixture, &sender).forked);
    assert_int_equal(counts_of(fixture).reports, 2);
}

static void an_outbox_of_another_device_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    struct sender owner, thief;
    struct outbox_state outbox;
    struct append_result result;
    struct hash256 head;
    sender_init(&owner, 1, 1);
    sender_init(&thief, 2, 1);
    sender_send(fixture, &owner, 2);
    struct ledger_batch batch = sender_batch(&thief, 1, 2, "report");
    struct ledger_lost lost = sender_lost(&thief, 1, 2);
    fixture_begin(fixture);
    assert_err(ROND_EAUTH, fixture->store->ledger->append(fixture->store, &batch, &result));
    assert_err(ROND_EAUTH, fixture->store->ledger->lose(fixture->store, &lost, &result));
    fixture_rollback(fixture);
    assert_err(ROND_EAUTH, fixture->store->ledger->outbox_load(fixture->store, &thief.device, &thief.outbox, &outbox));
    assert_err(ROND_EAUTH, fixture->store->ledger->head_at(fixture->store, &thief.device, &thief.outbox, 1, &head));
    struct stored_report report = report_at(fixture, &thief, 1); // whoever asks: it is the owner's
    assert_true(id128_equal(&report.key.device, &owner.device));
    assert_int_equal(counts_of(fixture).forked, 0);
}

static void a_lost_range_lets_watermark_and_chain_pass(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    struct batch_row *batches = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    struct ledger_lost lost = sender_lost(&sender, 3, 6);
    for (int round = 0; round < 2; round++) {
        fixture_begin(fixture);
        assert_ok(fixture->store->ledger->lose(fixture->store, &lost, &result));
        fixture_commit(fixture);
        assert_int_equal(result.status, APPEND_DONE);
        assert_memory_equal(&result.chain, &lost.chain_after, sizeof result.chain);
    }
    sender.chain = lost.chain_after;
    assert_int_equal(sender_send(fixture, &sender, 2).appended, 2);
    assert_int_equal(counts_of(fixture).lost, 4);
    assert_int_equal(report_at(fixture, &sender, 4).row, 0);
    assert_int_equal(report_at(fixture, &sender, 7).row, 3);
    fixture_reopen(fixture);
    assert_ok(fixture->store->views->batches(fixture->store, &sender.device, &sender.outbox, 0, 10, &fixture->arena,
                                             &batches, &count));
    assert_int_equal(count, 3);
    assert_true(batches[1].lost && !batches[2].lost);
    assert_int_equal(batches[1].first_seq, 3);
    assert_int_equal(batches[1].last_seq, 6);
    assert_int_equal(batches[1].reason, 1);
    assert_int_equal(batches[1].first_row, 0);
    struct outbox_row *outboxes = NULL;
    uint64_t cursor = 0;
    assert_ok(fixture->store->views->outboxes(fixture->store, &sender.device, 0, 10, &fixture->arena, &outboxes, &count,
                                              &cursor));
    assert_int_equal(outboxes[0].lost, 4);
    struct hash256 mark;
    chain_lost_mark(&lost.chain_after.ratchet, &mark);
    assert_hash_equal(&batches[1].mark, &mark);
    assert_hash_equal(&batches[1].head, &lost.chain_after.head);
}

static void a_lost_range_out_of_order_or_without_sense_is_not_stored(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    sender_init(&sender, 1, 1);
    struct ledger_lost early = sender_lost(&sender, 3, 4), zero = sender_lost(&sender, 0, 4),
                       back = sender_lost(&sender, 4, 3);
    struct ledger_lost everything = sender_lost(&sender, 1, UINT64_MAX);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->lose(fixture->store, &early, &result));
    assert_int_equal(result.status, APPEND_OUT_OF_ORDER);
    assert_err(ROND_EINVALID, fixture->store->ledger->lose(fixture->store, &zero, &result));
    assert_err(ROND_EINVALID, fixture->store->ledger->lose(fixture->store, &back, &result));
    assert_err(ROND_EINVALID, fixture->store->ledger->lose(fixture->store, &everything, &result));
    fixture_commit(fixture);
    assert_false(state_of(fixture, &sender).exists);
    struct ledger_lost first = sender_lost(&sender, 1, 4);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->lose(fixture->store, &first, &result));
    fixture_commit(fixture);
    assert_int_equal(state_of(fixture, &sender).chain.seq, 4);
}

static void a_report_found_after_it_was_declared_lost_is_kept_aside(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    struct fork_row *forks = NULL;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 1);
    struct ledger_lost lost = sender_lost(&sender, 2, 3);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->lose(fixture->store, &lost, &result));
    fixture_commit(fixture);
    struct ledger_batch batch = sender_batch(&sender, 2, 2, "found");
    result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_DONE);
    assert_int_equal(result.repeated, 2);
    assert_int_equal(result.appended, 0);
    assert_int_equal(forks_of(fixture, &forks), 2);
    assert_true(bytes_equal(forks[1].record.report, bytes_of_text("found 3")));
    assert_false(state_of(fixture, &sender).forked);
}

static void every_head_up_to_the_watermark_is_known(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct chain chain;
    struct hash256 heads[6] = {0}, head;
    sender_init(&sender, 1, 1);
    chain = sender.chain;
    sender_batch(&sender, 1, 5, "report");
    for (uint64_t seq = 1; seq <= 5; seq++) {
        chain_append(&chain, &sender.reports[seq - 1].record, NULL, NULL);
        heads[seq] = chain.head;
    }
    sender_send(fixture, &sender, 2);
    sender_send(fixture, &sender, 3);
    fixture_reopen(fixture);
    for (uint64_t seq = 0; seq <= 5; seq++) {
        assert_ok(fixture->store->ledger->head_at(fixture->store, &sender.device, &sender.outbox, seq, &head));
        assert_hash_equal(&head, &heads[seq]);
    }
    assert_err(ROND_ENOTFOUND, fixture->store->ledger->head_at(fixture->store, &sender.device, &sender.outbox, 6, &head));
}

static void heads_are_known_at_the_ends_of_a_lost_range(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    struct hash256 head;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    struct hash256 before = sender.chain.head;
    struct ledger_lost lost = sender_lost(&sender, 3, 5);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->lose(fixture->store, &lost, &result));
    fixture_commit(fixture);
    sender.chain = lost.chain_after;
    sender_send(fixture, &sender, 1);
    assert_ok(fixture->store->ledger->head_at(fixture->store, &sender.device, &sender.outbox, 2, &head));
    assert_hash_equal(&head, &before);
    assert_err(ROND_ENOTFOUND, fixture->store->ledger->head_at(fixture->store, &sender.device, &sender.outbox, 4, &head));
    assert_ok(fixture->store->ledger->head_at(fixture->store, &sender.device, &sender.outbox, 5, &head));
    assert_hash_equal(&head, &lost.chain_after.head);
}

static void a_rollback_leaves_nothing(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender, other;
    struct append_result result;
    uint32_t number = 0;
    sender_init(&sender, 1, 1);
    sender_init(&other, 2, 2);
    sender_send(fixture, &sender, 2);
    struct chain before = sender.chain;
    for (int round = 0; round < 2; round++) {
        fixture_begin(fixture);
        struct ledger_batch more = sender_batch(&sender, 3, 2, "report"), fresh = sender_batch(&other, 1, 1, "report");
        fresh.organisation = "malmo";
        other.reports[0].verdict = VERDICT_QUARANTINED;
        other.reports[0].area = "never-seen";
        other.reports[0].has_target = true;
        other.reports[0].target = sender_key(&sender, 1);
        assert_ok(fixture->store->ledger->append(fixture->store, &more, &result));
        assert_ok(fixture->store->ledger->append(fixture->store, &fresh, &result));
        struct ledger_lost lost = sender_lost(&sender, 5, 6);
        lost.chain_after.seq = 6;
        assert_ok(fixture->store->ledger->lose(fixture->store, &lost, &result));
        assert_ok(fixture->store->ledger->erase(fixture->store, 1, FOR_A_TEST));
        assert_ok(fixture->store->registry->commitment_number(fixture->store, "lund-2015/kontroller", &number));
        fixture_rollback(fixture);
        struct store_counts counts = counts_of(fixture);
        assert_int_equal(counts.reports, 2);
        assert_int_equal(counts.quarantined_open + counts.lost + counts.erased, 0);
        assert_int_equal(counts.outboxes, 1);
        assert_int_equal(report_at(fixture, &sender, 3).row, 0);
        assert_false(report_at(fixture, &sender, 1).erased);
        assert_false(state_of(fixture, &other).exists);
        struct outbox_state outbox = state_of(fixture, &sender);
        assert_memory_equal(&outbox.chain, &before, sizeof before);
    }
    struct stored_report *list = NULL;
    size_t count = 9;
    struct report_key target = sender_key(&sender, 1);
    assert_ok(fixture->store->ledger->revisions_of(fixture->store, &target, 1, &fixture->arena, &list, &count));
    assert_int_equal(count, 0);
    assert_int_equal(sender_send(fixture, &sender, 1).first_row, 3);
    struct ledger_batch fresh = sender_batch(&other, 1, 1, "report");
    other.reports[0].area = "never-seen";
    fixture_append(fixture, &fresh);
    assert_string_equal(report_at(fixture, &other, 1).area, "never-seen");
    fixture_reopen(fixture);
}

static void revisions_are_found_before_and_after_their_target(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender, other;
    struct stored_report *lists[2] = {0};
    size_t counts[2] = {0};
    sender_init(&sender, 1, 1);
    sender_init(&other, 2, 2);
    struct ledger_batch batch = sender_batch(&sender, 1, 4, "report");
    struct report_key keys[2] = {sender_key(&sender, 1), sender_key(&sender, 3)};
    sender.reports[0].has_target = true; // corrects one that comes after it
    sender.reports[0].target = keys[1];
    sender.reports[1].has_target = sender.reports[1].is_withdrawal = true;
    sender.reports[1].target = keys[0];
    sender.reports[3].has_target = true;
    sender.reports[3].target = keys[1];
    fixture_append(fixture, &batch);
    batch = sender_batch(&other, 1, 1, "report"); // once enrolled under another device id
    other.reports[0].record.has_formerly = true;
    other.reports[0].record.formerly_outbox = sender.outbox;
    other.reports[0].record.formerly_seq = 1;
    fixture_append(fixture, &batch);
    keys[0].device = other.device; // which report is meant the outbox and the seq say
    fixture_reopen(fixture);
    assert_ok(fixture->store->ledger->revisions_of(fixture->store, keys, 2, &fixture->arena, lists, counts));
    assert_int_equal(counts[0], 2);
    assert_int_equal(lists[0][0].key.seq, 2);
    assert_true(lists[0][0].is_withdrawal);
    assert_true(id128_equal(&lists[0][1].key.device, &other.device));
    assert_int_equal(counts[1], 2);
    assert_int_equal(lists[1][0].key.seq, 1);
    assert_int_equal(lists[1][1].key.seq, 4);
}

static void revisions_of_many_keys_are_those_of_each(void **state) {
    enum { KEYS = 10 };
    static const size_t expected[KEYS] = {0, 1, 0, 2, 0, 1, 0, 1, 1, 1};
    struct store_fixture *fixture = *state;
    struct sender sender, other;
    struct stored_report *lists[KEYS];
    size_t counts[KEYS];
    sender_init(&sender, 1, 1);
    sender_init(&other, 2, 2);
    struct report_key keys[KEYS] = {
        sender_key(&sender, 1), sender_key(&sender, 2),         sender_key(&sender, 3),
        sender_key(&sender, 4), sender_key(&other, 5),          sender_key(&other, 4),
        sender_key(&other, 5),  sender_key(&sender, INT64_MAX), sender_key(&sender, (uint64_t)INT64_MAX + 1),
        sender_key(&sender, 2),
    };
    static const size_t named[] = {3, 1, 5, 3, 7, 8};
    struct ledger_batch batch = sender_batch(&sender, 1, ARRAY_COUNT(named), "report");
    for (size_t i = 0; i < ARRAY_COUNT(named); i++) {
        sender.reports[i].has_target = true;
        sender.reports[i].target = keys[named[i]];
    }
    fixture_append(fixture, &batch);
    for (size_t i = 0; i < KEYS; i++)
        counts[i] = 99; // whatever was there is overwritten
    assert_ok(fixture->store->ledger->revisions_of(fixture->store, keys, KEYS, &fixture->arena, lists, counts));
    for (size_t i = 0; i < KEYS; i++) {
        assert_int_equal(counts[i], expected[i]);
        for (size_t k = 0; k < counts[i]; k++)
            assert_true(report_key_equal(&lists[i][k].target, &keys[i]));
    }
}

static void a_report_queued_anew_is_found_by_its_former_identity(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender, fresh;
    struct stored_report *list = NULL;
    size_t count = 0;
    sender_init(&sender, 1, 1);
    sender_init(&fresh, 1, 2);
    struct ledger_batch batch = sender_batch(&fresh, 1, 2, "report");
    struct report_key former = sender_key(&sender, 5);
    fresh.reports[1].record.has_formerly = true;
    fresh.reports[1].record.formerly_outbox = former.outbox;
    fresh.reports[1].record.formerly_seq = former.seq;
    fresh.reports[1].has_target = true; // names it twice, is found once
    fresh.reports[1].target = former;
    fixture_append(fixture, &batch);
    assert_ok(fixture->store->ledger->revisions_of(fixture->store, &former, 1, &fixture->arena, &list, &count));
    assert_int_equal(count, 1);
    assert_int_equal(list[0].key.seq, 2);
}

static void a_quarantined_report_is_decided_once(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 3, "report");
    sender.reports[0].verdict = sender.reports[1].verdict = VERDICT_QUARANTINED;
    fixture_append(fixture, &batch);
    assert_int_equal(counts_of(fixture).quarantined_open, 2);
    assert_int_equal(counts_of(fixture).applied, 1);
    const struct ledger_ops *ledger = fixture->store->ledger;
    struct store_counts before = counts_of(fixture);
    fixture_begin(fixture);
    assert_ok(ledger->quarantine_decide(fixture->store, 1, true));
    assert_ok(ledger->quarantine_decide(fixture->store, 2, false));
    assert_err(ROND_ECONFLICT, ledger->quarantine_decide(fixture->store, 1, false));
    assert_err(ROND_ECONFLICT, ledger->quarantine_decide(fixture->store, 3, true));
    assert_err(ROND_ENOTFOUND, ledger->quarantine_decide(fixture->store, 4, true));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_true(report_at(fixture, &sender, 1).released);
    assert_true(report_at(fixture, &sender, 2).discarded);
    assert_int_equal(report_at(fixture, &sender, 1).verdict, VERDICT_QUARANTINED);
    struct store_counts counts = counts_of(fixture);
    assert_int_equal(counts.quarantined_open, 0);
    assert_int_equal(counts.quarantined_released, 1);
    assert_int_equal(counts.quarantined_discarded, 1);
    assert_int_equal(counts.received, before.received); // a decided one moves, it is not added
    assert_int_equal(counts.applied, before.applied);
}

static void a_declaration_said_again_loses_only_what_is_above_the_watermark(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    const struct {
        uint64_t first, last, lost, repeated;
    } said[] = {{3, 6, 4, 0}, {3, 6, 0, 4}, {5, 9, 3, 2}, {1, 1, 0, 1}};
    for (size_t i = 0; i < ARRAY_COUNT(said); i++) {
        struct ledger_lost lost = sender_lost(&sender, said[i].first, said[i].last);
        lost.chain_after.seq = said[i].last;
        fixture_begin(fixture);
        assert_ok(fixture->store->ledger->lose(fixture->store, &lost, &result));
        fixture_commit(fixture);
        assert_int_equal(result.appended, said[i].lost);
        assert_int_equal(result.repeated, said[i].repeated);
    }
    struct store_counts counts = counts_of(fixture);
    assert_int_equal(counts.lost, 7);
    assert_int_equal(counts.received, 9);
}

static void an_erased_report_keeps_leaf_and_verdict_and_is_not_taken_anew(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender, again;
    struct salt zero = {0};
    sender_init(&sender, 1, 1);
    again = sender;
    sender_send(fixture, &sender, 3);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->erase(fixture->store, 2, FOR_A_TEST));
    assert_ok(fixture->store->ledger->erase(fixture->store, 2, FOR_A_TEST));
    assert_err(ROND_ENOTFOUND, fixture->store->ledger->erase(fixture->store, 4, FOR_A_TEST));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    struct ledger_batch batch = sender_batch(&again, 1, 3, "report");
    struct stored_report report = report_at(fixture, &sender, 2);
    assert_true(report.erased);
    assert_int_equal(report.record.report.size, 0);
    assert_memory_equal(report.salt.b, zero.b, SALT_SIZE);
    assert_hash_equal(&report.leaf, &sender.reports[1].leaf);
    assert_string_equal(report.area, "lund");
    assert_null(report.role); // its bytes were no report
    struct append_result result = fixture_append(fixture, &batch);
    assert_int_equal(result.status, APPEND_DONE);
    assert_int_equal(result.repeated, 3);
    assert_true(report_at(fixture, &sender, 2).erased);
    assert_int_equal(counts_of(fixture).erased, 1);
}

static void an_erased_report_keeps_the_role_in_which_it_was_reported(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct record record = sample_record(&fixture->arena, ROND__V1__KIND__KIND_CHECK, 0);
    struct ledger_batch batch = sender_batch(&sender, 1, 1, "report");
    sender.reports[0].record = record;
    batch.chain_after = sender.chain;
    chain_append(&batch.chain_after, &record, &sender.reports[0].salt, &sender.reports[0].leaf);
    fixture_append(fixture, &batch);
    assert_null(report_at(fixture, &sender, 1).role);
    for (int round = 0; round < 2; round++) {
        fixture_begin(fixture);
        assert_ok(fixture->store->ledger->erase(fixture->store, 1, FOR_A_TEST));
        fixture_commit(fixture);
        fixture_reopen(fixture);
        assert_string_equal(report_at(fixture, &sender, 1).role, "police_officer");
    }
}

static struct stored_contribution contribution(uint64_t row, uint32_t commitment, const char *bucket, uint32_t quantity) {
    struct stored_contribution made = {.row = row, .commitment = commitment};
    made.value.reason = bucket[0] == '\0' ? REASON_PLACE : REASON_COUNTED;
    snprintf(made.value.bucket, BUCKET_SIZE, "%s", bucket);
    snprintf(made.value.period, PERIOD_SIZE, "2015-W19");
    made.value.parts = 0x80000001;
    made.value.organisations = 0xffffffff;
    made.value.quantity = quantity;
    made.value.persons = 2;
    made.value.from_s = -5;
    made.value.to_s = 1LL << 40;
    made.value.finding_state = 2;
    return made;
}

static void own_bucket(const struct sender *sender, uint64_t seq, char ret_bucket[BUCKET_SIZE]) {
    char hex[2 * ID_SIZE + 1];
    hex_encode(bytes_of(sender->outbox.b, ID_SIZE), hex);
    snprintf(ret_bucket, BUCKET_SIZE, "r:%s:%llu", hex, (unsigned long long)seq);
}

static void fold(struct store_fixture *fixture, const struct fold_changes *changes) {
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, changes));
    fixture_commit(fixture);
}

static struct bucket_contents bucket_of(struct store_fixture *fixture, uint32_t commitment, const char *name) {
    struct bucket_key key = {commitment, name};
    struct bucket_contents contents = {0}, viewed = {0};
    assert_ok(fixture->store->ledger->contributions_in(fixture->store, &key, 1, &fixture->arena, &contents));
    assert_ok(fixture->store->views->bucket(fixture->store, &key, &fixture->arena, &viewed));
    assert_int_equal(viewed.count, contents.count);
    return contents;
}

static void buckets_hold_what_was_put_into_them(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    char first[BUCKET_SIZE], second[BUCKET_SIZE];
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    own_bucket(&sender, 1, first);
    own_bucket(&sender, 2, second);
    struct stored_contribution added[] = {
        contribution(3, 1, "w0:2015-05-04", 31), contribution(1, 1, "w0:2015-05-04", 11),
        contribution(1, 1, first, 12),           contribution(1, 1, "w0:2015-05-04", 13),
        contribution(1, 2, "w0:2015-05-04", 14), contribution(2, 1, first, 21),
        contribution(2, 1, second, 22),          contribution(2, 7, "", 23),
    };
    struct fold_changes changes = {.added = added, .added_count = ARRAY_COUNT(added)};
    fold(fixture, &changes);
    fixture_reopen(fixture);

    struct bucket_contents shared = bucket_of(fixture, 1, "w0:2015-05-04");
    assert_int_equal(shared.count, 3);
    assert_int_equal(shared.contributions[0].value.quantity, 11);
    assert_int_equal(shared.contributions[1].value.quantity, 13);
    assert_int_equal(shared.contributions[2].value.quantity, 31);
    struct stored_contribution expected = added[0];
    assert_memory_equal(&shared.contributions[2].value, &expected.value, sizeof expected.value);
    struct bucket_contents own = bucket_of(fixture, 1, first); // a correction lies in the bucket of what it corrects
    assert_int_equal(own.count, 2);
    assert_int_equal(own.contributions[0].value.quantity, 12);
    assert_int_equal(own.contributions[1].value.quantity, 21);
    assert_int_equal(bucket_of(fixture, 1, second).count, 1);
    assert_int_equal(bucket_of(fixture, 2, second).count, 0);
    assert_int_equal(bucket_of(fixture, 7, "").count, 0);
    assert_int_equal(bucket_of(fixture, 1, "r:nonsense").count, 0);
    assert_int_equal(bucket_of(fixture, 1, "a:unknown").count, 0);

    uint64_t rows[] = {1, 2, 99};
    struct bucket_contents contents[3] = {0};
    assert_ok(fixture->store->ledger->contributions_of(fixture->store, rows, 3, &fixture->arena, contents));
    assert_int_equal(contents[0].count, 4);
    assert_int_equal(contents[1].count, 3);
    assert_int_equal(contents[1].contributions[2].value.reason, REASON_PLACE);
    assert_int_equal(contents[2].count, 0);
}

static void contributions_that_are_there_already_stay_beside_new_ones_wherever_they_come(void **state) {
    enum { ROWS = 40, AGAIN = 3 };
    static const uint64_t again[AGAIN] = {1, 7, 23}; // first, within and beyond what a backend may store at once
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct stored_contribution added[ROWS + 1];
    uint64_t rows[ROWS];
    struct bucket_contents contents[ROWS];
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, ROWS);
    for (size_t i = 0; i < AGAIN; i++)
        added[i] = contribution(again[i], 3, "a:first", 1);
    fold(fixture, &(struct fold_changes){.added = added, .added_count = AGAIN});
    for (size_t i = 0; i < ROWS; i++)
        added[i] = contribution(rows[i] = i + 1, 3, "a:then", 2);
    added[ROWS] = contribution(7, 3, "a:last", 3); // apart from its other one
    fold(fixture, &(struct fold_changes){.added = added, .added_count = ROWS + 1});
    assert_ok(fixture->store->ledger->contributions_of(fixture->store, rows, ROWS, &fixture->arena, contents));
    for (size_t i = 0; i < ROWS; i++) {
        bool was_there = rows[i] == again[0] || rows[i] == again[1] || rows[i] == again[2];
        assert_int_equal(contents[i].count, rows[i] == 7 ? 3 : was_there ? 2 : 1);
        for (size_t k = 0; k < contents[i].count; k++)
            assert_int_equal(contents[i].contributions[k].value.quantity, was_there ? k + 1 : 2);
    }
    assert_int_equal(bucket_of(fixture, 3, "a:then").count, ROWS);
}

static void contributions_of_a_report_are_taken_out_before_new_ones_go_in(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    struct stored_contribution added[] = {contribution(1, 1, "a:x", 1), contribution(2, 1, "a:x", 2)};
    struct fold_changes changes = {.added = added, .added_count = 2};
    fold(fixture, &changes);
    uint64_t removed[] = {1, 77};
    struct stored_contribution anew[] = {contribution(1, 1, "a:x", 5), contribution(2, 1, "a:x", 6)};
    changes = (struct fold_changes){.rows_removed = removed, .rows_removed_count = 2, .added = anew, .added_count = 2};
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, &changes));
    fixture_rollback(fixture);
    struct bucket_contents before = bucket_of(fixture, 1, "a:x");
    assert_int_equal(before.count, 2);
    assert_int_equal(before.contributions[0].value.quantity, 1);
    fold(fixture, &changes);
    struct bucket_contents after = bucket_of(fixture, 1, "a:x");
    assert_int_equal(after.count, 3);
    assert_int_equal(after.contributions[0].value.quantity, 5);
    assert_int_equal(after.contributions[1].value.quantity, 2);
    assert_int_equal(after.contributions[2].value.quantity, 6);
    fixture_reopen(fixture);
}

static size_t totals_of(struct store_fixture *fixture, uint32_t commitment, struct period_total **ret_totals) {
    size_t count = 99;
    assert_ok(fixture->store->views->totals(fixture->store, commitment, &fixture->arena, ret_totals, &count));
    return count;
}

static void totals_add_up_and_vanish_at_zero(void **state) {
    struct store_fixture *fixture = *state;
    struct period_total *totals = NULL;
    struct tally value = {1, 2, 3, 4, 5, 6, 7}, negative = {-1, -2, -3, -4, -5, -6, -7};
    struct total_change plus[] = {{1, "2015-05", value}, {1, "2015-04", value}, {1, "2015-05", value}, {2, "", value}};
    struct fold_changes changes = {.totals = plus, .totals_count = ARRAY_COUNT(plus)};
    fold(fixture, &changes);
    struct total_change minus[] = {{1, "2015-05", negative}, {2, "", negative}};
    changes = (struct fold_changes){.totals = minus, .totals_count = 1};
    fold(fixture, &changes);
    fixture_reopen(fixture);
    assert_int_equal(totals_of(fixture, 1, &totals), 2);
    assert_string_equal(totals[0].period, "2015-04");
    assert_string_equal(totals[1].period, "2015-05");
    assert_memory_equal(&totals[1].tally, &value, sizeof value);
    changes.totals_count = 2;
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, &changes));
    assert_int_equal(totals_of(fixture, 2, &totals), 0);
    fixture_rollback(fixture);
    assert_int_equal(totals_of(fixture, 2, &totals), 1);
    fold(fixture, &changes);
    assert_int_equal(totals_of(fixture, 1, &totals), 1);
    assert_int_equal(totals_of(fixture, 2, &totals), 0);
}

static void a_rebuild_begins_from_nothing_and_can_be_taken_back(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct period_total *totals = NULL;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 1);
    struct stored_contribution added[] = {contribution(1, 1, "a:x", 1)};
    struct total_change plus[] = {{1, "", {.count = 1}}};
    struct fold_changes changes = {.added = added, .added_count = 1, .totals = plus, .totals_count = 1};
    fold(fixture, &changes);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_clear(fixture->store));
    assert_int_equal(totals_of(fixture, 1, &totals), 0);
    assert_int_equal(bucket_of(fixture, 1, "a:x").count, 0);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, &changes));
    assert_ok(fixture->store->ledger->fold_clear(fixture->store));
    fixture_rollback(fixture);
    assert_int_equal(totals_of(fixture, 1, &totals), 1);
    assert_int_equal(bucket_of(fixture, 1, "a:x").count, 1);
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_clear(fixture->store));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    assert_int_equal(totals_of(fixture, 1, &totals), 0);
    assert_int_equal(bucket_of(fixture, 1, "a:x").count, 0);
}

static void many_outboxes_interleaved_keep_their_own_order(void **state) {
    enum { SENDERS = 20, ROUNDS = 30 };
    struct store_fixture *fixture = *state;
    struct sender *senders = calloc(SENDERS, sizeof *senders);
    struct append_result result;
    assert_non_null(senders);
    for (unsigned i = 0; i < SENDERS; i++)
        sender_init(&senders[i], i, i);
    for (unsigned round = 0; round < ROUNDS; round++) {
        fixture_begin(fixture);
        for (unsigned i = 0; i < SENDERS; i++) {
            size_t count = 1 + (size_t)rng_below(&fixture->rng, 7);
            struct ledger_batch batch = sender_batch(&senders[i], senders[i].chain.seq + 1, count, "report");
            assert_ok(fixture->store->ledger->append(fixture->store, &batch, &result));
            assert_int_equal(result.appended, count);
            senders[i].chain = batch.chain_after;
        }
        fixture_commit(fixture);
        assert_ok(fixture->store->ledger->checkpoint(fixture->store, round % 3 == 0));
    }
    fixture_reopen(fixture);
    for (unsigned i = 0; i < SENDERS; i++)
        for (uint64_t seq = 1; seq <= senders[i].chain.seq; seq++) {
            struct stored_report report = report_at(fixture, &senders[i], seq);
            char text[SENDER_TEXT_SIZE];
            snprintf(text, sizeof text, "report %llu", (unsigned long long)seq);
            assert_true(bytes_equal(report.record.report, bytes_of_text(text)));
        }
    free(senders);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_EVERY_BACKEND(a_batch_is_stored_exactly_as_it_came),
        ON_EVERY_BACKEND(an_empty_report_is_not_an_erased_one),
        ON_EVERY_BACKEND(what_is_beyond_the_watermark_is_not_stored),
        ON_EVERY_BACKEND(a_batch_without_sense_is_refused),
        ON_EVERY_BACKEND(a_batch_sent_again_is_stored_once),
        ON_EVERY_BACKEND(a_batch_cut_differently_adds_only_what_is_new),
        ON_EVERY_BACKEND(other_content_under_a_stored_seq_is_a_fork_and_kept),
        ON_EVERY_BACKEND(the_same_record_with_another_former_identity_is_a_fork),
        ON_EVERY_BACKEND(a_forked_outbox_takes_nothing_more_and_drops_nothing),
        ON_EVERY_BACKEND(a_fork_that_the_session_found_keeps_every_report_aside),
        ON_EVERY_BACKEND(an_outbox_of_another_device_is_refused),
        ON_EVERY_BACKEND(a_lost_range_lets_watermark_and_chain_pass),
        ON_EVERY_BACKEND(a_lost_range_out_of_order_or_without_sense_is_not_stored),
        ON_EVERY_BACKEND(a_report_found_after_it_was_declared_lost_is_kept_aside),
        ON_EVERY_BACKEND(every_head_up_to_the_watermark_is_known),
        ON_EVERY_BACKEND(heads_are_known_at_the_ends_of_a_lost_range),
        ON_EVERY_BACKEND(a_rollback_leaves_nothing),
        ON_EVERY_BACKEND(revisions_are_found_before_and_after_their_target),
        ON_EVERY_BACKEND(revisions_of_many_keys_are_those_of_each),
        ON_EVERY_BACKEND(a_report_queued_anew_is_found_by_its_former_identity),
        ON_EVERY_BACKEND(a_quarantined_report_is_decided_once),
        ON_EVERY_BACKEND(a_declaration_said_again_loses_only_what_is_above_the_watermark),
        ON_EVERY_BACKEND(an_erased_report_keeps_leaf_and_verdict_and_is_not_taken_anew),
        ON_EVERY_BACKEND(an_erased_report_keeps_the_role_in_which_it_was_reported),
        ON_EVERY_BACKEND(buckets_hold_what_was_put_into_them),
        ON_EVERY_BACKEND(contributions_that_are_there_already_stay_beside_new_ones_wherever_they_come),
        ON_EVERY_BACKEND(contributions_of_a_report_are_taken_out_before_new_ones_go_in),
        ON_EVERY_BACKEND(totals_add_up_and_vanish_at_zero),
        ON_EVERY_BACKEND(a_rebuild_begins_from_nothing_and_can_be_taken_back),
        ON_EVERY_BACKEND(many_outboxes_interleaved_keep_their_own_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
