// Many seeds over the cores: processes that take the next seed each, and one that gathers what they saw. A seed that
// breaks a promise, aborts or never ends costs its process, not the run.
#ifndef SIM_CREW_H
#define SIM_CREW_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/trace.h"
#include "sim/world.h"

enum { CREW_JOBS_MAX = 256, CREW_FAILURES_MAX = 16, CREW_TEXT_SIZE = 512 };

struct crew_order {
    uint64_t first, count;
    unsigned jobs;         // 0: one for each core
    bool stops_at_failure; // no seed after the lowest that failed is looked at
    int64_t progress_ms;   // how often to say how far it is; 0: never
};
struct crew_failure {
    uint64_t seed;
    char text[CREW_TEXT_SIZE];
};
struct crew_result {
    struct census census;
    uint64_t run, failed;
    struct crew_failure failures[CREW_FAILURES_MAX]; // the lowest seeds, in order
    size_t failures_count;                           // of those
    int64_t virtual_ms;
    int64_t real_ms;
};

// Aborts where processes cannot be made.
void crew_run(const struct crew_order *order, struct crew_result *ret_result);
// Runs a seed once more in a process of its own; what broke, and the last lines before it.
void crew_again(uint64_t seed, struct trace *ret_trace, struct crew_failure *ret_failure);

#endif
