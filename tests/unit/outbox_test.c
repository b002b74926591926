// Tests: client-sdk/src/outbox_read.c client-sdk/src/outbox_sql.c client-sdk/src/outbox_status.c
#include "outbox.h"

#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "outbox_internal.h"

// --- A device with a clock that the test moves ---

static int64_t wall_ms;
static int64_t test_wall(void *context) {
    return wall_ms;
}
static uint64_t test_boot(void *context) {
    return 7;
}
static const struct clock test_clock = {.wall_ms = test_wall, .monotonic_ms = test_wall, .boot_id = test_boot};

struct world {
    char directory[64];
    char path[128];
    struct seal_key key;
    struct outbox *outbox;
    struct arena arena;
};

static struct outbox *open_with(struct world *world, const char *path, enum rond_err expected) {
    struct outbox_config config = {.path = path, .key = &world->key, .rng = rng_system(), .clock = &test_clock};
    struct outbox *outbox = NULL;
    struct fault fault;
    assert_err(expected, outbox_open(&config, &outbox, &fault));
    if (expected != ROND_OK)
        assert_string_not_equal(fault.text, "");
    return outbox;
}

static int setup(void **state) {
    struct world *world = calloc(1, sizeof *world);
    strcpy(world->directory, "/tmp/outbox_test.XXXXXX");
    assert_non_null(mkdtemp(world->directory));
    snprintf(world->path, sizeof world->path, "%s/outbox", world->directory);
    memset(world->key.b, 0x42, sizeof world->key.b);
    arena_init(&world->arena, 64 * 1024 * 1024);
    wall_ms = 1430000000000;
    world->outbox = open_with(world, world->path, ROND_OK);
    *state = world;
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    outbox_close(world->outbox);
    arena_deinit(&world->arena);
    char command[160];
    snprintf(command, sizeof command, "rm -rf %s", world->directory);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static void reopen(struct world *world) {
    outbox_close(world->outbox);
    world->outbox = open_with(world, world->path, ROND_OK);
}

static uint64_t append_text(struct outbox *outbox, const char *text) {
    uint64_t seq = 0;
    assert_ok(outbox_append(outbox, bytes_of_text(text), &seq));
    return seq;
}

static void append_many(struct outbox *outbox, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        char text[64];
        snprintf(text, sizeof text, "report %llu", (unsigned long long)outbox->position.last.seq + 1);
        append_text(outbox, text);
    }
}

static struct device_answer read_from(struct world *world, uint64_t first_seq, size_t bytes_max) {
    struct device_answer answer;
    assert_ok(outbox_read(world->outbox, first_seq, bytes_max, &world->arena, &answer));
    return answer;
}

static void assert_report(const struct record *record, const char *text) {
    assert_int_equal(record->report.size, strlen(text));
    assert_memory_equal(record->report.data, text, strlen(text));
}

static struct device_outbox_state state_of(struct world *world) {
    struct device_outbox_state state;
    outbox_state(world->outbox, &state);
    return state;
}

// What the server would do: walks the whole chain by the answers alone, from the seed.
static struct chain walk(struct world *world) {
    struct device_outbox_state state = state_of(world);
    struct chain chain;
    chain_init(&chain, &state.seed);
    while (chain.seq < state.last_seq) {
        struct device_answer answer = read_from(world, chain.seq + 1, 100);
        assert_true(answer.before_known);
        assert_true(hash256_equal(&answer.before.head, &chain.head));
        assert_true(hash256_equal(&answer.before.ratchet, &chain.ratchet));
        for (size_t i = 0; i < answer.count; i++)
            chain_append(&chain, &answer.records[i], NULL, NULL);
        if (answer.lost_last != 0)
            chain_lose(&chain, answer.lost_last, answer.lost_reason, &answer.lost_ratchet);
        assert_true(answer.count > 0 || answer.lost_last != 0);
    }
    return chain;
}

static void acknowledge(struct world *world, uint64_t seq) {
    struct chain chain = {.seq = seq};
    assert_ok(outbox_acknowledge(world->outbox, &chain, NULL));
}

