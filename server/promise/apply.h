// Runs the fold inside the ingest transaction and keeps its state: contributions, totals, and what changed for whom.
//
// For each new report: find its thread (the original, its corrections, its withdrawals, in any order of arrival), decide
// which revision stands (counting/fold.h), take the contributions of the whole thread out, put those of the standing
// revision in, and note for every bucket touched its old and its new value; their difference goes to the totals. A
// rebuild is the same over all rows of an emptied fold, so both give the same result.
#ifndef PROMISE_APPLY_H
#define PROMISE_APPLY_H

#include "promise/catalogue.h"
#include "store/store.h"

// Reports that have just been appended in the open transaction, as they still lie in memory: batch->reports[from ..
// from + count - 1] became the rows first_row .. of the store. Borrowed.
struct appended_reports {
    const struct ledger_batch *batch;
    size_t from;
    size_t count;
    uint64_t first_row;
    const struct appended_reports *next; // whose rows follow without a gap
};
// Folds them, without reading them back. What was decoded of them is used; what was not is decoded here.
MUST_CHECK enum rond_err promise_apply(struct store *store, const struct catalogue *catalogue,
                                       const struct appended_reports *appended);
// A report's standing changed otherwise (released from quarantine): fold its thread anew.
MUST_CHECK enum rond_err promise_refold(struct store *store, const struct catalogue *catalogue, uint64_t row);
// Told every few thousand rows of how many are done and how many there are.
typedef void promise_progress(void *context, uint64_t rows, uint64_t of);
// Everything from nothing, inside the open transaction. progress may be NULL.
MUST_CHECK enum rond_err promise_rebuild(struct store *store, const struct catalogue *catalogue, promise_progress *progress,
                                         void *context);
// A digest over all contributions and totals in a defined order: equal states give equal digests.
MUST_CHECK enum rond_err promise_digest(struct store *store, struct hash256 *ret_digest);
// The same of the map, which no figure of a commitment follows from.
MUST_CHECK enum rond_err promise_map_digest(struct store *store, struct hash256 *ret_digest);

#endif
