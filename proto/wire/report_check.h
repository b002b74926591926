// What must hold of any report, wherever it is: required fields, UTF-8, NUL, bounds, times. Pure.
// Whether the words in it are known is the server's to say (ingest/validate.h); the device warns by the same data.
#ifndef WIRE_REPORT_CHECK_H
#define WIRE_REPORT_CHECK_H

#include "wire/codec.h"

// ROND_EINVALID with the field's path and a sentence, code REPORT_INVALID (or KIND_UNKNOWN without a body,
// REPORT_SCHEMA for a newer schema version).
MUST_CHECK enum rond_err report_check(const Rond__V1__Report *report, struct fault *fault);

// [a-z0-9] then [a-z0-9_-], at most REFERENCE_ID_BYTES_MAX.
bool reference_id_is_valid(const char *id);
// YYYY-MM-DD of a real day, proleptic Gregorian, years 1900..2999.
bool date_is_valid(const char *date);

#endif
