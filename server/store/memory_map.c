// The map. What comes to nothing stays where it is and is not given.
#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

uint64_t memory_hash_map(const struct map_key *key) {
    uint64_t hash = memory_hash_text((uint64_t)key->day << 2 | key->span, key->area);
    hash = hash_add_text(hash_add_number(hash, key->kind), key->organisation);
    return hash_add_number(hash_add_text(hash, key->place), (uint64_t)key->square);
}

static enum rond_err key_copy_texts(struct arena *arena, const struct map_key *from, struct map_key *to) {
    *to = *from;
    enum rond_err err = text_copy(arena, from->area, &to->area);
    if (err == ROND_OK)
        err = text_copy(arena, from->organisation, &to->organisation);
    return err == ROND_OK ? text_copy(arena, from->place, &to->place) : err;
}

static size_t spot_find(const struct memory_store *store, uint64_t row) {
    const struct table *table = &store->tables[MEMORY_SPOTS];
    size_t i = table_first(table, 0, memory_hash_number(row));
    for (; i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_spot *found = table_at(table, i);
        if (found->spot.row == row && found->spot.tally.reports != 0)
            return i;
    }
    return TABLE_END;
}

static enum rond_err spot_remove(struct memory_store *store, uint64_t row) {
    size_t i = spot_find(store, row);
    if (i == TABLE_END)
        return ROND_OK;
    struct memory_spot *changed = table_change(memory_write(store, MEMORY_SPOTS), i);
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->spot.tally.reports = 0;
    return ROND_OK;
}

static enum rond_err spot_put(struct memory_store *store, const struct spot *spot) {
    struct memory_spot fresh = {.spot = *spot};
    if (spot_find(store, spot->row) != TABLE_END)
        return ROND_ECONFLICT;
    enum rond_err err = key_copy_texts(&store->heap->arena, &spot->at, &fresh.spot.at);
    return err == ROND_OK ? table_add(memory_write(store, MEMORY_SPOTS), &fresh) : err;
}

static enum rond_err map_add(struct memory_store *store, const struct map_change *change) {
    struct table *table = memory_write(store, MEMORY_MAP);
    struct memory_map fresh = {.row = *change};
    for (size_t i = table_first(table, 0, memory_hash_map(&change->at)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_map *found = table_at(table, i);
        if (map_key_compare(&found->row.at, &change->at) != 0)
            continue;
        struct memory_map *changed = table_change(table, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        map_tally_add(&changed->row.add, &change->add);
        return ROND_OK;
    }
    enum rond_err err = key_copy_texts(&store->heap->arena, &change->at, &fresh.row.at);
    return err == ROND_OK ? table_add(table, &fresh) : err;
}

enum rond_err memory_map_store(struct memory_store *store, const struct fold_changes *changes) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < changes->spots_removed_count && err == ROND_OK; i++)
        err = spot_remove(store, changes->spots_removed[i]);
    for (size_t i = 0; i < changes->spots_count && err == ROND_OK; i++)
        err = spot_put(store, &changes->spots[i]);
    for (size_t i = 0; i < changes->map_count && err == ROND_OK; i++)
        err = map_add(store, &changes->map[i]);
    return err;
}

enum rond_err memory_map_clear(struct memory_store *store) {
    struct table *spots = memory_write(store, MEMORY_SPOTS), *map = memory_write(store, MEMORY_MAP);
    for (size_t i = 0; i < spots->count; i++) {
        struct memory_spot *changed = table_change(spots, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->spot.tally.reports = 0;
    }
    for (size_t i = 0; i < map->count; i++) {
        struct memory_map *changed = table_change(map, i);
        if (changed == NULL)
            return ROND_ENOMEM;
        changed->row.add = (struct map_tally){0};
    }
    return ROND_OK;
}

enum rond_err memory_spots_of(struct store *base, const uint64_t *rows, size_t count, struct arena *arena,
                              struct spot *ret_spots) {
    const struct memory_store *store = memory_of(base);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        size_t found = spot_find(store, rows[i]);
        ret_spots[i] = (struct spot){.row = rows[i]};
        if (found == TABLE_END)
            continue;
        ret_spots[i] = ((const struct memory_spot *)table_at(&store->tables[MEMORY_SPOTS], found))->spot;
        err = key_copy_texts(arena, &ret_spots[i].at, &ret_spots[i].at);
    }
    return err;
}

