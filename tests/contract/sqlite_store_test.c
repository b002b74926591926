// What only a file has: being made, opened, shared with readers, full, damaged, and left behind by a crash.
//
// Tests: server/store/sqlite_query.c server/store/sqlite_integrity.c server/store/sqlite_schema.c
// Tests: server/store/sqlite_texts.c
#include "store/sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/store_fixture.h"

static struct store *reader_open(struct store_fixture *fixture) {
    struct store *reader = NULL;
    struct fault fault = {0};
    if (store_open_sqlite(fixture->directory, STORE_READ_ONLY, NULL, &reader, &fault) != ROND_OK)
        fail_msg("%s", fault.text);
    return reader;
}

static uint64_t reports_in(struct store *store) {
    struct store_counts counts = {0};
    assert_ok(store->views->counts(store, &counts));
    return counts.reports;
}

static long file_size(struct store_fixture *fixture, const char *name) {
    char path[128];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

// Counting them takes a lock that all connections share. Of this process: nothing has used SQLite before the first store.
static void no_allocations_are_counted(void **state) {
    const struct store_fixture *fixture = *state;
    assert_non_null(fixture->store);
    assert_int_equal(sqlite3_memory_used(), 0);
}

static void a_store_is_made_once_and_only_where_asked(void **state) {
    struct store_fixture *fixture = *state;
    struct store *store = NULL;
    struct fault fault = {0};
    char elsewhere[] = "/tmp/rond-store-XXXXXX", path[128];
    assert_err(ROND_ECONFLICT, store_open_sqlite(fixture->directory, STORE_CREATE, &fixture->rng, &store, &fault));
    assert_true(fault.text[0] != '\0');
    assert_non_null(mkdtemp(elsewhere));
    assert_err(ROND_ENOTFOUND, store_open_sqlite(elsewhere, STORE_READ_WRITE, &fixture->rng, &store, &fault));
    assert_err(ROND_ENOTFOUND, store_open_sqlite(elsewhere, STORE_READ_ONLY, &fixture->rng, &store, &fault));
    snprintf(path, sizeof path, "%s/rond.db", elsewhere);
    assert_int_equal(access(path, F_OK), -1);
    assert_null(store);
    store_close(store);
    rmdir(elsewhere);
}

static void a_file_that_a_crash_left_empty_counts_as_none(void **state) {
    struct store_fixture *fixture = *state;
    struct store *store = NULL;
    char elsewhere[] = "/tmp/rond-store-XXXXXX", path[128];
    assert_non_null(mkdtemp(elsewhere));
    snprintf(path, sizeof path, "%s/rond.db", elsewhere);
    fclose(fopen(path, "w"));
    assert_err(ROND_ENOTFOUND, store_open_sqlite(elsewhere, STORE_READ_WRITE, &fixture->rng, &store, NULL));
    assert_ok(store_open_sqlite(elsewhere, STORE_CREATE, &fixture->rng, &store, NULL));
    store_close(store);
    unlink(path);
    rmdir(elsewhere);
}

static void a_file_that_is_no_store_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    struct store *store = NULL;
    struct fault fault = {0};
    char elsewhere[] = "/tmp/rond-store-XXXXXX", path[128];
    assert_non_null(mkdtemp(elsewhere));
    snprintf(path, sizeof path, "%s/rond.db", elsewhere);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 1000; i++)
        fprintf(file, "this is not a database\n");
    fclose(file);
    for (int access = STORE_CREATE; access <= STORE_READ_ONLY; access++)
        assert_err(ROND_ECORRUPT, store_open_sqlite(elsewhere, (enum store_access)access, &fixture->rng, &store, &fault));
    unlink(path);
    rmdir(elsewhere);
}

