// Likely duplicates: reports that may tell of one activity, for a person to join or to tell apart. Nothing is ever joined
// by itself.
#ifndef READ_JOINS_H
#define READ_JOINS_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum {
    JOINS_APART_S_MAX = 60 * 60, // between the end of one and the beginning of the other
    JOINS_DISTANCE_M_MAX = 300,
    JOINS_OFFERS_MAX = 30,          // in one answer: as many as one decides before one looks anew
    JOINS_REPORTS_MAX = 50000,      // of one kind in one area, in the time asked for
    JOINS_LATEST_MAX = 5000,        // contributions, where no time is asked for: the latest, evenly of each commitment
    JOINS_LATEST_MIN = 50,          // of each, however many commitments there are
    JOINS_LATEST_SIGHTS_MAX = 1000, // reports looked at more closely then
    JOINS_LATEST_PAIRS_MAX = 10000, // near in time
    JOINS_PAIRS_MAX = 200000,       // near in time, looked at more closely in one answer
};

struct joins_wanted {
    const char *area;  // NULL or "": all
    const char *since; // YYYY-MM-DD, local days, both included; NULL or "": open
    const char *until;
    int64_t now_s; // for the figures
    // Areas that need not be looked at; NULL: none is passed over.
    bool (*may_see)(const void *context, const char *area);
    const void *context;
};

// Two reports of one area and kind that count toward one commitment as two activities, where at least one names no joint
// activity; near in time (they overlap, or at most JOINS_APART_S_MAX lie between them; of one device only where they
// overlap, since it does one thing after another) and in place (the same place, or at most JOINS_DISTANCE_M_MAX between
// their positions or, without one, their places; or one of them says no place). A pair that a person told apart, and a
// report that one parted, is not offered.
//
//   {"area", "kind", "apart_s", "distance_m": null where it cannot be told, "near": "same_place" | "distance" | "no_place",
//    "reports": [{key, "row", "organisation", "organisations": [...], "activity", "place", "position", "occurred_from_s",
//                 "occurred_from", "occurred_to_s", "occurred_to", "from_local", "to_local"}, ...],
//    "commitments": [{"commitment", "title_sv", "title_en", "done", "would_be", "target"}]}
//
// In order of time, then of arrival. Where neither since nor until is said, the latest that came in are looked at, so that
// the cost does not grow with the store. *ret_more: there may be more, since JOINS_OFFERS_MAX were found, JOINS_PAIRS_MAX
// were looked at, or some that came earlier were not. ROND_ENOTFOUND for an unknown area, ROND_EINVALID for a date,
// ROND_EFULL beyond JOINS_REPORTS_MAX, with a sentence. A time are the reports that began in it, or on the day
// before and reach into it; they are gone through kind by kind until there are JOINS_OFFERS_MAX. Cost of a kind: its
// contributions in that time, whatever else is stored, and a look at each report that is near another.
MUST_CHECK enum rond_err read_joins(struct store *store, const struct catalogue *catalogue,
                                    const struct joins_wanted *wanted, const struct read_rows *rows, bool *ret_more,
                                    struct fault *fault);

#endif
