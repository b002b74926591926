// Presence by the hours of the week: what was promised at each place, what was done, and where and when nobody was seen.
#ifndef READ_PRESENCE_H
#define READ_PRESENCE_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum {
    PRESENCE_DAYS_DEFAULT = 56,
    PRESENCE_OCCURRENCES_MAX = 3000, // of promised windows: so many are looked up in 50 ms
    PRESENCE_READ_MAX = 8000,        // contributions in them: likewise
    PRESENCE_GAPS_MAX = 200,         // that are told of one by one
};

struct presence_wanted {
    const char *area;
    const char *from; // "2015-05-01", the first day; NULL: so many days up to the last
    const char *to;   // the last day; NULL: today, or the last day of which presence is promised, if that is over
    int64_t now_s;
};
//   {"from", "to", "cut", "areas": [{"area", "name", "grids": [{"commitment", "title_sv", "title_en", "promise",
//      "promise_title_sv", "promise_title_en", "place", "planned", "kept",
//      "cells": [{"day": "fri", "hour": 20, "times", "seen", "promised_minutes", "covered_minutes", "person_minutes"}],
//      "gaps": [{"day": "2015-05-08", "weekday": "fri", "opens": "20:00", "closes": "02:00"}], "gaps_count",
//      "silent": [...], "silent_count" (read/sureness.h)}]}]}
//
// A grid for each place of each commitment; place: "" where it may be anywhere in the area. Only windows that opened on a
// day of the period and have closed are in it: `planned`, of which `kept` had their promised minutes. A cell is an hour of
// the wall on a weekday; a window over midnight lies in two weekdays, a gap has the day on which it opened. `times`: how
// often a promise held there; `seen`: at how many of them somebody was there. A promise is for a window as a whole: in
// promised_minutes it is spread evenly over it. person_minutes: null where a window had so many reports (counting/crowd.h)
// that they were not gone through. cut: so many reports lie in the windows that days before `from` were left out. gaps:
// windows in which nobody was seen, the latest first.
//
// The cost is that of the windows: their buckets are looked up, no list of reports is. ROND_EINVALID with a sentence: no
// area, no day, a period that ends before it begins or has too many windows; ROND_ENOTFOUND: no such area.
MUST_CHECK enum rond_err read_presence(struct store *store, const struct catalogue *catalogue,
                                       const struct presence_wanted *wanted, json_t **ret_json, struct fault *fault);

#endif
