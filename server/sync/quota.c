#include "sync/quota.h"

enum { MINUTE_MS = 60 * 1000 };

static void refill(uint64_t *spent, uint64_t per_minute, uint64_t passed_ms) {
    uint64_t back = passed_ms >= MINUTE_MS ? *spent : per_minute * passed_ms;
    *spent -= back < *spent ? back : *spent;
}

// Milliseconds until the amount is there, 0 where it is. More than a whole bucket counts as a whole one.
static int64_t wait_for(uint64_t spent, uint64_t per_minute, uint64_t *inout_amount) {
    uint64_t full = per_minute * MINUTE_MS;
    *inout_amount = (*inout_amount < per_minute ? *inout_amount : per_minute) * MINUTE_MS;
    uint64_t missing = spent + *inout_amount > full ? spent + *inout_amount - full : 0;
    return (int64_t)((missing + per_minute - 1) / per_minute);
}

static int64_t longest(int64_t a, int64_t b, int64_t c) {
    int64_t most = a > b ? a : b;
    return most > c ? most : c;
}

bool quota_take(struct quota *quota, const struct quota_limits *limits, int64_t now_ms, uint64_t reports, uint64_t bytes,
                int64_t *ret_wait_ms) {
    uint64_t batches = 1, bytes_per_minute = (uint64_t)limits->kib_per_minute * 1024;
    uint64_t passed_ms = now_ms > quota->at_ms ? (uint64_t)(now_ms - quota->at_ms) : 0;
    refill(&quota->spent_batches, limits->batches_per_minute, passed_ms);
    refill(&quota->spent_reports, limits->reports_per_minute, passed_ms);
    refill(&quota->spent_bytes, bytes_per_minute, passed_ms);
    quota->at_ms = now_ms > quota->at_ms ? now_ms : quota->at_ms;
    int64_t wait_ms = longest(wait_for(quota->spent_batches, limits->batches_per_minute, &batches),
                              wait_for(quota->spent_reports, limits->reports_per_minute, &reports),
                              wait_for(quota->spent_bytes, bytes_per_minute, &bytes));
    if (wait_ms > 0) {
        *ret_wait_ms = wait_ms;
        return false;
    }
    quota->spent_batches += batches;
    quota->spent_reports += reports;
    quota->spent_bytes += bytes;
    return true;
}