static void execute(struct world *world, const char *sql) {
    assert_int_equal(sqlite3_exec(world->outbox->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

// --- Queueing ---

static void outbox_keeps_every_report_in_order_over_reopening(void **state) {
    struct world *world = *state;
    assert_int_equal(append_text(world->outbox, "one"), 1);
    assert_int_equal(append_text(world->outbox, "two"), 2);
    struct device_outbox_state before = state_of(world);
    reopen(world);
    struct device_outbox_state after = state_of(world);
    assert_true(id128_equal(&before.outbox, &after.outbox));
    assert_false(id128_is_zero(&after.outbox));
    assert_int_equal(after.last_seq, 2);
    assert_true(after.seed_known);
    assert_true(hash256_equal(&before.seed, &after.seed));
    assert_int_equal(append_text(world->outbox, "three"), 3);
    struct device_answer answer = read_from(world, 1, 1000);
    assert_int_equal(answer.count, 3);
    assert_report(&answer.records[0], "one");
    assert_report(&answer.records[2], "three");
    assert_false(answer.records[0].has_formerly);
}

static void the_chain_that_reads_tell_is_the_chain_that_is_kept(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 60);
    struct chain chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
    assert_true(hash256_equal(&chain.ratchet, &world->outbox->position.last.ratchet));
    acknowledge(world, 17);
    reopen(world);
    struct device_outbox_state at = state_of(world);
    assert_int_equal(at.acknowledged.seq, 17);
    struct device_answer answer = read_from(world, 18, 30);
    assert_true(hash256_equal(&answer.before.head, &at.acknowledged.head));
    assert_true(hash256_equal(&answer.before.ratchet, &at.acknowledged.ratchet));
    chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
}

static void reading_keeps_to_the_bound_but_gives_one_at_least(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 5); // of 8 bytes each
    assert_int_equal(read_from(world, 1, 1).count, 1);
    assert_int_equal(read_from(world, 1, 16).count, 2);
    assert_int_equal(read_from(world, 1, 23).count, 2);
    assert_int_equal(read_from(world, 4, 1000).count, 2);
    struct device_answer past = read_from(world, 6, 1000);
    assert_int_equal(past.count, 0);
    assert_int_equal(past.lost_last, 0);
    assert_true(past.before_known);
    assert_int_equal(past.before.seq, 5);
}

static void what_cannot_be_a_report_is_refused(void **state) {
    struct world *world = *state;
    uint64_t seq = 99;
    static uint8_t large[REPORT_BYTES_MAX + 1];
    assert_err(ROND_EINVALID, outbox_append(world->outbox, bytes_of(large, sizeof large), &seq));
    assert_err(ROND_EINVALID, outbox_append(world->outbox, bytes_of(NULL, 0), &seq));
    assert_int_equal(seq, 99);
    assert_ok(outbox_append(world->outbox, bytes_of(large, REPORT_BYTES_MAX), &seq));
    assert_int_equal(read_from(world, 1, 10).records[0].report.size, REPORT_BYTES_MAX);
}

// --- Full, crashed, locked, altered ---

static void a_full_disk_refuses_the_report_and_leaves_nothing_half_written(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 3);
    execute(world, "PRAGMA max_page_count = 40");
    static uint8_t large[8000];
    memset(large, 'x', sizeof large);
    uint64_t seq = 0, last = 0;
    enum rond_err err = ROND_OK;
    while ((err = outbox_append(world->outbox, bytes_of(large, sizeof large), &seq)) == ROND_OK)
        last = seq;
    assert_err(ROND_EFULL, err);
    assert_true(last > 3);
    assert_int_equal(state_of(world).last_seq, last);
    walk(world);
    execute(world, "PRAGMA max_page_count = 100000");
    assert_int_equal(append_text(world->outbox, "room again"), last + 1);
    reopen(world);
    assert_int_equal(state_of(world).last_seq, last + 1);
    struct chain chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
}

