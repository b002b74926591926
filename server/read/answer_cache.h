// Answers that were made already, as bytes, for all who ask the same: kept by key, each with a mark that tells its maker
// whether it still holds.
//
//   generation, then read_begin
//   look  -> it holds: done
//         -> it does not, or there is none: make it; keep(that generation)
//
// The generation comes first: what was forgotten because it changed is not made anew of a state from before the change.
#ifndef READ_ANSWER_CACHE_H
#define READ_ANSWER_CACHE_H

#include "base/arena.h"
#include "counting/match.h"
#include "wire/limits.h"

struct answer_cache;

enum { ANSWER_KEY_SIZE = 2 * (REFERENCE_ID_BYTES_MAX + 1) + PERIOD_SIZE }; // two names and a period

struct answer {
    uint64_t mark;
    struct bytes bytes;
};

MUST_CHECK enum rond_err answer_cache_create(struct answer_cache **ret_cache);
void answer_cache_destroy(struct answer_cache *cache); // NULL is fine
// Forgets all, and what is being made meanwhile is not kept. NULL is fine. Any thread.
void answer_cache_clear(struct answer_cache *cache);
// How often all was forgotten. NULL is fine. Any thread.
uint64_t answer_cache_generation(struct answer_cache *cache);
// The answer in the arena; false where none is kept, there is no memory or no cache (NULL). Any thread.
bool answer_cache_look(struct answer_cache *cache, const char *key, struct arena *arena, struct answer *ret_answer);
// A copy, in the place of what was kept by that key; not where all was forgotten since that generation. What cannot be kept
// is made anew the next time. NULL is fine. Any thread.
void answer_cache_keep(struct answer_cache *cache, const char *key, const struct answer *answer, uint64_t generation);

#endif
