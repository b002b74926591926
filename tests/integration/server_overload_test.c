// Too much at once, over real sockets and TLS. One device's share: beyond it a refusal that says when, and another device is
// served. A commit queue that is full: what comes waits in order, within bounds, and nothing of it is lost.
// Tests: server/app_pressure.c
#include <signal.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static const char *program;
static struct rondd rondd;

static int begin(void **state) {
    UNUSED(state);
    rondd_start(&rondd, program, "device_batches_per_minute = 10\n");
    return 0;
}

static int end(void **state) {
    UNUSED(state);
    rondd_end(&rondd);
    return 0;
}

static const Rond__V1__Refusal *refusal_of(struct handset *handset) {
    const Rond__V1__Frame *frame = handset_expect(handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    return frame->refusal;
}

static void assert_is_told_to_wait(const Rond__V1__Refusal *refusal) {
    assert_int_equal(refusal->code, CODE_QUOTA_EXCEEDED);
    assert_string_equal(refusal->sentence, wire_code_sentence(CODE_QUOTA_EXCEEDED));
    assert_true(refusal->retry);
    assert_in_range(refusal->retry_after_ms, 5000, 10 * 1000);
}

static void greet(struct handset *handset) {
    assert_true(handset_connect(handset));
    handset_hello(handset, 1);
}

static void a_device_beyond_its_share_is_told_when_and_another_is_served(void **state) {
    UNUSED(state);
    struct handset flooding, honest;
    handset_init(&flooding, &rondd, 0);
    handset_init(&honest, &rondd, 1);
    greet(&flooding);
    assert_non_null(handset_expect(&flooding, ROND__V1__FRAME__KIND_WELCOME));
    for (int i = 0; i < 9; i++)
        handset_batch(&flooding, 1);
    assert_true(handset_acknowledged(&flooding)); // its share, to the last
    struct chain acknowledged = flooding.chain;
    handset_batch(&flooding, 1);
    assert_is_told_to_wait(refusal_of(&flooding));
    assert_int_equal(ws_read_until_closed(&flooding.client, 5000) >= 0, 1);
    flooding.chain = acknowledged;
    greet(&flooding); // anew does not help
    assert_is_told_to_wait(refusal_of(&flooding));
    greet(&honest);
    assert_non_null(handset_expect(&honest, ROND__V1__FRAME__KIND_WELCOME));
    handset_batch(&honest, 3);
    assert_true(handset_acknowledged(&honest));
    assert_int_equal((int)rondd_metric(&rondd, "rond_reports_total{verdict=\"applied\"}"), 9 + 3);
    assert_int_equal((int)rondd_metric(&rondd, "rond_refusals_total{code=\"306\",name=\"quota_exceeded\"}"), 2);
    handset_deinit(&flooding);
    handset_deinit(&honest);
}

static void a_server_that_ends_tells_its_devices_different_times(void **state) {
    UNUSED(state);
    enum { HANDSETS = 6 };
    struct handset handsets[HANDSETS];
    uint32_t after_ms[HANDSETS];
    size_t different = 0;
    for (unsigned i = 0; i < HANDSETS; i++) {
        handset_init(&handsets[i], &rondd, i % 3); // of one device the newer one supersedes the older
        greet(&handsets[i]);
        assert_non_null(handset_expect(&handsets[i], ROND__V1__FRAME__KIND_WELCOME));
        if (i >= 3)
            handset_disconnect(&handsets[i - 3]);
    }
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    for (unsigned i = 3; i < HANDSETS; i++) {
        const Rond__V1__Refusal *refusal = refusal_of(&handsets[i]);
        assert_int_equal(refusal->code, CODE_DRAINING);
        after_ms[i] = refusal->retry_after_ms;
        assert_in_range(after_ms[i], 2000, 4000);
        different += i > 3 && after_ms[i] != after_ms[i - 1];
    }
    assert_true(different > 0);
    for (unsigned i = 0; i < HANDSETS; i++)
        handset_deinit(&handsets[i]);
}

// --- A full queue ---

enum { PRESSING = 5, PRESSING_BATCHES = 20, BATCH = 1000, HOLD_MS = 2000, WAIT_MS_MAX = 3000, PATIENCE = 12 };

static sqlite3 *other;
static int64_t held_since_ms;

// The committer waits for another's lock for at most five seconds; then its commit would fail. So a long hold is several.
static void store_hold(void) {
    if (other && clock_monotonic_ms(clock_system()) - held_since_ms < HOLD_MS)
        return;
    if (other)
        assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    char path[256];
    (void)snprintf(path, sizeof path, "%s/rond.db", rondd.lund.directory);
    if (!other)
        assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    sqlite3_busy_timeout(other, 60 * 1000);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    held_since_ms = clock_monotonic_ms(clock_system());
}

static void store_release(void) {
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    other = NULL;
}

// Tens of thousands of reports may have to be committed before.
static const Rond__V1__Frame *wait_for(struct handset *handset, Rond__V1__Frame__KindCase kind) {
    const Rond__V1__Frame *frame = NULL;
    for (int i = 0; i < PATIENCE && !frame; i++)
        frame = handset_expect(handset, kind);
    return frame;
}

static bool wait_for_all(struct handset *handset) {
    for (const Rond__V1__Frame *frame; (frame = wait_for(handset, ROND__V1__FRAME__KIND_VERDICTS));)
        if (frame->verdicts->watermark == handset->chain.seq)
            return true;
    return false;
}

static int64_t store_number(const char *sql) {
    char path[256];
    sqlite3 *db;
    sqlite3_stmt *statement;
    (void)snprintf(path, sizeof path, "%s/rond.db", rondd.lund.directory);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static double metric_max(double before, const char *name) {
    double now = rondd_metric(&rondd, name);
    return now > before ? now : before;
}

static void what_comes_while_the_queue_is_full_waits_within_bounds_and_is_served_in_order(void **state) {
    UNUSED(state);
    struct handset pressing[PRESSING], late;
    double queue_bytes = 0, held_bytes = 0;
    for (unsigned i = 0; i < PRESSING; i++) {
        handset_init(&pressing[i], &rondd, i);
        greet(&pressing[i]);
        assert_non_null(handset_expect(&pressing[i], ROND__V1__FRAME__KIND_WELCOME));
    }
    handset_init(&late, &rondd, PRESSING);
    assert_true(handset_connect(&late));
    store_hold();
    for (unsigned i = 0; i < PRESSING_BATCHES * PRESSING; i++) {
        handset_batch(&pressing[i % PRESSING], BATCH);
        store_hold();
    }
    for (int waited_ms = 0; rondd_metric(&rondd, "rond_held_total") < 1 && waited_ms < WAIT_MS_MAX; waited_ms += 20) {
        usleep(20 * 1000);
        store_hold();
    }
    handset_hello(&late, 1);
    handset_batch(&late, 1);
    for (int i = 0; i < 10; i++) {
        queue_bytes = metric_max(queue_bytes, "rond_commit_queue_bytes");
        held_bytes = metric_max(held_bytes, "rond_held_bytes");
        usleep(10 * 1000);
    }
    store_release();
    assert_true(rondd_metric(&rondd, "rond_held_total") >= 1);
    assert_true(queue_bytes > COMMIT_QUEUE_BYTES_MAX / 2 && queue_bytes <= COMMIT_QUEUE_BYTES_MAX);
    assert_true(held_bytes <= HELD_BYTES_MAX);
    const Rond__V1__Frame *welcome = wait_for(&late, ROND__V1__FRAME__KIND_WELCOME);
    assert_non_null(welcome);
    assert_true(wait_for_all(&late));
    for (unsigned i = 0; i < PRESSING; i++)
        assert_true(wait_for_all(&pressing[i]));
    assert_int_equal((int)rondd_metric(&rondd, "rond_reports_total{verdict=\"applied\"}"),
                     PRESSING * PRESSING_BATCHES * BATCH + 1);
    assert_int_equal((int)rondd_metric(&rondd, "rond_held_bytes"), 0);
    // Turn by turn: nobody waited for more than a few rounds, and the late one had its turn among them, not after them.
    assert_true(store_number("SELECT max(gap) FROM (SELECT row - lag(row) OVER (PARTITION BY outbox ORDER BY row) AS gap"
                             " FROM reports)") < 4 * PRESSING * BATCH);
    assert_true(store_number("SELECT row FROM reports WHERE outbox = (SELECT number FROM outboxes WHERE watermark = 1)") <
                store_number("SELECT max(row) FROM reports") - 5 * BATCH);
    for (unsigned i = 0; i < PRESSING; i++)
        handset_deinit(&pressing[i]);
    handset_deinit(&late);
}

static int begin_plain(void **state) {
    UNUSED(state);
    rondd_start(&rondd, program, "");
    return 0;
}

int main(int argc, char **argv) {
    UNUSED(argc);
    program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_beyond_its_share_is_told_when_and_another_is_served, begin, end),
        cmocka_unit_test_setup_teardown(what_comes_while_the_queue_is_full_waits_within_bounds_and_is_served_in_order,
                                        begin_plain, end),
        cmocka_unit_test_setup_teardown(a_server_that_ends_tells_its_devices_different_times, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
