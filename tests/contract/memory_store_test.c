// What only the memory store has: commits that fail when told to, and snapshots.
#include "store/memory.h"

#include "support/store_fixture.h"

static uint64_t watermark_in(struct store *store, const struct sender *sender) {
    struct outbox_state outbox = {0};
    assert_ok(store->ledger->outbox_load(store, &sender->device, &sender->outbox, &outbox));
    return outbox.chain.seq;
}

static enum rond_err try_append(struct store *store, const struct ledger_batch *batch) {
    struct append_result result;
    assert_ok(store->ledger->begin(store));
    assert_ok(store->ledger->append(store, batch, &result));
    return store->ledger->commit(store);
}

static void a_failed_commit_stores_nothing(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    struct ledger_batch batch = sender_batch(&sender, 3, 2, "report");
    memory_store_fail_commit(fixture->store, ROND_EFULL, false);
    memory_store_fail_commit(fixture->store, ROND_EIO, false);
    assert_err(ROND_EFULL, try_append(fixture->store, &batch));
    assert_int_equal(watermark_in(fixture->store, &sender), 2);
    assert_err(ROND_EIO, try_append(fixture->store, &batch));
    assert_int_equal(watermark_in(fixture->store, &sender), 2);
    assert_ok(try_append(fixture->store, &batch));
    assert_int_equal(watermark_in(fixture->store, &sender), 4);
}

static void a_commit_whose_answer_is_lost_took_effect(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct ledger_batch batch = sender_batch(&sender, 1, 2, "report");
    memory_store_fail_commit(fixture->store, ROND_EIO, true);
    assert_err(ROND_EIO, try_append(fixture->store, &batch));
    assert_int_equal(watermark_in(fixture->store, &sender), 2);
}

static void a_snapshot_stands_apart_with_a_higher_epoch(void **state) {
    struct store_fixture *fixture = *state;
    struct store *snapshot = NULL;
    struct store_identity was, is;
    struct stored_report report;
    struct sender sender;
    struct fault fault = {0};
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    assert_ok(fixture->store->registry->identity(fixture->store, &was));
    assert_ok(memory_store_snapshot(fixture->store, &snapshot));
    assert_ok(snapshot->registry->identity(snapshot, &is));
    assert_true(id128_equal(&was.store_id, &is.store_id));
    assert_int_equal(is.epoch, was.epoch + 1);
    struct ledger_batch batch = sender_batch(&sender, 4, 2, "report");
    assert_ok(try_append(fixture->store, &batch));
    assert_int_equal(watermark_in(snapshot, &sender), 3);
    store_close(fixture->store); // its texts live on with the snapshot
    fixture->store = snapshot;
    assert_ok(snapshot->views->report(snapshot, 3, &fixture->arena, &report));
    assert_true(bytes_equal(report.record.report, bytes_of_text("report 3")));
    assert_string_equal(report.area, "lund");
    assert_ok(try_append(snapshot, &batch));
    assert_int_equal(watermark_in(snapshot, &sender), 5);
    assert_ok(snapshot->views->integrity(snapshot, &fault));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_MEMORY(a_failed_commit_stores_nothing),
        ON_MEMORY(a_commit_whose_answer_is_lost_took_effect),
        ON_MEMORY(a_snapshot_stands_apart_with_a_higher_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
