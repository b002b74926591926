// Lists of what the store holds, a row each.
#ifndef READ_LISTS_H
#define READ_LISTS_H

#include "read/rows.h"

// {"device", "organisation", "area", "outbox", "watermark", "head", "last_seq", "waiting", "lost", "forked"}; of one device,
// or of all (NULL).
MUST_CHECK enum rond_err read_outboxes(struct store *store, const struct id128 *device, const struct read_rows *rows);

// Stored reports as report_json_stored gives them, without free texts: quarantined ones that nobody decided about, or all
// that ever were; in order of arrival, those after a row (0: all).
MUST_CHECK enum rond_err read_quarantine(struct store *store, bool decided_too, uint64_t after_row,
                                         const struct read_rows *rows);

// All that fit a short reference (usually one), or the one of "#ROW", as report_json_stored gives them, with texts,
// "contributions" (read/export.h), "found" (read/flagged.h) and "decisions" (read/decisions.h), what people decided about
// it. A reading to be audited: only admin/showing.c calls it.
// ROND_EINVALID with a sentence where it is mistyped, ROND_ENOTFOUND where nothing fits.
MUST_CHECK enum rond_err read_report(struct store *store, const char *reference, const struct read_rows *rows,
                                     struct fault *fault);

// {"reports", "applied", "quarantined", "quarantined_open", "quarantined_released", "quarantined_discarded", "lost",
//  "forked", "erased", "keyless", "flagged", "devices", "outboxes"}; quarantined: all that ever were.
MUST_CHECK enum rond_err read_counts(struct store *store, json_t **ret_json);

// {"device", "organisation", "area" (of the device), "outbox", "seq", "reference", "leaf", "received_ms", "received",
// "report", "texts_left_out"}
MUST_CHECK enum rond_err read_forks(struct store *store, const struct read_rows *rows);

// Reference data but promises, time zones and trust anchors. {"list", "id", "name_sv", "name_en"} of a word (role, check,
// item, inventory, initiative, counterpart), {"list": "area", "id", "name", "time_zone"}, {"list": "place", "id", "name",
// "area", "latitude_e6", "longitude_e6", "radius_m"}, {"list": "organisation", "id", "name", "kind"}. Of one list, or all
// (NULL).
MUST_CHECK enum rond_err read_words(struct store *store, const char *list, const struct read_rows *rows);

// {"promise", "area", "title_sv", "title_en", "from", "to", "sources": [...], "parties": [...], "phase",
//  "phases": [{"phase", "entered"}], "state", "states": [{"state", "entered"}], "version", "commitments": [{"commitment":
//  "PROMISE/COMMITMENT", "title_sv", "title_en", "measure", "target", "per", "about"}]}
// Of one area, or of all (NULL or "").
MUST_CHECK enum rond_err read_promises(struct store *store, const char *area, const struct read_rows *rows);

// Each version of a promise, oldest first: what read_promises gives of it, with "since_ms", "since" (null where it was put
// before versions were kept) and "actor". "ID@N" gives that version alone. ROND_ENOTFOUND where there is none.
MUST_CHECK enum rond_err read_promise_versions(struct store *store, const char *which, const struct read_rows *rows);

#endif
