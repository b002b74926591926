// The server held to its receipts, as the outbox does it.
//
// Tests: client-sdk/src/outbox_contradictions.c
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static int64_t wall_ms;
static int64_t test_wall(void *context) {
    return wall_ms;
}
static uint64_t test_boot(void *context) {
    return 7;
}
static const struct clock test_clock = {.wall_ms = test_wall, .monotonic_ms = test_wall, .boot_id = test_boot};

static char directory[64], path[96];
static struct seal_key key = {{0x42}};
static struct outbox *outbox;
static struct arena arena;
static struct chain chains[8]; // after seq
static const char certificate[] = "a certificate";

static void open_outbox(void) {
    struct outbox_config config = {.path = path, .key = &key, .rng = rng_system(), .clock = &test_clock};
    assert_ok(outbox_open(&config, &outbox, NULL));
}

static void reopen(void) {
    outbox_close(outbox);
    open_outbox();
}

static struct device_outbox_state state_now(void) {
    struct device_outbox_state state;
    outbox_state(outbox, &state);
    return state;
}

static void welcomed_by(uint8_t store, uint64_t epoch) {
    struct device_server_state server;
    outbox_server(outbox, &server);
    server.known = true;
    memset(server.store_id.b, store, ID_SIZE);
    server.epoch = epoch;
    assert_ok(outbox_server_store(outbox, &server));
}

