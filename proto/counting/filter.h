// The filter of one commitment, or of one part of it, against one report.
#ifndef COUNTING_FILTER_H
#define COUNTING_FILTER_H

#include "counting/match.h"

// filter may be NULL, here and below: it takes everything.
bool filter_takes_kind(const Rond__V1__Filter *filter, Rond__V1__Kind kind);
// An empty word of a filter takes everything.
bool filter_takes_word(const char *wanted, const char *said);
// REASON_COUNTED, or the first of REASON_KIND, REASON_PLACE, REASON_DETAIL, REASON_ROLE that does not fit.
// item: the one item of a handout that is asked for; NULL: all that the filter lists.
enum counting_reason filter_match(const Rond__V1__Filter *filter, const struct counted_report *report, const char *item);

// What a condition (Filter.where) may ask for: a field of a report whose words are reference data. A condition of a field
// that is not here fits no report.
struct filter_field {
    const char *name;       // "check.of"
    Rond__V1__Kind kind;    // the only kind that has it; unspecified: every kind
    const char *list;       // of terms from which its words come; "organisation", "place"; "" free text
    const char *shorthand;  // key of a commitment that asks the same; NULL where there is none
};
const struct filter_field *filter_fields(size_t *ret_count);

#endif
