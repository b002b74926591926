#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/planted.h"
#include "outbox_internal.h"

// SQLite knows ENOSPC as full; a quota and a bound on the file's size it calls a failed write, and where the write was
// a commit's it keeps no number: then errno, which sql_next cleared, still tells.
static bool is_disk_full(struct outbox *outbox) {
    int number = sqlite3_system_errno(outbox->db);
    if (number == 0)
        number = errno;
    return number == ENOSPC || number == EDQUOT || number == EFBIG;
}

enum rond_err sql_err(struct outbox *outbox, int code) {
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ROND_OK;
    case SQLITE_FULL:
        return ROND_EFULL;
    case SQLITE_IOERR:
        return is_disk_full(outbox) ? ROND_EFULL : ROND_EIO;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ROND_ECONFLICT;
    case SQLITE_NOMEM:
        return ROND_ENOMEM;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
        return ROND_ECORRUPT;
    default:
        return ROND_EIO;
    }
}

static enum rond_err statement_get(struct outbox *outbox, const char *sql, sqlite3_stmt **ret_statement) {
    size_t i = 0;
    while (i < STATEMENTS_MAX && outbox->statements[i].sql != NULL && outbox->statements[i].sql != sql)
        i++;
    CHECK(i < STATEMENTS_MAX);
    if (outbox->statements[i].sql == NULL) {
        int code =
            sqlite3_prepare_v3(outbox->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &outbox->statements[i].statement, NULL);
        if (code != SQLITE_OK)
            return sql_err(outbox, code);
        outbox->statements[i].sql = sql;
    }
    *ret_statement = outbox->statements[i].statement;
    return ROND_OK;
}

static int bind_one(sqlite3_stmt *statement, int index, char type, va_list *arguments) {
    if (type == 'i')
        return sqlite3_bind_int64(statement, index, va_arg(*arguments, int64_t));
    if (type == 't')
        return sqlite3_bind_text(statement, index, va_arg(*arguments, const char *), -1, SQLITE_STATIC);
    CHECK(type == 'b');
    struct bytes bytes = va_arg(*arguments, struct bytes);
    return bytes.size == 0 ? sqlite3_bind_zeroblob(statement, index, 0)
                           : sqlite3_bind_blob(statement, index, bytes.data, (int)bytes.size, SQLITE_STATIC);
}

static enum rond_err query_bind(struct outbox *outbox, sqlite3_stmt **ret_statement, const char *sql, const char *types,
                                va_list *arguments) {
    sqlite3_stmt *statement = NULL;
    enum rond_err err = statement_get(outbox, sql, &statement);
    if (err != ROND_OK)
        return err;
    for (int i = 0; types[i] != '\0'; i++) {
        int code = bind_one(statement, i + 1, types[i], arguments);
        if (code != SQLITE_OK) {
            sql_end(statement);
            return sql_err(outbox, code);
        }
    }
    *ret_statement = statement;
    return ROND_OK;
}

enum rond_err sql_query(struct outbox *outbox, sqlite3_stmt **ret_statement, const char *sql, const char *types, ...) {
    va_list arguments;
    va_start(arguments, types);
    enum rond_err err = query_bind(outbox, ret_statement, sql, types, &arguments);
    va_end(arguments);
    return err;
}

enum rond_err sql_next(struct outbox *outbox, sqlite3_stmt *statement) {
    errno = 0;
    int code = sqlite3_step(statement);
    return code == SQLITE_DONE ? ROND_ENOTFOUND : sql_err(outbox, code);
}

void sql_end(sqlite3_stmt *statement) {
    if (statement == NULL)
        return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

enum rond_err sql_run(struct outbox *outbox, const char *sql, const char *types, ...) {
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = NULL;
    enum rond_err err = query_bind(outbox, &statement, sql, types, &arguments);
    va_end(arguments);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, statement);
    sql_end(statement);
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

enum rond_err sql_number(struct outbox *outbox, int64_t *ret_number, const char *sql, const char *types, ...) {
    va_list arguments;
    va_start(arguments, types);
    sqlite3_stmt *statement = NULL;
    enum rond_err err = query_bind(outbox, &statement, sql, types, &arguments);
    va_end(arguments);
    if (err != ROND_OK)
        return err;
    err = sql_next(outbox, statement);
    if (err == ROND_OK)
        *ret_number = sqlite3_column_int64(statement, 0);
    sql_end(statement);
    return err;
}

struct bytes sql_bytes(sqlite3_stmt *statement, int column) {
    const void *data = sqlite3_column_blob(statement, column);
    return bytes_of(data, data == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, column));
}

void sql_finalize_all(struct outbox *outbox) {
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        sqlite3_finalize(outbox->statements[i].statement);
        outbox->statements[i].statement = NULL;
        outbox->statements[i].sql = NULL;
    }
}

enum rond_err transaction_begin(struct outbox *outbox) {
    outbox->before = outbox->position;
    outbox->visited_before = outbox->visited;
    outbox->server_before = outbox->server;
    return sql_run(outbox, "BEGIN IMMEDIATE", "");
}

enum rond_err transaction_end(struct outbox *outbox, enum rond_err err) {
    buffer_clear(&outbox->plain);
    if (err == ROND_OK)
        err = sql_run(outbox, "COMMIT", "");
    if (err == ROND_OK)
        return ROND_OK;
    // SQLite has rolled back by itself after some failures; then there is nothing left to undo.
    if (!sqlite3_get_autocommit(outbox->db))
        sqlite3_exec(outbox->db, "ROLLBACK", NULL, NULL, NULL);
    if (!PLANTED(HALF_QUEUED))
        outbox->position = outbox->before;
    outbox->visited = outbox->visited_before;
    outbox->server = outbox->server_before;
    return err;
}

static struct seal_place place_start(const char *label) {
    struct seal_place place = {.size = strlen(label)};
    CHECK(place.size < PLACE_SIZE_MAX / 4);
    memcpy(place.b, label, place.size);
    return place;
}

struct seal_place place_of_report(const struct id128 *outbox, uint64_t seq) {
    struct seal_place place = place_start("rond seal v1");
    memcpy(place.b + place.size, outbox->b, ID_SIZE);
    put_be64(place.b + place.size + ID_SIZE, seq);
    place.size += ID_SIZE + 8;
    return place;
}

struct seal_place place_of_number(const char *label, uint64_t number) {
    struct seal_place place = place_start(label);
    put_be64(place.b + place.size, number);
    place.size += 8;
    return place;
}

struct seal_place place_of_row(const char *label, int64_t outbox_number, uint64_t seq) {
    struct seal_place place = place_of_number(label, (uint64_t)outbox_number);
    put_be64(place.b + place.size, seq);
    place.size += 8;
    return place;
}

struct seal_place place_of_name(const char *label, const char *name) {
    struct seal_place place = place_start(label);
    size_t size = strlen(name);
    CHECK(place.size + size <= PLACE_SIZE_MAX);
    memcpy(place.b + place.size, name, size);
    place.size += size;
    return place;
}

enum rond_err outbox_seal(struct outbox *outbox, struct seal_place place, struct bytes plain) {
    buffer_clear(&outbox->sealed);
    return seal(&outbox->key, outbox->rng, bytes_of(place.b, place.size), plain, &outbox->sealed);
}

enum rond_err outbox_unseal(struct outbox *outbox, struct seal_place place, struct bytes sealed) {
    buffer_clear(&outbox->plain);
    return unseal(&outbox->key, bytes_of(place.b, place.size), sealed, &outbox->plain);
}