// A bound on the file's size stands for the disk that runs full under the write-ahead log.
static void a_write_that_fails_midway_leaves_nothing_half_written(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 3);
    outbox_close(world->outbox);
    world->outbox = NULL;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {.rlim_cur = 150000, .rlim_max = 150000};
        setrlimit(RLIMIT_FSIZE, &limit);
        struct outbox_config config = {.path = world->path, .key = &world->key, .rng = rng_system(), .clock = &test_clock};
        struct outbox *outbox = NULL;
        if (outbox_open(&config, &outbox, NULL) != ROND_OK)
            _exit(100);
        uint64_t seq = 0;
        static uint8_t body[3000];
        enum rond_err err;
        while ((err = outbox_append(outbox, bytes_of(body, sizeof body), &seq)) == ROND_OK && seq < 90) {
        }
        // Still full, and still as it was.
        uint64_t again = 0;
        if (err != ROND_EFULL || outbox_append(outbox, bytes_of(body, sizeof body), &again) != ROND_EFULL)
            _exit(101);
        _exit(outbox->position.last.seq == seq ? (int)seq : 102);
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_in_range(WEXITSTATUS(status), 4, 89);
    world->outbox = open_with(world, world->path, ROND_OK);
    assert_int_equal(state_of(world).last_seq, WEXITSTATUS(status));
    struct chain chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
    assert_int_equal(append_text(world->outbox, "after"), WEXITSTATUS(status) + 1);
}

static void outbox_keeps_unacknowledged_reports_after_a_crash(void **state) {
    struct world *world = *state;
    outbox_close(world->outbox);
    world->outbox = NULL;
    uint64_t said = 0;
    for (int round = 0; round < 5; round++) {
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        pid_t child = fork();
        if (child == 0) {
            struct outbox_config config = {
                .path = world->path, .key = &world->key, .rng = rng_system(), .clock = &test_clock};
            struct outbox *outbox = NULL;
            if (outbox_open(&config, &outbox, NULL) != ROND_OK)
                _exit(1);
            for (;;) {
                uint64_t seq = 0;
                char text[32];
                snprintf(text, sizeof text, "report %llu", (unsigned long long)outbox->position.last.seq + 1);
                if (outbox_append(outbox, bytes_of_text(text), &seq) != ROND_OK ||
                    write(pipes[1], &seq, sizeof seq) != sizeof seq)
                    _exit(2);
            }
        }
        close(pipes[1]);
        for (int i = 0; i < 20 + 7 * round; i++)
            assert_int_equal(read(pipes[0], &said, sizeof said), sizeof said);
        kill(child, SIGKILL);
        while (read(pipes[0], &said, sizeof said) == sizeof said) {
        }
        close(pipes[0]);
        waitpid(child, NULL, 0);
    }
    world->outbox = open_with(world, world->path, ROND_OK);
    uint64_t last = state_of(world).last_seq;
    assert_in_range(last, said, said + 1); // the last one may have been saved and not yet said
    struct device_answer answer = read_from(world, 1, 1000000);
    assert_int_equal(answer.count, last);
    for (size_t i = 0; i < answer.count; i++) {
        char text[32];
        snprintf(text, sizeof text, "report %zu", i + 1);
        assert_report(&answer.records[i], text);
    }
}

static void a_second_process_is_kept_out(void **state) {
    struct world *world = *state;
    append_text(world->outbox, "mine");
    pid_t child = fork();
    if (child == 0) {
        struct outbox_config config = {.path = world->path, .key = &world->key, .rng = rng_system(), .clock = &test_clock};
        struct outbox *outbox = NULL;
        _exit((int)outbox_open(&config, &outbox, NULL));
    }
    int status = 0;
    waitpid(child, &status, 0);
    assert_int_equal(WEXITSTATUS(status), ROND_ECONFLICT);
    open_with(world, world->path, ROND_ECONFLICT);
    assert_int_equal(append_text(world->outbox, "still mine"), 2);
}