static void a_store_of_another_schema_is_refused(void **state) {
    struct store_fixture *fixture = *state;
    struct store *store = NULL;
    struct fault fault = {0};
    assert_int_equal(sqlite3_exec(sqlite_of(fixture->store)->db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    store_close(fixture->store);
    fixture->store = NULL;
    assert_err(ROND_ECONFLICT, store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &store, &fault));
    assert_non_null(strstr(fault.text, "schema 99"));
}

static void nobody_else_may_read_the_files(void **state) {
    static const char *const names[] = {"rond.db", "rond.db-wal", "rond.db-shm"};
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 1);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[128];
        struct stat status;
        snprintf(path, sizeof path, "%s/%s", fixture->directory, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void readers_see_what_is_committed_and_nothing_else(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    sender_init(&sender, 1, 1);
    struct store *reader = reader_open(fixture);
    assert_int_equal(reports_in(reader), 0);
    struct ledger_batch batch = sender_batch(&sender, 1, 3, "report");
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->append(fixture->store, &batch, &result));
    assert_int_equal(reports_in(fixture->store), 3);
    assert_int_equal(reports_in(reader), 0);
    fixture_commit(fixture);
    assert_int_equal(reports_in(reader), 3);
    assert_ok(reader->views->integrity(reader, NULL));
    store_close(reader);
}

static void a_reader_opens_without_a_writer_and_leaves_the_log_alone(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    long log_size = file_size(fixture, "rond.db-wal"), size = file_size(fixture, "rond.db");
    assert_true(log_size > 0);
    struct store *reader = reader_open(fixture);
    assert_int_equal(reports_in(reader), 3);
    store_close(reader);
    assert_int_equal(file_size(fixture, "rond.db-wal"), log_size);
    assert_int_equal(file_size(fixture, "rond.db"), size);
    store_close(fixture->store);
    fixture->store = NULL;
    reader = reader_open(fixture);
    assert_int_equal(reports_in(reader), 3);
    store_close(reader);
}

// Somebody makes a copy with sqlite3, or only looks: SQLite removes the log when the last connection closes, and knows by
// the locks on the file whether it is the last. Those are the process's, and one careless close() drops them all.
static void another_process_that_looks_in_and_leaves_does_not_take_the_log_with_it(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    char command[256];
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 3);
    struct store *reader = reader_open(fixture);
    assert_int_equal(reports_in(reader), 3);
    (void)snprintf(command, sizeof command, "test 3 = $(sqlite3 %s/rond.db 'SELECT count(*) FROM reports')",
                   fixture->directory);
    assert_int_equal(system(command), 0);
    assert_true(file_size(fixture, "rond.db-wal") > 0);
    sender_send(fixture, &sender, 2);
    assert_int_equal(reports_in(reader), 5);
    store_close(reader);
    reader = reader_open(fixture);
    assert_int_equal(reports_in(reader), 5);
    store_close(reader);
    fixture_reopen(fixture);
    assert_int_equal(reports_in(fixture->store), 5);
}

static void the_log_is_folded_in_lulls_and_cut_at_the_end(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    for (int i = 0; i < 100; i++) {
        sender_send(fixture, &sender, 10);
        assert_ok(fixture->store->ledger->checkpoint(fixture->store, true));
    }
    assert_true(file_size(fixture, "rond.db-wal") < 1024 * 1024); // it begins anew after each lull
    fixture_reopen(fixture);
    assert_true(file_size(fixture, "rond.db-wal") <= 0);
    assert_int_equal(reports_in(fixture->store), 1000);
}

static void a_log_beyond_its_cap_is_cut_unless_a_reader_needs_it(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    sender_init(&sender, 1, 1);
    struct store *reader = reader_open(fixture);
    assert_ok(reader->views->read_begin(reader));
    assert_int_equal(reports_in(reader), 0);
    for (int i = 0; i < 20; i++)
        sender_send(fixture, &sender, 10);
    sqlite_of(fixture->store)->wal_truncate_pages = 10; // a small cap
    assert_ok(fixture->store->ledger->checkpoint(fixture->store, false));
    assert_true(file_size(fixture, "rond.db-wal") > 0);
    assert_true(sqlite_of(fixture->store)->wal_truncate_pages > sqlite_of(fixture->store)->wal_pages); // not at once again
    assert_int_equal(reports_in(reader), 0); // still the state it began with
    reader->views->read_end(reader);
    assert_int_equal(reports_in(reader), 200);
    store_close(reader);
    sqlite_of(fixture->store)->wal_truncate_pages = 10;
    assert_ok(fixture->store->ledger->checkpoint(fixture->store, false));
    assert_int_equal(file_size(fixture, "rond.db-wal"), 0);
    assert_int_equal(reports_in(fixture->store), 200);
}

