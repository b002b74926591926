// Bodies under their keys: sealing and reading them, destroying one, and moving those of a store that had them in plain.
#include <string.h>

#include "store/sqlite.h"
#include "wire/limits.h"

enum { TELL_ROWS = 1024 };

// ---- Sealing ----

enum rond_err sqlite_body_seal(struct sqlite_store *store, enum body_what what, const struct report_key *place,
                               struct bytes plain, struct body_key *ret_key, struct bytes *ret_sealed) {
    struct buffer *sealed = &store->sealed;
    uint8_t *at = sealed->data + sealed->size;
    CHECK(sealed->capacity - sealed->size >= plain.size + BODY_TAG_SIZE); // it must not move what is bound already
    body_key_take(store->sealer, ret_key);
    enum rond_err err = body_seal(store->sealer, ret_key, what, place, plain, at);
    if (err != ROND_OK)
        return err;
    sealed->size += plain.size + BODY_TAG_SIZE;
    *ret_sealed = bytes_of(at, plain.size + BODY_TAG_SIZE);
    return ROND_OK;
}

enum rond_err sqlite_body_key_put(struct sqlite_store *store, int64_t row, const struct body_key *key) {
    struct query query = query_start(store, "INSERT OR FAIL INTO body_keys (row, key) VALUES (?, ?)");
    query_int(&query, row);
    query_blob(&query, key->b, BODY_KEY_SIZE);
    return query_run(&query);
}

enum rond_err sqlite_fork_key_put(struct sqlite_store *store, int64_t id, const struct body_key *key) {
    struct query query = query_start(store, "INSERT OR FAIL INTO fork_keys (id, key) VALUES (?, ?)");
    query_int(&query, id);
    query_blob(&query, key->b, BODY_KEY_SIZE);
    return query_run(&query);
}

// One body alone, in the empty buffer.
static enum rond_err seal_one(struct sqlite_store *store, enum body_what what, const struct report_key *place,
                              struct bytes plain, struct body_key *ret_key, struct bytes *ret_sealed) {
    buffer_clear(&store->sealed);
    enum rond_err err = buffer_reserve(&store->sealed, plain.size + BODY_TAG_SIZE);
    return err == ROND_OK ? sqlite_body_seal(store, what, place, plain, ret_key, ret_sealed) : err;
}

// ---- Reading ----

// ROND_ECORRUPT is said of this body alone: one that was altered is a finding about it, not the end of reading.
static enum rond_err open_sealed(struct query *query, int body_column, int key_column, enum body_what what,
                                 const struct report_key *place, struct arena *arena, struct bytes *ret_body) {
    const void *data = sqlite3_column_blob(query->statement, body_column);
    const void *key_data = sqlite3_column_blob(query->statement, key_column);
    struct bytes sealed = bytes_of(data, (size_t)sqlite3_column_bytes(query->statement, body_column));
    struct body_key key;
    if (sealed.size < BODY_TAG_SIZE || sqlite3_column_bytes(query->statement, key_column) != BODY_KEY_SIZE)
        return ROND_ECORRUPT;
    uint8_t *plain = arena_alloc(arena, sealed.size);
    if (plain == NULL || data == NULL || key_data == NULL)
        return ROND_ENOMEM;
    memcpy(key.b, key_data, BODY_KEY_SIZE);
    enum rond_err err = body_unseal(query->store->sealer, &key, what, place, sealed, plain);
    bytes_wipe(&key, sizeof key);
    if (err == ROND_OK && sealed.size > BODY_TAG_SIZE)
        *ret_body = bytes_of(plain, sealed.size - BODY_TAG_SIZE);
    return err;
}

static enum rond_err erasure_read(struct sqlite_store *store, struct stored_report *report, struct arena *arena) {
    struct query query = query_start(store, "SELECT role, at_ms, rule FROM erasures WHERE row = ?");
    query_int(&query, (int64_t)report->row);
    if (query_next(&query)) {
        report->role = column_text(&query, 0, arena);
        report->erased_ms = column_int(&query, 1);
        report->erased_rule = column_text(&query, 2, arena);
    }
    return query_finish(&query);
}

void sqlite_body_read(struct query *query, int body_column, int key_column, struct arena *arena,
                      struct stored_report *report) {
    if (query->err != ROND_OK)
        return;
    enum rond_err err = ROND_OK;
    report->erased = column_is_null(query, body_column) || column_is_null(query, key_column);
    report->keyless = report->erased && !column_is_null(query, body_column);
    if (!report->erased)
        err = open_sealed(query, body_column, key_column, BODY_OF_REPORT, &report->key, arena, &report->record.report);
    else if (!report->keyless)
        err = erasure_read(query->store, report, arena);
    report->altered = !report->erased && err == ROND_ECORRUPT;
    report->erased = report->erased || report->altered;
    query->err = report->altered ? ROND_OK : err;
}

