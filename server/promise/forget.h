// What an erased report leaves in the figures is frozen, and holds no personal data: numbers, times, ids of reference data.
// One thing is typed by whoever reported: the reference of a joint activity, which names the bucket that its reports share.
// As long as one of them has its body, that one needs the name to be found again. Once the last of them is erased the bucket
// gets a name that says nothing; what lies in it, and so every figure, stays.
#ifndef PROMISE_FORGET_H
#define PROMISE_FORGET_H

#include "promise/catalogue.h"

// After ledger->erase of the row, in its transaction. A reference that the server gave (wire/activity_reference.h) stays.
MUST_CHECK enum rond_err promise_forget(struct store *store, const struct catalogue *catalogue, uint64_t row);

#endif
