// The reports behind a row of the map: those that the fold has put on it (promise/spots.h) under the same key.
#ifndef READ_MAP_REPORTS_H
#define READ_MAP_REPORTS_H

#include "read/map.h"

struct map_reports_wanted {
    struct map_wanted of; // area, organisation and kind of the row; the period
    const char *place;    // of the row; NULL or "": none is named
    // Of the row, where no place is named; square_m 0: nowhere.
    int64_t latitude_e6, longitude_e6, square_m;
    uint64_t after; // the row of a report; 0: from the first on
};

// {what report_row_add gives, "area", "contributions": [{what contribution_list gives in brief}]}; the newest day first, of
// one day what came last. As many as the row of the map says, as long as nothing comes in between. ROND_ENOTFOUND: no such
// area; ROND_EINVALID with the field: no day, to before from, no such kind, no such square, or no area, organisation or
// kind.
MUST_CHECK enum rond_err read_map_reports(struct store *store, const struct catalogue *catalogue,
                                          const struct map_reports_wanted *wanted, const struct read_rows *rows,
                                          struct fault *fault);

#endif
