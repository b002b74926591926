// Where it was found unsafe and is not put right yet, for the map.
#ifndef READ_UNSAFE_PLACES_H
#define READ_UNSAFE_PLACES_H

#include "read/walks.h"

// Places of the register with their ground and without any free text. Everything else as read_walks.
//
//   {"row", "area", "commitment", "reference" (of the walk), "place" | null, "latitude_e6" | null, "longitude_e6" | null,
//    "responsible" | null, "due": "2015-06-30" | null, "overdue", "found_s", "found"}
MUST_CHECK enum rond_err read_unsafe_places(struct store *store, const struct catalogue *catalogue,
                                            const struct walks_wanted *wanted, const struct read_rows *rows,
                                            uint64_t *ret_stopped);

#endif
