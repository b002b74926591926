// A server whose store cannot be written for a while: nothing is acknowledged that is not durable, what waits is bounded,
// and all goes on by itself afterwards. Another connection that holds SQLite's write lock plays the trouble.
//
// Tests: server/app_devices.c server/app_recovery.c
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { WAIT_MS = 20 * 1000, CONNECTIONS = 16 /* all there may be */, OVERHEAD = 100 };

static const char *test_program;

static int setup(void **state) {
    static struct rondd rondd;
    rondd_start(&rondd, test_program, "");
    *state = &rondd;
    return 0;
}

static sqlite3 *db; // stays open until the server has ended

static int teardown(void **state) {
    struct rondd *rondd = *state;
    (void)rondd_stop(rondd, SIGTERM);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    rondd_end(rondd);
    return 0;
}

static void sleep_ms(long ms) {
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

// The write lock, taken between two transactions of the server's.
static void take_lock(const struct rondd *rondd) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s/rond.db", rondd->lund.directory);
    assert_int_equal(db ? SQLITE_OK : sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, WAIT_MS);
    assert_int_equal(sqlite3_exec(db, "PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void give_back(void) {
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
}

static void wait_for_reason(const struct rondd *rondd, const char *reasons) {
    struct buffer body;
    char expected[160];
    buffer_init(&body, 4096);
    (void)snprintf(expected, sizeof expected, "{\"ready\":%s,\"reasons\":[%s]}\n", *reasons ? "false" : "true", reasons);
    for (int waited_ms = 0;; waited_ms += 20) {
        assert_true(rondd_get(rondd, "/readyz", &body) > 0);
        if (!strcmp(buffer_text(&body), expected))
            break;
        if (waited_ms > WAIT_MS)
            fail_msg("%s is not %s", buffer_text(&body), expected);
        sleep_ms(20);
    }
    buffer_deinit(&body);
}

static void greet(struct handset *handset, struct rondd *rondd, unsigned number) {
    handset_init(handset, rondd, number);
    assert_true(handset_connect(handset));
    handset_hello(handset, PROTOCOL_VERSION);
    assert_non_null(handset_expect(handset, ROND__V1__FRAME__KIND_WELCOME));
}

static double stored(const struct rondd *rondd) {
    struct buffer line;
    buffer_init(&line, 64 * 1024);
    rondd_control(rondd, "{\"command\":\"counts\"}", &line);
    const char *reports = strstr(buffer_text(&line), "\"reports\":");
    if (!reports)
        fail_msg("%s", buffer_text(&line));
    double count = strtod(reports + strlen("\"reports\":"), NULL);
    buffer_deinit(&line);
    return count;
}

static void what_cannot_be_committed_is_not_acknowledged_and_comes_in_once_afterwards(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    greet(&handset, rondd, 0);
    handset_batch(&handset, 10);
    assert_true(handset_acknowledged(&handset));
    struct chain known = handset.chain;
    take_lock(rondd);
    handset_batch(&handset, 20);
    wait_for_reason(rondd, "\"store_failed\"");
    assert_false(handset_acknowledged(&handset)); // the conversation ends, or nothing comes
    give_back();

    handset.chain = known; // all that was acknowledged
    assert_true(handset_connect(&handset));
    handset_hello(&handset, PROTOCOL_VERSION);
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME);
    assert_non_null(frame);
    assert_int_equal(frame->welcome->watermark, 10);
    handset_batch(&handset, 20);
    assert_true(handset_acknowledged(&handset));
    wait_for_reason(rondd, "");
    assert_int_equal((int)stored(rondd), 30);
    assert_true(rondd_metric(rondd, "rond_groups_failed_total") >= 1);
    handset_deinit(&handset);
}

// What a commit that answered failure left in the log is there when the store is opened anew; the other connection plays it.
static void a_revocation_that_came_to_light_when_the_store_was_opened_anew_holds_at_once(void **state) {
    struct rondd *rondd = *state;
    struct handset lost, other;
    char sql[160], hex[2 * ID_SIZE + 1];
    greet(&lost, rondd, 3);
    greet(&other, rondd, 4);
    take_lock(rondd);
    hex_encode(bytes_of(lost.device.b, ID_SIZE), hex);
    (void)snprintf(sql, sizeof sql, "UPDATE devices SET status = %d WHERE device = x'%s'", DEVICE_LOST, hex);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    handset_batch(&other, 5);
    wait_for_reason(rondd, "\"store_failed\"");
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    wait_for_reason(rondd, "");

    const Rond__V1__Frame *frame = handset_expect(&lost, ROND__V1__FRAME__KIND_REFUSAL); // it says nothing itself
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_REVOKED);
    assert_true(handset_connect(&lost));
    frame = handset_expect(&lost, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_REVOKED);
    handset_deinit(&lost);
    handset_deinit(&other);
}

