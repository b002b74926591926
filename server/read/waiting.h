// What a device said to have queued and what has come in.
#ifndef READ_WAITING_H
#define READ_WAITING_H

#include "store/store.h"

// Over all outboxes of one device.
struct device_queue {
    uint64_t waiting; // queued there, as it last said, and not here
    uint64_t lost;    // declared lost by the device
    uint64_t forks;   // outboxes of which two histories were seen
};
// The arena is for passing use; what is in it stays.
MUST_CHECK enum rond_err read_queue(struct store *store, const struct id128 *device, struct arena *arena,
                                    struct device_queue *ret_queue);
// What is waiting alone.
MUST_CHECK enum rond_err read_waiting(struct store *store, const struct id128 *device, struct arena *arena,
                                      uint64_t *ret_waiting);

#endif
