// What a report is toward one commitment, and why, as fields of an object.
#ifndef READ_CONTRIBUTION_JSON_H
#define READ_CONTRIBUTION_JSON_H

#include "counting/match.h"
#include "read/rows.h"

// "counted", "reason", "reason_sv", "reason_en". False: without memory, as read_add.
bool contribution_add_reason(json_t *object, enum counting_reason reason);
// "bucket", "period", "quantity", "persons", "counted_from_s", "counted_from", "counted_to_s", "counted_to", "time_unsure",
// "places", "places_open"
bool contribution_add(json_t *object, const struct commitment *commitment, const struct contribution *value);

#endif
