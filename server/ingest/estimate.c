#include "ingest/estimate.h"

#include <stdbool.h>

enum {
    DRIFT_PPM = 100,               // of a handheld's monotonic clock
    HANDSHAKE_MS = 1000,           // between the device's look at its clocks and ours
    OFFSET_BELIEVED_MS = 60 * 1000 // a wall clock this close is taken as right
};

static int64_t add_held(int64_t a, int64_t b) {
    int64_t sum;
    if (!__builtin_add_overflow(a, b, &sum))
        return sum;
    return b > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t subtract_held(int64_t a, int64_t b) {
    int64_t difference;
    if (!__builtin_sub_overflow(a, b, &difference))
        return difference;
    return b < 0 ? INT64_MAX : INT64_MIN;
}

static int64_t magnitude(int64_t value) {
    return value >= 0 ? value : value == INT64_MIN ? INT64_MAX : -value;
}

static int64_t to_seconds_nearest(int64_t ms) {
    int64_t seconds = ms / 1000;
    int64_t rest = ms % 1000;
    return rest >= 500 ? seconds + 1 : rest <= -500 ? seconds - 1 : seconds;
}

static uint32_t to_seconds_up(int64_t ms) {
    int64_t seconds = ms / 1000 + (ms % 1000 > 0);
    return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

// How long before the Hello it was queued, by the one clock that nobody can set; negative where it came after.
static int64_t age_by_monotonic_ms(uint64_t hello_ms, uint64_t report_ms) {
    if (hello_ms >= report_ms) {
        uint64_t age = hello_ms - report_ms;
        return age > INT64_MAX ? INT64_MAX : (int64_t)age;
    }
    uint64_t ahead = report_ms - hello_ms;
    return ahead > INT64_MAX ? -INT64_MAX : -(int64_t)ahead;
}

static int64_t estimate_same_boot(const struct hello_clock *clock, const Rond__V1__Report *report,
                                  uint32_t *ret_uncertainty_s) {
    int64_t age_ms = age_by_monotonic_ms(clock->monotonic_ms, report->monotonic_ms);
    *ret_uncertainty_s = to_seconds_up(add_held(magnitude(age_ms) / (1000000 / DRIFT_PPM), HANDSHAKE_MS));
    return subtract_held(clock->server_ms, age_ms);
}

static int64_t estimate_other_boot(const struct hello_clock *clock, const Rond__V1__Report *report,
                                   uint32_t *ret_uncertainty_s) {
    int64_t offset_ms = subtract_held(clock->server_ms, clock->wall_ms);
    *ret_uncertainty_s = to_seconds_up(add_held(magnitude(offset_ms), HANDSHAKE_MS));
    bool is_right = magnitude(offset_ms) <= OFFSET_BELIEVED_MS;
    return is_right ? report->claimed_ms : add_held(report->claimed_ms, offset_ms);
}

void estimate_time(const struct hello_clock *clock, const Rond__V1__Report *report, int64_t now_ms,
                   struct time_estimate *ret_estimate) {
    uint32_t uncertainty_s;
    int64_t claimed_ms = report->boot_id == clock->boot_id ? estimate_same_boot(clock, report, &uncertainty_s)
                                                           : estimate_other_boot(clock, report, &uncertainty_s);
    if (claimed_ms > now_ms)
        claimed_ms = now_ms;
    int64_t moved_s = to_seconds_nearest(subtract_held(claimed_ms, report->claimed_ms));
    *ret_estimate = (struct time_estimate){
        .claimed_ms = claimed_ms,
        .from_s = add_held(report->occurred_from_s, moved_s),
        .to_s = add_held(report->occurred_to_s, moved_s),
        .uncertainty_s = uncertainty_s,
    };
}
