// Follow-ups and their keys: added, never changed or removed but for the moment at which a key was retired.
#include "store/sqlite.h"

#define HEAD_COLUMNS "number, promise, period, version, state, at_ms, actor, key_id, signature "

static enum rond_err key_retired(struct sqlite_store *store, const struct hash256 *id, bool *ret_known,
                                 int64_t *ret_retired_ms) {
    struct query query = query_start(store, "SELECT retired_ms FROM statement_keys WHERE id = ?");
    query_blob(&query, id->b, HASH_SIZE);
    *ret_retired_ms = 0;
    enum rond_err err = query_single(&query, ret_retired_ms);
    *ret_known = err == ROND_OK;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static enum rond_err key_insert(struct sqlite_store *store, const struct followup_key *key) {
    struct query query = query_start(store, "UPDATE statement_keys SET retired_ms = ? WHERE retired_ms = 0");
    query_int(&query, key->since_ms);
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "INSERT INTO statement_keys (id, public, since_ms, retired_ms) VALUES (?, ?, ?, 0)");
    query_blob(&query, key->id.b, HASH_SIZE);
    query_blob(&query, key->spki.data, key->spki.size);
    query_int(&query, key->since_ms);
    return query_run(&query);
}

enum rond_err sqlite_followup_key_put(struct store *base, const struct followup_key *key) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t retired_ms;
    bool known;
    CHECK(store->in_transaction);
    enum rond_err err = key_retired(store, &key->id, &known, &retired_ms);
    if (err != ROND_OK || (known && retired_ms == 0))
        return err;
    return known ? ROND_ECONFLICT : key_insert(store, key);
}

static enum rond_err newest_version(struct sqlite_store *store, const struct followup *followup, int64_t *ret_version) {
    struct query query =
        query_start(store, "SELECT coalesce(max(version), 0) FROM statements WHERE promise = ? AND period = ?");
    query_text(&query, followup->promise);
    query_text(&query, followup->period);
    return query_single(&query, ret_version);
}

static enum rond_err insert(struct sqlite_store *store, const struct followup *followup) {
    struct query query =
        query_start(store, "INSERT INTO statements (promise, period, version, state, at_ms, actor, key_id, document,"
                           " signature, evidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    query_text(&query, followup->promise);
    query_text(&query, followup->period);
    query_int(&query, followup->version);
    query_text(&query, followup->state);
    query_int(&query, followup->at_ms);
    query_text(&query, followup->actor);
    query_blob(&query, followup->key_id.b, HASH_SIZE);
    query_blob(&query, followup->document.data, followup->document.size);
    query_blob(&query, followup->signature.b, SIGNATURE_SIZE);
    query_blob(&query, followup->evidence.data, followup->evidence.size);
    return query_run(&query);
}

enum rond_err sqlite_followup_put(struct store *base, const struct followup *followup) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t newest = 0, retired_ms;
    bool known = false;
    CHECK(store->in_transaction);
    enum rond_err err = key_retired(store, &followup->key_id, &known, &retired_ms);
    if (err == ROND_OK && !known)
        return ROND_ENOTFOUND;
    if (err == ROND_OK)
        err = newest_version(store, followup, &newest);
    if (err == ROND_OK && newest + 1 != followup->version)
        return ROND_ECONFLICT;
    return err == ROND_OK ? insert(store, followup) : err;
}

static void head_read(struct query *query, struct arena *arena, struct followup *ret_followup) {
    struct followup followup = {.number = (uint64_t)column_int(query, 0)};
    followup.promise = column_text(query, 1, arena);
    followup.period = column_text(query, 2, arena);
    followup.version = (uint32_t)column_int(query, 3);
    followup.state = column_text(query, 4, arena);
    followup.at_ms = column_int(query, 5);
    followup.actor = column_text(query, 6, arena);
    column_exactly(query, 7, followup.key_id.b, HASH_SIZE);
    column_exactly(query, 8, followup.signature.b, SIGNATURE_SIZE);
    *ret_followup = followup;
}

enum rond_err sqlite_followups(struct store *base, const char *promise, uint64_t cursor, size_t limit, struct arena *arena,
                               struct followup **ret_followups, size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct followup)};
    uint64_t last = 0, next = 0;
    struct query query = query_start(sqlite_of(base), "SELECT " HEAD_COLUMNS "FROM statements WHERE number > ?1 AND"
                                                      " (?2 IS NULL OR promise = ?2) ORDER BY number LIMIT ?3");
    query_int(&query, (int64_t)cursor);
    query_text(&query, promise);
    query_int(&query, (limit >= INT32_MAX ? INT32_MAX : (int64_t)limit) + 1);
    while (query_next(&query)) {
        if (list.count == limit) {
            next = last;
            break;
        }
        struct followup *followup = arena_list_add(&list);
        if (followup == NULL)
            query.err = ROND_ENOMEM;
        else
            head_read(&query, arena, followup);
        last = (uint64_t)column_int(&query, 0);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_followups = (struct followup *)list.items;
    *ret_count = list.count;
    *ret_cursor = next;
    return ROND_OK;
}

enum rond_err sqlite_followup(struct store *base, const char *promise, const char *period, uint32_t version,
                              struct arena *arena, struct followup *ret_followup) {
    struct followup found = {0};
    struct query query = query_start(sqlite_of(base), "SELECT " HEAD_COLUMNS ", document, evidence FROM statements WHERE"
                                                      " promise = ?1 AND period = ?2 AND (?3 = 0 OR version = ?3)"
                                                      " ORDER BY version DESC LIMIT 1");
    query_text(&query, promise);
    query_text(&query, period);
    query_int(&query, version);
    bool row = query_next(&query);
    if (row) {
        head_read(&query, arena, &found);
        found.document = column_bytes(&query, 9, arena);
        found.evidence = column_bytes(&query, 10, arena);
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && !row)
        err = ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_followup = found;
    return err;
}

enum rond_err sqlite_followup_keys(struct store *base, struct arena *arena, struct followup_key **ret_keys,
                                   size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct followup_key)};
    struct query query = query_start(sqlite_of(base), "SELECT id, public, since_ms, retired_ms FROM statement_keys"
                                                      " ORDER BY since_ms, id");
    while (query_next(&query)) {
        struct followup_key *key = arena_list_add(&list);
        if (key == NULL) {
            query.err = ROND_ENOMEM;
            break;
        }
        column_exactly(&query, 0, key->id.b, HASH_SIZE);
        key->spki = column_bytes(&query, 1, arena);
        key->since_ms = column_int(&query, 2);
        key->retired_ms = column_int(&query, 3);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_keys = (struct followup_key *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
