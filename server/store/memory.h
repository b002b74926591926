// Faults of the memory store, for tests and the simulator.
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store.h"

// The next commits answer this, one after the other: ROND_EIO loses the transaction, ROND_EFULL too (nothing stored).
// `lose_answer`: the commit takes effect, yet answers ROND_EIO (a crash after the commit, before its answer).
void memory_store_fail_commit(struct store *store, enum rond_err err, bool lose_answer);
// A snapshot and going back to it: a store restored from an older backup. The epoch of the restored one is one higher.
MUST_CHECK enum rond_err memory_store_snapshot(struct store *store, struct store **ret_snapshot);

#endif
