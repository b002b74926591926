// A map from a 128-bit id to a pointer. Ids are random or hashes, so their own first bytes place them.
#ifndef AUTH_ID_MAP_H
#define AUTH_ID_MAP_H

#include "base/bytes.h"
#include "base/err.h"

struct id_map_slot {
    struct id128 id;
    void *value; // NULL: free
};
struct id_map {
    struct id_map_slot *slots;
    size_t capacity; // a power of two, or 0
    size_t count;
};

void id_map_init(struct id_map *map);
void id_map_deinit(struct id_map *map); // the values are the caller's
// Adds or replaces; value is not NULL. Only ROND_ENOMEM fails.
MUST_CHECK enum rond_err id_map_put(struct id_map *map, const struct id128 *id, void *value);
void *id_map_get(const struct id_map *map, const struct id128 *id); // NULL where there is none
void id_map_remove(struct id_map *map, const struct id128 *id);     // nothing where there is none

#endif