void sqlite_fork_body_read(struct query *query, int body_column, int key_column, struct arena *arena,
                           struct fork_row *fork) {
    if (query->err != ROND_OK)
        return;
    enum rond_err err = ROND_ECORRUPT;
    if (!column_is_null(query, body_column) && !column_is_null(query, key_column))
        err = open_sealed(query, body_column, key_column, BODY_OF_FORK, &fork->key, arena, &fork->record.report);
    fork->erased = err == ROND_ECORRUPT;
    query->err = fork->erased ? ROND_OK : err;
}

enum rond_err sqlite_body_opens(struct query *query, int body_column, enum body_what what, const struct report_key *place,
                                const struct body_key *key, bool *ret_opens) {
    struct bytes sealed = bytes_of(sqlite3_column_blob(query->statement, body_column),
                                   (size_t)sqlite3_column_bytes(query->statement, body_column));
    struct buffer *plain = &query->store->sealed;
    buffer_clear(plain);
    enum rond_err err = sealed.size < BODY_TAG_SIZE ? ROND_ECORRUPT : buffer_reserve(plain, sealed.size);
    if (err == ROND_OK)
        err = body_unseal(query->store->sealer, key, what, place, sealed, plain->data);
    if (plain->data != NULL)
        bytes_wipe(plain->data, plain->capacity);
    *ret_opens = err == ROND_OK;
    return err == ROND_ECORRUPT ? ROND_OK : err;
}

// ---- A body that is back ----

enum rond_err sqlite_body_revive(struct sqlite_store *store, int64_t row, const struct report_key *place,
                                 const struct record *record) {
    struct body_key key;
    struct bytes sealed;
    enum rond_err err = seal_one(store, BODY_OF_REPORT, place, record->report, &key, &sealed);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(store, "UPDATE reports SET body = ? WHERE row = ?");
    query_blob(&query, sealed.data, sealed.size);
    query_int(&query, row);
    err = query_run(&query);
    if (err == ROND_OK)
        err = sqlite_body_key_put(store, row, &key);
    bytes_wipe(&key, sizeof key);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "DELETE FROM keyless WHERE row = ?");
    query_int(&query, row);
    return query_run(&query);
}

// ---- Erasing ----

// The role is noted first, while the body can still tell it; erased again, the first note stays.
static enum rond_err erasure_note(struct sqlite_store *store, uint64_t row, const struct erasure *erasure,
                                  struct arena *arena) {
    struct stored_report report;
    enum rond_err err = sqlite_report_by_row(store, (int64_t)row, arena, &report);
    if (err == ROND_OK && !report.erased)
        err = report_role(report.record.report, arena, &report.role);
    if (err != ROND_OK)
        return err;
    struct query query =
        query_start(store, "INSERT INTO erasures (row, role, at_ms, rule) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    query_int(&query, (int64_t)row);
    query_text(&query, report.role != NULL ? report.role : erasure->role);
    query_int(&query, erasure->at_ms);
    query_text(&query, erasure->rule);
    return query_run(&query);
}

static enum rond_err row_run(struct sqlite_store *store, const char *sql, uint64_t row) {
    struct query query = query_start(store, sql);
    query_int(&query, (int64_t)row);
    return query_run(&query);
}

// secure_delete writes zeros over what goes; the log, which holds the pages as they were, is cut at the next chance.
enum rond_err sqlite_erase(struct store *base, uint64_t row, const struct erasure *erasure) {
    struct sqlite_store *store = sqlite_of(base);
    struct arena arena;
    CHECK(store->in_transaction);
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = erasure_note(store, row, erasure, &arena);
    arena_deinit(&arena);
    if (err == ROND_OK)
        err = row_run(store, "UPDATE reports SET body = NULL, salt = NULL WHERE row = ?", row);
    if (err == ROND_OK)
        err = row_run(store, "DELETE FROM body_keys WHERE row = ?", row);
    if (err == ROND_OK)
        err = row_run(store, "DELETE FROM keyless WHERE row = ?", row);
    store->wal_truncate_pages = 0;
    return err;
}

// Its leaf has no salt, so it goes as well: a guess could be held against it.
enum rond_err sqlite_erase_fork(struct store *base, uint64_t id, const struct erasure *erasure) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t found = 0;
    CHECK(store->in_transaction);
    struct query query = query_start(store, "SELECT id FROM forks WHERE id = ?");
    query_int(&query, (int64_t)id);
    enum rond_err err = query_single(&query, &found);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "UPDATE forks SET body = NULL, leaf = CAST(substr('00000000000000000000000000000000' || id, "
                               "-32) AS BLOB), erased_ms = ?"
                               " WHERE id = ? AND erased_ms = 0");
    query_int(&query, erasure->at_ms);
    query_int(&query, (int64_t)id);
    err = query_run(&query);
    store->wal_truncate_pages = 0;
    return err == ROND_OK ? row_run(store, "DELETE FROM fork_keys WHERE id = ?", id) : err;
}

