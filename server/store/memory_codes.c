// Enrolment codes, and what has come of a second person's approval of them.
#include <stdlib.h>
#include <string.h>

#include "store/memory_store.h"

static size_t code_find(const struct memory_store *store, const struct hash256 *secret_hash) {
    const struct table *table = &store->tables[MEMORY_CODES];
    size_t number = table_first(table, 0, hash_add(HASH_START, secret_hash->b, HASH_SIZE));
    for (; number != TABLE_END; number = table_next(table, 0, number))
        if (hash256_equal(&((const struct enrol_code *)table_at(table, number))->secret_hash, secret_hash))
            break;
    return number;
}

static enum rond_err text_or_empty(struct arena *arena, const char *from, const char **ret_text) {
    return text_copy(arena, from == NULL ? "" : from, ret_text);
}

static enum rond_err code_copy(struct arena *arena, const struct enrol_code *from, struct enrol_code *ret_code) {
    struct enrol_code copy = *from;
    enum rond_err err = text_copy(arena, from->organisation, &copy.organisation);
    if (err == ROND_OK)
        err = text_copy(arena, from->area, &copy.area);
    if (err == ROND_OK)
        err = roles_copy(arena, from->roles, from->roles_count, &copy.roles);
    if (err == ROND_OK)
        err = text_or_empty(arena, from->issuer, &copy.issuer);
    if (err == ROND_OK)
        err = text_or_empty(arena, from->name, &copy.name);
    if (err == ROND_OK)
        *ret_code = copy;
    return err;
}

enum rond_err memory_code_put(struct store *base, const struct enrol_code *code) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_CODES);
    struct enrol_code kept;
    if (code_find(store, &code->secret_hash) != TABLE_END)
        return ROND_ECONFLICT;
    enum rond_err err = code_copy(&store->heap->arena, code, &kept);
    return err == ROND_OK ? table_add(table, &kept) : err;
}

enum rond_err memory_code_get(struct store *base, const struct hash256 *secret_hash, struct arena *arena,
                              struct enrol_code *ret_code) {
    struct memory_store *store = memory_of(base);
    size_t number = code_find(store, secret_hash);
    return number == TABLE_END ? ROND_ENOTFOUND : code_copy(arena, table_at(&store->tables[MEMORY_CODES], number), ret_code);
}

enum rond_err memory_code_update(struct store *base, const struct enrol_code *code) {
    struct memory_store *store = memory_of(base);
    struct table *table = memory_write(store, MEMORY_CODES);
    size_t number = code_find(store, &code->secret_hash);
    const char *name = NULL;
    enum rond_err err = number == TABLE_END ? ROND_ENOTFOUND : text_or_empty(&store->heap->arena, code->name, &name);
    struct enrol_code *changed = err != ROND_OK ? NULL : table_change(table, number);
    if (changed == NULL)
        return err != ROND_OK ? err : ROND_ENOMEM;
    changed->tries_left = code->tries_left;
    changed->used = code->used;
    changed->device = code->device;
    changed->approval = code->approval;
    changed->key_hash = code->key_hash;
    changed->name = name;
    changed->asked_ms = code->asked_ms;
    changed->approval_ends_ms = code->approval_ends_ms;
    return ROND_OK;
}

static int by_time_asked(const void *a, const void *b) {
    const struct enrol_code *left = a, *right = b;
    if (left->asked_ms != right->asked_ms)
        return left->asked_ms < right->asked_ms ? -1 : 1;
    return memcmp(left->secret_hash.b, right->secret_hash.b, HASH_SIZE);
}

enum rond_err memory_codes_waiting(struct store *base, int64_t now_ms, size_t limit, struct arena *arena,
                                   struct enrol_code **ret_codes, size_t *ret_count) {
    const struct table *table = &memory_of(base)->tables[MEMORY_CODES];
    struct arena_list list = {.arena = arena, .item_size = sizeof(struct enrol_code)};
    for (size_t i = 0; i < table->count; i++) {
        const struct enrol_code *code = table_at(table, i);
        bool waits = code->approval == APPROVAL_WAITING || code->approval == APPROVAL_GIVEN;
        if (!waits || code->approval_ends_ms <= now_ms)
            continue;
        struct enrol_code *copy = arena_list_add(&list);
        if (copy == NULL || code_copy(arena, code, copy) != ROND_OK)
            return ROND_ENOMEM;
    }
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(struct enrol_code), by_time_asked);
    *ret_codes = (struct enrol_code *)(void *)list.items;
    *ret_count = list.count < limit ? list.count : limit;
    return ROND_OK;
}
