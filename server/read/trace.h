// Where one report came from and what became of it, without its free texts: for a page that shows that nothing was lost,
// counted twice or changed unseen.
#ifndef READ_TRACE_H
#define READ_TRACE_H

#include "promise/catalogue.h"
#include "read/rows.h"

// What report_json_stored gives without texts, and:
//
//   {"devices": [{"device", "name", "organisation", "area", "roles": [...], "status", "seen_ms", "seen"}],
//    "batch": {"first_seq", "last_seq", "signed_first_seq", "head", "signature", "received_ms", "received"} | null,
//    "chain": {"watermark", "last_seq", "lost", "forked"} | null,
//    "receipt": {"store", "epoch", "outbox", "watermark", "head", "covers": true, "key" | null, "since_ms", "since",
//       "met_since": true} | null,
//    "history": [{what report_json_stored gives, "standing": "counted", "standing_sv", "standing_en"}],
//    "contributions": [{"commitment", "title_sv", "title_en", "counted", "reason", "reason_sv", "reason_en", "bucket",
//       "period", "quantity", "counted_from_s", "counted_from", "counted_to_s", "counted_to", "places": [...],
//       "places_open": [...]}],
//    "decisions": [{read/decisions.h}]}
//
// batch: the one in which it came, as the device signed it; null where it came as a fork row.
//
// receipt: what the receipt (wire/receipt.h) states that the server gives the device for this outbox now. The store keeps no
// receipts, the devices do; so of what the device holds this is known: it is for `watermark` or less, and where the device
// has spoken with the server since the report came ("met_since") it was there to be had by who asks for receipts, with the
// report under it ("covers"). since: when what it states last grew; null where that was by a long loss. key: SHA-256 of the
// certificate of the key that signs receipts; null where there is none, and then there are no receipts either.
//
// history: the original, its corrections and withdrawals by the same organisation, in order of arrival, itself among them;
// standing: "counted" stands, else why not.
// Of a report that was corrected, contributions say why nothing counts any more: what stands in its place has its own.
// receipt_key: as above; NULL: there is none.
MUST_CHECK enum rond_err read_trace(struct store *store, const struct catalogue *catalogue,
                                    const struct stored_report *report, const struct hash256 *receipt_key,
                                    json_t **ret_json);

#endif
