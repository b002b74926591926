#include "sync/quota.h"

#include <stddef.h>

#include "base/check.h"

enum { MINUTE_MS = 60 * 1000, DAY_MS = 24 * 60 * MINUTE_MS };

struct bucket {
    uint64_t *spent;
    uint64_t full, period_ms; // so much comes back in such a time
    uint64_t amount;          // that is wanted
};

static void refill(const struct bucket *bucket, uint64_t passed_ms) {
    uint64_t back = passed_ms >= bucket->period_ms ? *bucket->spent : bucket->full * passed_ms;
    *bucket->spent -= back < *bucket->spent ? back : *bucket->spent;
}

// More than a whole bucket counts as a whole one.
static uint64_t amount_of(const struct bucket *bucket) {
    return (bucket->amount < bucket->full ? bucket->amount : bucket->full) * bucket->period_ms;
}

// Milliseconds until the amount is there, 0 where it is.
static int64_t wait_for(const struct bucket *bucket) {
    uint64_t full = bucket->full * bucket->period_ms, after = *bucket->spent + amount_of(bucket);
    return after > full ? (int64_t)((after - full + bucket->full - 1) / bucket->full) : 0;
}

bool quota_take(struct quota *quota, const struct quota_limits *limits, int64_t now_ms, uint64_t reports, uint64_t bytes,
                int64_t *ret_wait_ms) {
    const struct bucket buckets[] = {
        {&quota->spent_batches, limits->batches_per_minute, MINUTE_MS, 1},
        {&quota->spent_reports, limits->reports_per_minute, MINUTE_MS, reports},
        {&quota->spent_bytes, (uint64_t)limits->kib_per_minute * 1024, MINUTE_MS, bytes},
        {&quota->spent_day_bytes, (uint64_t)limits->mib_per_day * 1024 * 1024, DAY_MS, bytes},
    };
    uint64_t passed_ms = now_ms > quota->at_ms ? (uint64_t)(now_ms - quota->at_ms) : 0;
    int64_t wait_ms = 0;
    for (size_t i = 0; i < ARRAY_COUNT(buckets); i++) {
        refill(&buckets[i], passed_ms);
        int64_t longer_ms = wait_for(&buckets[i]);
        wait_ms = longer_ms > wait_ms ? longer_ms : wait_ms;
    }
    quota->at_ms = now_ms > quota->at_ms ? now_ms : quota->at_ms;
    if (wait_ms > 0) {
        *ret_wait_ms = wait_ms;
        return false;
    }
    for (size_t i = 0; i < ARRAY_COUNT(buckets); i++)
        *buckets[i].spent += amount_of(&buckets[i]);
    return true;
}
