#include "sync/retry.h"

#include "wire/codes.h"
#include "wire/limits.h"

// What one device costs to let in: a handshake with certificates (1.2 ms of a core, docs/performance.md), and as much
// again for what it brings.
enum { BUSY_MS = 5000, DRAINING_MS = 2000, A_DEVICE_MS = 3 };

static uint32_t least_of(unsigned code) {
    switch (code) {
    case CODE_BUSY:
    case CODE_STORE_FULL:
    case CODE_STORE_FAILED:
    case CODE_QUOTA_EXCEEDED:
        return BUSY_MS;
    case CODE_DRAINING:
        return DRAINING_MS;
    default:
        return 0;
    }
}

uint32_t retry_after_ms(const struct retry *retry, unsigned code) {
    uint32_t least_ms = least_of(code);
    if (retry == NULL || least_ms == 0)
        return least_ms;
    uint64_t spread_ms = least_ms / 2 + (uint64_t)retry->devices * A_DEVICE_MS;
    if (spread_ms > RETRY_MS_MAX - least_ms)
        spread_ms = RETRY_MS_MAX - least_ms;
    return least_ms + (uint32_t)rng_below(retry->rng, spread_ms + 1);
}
