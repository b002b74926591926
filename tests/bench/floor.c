// The floor under ingest: what SQLite alone needs for the rows that a run has left behind. The same connection settings
// and checkpoint rule, because the backend's own open and checkpoint are used; prepared statements, values in memory,
// and as many transactions as the server made. Every table that a report adds to: the reports, the keys of their bodies,
// their batches and the log of changes, what they count toward and its totals, where they are on the map and its sums, in
// each group as often as the server must touch them. No reading, no checking, no counting.
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/bench.h"
#include "store/sqlite.h"

enum { COLUMNS_MAX = 32 };

struct table {
    const char *name;
    const char *select;   // in the order of arrival; the first column places a row within it
    const char *conflict; // what becomes of a row that is there; NULL: it takes its place
    size_t columns;
    size_t rows;
    sqlite3_value **values; // rows * columns
    sqlite3_stmt *insert;
    size_t next;
};

static void must(int result, sqlite3 *db, const char *what) {
    if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_ROW)
        bench_fail("%s: %s", what, sqlite3_errmsg(db));
}

static void table_load(struct table *table, sqlite3 *db) {
    sqlite3_stmt *statement;
    size_t room = 0;
    must(sqlite3_prepare_v2(db, table->select, -1, &statement, NULL), db, table->select);
    table->columns = (size_t)sqlite3_column_count(statement);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        if (table->rows == room) {
            room = room ? 2 * room : 1024;
            table->values = realloc(table->values, room * table->columns * sizeof(sqlite3_value *));
            CHECK(table->values);
        }
        for (size_t i = 0; i < table->columns; i++)
            table->values[table->rows * table->columns + i] = sqlite3_value_dup(sqlite3_column_value(statement, (int)i));
        table->rows++;
    }
    must(sqlite3_finalize(statement), db, table->name);
}

// The first column only places the row, and is not inserted.
static void table_prepare(struct table *table, sqlite3 *db) {
    char sql[512], marks[2 * COLUMNS_MAX] = "";
    CHECK(table->columns <= COLUMNS_MAX);
    for (size_t i = 1; i < table->columns; i++)
        strcat(marks, i == 1 ? "?" : ",?");
    (void)snprintf(sql, sizeof sql, "INSERT %sINTO %s VALUES (%s)%s", table->conflict ? "" : "OR REPLACE ", table->name,
                   marks, table->conflict ? table->conflict : "");
    must(sqlite3_prepare_v2(db, sql, -1, &table->insert, NULL), db, sql);
}

static void table_insert_next(struct table *table, sqlite3 *db) {
    sqlite3_value **row = &table->values[table->next++ * table->columns];
    for (size_t i = 1; i < table->columns; i++)
        (void)sqlite3_bind_value(table->insert, (int)i, row[i]);
    must(sqlite3_step(table->insert), db, table->name);
    (void)sqlite3_reset(table->insert);
}

static int64_t table_place(const struct table *table) {
    return table->next < table->rows ? sqlite3_value_int64(table->values[table->next * table->columns]) : INT64_MAX;
}

static void table_free(struct table *table) {
    for (size_t i = 0; i < table->rows * table->columns; i++)
        sqlite3_value_free(table->values[i]);
    free(table->values);
    (void)sqlite3_finalize(table->insert);
}

enum { REPORTS, KEYS, CONTRIBUTIONS, SPOTS, BATCHES, CHANGES, MAP, OUTBOXES, TOTALS, TABLES };

// Groups end where a batch does. `bounds` holds the last row of each.
static void bounds_make(sqlite3 *db, size_t groups) {
    char sql[512];
    (void)snprintf(
        sql, sizeof sql,
        "CREATE TEMP TABLE bounds (last_row INTEGER PRIMARY KEY); INSERT INTO bounds SELECT max(last_row) FROM"
        " (SELECT first_row + last_seq - first_seq AS last_row, (row_number() OVER (ORDER BY first_row) - 1) * %zu"
        " / (SELECT count(*) FROM batches) AS part FROM batches) GROUP BY part",
        groups);
    must(sqlite3_exec(db, sql, NULL, NULL, NULL), db, sql);
}

static void load_all(struct table tables[TABLES], struct table *bounds, const char *from, size_t groups) {
    char path[500];
    sqlite3 *db;
    (void)snprintf(path, sizeof path, "%s/rond.db", from);
    must(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), db, path);
    bounds_make(db, groups);
    table_load(bounds, db);
    for (size_t i = 0; i < TABLES; i++)
        table_load(&tables[i], db);
    (void)sqlite3_close(db);
}

