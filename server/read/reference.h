// Reference data down to a device, after a cursor.
#ifndef READ_REFERENCE_H
#define READ_REFERENCE_H

#include "rond/v1/sync.pb-c.h"
#include "store/store.h"

// Entries with a revision beyond the cursor, tombstones included, in order; lives in the arena. At most
// REFERENCE_ENTRIES_MAX entries and FRAME_BYTES_MAX / 2 bytes (a single entry may be larger). `more` where there is more
// after ret->cursor. A planned activity goes to devices of its organisations only (its tombstone to all): where nothing
// else is new there are no entries, and ret->cursor has moved past what is not for this device.
MUST_CHECK enum rond_err read_reference(struct store *store, const struct id128 *device, uint64_t cursor, struct arena *arena,
                                        Rond__V1__Reference **ret_reference);

#endif
