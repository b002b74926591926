// How the promises stand, for the public: a figure for each commitment, and how many devices are silent. Made from totals,
// never from reports; no device, person, moment or position is read into it (docs/decisions/0017-public.md).
#ifndef READ_PUBLIC_FIGURES_H
#define READ_PUBLIC_FIGURES_H

#include "promise/catalogue.h"
#include "read/rows.h"

// Monday of the week, by UTC.
day_t public_week(int64_t now_s);

// Of every promise that has begun to be kept: in the phase act or later, and active, followed up or closed. A list:
//
//   [{"promise", "title_sv", "title_en": text | null, "area": {"id", "name"}, "from", "to", "phase", "version",
//     "sources": [...], "parties": [{"id", "name"}],
//     "places": [public_place_about],                      of all its commitments
//     "commitments": [{"commitment": "PROMISE/COMMITMENT", "title_sv", "title_en", "measure", "per", "about",
//       "done", "target", "target_whole", "status", "status_by_reports", "summary_sv", "summary_en",
//       "devices", "silent",                               that could report toward it; of them, not heard of lately
//       "places": [public_places_named], "kept_by_place": public_places_kept}]}]
//
// by area and, there, in the order of the catalogue. Within the caller's read_begin.
MUST_CHECK enum rond_err public_figures_read(struct store *store, const struct catalogue *catalogue, int64_t now_s,
                                             json_t **ret_list);

#endif
