// Chains, signatures and places of all reports. See verify.h.
#ifndef READ_VERIFY_CHAIN_H
#define READ_VERIFY_CHAIN_H

#include "read/findings.h"

MUST_CHECK enum rond_err verify_chains(struct store *store, struct findings *findings);

#endif
