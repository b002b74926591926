#include "read/public_site_inner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "read/followup_evidence.h"
#include "read/public_figures.h"

// ---- Entries ----

char *public_path(const char *format, ...) {
    char path[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    return size < 0 || (size_t)size >= sizeof path ? NULL : strdup(path);
}

static void entry_release(struct public_entry *entry) {
    if (--entry->references > 0)
        return;
    free(entry->memory);
    free(entry->path);
    free(entry);
}

static void tag_make(struct public_entry *entry) {
    struct hash256 hash;
    char text[2 * HASH_SIZE + 1];
    sha256_of(entry->body, &hash);
    hex_encode(bytes_of(hash.b, HASH_SIZE), text);
    snprintf(entry->tag, sizeof entry->tag, "\"%.16s\"", text);
}

enum rond_err public_site_share(struct public_site *site, struct public_entry *entry) {
    if (site->count == site->capacity) {
        size_t capacity = site->capacity == 0 ? 64 : site->capacity * 2;
        struct public_entry **grown = realloc(site->entries, capacity * sizeof *grown);
        if (grown == NULL)
            return ROND_ENOMEM;
        site->entries = grown;
        site->capacity = capacity;
    }
    if (site->bytes + entry->body.size > PUBLIC_SITE_BYTES_MAX)
        return ROND_EFULL;
    site->entries[site->count++] = entry;
    site->bytes += entry->body.size;
    entry->references++;
    return ROND_OK;
}

// A copy of its own: what a buffer holds is wiped with it.
static enum rond_err body_copy(struct public_entry *entry, const struct buffer *from) {
    entry->memory = malloc(from->size > 0 ? from->size : 1);
    if (entry->memory == NULL)
        return ROND_ENOMEM;
    if (from->size > 0)
        memcpy(entry->memory, from->data, from->size);
    entry->body = bytes_of(entry->memory, from->size);
    return ROND_OK;
}

enum rond_err public_site_add(struct public_site *site, char *take_path, enum public_language language, const char *type,
                              bool is_frozen, struct buffer *take_body) {
    struct public_entry *entry = calloc(1, sizeof *entry);
    enum rond_err err = take_path == NULL || entry == NULL ? ROND_ENOMEM : body_copy(entry, take_body);
    buffer_deinit(take_body);
    if (err != ROND_OK) {
        free(take_path);
        free(entry);
        return err;
    }
    entry->path = take_path;
    entry->language = language;
    entry->type = type;
    entry->is_frozen = is_frozen;
    entry->references = 1; // ours, until it is shared
    tag_make(entry);
    err = public_site_share(site, entry);
    entry_release(entry);
    return err;
}

static int compare(const char *path, enum public_language language, const struct public_entry *with) {
    int order = strcmp(path, with->path);
    return order != 0 ? order : (int)language - (int)with->language;
}

static int by_path(const void *a, const void *b) {
    const struct public_entry *left = *(const struct public_entry *const *)a;
    return compare(left->path, left->language, *(const struct public_entry *const *)b);
}

void public_site_sort(struct public_site *site) {
    if (site->count > 0)
        qsort(site->entries, site->count, sizeof site->entries[0], by_path);
}

static const struct public_entry *entry_find(const struct public_site *site, const char *path,
                                             enum public_language language) {
    size_t low = 0, high = site->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct public_entry *entry = site->entries[middle];
        int order = compare(path, language, entry);
        if (order == 0)
            return entry;
        low = order > 0 ? middle + 1 : low;
        high = order < 0 ? middle : high;
    }
    return NULL;
}

const struct public_entry *public_site_find(const struct public_site *site, const char *path, bool swedish) {
    const struct public_entry *found = entry_find(site, path, PUBLIC_ANY);
    return found != NULL ? found : entry_find(site, path, swedish ? PUBLIC_SWEDISH : PUBLIC_ENGLISH);
}

size_t public_site_count(const struct public_site *site) {
    return site->count;
}

// ---- Making ----

struct making {
    struct store *store;
    const struct catalogue *catalogue;
    const struct public_settings *settings;
    int64_t now_s;
    const struct public_site *previous;
    struct public_site *site;
    bool is_new;
};

