// How the promises stand, how sure that is, and what is behind each figure. Only totals are read, never reports: the cost
// is that of the commitments and devices, however many reports there are.
#ifndef READ_PROGRESS_H
#define READ_PROGRESS_H

#include "promise/catalogue.h"
#include "read/rows.h"

// A device that was not heard of for so long is named beside the figures of its area.
enum { READ_SILENT_HOURS = 24 };

// Of one area, or of all that have commitments (NULL or ""). ROND_ENOTFOUND where there is no such area.
//
//   {"now_s", "now", "areas": [{"area", "name", "promises": [{"promise", "title_sv", "title_en", "from", "to", "phase",
//     "parties": [...], "commitments": [{"commitment": "PROMISE/COMMITMENT", "title_sv", "title_en",
//       "measure": "at_least", "per": "month" | null, "about", "done", "target", "target_whole", "status": "on_pace",
//       "summary_sv", "summary_en", "sum": {tally}, "periods": [{"period", tally}]}]}],
//     "devices": 6, "complete_until_ms", "complete_until",
//     "silent_devices": [{"device", "name", "organisation", "seen_ms", "seen", "never_seen", "waiting"}]}]}
//
// tally: "count", "person_minutes", "covered_minutes", "windows_met", "actions_open", "actions_closed", "reports".
// silent_devices: devices in use (not revoked) that were not heard of for READ_SILENT_HOURS, or never, or that said to
// have reports queued which have not come in ("waiting", how many). complete_until: before that moment nothing can be
// missing, as the least recently heard of device goes; null where one was never heard of or has reports waiting.
MUST_CHECK enum rond_err read_progress(struct store *store, const struct catalogue *catalogue, const char *area, int64_t now_s,
                                       json_t **ret_json);

// What counted toward one commitment, what did not, and why not: a row for each contribution, by order of arrival.
// ROND_ENOTFOUND where there is no commitment of that path.
//
//   {"reference", "row", "organisation", "kind", "occurred_from_s", "occurred_from", "occurred_to_s", "occurred_to",
//    "uncertainty_s", "counted", "reason": "period", "reason_sv", "reason_en", "bucket", "period", "quantity", "persons",
//    "counted_from_s", "counted_from", "counted_to_s", "counted_to", "ruling": {read/decisions.h} | null}
//
// "ruling" is the person's decision by which the report is joined to others or parted from them.
// A contribution in a bucket that still lacks something does not count, for the reason that the bucket gives.
// "counted_from" and "counted_to" are, of presence, what lies inside the promised window.
MUST_CHECK enum rond_err read_why(struct store *store, const struct catalogue *catalogue, const char *path,
                                  const struct read_rows *rows);

#endif
