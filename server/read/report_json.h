// One report as JSON, with the names of report.proto.
#ifndef READ_REPORT_JSON_H
#define READ_REPORT_JSON_H

#include "read/rows.h"
#include "wire/codec.h"

// {"schema_version", "claimed_ms", "claimed", "boot_id", "monotonic_ms", "occurred_from_s", "occurred_from",
//  "occurred_to_s", "occurred_to", "position": {"latitude_e6", "longitude_e6", "accuracy_m"}, "area", "place", "commitment",
//  "organisations": [...], "activity", "role", "text", "corrects": {key}, "kind", and one of "check", "handout", "patrol",
//  "walk", "meeting", "inventory", "initiative", "withdrawal"}.
// Empty texts, empty lists and messages that are not there are left out. Enums are words ("targeted", "unsafe").
// A key is {"device", "outbox", "seq", "reference"}. NULL without memory.
json_t *report_json(const Rond__V1__Report *report);

// Free texts may point out a citizen, so lists and exports go without; one report is shown whole, and that is audited.
enum report_texts { TEXTS_LEFT_OUT, TEXTS_SHOWN };

// {"reference", "row", "device", "outbox", "seq", "organisation", "area", "kind", "verdict": "applied" | "quarantined",
//  "released", "discarded", "code", "code_name", "reason", "reason_sv", "field", "claimed_ms", "claimed", "occurred_from_s",
//  "occurred_from", "occurred_to_s", "occurred_to", "uncertainty_s", "received_ms", "received", "erased", "erased_at_ms",
//  "erased_at", "erased_rule", "no_text", "corrects": {key}, "withdraws": {key}, "formerly": {key}, "report": {...}}.
// With TEXTS_LEFT_OUT free texts (wire/free_text.h) are left out, and the bytes of what cannot be read;
// "texts_left_out": true says so where there were any.
// The times of occurrence are the server's estimate; those inside "report" are the device's. Where the body was erased
// "report" is null; where it cannot be read it is null too and "unreadable" holds its bytes. "released", "discarded",
// "code", "code_name", "reason", "reason_sv" (without the word that was wrong) and "field" are there for quarantined reports only; "corrects", "withdraws" and
// "formerly" where there is one. ROND_ENOMEM.
MUST_CHECK enum rond_err report_json_stored(const struct stored_report *stored, enum report_texts texts, json_t **ret_json);

// Adds why there is no body: "erased_at_ms", "erased_at" and "erased_rule", or "no_text": "keyless" | "altered". Nothing
// where there is one.
bool report_json_erasure(json_t *object, const struct stored_report *stored);
// Adds "report", and "unreadable" and "texts_left_out" where they are, of serialized bytes. ROND_ENOMEM.
MUST_CHECK enum rond_err report_json_body(struct bytes body, enum report_texts texts, json_t *object);
// "check", ..., "withdrawal"; null of what could not be read.
json_t *report_json_kind(uint32_t kind, bool is_withdrawal);

#endif