static void a_full_disk_is_said_aloud_and_loses_nothing(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    enum rond_err err = ROND_OK;
    char pragma[64];
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 10);
    struct query query = query_start(sqlite_of(fixture->store), "PRAGMA page_count");
    int64_t pages = 0;
    assert_ok(query_single(&query, &pages));
    snprintf(pragma, sizeof pragma, "PRAGMA max_page_count = %lld", (long long)pages + 2);
    sqlite3_exec(sqlite_of(fixture->store)->db, pragma, NULL, NULL, NULL);
    struct chain before = sender.chain;
    while (err == ROND_OK) {
        before = sender.chain;
        struct ledger_batch batch = sender_batch(&sender, sender.chain.seq + 1, 60, "report");
        fixture_begin(fixture);
        err = fixture->store->ledger->append(fixture->store, &batch, &result);
        if (err == ROND_OK)
            err = fixture->store->ledger->commit(fixture->store);
        else
            fixture_rollback(fixture);
        sender.chain = batch.chain_after;
    }
    assert_err(ROND_EFULL, err);
    sqlite3_exec(sqlite_of(fixture->store)->db, "PRAGMA max_page_count = 100000", NULL, NULL, NULL);
    sender.chain = before;
    assert_int_equal(reports_in(fixture->store), before.seq);
    assert_int_equal(sender_send(fixture, &sender, 20).appended, 20);
    fixture_reopen(fixture);
}

static void a_crash_keeps_what_was_committed_and_nothing_half(void **state) {
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct append_result result;
    sender_init(&sender, 1, 1);
    store_close(fixture->store);
    fixture->store = NULL;
    pid_t child = fork();
    if (child == 0) {
        if (store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &fixture->store, NULL) != ROND_OK)
            _exit(1);
        sender_send(fixture, &sender, 5);
        struct ledger_batch batch = sender_batch(&sender, 6, 5, "report");
        fixture_begin(fixture);
        if (fixture->store->ledger->append(fixture->store, &batch, &result) != ROND_OK)
            _exit(2);
        _exit(0); // without commit or close
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_ok(store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &fixture->store, NULL));
    assert_int_equal(reports_in(fixture->store), 5);
    fixture_reopen(fixture);
}

static void integrity_finds_what_contradicts(void **state) {
    static const char *const damages[] = {
        "UPDATE outboxes SET watermark = watermark + 1",
        "UPDATE outboxes SET head = zeroblob(32)",
        "DELETE FROM batches WHERE first_seq = 1",
        "UPDATE batches SET first_row = 2 WHERE first_seq = 1",
        "DELETE FROM reports WHERE row = 2",
        "DELETE FROM reports WHERE row = (SELECT max(row) FROM reports)",
        "UPDATE reports SET seq = 9 WHERE row = 1",
        "UPDATE reports SET verdict = 1 WHERE row = 1",
        "UPDATE reports SET body = NULL WHERE row = 1",
        "UPDATE reports SET body = NULL, salt = NULL WHERE row = 1",
        "DROP TRIGGER audit_stays; UPDATE audit SET detail = 'nothing' WHERE id = 1",
        "DROP TRIGGER audit_remains; DELETE FROM audit WHERE id = 1",
        "INSERT INTO contributions VALUES (99, 1, 0, 0, '', 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
    };
    struct store_fixture *fixture = *state;
    struct sender sender;
    struct audit_row row = {.at_ms = 1, .actor = "uid:0", .action = "x", .detail = "y"};
    sender_init(&sender, 1, 1);
    sender_send(fixture, &sender, 2);
    sender_send(fixture, &sender, 2);
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->audit(fixture->store, &row));
    assert_ok(fixture->store->registry->audit(fixture->store, &row));
    fixture_commit(fixture);
    assert_ok(fixture->store->views->integrity(fixture->store, NULL));
    for (size_t i = 0; i < ARRAY_COUNT(damages); i++) {
        struct fault fault = {0};
        fixture_begin(fixture);
        assert_int_equal(sqlite3_exec(sqlite_of(fixture->store)->db, damages[i], NULL, NULL, NULL), SQLITE_OK);
        if (fixture->store->views->integrity(fixture->store, &fault) != ROND_ECORRUPT)
            fail_msg("not found: %s", damages[i]);
        assert_true(fault.text[0] != '\0');
        fixture_rollback(fixture);
    }
    assert_ok(fixture->store->views->integrity(fixture->store, NULL));
}