// ---- From version 2 ----

// Of a large store this takes a while, and nothing is served meanwhile.
struct telling {
    int64_t rows, of;
};

static store_upgrading *told;

void store_on_upgrade(store_upgrading *upgrading) {
    told = upgrading;
}

// What is to be moved: number; device, outbox and seq; body.
static enum rond_err moving_read(struct query *query, struct report_key *ret_place, struct bytes *ret_body) {
    const void *data = sqlite3_column_blob(query->statement, 4);
    column_exactly(query, 1, ret_place->device.b, ID_SIZE);
    column_exactly(query, 2, ret_place->outbox.b, ID_SIZE);
    ret_place->seq = (uint64_t)column_int(query, 3);
    *ret_body = bytes_of(data, (size_t)sqlite3_column_bytes(query->statement, 4));
    return query->err;
}

static enum rond_err move_run(struct sqlite_store *store, const char *sql, int64_t number, const struct bytes *sealed) {
    struct query query = query_start(store, sql);
    query_int(&query, number);
    if (sealed == NULL)
        query_null(&query);
    else
        query_blob(&query, sealed->data, sealed->size);
    return query_run(&query);
}

static enum rond_err report_move(struct sqlite_store *store, struct query *from) {
    static const char sql[] =
        "INSERT INTO reports SELECT row, outbox, seq, kind, verdict, organisation, area, claimed_ms, from_s, to_s,"
        " uncertainty_s, received_ms, is_withdrawal, target, formerly_outbox, formerly_seq, leaf, salt, ?2"
        " FROM reports_plain WHERE row = ?1";
    int64_t row = column_int(from, 0);
    struct report_key place;
    struct bytes body, sealed;
    struct body_key key;
    if (column_is_null(from, 4))
        return move_run(store, sql, row, NULL);
    enum rond_err err = moving_read(from, &place, &body);
    if (err == ROND_OK)
        err = seal_one(store, BODY_OF_REPORT, &place, body, &key, &sealed);
    if (err == ROND_OK)
        err = move_run(store, sql, row, &sealed);
    return err == ROND_OK ? sqlite_body_key_put(store, row, &key) : err;
}

static enum rond_err fork_move(struct sqlite_store *store, struct query *from) {
    static const char sql[] = "INSERT INTO forks (id, outbox, seq, leaf, body, formerly_outbox, formerly_seq, received_ms)"
                              " SELECT id, outbox, seq, leaf, ?2, formerly_outbox, formerly_seq, received_ms"
                              " FROM forks_plain WHERE id = ?1";
    int64_t id = column_int(from, 0);
    struct report_key place;
    struct bytes body, sealed;
    struct body_key key;
    enum rond_err err = moving_read(from, &place, &body);
    if (err == ROND_OK)
        err = seal_one(store, BODY_OF_FORK, &place, body, &key, &sealed);
    if (err == ROND_OK)
        err = move_run(store, sql, id, &sealed);
    return err == ROND_OK ? sqlite_fork_key_put(store, id, &key) : err;
}

static enum rond_err all_move(struct sqlite_store *store, const char *sql, struct telling *telling,
                              enum rond_err (*move)(struct sqlite_store *store, struct query *from)) {
    struct query query = query_start(store, sql);
    while (query_next(&query)) {
        enum rond_err err = move(store, &query);
        if (err != ROND_OK)
            query.err = err;
        telling->rows++;
        if (told != NULL && (telling->rows % TELL_ROWS == 0 || telling->rows == telling->of))
            told((uint64_t)telling->rows, (uint64_t)telling->of);
    }
    return query_finish(&query);
}

// Dropping a table writes zeros over every page that it had, and so over what its pages had between their rows.
enum rond_err sqlite_bodies_move(struct sqlite_store *store) {
    struct telling telling = {0};
    enum rond_err err = sqlite_number(
        store, "SELECT (SELECT coalesce(max(row), 0) FROM reports_plain) + (SELECT count(*) FROM forks_plain)", &telling.of);
    if (err == ROND_OK)
        err = all_move(store,
                       "SELECT r.row, o.device, o.outbox, r.seq, r.body FROM reports_plain r LEFT JOIN outboxes o"
                       " ON o.number = r.outbox ORDER BY r.row",
                       &telling, report_move);
    if (err == ROND_OK)
        err = all_move(store,
                       "SELECT f.id, o.device, o.outbox, f.seq, f.body FROM forks_plain f LEFT JOIN outboxes o"
                       " ON o.number = f.outbox ORDER BY f.id",
                       &telling, fork_move);
    if (err == ROND_OK)
        err = sqlite_execute(store, "DROP TABLE reports_plain; DROP TABLE forks_plain;");
    store->wal_truncate_pages = 0;
    return err;
}
