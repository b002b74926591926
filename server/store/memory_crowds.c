// What crowded buckets come to.
#include <string.h>

#include "store/memory_store.h"

static size_t crowd_find(const struct memory_store *store, uint32_t commitment, const char *bucket) {
    const struct table *table = &store->tables[MEMORY_CROWDS];
    size_t i = table_first(table, 0, memory_hash_text(commitment, bucket));
    for (; i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_crowd *found = table_at(table, i);
        if (found->commitment == commitment && strcmp(found->bucket, bucket) == 0)
            return i;
    }
    return TABLE_END;
}

enum rond_err memory_crowd(struct store *base, const struct bucket_key *key, struct crowd *ret_crowd) {
    const struct memory_store *store = memory_of(base);
    size_t i = crowd_find(store, key->commitment, key->bucket);
    *ret_crowd = (struct crowd){0};
    if (i != TABLE_END)
        *ret_crowd = ((const struct memory_crowd *)table_at(&store->tables[MEMORY_CROWDS], i))->crowd;
    return ROND_OK;
}

enum rond_err memory_crowds_of(struct store *base, const struct bucket_key *buckets, size_t count,
                               struct crowd *ret_crowds) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = memory_crowd(base, &buckets[i], &ret_crowds[i]);
    return err;
}

enum rond_err memory_crowd_put(struct memory_store *store, const struct crowd_change *change) {
    struct table *table = memory_write(store, MEMORY_CROWDS);
    size_t i = crowd_find(store, change->commitment, change->bucket);
    if (i != TABLE_END) {
        struct memory_crowd *changed = table_change(table, i);
        if (changed != NULL)
            changed->crowd = change->crowd;
        return changed == NULL ? ROND_ENOMEM : ROND_OK;
    }
    struct memory_crowd fresh = {.commitment = change->commitment, .crowd = change->crowd};
    enum rond_err err = text_copy(&store->heap->arena, change->bucket, &fresh.bucket);
    return err == ROND_OK ? table_add(table, &fresh) : err;
}

enum rond_err memory_crowds_clear(struct memory_store *store) {
    struct table *table = memory_write(store, MEMORY_CROWDS);
    for (size_t i = 0; i < table->count; i++) {
        struct memory_crowd *changed = table_change(table, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->crowd = (struct crowd){0};
    }
    return ROND_OK;
}
