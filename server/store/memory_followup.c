#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

static const struct followup_key *key_find(const struct memory_store *store, const struct hash256 *id) {
    const struct table *table = &store->tables[MEMORY_FOLLOWUP_KEYS];
    for (size_t i = 0; i < table->count; i++) {
        const struct followup_key *key = table_at(table, i);
        if (hash256_equal(&key->id, id))
            return key;
    }
    return NULL;
}

static enum rond_err keys_retire(struct table *table, int64_t at_ms) {
    for (size_t i = 0; i < table->count; i++) {
        if (((const struct followup_key *)table_at(table, i))->retired_ms != 0)
            continue;
        struct followup_key *changed = table_change(table, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->retired_ms = at_ms;
    }
    return ROND_OK;
}

enum rond_err memory_followup_key_put(struct store *base, const struct followup_key *key) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_FOLLOWUP_KEYS);
    const struct followup_key *known = key_find(store, &key->id);
    struct followup_key kept = *key;
    if (known != NULL)
        return known->retired_ms == 0 ? ROND_OK : ROND_ECONFLICT;
    enum rond_err err = keys_retire(table, key->since_ms);
    if (err == ROND_OK && !arena_copy(&store->heap->arena, key->spki, &kept.spki))
        err = ROND_ENOMEM;
    kept.retired_ms = 0;
    return err == ROND_OK ? table_add(table, &kept) : err;
}

static enum rond_err head_copy(struct arena *arena, const struct followup *from, struct followup *ret_followup) {
    struct followup copy = *from;
    enum rond_err err = text_copy(arena, from->promise, &copy.promise);
    if (err == ROND_OK)
        err = text_copy(arena, from->period, &copy.period);
    if (err == ROND_OK)
        err = text_copy(arena, from->state, &copy.state);
    if (err == ROND_OK)
        err = text_copy(arena, from->actor, &copy.actor);
    copy.document = copy.evidence = (struct bytes){0};
    if (err == ROND_OK)
        *ret_followup = copy;
    return err;
}

static enum rond_err followup_copy(struct arena *arena, const struct followup *from, struct followup *ret_followup) {
    struct followup copy;
    enum rond_err err = head_copy(arena, from, &copy);
    if (err == ROND_OK && from->document.size > 0 && !arena_copy(arena, from->document, &copy.document))
        err = ROND_ENOMEM;
    if (err == ROND_OK && from->evidence.size > 0 && !arena_copy(arena, from->evidence, &copy.evidence))
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        *ret_followup = copy;
    return err;
}

// Version 0: the newest. Versions are added in order, so the last that fits is.
static const struct followup *followup_find(const struct memory_store *store, const char *promise, const char *period,
                                            uint32_t version) {
    const struct table *table = &store->tables[MEMORY_FOLLOWUPS];
    for (size_t i = table->count; i-- > 0;) {
        const struct followup *followup = table_at(table, i);
        if (strcmp(followup->promise, promise) == 0 && strcmp(followup->period, period) == 0 &&
            (version == 0 || followup->version == version))
            return followup;
    }
    return NULL;
}

enum rond_err memory_followup_put(struct store *base, const struct followup *followup) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_FOLLOWUPS);
    const struct followup *newest = followup_find(store, followup->promise, followup->period, 0);
    struct followup kept;
    if (key_find(store, &followup->key_id) == NULL)
        return ROND_ENOTFOUND;
    if (followup->version != (newest == NULL ? 1 : newest->version + 1))
        return ROND_ECONFLICT;
    enum rond_err err = followup_copy(&store->heap->arena, followup, &kept);
    kept.number = table->count + 1;
    return err == ROND_OK ? table_add(table, &kept) : err;
}

enum rond_err memory_followups(struct store *base, const char *promise, uint64_t cursor, size_t limit, struct arena *arena,
                               struct followup **ret_followups, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_FOLLOWUPS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct followup)};
    uint64_t last = 0;
    *ret_cursor = 0;
    for (size_t i = cursor; i < table->count; i++) {
        const struct followup *followup = table_at(table, i);
        if (promise != NULL && strcmp(followup->promise, promise) != 0)
            continue;
        if (list.count == limit) {
            *ret_cursor = last;
            break;
        }
        struct followup *copy = arena_list_add(&list);
        if (copy == NULL || head_copy(arena, followup, copy) != ROND_OK)
            return ROND_ENOMEM;
        last = i + 1;
    }
    *ret_followups = (struct followup *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

enum rond_err memory_followup(struct store *base, const char *promise, const char *period, uint32_t version,
                              struct arena *arena, struct followup *ret_followup) {
    const struct followup *found = followup_find(memory_of(base), promise, period, version);
    return found == NULL ? ROND_ENOTFOUND : followup_copy(arena, found, ret_followup);
}

static int key_compare(const void *left, const void *right) {
    const struct followup_key *a = left, *b = right;
    if (a->since_ms != b->since_ms)
        return a->since_ms < b->since_ms ? -1 : 1;
    return memcmp(a->id.b, b->id.b, HASH_SIZE);
}

enum rond_err memory_followup_keys(struct store *base, struct arena *arena, struct followup_key **ret_keys,
                                   size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_FOLLOWUP_KEYS];
    struct followup_key *keys = arena_array(arena, table->count, sizeof *keys);
    if (keys == NULL && table->count > 0)
        return ROND_ENOMEM;
    for (size_t i = 0; i < table->count; i++) {
        keys[i] = *(const struct followup_key *)table_at(table, i);
        if (!arena_copy(arena, keys[i].spki, &keys[i].spki))
            return ROND_ENOMEM;
    }
    if (table->count > 0)
        qsort(keys, table->count, sizeof *keys, key_compare);
    *ret_keys = keys;
    *ret_count = table->count;
    return ROND_OK;
}
