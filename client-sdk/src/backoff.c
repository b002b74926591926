#include "backoff.h"

#include "wire/limits.h"

void backoff_reset(struct backoff *backoff) {
    backoff->failures = 0;
}

// Anywhere between the minimum and the ceiling, from the first failure on, so that a thousand devices cut off at once do
// not come back at once.
int64_t backoff_next_ms(struct backoff *backoff, const struct rng *rng, int64_t retry_after_ms) {
    int64_t ceiling_ms = 2 * RETRY_MS_MIN;
    for (unsigned i = 0; i < backoff->failures && ceiling_ms < RETRY_MS_MAX; i++)
        ceiling_ms *= 2;
    if (ceiling_ms >= RETRY_MS_MAX)
        ceiling_ms = RETRY_MS_MAX;
    else
        backoff->failures++;
    int64_t wait_ms = RETRY_MS_MIN + (int64_t)rng_below(rng, (uint64_t)(ceiling_ms - RETRY_MS_MIN) + 1);
    // A server's word is a floor, with jitter above it for the same reason; a nonsensical one is bounded.
    if (retry_after_ms > RETRY_MS_MAX)
        retry_after_ms = RETRY_MS_MAX;
    if (wait_ms < retry_after_ms)
        wait_ms = retry_after_ms + (int64_t)rng_below(rng, RETRY_MS_MIN);
    return wait_ms;
}
