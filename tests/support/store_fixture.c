#include "support/store_fixture.h"

#include "store/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static const struct store_backend MEMORY = {"memory", false};
static const struct store_backend SQLITE = {"sqlite", true};

static struct store_fixture *fixture_create(const struct store_backend *backend) {
    struct store_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->backend = backend;
    rng_seeded_init(&fixture->seeded, 7);
    fixture->rng = rng_seeded_as_rng(&fixture->seeded);
    arena_init(&fixture->arena, ARENA_BYTES_MAX);
    return fixture;
}

int fixture_setup_memory(void **state) {
    struct store_fixture *fixture = fixture_create(&MEMORY);
    assert_ok(store_open_memory(&fixture->rng, &fixture->store));
    *state = fixture;
    return 0;
}

int fixture_setup_sqlite(void **state) {
    struct store_fixture *fixture = fixture_create(&SQLITE);
    struct fault fault = {0};
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/rond-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    if (store_open_sqlite(fixture->directory, STORE_CREATE, &fixture->rng, &fixture->store, &fault) != ROND_OK)
        fail_msg("%s", fault.text);
    *state = fixture;
    return 0;
}

static void directory_remove(const char *directory) {
    static const char *const names[] = {"rond.db", "rond.db-wal", "rond.db-shm", "lock"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

int fixture_teardown(void **state) {
    struct store_fixture *fixture = *state;
    store_close(fixture->store);
    if (fixture->backend->durable)
        directory_remove(fixture->directory);
    arena_deinit(&fixture->arena);
    free(fixture);
    return 0;
}

void fixture_reopen(struct store_fixture *fixture) {
    struct fault fault = {0};
    if (fixture->backend->durable) {
        store_close(fixture->store);
        fixture->store = NULL;
        if (store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &fixture->store, &fault) != ROND_OK)
            fail_msg("%s", fault.text);
    }
    if (fixture->store->views->integrity(fixture->store, &fault) != ROND_OK)
        fail_msg("%s", fault.text);
    struct store_counts counts;
    assert_ok(fixture->store->views->counts(fixture->store, &counts));
    assert_true(store_counts_add_up(&counts));
}

void fixture_begin(struct store_fixture *fixture) {
    assert_ok(fixture->store->ledger->begin(fixture->store));
}

void fixture_commit(struct store_fixture *fixture) {
    assert_ok(fixture->store->ledger->commit(fixture->store));
    arena_reset(&fixture->arena);
}

void fixture_rollback(struct store_fixture *fixture) {
    fixture->store->ledger->rollback(fixture->store);
}

void sender_init(struct sender *sender, unsigned device_number, unsigned outbox_number) {
    struct hash256 seed = {{0x5e, (uint8_t)outbox_number}};
    memset(sender, 0, sizeof *sender);
    sender->device.b[0] = 0xd0;
    sender->device.b[1] = (uint8_t)device_number;
    sender->outbox.b[0] = 0x0b;
    sender->outbox.b[1] = (uint8_t)outbox_number;
    chain_init(&sender->chain, &seed);
}

struct ledger_batch sender_batch(struct sender *sender, uint64_t first_seq, size_t count, const char *words) {
    assert_true(count <= SENDER_REPORTS_MAX);
    struct chain chain = sender->chain;
    for (size_t i = 0; i < count; i++) {
        struct ledger_report *report = &sender->reports[i];
        uint64_t seq = first_seq + i;
        snprintf(sender->texts[i], SENDER_TEXT_SIZE, "%s %llu", words, (unsigned long long)seq);
        *report = (struct ledger_report){.record.report = bytes_of_text(sender->texts[i]), .kind = 1, .area = "lund"};
        report->claimed_ms = 1000 + (int64_t)seq;
        report->from_s = 100 + (int64_t)seq;
        report->to_s = 200 + (int64_t)seq;
        report->uncertainty_s = 3;
        if (seq == chain.seq + 1)
            chain_append(&chain, &report->record, &report->salt, &report->leaf);
    }
    struct ledger_batch batch = {.device = sender->device, .outbox = sender->outbox, .organisation = "polisen"};
    batch.first_seq = first_seq;
    batch.reports = sender->reports;
    batch.count = count;
    batch.chain_after = chain;
    memset(batch.signature.b, (int)first_seq, SIGNATURE_SIZE);
    batch.received_ms = 5000 + (int64_t)first_seq;
    return batch;
}

struct append_result fixture_append(struct store_fixture *fixture, const struct ledger_batch *batch) {
    struct append_result result = {0};
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->append(fixture->store, batch, &result));
    fixture_commit(fixture);
    return result;
}

struct append_result sender_send(struct store_fixture *fixture, struct sender *sender, size_t count) {
    struct ledger_batch batch = sender_batch(sender, sender->chain.seq + 1, count, "report");
    struct append_result result = fixture_append(fixture, &batch);
    if (result.status == APPEND_DONE)
        sender->chain = batch.chain_after;
    return result;
}

struct ledger_lost sender_lost(const struct sender *sender, uint64_t first_seq, uint64_t last_seq) {
    struct hash256 ratchet = {{0x77, (uint8_t)last_seq}};
    struct ledger_lost lost = {.device = sender->device, .outbox = sender->outbox, .organisation = "polisen"};
    lost.first_seq = first_seq;
    lost.last_seq = last_seq;
    lost.reason = 1;
    lost.chain_after = sender->chain;
    if (last_seq > sender->chain.seq)
        chain_lose(&lost.chain_after, last_seq, lost.reason, &ratchet);
    lost.received_ms = 9000;
    return lost;
}

struct report_key sender_key(const struct sender *sender, uint64_t seq) {
    return (struct report_key){.device = sender->device, .outbox = sender->outbox, .seq = seq};
}