static void another_key_is_refused_and_changes_nothing(void **state) {
    struct world *world = *state;
    append_text(world->outbox, "one");
    outbox_close(world->outbox);
    world->key.b[0] ^= 1;
    world->outbox = NULL;
    open_with(world, world->path, ROND_EAUTH);
    world->key.b[0] ^= 1;
    world->outbox = open_with(world, world->path, ROND_OK);
    assert_int_equal(state_of(world).last_seq, 1);
}

static void a_file_that_is_no_outbox_is_left_alone(void **state) {
    struct world *world = *state;
    char path[160];
    snprintf(path, sizeof path, "%s/letter", world->directory);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fputs("Dear all, this is no outbox. ", file);
    fclose(file);
    open_with(world, path, ROND_ECORRUPT);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 29000);
    snprintf(path, sizeof path, "%s/other.db", world->directory);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE t(a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    open_with(world, path, ROND_ECORRUPT);
}

static bool file_contains(const char *path, const char *text) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    static char content[4 * 1024 * 1024];
    size_t size = fread(content, 1, sizeof content, file);
    fclose(file);
    return memmem(content, size, text, strlen(text)) != NULL;
}

static void nothing_of_a_report_can_be_read_from_the_files(void **state) {
    struct world *world = *state;
    const char *canary = "canary that nobody may read";
    append_text(world->outbox, canary);
    uint64_t draft = 0;
    assert_ok(outbox_draft_save(world->outbox, &draft, bytes_of_text(canary)));
    assert_ok(outbox_setting_put(world->outbox, "open-name", bytes_of_text(canary)));
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT;
    exception.seq = 1;
    exception.verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    char reason[64];
    strcpy(reason, canary);
    exception.reason = reason;
    Rond__V1__Exception *exceptions[] = {&exception};
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    verdicts.n_exceptions = 1;
    verdicts.exceptions = exceptions;
    assert_ok(outbox_acknowledge(world->outbox, &(struct chain){.seq = 1}, &verdicts));
    char log[160];
    snprintf(log, sizeof log, "%s-wal", world->path);
    assert_true(file_contains(log, "open-name")); // the search does find what lies open
    assert_false(file_contains(log, canary));
    outbox_close(world->outbox);
    world->outbox = NULL;
    assert_true(file_contains(world->path, "open-name"));
    assert_false(file_contains(world->path, canary));
}

static void only_the_owner_may_read_the_files(void **state) {
    struct world *world = *state;
    struct stat info;
    char log[160];
    append_text(world->outbox, "one");
    snprintf(log, sizeof log, "%s-wal", world->path);
    assert_int_equal(stat(world->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(log, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

// --- Lost ---

static void what_cannot_be_read_is_declared_lost_and_the_rest_goes_on(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 10);
    acknowledge(world, 2);
    execute(world, "UPDATE reports SET sealed = zeroblob(length(sealed)) WHERE seq IN (4, 5, 9)");
    struct device_answer answer = read_from(world, 3, 1000);
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.lost_last, 0);
    answer = read_from(world, 4, 1000);
    assert_int_equal(answer.count, 0);
    assert_int_equal(answer.lost_last, 5);
    assert_int_equal(answer.lost_reason, ROND__V1__LOST_REASON__LOST_REASON_UNREADABLE);
    struct chain chain = walk(world); // read anew, through the losses: every head fits
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
    reopen(world);
    chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
    assert_int_equal(append_text(world->outbox, "report 11"), 11);
    walk(world);
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.lost, 3);
    assert_int_equal(totals.waiting, 6);
    assert_int_equal(totals.received, 2);
    assert_int_equal(totals.queued, 11);
    acknowledge(world, 11);
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.lost, 3);
    assert_int_equal(totals.waiting, 0);
    assert_int_equal(totals.received, 8);
}

