// A server that was restored: what its history before had acknowledged waits again, in the active outbox and in those that
// were left behind in a fork.
#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox_internal.h"
#include "support/test.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static int64_t wall_ms;
static int64_t test_wall(void *context) {
    UNUSED(context);
    return wall_ms;
}
static uint64_t test_boot(void *context) {
    UNUSED(context);
    return 7;
}
static const struct clock test_clock = {.wall_ms = test_wall, .monotonic_ms = test_wall, .boot_id = test_boot};

struct world {
    char path[64];
    struct outbox *outbox;
    struct arena arena;
};

static void open_outbox(struct world *world) {
    struct seal_key key = {.b = {7}};
    struct outbox_config config = {.path = world->path, .key = &key, .rng = rng_system(), .clock = &test_clock};
    struct fault fault;
    assert_ok(outbox_open(&config, &world->outbox, &fault));
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    strcpy(world->path, "/tmp/outbox_history.XXXXXX");
    close(mkstemp(world->path));
    unlink(world->path);
    arena_init(&world->arena, 16 * 1024 * 1024);
    wall_ms = 1430000000000;
    open_outbox(world);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    char wal[80];
    outbox_close(world->outbox);
    arena_deinit(&world->arena);
    snprintf(wal, sizeof wal, "%s-wal", world->path);
    unlink(wal);
    unlink(world->path);
    free(world);
    return 0;
}

static void reopen(struct world *world) {
    outbox_close(world->outbox);
    open_outbox(world);
}

static void append(struct world *world, unsigned first, unsigned last) {
    for (unsigned i = first; i <= last; i++) {
        char text[32];
        uint64_t seq;
        snprintf(text, sizeof text, "report %u", i);
        assert_ok(outbox_append(world->outbox, bytes_of_text(text), &seq));
    }
}

static void acknowledge(struct world *world, uint64_t seq) {
    struct chain chain = {.seq = seq};
    assert_ok(outbox_acknowledge(world->outbox, &chain, NULL));
}

static void welcomed_by(struct world *world, uint8_t store, uint64_t epoch) {
    struct device_server_state server = {.store_id.b = {store}, .epoch = epoch, .known = true};
    assert_ok(outbox_server_store(world->outbox, &server));
}

static struct device_outbox_state offered(struct world *world) {
    struct device_outbox_state state;
    outbox_offered_state(world->outbox, &state);
    return state;
}

static bool is_offered(struct world *world, const struct id128 *outbox) {
    struct device_outbox_state state = offered(world);
    return id128_equal(&state.outbox, outbox);
}

static bool next(struct world *world) {
    bool changed = false;
    assert_ok(outbox_offer_next(world->outbox, &changed));
    return changed;
}

static struct device_answer read_from(struct world *world, uint64_t seq) {
    struct device_answer answer;
    assert_ok(outbox_read(world->outbox, seq, 100000, &world->arena, &answer));
    return answer;
}

static uint64_t waiting(struct world *world) {
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.queued, totals.waiting + totals.received + totals.lost + totals.quarantined);
    return totals.waiting;
}

static void assert_text(const struct record *record, const char *text) {
    assert_int_equal(record->report.size, strlen(text));
    assert_memory_equal(record->report.data, text, strlen(text));
}

// Reports 1..4 acknowledged, 5 and 6 not; then a fork: the old outbox keeps four, the new one has two, acknowledged as well.
static struct device_outbox_state fork_once(struct world *world) {
    welcomed_by(world, 1, 1);
    append(world, 1, 6);
    acknowledge(world, 4);
    struct device_outbox_state old = offered(world);
    assert_ok(outbox_fork(world->outbox));
    acknowledge(world, 2);
    assert_int_equal(waiting(world), 0);
    return old;
}

static void another_epoch_takes_back_what_was_acknowledged(void **state) {
    struct world *world = *state;
    welcomed_by(world, 1, 1);
    append(world, 1, 5);
    acknowledge(world, 4);
    assert_int_equal(waiting(world), 1);
    welcomed_by(world, 1, 1);
    assert_int_equal(offered(world).acknowledged.seq, 4);
    welcomed_by(world, 1, 2);
    for (int i = 0; i < 2; i++) {
        struct device_outbox_state at = offered(world);
        assert_int_equal(at.acknowledged.seq, 0);
        assert_true(hash256_equal(&at.acknowledged.ratchet, &at.seed));
        assert_int_equal(waiting(world), 5);
        reopen(world);
    }
    acknowledge(world, 3); // what the restored server has
    assert_int_equal(waiting(world), 2);
    assert_ok(outbox_fork(world->outbox)); // and where it then has another history, nothing is left behind
    assert_int_equal(offered(world).last_seq, 2);
    assert_text(&read_from(world, 1).records[0], "report 4");
}

