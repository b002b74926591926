// Erasing in memory, and the rules by which it happens.
#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

// The first time stays.
enum rond_err memory_erase(struct store *base, uint64_t row, const struct erasure *erasure) {
    struct memory_store *store = memory_of(base);
    struct arena *heap = &store->heap->arena;
    struct table *table = memory_write(store, MEMORY_REPORTS);
    if (memory_report_at(store, row) == NULL)
        return ROND_ENOTFOUND;
    struct memory_report *changed = table_change(table, row - 1);
    if (changed == NULL)
        return ROND_ENOMEM;
    if (changed->report.erased)
        return ROND_OK;
    if (report_role(changed->report.record.report, heap, &changed->report.role) != ROND_OK ||
        text_copy(heap, erasure->rule, &changed->report.erased_rule) != ROND_OK)
        return ROND_ENOMEM;
    changed->report.erased = true;
    changed->report.erased_ms = erasure->at_ms;
    changed->report.record.report = (struct bytes){0};
    changed->report.salt = (struct salt){0};
    return ROND_OK;
}

enum rond_err memory_erase_fork(struct store *base, uint64_t id, const struct erasure *erasure) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_FORKS);
    if (id == 0 || id > table->count)
        return ROND_ENOTFOUND;
    struct memory_fork *changed = table_change(table, id - 1);
    if (changed == NULL)
        return ROND_ENOMEM;
    if (changed->fork.erased)
        return ROND_OK;
    changed->fork.erased = true;
    changed->fork.erased_ms = erasure->at_ms;
    changed->fork.record.report = (struct bytes){0};
    memset(changed->fork.leaf.b, 0, HASH_SIZE);
    put_be64(changed->fork.leaf.b, id);
    return ROND_OK;
}

enum rond_err memory_erasures(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                              struct erasure_row **ret_rows, size_t *ret_count) {
    const struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct erasure_row)};
    for (uint64_t row = after_row + 1; row <= store->tables[MEMORY_REPORTS].count && list.count < limit; row++) {
        const struct stored_report *report = memory_report_at(store, row);
        struct erasure_row *added = report->erased ? arena_list_add(&list) : NULL;
        if (report->erased && added == NULL)
            return ROND_ENOMEM;
        if (added == NULL)
            continue;
        *added = (struct erasure_row){.row = row, .leaf = get_be64(report->leaf.b), .erasure.at_ms = report->erased_ms};
        if (text_copy(arena, report->role, &added->erasure.role) != ROND_OK ||
            text_copy(arena, report->erased_rule, &added->erasure.rule) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_rows = (struct erasure_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static bool is_flagged(const struct memory_store *store, uint64_t row) {
    const struct table *table = &store->tables[MEMORY_FLAGS];
    for (size_t i = 0; i < table->count; i++)
        if (((const struct memory_flag *)table_at(table, i))->row == row)
            return true;
    return false;
}

enum rond_err memory_retained(struct store *base, uint64_t after_row, size_t limit, struct arena *arena,
                              struct retained_row **ret_rows, size_t *ret_count) {
    const struct memory_store *store = memory_of(base);
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct retained_row)};
    for (uint64_t row = after_row + 1; row <= store->tables[MEMORY_REPORTS].count && list.count < limit; row++) {
        const struct stored_report *report = memory_report_at(store, row);
        struct retained_row *added = report->erased ? NULL : arena_list_add(&list);
        if (!report->erased && added == NULL)
            return ROND_ENOMEM;
        if (added == NULL)
            continue;
        *added = (struct retained_row){.row = row,
                                       .key = report->key,
                                       .kind = report->kind,
                                       .is_withdrawal = report->is_withdrawal,
                                       .quarantined = report->verdict == VERDICT_QUARANTINED,
                                       .flagged = is_flagged(store, row),
                                       .received_ms = report->received_ms,
                                       .from_s = report->from_s,
                                       .to_s = report->to_s};
        if (text_copy(arena, report->organisation, &added->organisation) != ROND_OK ||
            text_copy(arena, report->area, &added->area) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_rows = (struct retained_row *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

// ---- Rules and the protocol ----

static enum rond_err rule_copy(struct arena *arena, const struct rule *from, struct rule *ret_rule) {
    struct rule copy = *from;
    enum rond_err err = text_copy(arena, from->id, &copy.id);
    if (err == ROND_OK)
        err = text_copy(arena, from->body, &copy.body);
    if (err == ROND_OK)
        err = text_copy(arena, from->actor, &copy.actor);
    if (err == ROND_OK)
        *ret_rule = copy;
    return err;
}

static size_t rule_find(const struct table *table, enum rule_kind kind, const char *id) {
    for (size_t i = 0; i < table->count; i++) {
        const struct rule *rule = &((const struct memory_rule *)table_at(table, i))->rule;
        if (rule->body != NULL && rule->kind == kind && strcmp(rule->id, id) == 0)
            return i;
    }
    return TABLE_END;
}

enum rond_err memory_rule_put(struct store *base, const struct rule *rule) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_RULES);
    size_t number = rule_find(table, rule->kind, rule->id);
    struct memory_rule kept = {0};
    if (rule->body == NULL && number == TABLE_END)
        return ROND_ENOTFOUND;
    enum rond_err err = rule->body == NULL ? ROND_OK : rule_copy(&store->heap->arena, rule, &kept.rule);
    if (err != ROND_OK || number == TABLE_END)
        return err == ROND_OK ? table_add(table, &kept) : err;
    struct memory_rule *changed = table_change(table, number);
    if (changed == NULL)
        return ROND_ENOMEM;
    *changed = kept;
    return ROND_OK;
}

static int rule_compare(const void *left, const void *right) {
    return strcmp(((const struct rule *)left)->id, ((const struct rule *)right)->id);
}

enum rond_err memory_rules(struct store *base, enum rule_kind kind, struct arena *arena, struct rule **ret_rules,
                           size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_RULES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct rule)};
    for (size_t i = 0; i < table->count; i++) {
        const struct rule *rule = &((const struct memory_rule *)table_at(table, i))->rule;
        if (rule->body == NULL || rule->kind != kind)
            continue;
        struct rule *copy = arena_list_add(&list);
        if (copy == NULL || rule_copy(arena, rule, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(struct rule), rule_compare);
    *ret_rules = (struct rule *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

static enum rond_err note_copy(struct arena *arena, const struct retention_note *from, struct retention_note *ret_note) {
    struct retention_note copy = *from;
    enum rond_err err = text_copy(arena, from->actor, &copy.actor);
    if (err == ROND_OK)
        err = text_copy(arena, from->rule, &copy.rule);
    if (err == ROND_OK)
        err = text_copy(arena, from->controller, &copy.controller);
    if (err == ROND_OK)
        *ret_note = copy;
    return err;
}

enum rond_err memory_retention_note(struct store *base, const struct retention_note *note) {
    struct memory_store *store = memory_of(base);
    struct retention_note kept = {0};
    enum rond_err err = note_copy(&store->heap->arena, note, &kept);
    return err == ROND_OK ? table_add(memory_write(store, MEMORY_NOTES), &kept) : err;
}

enum rond_err memory_retention_notes(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                                     struct retention_note **ret_notes, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_NOTES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct retention_note)};
    size_t i = cursor;
    for (; i < table->count && list.count < limit; i++) {
        struct retention_note *copy = arena_list_add(&list);
        if (copy == NULL || note_copy(arena, table_at(table, i), copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    *ret_notes = (struct retention_note *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = list.count < limit ? 0 : i;
    return ROND_OK;
}
