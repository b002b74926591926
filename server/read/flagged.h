// Reports whose free texts seem to hold personal data: where and of what kind, never the text itself. The text is shown by
// one reading alone, which is audited (admin/showing.c).
#ifndef READ_FLAGGED_H
#define READ_FLAGGED_H

#include "read/rows.h"

// {"reference", "device", "outbox", "seq", "row", "organisation", "area", "kind", "verdict": "applied" | "quarantined",
//  "occurred_from_s", "occurred_from", "received_ms", "received", "erased", "kinds": ["personal_number", ...], "found":
//  [...]}
// in order of arrival. Where the body was erased "kinds" tells what it held and "found" is empty.
MUST_CHECK enum rond_err read_flagged(struct store *store, const struct read_rows *rows);

// Names of the kinds in a set of them. NULL without memory.
json_t *flagged_kinds(unsigned kinds);

// [{"field", "kind", "start", "size"}] of a serialized report: the bytes of that text in which it stands. Of what cannot be
// read "field" is null, and the bytes are the report's. NULL without memory.
json_t *flagged_found(struct bytes body);

#endif