static void what_is_no_longer_kept_stays_behind(void **state) {
    struct world *world = *state;
    welcomed_by(world, 1, 1);
    append(world, 1, 5);
    acknowledge(world, 2);
    wall_ms += (int64_t)31 * DAY_MS;
    acknowledge(world, 5); // lets go of 1 and 2
    struct device_answer before = read_from(world, 3);
    assert_true(before.before_known);
    welcomed_by(world, 1, 2);
    struct device_outbox_state at = offered(world);
    assert_int_equal(at.acknowledged.seq, 2);
    assert_true(hash256_equal(&at.acknowledged.head, &before.before.head));
    assert_true(hash256_equal(&at.acknowledged.ratchet, &before.before.ratchet));
    assert_int_equal(waiting(world), 3);
}

static void what_waits_again_is_not_let_go_by_age(void **state) {
    struct world *world = *state;
    (void)fork_once(world);
    welcomed_by(world, 1, 2);
    wall_ms += (int64_t)400 * DAY_MS;
    acknowledge(world, 1);
    acknowledge(world, 2);
    assert_true(next(world));
    struct device_answer answer = read_from(world, 1);
    assert_int_equal(answer.count, 4);
}

static void closed_outboxes_are_offered_again_under_their_own_identity(void **state) {
    struct world *world = *state;
    struct device_outbox_state old = fork_once(world);
    assert_false(next(world));
    welcomed_by(world, 1, 2);
    reopen(world);
    assert_int_equal(waiting(world), 6);
    acknowledge(world, 2); // the active one is drained
    struct device_outbox_state active = offered(world);
    assert_false(active.is_closed);
    assert_true(active.has_elders);
    assert_true(next(world));
    struct device_outbox_state at = offered(world);
    assert_true(at.is_closed);
    assert_false(old.has_elders);
    assert_true(id128_equal(&at.outbox, &old.outbox));
    assert_int_equal(at.last_seq, 4);
    assert_int_equal(at.acknowledged.seq, 4);
    struct device_answer answer = read_from(world, 1);
    assert_int_equal(answer.count, 4);
    assert_text(&answer.records[3], "report 4");
    assert_false(answer.records[3].has_formerly);
    assert_true(hash256_equal(&answer.before.ratchet, &old.seed));
    for (size_t i = 0; i < 4; i++)
        chain_append(&answer.before, &answer.records[i], NULL, NULL);
    assert_true(hash256_equal(&answer.before.head, &at.acknowledged.head)); // as it was chained first
    uint64_t seq;                                                           // queueing goes on in the active one meanwhile
    assert_ok(outbox_append(world->outbox, bytes_of_text("new"), &seq));
    assert_int_equal(seq, 3);
    acknowledge(world, 4);
    assert_int_equal(waiting(world), 1);
    assert_true(next(world));
    assert_true(is_offered(world, &active.outbox));
    assert_int_equal(offered(world).last_seq, 3);
    assert_false(next(world));
    reopen(world);
    assert_false(next(world));
    assert_int_equal(waiting(world), 1);
}

static void an_offer_that_was_cut_short_comes_again(void **state) {
    struct world *world = *state;
    struct device_outbox_state old = fork_once(world);
    welcomed_by(world, 1, 2);
    acknowledge(world, 2);
    assert_true(next(world));
    acknowledge(world, 2);
    outbox_offer_end(world->outbox);
    assert_false(offered(world).is_closed);
    reopen(world);
    assert_int_equal(waiting(world), 2);
    assert_true(next(world));
    assert_true(is_offered(world, &old.outbox));
}

