// Likely duplicates: reports that may tell of one activity, for a person to join or to tell apart. Nothing is ever joined
// by itself.
#ifndef READ_JOINS_H
#define READ_JOINS_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum {
    JOINS_APART_S_MAX = 60 * 60,   // between the end of one and the beginning of the other
    JOINS_DISTANCE_M_MAX = 300,
    JOINS_OFFERS_MAX = 200,        // in one answer
    JOINS_REPORTS_MAX = 200000,    // of one commitment, in the time asked for
    JOINS_PAIRS_MAX = 200000,      // near in time, looked at more closely in one answer
};

struct joins_wanted {
    const char *area;  // NULL or "": all
    const char *since; // YYYY-MM-DD, local days, both included; NULL or "": open
    const char *until;
    int64_t now_s;     // for the figures
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
// In order of time, then of arrival. *ret_more: there are more than JOINS_OFFERS_MAX, or JOINS_PAIRS_MAX were looked at.
// ROND_ENOTFOUND for an unknown area, ROND_EINVALID for a date, ROND_EFULL beyond JOINS_REPORTS_MAX, with a sentence.
// Cost: one pass over the stored contributions of the area's commitments, and a look at each report that is near another.
MUST_CHECK enum rond_err read_joins(struct store *store, const struct catalogue *catalogue, const struct joins_wanted *wanted,
                                    const struct read_rows *rows, bool *ret_more, struct fault *fault);

#endif
