// When did it happen? The server's estimate from what the device claimed and what its Hello said about its clocks. Pure.
//
// Same boot: the report's age is hello.monotonic - report.monotonic, whatever the wall clock said; uncertain by the
// clocks' drift (100 ppm) and the handshake. Another boot: the claimed wall clock, moved by the offset that the Hello
// showed where that offset is more than a minute; uncertain by that offset. Never later than now. The offset between
// claim and estimate moves occurred_from and occurred_to alike.
#ifndef INGEST_ESTIMATE_H
#define INGEST_ESTIMATE_H

#include "rond/v1/report.pb-c.h"

struct hello_clock {      // from Hello, and the server's clock when it came
    int64_t wall_ms;
    uint64_t boot_id;
    uint64_t monotonic_ms;
    int64_t server_ms;
};
struct time_estimate {
    int64_t claimed_ms;   // the server's estimate of when it was queued
    int64_t from_s;
    int64_t to_s;
    uint32_t uncertainty_s;
};
// now_ms: the server's wall clock as the report comes in (a report may be queued after the Hello of its connection).
// Any claim is fine, absurd ones are held to the range of the types.
void estimate_time(const struct hello_clock *clock, const Rond__V1__Report *report, int64_t now_ms,
                   struct time_estimate *ret_estimate);

#endif
