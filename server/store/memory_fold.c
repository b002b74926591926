#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

// A contribution with its place of addition, for the order within a row.
struct placed {
    struct stored_contribution stored;
    size_t number;
};

static int by_row(const void *left, const void *right) {
    const struct placed *a = left, *b = right;
    if (a->stored.row != b->stored.row)
        return a->stored.row < b->stored.row ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

static int by_commitment(const void *left, const void *right) {
    const struct placed *a = left, *b = right;
    if (a->stored.commitment != b->stored.commitment)
        return a->stored.commitment < b->stored.commitment ? -1 : 1;
    return by_row(left, right);
}

static bool placed_add(struct arena_list *list, const struct memory_contribution *found, size_t number) {
    struct placed *placed = arena_list_add(list);
    if (placed != NULL)
        *placed = (struct placed){found->stored, number};
    return placed != NULL;
}

static enum rond_err placed_finish(struct arena_list *list, int (*compare)(const void *, const void *),
                                   struct bucket_contents *ret_contents) {
    struct placed *placed = (struct placed *)(void *)list->items;
    struct stored_contribution *contributions = arena_array(list->arena, list->count, sizeof *contributions);
    if (contributions == NULL)
        return ROND_ENOMEM;
    if (list->count > 0)
        qsort(placed, list->count, sizeof *placed, compare);
    for (size_t i = 0; i < list->count; i++)
        contributions[i] = placed[i].stored;
    *ret_contents = (struct bucket_contents){contributions, list->count};
    return ROND_OK;
}

enum rond_err memory_contributions_of(const struct memory_store *store, uint64_t row, struct arena *arena,
                                      struct bucket_contents *ret_contents) {
    const struct table *table = &store->tables[MEMORY_CONTRIBUTIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct placed)};
    for (size_t i = table_first(table, 0, memory_hash_number(row)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_contribution *found = table_at(table, i);
        if (!found->removed && found->stored.row == row && !placed_add(&list, found, i))
            return ROND_ENOMEM;
    }
    return placed_finish(&list, by_commitment, ret_contents);
}

enum rond_err memory_contributions_in(const struct memory_store *store, const struct bucket_key *key, struct arena *arena,
                                      struct bucket_contents *ret_contents) {
    const struct table *table = &store->tables[MEMORY_CONTRIBUTIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct placed)};
    size_t i = key->bucket[0] == '\0' ? TABLE_END : table_first(table, 1, memory_hash_text(key->commitment, key->bucket));
    for (; i != TABLE_END; i = table_next(table, 1, i)) {
        const struct memory_contribution *found = table_at(table, i);
        if (!found->removed && found->stored.commitment == key->commitment &&
            strcmp(found->stored.value.bucket, key->bucket) == 0 && !placed_add(&list, found, i))
            return ROND_ENOMEM;
    }
    enum rond_err err = placed_finish(&list, by_row, ret_contents);
    if (err == ROND_OK && key->limit > 0 && ret_contents->count > key->limit)
        ret_contents->count = key->limit;
    return err;
}

enum rond_err memory_contributions_toward(const struct memory_store *store, uint32_t commitment, uint64_t after_row,
                                          struct arena *arena, struct bucket_contents *ret_contents) {
    const struct table *table = &store->tables[MEMORY_CONTRIBUTIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct placed)};
    for (size_t i = table_first(table, 2, memory_hash_number(commitment)); i != TABLE_END; i = table_next(table, 2, i)) {
        const struct memory_contribution *found = table_at(table, i);
        if (!found->removed && found->stored.commitment == commitment && found->stored.row > after_row &&
            !placed_add(&list, found, i))
            return ROND_ENOMEM;
    }
    return placed_finish(&list, by_row, ret_contents);
}

static enum rond_err row_remove(struct memory_store *store, uint64_t row) {
    struct table *table = memory_write(store, MEMORY_CONTRIBUTIONS);
    for (size_t i = table_first(table, 0, memory_hash_number(row)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_contribution *found = table_at(table, i);
        if (found->removed || found->stored.row != row)
            continue;
        struct memory_contribution *changed = table_change(table, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->removed = true;
    }
    return ROND_OK;
}

static enum rond_err total_add(struct memory_store *store, const struct total_change *change) {
    struct table *table = memory_write(store, MEMORY_TOTALS);
    size_t i = table_first(table, 0, memory_hash_text(change->commitment, change->period));
    for (; i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_total *found = table_at(table, i);
        if (found->commitment != change->commitment || strcmp(found->total.period, change->period) != 0)
            continue;
        struct memory_total *changed = table_change(table, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        tally_add(&changed->total.tally, &change->add);
        return ROND_OK;
    }
    struct memory_total fresh = {.commitment = change->commitment, .total.tally = change->add};
    snprintf(fresh.total.period, PERIOD_SIZE, "%s", change->period);
    return table_add(table, &fresh);
}

enum rond_err memory_fold_store(struct store *base, const struct fold_changes *changes) {
    struct memory_store *store = memory_of(base);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < changes->rows_removed_count && err == ROND_OK; i++)
        err = row_remove(store, changes->rows_removed[i]);
    for (size_t i = 0; i < changes->added_count && err == ROND_OK; i++) {
        struct memory_contribution added = {.stored = changes->added[i]};
        err = memory_report_at(store, added.stored.row) == NULL
                  ? ROND_ENOTFOUND
                  : table_add(memory_write(store, MEMORY_CONTRIBUTIONS), &added);
    }
    for (size_t i = 0; i < changes->totals_count && err == ROND_OK; i++)
        err = total_add(store, &changes->totals[i]);
    for (size_t i = 0; i < changes->outcomes_count && err == ROND_OK; i++) {
        size_t outbox = memory_outbox_find(store, &changes->outcomes[i].outbox);
        if (outbox != TABLE_END)
            err = memory_log_add(store, outbox, changes->outcomes[i].seq, changes->outcomes[i].seq);
    }
    for (size_t i = 0; i < changes->crowds_count && err == ROND_OK; i++)
        err = memory_crowd_put(store, &changes->crowds[i]);
    return err == ROND_OK ? memory_map_store(store, changes) : err;
}

enum rond_err memory_fold_clear(struct store *base) {
    struct memory_store *store = memory_of(base);
    struct table *contributions = memory_write(store, MEMORY_CONTRIBUTIONS);
    struct table *totals = memory_write(store, MEMORY_TOTALS);
    for (size_t i = 0; i < contributions->count; i++) {
        struct memory_contribution *changed = table_change(contributions, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->removed = true;
    }
    for (size_t i = 0; i < totals->count; i++) {
        struct memory_total *changed = table_change(totals, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->total.tally = (struct tally){0};
    }
    enum rond_err err = memory_crowds_clear(store);
    return err == ROND_OK ? memory_map_clear(store) : err;
}
