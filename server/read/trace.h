// Where one report came from and what became of it, without its free texts: for a page that shows that nothing was lost,
// counted twice or changed unseen.
#ifndef READ_TRACE_H
#define READ_TRACE_H

#include "promise/catalogue.h"
#include "read/rows.h"

// What report_json_stored gives without texts, and:
//
//   {"devices": [{"device", "name", "organisation", "area", "roles": [...], "status", "seen_ms", "seen"}],
//    "receipt": {"first_seq", "last_seq", "signed_first_seq", "head", "signature", "received_ms", "received"} | null,
//    "chain": {"watermark", "last_seq", "lost", "forked"} | null,
//    "history": [{what report_json_stored gives, "standing": "counted", "standing_sv", "standing_en"}],
//    "contributions": [{"commitment", "title_sv", "title_en", "counted", "reason", "reason_sv", "reason_en", "bucket",
//       "period", "quantity", "counted_from_s", "counted_from", "counted_to_s", "counted_to", "places": [...],
//       "places_open": [...]}],
//    "decisions": [{read/decisions.h}]}
//
// receipt: the signed batch in which it came; null where it came as a fork row. history: the original, its corrections and
// withdrawals by the same organisation, in order of arrival, itself among them; standing: "counted" stands, else why not.
// Of a report that was corrected, contributions say why nothing counts any more: what stands in its place has its own.
MUST_CHECK enum rond_err read_trace(struct store *store, const struct catalogue *catalogue, const struct stored_report *report,
                                    json_t **ret_json);

#endif
