// A store on every backend, and a device that makes batches for it. What the contract suite stands on.
#ifndef TESTS_SUPPORT_STORE_FIXTURE_H
#define TESTS_SUPPORT_STORE_FIXTURE_H

#include "store/memory.h"
#include "store/store.h"
#include "support/test.h"

struct store_backend {
    const char *name;
    bool durable; // fixture_reopen closes and opens it
};

struct store_fixture {
    const struct store_backend *backend;
    struct store *store;
    struct rng_seeded seeded;
    struct rng rng;
    struct arena arena; // for what is read back; emptied at every commit
    char directory[64]; // where durable
};

int fixture_setup_memory(void **state);
int fixture_setup_sqlite(void **state);
int fixture_teardown(void **state);
// A test that keeps its promise on every backend.
#define ON_EVERY_BACKEND(test)                                                                                              \
    {#test " (memory)", test, fixture_setup_memory, fixture_teardown, NULL}, {                                              \
#test " (sqlite)", test, fixture_setup_sqlite, fixture_teardown, NULL                                               \
    }
#define ON_SQLITE(test)                                                                                                     \
    { #test " (sqlite)", test, fixture_setup_sqlite, fixture_teardown, NULL }
#define ON_MEMORY(test)                                                                                                     \
    { #test " (memory)", test, fixture_setup_memory, fixture_teardown, NULL }

// Closes and opens a durable store; nothing for others. Integrity must hold.
void fixture_reopen(struct store_fixture *fixture);
void fixture_begin(struct store_fixture *fixture);
void fixture_commit(struct store_fixture *fixture);
void fixture_rollback(struct store_fixture *fixture);

enum { SENDER_REPORTS_MAX = 64, SENDER_TEXT_SIZE = 48 };
// A device with one outbox. Every batch gets its reports from here.
struct sender {
    struct id128 device;
    struct id128 outbox;
    struct chain chain;
    struct ledger_report reports[SENDER_REPORTS_MAX];
    char texts[SENDER_REPORTS_MAX][SENDER_TEXT_SIZE];
};
// Two senders of one number are one device with one outbox.
void sender_init(struct sender *sender, unsigned device_number, unsigned outbox_number);
// A batch of `count` reports from seq first_seq on, with the words for their content, made at chain position
// `first_seq - 1` if the sender stands there; does not advance the sender.
struct ledger_batch sender_batch(struct sender *sender, uint64_t first_seq, size_t count, const char *words);
// Appends within a transaction of its own, commits, and advances the sender where it was all done.
struct append_result sender_send(struct store_fixture *fixture, struct sender *sender, size_t count);
struct append_result fixture_append(struct store_fixture *fixture, const struct ledger_batch *batch);
struct ledger_lost sender_lost(const struct sender *sender, uint64_t first_seq, uint64_t last_seq);
struct report_key sender_key(const struct sender *sender, uint64_t seq);

#endif
