// How often each thing happened, over all seeds of a run. What never happened was not tested: the run fails then.
#ifndef SIM_CENSUS_H
#define SIM_CENSUS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/state.h"

// X(NAME, chance of being on in a seed in percent, mean seconds between two of them, what it is)
#define SIM_FAULTS(X)                                                                                                       \
    X(CUT_BETWEEN_FRAMES, 60, 0, "a connection ends between two frames")                                                    \
    X(CUT_INSIDE_FRAME, 60, 0, "a connection ends inside a frame")                                                          \
    X(HALF_OPEN, 40, 0, "a connection goes silent and nobody is told")                                                      \
    X(UNNOTICED_CLOSE, 40, 0, "the device reconnects, its old session stays")                                               \
    X(NO_COVERAGE, 60, 12000, "a device is out of coverage for up to four hours")                                           \
    X(SLOW_DISK, 40, 0, "the outbox answers a READ or forks late")                                                          \
    X(CLOCK_SKEW, 50, 0, "a device's wall clock is wrong from the start")                                                   \
    X(CLOCK_JUMP, 30, 20000, "a device's wall clock jumps")                                                                 \
    X(CLOCK_YEARS, 15, 30000, "a device's wall clock jumps by years")                                                       \
    X(DEVICE_CRASH, 50, 15000, "a device loses power and starts again")                                                     \
    X(DEVICE_IMAGE, 40, 15000, "a device is restored from an older image")                                                  \
    X(DISK_FULL, 30, 15000, "a device's disk is full for some writes")                                                      \
    X(DISK_ERROR, 30, 15000, "a device's disk fails at some writes")                                                        \
    X(DAMAGED_RECORD, 40, 8000, "a queued record can no longer be read")                                                    \
    X(COMMIT_EIO, 40, 0, "a commit fails")                                                                                  \
    X(COMMIT_EFULL, 40, 0, "a commit finds the disk full")                                                                  \
    X(COMMIT_ANSWER_LOST, 40, 0, "a commit takes effect and answers failure")                                               \
    X(SERVER_CRASH, 50, 20000, "the server dies, what was in work with it")                                                 \
    X(SERVER_DRAIN, 30, 20000, "the server refuses all and restarts")                                                       \
    X(SERVER_RESTORE, 30, 25000, "the store is restored from an older backup")                                              \
    X(DEVICE_RETIRED, 15, 60000, "a device is retired, its queue goes into quarantine")                                     \
    X(DEVICE_LOST, 15, 60000, "a device is revoked as lost, nothing of it gets in")                                         \
    X(ENROLLED_AGAIN, 40, 20000, "a device that was revoked is enrolled again")                                             \
    X(PERSON_DECIDES, 60, 3000, "a person joins or parts reports, or takes that back")                                      \
    X(QUARANTINE_DECIDED, 50, 6000, "a person releases or discards a quarantined report")                                   \
    X(LAGGING_CONNECTION, 30, 8000, "a device is back before its old connection's frames are")                              \
    X(DUPLICATE_CONNECTION, 30, 0, "a device's frames come in a second time on another connection")                         \
    X(TAMPERED_FRAME, 30, 0, "and somebody changes bytes of them")                                                          \
    X(SILENT_STRANGER, 30, 20000, "a connection never says Hello")                                                          \
    X(HOSTILE_FRAME, 40, 15000, "a device sends something that is no frame")                                                \
    X(BAD_REPORT, 70, 0, "a report that must be quarantined")                                                               \
    X(CORRECTION, 70, 0, "a report corrects another")                                                                       \
    X(WITHDRAWAL, 70, 0, "a report withdraws another")

enum fault_kind {
#define SIM_FAULT_ENUM(name, chance, mean_s, text) FAULT_##name,
    SIM_FAULTS(SIM_FAULT_ENUM)
#undef SIM_FAULT_ENUM
        FAULT_COUNT
};
const char *fault_name(enum fault_kind fault);

enum { CENSUS_CODES = 512, CENSUS_FRAMES = 16 };
struct census {
    uint64_t faults[FAULT_COUNT];
    uint64_t frames[CENSUS_FRAMES]; // by kind
    uint64_t cut_inside[CENSUS_FRAMES];
    uint64_t commands[2]; // refused, carried out
    uint64_t power_cuts, cuts_in_commit, on_disk, clock_changes;
    uint64_t queueing_refused, disk_failures, released, discarded;
    uint64_t exceptions[CENSUS_CODES];
    uint64_t refusals[CENSUS_CODES];
    uint64_t applied, repeated, forked, lost_unreadable, lost_expired;
    uint64_t actions, summaries, weeks_said; // that a device took in; Hellos that name a summary
    uint64_t reports, groups, group_largest, seeds;
    struct state_census device, session;
};

void census_add(struct census *to, const struct census *from);
void census_print(const struct census *census, FILE *to);
// Prints what never happened; false where there is any.
bool census_is_complete(const struct census *census, FILE *to);

#endif
