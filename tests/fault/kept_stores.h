// The stores that earlier versions left under tests/fixtures/versions, and which of them this program changes when it opens
// them. Their folders are only read.
#ifndef FAULT_KEPT_STORES_H
#define FAULT_KEPT_STORES_H

#include <stdbool.h>

#include "store/store.h"

enum { KEPT_STORES_MAX = 16 };

struct kept_store {
    char version[16];
    char directory[64]; // of its server
};

// In the order of their names; fails the test where there are none, or too many.
size_t kept_stores(struct kept_store ret_stores[KEPT_STORES_MAX]);
// Whether the rows or the schema of `opened`, the same store in the hands of this program, are others than those of then. It
// prints what it found: from a version that nothing leads away from, nothing can be half done.
bool kept_store_was_migrated(const struct kept_store *kept, struct store *opened);

#endif