// Commands as large as may be, so that the queue before the committer is full to a few bytes.
static int ask_largest(const struct rondd *rondd) {
    static char request[CONTROL_REQUEST_BYTES_MAX + 1];
    static const char begin[] = "{\"command\":\"rebuild\",\"x\":\"", end[] = "\"}\n";
    memset(request, 'x', sizeof request);
    size_t size = CONTROL_REQUEST_BYTES_MAX - OVERHEAD;
    memcpy(request, begin, sizeof begin - 1);
    memcpy(request + size - (sizeof end - 1), end, sizeof end);
    char path[160];
    (void)snprintf(path, sizeof path, "%s/control.sock", rondd->lund.directory);
    int client = connect_unix(path);
    send_text(client, request);
    return client;
}

// A group that waits for the store longer than it may gives its part of the queue back (on a slow machine before the queue
// is full), so that from time to time the first who asked are let go and ask again.
static void fill_queue(struct rondd *rondd, int clients[CONNECTIONS]) {
    unsigned count = 0;
    for (int waited_ms = 0;
         rondd_metric(rondd, "rond_commit_queue_bytes") < COMMIT_QUEUE_BYTES_MAX - CONNECTIONS * 2 * OVERHEAD;
         waited_ms += 20) {
        assert_true(waited_ms < 3 * WAIT_MS);
        if (count >= CONNECTIONS && waited_ms % 1000 == 980)
            close(clients[count % CONNECTIONS]);
        if (count < CONNECTIONS || waited_ms % 1000 == 980)
            clients[count++ % CONNECTIONS] = ask_largest(rondd);
        sleep_ms(20);
    }
    assert_true(count >= CONNECTIONS);
}

__attribute__((unused)) static void a_full_queue_pauses_its_devices_and_loses_nothing(void **state) {
    struct rondd *rondd = *state;
    struct handset first, second;
    int clients[CONNECTIONS];
    double before = stored(rondd);
    greet(&first, rondd, 1);
    greet(&second, rondd, 2);
    take_lock(rondd);
    fill_queue(rondd, clients);
    handset_batch(&first, 200);
    handset_batch(&first, 200);
    handset_batch(&second, 200);
    handset_batch(&second, 50);
    wait_for_reason(rondd, "\"commit_queue_full\"");
    give_back();
    bool first_done = handset_acknowledged(&first), second_done = handset_acknowledged(&second);
    assert_true(first_done);
    assert_true(second_done);
    wait_for_reason(rondd, "");
    assert_int_equal((int)rondd_metric(rondd, "rond_commit_queue_bytes"), 0);
    for (int i = 0; i < CONNECTIONS; i++)
        close(clients[i]); // whoever asked is answered, or was gone
    sleep_ms(200);
    assert_int_equal((int)(stored(rondd) - before), 650);
    handset_deinit(&first);
    handset_deinit(&second);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_committed_is_not_acknowledged_and_comes_in_once_afterwards),
        cmocka_unit_test(a_revocation_that_came_to_light_when_the_store_was_opened_anew_holds_at_once),
#ifndef __SANITIZE_THREAD__ // fills the queue more slowly than the committer waits for the lock
        cmocka_unit_test(a_full_queue_pauses_its_devices_and_loses_nothing),
#endif
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
