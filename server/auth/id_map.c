// Open addressing with linear probing, at most three quarters full. Removal shifts the following run back, so that
// there are no tombstones and a map that lives for months does not degrade.
#include "auth/id_map.h"

#include <stdlib.h>

#include "base/check.h"

enum { CAPACITY_MIN = 64 };

void id_map_init(struct id_map *map) {
    *map = (struct id_map){0};
}

void id_map_deinit(struct id_map *map) {
    free(map->slots);
    *map = (struct id_map){0};
}

static size_t home_of(const struct id_map *map, const struct id128 *id) {
    return (size_t)get_be64(id->b) & (map->capacity - 1);
}

// The slot that holds the id, or the free one where it belongs. There is always a free one.
static struct id_map_slot *find(const struct id_map *map, const struct id128 *id) {
    size_t at = home_of(map, id);
    while (map->slots[at].value && !id128_equal(&map->slots[at].id, id))
        at = (at + 1) & (map->capacity - 1);
    return &map->slots[at];
}

static enum rond_err grow(struct id_map *map) {
    struct id_map bigger = {.capacity = map->capacity ? map->capacity * 2 : CAPACITY_MIN, .count = map->count};
    bigger.slots = calloc(bigger.capacity, sizeof *bigger.slots);
    if (!bigger.slots)
        return ROND_ENOMEM;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->slots[i].value)
            *find(&bigger, &map->slots[i].id) = map->slots[i];
    free(map->slots);
    *map = bigger;
    return ROND_OK;
}

enum rond_err id_map_put(struct id_map *map, const struct id128 *id, void *value) {
    CHECK(value);
    if ((map->count + 1) * 4 > map->capacity * 3) {
        enum rond_err err = grow(map);
        if (err)
            return err;
    }
    struct id_map_slot *slot = find(map, id);
    map->count += slot->value ? 0 : 1;
    *slot = (struct id_map_slot){.id = *id, .value = value};
    return ROND_OK;
}

void *id_map_get(const struct id_map *map, const struct id128 *id) {
    return map->capacity ? find(map, id)->value : NULL;
}

void id_map_remove(struct id_map *map, const struct id128 *id) {
    if (!map->capacity || !find(map, id)->value)
        return;
    size_t mask = map->capacity - 1;
    size_t hole = (size_t)(find(map, id) - map->slots);
    map->count--;
    for (size_t at = (hole + 1) & mask; map->slots[at].value; at = (at + 1) & mask) {
        // It may move into the hole unless its home lies between hole (exclusive) and here.
        if (((at - home_of(map, &map->slots[at].id)) & mask) >= ((at - hole) & mask)) {
            map->slots[hole] = map->slots[at];
            hole = at;
        }
    }
    map->slots[hole].value = NULL;
}
