// Of an area only what is asked again is kept: who is silent, by id, and what that makes of each commitment.
#include "read/silence_cache.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/limits.h"

enum { ENTRIES = 64 };

struct entry {
    char area[REFERENCE_ID_BYTES_MAX + 1]; // "" free
    uint64_t revision;                     // of the catalogue
    int64_t made_s;
    struct id128 *devices; // that are silent, in order
    size_t devices_count;
    struct silence *silences; // of each commitment
    size_t count;
};
struct silence_cache {
    pthread_mutex_t mutex;
    struct entry entries[ENTRIES];
    size_t next;         // to be replaced
    uint64_t generation; // what was begun under an older one is not kept
};

enum rond_err silence_cache_create(struct silence_cache **ret_cache) {
    struct silence_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return ROND_ENOMEM;
    pthread_mutex_init(&cache->mutex, NULL);
    *ret_cache = cache;
    return ROND_OK;
}

static void entry_clear(struct entry *entry) {
    free(entry->devices);
    free(entry->silences);
    *entry = (struct entry){0};
}

void silence_cache_clear(struct silence_cache *cache) {
    if (cache == NULL)
        return;
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < ENTRIES; i++)
        entry_clear(&cache->entries[i]);
    cache->generation++;
    pthread_mutex_unlock(&cache->mutex);
}

void silence_cache_destroy(struct silence_cache *cache) {
    if (cache == NULL)
        return;
    silence_cache_clear(cache);
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

// ---- One area ----

static int device_compare(const void *left, const void *right) {
    return memcmp(((const struct id128 *)left)->b, ((const struct id128 *)right)->b, ID_SIZE);
}

static bool is_silent(const struct entry *entry, const struct id128 *device) {
    return entry->devices_count > 0 &&
           bsearch(device, entry->devices, entry->devices_count, sizeof *device, device_compare) != NULL;
}

static void keep_silent(struct sureness *sureness) {
    size_t kept = 0;
    for (size_t i = 0; i < sureness->count; i++)
        if (sureness_is_silent(sureness, &sureness->devices[i], INT64_MAX))
            sureness->devices[kept++] = sureness->devices[i];
    sureness->count = kept;
}

static void silences_fill(const struct sureness *sureness, const struct commitment *const *commitments, size_t count,
                          const struct id128 *except, struct silence *silences) {
    for (size_t i = 0; i < count; i++)
        sureness_silence(sureness, commitments[i], sureness_end_ms(commitments[i]), except, &silences[i]);
}

// False without memory: then nothing is kept.
static bool entry_fill(struct entry *entry, const struct sureness *silent, const struct commitment *const *commitments) {
    entry->devices = malloc((silent->count + 1) * sizeof *entry->devices);
    entry->silences = malloc((entry->count + 1) * sizeof *entry->silences);
    if (entry->devices == NULL || entry->silences == NULL)
        return false;
    for (size_t i = 0; i < silent->count; i++)
        entry->devices[entry->devices_count++] = silent->devices[i].device;
    qsort(entry->devices, entry->devices_count, sizeof *entry->devices, device_compare);
    silences_fill(silent, commitments, entry->count, NULL, entry->silences);
    return true;
}

// ---- All of them ----

// Under the mutex; NULL where there is none.
static struct entry *entry_find(struct silence_cache *cache, const char *area) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(cache->entries[i].area, area) == 0)
            return &cache->entries[i];
    return NULL;
}

static bool look(struct silence_cache *cache, const struct entry *wanted, const struct id128 *asker,
                 struct silence *silences, uint64_t *ret_generation) {
    pthread_mutex_lock(&cache->mutex);
    const struct entry *entry = entry_find(cache, wanted->area);
    bool found = entry != NULL && entry->revision == wanted->revision && entry->count == wanted->count &&
                 wanted->made_s >= entry->made_s && wanted->made_s - entry->made_s < SILENCE_CACHE_S &&
                 !is_silent(entry, asker);
    if (found)
        memcpy(silences, entry->silences, entry->count * sizeof *silences);
    *ret_generation = cache->generation;
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

static void keep(struct silence_cache *cache, struct entry *take_entry, uint64_t generation) {
    pthread_mutex_lock(&cache->mutex);
    if (cache->generation == generation) {
        struct entry *entry = entry_find(cache, take_entry->area);
        if (entry == NULL)
            entry = &cache->entries[cache->next++ % ENTRIES];
        entry_clear(entry);
        *entry = *take_entry;
        *take_entry = (struct entry){0};
    }
    pthread_mutex_unlock(&cache->mutex);
    entry_clear(take_entry);
}

enum rond_err silence_cache_read(struct silence_cache *cache, struct store *store, const struct catalogue *catalogue,
                                 const char *area, const struct id128 *asker, int64_t now_s, struct arena *arena,
                                 const struct silence **ret_silences) {
    struct entry made = {.revision = catalogue_revision(catalogue), .made_s = now_s};
    const struct commitment *const *commitments = catalogue_commitments(catalogue, area, &made.count);
    struct silence *silences = arena_array(arena, made.count + 1, sizeof *silences);
    struct sureness sureness;
    uint64_t generation = 0;
    if (silences == NULL)
        return ROND_ENOMEM;
    snprintf(made.area, sizeof made.area, "%s", area);
    if (cache != NULL && look(cache, &made, asker, silences, &generation)) {
        *ret_silences = silences;
        return ROND_OK;
    }
    enum rond_err err = sureness_read(store, area, now_s * 1000, &sureness);
    if (err == ROND_OK) {
        keep_silent(&sureness);
        silences_fill(&sureness, commitments, made.count, asker, silences);
        if (cache != NULL && entry_fill(&made, &sureness, commitments))
            keep(cache, &made, generation);
    }
    entry_clear(&made);
    sureness_deinit(&sureness);
    if (err == ROND_OK)
        *ret_silences = silences;
    return err;
}
