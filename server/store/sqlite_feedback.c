// What is new of a device's own reports: a log of seq ranges, one entry for each appended batch and each later change.
#include <stdlib.h>

#include "store/sqlite.h"

// A report that an entry names.
struct changed {
    int64_t outbox_number;
    uint64_t seq;
};

static int changed_compare(const void *left, const void *right) {
    const struct changed *a = left, *b = right;
    if (a->outbox_number != b->outbox_number)
        return a->outbox_number < b->outbox_number ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static bool range_add(struct arena_list *list, int64_t outbox_number, uint64_t first_seq, uint64_t last_seq) {
    for (uint64_t seq = first_seq; seq <= last_seq; seq++) {
        struct changed *changed = arena_list_add(list);
        if (changed == NULL)
            return false;
        *changed = (struct changed){outbox_number, seq};
    }
    return true;
}

// Whole entries as long as they fit the limit, at least one. ret_cursor: the last entry taken.
static enum rond_err changes_read(struct sqlite_store *store, const struct id128 *device, uint64_t cursor, size_t limit,
                                  struct arena_list *list, uint64_t *ret_cursor) {
    *ret_cursor = cursor;
    struct query query = query_start(store, "SELECT c.id, c.outbox, c.first_seq, c.last_seq FROM outboxes o"
                                            " JOIN changes c ON c.outbox = o.number WHERE o.device = ? AND c.id > ?"
                                            " ORDER BY c.id LIMIT ?");
    query_blob(&query, device->b, ID_SIZE);
    query_int(&query, cursor > INT64_MAX ? INT64_MAX : (int64_t)cursor);
    query_int(&query, limit >= INT32_MAX ? INT32_MAX : limit == 0 ? 1 : (int64_t)limit);
    while (query_next(&query)) {
        if (limit == 0) { // only whether there is one
            *ret_cursor = (uint64_t)column_int(&query, 0);
            break;
        }
        uint64_t first_seq = (uint64_t)column_int(&query, 2), last_seq = (uint64_t)column_int(&query, 3);
        if (list->count > 0 && list->count + (last_seq - first_seq + 1) > limit)
            break;
        if (!range_add(list, column_int(&query, 1), first_seq, last_seq))
            query.err = ROND_ENOMEM;
        *ret_cursor = (uint64_t)column_int(&query, 0);
    }
    return query_finish(&query);
}

// In order of seq within an outbox, so that one look at the batches serves for all reports of a batch.
static enum rond_err row_find(struct sqlite_store *store, const struct changed *changed, bool same_outbox,
                              struct sqlite_place *place, int64_t *ret_row) {
    int64_t seq = (int64_t)changed->seq;
    enum rond_err err = ROND_OK;
    if (!same_outbox || !place->found || seq < place->first_seq || seq > place->last_seq)
        err = sqlite_place_find(store, changed->outbox_number, changed->seq, place);
    if (err == ROND_OK)
        *ret_row = place->found && !place->lost ? place->first_row + (seq - place->first_seq) : 0;
    return err;
}

// Each report once, however many entries name it.
static enum rond_err rows_read(struct sqlite_store *store, struct arena_list *changes, struct arena *arena,
                               struct arena_list *rows) {
    struct changed *changed = (struct changed *)(void *)changes->items;
    struct sqlite_place place = {0};
    if (changes->count > 0)
        qsort(changed, changes->count, sizeof *changed, changed_compare);
    for (size_t i = 0; i < changes->count; i++) {
        int64_t row = 0;
        if (i > 0 && changed_compare(&changed[i - 1], &changed[i]) == 0)
            continue;
        bool same_outbox = i > 0 && changed[i - 1].outbox_number == changed[i].outbox_number;
        enum rond_err err = row_find(store, &changed[i], same_outbox, &place, &row);
        if (err != ROND_OK)
            return err;
        if (row == 0)
            continue;
        struct feedback_row *feedback = arena_list_add(rows);
        err = feedback == NULL ? ROND_ENOMEM : sqlite_report_by_row(store, row, arena, &feedback->report);
        if (err != ROND_OK)
            return err;
    }
    return ROND_OK;
}

enum rond_err sqlite_feedback(struct store *base, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct feedback_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor) {
    struct arena_list changes = {.arena = arena, .item_size = sizeof(struct changed)};
    struct arena_list rows = {.arena = arena, .item_size = sizeof(struct feedback_row)};
    uint64_t next = cursor;
    enum rond_err err = changes_read(sqlite_of(base), device, cursor, limit, &changes, &next);
    if (err == ROND_OK)
        err = rows_read(sqlite_of(base), &changes, arena, &rows);
    if (err != ROND_OK)
        return err;
    *ret_rows = (struct feedback_row *)(void *)rows.items;
    *ret_count = rows.count;
    *ret_cursor = next;
    return ROND_OK;
}
