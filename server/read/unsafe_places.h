// Where it was found unsafe and is not put right yet, for the map.
#ifndef READ_UNSAFE_PLACES_H
#define READ_UNSAFE_PLACES_H

#include "promise/catalogue.h"
#include "read/rows.h"

// The most urgent ones of an area, or of each of all (NULL), as they go down to its devices (read/open_actions.h), without
// any free text. ROND_ENOTFOUND: no such area.
//
//   {"area", "commitment", "reference" (of the walk), "place" | null, "latitude_e6" | null, "longitude_e6" | null,
//    "responsible" | null, "due": "2015-06-30" | null, "overdue", "found_s", "found"}
MUST_CHECK enum rond_err read_unsafe_places(struct store *store, const struct catalogue *catalogue, const char *area,
                                            int64_t now_s, const struct read_rows *rows);

#endif