enum rond_err memory_map(struct store *base, const struct map_range *range, const struct map_rows *rows) {
    const struct table *table = &memory_of(base)->tables[MEMORY_MAP];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < table->count && err == ROND_OK; i++) {
        const struct map_change *row = &((const struct memory_map *)table_at(table, i))->row;
        if (row->at.span == range->span && row->at.day >= range->first && row->at.day <= range->last &&
            (range->area == NULL || strcmp(row->at.area, range->area) == 0) && !map_tally_is_zero(&row->add))
            err = rows->row(rows->context, row);
    }
    return err;
}

static bool is_behind(const struct spots_wanted *wanted, const struct spot *spot) {
    const struct map_key *key = &wanted->at, *at = &spot->at;
    int64_t square = at->square == 0 ? 0 : square_coarser(at->square, wanted->level);
    return spot->tally.reports != 0 && at->day >= wanted->first && at->day <= wanted->last && at->kind == key->kind &&
           square == key->square && strcmp(at->area, key->area) == 0 && strcmp(at->organisation, key->organisation) == 0 &&
           strcmp(at->place, key->place) == 0 &&
           (wanted->before == 0 || at->day < wanted->last || spot->row < wanted->before);
}

struct found {
    int32_t day;
    uint64_t row;
};

static int newest_first(const void *left, const void *right) {
    const struct found *a = left, *b = right;
    if (a->day != b->day)
        return a->day > b->day ? -1 : 1;
    return a->row > b->row ? -1 : a->row < b->row;
}

enum rond_err memory_spots(struct store *base, const struct spots_wanted *wanted, size_t limit, struct arena *arena,
                           uint64_t **ret_rows, size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_SPOTS];
    struct found *found = arena_array(arena, table->count + 1, sizeof *found);
    uint64_t *rows = arena_array(arena, table->count + 1, sizeof *rows);
    size_t count = 0;
    if (found == NULL || rows == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < table->count; i++) {
        const struct spot *spot = &((const struct memory_spot *)table_at(table, i))->spot;
        if (is_behind(wanted, spot))
            found[count++] = (struct found){spot->at.day, spot->row};
    }
    if (count > 1)
        qsort(found, count, sizeof *found, newest_first);
    count = count < limit ? count : limit;
    for (size_t i = 0; i < count; i++)
        rows[i] = found[i].row;
    *ret_rows = rows;
    *ret_count = count;
    return ROND_OK;
}

static enum rond_err counted_give(const struct memory_store *store, uint64_t row, const struct counted_wanted *wanted,
                                  const struct counted_ones *ones) {
    struct bucket_contents contents;
    struct arena arena;
    arena_init(&arena, 1024 * 1024);
    enum rond_err err = memory_contributions_of(store, row, &arena, &contents);
    for (size_t i = 0; err == ROND_OK && i < contents.count; i++) {
        const struct contribution *value = &contents.contributions[i].value;
        const struct counted_one one = {row, contents.contributions[i].commitment, value->bucket, value->from_s,
                                        value->to_s};
        if (value->reason == REASON_COUNTED && value->to_s >= wanted->from_s && value->from_s <= wanted->to_s)
            err = ones->one(ones->context, &one);
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err memory_counted_on(struct store *base, const struct counted_wanted *wanted, const struct counted_ones *ones) {
    const struct table *table = &memory_of(base)->tables[MEMORY_SPOTS];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < table->count && err == ROND_OK; i++) {
        const struct spot *spot = &((const struct memory_spot *)table_at(table, i))->spot;
        if (spot->tally.reports != 0 && spot->at.kind == wanted->kind && strcmp(spot->at.area, wanted->area) == 0 &&
            spot->at.day >= wanted->first && spot->at.day <= wanted->last)
            err = counted_give(memory_of(base), spot->row, wanted, ones);
    }
    return err;
}
