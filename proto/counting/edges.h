// The edges of the calendar that decide whether, and in which period, a report counts: the promise's period, its phase act,
// the season, the periods of a rate. And whether the uncertainty of a report's time reaches over one of them.
#ifndef COUNTING_EDGES_H
#define COUNTING_EDGES_H

#include "counting/match.h"

// REASON_COUNTED, REASON_PERIOD, REASON_PHASE or REASON_SEASON.
enum counting_reason edges_match(const struct commitment *commitment, day_t day);
// Another moment within the uncertainty of when it began would be decided otherwise: it would not count, or in another
// period or season; or it would count, where it does not.
bool edges_unsure(const struct commitment *commitment, const struct counted_report *report);
// Both ends of [at - uncertainty, at + uncertainty]; held where they would overflow.
int64_t edges_earliest_s(int64_t at_s, uint32_t uncertainty_s);
int64_t edges_latest_s(int64_t at_s, uint32_t uncertainty_s);

#endif
