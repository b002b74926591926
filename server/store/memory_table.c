#include "store/memory_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { CAPACITY_FIRST = 64 };

uint64_t hash_add(uint64_t hash, const void *data, size_t size) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

uint64_t hash_add_number(uint64_t hash, uint64_t number) {
    hash = (hash ^ number) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

uint64_t hash_add_text(uint64_t hash, const char *text) {
    return hash_add(hash, text, strlen(text));
}

void table_init(struct table *table, size_t item_size) {
    *table = (struct table){.item_size = item_size};
}

void table_index_add(struct table *table, uint64_t (*hash)(const void *item)) {
    size_t index = 0;
    while (table->indexes[index].hash != NULL)
        index++;
    CHECK(index < TABLE_INDEXES_MAX && table->count == 0);
    table->indexes[index].hash = hash;
}

static void changes_forget(struct table *table) {
    for (size_t i = 0; i < table->changes_count; i++)
        free(table->changes[i].before);
    table->changes_count = 0;
}

void table_deinit(struct table *table) {
    changes_forget(table);
    free(table->changes);
    for (size_t i = 0; i < TABLE_INDEXES_MAX; i++) {
        free(table->indexes[i].heads);
        free(table->indexes[i].next);
    }
    free(table->items);
    *table = (struct table){0};
}

const void *table_at(const struct table *table, size_t number) {
    CHECK(number < table->count);
    return table->items + number * table->item_size;
}

static size_t *head_of(const struct table *table, const struct table_index *index, size_t number) {
    return &index->heads[index->hash(table_at(table, number)) & (index->heads_count - 1)];
}

static void link_item(struct table_index *index, const struct table *table, size_t number) {
    size_t *head = head_of(table, index, number);
    index->next[number] = *head;
    *head = number + 1;
}

// Links anew, oldest first, so that the newest stays at the head.
static enum rond_err index_grow(struct table *table, struct table_index *index, size_t capacity) {
    size_t *heads = calloc(capacity, sizeof *heads);
    size_t *next = realloc(index->next, capacity * sizeof *next);
    if (next != NULL)
        index->next = next;
    if (heads == NULL || next == NULL) {
        free(heads);
        return ROND_ENOMEM;
    }
    free(index->heads);
    index->heads = heads;
    index->heads_count = capacity;
    for (size_t i = 0; i < table->count; i++)
        link_item(index, table, i);
    return ROND_OK;
}

static enum rond_err table_grow(struct table *table) {
    size_t capacity = table->capacity == 0 ? CAPACITY_FIRST : table->capacity * 2;
    for (size_t i = 0; i < TABLE_INDEXES_MAX && table->indexes[i].hash != NULL; i++)
        if (index_grow(table, &table->indexes[i], capacity) != ROND_OK)
            return ROND_ENOMEM;
    uint8_t *items = realloc(table->items, capacity * table->item_size);
    if (items == NULL)
        return ROND_ENOMEM;
    table->items = items;
    table->capacity = capacity;
    return ROND_OK;
}

enum rond_err table_add(struct table *table, const void *item) {
    if (table->count == table->capacity && table_grow(table) != ROND_OK)
        return ROND_ENOMEM;
    memcpy(table->items + table->count * table->item_size, item, table->item_size);
    table->count++;
    for (size_t i = 0; i < TABLE_INDEXES_MAX && table->indexes[i].hash != NULL; i++)
        link_item(&table->indexes[i], table, table->count - 1);
    return ROND_OK;
}

enum rond_err table_copy(const struct table *from, struct table *ret_copy) {
    struct table copy;
    table_init(&copy, from->item_size);
    for (size_t i = 0; i < TABLE_INDEXES_MAX && from->indexes[i].hash != NULL; i++)
        table_index_add(&copy, from->indexes[i].hash);
    for (size_t i = 0; i < from->count; i++)
        if (table_add(&copy, table_at(from, i)) != ROND_OK) {
            table_deinit(&copy);
            return ROND_ENOMEM;
        }
    table_commit(&copy);
    *ret_copy = copy;
    return ROND_OK;
}

static bool change_remember(struct table *table, size_t number) {
    if (table->changes_count == table->changes_capacity) {
        size_t capacity = table->changes_capacity == 0 ? CAPACITY_FIRST : table->changes_capacity * 2;
        struct table_change *changes = realloc(table->changes, capacity * sizeof *changes);
        if (changes == NULL)
            return false;
        table->changes = changes;
        table->changes_capacity = capacity;
    }
    void *before = malloc(table->item_size);
    if (before == NULL)
        return false;
    memcpy(before, table_at(table, number), table->item_size);
    table->changes[table->changes_count++] = (struct table_change){number, before};
    return true;
}

void *table_change(struct table *table, size_t number) {
    CHECK(number < table->count);
    if (number < table->count_committed && !change_remember(table, number))
        return NULL;
    return table->items + number * table->item_size;
}

size_t table_first(const struct table *table, size_t index, uint64_t hash) {
    const struct table_index *in = &table->indexes[index];
    return in->heads_count == 0 ? TABLE_END : in->heads[hash & (in->heads_count - 1)] - 1; // 0 - 1 is TABLE_END
}

size_t table_next(const struct table *table, size_t index, size_t number) {
    return table->indexes[index].next[number] - 1;
}

void table_commit(struct table *table) {
    changes_forget(table);
    table->count_committed = table->count;
}

void table_rollback(struct table *table) {
    while (table->count > table->count_committed) {
        for (size_t i = 0; i < TABLE_INDEXES_MAX && table->indexes[i].hash != NULL; i++)
            *head_of(table, &table->indexes[i], table->count - 1) = table->indexes[i].next[table->count - 1];
        table->count--;
    }
    for (size_t i = table->changes_count; i-- > 0;)
        memcpy(table->items + table->changes[i].number * table->item_size, table->changes[i].before, table->item_size);
    changes_forget(table);
}
