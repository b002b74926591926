// Bodies under their keys: what lies in the files, what is left of one that was erased, and stores of older versions.
//
// Tests: server/store/body_seal.c server/store/sqlite_bodies.c server/store/sqlite_keys.c
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite.h"
#include "support/store_fixture.h"

static const char CANARY[] = "canary: the person in the red coat";
static const char KEPT_STORE[] = "tests/fixtures/versions/0.2.0/server/rond.db";

// How often the bytes stand in a file; none where there is no file.
static size_t found_in(const char *path, struct bytes wanted) {
    size_t found = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    struct stat status;
    assert_int_equal(fstat(fileno(file), &status), 0);
    char *content = malloc((size_t)status.st_size + 1);
    assert_int_equal(fread(content, 1, (size_t)status.st_size, file), status.st_size);
    const char *at = content, *end = content + status.st_size;
    while ((at = memmem(at, (size_t)(end - at), wanted.data, wanted.size)) != NULL) {
        found++;
        at++;
    }
    free(content);
    fclose(file);
    return found;
}

static size_t found_in_files(const char *directory, struct bytes wanted) {
    static const char *const NAMES[] = {"rond.db", "rond.db-wal", "rond.db-shm"};
    size_t found = 0;
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", directory, NAMES[i]);
        found += found_in(path, wanted);
    }
    return found;
}

