#include "fault/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"

// The hash so far, the type, the bytes.
static void add(struct hash256 *hash, int type, const void *data, size_t size) {
    uint8_t kind = (uint8_t)type;
    const struct bytes parts[] = {bytes_of(hash->b, HASH_SIZE), bytes_of(&kind, 1), bytes_of(data, size)};
    sha256_parts(parts, ARRAY_COUNT(parts), hash);
}

static void add_value(struct hash256 *hash, sqlite3_stmt *row, int column) {
    int type = sqlite3_column_type(row, column);
    if (type == SQLITE_INTEGER) {
        sqlite3_int64 number = sqlite3_column_int64(row, column);
        add(hash, type, &number, sizeof number);
    } else {
        const void *data = sqlite3_column_blob(row, column);
        add(hash, type, data == NULL ? "" : data, (size_t)sqlite3_column_bytes(row, column));
    }
}

// Of a sealed body only that it is there; an outbox on a device keeps its own as it did.
static bool is_sealed(sqlite3_stmt *row, int column) {
    const char *table = sqlite3_column_table_name(row, column), *name = sqlite3_column_name(row, column);
    return table != NULL && (strcmp(table, "reports") == 0 || strcmp(table, "forks") == 0) && strcmp(name, "body") == 0;
}

static void add_rows(struct hash256 *hash, sqlite3 *db, const char *sql) {
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            if (is_sealed(row, i))
                add(hash, sqlite3_column_type(row, i), "", sqlite3_column_bytes(row, i) > 0);
            else
                add_value(hash, row, i);
        }
        code = SQLITE_OK;
    }
    add(hash, code, sql, strlen(sql)); // what cannot be read is another state
    sqlite3_finalize(row);
}

// Keys are drawn anew at every try, and a backup leaves them out; that bodies open is what verifying looks at, against leaves.
static const char *rows_of(const char *table, char *sql, size_t size) {
    static const struct {
        const char *table, *sql;
    } OTHERS[] = {
        {"body_keys", "SELECT 1"},
        {"fork_keys", "SELECT 1"},
        {"keyless", "SELECT 1"},
        {"store", "SELECT id, epoch, fold FROM store"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(OTHERS); i++)
        if (strcmp(OTHERS[i].table, table) == 0)
            return OTHERS[i].sql;
    snprintf(sql, size, "SELECT * FROM \"%s\"", table);
    return sql;
}

void dump_hash(sqlite3 *db, struct hash256 *ret_hash) {
    sqlite3_stmt *table = NULL;
    char sql[256];
    *ret_hash = (struct hash256){0};
    add_rows(ret_hash, db, "PRAGMA user_version");
    int code = sqlite3_prepare_v2(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", -1, &table, NULL);
    while (code == SQLITE_OK && sqlite3_step(table) == SQLITE_ROW) {
        add_rows(ret_hash, db, rows_of((const char *)sqlite3_column_text(table, 0), sql, sizeof sql));
    }
    sqlite3_finalize(table);
}

const char *dump_integrity(sqlite3 *db) {
    static char text[200];
    sqlite3_stmt *row = NULL;
    snprintf(text, sizeof text, "the file cannot be checked");
    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW)
        snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return strcmp(text, "ok") == 0 ? "" : text;
}
