// Keys of bodies as they leave the store and come back: a copy without them, and what a key file holds (backup/keys.h).
#include <string.h>

#include "store/sqlite.h"

// Every page that the keys had is overwritten with zeros (secure_delete). Which rows have none, whoever restores it finds
// out.
enum rond_err sqlite_keys_strip(sqlite3 *copy) {
    return sqlite_err(copy, sqlite3_exec(copy,
                                         "PRAGMA secure_delete = ON; BEGIN; DELETE FROM body_keys; DELETE FROM fork_keys;"
                                         "UPDATE store SET keys_apart = 1; COMMIT;",
                                         NULL, NULL, NULL));
}

enum rond_err sqlite_keys_apart(struct store *base, bool *ret_apart) {
    int64_t apart = 0;
    enum rond_err err = sqlite_number(sqlite_of(base), "SELECT keys_apart FROM store", &apart);
    if (err == ROND_OK)
        *ret_apart = apart != 0;
    return err;
}

static uint64_t leaf_read(struct query *query, int column) {
    struct hash256 leaf = {0};
    column_exactly(query, column, leaf.b, HASH_SIZE);
    return get_be64(leaf.b);
}

enum rond_err sqlite_body_keys(struct store *base, bool of_forks, uint64_t after_row, size_t limit, struct arena *arena,
                               struct body_key_row **ret_rows, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct body_key_row)};
    struct query query = query_start(
        sqlite_of(base), of_forks ? "SELECT k.id, f.leaf, k.key FROM fork_keys k JOIN forks f ON f.id = k.id"
                                    " WHERE k.id > ? ORDER BY k.id LIMIT ?"
                                  : "SELECT k.row, r.leaf, k.key FROM body_keys k JOIN reports r ON r.row = k.row"
                                    " WHERE k.row > ? ORDER BY k.row LIMIT ?");
    query_int(&query, (int64_t)after_row);
    query_int(&query, (int64_t)limit);
    while (query_next(&query)) {
        struct body_key_row *row = arena_list_add(&list);
        if (row == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        row->row = (uint64_t)column_int(&query, 0);
        row->leaf = leaf_read(&query, 1);
        column_exactly(&query, 2, row->key.b, BODY_KEY_SIZE);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rows = (struct body_key_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

enum rond_err sqlite_erasures(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                              struct erasure_row **ret_rows, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct erasure_row)};
    struct query query = query_start(sqlite_of(base), "SELECT e.row, r.leaf, e.role, e.at_ms, e.rule FROM erasures e JOIN"
                                                      " reports r ON r.row = e.row WHERE e.row > ? ORDER BY e.row LIMIT ?");
    query_int(&query, (int64_t)after_row);
    query_int(&query, (int64_t)limit);
    while (query_next(&query)) {
        struct erasure_row *row = arena_list_add(&list);
        if (row == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        row->row = (uint64_t)column_int(&query, 0);
        row->leaf = leaf_read(&query, 1);
        row->erasure.role = column_text(&query, 2, arena);
        row->erasure.at_ms = column_int(&query, 3);
        row->erasure.rule = column_text(&query, 4, arena);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_rows = (struct erasure_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// Whether the row is there with this leaf, and with a body that waits for its key and opens by this one. It may be of
// another time: a body that came back was sealed anew.
static enum rond_err is_waiting(struct sqlite_store *store, bool of_forks, const struct body_key_row *row, bool *ret_waits) {
    struct report_key place;
    struct query query = query_start(
        store, of_forks ? "SELECT t.leaf, o.device, o.outbox, t.seq, t.body FROM forks t JOIN outboxes o ON o.number = t.outbox"
                          " WHERE t.id = ? AND t.body IS NOT NULL AND t.id NOT IN (SELECT id FROM fork_keys)"
                        : "SELECT t.leaf, o.device, o.outbox, t.seq, t.body FROM reports t JOIN outboxes o ON o.number = t.outbox"
                          " WHERE t.row = ? AND t.body IS NOT NULL AND t.row NOT IN (SELECT row FROM body_keys)");
    query_int(&query, (int64_t)row->row);
    *ret_waits = query_next(&query) && leaf_read(&query, 0) == row->leaf;
    if (*ret_waits) {
        column_exactly(&query, 1, place.device.b, ID_SIZE);
        column_exactly(&query, 2, place.outbox.b, ID_SIZE);
        place.seq = (uint64_t)column_int(&query, 3);
        if (query.err == ROND_OK)
            query.err = sqlite_body_opens(&query, 4, of_forks ? BODY_OF_FORK : BODY_OF_REPORT, &place, &row->key, ret_waits);
    }
    return query_finish(&query);
}

enum rond_err sqlite_body_keys_put(struct store *base, bool of_forks, const struct body_key_row *rows, size_t count) {
    struct sqlite_store *store = sqlite_of(base);
    enum rond_err err = ROND_OK;
    CHECK(store->in_transaction);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        bool waits = false;
        err = is_waiting(store, of_forks, &rows[i], &waits);
        if (err == ROND_OK && waits)
            err = of_forks ? sqlite_fork_key_put(store, (int64_t)rows[i].row, &rows[i].key)
                           : sqlite_body_key_put(store, (int64_t)rows[i].row, &rows[i].key);
    }
    return err;
}

enum rond_err sqlite_body_keys_end(struct store *base, uint64_t *ret_missing) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t missing = 0;
    CHECK(store->in_transaction);
    enum rond_err err =
        sqlite_execute(store, "INSERT OR IGNORE INTO keyless SELECT r.row FROM reports r LEFT JOIN body_keys k"
                              " ON k.row = r.row WHERE r.body IS NOT NULL AND k.row IS NULL;"
                              "DELETE FROM keyless WHERE row IN (SELECT row FROM body_keys);"
                              "UPDATE store SET keys_apart = 0;");
    if (err == ROND_OK)
        err = sqlite_number(store, "SELECT count(*) FROM keyless", &missing);
    if (err == ROND_OK)
        *ret_missing = (uint64_t)missing;
    return err;
}
