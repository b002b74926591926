// Reference data down to a device, after a cursor.
#ifndef READ_REFERENCE_H
#define READ_REFERENCE_H

#include "rond/v1/sync.pb-c.h"
#include "store/store.h"

// Entries with a revision beyond the cursor, tombstones included, in order; lives in the arena. At most
// REFERENCE_ENTRIES_MAX entries and FRAME_BYTES_MAX / 2 bytes (a single entry may be larger). `more` where there is more
// after ret->cursor; without entries ret->cursor is the cursor given.
MUST_CHECK enum rond_err read_reference(struct store *store, uint64_t cursor, struct arena *arena,
                                        Rond__V1__Reference **ret_reference);

#endif