static void the_audit_log_only_grows(void **state) {
    static const char *const DENIED[] = {
        "UPDATE audit SET detail = 'nothing' WHERE id = 1",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT id, at_ms, actor, action, 'nothing', hash FROM audit",
        "INSERT INTO audit SELECT id - 1, at_ms, actor, action, 'before it', hash FROM audit",
    };
    struct store_fixture *fixture = *state;
    struct audit_row row = {.at_ms = 1, .actor = "uid:0", .action = "x", .detail = "y"};
    fixture_begin(fixture);
    assert_ok(fixture->store->registry->audit(fixture->store, &row));
    fixture_commit(fixture);
    fixture_reopen(fixture);
    for (size_t i = 0; i < ARRAY_COUNT(DENIED); i++)
        if (sqlite3_exec(sqlite_of(fixture->store)->db, DENIED[i], NULL, NULL, NULL) != SQLITE_CONSTRAINT_TRIGGER)
            fail_msg("not denied: %s", DENIED[i]);
    assert_ok(fixture->store->views->integrity(fixture->store, NULL));
}

enum { INDEXES_MAX = 32 };
struct index_use {
    char name[64];
    bool used;
};

// Which indexes there are, beside those that a key needs.
static size_t indexes_list(sqlite3 *db, struct index_use indexes[INDEXES_MAX]) {
    sqlite3_stmt *statement = NULL;
    size_t count = 0;
    sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL", -1, &statement, NULL);
    while (count < INDEXES_MAX && sqlite3_step(statement) == SQLITE_ROW)
        snprintf(indexes[count++].name, sizeof indexes[0].name, "%s", (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return count;
}

// A table read from its end (max), or in order up to a limit, is a search or a scan of an index. All that one outbox ever
// sent is as good as a table.
static bool scans_a_table(sqlite3 *db, const char *sql, struct index_use *indexes, size_t count) {
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *statement = NULL;
    bool scans = false;
    if (sqlite3_prepare_v2(db, explain, -1, &statement, NULL) == SQLITE_OK)
        while (sqlite3_step(statement) == SQLITE_ROW) {
            const char *step = (const char *)sqlite3_column_text(statement, 3);
            for (size_t i = 0; i < count; i++)
                indexes[i].used |= strstr(step, indexes[i].name) != NULL;
            if (strncmp(step, "SCAN ", 5) == 0 && strstr(step, "INDEX") == NULL && strstr(step, "(subquery") == NULL &&
                strstr(step, "CONSTANT") == NULL && strcmp(step, "SCAN store") != 0)
                scans = true;
            scans |=
                strstr(step, "PRIMARY KEY (outbox=?)") != NULL; // all batches of a device, which grow as long as it lives
        }
    sqlite3_finalize(statement);
    sqlite3_free(explain);
    return scans;
}

// Overwrites one page of the file and answers whether that is found, and what is said.
static enum rond_err damage_found(struct store_fixture *fixture, long page, struct fault *fault) {
    char path[96], kept[4096], junk[4096];
    struct store *reader = NULL;
    (void)snprintf(path, sizeof path, "%s/rond.db", fixture->directory);
    int descriptor = open(path, O_RDWR);
    memset(junk, 0x5a, sizeof junk);
    assert_int_equal(pread(descriptor, kept, sizeof kept, (page - 1) * 4096), 4096);
    assert_int_equal(pwrite(descriptor, junk, sizeof junk, (page - 1) * 4096), 4096);
    enum rond_err err = store_open_sqlite(fixture->directory, STORE_READ_ONLY, &fixture->rng, &reader, fault);
    if (err == ROND_OK)
        err = reader->views->damage(reader, fault);
    store_close(reader);
    assert_int_equal(pwrite(descriptor, kept, sizeof kept, (page - 1) * 4096), 4096);
    close(descriptor);
    return err;
}

static void a_page_that_is_spoilt_is_found_and_its_table_named(void **state) {
    struct store_fixture *fixture = *state;
    struct fault fault = {0};
    struct sender sender;
    int64_t pages = 0, forks = 0;
    sender_init(&sender, 1, 1);
    for (int i = 0; i < 10; i++)
        sender_send(fixture, &sender, SENDER_REPORTS_MAX);
    assert_ok(fixture->store->views->damage(fixture->store, &fault));
    assert_ok(sqlite_number(sqlite_of(fixture->store), "PRAGMA page_count", &pages));
    assert_ok(sqlite_number(sqlite_of(fixture->store), "SELECT rootpage FROM sqlite_schema WHERE name = 'forks'", &forks));
    store_close(fixture->store); // whose own pages are in its memory
    for (int64_t page = 1; page <= pages; page++) {
        fault.text[0] = '\0';
        assert_err(ROND_ECORRUPT, damage_found(fixture, (long)page, &fault));
        assert_true(fault.text[0] != '\0');
        if (page == forks)
            assert_non_null(strstr(fault.text, "Table forks: "));
    }
    assert_ok(store_open_sqlite(fixture->directory, STORE_READ_WRITE, &fixture->rng, &fixture->store, &fault));
    fixture_reopen(fixture);
}

// No question about one report, outbox or bucket may read a whole table, and no index is there for nothing.
static void lookups_use_an_index(void **state) {
    struct store_fixture *fixture = *state;
    struct sqlite_store *store = sqlite_of(fixture->store);
    struct sender sender;
    struct stored_contribution added = {.row = 1, .commitment = 1, .value.bucket = "a:x"};
    struct outcome_change outcome = {.seq = 1};
    struct total_change total = {.commitment = 1, .period = ""};
    struct crowd_change crowd = {.commitment = 1, .bucket = "p"};
    struct fold_changes changes = {&added.row, 1, &added, 1, &total, 1, &outcome, 1, &crowd, 1};
    const struct spot spot = {1, {"lund", MAP_DAY, 100, 1, "polisen", "bangatan", 0}, {1, 0, 0}};
    const struct map_change map[] = {{{"lund", MAP_DAY, 100, 1, "polisen", "bangatan", 0}, {1, 0, 0}},
                                     {{"lund", MAP_MONTH, 90, 1, "polisen", "bangatan", 0}, {1, 0, 0}},
                                     {{"lund", MAP_YEAR, 0, 1, "polisen", "bangatan", 0}, {1, 0, 0}}};
    const struct spots_wanted behind = {.at = spot.at, .last = 1000};
    changes.spots = &spot;
    changes.spots_count = 1;
    changes.map = map;
    changes.map_count = ARRAY_COUNT(map);
    struct stored_report *list = NULL, report;
    struct stored_contribution *contributions = NULL;
    struct feedback_row *rows = NULL;
    struct outbox_row *outboxes = NULL;
    struct device_key *keys = NULL;
    struct store_counts counts;
    struct index_use indexes[INDEXES_MAX] = {0};
    struct bucket_contents contents;
    size_t count = 0;
    uint64_t cursor = 0;
    struct hash256 head;
    sender_init(&sender, 1, 1);
    outcome.outbox = sender.outbox;
    sender_send(fixture, &sender, 3);
    struct report_key key = sender_key(&sender, 1);
    struct bucket_key bucket = {1, "r:0b010000000000000000000000000000:1"};
    const struct joint_key joint = {"lund", 1, "x"};
    struct decision *decisions = NULL,
                    decision = {
                        .kind = DECISION_PART, .subject = "", .value = "", .reports = &key, .reports_count = 1, .actor = ""};
    uint64_t number = 0, *erased = NULL;
    const uint64_t run[] = {1, 2};
    struct bucket_contents runs[2];
    struct person_session *sessions = NULL;
    struct person *people = NULL;
    struct enrol_code *codes = NULL;
    fixture_begin(fixture);
    assert_ok(fixture->store->ledger->fold_store(fixture->store, &changes));
    assert_ok(fixture->store->ledger->joint_hold(fixture->store, &joint, 1));
    assert_ok(fixture->store->registry->decision_put(fixture->store, &decision, &number));
    fixture_commit(fixture);
    const struct views_ops *views = fixture->store->views;
    assert_ok(fixture->store->ledger->revisions_of(fixture->store, &key, 1, &fixture->arena, &list, &count));
    assert_ok(fixture->store->ledger->head_at(fixture->store, &sender.device, &sender.outbox, 2, &head));
    assert_ok(views->bucket(fixture->store, &bucket, &fixture->arena, &contents));
    assert_ok(views->report_by_key(fixture->store, &key, &fixture->arena, &report));
    assert_ok(views->reports_by_reference(fixture->store, 1, 1, &fixture->arena, &list, &count));
    assert_ok(views->reports(fixture->store, 0, 1, &fixture->arena, &list, &count));
    assert_ok(views->contributions(fixture->store, 1, 0, 1, &fixture->arena, &contributions, &count));
    assert_ok(views->contributions_before(fixture->store, 1, 0, 1, &fixture->arena, &contributions, &count));
    assert_ok(views->quarantine(fixture->store, false, 0, 1, &fixture->arena, &list, &count));
    assert_ok(views->feedback(fixture->store, &sender.device, 0, 1, &fixture->arena, &rows, &count, &cursor));
    assert_ok(views->outboxes(fixture->store, &sender.device, 0, 1, &fixture->arena, &outboxes, &count, &cursor));
    assert_ok(views->keys_of(fixture->store, &sender.device, &fixture->arena, &keys, &count));
    assert_ok(views->decisions_about(fixture->store, &key, &fixture->arena, &decisions, &count));
    assert_ok(views->decision(fixture->store, number, &fixture->arena, &decision));
    assert_ok(views->decisions_mark(fixture->store, DECISION_ACTION, &cursor));
    assert_ok(views->decisions(fixture->store, 0, 1, &fixture->arena, &decisions, &count, &cursor));
    assert_ok(views->joint_number(fixture->store, &joint, &number));
    assert_ok(views->crowd(fixture->store, &bucket, &crowd.crowd));
    assert_ok(views->erased(fixture->store, 0, 1, &fixture->arena, &erased, &count));
    assert_ok(views->spots(fixture->store, &behind, 1, &fixture->arena, &erased, &count));
    assert_int_equal(count, 1);
    assert_ok(fixture->store->ledger->contributions_of(fixture->store, run, 2, &fixture->arena, runs));
    assert_ok(views->sessions(fixture->store, "anna", &fixture->arena, &sessions, &count));
    assert_ok(views->people(fixture->store, 0, 1, &fixture->arena, &people, &count, &cursor));
    assert_ok(views->codes_waiting(fixture->store, 0, 1, &fixture->arena, &codes, &count));
    struct audit_row *audited = NULL;
    for (unsigned i = 0; i < 4; i++) {
        struct audit_filter filter = {.actor = i & 1 ? "anna" : NULL, .action = i & 2 ? "x" : NULL, .to_ms = INT64_MAX};
        assert_ok(views->audit_newest(fixture->store, &filter, 1, 1, &fixture->arena, &audited, &count, &cursor));
    }
    size_t checked = 0, indexes_count = indexes_list(store->db, indexes);
    for (size_t i = 0; i < SQLITE_STATEMENTS_MAX; i++) {
        const char *sql = store->statements[i].sql;
        if (sql == NULL || strncmp(sql, "PRAGMA", 6) == 0 || strstr(sql, "sqlite_schema") != NULL)
            continue;
        checked++;
        if (scans_a_table(store->db, sql, indexes, indexes_count))
            fail_msg("reads a whole table: %s", sql);
    }
    assert_true(checked > 20);
    // Counting is allowed to read whole (small) tables; it has an index of its own for lost ranges.
    assert_ok(views->counts(fixture->store, &counts));
    for (size_t i = 0; i < SQLITE_STATEMENTS_MAX; i++)
        if (store->statements[i].sql != NULL)
            scans_a_table(store->db, store->statements[i].sql, indexes, indexes_count);
    assert_true(indexes_count >= 8);
    for (size_t i = 0; i < indexes_count; i++)
        if (!indexes[i].used)
            fail_msg("nothing uses %s", indexes[i].name);
}

static void a_directory_has_one_owner(void **state) {
    struct store_fixture *fixture = *state;
    struct fault fault = {0};
    int mine = -1, other = -1;
    assert_ok(store_lock(fixture->directory, &mine, &fault));
    assert_err(ROND_ECONFLICT, store_lock(fixture->directory, &other, &fault));
    assert_int_equal(other, -1);
    close(mine);
    assert_ok(store_lock(fixture->directory, &mine, &fault));
    close(mine);
    assert_err(ROND_ENOTFOUND, store_lock("/tmp/rond-no-such-directory", &other, &fault));
}

// More of them than are remembered, and some too long for that.
enum { PLACES = 3 * SQLITE_TEXTS_MAX };

static const char *place_name(unsigned i) {
    static char name[160];
    (void)snprintf(name, sizeof name, "place-%u%s", i,
                   i % 100 == 0 ? " of a name longer than any id that a promise file may give to one of its places" : "");
    return name;
}

static void texts_keep_their_numbers_however_many_they_are(void **state) {
    struct store_fixture *fixture = *state;
    struct sqlite_store *store = sqlite_of(fixture->store);
    static int64_t numbers[PLACES];
    fixture_begin(fixture);
    for (unsigned i = 0; i < PLACES; i++)
        assert_ok(sqlite_text_number(store, place_name(i), &numbers[i]));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < PLACES; i++) {
            int64_t number = 0;
            const char *text = NULL;
            assert_ok(sqlite_text_number(store, place_name(i), &number));
            assert_int_equal(number, numbers[i]);
            assert_ok(sqlite_text_of(store, numbers[PLACES - 1 - i], &fixture->arena, &text));
            assert_string_equal(text, place_name(PLACES - 1 - i));
        }
    }
    fixture_commit(fixture);
    const char *text = NULL;
    assert_err(ROND_ECORRUPT, sqlite_text_of(store, numbers[PLACES - 1] + 1, &fixture->arena, &text));
    assert_err(ROND_ECORRUPT, sqlite_text_of(store, 0, &fixture->arena, &text));
}

