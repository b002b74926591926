#include <string.h>

#include "store/memory_store.h"

enum { PACKED_BYTES_MAX = 4 * 1024 * 1024 };

static bool is_of(const struct memory_promise_version *kept, const char *promise) {
    return strcmp(kept->promise, promise) == 0;
}

static bool is_there(const struct table *table, const char *promise, uint32_t version) {
    for (size_t i = table_first(table, 0, memory_hash_text(0, promise)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_promise_version *kept = table_at(table, i);
        if (is_of(kept, promise) && kept->version == version)
            return true;
    }
    return false;
}

static enum rond_err version_keep(struct memory_store *store, const struct promise_version *version, struct bytes packed) {
    struct memory_promise_version kept = {
        .version = version->version, .revision = version->entry->revision, .at_ms = version->at_ms};
    enum rond_err err = text_copy(&store->heap->arena, version->entry->id, &kept.promise);
    if (err == ROND_OK)
        err = text_copy(&store->heap->arena, version->actor, &kept.actor);
    if (err == ROND_OK && !arena_copy(&store->heap->arena, packed, &kept.packed))
        err = ROND_ENOMEM;
    return err == ROND_OK ? table_add(memory_write(store, MEMORY_PROMISE_VERSIONS), &kept) : err;
}

enum rond_err memory_promise_version_put(struct store *base, const struct promise_version *version) {
    struct memory_store *store = memory_of(base);
    struct buffer packed;
    if (version->entry->body_case != ROND__V1__REFERENCE_ENTRY__BODY_PROMISE || version->version == 0)
        return ROND_EINVALID;
    if (is_there(&store->tables[MEMORY_PROMISE_VERSIONS], version->entry->id, version->version))
        return ROND_ECONFLICT;
    buffer_init(&packed, PACKED_BYTES_MAX);
    enum rond_err err = reference_pack(version->entry, &packed);
    if (err == ROND_OK)
        err = version_keep(store, version, buffer_bytes(&packed));
    buffer_deinit(&packed);
    return err;
}

static enum rond_err version_give(const struct memory_promise_version *kept, struct arena *arena, struct arena_list *list) {
    struct promise_version *version = arena_list_add(list);
    if (version == NULL)
        return ROND_ENOMEM;
    version->version = kept->version;
    version->at_ms = kept->at_ms;
    enum rond_err err = text_copy(arena, kept->actor, &version->actor);
    return err == ROND_OK ? reference_unpack(kept->packed, kept->revision, arena, &version->entry) : err;
}

// In order of the table, which is that of the versions: they are put one after the other.
enum rond_err memory_promise_versions(struct store *base, const char *promise, struct arena *arena,
                                      struct promise_version **ret_versions, size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_PROMISE_VERSIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct promise_version)};
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < table->count && err == ROND_OK; i++) {
        const struct memory_promise_version *kept = table_at(table, i);
        if (is_of(kept, promise))
            err = version_give(kept, arena, &list);
    }
    if (err != ROND_OK)
        return err;
    *ret_versions = (struct promise_version *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}
