// Which days a follow-up tells of: a tertial of the promise's period, or all of it.
#ifndef READ_FOLLOWUP_PERIOD_H
#define READ_FOLLOWUP_PERIOD_H

#include "counting/match.h"

struct followup_period {
    char name[PERIOD_SIZE]; // "2015-T1" (January to April; T2 to August, T3 to December), "final"
    day_t from;             // first day, not before the promise's
    day_t to;               // last day, not after the promise's
    day_t until;            // last day told of: `to`, or the day before now where it is told early
    bool is_early;
    int64_t from_s;         // the same as moments of the area's zone: what happened in [from_s, until_s)
    int64_t until_s;
};

// ROND_EINVALID where the name is neither, ROND_ENOTFOUND where the promise's period does not meet that tertial,
// ROND_ECONFLICT where it has not ended at now_s and `early` is not said, or has not even begun. The fault says what to do.
MUST_CHECK enum rond_err followup_period_find(const Rond__V1__Promise *promise, const Rond__V1__TimeZone *zone, const char *name,
                                              int64_t now_s, bool early, struct followup_period *ret_period,
                                              struct fault *fault);

#endif
