// Under the mutex bytes are copied and nothing is made of them.
#include "read/answer_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRIES = 128 };

struct entry {
    char key[ANSWER_KEY_SIZE]; // "" free
    uint64_t mark;
    uint8_t *data;
    size_t size;
};
struct answer_cache {
    pthread_mutex_t mutex;
    struct entry entries[ENTRIES];
    size_t next; // to be replaced
    uint64_t generation;
};

enum rond_err answer_cache_create(struct answer_cache **ret_cache) {
    struct answer_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return ROND_ENOMEM;
    pthread_mutex_init(&cache->mutex, NULL);
    *ret_cache = cache;
    return ROND_OK;
}

void answer_cache_clear(struct answer_cache *cache) {
    if (cache == NULL)
        return;
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < ENTRIES; i++) {
        free(cache->entries[i].data);
        cache->entries[i] = (struct entry){0};
    }
    cache->generation++;
    pthread_mutex_unlock(&cache->mutex);
}

void answer_cache_destroy(struct answer_cache *cache) {
    if (cache == NULL)
        return;
    answer_cache_clear(cache);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

// Under the mutex; NULL where there is none.
static struct entry *entry_find(struct answer_cache *cache, const char *key) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(cache->entries[i].key, key) == 0)
            return &cache->entries[i];
    return NULL;
}

uint64_t answer_cache_generation(struct answer_cache *cache) {
    if (cache == NULL)
        return 0;
    pthread_mutex_lock(&cache->mutex);
    uint64_t generation = cache->generation;
    pthread_mutex_unlock(&cache->mutex);
    return generation;
}

bool answer_cache_look(struct answer_cache *cache, const char *key, struct arena *arena, struct answer *ret_answer) {
    if (cache == NULL)
        return false;
    pthread_mutex_lock(&cache->mutex);
    const struct entry *entry = entry_find(cache, key);
    bool found = entry != NULL && arena_copy(arena, bytes_of(entry->data, entry->size), &ret_answer->bytes);
    if (found)
        ret_answer->mark = entry->mark;
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

void answer_cache_keep(struct answer_cache *cache, const char *key, const struct answer *answer, uint64_t generation) {
    uint8_t *copy = cache == NULL ? NULL : malloc(answer->bytes.size + 1);
    if (copy == NULL)
        return;
    if (answer->bytes.size > 0)
        memcpy(copy, answer->bytes.data, answer->bytes.size);
    pthread_mutex_lock(&cache->mutex);
    if (cache->generation == generation) {
        struct entry *entry = entry_find(cache, key);
        if (entry == NULL)
            entry = &cache->entries[cache->next++ % ENTRIES];
        free(entry->data);
        *entry = (struct entry){.mark = answer->mark, .data = copy, .size = answer->bytes.size};
        snprintf(entry->key, sizeof entry->key, "%s", key);
        copy = NULL;
    }
    pthread_mutex_unlock(&cache->mutex);
    free(copy);
}
