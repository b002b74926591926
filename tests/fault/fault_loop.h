// One loop for whole scenarios: run again and again, each time with the next call failing, once and from then on.
//
// Every run is a process of its own, forked from the test with its scenario made ready, in a copy of the folder that was
// prepared: a crash is seen, and what one run leaves cannot help the next. The address sanitizer looks for leaks at its end.
#ifndef FAULT_FAULT_LOOP_H
#define FAULT_FAULT_LOOP_H

#include "base/err.h"
#include "fault/failing_calls.h"

struct fault_scenario {
    const char *name;
    // Under faults: what came of it, with everything closed again.
    enum rond_err (*run)(void *context, const char *directory);
    // No faults any more. err: what run answered. Says what is wrong, "" nothing: what was confirmed is there once and
    // nothing by half, and the scenario run again succeeds.
    const char *(*check)(void *context, const char *directory, enum rond_err err);
    void *context;
    const char *prepared;   // folder to begin from; NULL: there is none yet
    bool may_end_otherwise; // errors beside those of the plan are right too
};
// Runs it undisturbed, then with failing calls: all with FAULT_LONG set, else `sample` of each kind spread over it.
void fault_loop(const struct fault_scenario *scenario, uint64_t sample);

// Folders with all that is in them.
void fault_folder_copy(const char *from, const char *to);
void fault_folder_remove(const char *path);

#endif