static void flip_one_bit(struct world *world, int64_t seq) {
    sqlite3_stmt *row;
    uint8_t sealed[256];
    assert_ok(sql_query(world->outbox, &row, "SELECT sealed FROM reports WHERE seq = ?", "i", seq));
    assert_ok(sql_next(world->outbox, row));
    size_t size = sql_bytes(row, 0).size;
    memcpy(sealed, sql_bytes(row, 0).data, size);
    sql_end(row);
    sealed[size / 2] ^= 4;
    assert_ok(sql_run(world->outbox, "UPDATE reports SET sealed = ? WHERE seq = ?", "bi", bytes_of(sealed, size), seq));
}

static void one_altered_bit_or_a_missing_row_is_a_loss(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 6);
    flip_one_bit(world, 2);
    execute(world, "UPDATE reports SET sealed = (SELECT sealed FROM reports WHERE seq = 5) WHERE seq = 4"); // moved
    execute(world, "DELETE FROM reports WHERE seq = 6");
    struct chain chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
    assert_int_equal(read_from(world, 2, 1000).lost_last, 2);
    assert_int_equal(read_from(world, 3, 1000).count, 1);
    assert_int_equal(read_from(world, 4, 1000).lost_last, 4);
    assert_int_equal(read_from(world, 5, 1000).count, 1);
    assert_int_equal(read_from(world, 6, 1000).lost_last, 6);
}

// --- Acknowledging ---

static void exceptions_say_which_reports_need_somebody(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 3);
    Rond__V1__Exception exception = ROND__V1__EXCEPTION__INIT;
    exception.seq = 2;
    exception.verdict = ROND__V1__VERDICT__VERDICT_QUARANTINED;
    exception.code = 405;
    char reason[] = "The place is not known.", field[] = "place";
    exception.reason = reason;
    exception.field = field;
    Rond__V1__Exception *exceptions[] = {&exception};
    Rond__V1__Verdicts verdicts = ROND__V1__VERDICTS__INIT;
    verdicts.n_exceptions = 1;
    verdicts.exceptions = exceptions;
    assert_ok(outbox_acknowledge(world->outbox, &(struct chain){.seq = 2}, &verdicts));
    reopen(world);
    struct outbox_report *reports;
    size_t count;
    uint64_t cursor;
    assert_ok(outbox_list(world->outbox, 0, 10, &world->arena, &reports, &count, &cursor));
    assert_int_equal(count, 3);
    assert_int_equal(cursor, 0);
    assert_int_equal(reports[0].status, OUTBOX_WAITING);
    assert_int_equal(reports[1].status, OUTBOX_QUARANTINED);
    assert_int_equal(reports[1].code, 405);
    assert_string_equal(reports[1].reason, reason);
    assert_string_equal(reports[1].field, field);
    assert_int_equal(reports[2].status, OUTBOX_RECEIVED);
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.quarantined, 1);
    assert_int_equal(totals.received, 1);
    assert_int_equal(totals.waiting, 1);
    assert_int_equal(totals.oldest_waiting_ms, wall_ms);
}

static void more_than_was_queued_cannot_be_acknowledged(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 3);
    assert_err(ROND_ECONFLICT, outbox_acknowledge(world->outbox, &(struct chain){.seq = 4}, NULL));
    assert_int_equal(state_of(world).acknowledged.seq, 0);
}

static void a_server_that_forgot_gets_the_reports_again(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 9);
    acknowledge(world, 8);
    acknowledge(world, 3);
    struct device_outbox_state at = state_of(world);
    assert_int_equal(at.acknowledged.seq, 3);
    assert_int_equal(read_from(world, 4, 1000).count, 6);
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.waiting, 6);
}

static const int64_t day_ms = 24 * 3600 * 1000;

