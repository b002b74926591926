// Of an area the newest ones are kept, as one packed message. Under the mutex bytes are copied and nothing is made of them.
#include "read/open_actions_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 64 };

struct entry {
    char area[REFERENCE_ID_BYTES_MAX + 1]; // "" free
    uint64_t stamp;
    uint8_t *packed; // a Feedback of nothing but these
    size_t size;
};
struct open_actions_cache {
    pthread_mutex_t mutex;
    struct entry entries[ENTRIES];
    size_t next;         // to be replaced
    uint64_t generation; // what was begun under an older one is not kept
};

enum rond_err open_actions_cache_create(struct open_actions_cache **ret_cache) {
    struct open_actions_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return ROND_ENOMEM;
    pthread_mutex_init(&cache->mutex, NULL);
    *ret_cache = cache;
    return ROND_OK;
}

void open_actions_cache_clear(struct open_actions_cache *cache) {
    if (cache == NULL)
        return;
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < ENTRIES; i++) {
        free(cache->entries[i].packed);
        cache->entries[i] = (struct entry){0};
    }
    cache->generation++;
    pthread_mutex_unlock(&cache->mutex);
}

void open_actions_cache_destroy(struct open_actions_cache *cache) {
    if (cache == NULL)
        return;
    open_actions_cache_clear(cache);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

// Under the mutex; NULL where there is none.
static struct entry *entry_find(struct open_actions_cache *cache, const char *area) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(cache->entries[i].area, area) == 0)
            return &cache->entries[i];
    return NULL;
}

static Rond__V1__Feedback *look(struct open_actions_cache *cache, const struct open_actions_wanted *wanted,
                                struct arena *arena, uint64_t *ret_generation) {
    struct bytes packed = {0};
    pthread_mutex_lock(&cache->mutex);
    const struct entry *entry = entry_find(cache, wanted->area);
    bool found =
        entry != NULL && entry->stamp == wanted->stamp && arena_copy(arena, bytes_of(entry->packed, entry->size), &packed);
    *ret_generation = cache->generation;
    pthread_mutex_unlock(&cache->mutex);
    return found ? rond__v1__feedback__unpack(&arena->pb, packed.size, packed.data) : NULL;
}

// Under the mutex.
static void put(struct open_actions_cache *cache, const struct open_actions_wanted *wanted, uint8_t *take_packed,
                size_t size) {
    struct entry *entry = entry_find(cache, wanted->area);
    if (entry == NULL)
        entry = &cache->entries[cache->next++ % ENTRIES];
    free(entry->packed);
    *entry = (struct entry){.stamp = wanted->stamp, .packed = take_packed, .size = size};
    snprintf(entry->area, sizeof entry->area, "%s", wanted->area);
}

// What cannot be kept is made anew the next time.
static void keep(struct open_actions_cache *cache, const struct open_actions_wanted *wanted,
                 const Rond__V1__Feedback *message, uint64_t generation) {
    size_t size = rond__v1__feedback__get_packed_size(message);
    uint8_t *packed = malloc(size + 1);
    if (packed == NULL)
        return;
    rond__v1__feedback__pack(message, packed);
    pthread_mutex_lock(&cache->mutex);
    bool is_current = cache->generation == generation;
    if (is_current)
        put(cache, wanted, packed, size);
    pthread_mutex_unlock(&cache->mutex);
    if (!is_current)
        free(packed);
}

enum rond_err open_actions_cache_read(struct open_actions_cache *cache, struct store *store,
                                      const struct catalogue *catalogue, const struct open_actions_wanted *wanted,
                                      struct arena *arena, Rond__V1__OpenAction ***ret_messages, size_t *ret_count) {
    Rond__V1__Feedback made = ROND__V1__FEEDBACK__INIT;
    uint64_t generation = 0;
    const Rond__V1__Feedback *message = cache == NULL ? NULL : look(cache, wanted, arena, &generation);
    if (message == NULL) {
        enum rond_err err = open_actions_find(store, wanted->actions);
        if (err == ROND_OK)
            err = open_actions_make(store, catalogue, wanted->actions, arena, &made.actions, &made.n_actions);
        if (err != ROND_OK)
            return err;
        if (cache != NULL)
            keep(cache, wanted, &made, generation);
        message = &made;
    }
    *ret_messages = message->actions;
    *ret_count = open_actions_fit(message->actions, message->n_actions, wanted->bytes_max);
    return ROND_OK;
}