static struct bytes blob_of(struct store_fixture *fixture, const char *sql) {
    struct bytes copy = {0};
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(sqlite_of(fixture->store)->db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    struct bytes blob = bytes_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
    assert_true(blob.size > 0 && arena_copy(&fixture->arena, blob, &copy));
    sqlite3_finalize(statement);
    return copy;
}

static void run_sql(struct store_fixture *fixture, const char *sql) {
    assert_int_equal(sqlite3_exec(sqlite_of(fixture->store)->db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(sqlite_of(fixture->store)->db) > 0);
}

static struct stored_report report_at_row(struct store_fixture *fixture, uint64_t row) {
    struct stored_report report, *page = NULL;
    size_t count = 0;
    assert_ok(fixture->store->views->report(fixture->store, row, &fixture->arena, &report));
    assert_ok(fixture->store->views->reports(fixture->store, row - 1, 1, &fixture->arena, &page, &count));
    assert_int_equal(count, 1);
    assert_int_equal(page[0].erased, report.erased); // either way of reading says the same
    assert_int_equal(page[0].keyless, report.keyless);
    assert_int_equal(page[0].altered, report.altered);
    assert_true(bytes_equal(page[0].record.report, report.record.report));
    return report;
}

static void send_canaries(struct store_fixture *fixture, struct sender *sender, size_t count) {
    sender_init(sender, 1, 1);
    struct ledger_batch batch = sender_batch(sender, 1, count, CANARY);
    assert_int_equal(fixture_append(fixture, &batch).status, APPEND_DONE);
    sender->chain = batch.chain_after;
}

static void no_body_lies_in_the_files_as_it_was_sent(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    send_canaries(fixture, &sender, 20);
    struct ledger_batch fork = sender_batch(&sender, 1, 2, CANARY);
    fork.forked = true;
    assert_int_equal(fixture_append(fixture, &fork).status, APPEND_FORKED);
    assert_int_equal(found_in_files(fixture->directory, bytes_of_text("canary")), 0);
    fixture_reopen(fixture);
    assert_int_equal(found_in_files(fixture->directory, bytes_of_text("canary")), 0);
    struct fork_row *forks = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    assert_ok(fixture->store->views->forks(fixture->store, 0, 10, &fixture->arena, &forks, &count, &cursor));
    assert_int_equal(count, 2);
    assert_true(bytes_equal(forks[0].record.report, bytes_of_text("canary: the person in the red coat 1")));
    struct stored_report last = report_at_row(fixture, 20);
    assert_true(bytes_equal(last.record.report, bytes_of_text("canary: the person in the red coat 20")));
    // Each under a key of its own.
    assert_false(bytes_equal(blob_of(fixture, "SELECT key FROM body_keys WHERE row = 1"),
                             blob_of(fixture, "SELECT key FROM body_keys WHERE row = 2")));
}

static void of_an_erased_body_neither_key_nor_ciphertext_nor_salt_is_left_in_the_files(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    send_canaries(fixture, &sender, 20);
    struct bytes key, body, salt;
    assert_true(arena_copy(&fixture->arena, blob_of(fixture, "SELECT key FROM body_keys WHERE row = 7"), &key));
    body = blob_of(fixture, "SELECT body FROM reports WHERE row = 7");
    salt = blob_of(fixture, "SELECT salt FROM reports WHERE row = 7");
    assert_true(found_in_files(fixture->directory, key) > 0);
    assert_ok(fixture->store->ledger->begin(fixture->store));
    assert_ok(
        fixture->store->ledger->erase(fixture->store, 7, &(struct erasure){.at_ms = 99, .rule = "polisen/default 90d"}));
    assert_ok(fixture->store->ledger->commit(fixture->store));
    assert_ok(fixture->store->ledger->checkpoint(fixture->store, false)); // as after every group; the log is cut
    assert_int_equal(found_in_files(fixture->directory, key), 0);
    assert_int_equal(found_in_files(fixture->directory, body), 0);
    assert_int_equal(found_in_files(fixture->directory, salt), 0);
    struct stored_report report = report_at_row(fixture, 7);
    assert_true(report.erased);
    assert_false(report.keyless);
    assert_int_equal(report.erased_ms, 99);
    assert_string_equal(report.erased_rule, "polisen/default 90d");
    fixture_reopen(fixture);
}

static void of_an_erased_fork_nothing_is_left_either(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct fork_row *forks = NULL;
    size_t count = 0;
    uint64_t cursor = 0;
    send_canaries(fixture, &sender, 2);
    struct ledger_batch fork = sender_batch(&sender, 1, 2, CANARY);
    fork.forked = true;
    assert_int_equal(fixture_append(fixture, &fork).status, APPEND_FORKED);
    struct bytes key = blob_of(fixture, "SELECT key FROM fork_keys WHERE id = 1");
    struct bytes leaf = blob_of(fixture, "SELECT leaf FROM forks WHERE id = 1");
    assert_ok(fixture->store->ledger->begin(fixture->store));
    assert_ok(fixture->store->ledger->erase_fork(fixture->store, 1, FOR_A_TEST));
    assert_err(ROND_ENOTFOUND, fixture->store->ledger->erase_fork(fixture->store, 9, FOR_A_TEST));
    assert_ok(fixture->store->ledger->commit(fixture->store));
    assert_ok(fixture->store->ledger->checkpoint(fixture->store, false));
    assert_int_equal(found_in_files(fixture->directory, key), 0);
    assert_int_equal(found_in_files(fixture->directory, leaf), 0);
    assert_ok(fixture->store->views->forks(fixture->store, 0, 10, &fixture->arena, &forks, &count, &cursor));
    assert_int_equal(count, 2);
    assert_true(forks[0].erased);
    assert_int_equal(forks[0].erased_ms, 7);
    assert_false(forks[1].erased);
}

// Whoever alters a body, its key or its place is found out by that report alone; nothing else stops being readable.
static void a_body_that_was_altered_is_said_to_be(void **state) {
    static const char *const ALTERATIONS[] = {
        "UPDATE reports SET body = zeroblob(length(body)) WHERE row = 2",
        "UPDATE reports SET body = x'00' WHERE row = 2",
        "UPDATE body_keys SET key = zeroblob(32) WHERE row = 2",
        "UPDATE body_keys SET key = x'00' WHERE row = 2",
        "UPDATE reports SET body = (SELECT r.body FROM reports r WHERE r.row = 1) WHERE row = 2",
    };
    struct store_fixture *fixture = *state;
    struct sender sender;
    send_canaries(fixture, &sender, 3);
    for (size_t i = 0; i < ARRAY_COUNT(ALTERATIONS); i++) {
        fixture_begin(fixture);
        run_sql(fixture, ALTERATIONS[i]);
        struct stored_report report = report_at_row(fixture, 2);
        assert_true(report.altered && report.erased);
        assert_int_equal(report.record.report.size, 0);
        assert_false(report_at_row(fixture, 3).erased);
        fixture_rollback(fixture);
    }
    assert_false(report_at_row(fixture, 2).altered);
}

static void a_report_without_its_key_gets_its_body_back_where_it_is_offered_again(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct store_counts counts;
    uint64_t missing = 0, *rows = NULL;
    size_t count = 0;
    send_canaries(fixture, &sender, 5);
    fixture_begin(fixture);
    run_sql(fixture, "DELETE FROM body_keys WHERE row IN (2, 4)");
    run_sql(fixture, "UPDATE store SET keys_apart = 1");
    assert_ok(fixture->store->ledger->body_keys_end(fixture->store, &missing));
    fixture_commit(fixture);
    assert_int_equal(missing, 2);
    struct stored_report report = report_at_row(fixture, 2);
    assert_true(report.erased && report.keyless);
    assert_ok(fixture->store->views->counts(fixture->store, &counts));
    assert_int_equal(counts.keyless, 2);
    assert_int_equal(counts.erased, 0);
    assert_ok(fixture->store->views->erased(fixture->store, 0, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 2);
    fixture_reopen(fixture);
    struct sender again;
    sender_init(&again, 1, 1);
    struct ledger_batch same = sender_batch(&again, 1, 3, CANARY);
    struct append_result result = fixture_append(fixture, &same);
    assert_int_equal(result.status, APPEND_DONE);
    assert_int_equal(result.repeated, 3);
    report = report_at_row(fixture, 2);
    assert_false(report.erased || report.keyless);
    assert_true(bytes_equal(report.record.report, bytes_of_text("canary: the person in the red coat 2")));
    assert_true(report_at_row(fixture, 4).keyless);
    fixture_begin(fixture); // one without a key can be erased like any other
    assert_ok(fixture->store->ledger->erase(fixture->store, 4, FOR_A_TEST));
    fixture_commit(fixture);
    assert_false(report_at_row(fixture, 4).keyless);
    fixture_reopen(fixture);
}

// A key file may be of another time than the copy: a body that came back meanwhile was sealed anew, under another key.
static void a_key_that_does_not_open_a_body_is_not_put_in(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct body_key_row *rows = NULL;
    size_t count = 0;
    uint64_t missing = 0;
    send_canaries(fixture, &sender, 3);
    assert_ok(fixture->store->views->body_keys(fixture->store, false, 0, 10, &fixture->arena, &rows, &count));
    assert_int_equal(count, 3);
    rows[1].key = rows[0].key;
    fixture_begin(fixture);
    run_sql(fixture, "DELETE FROM body_keys");
    run_sql(fixture, "UPDATE store SET keys_apart = 1");
    assert_ok(fixture->store->ledger->body_keys_put(fixture->store, false, rows, count));
    assert_ok(fixture->store->ledger->body_keys_end(fixture->store, &missing));
    fixture_commit(fixture);
    assert_int_equal(missing, 1);
    assert_false(report_at_row(fixture, 1).erased);
    struct stored_report report = report_at_row(fixture, 2);
    assert_true(report.keyless); // so that it may come back, where a wrong key would have made it an altered one
    assert_false(report.altered);
    assert_false(report_at_row(fixture, 3).erased);
}

// ---- Older stores ----

static void copy_file(const char *from, const char *to) {
    char command[400];
    snprintf(command, sizeof command, "cp '%s' '%s' && chmod u+w '%s'", from, to, to);
    assert_int_equal(system(command), 0);
}

static void the_bodies_of_an_older_store_are_sealed_and_nowhere_in_plain_any_more(void **state) {
    struct store_fixture *fixture = *state;
    char path[128];
    struct bytes bodies[200];
    size_t count = 0;
    sqlite3 *old = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open_v2(KEPT_STORE, &old, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(old, "SELECT body FROM reports ORDER BY row", -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW && count < ARRAY_COUNT(bodies)) {
        struct bytes body = bytes_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
        bodies[count] = (struct bytes){0};
        assert_true(body.size == 0 || arena_copy(&fixture->arena, body, &bodies[count]));
        count++;
    }
    sqlite3_finalize(statement);
    sqlite3_close(old);
    assert_int_equal(count, 100);
    store_close(fixture->store);
    fixture->store = NULL;
    snprintf(path, sizeof path, "%s/rond.db", fixture->directory);
    copy_file(KEPT_STORE, path);
    assert_true(found_in(path, bodies[0]) > 0);
    assert_ok(store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &fixture->store, NULL));
    assert_ok(fixture->store->views->integrity(fixture->store, NULL));
    for (size_t i = 0; i < count; i++)
        assert_true(bytes_equal(report_at_row(fixture, i + 1).record.report, bodies[i]));
    store_close(fixture->store);
    for (size_t i = 0; i < count; i++)
        if (bodies[i].size > 0)
            assert_int_equal(found_in_files(fixture->directory, bodies[i]), 0);
    assert_ok(store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &fixture->store, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SQLITE(no_body_lies_in_the_files_as_it_was_sent),
        ON_SQLITE(of_an_erased_body_neither_key_nor_ciphertext_nor_salt_is_left_in_the_files),
        ON_SQLITE(of_an_erased_fork_nothing_is_left_either),
        ON_SQLITE(a_body_that_was_altered_is_said_to_be),
        ON_SQLITE(a_report_without_its_key_gets_its_body_back_where_it_is_offered_again),
        ON_SQLITE(a_key_that_does_not_open_a_body_is_not_put_in),
        ON_SQLITE(the_bodies_of_an_older_store_are_sealed_and_nowhere_in_plain_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
