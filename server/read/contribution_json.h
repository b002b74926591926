// What a report is toward one commitment, and why, as fields of an object; and toward all of them, as a list.
#ifndef READ_CONTRIBUTION_JSON_H
#define READ_CONTRIBUTION_JSON_H

#include "read/bucket_reason.h"
#include "read/rows.h"

// "counted", "reason", "reason_sv", "reason_en". False: without memory, as read_add.
bool contribution_add_reason(json_t *object, enum counting_reason reason);
// "bucket", "period", "quantity", "persons", "counted_from_s", "counted_from", "counted_to_s", "counted_to", "time_unsure",
// "places", "places_open"
bool contribution_add(json_t *object, const struct commitment *commitment, const struct contribution *value);
// Those of a report, but of promises that are gone: {"commitment": "PROMISE/COMMITMENT", "title_sv", "title_en"} and what
// contribution_add_reason adds; with CONTRIBUTIONS_WHOLE also what contribution_add adds, without it one for each commitment
// and reason. A reason is what stands now: what its bucket lacks, where it does.
enum contribution_extent { CONTRIBUTIONS_BRIEF, CONTRIBUTIONS_WHOLE };
MUST_CHECK enum rond_err contribution_list(struct store *store, const struct catalogue *catalogue, uint64_t row,
                                           enum contribution_extent extent, struct bucket_reasons *reasons,
                                           struct arena *arena, json_t **ret_list);

#endif
