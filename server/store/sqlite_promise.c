// Versions of promises: what was promised, and counted under, from when.
#include "store/sqlite.h"

enum { PACKED_BYTES_MAX = 4 * 1024 * 1024 };

enum rond_err sqlite_promise_version_put(struct store *base, const struct promise_version *version) {
    struct sqlite_store *store = sqlite_of(base);
    struct buffer packed;
    CHECK(store->in_transaction);
    if (version->entry->body_case != ROND__V1__REFERENCE_ENTRY__BODY_PROMISE || version->version == 0)
        return ROND_EINVALID;
    buffer_init(&packed, PACKED_BYTES_MAX);
    enum rond_err err = reference_pack(version->entry, &packed);
    if (err == ROND_OK) {
        struct query query = query_start(store, "INSERT INTO promise_versions (promise, version, revision, at_ms, actor,"
                                                " body) VALUES (?, ?, ?, ?, ?, ?)");
        query_text(&query, version->entry->id);
        query_int(&query, version->version);
        query_int(&query, (int64_t)version->entry->revision);
        query_int(&query, version->at_ms);
        query_text(&query, version->actor);
        query_blob(&query, packed.data, packed.size);
        err = query_run(&query);
    }
    buffer_deinit(&packed);
    return err;
}

static void version_read(struct query *query, struct arena *arena, struct promise_version *ret_version) {
    struct bytes packed = column_bytes(query, 4, arena);
    ret_version->version = (uint32_t)column_int(query, 0);
    ret_version->at_ms = column_int(query, 2);
    ret_version->actor = column_text(query, 3, arena);
    if (query->err == ROND_OK)
        query->err = reference_unpack(packed, (uint64_t)column_int(query, 1), arena, &ret_version->entry);
}

enum rond_err sqlite_promise_versions(struct store *base, const char *promise, struct arena *arena,
                                      struct promise_version **ret_versions, size_t *ret_count) {
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct promise_version)};
    struct query query = query_start(sqlite_of(base), "SELECT version, revision, at_ms, actor, body FROM promise_versions"
                                                      " WHERE promise = ? ORDER BY version");
    query_text(&query, promise);
    while (query_next(&query)) {
        struct promise_version *version = arena_list_add(&list);
        if (version == NULL)
            query.err = ROND_ENOMEM;
        else
            version_read(&query, arena, version);
    }
    enum rond_err err = query_finish(&query);
    if (err != ROND_OK)
        return err;
    *ret_versions = (struct promise_version *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
