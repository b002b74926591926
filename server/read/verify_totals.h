// The totals against the contributions behind them. See verify.h.
#ifndef READ_VERIFY_TOTALS_H
#define READ_VERIFY_TOTALS_H

#include "promise/catalogue.h"
#include "read/findings.h"

MUST_CHECK enum rond_err verify_totals(struct store *store, const struct catalogue *catalogue, struct findings *findings);

#endif
