// Texts that many rows share, and their numbers: found again by what they say or by their number, each text in the one slot
// that its hash gives it, so that a place costs no more among a thousand than alone.
#include <stdio.h>
#include <string.h>

#include "store/sqlite.h"

// FNV-1a: who chooses texts to fall into one slot wins nothing but a look into the table.
static size_t slot_of(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash % SQLITE_TEXTS_MAX;
}

static void remember(struct sqlite_store *store, const char *text, int64_t number) {
    size_t slot = slot_of(text);
    struct sqlite_text *entry = &store->texts[slot];
    if (strlen(text) >= sizeof entry->text)
        return;
    snprintf(entry->text, sizeof entry->text, "%s", text);
    entry->number = number;
    store->text_slots[(uint64_t)number % SQLITE_TEXTS_MAX] = (uint16_t)slot;
}

static enum rond_err number_find(struct sqlite_store *store, const char *text, int64_t *ret_number) {
    struct query query = query_start(store, "SELECT number FROM texts WHERE text = ?");
    query_text(&query, text);
    enum rond_err err = query_single(&query, ret_number);
    if (err != ROND_ENOTFOUND)
        return err;
    query = query_start(store, "INSERT INTO texts (text) VALUES (?)");
    query_text(&query, text);
    if ((err = query_run(&query)) == ROND_OK)
        *ret_number = sqlite3_last_insert_rowid(store->db);
    return err;
}

enum rond_err sqlite_text_number(struct sqlite_store *store, const char *text, int64_t *ret_number) {
    const struct sqlite_text *entry = &store->texts[slot_of(text)];
    if (entry->number != 0 && strcmp(entry->text, text) == 0) {
        *ret_number = entry->number;
        return ROND_OK;
    }
    enum rond_err err = number_find(store, text, ret_number);
    if (err == ROND_OK)
        remember(store, text, *ret_number);
    return err;
}

enum rond_err sqlite_text_of(struct sqlite_store *store, int64_t number, struct arena *arena, const char **ret_text) {
    const struct sqlite_text *entry = &store->texts[store->text_slots[(uint64_t)number % SQLITE_TEXTS_MAX]];
    if (number != 0 && entry->number == number) {
        *ret_text = arena_text(arena, entry->text);
        return *ret_text == NULL ? ROND_ENOMEM : ROND_OK;
    }
    const char *text = NULL;
    struct query query = query_start(store, "SELECT text FROM texts WHERE number = ?");
    query_int(&query, number);
    if (query_next(&query))
        text = column_text(&query, 0, arena);
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK && text == NULL)
        err = ROND_ECORRUPT;
    if (err == ROND_OK) {
        remember(store, text, number);
        *ret_text = text;
    }
    return err;
}
