// The verdict on one report: applied, or quarantined with a reason. Pure; one bad report never touches the next.
#ifndef INGEST_VALIDATE_H
#define INGEST_VALIDATE_H

#include "ingest/estimate.h"
#include "promise/catalogue.h"

struct validate_context {
    const struct device_record *device; // roles, area, organisation, status
    const struct catalogue *catalogue;
    struct hello_clock clock;
    int64_t now_ms;
};

// Decodes record->report into the arena and fills every field of *ret_report but salt and leaf: verdict, code, reason
// and field, kind, area, target, times. Never fails but for memory: what cannot be read is quarantined (kind 0, the
// device's area, times of receipt). Texts that seem to hold personal data are flagged, whatever the verdict.
MUST_CHECK enum rond_err validate_report(const struct validate_context *context, const struct record *record,
                                         struct arena *arena, struct ledger_report *ret_report);

// Are its words known here: places of that area, organisations, and what is in lists? Of a report that somebody amends.
// ROND_EINVALID with the field's path, the code and a sentence.
MUST_CHECK enum rond_err validate_words(const struct catalogue *catalogue, const char *area, const Rond__V1__Report *report,
                                        struct fault *fault);

#endif
