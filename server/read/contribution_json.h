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
// Those of a report: {"commitment": "PROMISE/COMMITMENT", "title_sv", "title_en", and what these two add}, but of promises
// that are gone. A reason is what stands now: what its bucket lacks, where it does.
MUST_CHECK enum rond_err contribution_list(struct store *store, const struct catalogue *catalogue, uint64_t row,
                                           struct bucket_reasons *reasons, struct arena *arena, json_t **ret_list);

#endif
