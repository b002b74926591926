// How the promises stand, how sure that is, and what is behind each figure. Only totals are read, never reports: the cost
// is that of the commitments and devices, however many reports there are.
#ifndef READ_PROGRESS_H
#define READ_PROGRESS_H

#include "promise/catalogue.h"
#include "read/rows.h"
#include "read/why_filter.h"

// Of one area, or of all that have commitments (NULL or ""). ROND_ENOTFOUND where there is no such area.
//
//   {"areas": [{"area", "name", "promises": [{"promise", "title_sv", "title_en", "from", "to", "phase",
//     "state", "version", "parties": [...], "commitments": [{"commitment": "PROMISE/COMMITMENT", "title_sv", "title_en",
//       "measure": "at_least", "per": "month" | null, "about", "owner", "done", "target", "target_whole",
//       "status": "on_pace", "status_by_reports", "state", "summary_sv", "summary_en", "sum": {tally}, "places": [{"place", "count", "open"}],
//       "periods": [{"period", tally}],
//       "silent": [{"device", "name", "organisation", "since_ms", "since", "waiting"}], "silent_count",
//       "pace": {"done", "target", "due_now", "remaining", "days_left", "line": [{"day", "due"}]} | null,
//       "forecast": {"at_end", "per_week_tenths", "text_sv", "text_en"} | null,
//       "windows": [{"place", "days": ["fri"], "from": "20:00", "to", "minutes", "planned", "planned_whole", "kept",
//         "planned_minutes", "covered_minutes", "person_minutes"}]}]}],
//     "devices": 6, "complete_until_ms", "complete_until",
//     "silent_devices": [{"device", "name", "organisation", "seen_ms", "seen", "never_seen", "waiting"}],
//     "silent_devices_count"}]}
//
// places: those that the commitment names; how many activities were there, and how many may have been (a person must decide).
// tally: "count", "person_minutes", "covered_minutes", "windows_met", "actions_open", "actions_closed", "reports".
// status: status_by_reports (met, on_pace, behind, missed, counted, not_started), or "unknown" where that is behind or
// missed and a device that could report toward the commitment is silent: those are its "silent". state: the promise's. What
// is followed up or closed is met, missed or unknown, never behind or on pace. pace and forecast: counting/pace.h; null then. windows: of presence; what was promised until now, against what was done.
// silent_devices: devices of the area in use (not revoked) that were not heard of for READ_SILENT_HOURS, or never, or
// that said to have reports queued which have not come in ("waiting", how many). The SURENESS_NAMED_MAX that were heard of
// longest ago are named, of these and of a commitment's "silent"; the counts are of all. complete_until: before that moment
// nothing can be missing, as the least recently heard of device goes; null where one was never heard of or has reports
// waiting.
MUST_CHECK enum rond_err read_progress(struct store *store, const struct catalogue *catalogue, const char *area, int64_t now_s,
                                       json_t **ret_json);

// One commitment, as read_progress gives it. ROND_ENOTFOUND where there is none of that path.
MUST_CHECK enum rond_err read_progress_of(struct store *store, const struct catalogue *catalogue, const char *path,
                                          int64_t now_s, json_t **ret_json);

// A report that came in so long after it happened is shown as late, beside counting where it belongs.
enum { READ_LATE_HOURS = 24 };

// What counted toward one commitment, what did not, and why not: a row for each contribution, by order of arrival.
// ROND_ENOTFOUND where there is no commitment of that path.
//
//   {"reference", "row", "organisation", "kind", "occurred_from_s", "occurred_from", "occurred_to_s", "occurred_to",
//    "local_from", "local_to", "uncertainty_s", "received_ms", "received", "late", "late_s", "counted", "reason": "period",
//    "reason_sv", "reason_en", "bucket", "period", "quantity", "persons", "counted_from_s", "counted_from", "counted_to_s",
//    "counted_to", "time_unsure", "places": [...], "places_open": [...], "ruling": {read/decisions.h} | null}
//
// "ruling" is the person's decision by which the report is joined to others or parted from them.
// A contribution in a bucket that still lacks something does not count, for the reason that the bucket gives.
// local: by the wall of the area. time_unsure: the uncertainty of its time reaches over the edge that decided. places,
// places_open: of the commitment's among_places, where it was and where it may have been.
// "counted_from" and "counted_to" are, of presence, what lies inside the promised window.
MUST_CHECK enum rond_err read_why(struct store *store, const struct catalogue *catalogue, const char *path,
                                  const struct read_rows *rows);

// Which of them.
enum why_which { WHY_ALL, WHY_COUNTED, WHY_NOT_COUNTED, WHY_LATE };
bool why_which_parse(const char *name, enum why_which *ret_which); // "all", "counted", "not_counted", "late"
enum { WHY_LOOKS = 2000 }; // so many contributions are looked at in 50 ms
struct why_wanted {
    const char *path;
    enum why_which which;
    uint64_t after; // only later rows, or earlier ones where the newest come first; 0: all
    bool newest_first;
    struct why_part part;
    uint64_t looks; // ends at the first row after so many contributions; 0: goes through all
};
// A part of them: those after a row. *ret_stopped: the row after which to go on where it ended by `looks`; 0: it did not. Rows
// may be none although there are more. ROND_EINVALID with the field of the part that makes no sense.
MUST_CHECK enum rond_err read_why_part(struct store *store, const struct catalogue *catalogue, const struct why_wanted *wanted,
                                       const struct read_rows *rows, uint64_t *ret_stopped, struct fault *fault);

#endif
