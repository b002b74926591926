#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

// Lists of whole tables: the cursor is the number of items passed. ret_cursor 0 where `next` is the end.
static uint64_t cursor_after(const struct table *table, size_t next) {
    return next < table->count ? next : 0;
}

static enum rond_err devices(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                             struct device_record **ret_devices, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_DEVICES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct device_record)};
    size_t i = cursor;
    for (; i < table->count && list.count < limit; i++) {
        struct device_record *copy = arena_list_add(&list);
        if (copy == NULL || device_copy(arena, &((const struct memory_device *)table_at(table, i))->record, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_devices = (struct device_record *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = cursor_after(table, i);
    return ROND_OK;
}

static enum rond_err keys_of(struct store *base, const struct id128 *device, struct arena *arena,
                             struct device_key **ret_keys, size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_KEYS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct device_key)};
    for (size_t i = 0; i < table->count; i++) {
        const struct device_key *key = table_at(table, i);
        if (!id128_equal(&key->device, device))
            continue;
        struct device_key *copy = arena_list_add(&list);
        if (copy == NULL || key_copy(arena, key, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_keys = (struct device_key *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// The outbox of which the device last spoke; of one that nothing came in of: its newest.
static bool is_spoken_of(const struct memory_store *store, size_t number, const struct memory_device *device) {
    const struct memory_outbox *outbox = memory_outbox_at(store, number);
    const struct table *table = &store->tables[MEMORY_OUTBOXES];
    size_t newest = TABLE_END, spoken_of = TABLE_END;
    for (size_t i = table_first(table, 1, memory_hash_id(&outbox->device)); i != TABLE_END; i = table_next(table, 1, i)) {
        const struct memory_outbox *other = memory_outbox_at(store, i);
        if (!id128_equal(&other->device, &outbox->device))
            continue;
        newest = newest == TABLE_END ? i : newest; // the newest comes first
        if (id128_equal(&other->outbox, &device->last_outbox))
            spoken_of = i;
    }
    return number == (spoken_of != TABLE_END ? spoken_of : newest);
}

static uint64_t last_seq_of(const struct memory_store *store, size_t number) {
    const struct memory_outbox *outbox = memory_outbox_at(store, number);
    size_t found = memory_device_find(store, &outbox->device);
    if (outbox->forked || found == TABLE_END)
        return outbox->chain.seq;
    const struct memory_device *device = table_at(&store->tables[MEMORY_DEVICES], found);
    return is_spoken_of(store, number, device) && device->last_seq > outbox->chain.seq ? device->last_seq
                                                                                       : outbox->chain.seq;
}

static uint64_t lost_of(const struct memory_store *store, size_t number) {
    const struct table *table = &store->tables[MEMORY_BATCHES];
    uint64_t lost = 0;
    for (size_t i = table_first(table, 0, memory_hash_number(number)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_batch *batch = table_at(table, i);
        if (batch->outbox == number && batch->row.lost)
            lost += batch->row.last_seq - batch->row.first_seq + 1;
    }
    return lost;
}

static enum rond_err outboxes(struct store *base, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct outbox_row **ret_outboxes, size_t *ret_count,
                              uint64_t *ret_cursor) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_OUTBOXES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct outbox_row)};
    uint64_t last = 0;
    *ret_cursor = 0;
    for (size_t i = cursor; i < table->count; i++) {
        const struct memory_outbox *outbox = table_at(table, i);
        if (device != NULL && !id128_equal(&outbox->device, device))
            continue;
        if (list.count == limit) {
            *ret_cursor = last;
            break;
        }
        struct outbox_row *row = arena_list_add(&list);
        if (row == NULL)
            return ROND_ENOMEM;
        *row = (struct outbox_row){i + 1,          outbox->device,        outbox->outbox,   outbox->chain,
                                   outbox->forked, last_seq_of(store, i), lost_of(store, i)};
        last = i + 1;
    }
    *ret_outboxes = (struct outbox_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static int batch_compare(const void *left, const void *right) {
    const struct batch_row *a = left, *b = right;
    return a->first_seq < b->first_seq ? -1 : a->first_seq > b->first_seq;
}

static enum rond_err batches(struct store *base, const struct id128 *device, const struct id128 *outbox, uint64_t after_seq,
                             size_t limit, struct arena *arena, struct batch_row **ret_batches, size_t *ret_count) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_BATCHES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct batch_row)};
    size_t number = TABLE_END;
    enum rond_err err = memory_outbox_of(store, device, outbox, &number);
    if (err != ROND_OK)
        return err;
    for (size_t i = table_first(table, 0, memory_hash_number(number)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_batch *batch = table_at(table, i);
        if (batch->outbox != number || batch->row.first_seq <= after_seq)
            continue;
        struct batch_row *row = arena_list_add(&list);
        if (row == NULL)
            return ROND_ENOMEM;
        *row = batch->row;
    }
    if (list.count > 0)
        qsort(list.items, list.count, list.item_size, batch_compare);
    *ret_batches = (struct batch_row *)(void *)list.items;
    *ret_count = list.count < limit ? list.count : limit;
    return ROND_OK;
}

static enum rond_err reports(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                             struct stored_report **ret_reports, size_t *ret_count) {
    struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_report)};
    const struct stored_report *report = NULL;
    for (uint64_t row = after_row + 1; list.count < limit && (report = memory_report_at(store, row)) != NULL; row++) {
        struct stored_report *copy = arena_list_add(&list);
        if (copy == NULL || report_copy(arena, report, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_reports = (struct stored_report *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err report(struct store *base, uint64_t row, struct arena *arena, struct stored_report *ret_report) {
    const struct stored_report *found = memory_report_at(memory_of(base), row);
    return found == NULL ? ROND_ENOTFOUND : report_copy(arena, found, ret_report);
}

static enum rond_err reports_last(struct store *base, uint64_t *ret_row) {
    *ret_row = memory_of(base)->tables[MEMORY_REPORTS].count;
    return ROND_OK;
}

static enum rond_err report_by_key(struct store *base, const struct report_key *key, struct arena *arena,
                                   struct stored_report *ret_report) {
    struct stored_report found = {0};
    enum rond_err err = memory_ledger.find(base, key, 1, arena, &found);
    if (err == ROND_OK && found.row == 0)
        return ROND_ENOTFOUND;
    if (err == ROND_OK)
        *ret_report = found;
    return err;
}

static int report_compare(const void *left, const void *right) {
    const struct stored_report *a = left, *b = right;
    return a->row < b->row ? -1 : a->row > b->row;
}

static enum rond_err reports_by_reference(struct store *base, uint32_t prefix, uint64_t seq, struct arena *arena,
                                          struct stored_report **ret_reports, size_t *ret_count) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_OUTBOXES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_report)};
    for (size_t i = table_first(table, 2, memory_hash_number(prefix)); i != TABLE_END; i = table_next(table, 2, i)) {
        size_t number = memory_report_find(store, i, seq);
        if (memory_outbox_at(store, i)->reference_prefix != prefix || number == TABLE_END)
            continue;
        struct stored_report *copy = arena_list_add(&list);
        if (copy == NULL || report_copy(arena, memory_report_at(store, number + 1), copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    if (list.count > 0)
        qsort(list.items, list.count, list.item_size, report_compare);
    *ret_reports = (struct stored_report *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err quarantine(struct store *base, bool decided_too, uint64_t after_row, size_t limit, struct arena *arena,
                                struct stored_report **ret_reports, size_t *ret_count) {
    struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct stored_report)};
    const struct stored_report *found = NULL;
    for (uint64_t row = after_row + 1; list.count < limit && (found = memory_report_at(store, row)) != NULL; row++) {
        if (found->verdict != VERDICT_QUARANTINED || (!decided_too && (found->released || found->discarded)))
            continue;
        struct stored_report *copy = arena_list_add(&list);
        if (copy == NULL || report_copy(arena, found, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_reports = (struct stored_report *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// Flags are added with their reports, so they are in order of row.
static enum rond_err erased(struct store *base, uint64_t after_row, size_t limit, struct arena *arena, uint64_t **ret_rows,
                            size_t *ret_count) {
    const struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(uint64_t)};
    for (uint64_t row = after_row + 1; row <= store->tables[MEMORY_REPORTS].count && list.count < limit; row++) {
        uint64_t *added = memory_report_at(store, row)->erased ? arena_list_add(&list) : NULL;
        if (added != NULL)
            *added = row;
        else if (memory_report_at(store, row)->erased)
            return ROND_ENOMEM;
    }
    *ret_rows = (uint64_t *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err flagged(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                             struct flagged_row **ret_rows, size_t *ret_count) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_FLAGS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct flagged_row)};
    for (size_t i = 0; i < table->count && list.count < limit; i++) {
        const struct memory_flag *flag = table_at(table, i);
        if (flag->row <= after_row)
            continue;
        struct flagged_row *row = arena_list_add(&list);
        if (row == NULL || report_copy(arena, memory_report_at(store, flag->row), &row->report) != ROND_OK)
            return ROND_ENOMEM;
        row->kinds = flag->kinds;
    }
    *ret_rows = (struct flagged_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err forks(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                           struct fork_row **ret_forks, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_FORKS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct fork_row)};
    size_t i = cursor;
    for (; i < table->count && list.count < limit; i++) {
        const struct fork_row *fork = &((const struct memory_fork *)table_at(table, i))->fork;
        struct fork_row *copy = arena_list_add(&list);
        if (copy == NULL)
            return ROND_ENOMEM;
        *copy = *fork;
        if (fork->record.report.size > 0 && !arena_copy(arena, fork->record.report, &copy->record.report))
            return ROND_ENOMEM;
    }
    *ret_forks = (struct fork_row *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = cursor_after(table, i);
    return ROND_OK;
}

static int total_compare(const void *left, const void *right) {
    return strcmp(((const struct period_total *)left)->period, ((const struct period_total *)right)->period);
}

static enum rond_err totals(struct store *base, uint32_t commitment, struct arena *arena, struct period_total **ret_totals,
                            size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_TOTALS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct period_total)};
    for (size_t i = table_first(table, 1, memory_hash_number(commitment)); i != TABLE_END; i = table_next(table, 1, i)) {
        const struct memory_total *found = table_at(table, i);
        if (found->commitment != commitment || tally_is_zero(&found->total.tally))
            continue;
        struct period_total *copy = arena_list_add(&list);
        if (copy == NULL)
            return ROND_ENOMEM;
        *copy = found->total;
    }
    if (list.count > 0)
        qsort(list.items, list.count, list.item_size, total_compare);
    *ret_totals = (struct period_total *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// Whole reports: the last one is not cut.
static enum rond_err contributions(struct store *base, uint32_t commitment, uint64_t after_row, size_t limit,
                                   struct arena *arena, struct stored_contribution **ret_contributions, size_t *ret_count) {
    struct bucket_contents all;
    enum rond_err err = memory_contributions_toward(memory_of(base), commitment, after_row, arena, &all);
    if (err != ROND_OK)
        return err;
    size_t count = all.count < limit ? all.count : limit;
    while (count > 0 && count < all.count && all.contributions[count].row == all.contributions[count - 1].row)
        count++;
    *ret_contributions = all.contributions;
    *ret_count = count;
    return ROND_OK;
}

static enum rond_err contributions_before(struct store *base, uint32_t commitment, uint64_t before_row, size_t limit,
                                          struct arena *arena, struct stored_contribution **ret_contributions,
                                          size_t *ret_count) {
    struct bucket_contents all;
    enum rond_err err = memory_contributions_toward(memory_of(base), commitment, 0, arena, &all);
    if (err != ROND_OK)
        return err;
    struct stored_contribution *list = arena_array(arena, all.count, sizeof *list);
    if (list == NULL)
        return ROND_ENOMEM;
    size_t count = 0, end = all.count;
    while (end > 0 && count < limit) {
        size_t begin = end - 1;
        while (begin > 0 && all.contributions[begin - 1].row == all.contributions[end - 1].row)
            begin--;
        for (size_t i = begin; i < end && (before_row == 0 || all.contributions[i].row < before_row); i++)
            list[count++] = all.contributions[i];
        end = begin;
    }
    *ret_contributions = list;
    *ret_count = count;
    return ROND_OK;
}

static enum rond_err contributions_last(struct store *base, uint32_t commitment, uint64_t *ret_row) {
    const struct table *table = &memory_of(base)->tables[MEMORY_CONTRIBUTIONS];
    uint64_t last = 0;
    for (size_t i = table_first(table, 2, memory_hash_number(commitment)); i != TABLE_END; i = table_next(table, 2, i)) {
        const struct memory_contribution *kept = table_at(table, i);
        if (!kept->removed && kept->stored.commitment == commitment && kept->stored.row > last)
            last = kept->stored.row;
    }
    *ret_row = last;
    return ROND_OK;
}

static enum rond_err contributions_of_row(struct store *base, uint64_t row, struct arena *arena,
                                          struct stored_contribution **ret_contributions, size_t *ret_count) {
    struct bucket_contents contents;
    enum rond_err err = memory_contributions_of(memory_of(base), row, arena, &contents);
    if (err != ROND_OK)
        return err;
    *ret_contributions = contents.contributions;
    *ret_count = contents.count;
    return ROND_OK;
}

static enum rond_err bucket(struct store *base, const struct bucket_key *key, struct arena *arena,
                            struct bucket_contents *ret_contents) {
    return memory_contributions_in(memory_of(base), key, arena, ret_contents);
}

static enum rond_err commitment_path(struct store *base, uint32_t commitment, struct arena *arena, const char **ret_path) {
    const struct table *table = &memory_of(base)->tables[MEMORY_COMMITMENTS];
    if (commitment == 0 || commitment > table->count)
        return ROND_ENOTFOUND;
    return text_copy(arena, *(const char *const *)table_at(table, commitment - 1), ret_path);
}

static int entry_compare(const void *left, const void *right) {
    const Rond__V1__ReferenceEntry *a = *(Rond__V1__ReferenceEntry *const *)left,
                                   *b = *(Rond__V1__ReferenceEntry *const *)right;
    return a->revision < b->revision ? -1 : a->revision > b->revision;
}

static enum rond_err reference(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                               Rond__V1__ReferenceEntry ***ret_entries, size_t *ret_count, uint64_t *ret_newest) {
    const struct table *table = &memory_of(base)->tables[MEMORY_REFERENCE];
    struct arena_list list = {.arena = arena, .item_size = sizeof(Rond__V1__ReferenceEntry *)};
    uint64_t newest = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct memory_reference *found = table_at(table, i);
        newest = found->revision > newest ? found->revision : newest;
        if (found->revision <= cursor)
            continue;
        Rond__V1__ReferenceEntry **entry = arena_list_add(&list);
        if (entry == NULL || reference_unpack(found->packed, found->revision, arena, entry) != ROND_OK)
            return ROND_ENOMEM;
    }
    if (list.count > 0)
        qsort(list.items, list.count, list.item_size, entry_compare);
    *ret_entries = (Rond__V1__ReferenceEntry **)(void *)list.items;
    *ret_count = list.count < limit ? list.count : limit;
    *ret_newest = newest;
    return ROND_OK;
}

struct log_entry {
    uint64_t id;
    struct memory_logged logged;
};

static int log_compare(const void *left, const void *right) {
    const struct log_entry *a = left, *b = right;
    return a->id < b->id ? -1 : a->id > b->id;
}

static bool outbox_log_collect(const struct memory_store *store, size_t outbox, uint64_t cursor, struct arena_list *list) {
    const struct table *table = &store->tables[MEMORY_LOG];
    for (size_t i = table_first(table, 0, memory_hash_number(outbox)); i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_logged *logged = table_at(table, i);
        if (i + 1 <= cursor)
            break; // newest first: all that follow are older
        if (logged->outbox != outbox)
            continue;
        struct log_entry *entry = arena_list_add(list);
        if (entry == NULL)
            return false;
        *entry = (struct log_entry){i + 1, *logged};
    }
    return true;
}

// Adds the reports of one entry that were not added before.
static enum rond_err feedback_add(const struct memory_store *store, const struct memory_logged *logged, struct arena *arena,
                                  struct arena_list *rows) {
    for (uint64_t seq = logged->first_seq; seq <= logged->last_seq; seq++) {
        size_t number = memory_report_find(store, logged->outbox, seq);
        const struct feedback_row *there = (const struct feedback_row *)(void *)rows->items;
        bool repeated = number == TABLE_END;
        for (size_t i = 0; i < rows->count && !repeated; i++)
            repeated = there[i].report.row == number + 1;
        if (repeated)
            continue;
        struct feedback_row *row = arena_list_add(rows);
        if (row == NULL || report_copy(arena, memory_report_at(store, number + 1), &row->report) != ROND_OK)
            return ROND_ENOMEM;
    }
    return ROND_OK;
}

static enum rond_err feedback(struct store *base, const struct id128 *device, uint64_t cursor, size_t limit,
                              struct arena *arena, struct feedback_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_OUTBOXES];
    struct arena_list entries = {.arena = arena, .item_size = sizeof(struct log_entry)};
    struct arena_list rows = {.arena = arena, .item_size = sizeof(struct feedback_row)};
    uint64_t next = cursor, named = 0;
    for (size_t i = table_first(table, 1, memory_hash_id(device)); i != TABLE_END; i = table_next(table, 1, i))
        if (id128_equal(&memory_outbox_at(store, i)->device, device) && !outbox_log_collect(store, i, cursor, &entries))
            return ROND_ENOMEM;
    struct log_entry *entry = (struct log_entry *)(void *)entries.items;
    if (entries.count > 0)
        qsort(entry, entries.count, sizeof *entry, log_compare);
    if (limit == 0 && entries.count > 0) // only whether there is one
        next = entry[0].id;
    for (size_t i = 0; i < entries.count && limit > 0; i++) {
        uint64_t size = entry[i].logged.last_seq - entry[i].logged.first_seq + 1;
        if (named > 0 && named + size > limit)
            break;
        named += size;
        if (feedback_add(store, &entry[i].logged, arena, &rows) != ROND_OK)
            return ROND_ENOMEM;
        next = entry[i].id;
    }
    *ret_rows = (struct feedback_row *)(void *)rows.items;
    *ret_count = rows.count;
    *ret_cursor = next;
    return ROND_OK;
}

static enum rond_err audit_copy(const struct table *table, size_t at, struct arena *arena, struct arena_list *list) {
    const struct memory_audit *kept = table_at(table, at);
    struct audit_row *copy = arena_list_add(list);
    if (copy == NULL || text_copy(arena, kept->row.actor, &copy->actor) != ROND_OK ||
        text_copy(arena, kept->row.action, &copy->action) != ROND_OK ||
        text_copy(arena, kept->row.detail, &copy->detail) != ROND_OK)
        return ROND_ENOMEM;
    copy->at_ms = kept->row.at_ms;
    copy->id = at + 1;
    copy->hash = kept->hash;
    return ROND_OK;
}

static enum rond_err audit(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                           struct audit_row **ret_rows, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_AUDIT];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct audit_row)};
    size_t i = cursor;
    for (; i < table->count && list.count < limit; i++)
        if (audit_copy(table, i, arena, &list) != ROND_OK)
            return ROND_ENOMEM;
    *ret_rows = (struct audit_row *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = cursor_after(table, i);
    return ROND_OK;
}

static bool audit_fits(const struct audit_row *row, const struct audit_filter *filter) {
    return (filter->actor == NULL || strcmp(filter->actor, row->actor) == 0) &&
           (filter->action == NULL || strcmp(filter->action, row->action) == 0) && row->at_ms >= filter->from_ms &&
           row->at_ms < filter->to_ms;
}

static int64_t audit_at_ms(const struct table *table, size_t at) {
    return ((const struct memory_audit *)table_at(table, at))->row.at_ms;
}

static bool audit_is_newer(const struct table *table, size_t left, size_t right) {
    int64_t left_ms = audit_at_ms(table, left), right_ms = audit_at_ms(table, right);
    return left_ms != right_ms ? left_ms > right_ms : left > right;
}

// The newest that fits and is older than `before`; `none` is the count of all, both as what there is none before and as
// what was not found.
static size_t audit_next(const struct table *table, const struct audit_filter *filter, size_t before, size_t none) {
    size_t found = none;
    for (size_t i = 0; i < table->count; i++)
        if (audit_fits(&((const struct memory_audit *)table_at(table, i))->row, filter) &&
            (before == none || audit_is_newer(table, before, i)) && (found == none || audit_is_newer(table, i, found)))
            found = i;
    return found;
}

static enum rond_err audit_newest(struct store *base, const struct audit_filter *filter, uint64_t cursor, size_t limit,
                                  struct arena *arena, struct audit_row **ret_rows, size_t *ret_count,
                                  uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_AUDIT];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct audit_row)};
    size_t none = table->count, last = cursor == 0 ? none : cursor - 1;
    size_t next = audit_next(table, filter, last, none);
    for (; next != none && list.count < limit; next = audit_next(table, filter, last, none)) {
        if (audit_copy(table, next, arena, &list) != ROND_OK)
            return ROND_ENOMEM;
        last = next;
    }
    *ret_rows = (struct audit_row *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = next == none ? 0 : last + 1;
    return ROND_OK;
}

static void report_count(const struct stored_report *report, struct store_counts *counts) {
    counts->reports++;
    counts->erased += report->erased;
    if (report->verdict == VERDICT_APPLIED)
        counts->applied++;
    else if (report->released)
        counts->quarantined_released++;
    else if (report->discarded)
        counts->quarantined_discarded++;
    else
        counts->quarantined_open++;
}

static enum rond_err counts(struct store *base, struct store_counts *ret_counts) {
    struct memory_store *store = memory_of(base);
    struct store_counts counted = {0};
    for (uint64_t row = 1; memory_report_at(store, row) != NULL; row++)
        report_count(memory_report_at(store, row), &counted);
    const struct table *batch_table = &store->tables[MEMORY_BATCHES];
    for (size_t i = 0; i < batch_table->count; i++) {
        const struct batch_row *batch = &((const struct memory_batch *)table_at(batch_table, i))->row;
        if (batch->lost)
            counted.lost += batch->last_seq - batch->first_seq + 1;
    }
    for (size_t i = 0; i < store->tables[MEMORY_OUTBOXES].count; i++)
        counted.received += memory_outbox_at(store, i)->chain.seq;
    counted.forked = store->tables[MEMORY_FORKS].count;
    counted.flagged = store->tables[MEMORY_FLAGS].count;
    counted.devices = store->tables[MEMORY_DEVICES].count;
    counted.outboxes = store->tables[MEMORY_OUTBOXES].count;
    counted.rulings = store->tables[MEMORY_RULINGS].count;
    *ret_counts = counted;
    return ROND_OK;
}

static enum rond_err damage(struct store *base, struct fault *fault) {
    (void)base, (void)fault;
    return ROND_OK;
}

// Batches cover every seq up to each watermark once, and their rows are where they say.
static enum rond_err integrity(struct store *base, struct fault *fault) {
    struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_BATCHES];
    size_t outbox_count = store->tables[MEMORY_OUTBOXES].count;
    uint64_t *ends = calloc(outbox_count + 1, sizeof *ends);
    enum rond_err err = ends == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < table->count && err == ROND_OK; i++) {
        const struct memory_batch *batch = table_at(table, i);
        const struct stored_report *first = memory_report_at(store, batch->row.first_row);
        bool in_place = batch->row.lost || (first != NULL && first->key.seq == batch->row.first_seq);
        if (batch->row.first_seq != ends[batch->outbox] + 1 || !in_place)
            err = fault_set(fault, ROND_ECORRUPT, 0, "", "Batch %zu does not follow the one before it.", i);
        ends[batch->outbox] = batch->row.last_seq;
    }
    for (size_t i = 0; i < outbox_count && err == ROND_OK; i++)
        if (memory_outbox_at(store, i)->chain.seq != ends[i])
            err = fault_set(fault, ROND_ECORRUPT, 0, "", "The watermark of outbox %zu is not the end of its last batch.", i);
    free(ends);
    return err;
}

const struct views_ops memory_views = {
    .devices = devices,
    .keys_of = keys_of,
    .codes_waiting = memory_codes_waiting,
    .outboxes = outboxes,
    .batches = batches,
    .reports = reports,
    .report = report,
    .reports_last = reports_last,
    .report_by_key = report_by_key,
    .reports_by_reference = reports_by_reference,
    .quarantine = quarantine,
    .flagged = flagged,
    .erased = erased,
    .erasures = memory_erasures,
    .retained = memory_retained,
    .rules = memory_rules,
    .retention_notes = memory_retention_notes,
    .crowd = memory_crowd,
    .forks = forks,
    .totals = totals,
    .contributions = contributions,
    .contributions_before = contributions_before,
    .contributions_last = contributions_last,
    .contributions_of_row = contributions_of_row,
    .bucket = bucket,
    .map = memory_map,
    .spots = memory_spots,
    .counted_on = memory_counted_on,
    .commitment_path = commitment_path,
    .reference = reference,
    .feedback = feedback,
    .promise_versions = memory_promise_versions,
    .followups = memory_followups,
    .followup = memory_followup,
    .followup_keys = memory_followup_keys,
    .decisions = memory_decisions,
    .decisions_newest = memory_decisions_newest,
    .decision = memory_decision,
    .decisions_about = memory_decisions_about,
    .decisions_mark = memory_decisions_mark,
    .joint_number = memory_joint_number,
    .people = memory_people,
    .sessions = memory_sessions,
    .audit = audit,
    .audit_newest = audit_newest,
    .counts = counts,
    .damage = damage,
    .integrity = integrity,
};
