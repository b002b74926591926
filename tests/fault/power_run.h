// A scenario of steps on the disk that loses its power: run once undisturbed, which tells what is there after each step,
// then with the power cut at an operation, and once more on the way back.
//
// Steps repeat exactly (randomness and time are theirs by their number), so what is there after a cut must be, to the
// byte, what was there before the step under way or after it: all that was confirmed, once, and nothing of the rest by
// half. The steps that are left are then carried out, and what is there at the end must be what it always is.
#ifndef FAULT_POWER_RUN_H
#define FAULT_POWER_RUN_H

#include "base/bytes.h"
#include "base/err.h"
#include "fault/power_disk.h"

enum { POWER_STEPS_MAX = 64 };

struct power_scenario {
    size_t steps;
    // Opens what is there (or makes it, where there is nothing), as a program does that starts.
    enum rond_err (*open)(void *context);
    enum rond_err (*step)(void *context, size_t step);
    void (*close)(void *context);                              // also after a cut; nothing open is fine
    void (*digest)(void *context, struct hash256 *ret_digest); // of everything in it; writes nothing
    // Says what is wrong with it; "" nothing. Writes nothing. deeply: what is too slow to look at after each cut.
    const char *(*fault)(void *context, bool deeply);
    void *context;
    const struct power_image *image; // what is on the disk at the beginning; NULL: nothing
};
struct power_run {
    const struct power_scenario *scenario;
    struct hash256 after[POWER_STEPS_MAX + 1]; // [0]: opened
    uint64_t operations;                       // of the undisturbed run
};

// The undisturbed run. False where it fails; *ret_what says how (here and below; static).
bool power_run_begin(struct power_run *run, const struct power_scenario *scenario, const struct power_device *device,
                     const char **ret_what);
// Power goes at operation `first` and, counted from when it is back, at `second` (0: not again).
bool power_run_cut(const struct power_run *run, const struct power_device *device, uint64_t first, uint64_t second,
                   uint64_t seed, const char **ret_what);

// All of it, or with FAULT_LONG unset a sample: each of `cuts` first cuts, and for each some second ones. Fails the test.
struct power_sample {
    uint64_t cuts;    // first cuts, spread over all operations
    uint64_t seconds; // second cuts for each
};
void power_run_all(const struct power_scenario *scenario, const struct power_sample *sample);
// How many of such cuts show something wrong. For tests of the test.
unsigned power_run_wrong(const struct power_scenario *scenario, uint64_t cuts);
// Prints the cut under way where the program is aborted.
void power_run_watch(void);

#endif
