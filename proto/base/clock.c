#include "base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"

static int64_t read_ms(clockid_t id) {
    struct timespec now;
    CHECK(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *context) {
    (void)context;
    return read_ms(CLOCK_REALTIME);
}

// CLOCK_BOOTTIME and not CLOCK_MONOTONIC: a handheld sleeps in a pocket, and that time passes too.
static int64_t system_monotonic_ms(void *context) {
    (void)context;
    return read_ms(CLOCK_BOOTTIME);
}

static pthread_once_t boot_once = PTHREAD_ONCE_INIT;
static uint64_t boot;

// The first 64 bits of the kernel's random boot id; 0 (not known) where it cannot be read.
static void boot_read(void) {
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file == NULL)
        return;
    char digits[17] = "";
    for (size_t count = 0; count < 16;) {
        int c = fgetc(file);
        if (c == EOF)
            break;
        if (c != '-')
            digits[count++] = (char)c;
    }
    fclose(file);
    boot = strtoull(digits, NULL, 16);
}

static uint64_t system_boot_id(void *context) {
    (void)context;
    pthread_once(&boot_once, boot_read);
    return boot;
}

const struct clock *clock_system(void) {
    static const struct clock system = {
        .wall_ms = system_wall_ms,
        .monotonic_ms = system_monotonic_ms,
        .boot_id = system_boot_id,
    };
    return &system;
}
