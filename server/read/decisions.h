// What people decided about reports, and what waits for a person to decide.
#ifndef READ_DECISIONS_H
#define READ_DECISIONS_H

#include "promise/catalogue.h"
#include "read/rows.h"

// Every decision after that number (0: all), oldest first or newest first (then before it); undone ones too.
//   {"decision": 12, "kind": "join" | "part" | "dismiss" | "place" | "amend" | "action", "activity" (of a join), "place" and "value" (of
//    a place), "field" and "value" (of an amendment; of an action with its "finding"),
//    "area" (of the first report), "reports": [{key, "organisation", "area", "kind", "occurred_from"}], "at_ms", "at", "actor",
//    "undone_ms", "undone", "undone_by"}
MUST_CHECK enum rond_err read_decisions(struct store *store, uint64_t after, bool newest_first,
                                        const struct read_rows *rows);

// The same as a list, of one report: those about its original, and amendments of itself.
MUST_CHECK enum rond_err read_decisions_about(struct store *store, const struct stored_report *report, json_t **ret_list);

// The one of them by which a report is joined or parted now; null where nobody decided.
MUST_CHECK enum rond_err read_ruling_of(struct store *store, const struct stored_report *report, json_t **ret_ruling);

// Contributions of which it is not clear whether they were at a place that the commitment names, a row for each place.
//   {"reference", "row", "organisation", "occurred_from_s", "occurred_from", "commitment": "PROMISE/COMMITMENT", "place"}
MUST_CHECK enum rond_err read_undecided(struct store *store, const struct catalogue *catalogue, const struct read_rows *rows);

#endif
