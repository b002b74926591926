// A disk that is full, that is read-only, or that has spoilt pages: the server refuses and says when to come again, stays
// readable, says so in its log once, in /readyz and in /healthz, and goes on by itself as soon as it can. The disks are real:
// file systems of a few megabytes that the test mounts in a name space of its own. Needs root; passed over without.
//
// Tests: server/app_check.c server/app_trouble.c
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "support/loop.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { WAIT_MS = 20 * 1000, REPORTS = 100, ROUNDS_MAX = 40, PAGE = 4096 };

static const char *test_program;
static struct rondd rondd;
static char disk[64]; // another way to the file system that the data directory is on

static void sleep_ms(long ms) {
    const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

static void copy_files(const char *from, const char *to) {
    char command[256];
    (void)snprintf(command, sizeof command, "cp -a '%s/.' '%s'", from, to);
    assert_int_equal(system(command), 0);
}

static bool may_mount(void) {
    static bool asked, may;
    if (!asked)
        may = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    if (!asked && !may)
        print_message("passed over: no file system can be mounted here (%s)\n", strerror(errno));
    asked = true;
    return may;
}

// The data directory moves onto a small file system of its own.
static int setup(void **state) {
    UNUSED(state);
    if (!may_mount())
        return 0;
    rondd_start(&rondd, test_program, "");
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    (void)snprintf(disk, sizeof disk, "/tmp/rond-disk-XXXXXX");
    assert_non_null(mkdtemp(disk));
    assert_int_equal(mount("rond-test", disk, "tmpfs", 0, "size=8m"), 0);
    copy_files(rondd.lund.directory, disk);
    assert_int_equal(mount(disk, rondd.lund.directory, NULL, MS_BIND, NULL), 0);
    (void)snprintf(rondd.log_path, sizeof rondd.log_path, "%s.log", disk);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    if (!may_mount())
        return 0;
    if (rondd.pid)
        (void)rondd_stop(&rondd, SIGTERM);
    assert_int_equal(umount2(rondd.lund.directory, MNT_DETACH), 0);
    assert_int_equal(umount2(disk, MNT_DETACH), 0);
    assert_int_equal(rmdir(disk), 0);
    assert_int_equal(unlink(rondd.log_path), 0);
    rondd_end(&rondd);
    return 0;
}

#define SKIP_WITHOUT_MOUNTS()                                                                                               \
    if (!may_mount())                                                                                                       \
    skip()

// --- What it says ---

static size_t lines_of_log(const char *event) {
    char line[2048];
    size_t count = 0;
    FILE *log = fopen(rondd.log_path, "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log))
        count += strstr(line, event) != NULL;
    fclose(log);
    return count;
}

static void wait_for(const char *path, const char *words) {
    struct buffer body;
    buffer_init(&body, 64 * 1024);
    for (int waited_ms = 0;; waited_ms += 20) {
        assert_true(rondd_get(&rondd, path, &body) > 0);
        if (strstr(buffer_text(&body), words))
            break;
        if (waited_ms > WAIT_MS)
            fail_msg("%s says %s, not %s", path, buffer_text(&body), words);
        sleep_ms(20);
    }
    buffer_deinit(&body);
}

static void expect_readable(const char *command, const char *words) {
    struct buffer line;
    buffer_init(&line, 64 * 1024);
    rondd_control(&rondd, command, &line);
    if (!strstr(buffer_text(&line), "\"ok\":true") || !strstr(buffer_text(&line), words))
        fail_msg("%s answers %s", command, buffer_text(&line));
    buffer_deinit(&line);
}

// --- What devices meet ---

// True where all is acknowledged; else the code that it was refused with, and that it may come again later.
static bool hand_in(struct handset *handset, unsigned count, unsigned *ret_code) {
    struct chain known = handset->chain;
    assert_true(handset_connect(handset));
    handset_hello(handset, PROTOCOL_VERSION);
    handset_batch(handset, count);
    for (;;) {
        const Rond__V1__Frame *frame = handset_next(handset);
        if (frame && frame->kind_case == ROND__V1__FRAME__KIND_VERDICTS && frame->verdicts->watermark == handset->chain.seq)
            return true;
        if (frame && frame->kind_case != ROND__V1__FRAME__KIND_REFUSAL)
            continue;
        handset->chain = known; // it has that still
        *ret_code = frame ? frame->refusal->code : 0;
        assert_true(!frame || (frame->refusal->retry && frame->refusal->retry_after_ms > 0));
        return false;
    }
}

static unsigned hand_in_until_refused(struct handset *handset) {
    unsigned code = 0;
    for (int i = 0; i < ROUNDS_MAX; i++)
        if (!hand_in(handset, REPORTS, &code))
            return code;
    fail_msg("nothing is refused");
    return 0;
}

static void fill_disk(void) {
    static char zeros[64 * 1024];
    char path[96];
    (void)snprintf(path, sizeof path, "%s/ballast", disk);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    size_t size = sizeof zeros;
    while (size > 0)
        if (write(descriptor, zeros, size) < 0)
            size /= 2;
    close(descriptor);
}

static void free_disk(void) {
    char path[96];
    (void)snprintf(path, sizeof path, "%s/ballast", disk);
    assert_int_equal(unlink(path), 0);
}

static uint64_t stored(void) {
    struct buffer line;
    buffer_init(&line, 64 * 1024);
    rondd_control(&rondd, "{\"command\":\"counts\"}", &line);
    const char *reports = strstr(buffer_text(&line), "\"reports\":");
    assert_non_null(reports);
    uint64_t count = strtoull(reports + strlen("\"reports\":"), NULL, 10);
    buffer_deinit(&line);
    return count;
}

static void a_full_disk_is_told_with_a_retry_time_and_all_goes_on_by_itself_when_there_is_room(void **state) {
    UNUSED(state);
    SKIP_WITHOUT_MOUNTS();
    struct handset handset;
    unsigned code = 0;
    rondd_start_again(&rondd);
    handset_init(&handset, &rondd, 0);
    assert_true(hand_in(&handset, 10, &code));
    fill_disk();
    assert_int_equal(hand_in_until_refused(&handset), CODE_STORE_FULL);
    uint64_t before = stored();
    assert_int_equal(before, handset.chain.seq);
    for (int i = 0; i < 5; i++)
        assert_false(hand_in(&handset, REPORTS, &code));
    wait_for("/readyz", "{\"ready\":false,\"reasons\":[\"store_full\"]}");
    wait_for("/healthz", "\"store\":\"store_full\"");
    expect_readable("{\"command\":\"progress\"}", "lund");
    expect_readable("{\"command\":\"outbox.list\"}", "ok");
    assert_int_equal(stored(), before);
    assert_int_equal(lines_of_log("event=store_trouble what=store_full"), 1);
    assert_int_equal(lines_of_log("event=store_recovered"), 0);

    free_disk(); // and nobody asks
    wait_for("/readyz", "{\"ready\":true,\"reasons\":[]}");
    assert_int_equal(lines_of_log("event=store_recovered after=store_full"), 1);
    assert_true(hand_in(&handset, REPORTS, &code));
    assert_int_equal(stored(), before + REPORTS);
    rondd_check_counters(&rondd);
    handset_deinit(&handset);
}

// The store was opened before the disk became read-only, as when a kernel finds it broken: SQLite learns of it where it
// opens its files anew, which the committer does after each failure.
static void a_read_only_disk_is_told_and_all_goes_on_by_itself_when_it_can_be_written(void **state) {
    UNUSED(state);
    SKIP_WITHOUT_MOUNTS();
    struct handset handset;
    unsigned code = 0;
    rondd_start_again(&rondd);
    handset_init(&handset, &rondd, 0);
    assert_true(hand_in(&handset, 10, &code));
    fill_disk();
    assert_int_equal(hand_in_until_refused(&handset), CODE_STORE_FULL);
    const char *directory = rondd.lund.directory;
    assert_int_equal(mount(directory, directory, NULL, MS_BIND, NULL), 0);
    assert_int_equal(mount(NULL, directory, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
    free_disk();
    wait_for("/readyz", "\"store_failed\"");
    wait_for("/healthz", "read-only");
    assert_false(hand_in(&handset, REPORTS, &code));
    assert_int_equal(code, CODE_STORE_FAILED);
    expect_readable("{\"command\":\"progress\"}", "lund");

    assert_int_equal(umount2(directory, MNT_DETACH), 0);
    wait_for("/readyz", "{\"ready\":true,\"reasons\":[]}");
    assert_int_equal(lines_of_log("event=store_trouble what=store_failed"), 1);
    assert_int_equal(lines_of_log("event=store_recovered"), 1);
    assert_true(hand_in(&handset, REPORTS, &code));
    rondd_check_counters(&rondd);
    handset_deinit(&handset);
}

// --- Spoilt pages ---

// Overwrites the root page of a table in the file itself.
static void spoil(const char *table) {
    char path[96], sql[128], junk[PAGE];
    sqlite3 *db;
    sqlite3_stmt *statement;
    (void)snprintf(path, sizeof path, "%s/rond.db", disk);
    (void)snprintf(sql, sizeof sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    long page = (long)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    memset(junk, 0xa5, sizeof junk);
    int descriptor = open(path, O_WRONLY);
    assert_int_equal(pwrite(descriptor, junk, sizeof junk, (page - 1) * PAGE), PAGE);
    close(descriptor);
}

static void a_damaged_store_is_told_by_table_takes_nothing_and_stays_readable_where_it_is_whole(void **state) {
    UNUSED(state);
    SKIP_WITHOUT_MOUNTS();
    struct handset handset;
    unsigned code = 0;
    rondd_start_again(&rondd);
    handset_init(&handset, &rondd, 0);
    assert_true(hand_in(&handset, 10, &code));
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    spoil("forks"); // which nothing of what follows needs
    rondd_start_again(&rondd);
    wait_for("/readyz", "\"store_damaged\"");
    wait_for("/healthz", "Table forks:");
    assert_false(hand_in(&handset, 10, &code));
    assert_int_equal(code, CODE_STORE_FAILED);
    assert_false(hand_in(&handset, 10, &code));
    expect_readable("{\"command\":\"progress\"}", "lund");
    expect_readable("{\"command\":\"device.list\"}", "ok");
    assert_int_equal(lines_of_log("event=store_trouble what=store_damaged"), 1);
    handset_deinit(&handset);
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
}

// --- Trouble that is there at the start ---

// Its ports by its log, since there may be no room for the file that tells them.
static bool ports_logged(void) {
    static const char *const names[] = {"name=devices ", "name=enrolment ", "name=operations "};
    int *ports[] = {&rondd.devices_port, &rondd.enrolment_port, &rondd.operations_port};
    char line[2048];
    size_t found = 0;
    FILE *log = fopen(rondd.log_path, "r");
    assert_non_null(log);
    while (fgets(line, sizeof line, log))
        for (size_t i = 0; i < ARRAY_COUNT(names); i++)
            if (strstr(line, "event=listening") && strstr(line, names[i]))
                found += sscanf(strstr(line, "port="), "port=%d", ports[i]) == 1;
    fclose(log);
    return found >= ARRAY_COUNT(names);
}

static void empty_log(void) {
    FILE *log = fopen(rondd.log_path, "w");
    assert_non_null(log);
    fclose(log);
}

static void start_in_trouble(void) {
    empty_log();
    rondd_spawn(&rondd);
    for (int waited_ms = 0; !ports_logged(); waited_ms += 20) {
        assert_true(waited_ms < WAIT_MS);
        sleep_ms(20);
    }
}

static void wait_for_log(const char *event) {
    for (int waited_ms = 0; lines_of_log(event) == 0; waited_ms += 20) {
        if (waited_ms > WAIT_MS)
            fail_msg("the log does not say %s", event);
        sleep_ms(20);
    }
}

static void a_server_that_is_started_on_a_full_disk_refuses_stays_readable_and_goes_on_by_itself(void **state) {
    UNUSED(state);
    SKIP_WITHOUT_MOUNTS();
    struct handset handset;
    unsigned code = 0;
    rondd_start_again(&rondd);
    handset_init(&handset, &rondd, 0);
    assert_true(hand_in(&handset, 10, &code));
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    fill_disk();
    start_in_trouble();
    wait_for("/readyz", "{\"ready\":false,\"reasons\":[\"store_full\"]}");
    wait_for("/healthz", "\"store\":\"store_full\"");
    assert_int_equal((int)rondd_metric(&rondd, "rond_store_works"), 0);
    assert_false(hand_in(&handset, REPORTS, &code));
    assert_int_equal(code, CODE_STORE_FULL);
    expect_readable("{\"command\":\"progress\"}", "lund");
    assert_int_equal(stored(), 10);
    assert_int_equal(lines_of_log("event=store_trouble what=store_full"), 1);

    free_disk();
    rondd_await(&rondd); // which finds the file of its ports
    wait_for_log("event=store_recovered after=store_full");
    assert_true(hand_in(&handset, REPORTS, &code));
    assert_int_equal(stored(), 10 + REPORTS);
    rondd_check_counters(&rondd);
    handset_deinit(&handset);
}

static void a_server_that_is_started_on_a_read_only_disk_waits_and_serves_when_it_can_be_written(void **state) {
    UNUSED(state);
    SKIP_WITHOUT_MOUNTS();
    const char *directory = rondd.lund.directory;
    for (unsigned stops = 0; stops < 2; stops++) {
        assert_int_equal(mount(directory, directory, NULL, MS_BIND, NULL), 0);
        assert_int_equal(mount(NULL, directory, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
        empty_log();
        rondd_spawn(&rondd);
        wait_for_log("event=store_trouble what=store_failed err=io text=\"The disk is mounted read-only.\"");
        assert_int_equal(waitpid(rondd.pid, NULL, WNOHANG), 0);
        if (stops)
            assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
        assert_int_equal(umount2(directory, MNT_DETACH), 0);
        if (stops)
            break;
        rondd_await(&rondd);
        assert_int_equal(lines_of_log("event=store_recovered after=store_failed"), 1);
        assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    }
}

static void where_it_cannot_be_read_who_devices_are_they_are_sent_away_for_a_while(void **state) {
    UNUSED(state);
    SKIP_WITHOUT_MOUNTS();
    struct handset handset;
    unsigned code = 0;
    rondd_start_again(&rondd);
    handset_init(&handset, &rondd, 0);
    assert_true(hand_in(&handset, 10, &code));
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    spoil("devices");
    start_in_trouble();
    wait_for("/readyz", "\"store_damaged\"");
    wait_for("/healthz", "devices");
    assert_false(hand_in(&handset, 10, &code));
    assert_int_equal(code, CODE_STORE_FAILED);
    expect_readable("{\"command\":\"audit\"}", "ok");
    expect_readable("{\"command\":\"promise.list\"}", "ok");
    handset_deinit(&handset);
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    (void)setenv("RONDD_LOG", "info", 1); // for its ports
    const struct CMUnitTest tests[] = {
        TEST(a_full_disk_is_told_with_a_retry_time_and_all_goes_on_by_itself_when_there_is_room),
        TEST(a_read_only_disk_is_told_and_all_goes_on_by_itself_when_it_can_be_written),
        TEST(a_damaged_store_is_told_by_table_takes_nothing_and_stays_readable_where_it_is_whole),
        TEST(a_server_that_is_started_on_a_full_disk_refuses_stays_readable_and_goes_on_by_itself),
        TEST(a_server_that_is_started_on_a_read_only_disk_waits_and_serves_when_it_can_be_written),
        TEST(where_it_cannot_be_read_who_devices_are_they_are_sent_away_for_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
