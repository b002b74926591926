// What changed since a follow-up was published, and why.
#ifndef READ_FOLLOWUP_CHANGES_H
#define READ_FOLLOWUP_CHANGES_H

#include "read/followup_causes.h"
#include "read/rows.h"

// Adds "replaces" and "changes" to a document that has its promise, period and commitments. *ret_differs: whether it tells
// anything else than the published one. ROND_ECORRUPT where that cannot be read.
MUST_CHECK enum rond_err followup_changes_add(struct store *store, const struct followup *published,
                                              const struct followup_evidence *evidence, json_t *document, bool *ret_differs);

#endif
