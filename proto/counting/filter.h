// The filter of one commitment, or of one part of it, against one report.
#ifndef COUNTING_FILTER_H
#define COUNTING_FILTER_H

#include "counting/match.h"

// filter may be NULL, here and below: it takes everything.
bool filter_takes_kind(const Rond__V1__Filter *filter, Rond__V1__Kind kind);
// An empty word of a filter takes everything.
bool filter_takes_word(const char *wanted, const char *said);
// REASON_COUNTED, or the first of REASON_KIND, REASON_PLACE, REASON_DETAIL that does not fit.
// item: the one item of a handout that is asked for; NULL: all that the filter lists.
enum counting_reason filter_match(const Rond__V1__Filter *filter, const Rond__V1__Report *report, const char *item);

#endif
