// Time as an argument. Only clock.c asks the operating system.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*wall_ms)(void *context);       // Unix milliseconds
    int64_t (*monotonic_ms)(void *context);  // since an arbitrary start, never backwards, counts sleep
    uint64_t (*boot_id)(void *context);      // changes with every start of the machine
    void *context;
};

// CLOCK_REALTIME, CLOCK_BOOTTIME and the kernel's boot id. Static, never freed.
const struct clock *clock_system(void);

static inline int64_t clock_wall_ms(const struct clock *clock) {
    return clock->wall_ms(clock->context);
}
static inline int64_t clock_monotonic_ms(const struct clock *clock) {
    return clock->monotonic_ms(clock->context);
}
static inline uint64_t clock_boot_id(const struct clock *clock) {
    return clock->boot_id(clock->context);
}

#endif