// Five reports, of which the chain is known, under store 1 and epoch 1.
static int setup(void **state) {
    strcpy(directory, "/tmp/outbox-receipts-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    arena_init(&arena, 16 * 1024 * 1024);
    wall_ms = 1430000000000;
    open_outbox();
    chain_init(&chains[0], &(struct hash256){{0}});
    chains[0].ratchet = state_now().seed;
    for (uint64_t seq = 1; seq <= 5; seq++) {
        uint64_t got;
        assert_ok(outbox_append(outbox, bytes_of_text("report"), &got));
        chains[seq] = chains[seq - 1];
        chain_append(&chains[seq], &(struct record){.report = bytes_of_text("report")}, NULL, NULL);
    }
    welcomed_by(1, 1);
    return 0;
}

static int teardown(void **state) {
    char command[96];
    outbox_close(outbox);
    arena_deinit(&arena);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static struct receipt receipt_of(uint8_t store, uint64_t epoch, uint64_t watermark) {
    struct receipt receipt = {
        .epoch = epoch, .outbox = state_now().outbox, .watermark = watermark, .head = chains[watermark].head};
    memset(receipt.store.b, store, ID_SIZE);
    sha256_of(bytes_of_text(certificate), &receipt.certificate);
    return receipt;
}

static void keep(uint8_t store, uint64_t epoch, uint64_t watermark) {
    const struct receipt receipt = receipt_of(store, epoch, watermark);
    assert_ok(outbox_receipt_store(outbox, &receipt, bytes_of_text(certificate)));
}

static bool hold(uint64_t watermark, const struct hash256 *head) {
    bool is_contradicted = false;
    const struct device_said said = {watermark, head != NULL ? *head : chains[watermark].head};
    assert_ok(outbox_receipt_hold(outbox, &said, &is_contradicted));
    return is_contradicted;
}

static size_t kept(struct outbox_receipt **ret_list) {
    size_t count;
    assert_ok(outbox_receipt_list(outbox, &arena, ret_list, &count));
    return count;
}

static size_t contradictions(struct outbox_contradiction **ret_list) {
    size_t count;
    assert_ok(outbox_contradiction_list(outbox, &arena, ret_list, &count));
    return count;
}

static void the_newest_receipt_is_kept_and_told_in_hello_after_a_restart_too(void **state) {
    struct outbox_receipt *list;
    struct bytes found;
    keep(1, 1, 3);
    keep(1, 1, 5);
    keep(1, 1, 4); // an older one says no more
    assert_int_equal(kept(&list), 1);
    assert_int_equal(list[0].receipt.watermark, 5);
    assert_int_equal(list[0].at_ms, wall_ms);
    for (int i = 0; i < 2; i++) {
        struct device_receipt_state told = state_now().receipt;
        assert_int_equal(told.watermark, 5);
        assert_memory_equal(&told.certificate, &list[0].receipt.certificate, HASH_SIZE);
        assert_ok(outbox_receipt_certificate(outbox, &told.certificate, &arena, &found));
        assert_true(bytes_equal(found, bytes_of_text(certificate)));
        reopen();
    }
}

static void one_for_another_chain_or_for_what_was_never_queued_is_not_kept(void **state) {
    struct outbox_receipt *list;
    struct receipt other = receipt_of(1, 1, 3), beyond = receipt_of(1, 1, 5), foreign = receipt_of(1, 1, 3);
    other.head.b[0] ^= 1;
    beyond.watermark = 6;
    foreign.outbox.b[0] ^= 1;
    assert_err(ROND_ECONFLICT, outbox_receipt_store(outbox, &other, bytes_of_text(certificate)));
    assert_err(ROND_ECONFLICT, outbox_receipt_store(outbox, &beyond, bytes_of_text(certificate)));
    assert_err(ROND_ECONFLICT, outbox_receipt_store(outbox, &foreign, bytes_of_text(certificate)));
    assert_int_equal(kept(&list), 0);
}

static void a_server_that_stands_by_it_is_not_contradicted(void **state) {
    struct outbox_contradiction *list;
    assert_false(hold(0, NULL)); // there is none yet
    keep(1, 1, 3);
    assert_false(hold(3, NULL));
    assert_false(hold(5, NULL));
    assert_int_equal(contradictions(&list), 0);
}

static void a_lower_watermark_is_told_once_and_kept(void **state) {
    struct outbox_contradiction *list;
    keep(1, 1, 4);
    assert_true(hold(2, NULL));
    assert_false(hold(2, NULL)); // it is known
    keep(1, 1, 5);
    reopen();
    assert_int_equal(contradictions(&list), 1);
    assert_int_equal(list[0].code, CODE_RECEIPT_CONTRADICTED);
    assert_int_equal(list[0].seq, 3);
    assert_int_equal(list[0].receipt.watermark, 4); // the proof as it was
    assert_int_equal(list[0].at_ms, wall_ms);
    assert_false(list[0].is_seen);
    assert_ok(outbox_contradiction_seen(outbox));
    assert_int_equal(contradictions(&list), 1);
    assert_true(list[0].is_seen);
}

static void another_head_under_the_same_watermark_is_told(void **state) {
    struct outbox_contradiction *list;
    struct hash256 other = {{9}};
    keep(1, 1, 4);
    assert_true(hold(4, &other));
    assert_int_equal(contradictions(&list), 1);
    assert_int_equal(list[0].seq, 4);
}

static void another_epoch_is_a_restore_and_another_store_has_promised_nothing(void **state) {
    struct outbox_contradiction *list;
    struct outbox_receipt *receipts;
    keep(1, 1, 4);
    welcomed_by(1, 2);
    assert_false(hold(2, NULL));
    assert_int_equal(state_now().receipt.watermark, 0);
    welcomed_by(2, 1);
    assert_false(hold(0, NULL));
    assert_int_equal(contradictions(&list), 0);
    assert_int_equal(kept(&receipts), 1); // what was signed before is still a proof
    keep(2, 1, 1);
    assert_int_equal(kept(&receipts), 2);
    welcomed_by(1, 1); // and holds again where that history goes on
    assert_true(hold(2, NULL));
}

static void a_fork_below_the_receipt_is_judged_by_the_next_welcome(void **state) {
    struct outbox_contradiction *list;
    keep(1, 1, 4);
    assert_ok(outbox_receipt_forked(outbox, 3));
    assert_ok(outbox_fork(outbox));
    reopen(); // noted on disk
    assert_int_equal(state_now().receipt.watermark, 0);
    assert_true(hold(0, &chains[0].head));
    assert_int_equal(contradictions(&list), 1);
    assert_int_equal(list[0].seq, 3);
    assert_false(hold(0, &chains[0].head));
}

static void a_fork_that_a_restored_server_finds_or_that_lies_beyond_it_is_none(void **state) {
    struct outbox_contradiction *list;
    keep(1, 1, 4);
    assert_ok(outbox_receipt_forked(outbox, 5)); // a clone's doing
    assert_ok(outbox_receipt_forked(outbox, 0)); // found here
    assert_false(hold(4, NULL));
    assert_ok(outbox_receipt_forked(outbox, 3));
    assert_ok(outbox_fork(outbox));
    welcomed_by(1, 2);
    assert_false(hold(0, &chains[0].head));
    welcomed_by(1, 1);
    assert_false(hold(0, &chains[0].head)); // it was settled
    assert_int_equal(contradictions(&list), 0);
}

static void what_is_kept_is_bounded_and_the_first_contradictions_stay(void **state) {
    struct outbox_receipt *receipts;
    struct outbox_contradiction *list;
    for (uint64_t epoch = 1; epoch <= RECEIPTS_PER_OUTBOX_MAX + 3; epoch++) {
        wall_ms++;
        welcomed_by(1, epoch);
        keep(1, epoch, 1);
    }
    assert_int_equal(kept(&receipts), RECEIPTS_PER_OUTBOX_MAX);
    for (size_t i = 0; i < RECEIPTS_PER_OUTBOX_MAX; i++)
        assert_true(receipts[i].receipt.epoch > 3);
    for (uint64_t seq = 1; seq <= CONTRADICTIONS_MAX + 3; seq++) {
        bool is_new = false;
        struct receipt receipt = receipt_of(1, 1, 1);
        receipt.watermark = seq;
        assert_ok(outbox_contradiction_add(outbox, &receipt, CODE_RECEIPT_INVALID, seq, &is_new));
        assert_int_equal(is_new, seq <= CONTRADICTIONS_MAX);
    }
    assert_int_equal(contradictions(&list), CONTRADICTIONS_MAX);
}

static void heads_below_a_watermark_are_given_and_of_many_the_newest(void **state) {
    struct outbox_head *heads;
    size_t count;
    struct id128 id = state_now().outbox;
    assert_ok(outbox_heads(outbox, &id, 4, 100, &arena, &heads, &count));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(heads[i].seq, i + 1);
        assert_memory_equal(&heads[i].head, &chains[i + 1].head, HASH_SIZE);
    }
    assert_ok(outbox_heads(outbox, &id, 4, 2, &arena, &heads, &count));
    assert_int_equal(count, 2);
    assert_int_equal(heads[0].seq, 3);
    id.b[0] ^= 1; // of a file that was mended
    assert_ok(outbox_heads(outbox, &id, 4, 2, &arena, &heads, &count));
    assert_int_equal(count, 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_newest_receipt_is_kept_and_told_in_hello_after_a_restart_too),
        TEST(one_for_another_chain_or_for_what_was_never_queued_is_not_kept),
        TEST(a_server_that_stands_by_it_is_not_contradicted),
        TEST(a_lower_watermark_is_told_once_and_kept),
        TEST(another_head_under_the_same_watermark_is_told),
        TEST(another_epoch_is_a_restore_and_another_store_has_promised_nothing),
        TEST(a_fork_below_the_receipt_is_judged_by_the_next_welcome),
        TEST(a_fork_that_a_restored_server_finds_or_that_lies_beyond_it_is_none),
        TEST(what_is_kept_is_bounded_and_the_first_contradictions_stay),
        TEST(heads_below_a_watermark_are_given_and_of_many_the_newest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