static void a_text_of_a_transaction_that_was_rolled_back_is_forgotten(void **state) {
    struct store_fixture *fixture = *state;
    struct sqlite_store *store = sqlite_of(fixture->store);
    int64_t first = 0, other = 0;
    const char *text = NULL;
    fixture_begin(fixture);
    assert_ok(sqlite_text_number(store, "stortorget", &first));
    fixture_rollback(fixture);
    assert_err(ROND_ECORRUPT, sqlite_text_of(store, first, &fixture->arena, &text));
    fixture_begin(fixture);
    assert_ok(sqlite_text_number(store, "clemenstorget", &other));
    assert_ok(sqlite_text_of(store, other, &fixture->arena, &text));
    assert_string_equal(text, "clemenstorget");
    assert_ok(sqlite_text_number(store, "stortorget", &first));
    assert_true(first != other);
    fixture_commit(fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        ON_SQLITE(no_allocations_are_counted),
        ON_SQLITE(a_store_is_made_once_and_only_where_asked),
        ON_SQLITE(a_file_that_a_crash_left_empty_counts_as_none),
        ON_SQLITE(a_file_that_is_no_store_is_refused),
        ON_SQLITE(a_store_of_another_schema_is_refused),
        ON_SQLITE(nobody_else_may_read_the_files),
        ON_SQLITE(readers_see_what_is_committed_and_nothing_else),
        ON_SQLITE(a_reader_opens_without_a_writer_and_leaves_the_log_alone),
        ON_SQLITE(another_process_that_looks_in_and_leaves_does_not_take_the_log_with_it),
        ON_SQLITE(the_log_is_folded_in_lulls_and_cut_at_the_end),
        ON_SQLITE(a_log_beyond_its_cap_is_cut_unless_a_reader_needs_it),
        ON_SQLITE(a_full_disk_is_said_aloud_and_loses_nothing),
        ON_SQLITE(a_crash_keeps_what_was_committed_and_nothing_half),
        ON_SQLITE(integrity_finds_what_contradicts),
        ON_SQLITE(the_audit_log_only_grows),
        ON_SQLITE(a_page_that_is_spoilt_is_found_and_its_table_named),
        ON_SQLITE(lookups_use_an_index),
        ON_SQLITE(a_directory_has_one_owner),
        ON_SQLITE(texts_keep_their_numbers_however_many_they_are),
        ON_SQLITE(a_text_of_a_transaction_that_was_rolled_back_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
