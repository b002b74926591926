// People's decisions about reports, and the rows of joint activities.
#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

static enum rond_err decision_copy(struct arena *arena, const struct decision *from, struct decision *ret_decision) {
    struct decision copy = *from;
    struct report_key *reports = arena_array(arena, from->reports_count, sizeof *reports);
    enum rond_err err = reports == NULL ? ROND_ENOMEM : text_copy(arena, from->subject, &copy.subject);
    if (err == ROND_OK)
        err = text_copy(arena, from->value, &copy.value);
    if (err == ROND_OK)
        err = text_copy(arena, from->actor, &copy.actor);
    if (err == ROND_OK)
        err = text_copy(arena, from->undone_actor, &copy.undone_actor);
    if (err != ROND_OK)
        return err;
    memcpy(reports, from->reports, from->reports_count * sizeof *reports);
    copy.reports = reports;
    *ret_decision = copy;
    return ROND_OK;
}

static enum rond_err copy_add(struct arena_list *list, const struct decision *from) {
    struct decision *copy = arena_list_add(list);
    return copy == NULL ? ROND_ENOMEM : decision_copy(list->arena, from, copy);
}

enum rond_err memory_decisions(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                               struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_DECISIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct decision)};
    enum rond_err err = ROND_OK;
    for (size_t i = cursor > table->count ? table->count : (size_t)cursor;
         i < table->count && list.count < limit && err == ROND_OK; i++)
        err = copy_add(&list, table_at(table, i));
    if (err != ROND_OK)
        return err;
    *ret_decisions = (struct decision *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = list.count == limit && limit > 0 ? (*ret_decisions)[limit - 1].number : 0;
    return ROND_OK;
}

enum rond_err memory_decisions_newest(struct store *base, uint64_t cursor, size_t limit, struct arena *arena,
                                      struct decision **ret_decisions, size_t *ret_count, uint64_t *ret_cursor) {
    const struct table *table = &memory_of(base)->tables[MEMORY_DECISIONS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct decision)};
    enum rond_err err = ROND_OK;
    for (size_t i = cursor == 0 || cursor > table->count ? table->count : (size_t)cursor - 1;
         i > 0 && list.count < limit && err == ROND_OK; i--)
        err = copy_add(&list, table_at(table, i - 1));
    if (err != ROND_OK)
        return err;
    *ret_decisions = (struct decision *)(void *)list.items;
    *ret_count = list.count;
    *ret_cursor = list.count == limit && limit > 0 ? (*ret_decisions)[limit - 1].number : 0;
    return ROND_OK;
}

enum rond_err memory_decision(struct store *base, uint64_t number, struct arena *arena, struct decision *ret_decision) {
    const struct table *table = &memory_of(base)->tables[MEMORY_DECISIONS];
    if (number == 0 || number > table->count)
        return ROND_ENOTFOUND;
    return decision_copy(arena, table_at(table, (size_t)number - 1), ret_decision);
}

static int by_number(const void *left, const void *right) {
    const struct decision *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

enum rond_err memory_decisions_about(struct store *base, const struct report_key *key, struct arena *arena,
                                     struct decision **ret_decisions, size_t *ret_count) {
    const struct memory_store *store = memory_of(base);
    const struct table *table = &store->tables[MEMORY_RULINGS];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct decision)};
    size_t i = table_first(table, 0, memory_hash_identity(&key->outbox, key->seq));
    for (; i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_ruling *ruling = table_at(table, i);
        if (!report_key_equal(&ruling->key, key))
            continue;
        enum rond_err err = copy_add(&list, table_at(&store->tables[MEMORY_DECISIONS], (size_t)ruling->decision - 1));
        if (err != ROND_OK)
            return err;
    }
    if (list.count > 0)
        qsort(list.items, list.count, list.item_size, by_number);
    *ret_decisions = (struct decision *)(void *)list.items;
    *ret_count = list.count;
    return ROND_OK;
}

enum rond_err memory_decisions_mark(struct store *base, enum decision_kind kind, uint64_t *ret_mark) {
    const struct table *table = &memory_of(base)->tables[MEMORY_DECISIONS];
    uint64_t last = 0, undone = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct decision *decision = table_at(table, i);
        if (decision->kind == kind) {
            last = decision->number;
            undone += decision->undone_ms != 0;
        }
    }
    *ret_mark = last + undone;
    return ROND_OK;
}

