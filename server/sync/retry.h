// When a refused device is told to come back: never all at once. The wait is a time that lets the trouble pass, and on top
// of it a random share of the time that it takes to let in all who are connected now. A value that the server's sessions
// share; randomness comes in.
#ifndef SYNC_RETRY_H
#define SYNC_RETRY_H

#include <stddef.h>

#include "base/rng.h"

struct retry {
    const struct rng *rng;
    size_t devices; // connected: as many may come back together
};

// Milliseconds for Refusal.retry_after_ms, 0 where the code says nothing about when. NULL: without the random share.
uint32_t retry_after_ms(const struct retry *retry, unsigned code);

#endif
