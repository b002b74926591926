#include "read/waiting.h"

#include "read/rows.h"

enum rond_err read_waiting(struct store *store, const struct id128 *device, struct arena *arena, uint64_t *ret_waiting) {
    uint64_t cursor = 0, waiting = 0;
    do {
        struct outbox_row *outboxes = NULL;
        size_t count = 0;
        enum rond_err err =
            store->views->outboxes(store, device, cursor, READ_PAGE_ROWS, arena, &outboxes, &count, &cursor);
        if (err != ROND_OK)
            return err;
        for (size_t i = 0; i < count; i++)
            if (outboxes[i].last_seq > outboxes[i].chain.seq)
                waiting += outboxes[i].last_seq - outboxes[i].chain.seq;
    } while (cursor != 0);
    *ret_waiting = waiting;
    return ROND_OK;
}
