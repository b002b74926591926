// Open unsafe places that were read already, for all devices of an area: they are gone through once for what has come in,
// not once for each device that is told of them.
#ifndef READ_OPEN_ACTIONS_CACHE_H
#define READ_OPEN_ACTIONS_CACHE_H

#include "read/open_actions.h"

struct open_actions_cache;

// What was weighed of one area, and its stamp.
struct open_actions_wanted {
    const char *area;
    uint64_t stamp; // open_actions_stamp
    struct open_actions *actions;
    size_t bytes_max; // as of open_actions_make
};

MUST_CHECK enum rond_err open_actions_cache_create(struct open_actions_cache **ret_cache);
void open_actions_cache_destroy(struct open_actions_cache *cache); // NULL is fine
// People changed something: forget all, lest a text that was erased be told once more. NULL is fine. Any thread.
void open_actions_cache_clear(struct open_actions_cache *cache);
// As open_actions_find and open_actions_make, in the arena. Any thread, within the read_begin in which they were weighed.
// The same stamp tells the same places, so nothing that is kept grows old. cache NULL: made anew.
MUST_CHECK enum rond_err open_actions_cache_read(struct open_actions_cache *cache, struct store *store,
                                                 const struct catalogue *catalogue, const struct open_actions_wanted *wanted,
                                                 struct arena *arena, Rond__V1__OpenAction ***ret_messages,
                                                 size_t *ret_count);

#endif
