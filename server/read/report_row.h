// A report as a row of what is behind a figure.
#ifndef READ_REPORT_ROW_H
#define READ_REPORT_ROW_H

#include "read/rows.h"

// "device", "outbox", "seq", "reference", "row", "organisation", what says why there is no body (read/report_json.h),
// "kind", "occurred_from_s", "occurred_from", "occurred_to_s", "occurred_to", "local_from", "local_to" (by the wall of that
// zone), "uncertainty_s", "received_ms", "received", "late" and "late_s". False: without memory, as read_add.
bool report_row_add(json_t *object, const Rond__V1__TimeZone *zone, const struct stored_report *report);
// Received more than READ_LATE_HOURS (read/progress.h) after it ended.
bool report_row_is_late(const struct stored_report *report);

#endif
