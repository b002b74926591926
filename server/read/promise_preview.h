// What a promise would count that is not there yet, or not so: its faults, or for each commitment the figure that the
// reports already there would give, and which of them would not count, and why not.
#ifndef READ_PROMISE_PREVIEW_H
#define READ_PROMISE_PREVIEW_H

#include "promise/catalogue.h"
#include "read/rows.h"

// arguments: a promise by read/promise_source.h, of the area "area"; with "from" and "to" it is tried as if that were its
// period, in phase act from its first day: a promise of next year on the reports of this one.
//
//   {"good", "faults": [read/promise_check.h], "more", "commitments": [{"promise", "commitment": id, "fault" | null, "done",
//   "target",
//    "target_whole", "status", "summary_sv", "summary_en", "reports": that count, "not_counted": [{"reason", "reason_sv",
//    "reason_en", "reports"}], "examples": [{"reference", "organisation", "kind", "occurred_from_s", "occurred_from",
//    "local_from", "counted", "reason", "reason_sv", "reason_en"}]}], "looked": reports, "whole", "from", "to", "file"}
//
// "whole": every report of the area and the period was looked at; false: the latest alone (read/trial.h). "file": the text
// of a promise file of it, null where it came as one. A commitment that cannot be tried in that period has a fault in place
// of figures. ROND_EINVALID names the argument.
MUST_CHECK enum rond_err read_promise_preview(struct store *store, const struct catalogue *catalogue,
                                              const json_t *arguments, int64_t now_s, json_t *to, struct fault *fault);

#endif