enum rond_err memory_rulings_of(struct store *base, const struct report_key *keys, size_t count, struct arena *arena,
                                struct ruling_list *ret_lists) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct decision *decisions = NULL;
        size_t decisions_count = 0;
        ret_lists[i] = (struct ruling_list){0};
        err = memory_decisions_about(base, &keys[i], arena, &decisions, &decisions_count);
        if (err == ROND_OK && decisions_count > 0)
            err = decisions_rule(decisions, decisions_count, arena, &ret_lists[i]);
    }
    return err;
}

// ---- Deciding ----

static bool names_twice(const struct decision *decision) {
    for (size_t i = 0; i < decision->reports_count; i++)
        for (size_t k = i + 1; k < decision->reports_count; k++)
            if (report_key_equal(&decision->reports[i], &decision->reports[k]))
                return true;
    return false;
}

enum rond_err memory_decision_put(struct store *base, const struct decision *decision, uint64_t *ret_number) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_DECISIONS);
    struct decision given = *decision, kept;
    if (decision->reports_count == 0 || names_twice(decision))
        return decision->reports_count == 0 ? ROND_EINVALID : ROND_ECONFLICT;
    given.number = table->count + 1;
    given.undone_ms = 0;
    given.undone_actor = "";
    enum rond_err err = decision_copy(&store->heap->arena, &given, &kept);
    if (err == ROND_OK)
        err = table_add(table, &kept);
    for (size_t i = 0; i < kept.reports_count && err == ROND_OK; i++) {
        struct memory_ruling ruling = {kept.reports[i], kept.number};
        err = table_add(memory_write(store, MEMORY_RULINGS), &ruling);
    }
    if (err == ROND_OK)
        *ret_number = kept.number;
    return err;
}

enum rond_err memory_decision_undo(struct store *base, uint64_t number, int64_t at_ms, const char *actor) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_DECISIONS);
    const char *kept = NULL;
    if (number == 0 || number > table->count)
        return ROND_ENOTFOUND;
    if (((const struct decision *)table_at(table, (size_t)number - 1))->undone_ms != 0)
        return ROND_ECONFLICT;
    enum rond_err err = text_copy(&store->heap->arena, actor, &kept);
    struct decision *changed = err == ROND_OK ? table_change(table, (size_t)number - 1) : NULL;
    if (changed == NULL)
        return ROND_ENOMEM;
    changed->undone_ms = at_ms;
    changed->undone_actor = kept;
    return ROND_OK;
}

// ---- Joint activities ----

static size_t joint_find(const struct table *table, const struct joint_key *key) {
    size_t i = table_first(table, 0, memory_hash_joint(key->area, key->kind, key->reference));
    for (; i != TABLE_END; i = table_next(table, 0, i)) {
        const struct memory_joint *joint = table_at(table, i);
        if (!joint->gone && joint->kind == key->kind && strcmp(joint->area, key->area) == 0 &&
            strcmp(joint->reference, key->reference) == 0)
            break;
    }
    return i;
}

enum rond_err memory_joint_hold(struct store *base, const struct joint_key *joints, size_t count) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_JOINTS);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct memory_joint joint = {.kind = joints[i].kind};
        if (joints[i].reference[0] == '\0')
            return ROND_EINVALID;
        if (joint_find(table, &joints[i]) != TABLE_END)
            continue;
        err = text_copy(&store->heap->arena, joints[i].area, &joint.area);
        if (err == ROND_OK)
            err = text_copy(&store->heap->arena, joints[i].reference, &joint.reference);
        if (err == ROND_OK)
            err = table_add(table, &joint);
    }
    return err;
}

enum rond_err memory_joint_forget(struct store *base, const struct joint_key *key) {
    struct table *table = memory_write(memory_of(base), MEMORY_JOINTS);
    size_t number = joint_find(table, key);
    struct memory_joint *joint = number == TABLE_END ? NULL : table_change(table, number);
    if (joint == NULL)
        return number == TABLE_END ? ROND_OK : ROND_ENOMEM;
    joint->gone = true;
    return ROND_OK;
}

enum rond_err memory_joint_number(struct store *base, const struct joint_key *joint, uint64_t *ret_number) {
    size_t number = joint_find(&memory_of(base)->tables[MEMORY_JOINTS], joint);
    *ret_number = number == TABLE_END ? 0 : number + 1;
    return ROND_OK;
}
