// Counts anew what an older version of the rules counted.
#ifndef PROMISE_UPGRADE_H
#define PROMISE_UPGRADE_H

#include "promise/apply.h"

// Version of the rules of matching and counting. It rises with every change of proto/counting/ or promise/ that gives
// stored reports other contributions or totals than before.
enum { FOLD_VERSION = 4 };

// Nothing where the store was counted by these rules (or is empty and new). Else everything is counted anew in a
// transaction of its own; after a failure the old figures stand. Called by whoever opened the store for writing, before
// anything else is written. progress (NULL is fine): as of promise_rebuild.
MUST_CHECK enum rond_err promise_upgrade(struct store *store, const struct catalogue *catalogue, promise_progress *progress,
                                         void *context);

#endif