// Everything up to the last row of the group; its batches move their outboxes, and every total is written once.
static void write_group(struct table tables[TABLES], sqlite3 *db, int64_t last_row, sqlite3_stmt *advance) {
    static const int placed[] = {REPORTS, KEYS, CONTRIBUTIONS, SPOTS, CHANGES, MAP};
    for (size_t i = 0; i < ARRAY_COUNT(placed); i++)
        while (table_place(&tables[placed[i]]) <= last_row)
            table_insert_next(&tables[placed[i]], db);
    for (struct table *batches = &tables[BATCHES]; table_place(batches) <= last_row;) {
        sqlite3_value **row = &batches->values[batches->next * batches->columns];
        (void)sqlite3_bind_value(advance, 1, row[3]); // last_seq
        (void)sqlite3_bind_value(advance, 2, row[8]); // head, and another value of its size for the ratchet
        (void)sqlite3_bind_value(advance, 3, row[8]);
        (void)sqlite3_bind_value(advance, 4, row[1]); // outbox
        must(sqlite3_step(advance), db, "outboxes");
        (void)sqlite3_reset(advance);
        table_insert_next(batches, db);
    }
    for (tables[TOTALS].next = 0; tables[TOTALS].next < tables[TOTALS].rows;)
        table_insert_next(&tables[TOTALS], db);
}

static double write_all(struct table tables[TABLES], const struct table *bounds, struct store *store) {
    sqlite3 *db = sqlite_of(store)->db;
    sqlite3_stmt *advance;
    must(sqlite3_prepare_v2(db, "UPDATE outboxes SET watermark = ?, head = ?, ratchet = ? WHERE number = ?", -1, &advance,
                            NULL),
         db, "outboxes");
    for (size_t i = 0; i < TABLES; i++)
        table_prepare(&tables[i], db);
    double start_s = bench_now_s();
    for (size_t group = 0; group < bounds->rows; group++) {
        int64_t last_row = sqlite3_value_int64(bounds->values[group]);
        CHECK(store->ledger->begin(store) == ROND_OK);
        while (tables[OUTBOXES].next < tables[OUTBOXES].rows)
            table_insert_next(&tables[OUTBOXES], db);
        write_group(tables, db, last_row, advance);
        CHECK(store->ledger->commit(store) == ROND_OK);
        CHECK(store->ledger->checkpoint(store, false) == ROND_OK);
    }
    double took_s = bench_now_s() - start_s;
    (void)sqlite3_finalize(advance);
    return took_s;
}

// What the reports of a group come to for each day, month and year that they touch.
#define MAP_OF(span, start)                                                                                                 \
    "SELECT (SELECT min(last_row) FROM bounds WHERE last_row >= row) AS bound, area, " #span " AS span, " start             \
    " AS start, kind, organisation, place, square, person_minutes, quantity FROM spots"
#define START_OF(unit) "strftime('%s', day * 86400, 'unixepoch', 'start of " unit "') / 86400"
#define MAP_SELECT                                                                                                          \
    "SELECT bound, area, span, start, kind, organisation, place, square, count(*), sum(person_minutes), sum(quantity) FROM" \
    " (" MAP_OF(0, "day") " UNION ALL " MAP_OF(1, START_OF("month")) " UNION ALL " MAP_OF(                                  \
        2, START_OF("year")) ")"                                                                                            \
                             " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1, 2, 3, 4, 5, 6, 7, 8"

double floor_run(const char *from, const char *to, size_t groups, size_t *ret_reports) {
    struct table tables[TABLES] = {
        [REPORTS] = {"reports", "SELECT row, * FROM reports ORDER BY row", ""},
        [KEYS] = {"body_keys", "SELECT row, * FROM body_keys ORDER BY row", ""},
        [CONTRIBUTIONS] = {"contributions", "SELECT row, * FROM contributions ORDER BY row, commitment, ordinal", ""},
        [SPOTS] = {"spots", "SELECT row, * FROM spots ORDER BY row", ""},
        [BATCHES] = {"batches", "SELECT first_row, * FROM batches ORDER BY first_row", ""},
        [CHANGES] = {"changes",
                     "SELECT coalesce((SELECT max(b.first_row) FROM batches b WHERE b.outbox = c.outbox AND"
                     " b.first_seq = c.first_seq), 0), c.* FROM changes c ORDER BY 1, id",
                     ""},
        [MAP] = {"map", MAP_SELECT,
                 " ON CONFLICT DO UPDATE SET reports = reports + excluded.reports, person_minutes = person_minutes +"
                 " excluded.person_minutes, quantity = quantity + excluded.quantity"},
        [OUTBOXES] = {"outboxes", "SELECT 0, * FROM outboxes", NULL},
        [TOTALS] = {"totals", "SELECT 0, * FROM totals", NULL},
    };
    struct table bounds = {"bounds", "SELECT last_row FROM bounds ORDER BY last_row", NULL};
    struct fault fault = {0};
    struct store *store;
    load_all(tables, &bounds, from, groups);
    if (store_open_sqlite(to, STORE_READ_WRITE, rng_system(), &store, &fault))
        bench_fail("floor: %s", fault.text);
    double took_s = write_all(tables, &bounds, store);
    *ret_reports = tables[REPORTS].rows;
    for (size_t i = 0; i < TABLES; i++)
        table_free(&tables[i]);
    table_free(&bounds);
    store_close(store);
    return took_s;
}
