#include "read/weekly_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64, KEY_SIZE = 2 * (REFERENCE_ID_BYTES_MAX + 1) + PERIOD_SIZE };

struct entry {
    char key[KEY_SIZE]; // organisation, area, week; "" free
    int64_t made_s;
    uint8_t *packed;
    size_t size;
};
struct weekly_cache {
    pthread_mutex_t mutex;
    struct entry entries[ENTRIES];
    size_t next; // to be replaced
};

enum rond_err weekly_cache_create(struct weekly_cache **ret_cache) {
    struct weekly_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return ROND_ENOMEM;
    pthread_mutex_init(&cache->mutex, NULL);
    *ret_cache = cache;
    return ROND_OK;
}

void weekly_cache_destroy(struct weekly_cache *cache) {
    if (cache == NULL)
        return;
    for (size_t i = 0; i < ENTRIES; i++)
        free(cache->entries[i].packed);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

// Under the mutex; NULL where there is none.
static struct entry *entry_find(struct weekly_cache *cache, const char *key) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(cache->entries[i].key, key) == 0)
            return &cache->entries[i];
    return NULL;
}

static Rond__V1__WeeklySummary *look(struct weekly_cache *cache, const char *key, int64_t now_s, struct arena *arena) {
    Rond__V1__WeeklySummary *summary = NULL;
    pthread_mutex_lock(&cache->mutex);
    const struct entry *entry = entry_find(cache, key);
    if (entry != NULL && now_s >= entry->made_s && now_s - entry->made_s < WEEKLY_CACHE_S)
        summary = rond__v1__weekly_summary__unpack(&arena->pb, entry->size, entry->packed);
    pthread_mutex_unlock(&cache->mutex);
    return summary;
}

// What cannot be kept is made anew the next time.
static void keep(struct weekly_cache *cache, const char *key, int64_t now_s, const Rond__V1__WeeklySummary *summary) {
    size_t size = rond__v1__weekly_summary__get_packed_size(summary);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return;
    rond__v1__weekly_summary__pack(summary, packed);
    pthread_mutex_lock(&cache->mutex);
    struct entry *entry = entry_find(cache, key);
    if (entry == NULL)
        entry = &cache->entries[cache->next++ % ENTRIES];
    free(entry->packed);
    *entry = (struct entry){.made_s = now_s, .packed = packed, .size = size};
    snprintf(entry->key, sizeof entry->key, "%s", key);
    pthread_mutex_unlock(&cache->mutex);
}

enum rond_err weekly_cache_summary(struct weekly_cache *cache, struct store *store, const struct catalogue *catalogue,
                                   const struct weekly_wanted *wanted, struct arena *arena,
                                   Rond__V1__WeeklySummary **ret_summary) {
    char key[KEY_SIZE];
    struct weekly *weekly;
    snprintf(key, sizeof key, "%s\n%s\n%s", wanted->organisation, wanted->area, wanted->week);
    Rond__V1__WeeklySummary *summary = cache == NULL ? NULL : look(cache, key, wanted->now_s, arena);
    if (summary != NULL) {
        *ret_summary = summary;
        return ROND_OK;
    }
    enum rond_err err = weekly_read(store, catalogue, wanted, arena, &weekly);
    if (err == ROND_OK)
        err = weekly_message(weekly, arena, &summary);
    if (err != ROND_OK)
        return err;
    if (cache != NULL)
        keep(cache, key, wanted->now_s, summary);
    *ret_summary = summary;
    return ROND_OK;
}
