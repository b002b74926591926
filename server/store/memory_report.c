// Finding items, and copying them between the heap and a caller's arena.
#include "store/memory_store.h"

size_t memory_outbox_find(const struct memory_store *store, const struct id128 *outbox) {
    const struct table *table = &store->tables[MEMORY_OUTBOXES];
    size_t number = table_first(table, 0, memory_hash_id(outbox));
    while (number != TABLE_END && !id128_equal(&memory_outbox_at(store, number)->outbox, outbox))
        number = table_next(table, 0, number);
    return number;
}

size_t memory_report_find(const struct memory_store *store, size_t outbox, uint64_t seq) {
    const struct table *table = &store->tables[MEMORY_REPORTS];
    size_t number = table_first(table, 0, memory_hash_seq(outbox, seq));
    for (; number != TABLE_END; number = table_next(table, 0, number)) {
        const struct memory_report *report = table_at(table, number);
        if (report->outbox == outbox && report->report.key.seq == seq)
            break;
    }
    return number;
}

size_t memory_device_find(const struct memory_store *store, const struct id128 *device) {
    const struct table *table = &store->tables[MEMORY_DEVICES];
    size_t number = table_first(table, 0, memory_hash_id(device));
    for (; number != TABLE_END; number = table_next(table, 0, number))
        if (id128_equal(&((const struct memory_device *)table_at(table, number))->record.device, device))
            break;
    return number;
}

const struct memory_outbox *memory_outbox_at(const struct memory_store *store, size_t number) {
    return table_at(&store->tables[MEMORY_OUTBOXES], number);
}

const struct stored_report *memory_report_at(const struct memory_store *store, uint64_t row) {
    const struct table *table = &store->tables[MEMORY_REPORTS];
    if (row == 0 || row > table->count)
        return NULL;
    return &((const struct memory_report *)table_at(table, row - 1))->report;
}

enum rond_err memory_outbox_of(const struct memory_store *store, const struct id128 *device, const struct id128 *outbox,
                               size_t *ret_number) {
    size_t number = memory_outbox_find(store, outbox);
    if (number != TABLE_END && !id128_equal(&memory_outbox_at(store, number)->device, device))
        return ROND_EAUTH;
    *ret_number = number;
    return ROND_OK;
}

enum rond_err text_copy(struct arena *arena, const char *from, const char **ret_text) {
    const char *copy = from == NULL ? NULL : arena_text(arena, from);
    if (from != NULL && copy == NULL)
        return ROND_ENOMEM;
    *ret_text = copy;
    return ROND_OK;
}

enum rond_err report_copy(struct arena *arena, const struct stored_report *from, struct stored_report *ret_report) {
    struct stored_report copy = *from;
    enum rond_err err = text_copy(arena, from->organisation, &copy.organisation);
    if (err == ROND_OK)
        err = text_copy(arena, from->area, &copy.area);
    if (err == ROND_OK)
        err = text_copy(arena, from->reason, &copy.reason);
    if (err == ROND_OK)
        err = text_copy(arena, from->field, &copy.field);
    if (err == ROND_OK)
        err = text_copy(arena, from->role, &copy.role);
    if (err == ROND_OK)
        err = text_copy(arena, from->erased_rule, &copy.erased_rule);
    if (err == ROND_OK && from->record.report.size > 0 && !arena_copy(arena, from->record.report, &copy.record.report))
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        *ret_report = copy;
    return err;
}

enum rond_err roles_copy(struct arena *arena, const char *const *from, size_t count, const char ***ret_roles) {
    const char **copy = arena_array(arena, count, sizeof *copy);
    enum rond_err err = copy == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = text_copy(arena, from[i], &copy[i]);
    if (err == ROND_OK)
        *ret_roles = copy;
    return err;
}

enum rond_err device_copy(struct arena *arena, const struct device_record *from, struct device_record *ret_device) {
    struct device_record copy = *from;
    enum rond_err err = text_copy(arena, from->name, &copy.name);
    if (err == ROND_OK)
        err = text_copy(arena, from->organisation, &copy.organisation);
    if (err == ROND_OK)
        err = text_copy(arena, from->area, &copy.area);
    if (err == ROND_OK)
        err = roles_copy(arena, from->roles, from->roles_count, &copy.roles);
    if (err == ROND_OK)
        *ret_device = copy;
    return err;
}

enum rond_err key_copy(struct arena *arena, const struct device_key *from, struct device_key *ret_key) {
    struct device_key copy = *from;
    if (!arena_copy(arena, from->spki, &copy.spki))
        return ROND_ENOMEM;
    *ret_key = copy;
    return ROND_OK;
}
