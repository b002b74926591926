// A table in memory: items of one size, added at the end, found by hash, changed in place, taken back by a rollback.
//
// Items are never moved or deleted (what goes is marked so by its owner), so an index is a chain of item numbers per
// hash, newest first; a rollback pops the newest items off their chains and puts changed ones back as they were.
#ifndef STORE_MEMORY_TABLE_H
#define STORE_MEMORY_TABLE_H

#include "base/bytes.h"
#include "base/err.h"

enum { TABLE_INDEXES_MAX = 3 };
#define TABLE_END SIZE_MAX

struct table_index {
    uint64_t (*hash)(const void *item); // NULL: no more indexes
    size_t *heads;                      // item number + 1
    size_t heads_count;
    size_t *next; // by item: item number + 1
};
struct table_change {
    size_t number;
    void *before;
};
struct table {
    size_t item_size;
    uint8_t *items;
    size_t count;
    size_t capacity;
    struct table_index indexes[TABLE_INDEXES_MAX];
    size_t count_committed;
    struct table_change *changes; // since begin
    size_t changes_count;
    size_t changes_capacity;
};

void table_init(struct table *table, size_t item_size);
void table_index_add(struct table *table, uint64_t (*hash)(const void *item)); // while empty
void table_deinit(struct table *table);
MUST_CHECK enum rond_err table_copy(const struct table *from, struct table *ret_copy);

const void *table_at(const struct table *table, size_t number);
MUST_CHECK enum rond_err table_add(struct table *table, const void *item);
// For changing in place; what the indexes hash must stay. NULL without memory.
void *table_change(struct table *table, size_t number);
// Items whose hash in that index fits (others may be among them), newest first; TABLE_END at the end.
size_t table_first(const struct table *table, size_t index, uint64_t hash);
size_t table_next(const struct table *table, size_t index, size_t number);
void table_commit(struct table *table);
void table_rollback(struct table *table);

// FNV-1a over what makes a key; start with HASH_START.
#define HASH_START UINT64_C(14695981039346656037)
uint64_t hash_add(uint64_t hash, const void *data, size_t size);
uint64_t hash_add_number(uint64_t hash, uint64_t number);
uint64_t hash_add_text(uint64_t hash, const char *text);

#endif
