// What a device does with its outbox, as steps that repeat exactly: time and randomness follow from the step's number, so
// that a step done again, or after a power cut, leaves the same bytes.
#ifndef FAULT_DEVICE_STEPS_H
#define FAULT_DEVICE_STEPS_H

#include "outbox_internal.h"

struct device_life {
    struct outbox *outbox; // NULL: closed
    struct arena arena;
    struct rng_seeded seeded;
    struct rng rng;
    struct clock clock;
    int64_t now_ms;
    uint64_t draft;
    char path[96];
    const char *synchronous; // planted: PRAGMA synchronous; NULL: as the outbox sets it
};

void device_life_init(struct device_life *life, const char *path);
void device_life_deinit(struct device_life *life);

MUST_CHECK enum rond_err device_life_open(struct device_life *life, struct fault *fault);
void device_life_close(struct device_life *life);

// Creating is opening. Then: appending (small and large), drafts, acknowledging with a quarantined one, what comes down,
// settings, a fork, payloads dropped after their time, closing and opening again.
size_t device_steps(void);
MUST_CHECK enum rond_err device_step(struct device_life *life, size_t step);
const char *device_step_name(size_t step);

// "" or what is wrong: the file, the chain from the first report that is kept, a report that cannot be read.
const char *device_life_fault(struct device_life *life);

#endif
