// Which contributions are behind a part of a figure: a period or a promised window, a named place, an hour of the week, days.
#ifndef READ_WHY_FILTER_H
#define READ_WHY_FILTER_H

#include "base/err.h"
#include "counting/match.h"

// NULL or "": whatever it is.
struct why_part {
    const char *period;    // "2015-05", "2015-W19", ..., or a window of presence by its index: "w0"
    const char *place;     // of the window, or one that the commitment names, where the report may have been as well
    const char *from, *to; // local days, both included, of what counted, or of when it happened
    const char *weekday;   // "mon" ... "sun", with hour: the hour by the wall that it reaches into
    const char *hour;      // "0" ... "23"
};

struct why_filter {
    const struct commitment *commitment;
    const char *period, *place;
    int64_t from_s, to_s;
    int weekday, hour; // -1: any
};

// Texts are borrowed. ROND_EINVALID with the field: no day, no weekday, no hour, or one of the two without the other.
MUST_CHECK enum rond_err why_filter_init(struct why_filter *filter, const struct why_part *part,
                                         const struct commitment *commitment, struct fault *fault);
bool why_filter_takes(const struct why_filter *filter, const struct contribution *contribution);

#endif
