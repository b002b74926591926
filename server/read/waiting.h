// What a device said to have queued and what has come in.
#ifndef READ_WAITING_H
#define READ_WAITING_H

#include "store/store.h"

// Reports of all outboxes of the device that are queued there, as it last said, and not here. The arena is for passing
// use; what is in it stays.
MUST_CHECK enum rond_err read_waiting(struct store *store, const struct id128 *device, struct arena *arena,
                                      uint64_t *ret_waiting);

#endif
