// Verifies that every published follow-up is what its key signed.
#ifndef READ_VERIFY_FOLLOWUPS_H
#define READ_VERIFY_FOLLOWUPS_H

#include "read/findings.h"

MUST_CHECK enum rond_err verify_followups(struct store *store, struct findings *findings);

#endif
