#include "read/waiting.h"

#include "read/rows.h"

enum rond_err read_queue(struct store *store, const struct id128 *device, struct arena *arena,
                         struct device_queue *ret_queue) {
    uint64_t cursor = 0;
    struct device_queue queue = {0};
    do {
        struct outbox_row *outboxes = NULL;
        size_t count = 0;
        enum rond_err err = store->views->outboxes(store, device, cursor, READ_PAGE_ROWS, arena, &outboxes, &count, &cursor);
        if (err != ROND_OK)
            return err;
        for (size_t i = 0; i < count; i++) {
            if (outboxes[i].last_seq > outboxes[i].chain.seq)
                queue.waiting += outboxes[i].last_seq - outboxes[i].chain.seq;
            queue.lost += outboxes[i].lost;
            queue.forks += outboxes[i].forked;
        }
    } while (cursor != 0);
    *ret_queue = queue;
    return ROND_OK;
}

enum rond_err read_waiting(struct store *store, const struct id128 *device, struct arena *arena, uint64_t *ret_waiting) {
    struct device_queue queue;
    enum rond_err err = read_queue(store, device, arena, &queue);
    if (err == ROND_OK)
        *ret_waiting = queue.waiting;
    return err;
}
