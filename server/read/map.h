// Where people were in a period: what the fold keeps for the map (promise/spots.h), added up.
#ifndef READ_MAP_H
#define READ_MAP_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum {
    MAP_ROWS_MAX = 2000, // where there are more, squares are joined, as far as that goes; places stay apart
    MAP_SQUARE_M = 150,  // the smallest square; joined ones are twice, four times, ... as high
};

struct map_wanted {
    const char *area;         // NULL: all that may_see allows
    const char *from, *to;    // days, both included, by the wall of each area; NULL: no end
    const char *kind;         // "check", ...; NULL: every kind
    const char *organisation; // NULL: every one
    // Areas that need not be looked at; NULL: none is passed over.
    bool (*may_see)(const void *context, const char *area);
    // Rows that are left out, before squares are joined for there being too many; NULL: none.
    bool (*shows)(const void *context, const char *organisation, const char *area, const char *kind);
    const void *context;
};

// Ranges that hold all days from first to last once, each as large as it may be: years, months at both ends, days at both
// ends.
enum { MAP_RANGES_MAX = 5 };
size_t map_ranges(day_t first, day_t last, struct map_range ret_ranges[MAP_RANGES_MAX]);

// The days of what is wanted, and its kind by number, 0: every one. ROND_EINVALID with the field.
MUST_CHECK enum rond_err map_days(const struct map_wanted *wanted, day_t *ret_first, day_t *ret_last, struct fault *fault);
MUST_CHECK enum rond_err map_kind(const char *name, uint32_t *ret_kind, struct fault *fault);

// A row for each place, or square, that there was something of a kind by an organisation; the busiest first.
//
//   {"area", "organisation", "kind", "place": "bangatan" | null, "latitude_e6" | null, "longitude_e6" | null,
//    "radius_m" | null, "square_m" | null, "reports", "person_minutes", "quantity"}
//
// WGS 84. square_m: no place is named; it was in a square so high around that point. Without either the report does not say
// where. ROND_ENOTFOUND: no such area; ROND_EINVALID with the field: no day, to before from, no such kind.
MUST_CHECK enum rond_err read_map(struct store *store, const struct catalogue *catalogue, const struct map_wanted *wanted,
                                  const struct read_rows *rows, struct fault *fault);

#endif