static void where_the_server_has_another_history_they_are_queued_anew(void **state) {
    struct world *world = *state;
    struct device_outbox_state old = fork_once(world);
    welcomed_by(world, 1, 2);
    acknowledge(world, 2);
    assert_true(next(world));
    acknowledge(world, 1);
    assert_ok(outbox_offer_forked(world->outbox, 3));
    assert_false(offered(world).is_closed);
    assert_int_equal(offered(world).last_seq, 5);
    struct device_answer answer = read_from(world, 3);
    assert_int_equal(answer.count, 3);
    assert_text(&answer.records[0], "report 2");
    assert_true(answer.records[0].has_formerly);
    assert_true(id128_equal(&answer.records[0].formerly_outbox, &old.outbox));
    assert_int_equal(answer.records[0].formerly_seq, 2);
    acknowledge(world, 5);
    assert_false(next(world));
    assert_int_equal(waiting(world), 0);
}

static void a_fork_behind_all_of_it_queues_nothing_anew(void **state) {
    struct world *world = *state;
    (void)fork_once(world);
    welcomed_by(world, 1, 2);
    acknowledge(world, 2);
    assert_true(next(world));
    assert_ok(outbox_offer_forked(world->outbox, 5));
    assert_int_equal(offered(world).last_seq, 2);
    assert_false(next(world));
    assert_int_equal(waiting(world), 0);
}

static void what_the_server_will_not_take_is_not_offered_again(void **state) {
    struct world *world = *state;
    (void)fork_once(world);
    assert_err(ROND_ENOTFOUND, outbox_offer_give_up(world->outbox));
    welcomed_by(world, 1, 2);
    acknowledge(world, 2);
    assert_true(next(world));
    assert_ok(outbox_offer_give_up(world->outbox));
    reopen(world);
    assert_false(next(world));
}

static void another_store_gets_nothing_of_what_was_handed_in_elsewhere(void **state) {
    struct world *world = *state;
    (void)fork_once(world);
    welcomed_by(world, 2, 1);
    acknowledge(world, 2);
    assert_false(next(world));
}

static void several_are_offered_oldest_first_and_again_after_the_next_restore(void **state) {
    struct world *world = *state;
    struct device_outbox_state first = fork_once(world);
    append(world, 7, 7);
    struct device_outbox_state second = offered(world);
    assert_ok(outbox_fork(world->outbox));
    acknowledge(world, 1);
    for (uint64_t epoch = 2; epoch < 5; epoch++) {
        welcomed_by(world, 1, epoch);
        acknowledge(world, 1);
        assert_true(next(world));
        assert_true(is_offered(world, &first.outbox));
        assert_true(next(world));
        assert_true(is_offered(world, &second.outbox));
        assert_int_equal(offered(world).last_seq, 2);
        assert_true(next(world));
        assert_false(next(world));
        assert_int_equal(waiting(world), 0);
    }
}

// A file of an older version lets go of payloads of a closed outbox without saying up to where.
static void of_a_closed_one_what_is_no_longer_kept_is_declared_expired(void **state) {
    struct world *world = *state;
    (void)fork_once(world);
    assert_int_equal(
        sqlite3_exec(world->outbox->db, "UPDATE reports SET sealed = NULL WHERE outbox = 1 AND seq <= 2", NULL, NULL, NULL),
        SQLITE_OK);
    welcomed_by(world, 1, 2);
    acknowledge(world, 2);
    assert_true(next(world));
    struct device_answer answer = read_from(world, 1);
    assert_int_equal(answer.count, 0);
    assert_int_equal(answer.lost_last, 2);
    assert_int_equal(answer.lost_reason, ROND__V1__LOST_REASON__LOST_REASON_EXPIRED);
    answer = read_from(world, 3);
    assert_int_equal(answer.count, 2);
    assert_text(&answer.records[0], "report 3");
}

#define TEST(test)                                                                                                          \
    { #test, test, setup, teardown, NULL }

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(another_epoch_takes_back_what_was_acknowledged),
        TEST(what_is_no_longer_kept_stays_behind),
        TEST(what_waits_again_is_not_let_go_by_age),
        TEST(closed_outboxes_are_offered_again_under_their_own_identity),
        TEST(an_offer_that_was_cut_short_comes_again),
        TEST(where_the_server_has_another_history_they_are_queued_anew),
        TEST(a_fork_behind_all_of_it_queues_nothing_anew),
        TEST(what_the_server_will_not_take_is_not_offered_again),
        TEST(another_store_gets_nothing_of_what_was_handed_in_elsewhere),
        TEST(several_are_offered_oldest_first_and_again_after_the_next_restore),
        TEST(of_a_closed_one_what_is_no_longer_kept_is_declared_expired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