static void acknowledged_payloads_go_after_their_time_and_not_before(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 10);
    acknowledge(world, 4);
    wall_ms += 29 * day_ms;
    acknowledge(world, 6);
    assert_int_equal(read_from(world, 1, 1000).count, 10);
    wall_ms += 2 * day_ms; // 4 are 31 days acknowledged, 6 only two
    acknowledge(world, 7);
    reopen(world);
    struct device_outbox_state at = state_of(world);
    assert_false(at.seed_known);
    assert_int_equal(at.acknowledged.seq, 7);
    assert_int_equal(read_from(world, 5, 1000).count, 6);
    struct outbox_report report;
    assert_ok(outbox_find(world->outbox, &at.outbox, 4, &world->arena, &report));
    assert_int_equal(report.status, OUTBOX_RECEIVED);
    assert_int_equal(report.report.size, 0);
    assert_ok(outbox_find(world->outbox, &at.outbox, 5, &world->arena, &report));
    assert_int_equal(report.report.size, 8);
}

static void unacknowledged_reports_never_expire(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 4);
    acknowledge(world, 1);
    wall_ms += 400 * day_ms;
    acknowledge(world, 2);
    assert_int_equal(read_from(world, 2, 1000).count, 3);
}

static bool has_text(struct world *world, uint64_t seq) {
    struct device_answer answer = read_from(world, seq, 1);
    return answer.count == 1;
}

static void told_days(struct world *world, uint32_t days) {
    struct device_server_state server;
    outbox_server(world->outbox, &server);
    server.known = true;
    server.keep_days = days;
    assert_ok(outbox_server_store(world->outbox, &server));
}

static void what_was_acknowledged_goes_when_the_server_s_rules_say_so(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 3);
    acknowledge(world, 1);
    wall_ms += 10 * day_ms;
    acknowledge(world, 2);
    told_days(world, 40); // longer than is set here
    assert_true(has_text(world, 1));
    told_days(world, 12);
    assert_true(has_text(world, 1));
    told_days(world, 5); // at once
    assert_false(has_text(world, 1));
    assert_true(has_text(world, 2));
    reopen(world);
    wall_ms += 6 * day_ms;
    acknowledge(world, 2); // it is known after a restart
    wall_ms += 6 * day_ms;
    acknowledge(world, 3);
    assert_false(has_text(world, 2));
    assert_true(has_text(world, 3));
    append_text(world->outbox, "one that waits");
    wall_ms += 100 * day_ms;
    told_days(world, 1);
    assert_false(has_text(world, 3));
    assert_true(has_text(world, 4)); // what was not acknowledged is never taken away
}

static void what_a_restored_server_asks_too_late_is_declared_expired(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 10);
    acknowledge(world, 6);
    wall_ms += 31 * day_ms;
    acknowledge(world, 8);
    struct device_answer answer = read_from(world, 3, 1000);
    assert_int_equal(answer.count, 0);
    assert_false(answer.before_known);
    assert_int_equal(answer.lost_last, 6);
    assert_int_equal(answer.lost_reason, ROND__V1__LOST_REASON__LOST_REASON_EXPIRED);
    // The server passes 3..6 as lost, from the head it knows; what follows continues there.
    struct chain chain = {.seq = 2};
    assert_ok(head_after(world->outbox, &world->outbox->position, 2, &chain.head));
    chain_lose(&chain, 6, answer.lost_reason, &answer.lost_ratchet);
    answer = read_from(world, 7, 1000);
    assert_true(answer.before_known);
    assert_true(hash256_equal(&answer.before.head, &chain.head));
    assert_true(hash256_equal(&answer.before.ratchet, &chain.ratchet));
    assert_int_equal(answer.count, 4);
}

// --- Forking ---

