// Who is silent, for all devices of an area: its devices are gone through once, not once for each that is told how the
// promises stand.
#ifndef READ_SILENCE_CACHE_H
#define READ_SILENCE_CACHE_H

#include "promise/catalogue.h"
#include "read/sureness.h"

struct silence_cache;

// What was found is given again for a minute. A silent device that asks itself is one no more, so that it is looked at again.
enum { SILENCE_CACHE_S = 60 };

MUST_CHECK enum rond_err silence_cache_create(struct silence_cache **ret_cache);
void silence_cache_destroy(struct silence_cache *cache); // NULL is fine
// A device was enrolled, revoked or changed: forget all. NULL is fine. Any thread.
void silence_cache_clear(struct silence_cache *cache);
// The silence of each commitment of the area, in the order of catalogue_commitments, in the arena; but for the device that
// asks, which is heard of now. Any thread, within the caller's read_begin. cache NULL: found anew.
MUST_CHECK enum rond_err silence_cache_read(struct silence_cache *cache, struct store *store,
                                            const struct catalogue *catalogue, const char *area, const struct id128 *asker,
                                            int64_t now_s, struct arena *arena, const struct silence **ret_silences);

#endif
