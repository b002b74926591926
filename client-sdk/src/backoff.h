// When to try again: exponential with full jitter between RETRY_MS_MIN and RETRY_MS_MAX; a server's retry-after is a floor.
#ifndef CLIENT_BACKOFF_H
#define CLIENT_BACKOFF_H

#include "base/rng.h"

struct backoff {
    unsigned failures;
};
void backoff_reset(struct backoff *backoff);
// Milliseconds to wait after one more failure.
int64_t backoff_next_ms(struct backoff *backoff, const struct rng *rng, int64_t retry_after_ms);

#endif
