// What one device may send: in a minute conversations and batches (each Hello, Batch and Lost costs a look-up and a
// signature, however small it is), reports, and bytes; and in a day bytes, because they stay on the disk. Buckets that hold
// their period's worth and refill evenly, so that a queue of weeks goes through at once and a flood does not. A value: no
// clock, time comes in.
//
// It belongs to the device, not to a connection: connecting anew does not fill it. All zero is a full one, as after the
// server's start.
#ifndef SYNC_QUOTA_H
#define SYNC_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct quota_limits {
    uint32_t batches_per_minute;
    uint32_t reports_per_minute; // BATCH_REPORTS_MAX at least, so that any one batch fits
    uint32_t kib_per_minute;     // likewise BATCH_BYTES_MAX
    uint32_t mib_per_day;        // likewise
};

struct quota {
    uint64_t spent_batches, spent_reports, spent_bytes; // times the milliseconds of a minute
    uint64_t spent_day_bytes;                           // times those of a day
    int64_t at_ms;                                      // monotonic
};

// Takes one batch of so many reports and bytes out of all of them, or nothing. False: it would be there in
// *ret_wait_ms milliseconds (more than 0).
bool quota_take(struct quota *quota, const struct quota_limits *limits, int64_t now_ms, uint64_t reports, uint64_t bytes,
                int64_t *ret_wait_ms);

#endif