static void after_a_fork_the_unacknowledged_are_queued_anew_and_name_their_first_identity(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 5);
    acknowledge(world, 2);
    struct id128 first = state_of(world).outbox;
    assert_ok(outbox_fork(world->outbox));
    struct device_outbox_state at = state_of(world);
    assert_false(id128_equal(&at.outbox, &first));
    assert_int_equal(at.last_seq, 3);
    assert_int_equal(at.acknowledged.seq, 0);
    struct device_answer answer = read_from(world, 1, 1000);
    assert_int_equal(answer.count, 3);
    assert_report(&answer.records[0], "report 3");
    assert_true(answer.records[0].has_formerly);
    assert_true(id128_equal(&answer.records[0].formerly_outbox, &first));
    assert_int_equal(answer.records[0].formerly_seq, 3);
    struct id128 second = at.outbox;
    acknowledge(world, 1);
    assert_ok(outbox_fork(world->outbox));
    reopen(world);
    answer = read_from(world, 1, 1000);
    assert_int_equal(answer.count, 2);
    assert_report(&answer.records[0], "report 4");
    assert_true(id128_equal(&answer.records[0].formerly_outbox, &first));
    assert_int_equal(answer.records[0].formerly_seq, 4);
    walk(world);

    struct outbox_report report;
    assert_ok(outbox_find(world->outbox, &first, 4, &world->arena, &report));
    assert_int_equal(report.seq, 1);
    assert_int_equal(report.status, OUTBOX_WAITING);
    assert_int_equal(report.report.size, 8);
    assert_ok(outbox_find(world->outbox, &second, 2, &world->arena, &report));
    assert_int_equal(report.seq, 1);
    assert_ok(outbox_find(world->outbox, &first, 3, &world->arena, &report));
    assert_true(id128_equal(&report.outbox, &second));
    assert_int_equal(report.status, OUTBOX_RECEIVED);

    struct outbox_report *reports;
    size_t count;
    uint64_t cursor;
    assert_ok(outbox_list(world->outbox, 0, 10, &world->arena, &reports, &count, &cursor));
    assert_int_equal(count, 5); // each once
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.queued, 5);
    assert_int_equal(totals.waiting, 2);
    assert_int_equal(totals.received, 3);
}

static void every_outbox_that_there_was_is_known_oldest_first(void **state) {
    struct world *world = *state;
    struct device_outbox_state outbox;
    struct id128 *ids, own[3];
    size_t count;
    for (size_t i = 0; i < ARRAY_COUNT(own); i++) {
        if (i > 0)
            assert_ok(outbox_fork(world->outbox));
        outbox_state(world->outbox, &outbox);
        own[i] = outbox.outbox;
        assert_ok(outbox_ids(world->outbox, &world->arena, &ids, &count));
        assert_int_equal(count, i + 1);
        assert_memory_equal(ids, own, count * sizeof *ids);
    }
    execute(world, "UPDATE outboxes SET outbox = x'0102' WHERE number = (SELECT min(number) FROM outboxes)");
    assert_err(ROND_ECORRUPT, outbox_ids(world->outbox, &world->arena, &ids, &count));
}

static void a_fork_with_a_loss_goes_on_with_the_rest(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 4);
    execute(world, "UPDATE reports SET sealed = zeroblob(100) WHERE seq = 2");
    assert_ok(outbox_fork(world->outbox));
    assert_int_equal(state_of(world).last_seq, 3);
    walk(world);
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    assert_int_equal(totals.queued, 4);
    assert_int_equal(totals.lost, 1);
    assert_int_equal(totals.waiting, 3);
}

// --- Listing ---

static void the_list_goes_through_all_reports_newest_first_by_pages(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 7);
    acknowledge(world, 5);
    assert_ok(outbox_fork(world->outbox));
    append_many(world->outbox, 2);
    uint64_t cursor = 0, seen = 0, last = UINT64_MAX;
    do {
        struct outbox_report *reports;
        size_t count;
        assert_ok(outbox_list(world->outbox, cursor, 4, &world->arena, &reports, &count, &cursor));
        for (size_t i = 0; i < count; i++, seen++) {
            uint64_t key = (id128_equal(&reports[i].outbox, &world->outbox->position.id) ? 1000 : 0) + reports[i].seq;
            assert_true(key < last);
            last = key;
        }
    } while (cursor != 0);
    assert_int_equal(seen, 9);
}

