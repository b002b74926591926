// Open unsafe places that were read already, for all devices of an area: they are gone through once for what has come in,
// not once for each device that is told of them, and of those that are known no report is opened again. Whoever changes
// something as a person clears the cache, lest a text that was erased be told once more.
#ifndef READ_OPEN_ACTIONS_CACHE_H
#define READ_OPEN_ACTIONS_CACHE_H

#include "read/answer_cache.h"
#include "read/open_actions_find.h"

// What was weighed of one area, and its stamp.
struct open_actions_wanted {
    const char *area;
    uint64_t stamp;      // open_actions_stamp
    uint64_t decided;    // open_actions_decided
    uint64_t generation; // of the cache, from before the read_begin
    struct open_actions *actions;
    size_t bytes_max; // as of open_actions_fit
};

// As open_actions_find and open_actions_make, in the arena. Any thread, within the read_begin in which they were weighed.
// The same stamp tells the same places, so that nothing of what devices send makes it old. cache NULL: made anew.
MUST_CHECK enum rond_err open_actions_cache_read(struct answer_cache *cache, struct store *store,
                                                 const struct catalogue *catalogue, const struct open_actions_wanted *wanted,
                                                 struct arena *arena, Rond__V1__OpenAction ***ret_messages,
                                                 size_t *ret_count);

#endif