static enum rond_err figures_take(struct making *making) {
    struct public_site *site = making->site;
    const struct public_site *previous = making->previous;
    if (previous != NULL && previous->week == site->week && previous->revision == site->revision) {
        site->figures = json_incref(previous->figures);
        return ROND_OK;
    }
    making->is_new = true;
    return public_figures_read(making->store, making->catalogue, making->now_s, &site->figures);
}

static enum rond_err statement_take(struct making *making, const struct followup *head) {
    struct arena arena;
    struct followup followup;
    struct public_site *site = making->site;
    if (json_array_size(site->statements) == PUBLIC_STATEMENTS_MAX)
        return ROND_EFULL;
    arena_init(&arena, FOLLOWUP_ARENA_BYTES_MAX);
    enum rond_err err =
        making->store->views->followup(making->store, head->promise, head->period, head->version, &arena, &followup);
    if (err == ROND_OK)
        err = public_site_add_statement(site, &followup);
    if (err == ROND_OK && json_array_append_new(site->statements, public_statement_row(&followup)) != 0)
        err = ROND_ENOMEM;
    arena_deinit(&arena);
    site->last_statement = head->number;
    making->is_new = true;
    return err;
}

// What the previous site has of them does not change; what was published since is read.
static enum rond_err statements_take(struct making *making) {
    struct public_site *site = making->site;
    const struct public_site *previous = making->previous;
    enum rond_err err = ROND_OK;
    site->statements = previous == NULL ? json_array() : json_copy(previous->statements);
    site->last_statement = previous == NULL ? 0 : previous->last_statement;
    for (size_t i = 0; previous != NULL && i < previous->count && err == ROND_OK; i++)
        if (previous->entries[i]->is_frozen)
            err = public_site_share(site, previous->entries[i]);
    struct arena arena;
    size_t count = 1;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    while (count > 0 && err == ROND_OK) {
        struct followup *heads = NULL;
        uint64_t cursor = 0;
        arena_reset(&arena);
        err = making->store->views->followups(making->store, NULL, site->last_statement, READ_PAGE_ROWS, &arena, &heads,
                                              &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = statement_take(making, &heads[i]);
    }
    arena_deinit(&arena);
    return err;
}

static enum rond_err keys_take(struct making *making) {
    struct arena arena;
    struct followup_key *keys = NULL;
    size_t count = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    making->site->keys = json_array();
    enum rond_err err = making->store->views->followup_keys(making->store, &arena, &keys, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (json_array_append_new(making->site->keys, public_key_row(&keys[i])) != 0)
            err = ROND_ENOMEM;
    making->is_new |= making->previous == NULL || !json_equal(making->site->keys, making->previous->keys);
    arena_deinit(&arena);
    return err;
}

static enum rond_err take_all(struct making *making) {
    enum rond_err err = read_begin(making->store);
    if (err != ROND_OK)
        return err;
    err = figures_take(making);
    if (err == ROND_OK)
        err = statements_take(making);
    if (err == ROND_OK)
        err = keys_take(making);
    read_end(making->store);
    return err;
}

enum rond_err public_site_make(struct store *store, const struct catalogue *catalogue,
                               const struct public_settings *settings, int64_t now_s, const struct public_site *previous,
                               struct public_site **ret_site) {
    struct public_site *site = calloc(1, sizeof *site);
    if (site == NULL)
        return ROND_ENOMEM;
    site->week = public_week(now_s);
    site->revision = catalogue_revision(catalogue);
    struct making making = {store, catalogue, settings, now_s, previous, site, previous == NULL};
    enum rond_err err = take_all(&making);
    if (err == ROND_OK && making.is_new)
        err = public_site_add_documents(site, settings);
    public_site_sort(site);
    if (err != ROND_OK || !making.is_new) {
        public_site_destroy(site);
        site = NULL;
    }
    if (err == ROND_OK)
        *ret_site = site;
    return err;
}

void public_site_destroy(struct public_site *site) {
    if (site == NULL)
        return;
    for (size_t i = 0; i < site->count; i++)
        entry_release(site->entries[i]);
    free(site->entries);
    json_decref(site->figures);
    json_decref(site->statements);
    json_decref(site->keys);
    free(site);
}