static void a_report_that_is_not_there_is_not_found(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 1);
    struct outbox_report report;
    struct id128 own = state_of(world).outbox, foreign = {{9}};
    assert_ok(outbox_find(world->outbox, &own, 1, &world->arena, &report));
    assert_err(ROND_ENOTFOUND, outbox_find(world->outbox, &own, 2, &world->arena, &report));
    assert_err(ROND_ENOTFOUND, outbox_find(world->outbox, &own, 0, &world->arena, &report));
    assert_err(ROND_ENOTFOUND, outbox_find(world->outbox, &foreign, 1, &world->arena, &report));
}

// --- Scale ---

static void a_million_reports_do_not_slow_the_opening(void **state) {
    struct world *world = *state;
    append_many(world->outbox, 1);
    execute(world, "WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < 1000000)"
                   "INSERT INTO reports SELECT 1, seq, 0, zeroblob(32), zeroblob(90), 1430000000000, NULL FROM n");
    execute(world, "UPDATE outboxes SET last_seq = 1000000");
    outbox_close(world->outbox);
    world->outbox = NULL;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    world->outbox = open_with(world, world->path, ROND_OK);
    struct outbox_totals totals;
    assert_ok(outbox_totals(world->outbox, &totals));
    struct outbox_report *reports;
    size_t count;
    uint64_t cursor;
    assert_ok(outbox_list(world->outbox, 0, 20, &world->arena, &reports, &count, &cursor));
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t elapsed_ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
    assert_int_equal(totals.waiting, 1000000);
    assert_int_equal(count, 20);
    assert_int_equal(reports[0].seq, 1000000);
    assert_in_range(elapsed_ms, 0, 100);
    uint64_t seq = 0;
    assert_err(ROND_EFULL, outbox_append(world->outbox, bytes_of_text("one too many"), &seq));
}

static void an_outbox_in_memory_works_alike(void **state) {
    struct world *world = *state;
    struct outbox *kept = world->outbox;
    world->outbox = open_with(world, ":memory:", ROND_OK);
    append_many(world->outbox, 30);
    acknowledge(world, 10);
    struct chain chain = walk(world);
    assert_true(hash256_equal(&chain.head, &world->outbox->position.last.head));
    outbox_close(world->outbox);
    world->outbox = kept;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(outbox_keeps_every_report_in_order_over_reopening),
        TEST(the_chain_that_reads_tell_is_the_chain_that_is_kept),
        TEST(reading_keeps_to_the_bound_but_gives_one_at_least),
        TEST(what_cannot_be_a_report_is_refused),
        TEST(a_full_disk_refuses_the_report_and_leaves_nothing_half_written),
        TEST(a_write_that_fails_midway_leaves_nothing_half_written),
        TEST(outbox_keeps_unacknowledged_reports_after_a_crash),
        TEST(a_second_process_is_kept_out),
        TEST(another_key_is_refused_and_changes_nothing),
        TEST(a_file_that_is_no_outbox_is_left_alone),
        TEST(nothing_of_a_report_can_be_read_from_the_files),
        TEST(only_the_owner_may_read_the_files),
        TEST(what_cannot_be_read_is_declared_lost_and_the_rest_goes_on),
        TEST(one_altered_bit_or_a_missing_row_is_a_loss),
        TEST(exceptions_say_which_reports_need_somebody),
        TEST(more_than_was_queued_cannot_be_acknowledged),
        TEST(a_server_that_forgot_gets_the_reports_again),
        TEST(acknowledged_payloads_go_after_their_time_and_not_before),
        TEST(unacknowledged_reports_never_expire),
        TEST(what_was_acknowledged_goes_when_the_server_s_rules_say_so),
        TEST(what_a_restored_server_asks_too_late_is_declared_expired),
        TEST(after_a_fork_the_unacknowledged_are_queued_anew_and_name_their_first_identity),
        TEST(every_outbox_that_there_was_is_known_oldest_first),
        TEST(a_fork_with_a_loss_goes_on_with_the_rest),
        TEST(the_list_goes_through_all_reports_newest_first_by_pages),
        TEST(a_report_that_is_not_there_is_not_found),
        TEST(a_million_reports_do_not_slow_the_opening),
        TEST(an_outbox_in_memory_works_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
