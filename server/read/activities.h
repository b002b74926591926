// Planned joint activities, and who has told of them.
#ifndef READ_ACTIVITIES_H
#define READ_ACTIVITIES_H

#include "promise/catalogue.h"
#include "read/rows.h"

// A row for each that is planned and not cancelled, of one area or all (NULL or ""), in order of time.
//   {"activity": "P-7QK2M", "area", "kind", "title", "place", "from_s", "from", "to_s", "to", "from_local", "to_local",
//    "organisations": [...], "commitment", "of", "reports": 2, "reported_by": [...], "missing": [...], "complete": false}
// reports: those that name it (or that a person joined to it) and count toward some commitment that counts activities;
// reported_by: organisations that reported or that a report names; missing: of the planned ones, those who did not.
// ROND_ENOTFOUND for an unknown area.
MUST_CHECK enum rond_err read_activities(struct store *store, const struct catalogue *catalogue, const char *area,
                                         const struct read_rows *rows);

#endif
