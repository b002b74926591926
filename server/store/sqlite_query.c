#include <errno.h>
#include <string.h>

#include "store/sqlite.h"

enum rond_err sqlite_err(sqlite3 *db, int result) {
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ROND_OK;
    case SQLITE_FULL:
        return ROND_EFULL;
    case SQLITE_NOMEM:
        return ROND_ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ROND_ECORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ROND_EAGAIN;
    case SQLITE_CONSTRAINT:
        return ROND_ECONFLICT;
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
        return ROND_EINVALID;
    case SQLITE_IOERR: {
        // The shared-memory file, unlike the others, answers a full disk with IOERR.
        int system_errno = db == NULL ? 0 : sqlite3_system_errno(db);
        if (result == SQLITE_IOERR_NOMEM)
            return ROND_ENOMEM;
        return system_errno == ENOSPC || system_errno == EDQUOT ? ROND_EFULL : ROND_EIO;
    }
    default:
        return ROND_EIO;
    }
}

struct sqlite_store *sqlite_of(struct store *store) {
    return (struct sqlite_store *)store;
}

static sqlite3_stmt *prepare(struct sqlite_store *store, const char *sql, enum rond_err *ret_err) {
    size_t slot = ((uintptr_t)sql >> 3) * 2654435761u % SQLITE_STATEMENTS_MAX;
    size_t tried = 0;
    while (store->statements[slot].sql != NULL && store->statements[slot].sql != sql) {
        CHECK(++tried < SQLITE_STATEMENTS_MAX);
        slot = (slot + 1) % SQLITE_STATEMENTS_MAX;
    }
    struct sqlite_statement *statement = &store->statements[slot];
    if (statement->sql == NULL) {
        int result = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->prepared, NULL);
        *ret_err = sqlite_err(store->db, result);
        if (result == SQLITE_ERROR) // a table is missing: the file is not what its header says
            *ret_err = ROND_ECORRUPT;
        if (result != SQLITE_OK)
            return NULL;
        statement->sql = sql;
    }
    return statement->prepared;
}

struct query query_start(struct sqlite_store *store, const char *sql) {
    struct query query = {.store = store};
    query.statement = prepare(store, sql, &query.err);
    CHECK(query.statement == NULL || !sqlite3_stmt_busy(query.statement));
    return query;
}

static void bound(struct query *query, int result) {
    if (result != SQLITE_OK && query->err == ROND_OK)
        query->err = sqlite_err(query->store->db, result);
}

void query_int(struct query *query, int64_t value) {
    if (query->err == ROND_OK)
        bound(query, sqlite3_bind_int64(query->statement, ++query->bound, value));
}

void query_text(struct query *query, const char *text) {
    if (query->err == ROND_OK)
        bound(query, sqlite3_bind_text(query->statement, ++query->bound, text, -1, SQLITE_STATIC));
}

void query_blob(struct query *query, const void *data, size_t size) {
    if (query->err == ROND_OK) // an empty blob is not NULL
        bound(query, sqlite3_bind_blob64(query->statement, ++query->bound, size == 0 ? "" : data, size, SQLITE_STATIC));
}

void query_null(struct query *query) {
    if (query->err == ROND_OK)
        bound(query, sqlite3_bind_null(query->statement, ++query->bound));
}

bool query_next(struct query *query) {
    if (query->err != ROND_OK)
        return false;
    CHECK(query->bound == sqlite3_bind_parameter_count(query->statement));
    int result = sqlite3_step(query->statement);
    if (result == SQLITE_ROW)
        return true;
    query->err = sqlite_err(query->store->db, result);
    return false;
}

enum rond_err query_finish(struct query *query) {
    if (query->statement != NULL)
        sqlite3_reset(query->statement);
    query->statement = NULL;
    return query->err;
}

enum rond_err query_run(struct query *query) {
    bool row = query_next(query);
    CHECK(!row);
    return query_finish(query);
}

enum rond_err query_single(struct query *query, int64_t *ret_value) {
    bool found = query_next(query);
    int64_t value = found ? column_int(query, 0) : 0;
    enum rond_err err = query_finish(query);
    if (err != ROND_OK)
        return err;
    if (!found)
        return ROND_ENOTFOUND;
    *ret_value = value;
    return ROND_OK;
}

int64_t column_int(const struct query *query, int column) {
    return sqlite3_column_int64(query->statement, column);
}

bool column_is_null(const struct query *query, int column) {
    return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

const char *column_text(struct query *query, int column, struct arena *arena) {
    if (column_is_null(query, column))
        return NULL;
    const char *text = (const char *)sqlite3_column_text(query->statement, column);
    char *copy = text == NULL ? NULL : arena_text(arena, text);
    if (copy == NULL)
        query->err = ROND_ENOMEM;
    return copy;
}

struct bytes column_bytes(struct query *query, int column, struct arena *arena) {
    const void *data = sqlite3_column_blob(query->statement, column);
    struct bytes from = bytes_of(data, (size_t)sqlite3_column_bytes(query->statement, column));
    struct bytes copy = {0};
    if (from.size > 0 && !arena_copy(arena, from, &copy))
        query->err = ROND_ENOMEM;
    return copy;
}

void column_exactly(struct query *query, int column, void *ret_data, size_t size) {
    const void *data = sqlite3_column_blob(query->statement, column);
    if (data == NULL || (size_t)sqlite3_column_bytes(query->statement, column) != size)
        query->err = ROND_ECORRUPT;
    else
        memcpy(ret_data, data, size);
}
