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
    struct sureness *silent;  // the devices that are, by id
    struct silence *silences; // what they make of each commitment
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
    if (entry->silent != NULL)
        sureness_deinit(entry->silent);
    free(entry->silent);
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
    return memcmp(((const struct sure_device *)left)->device.b, ((const struct sure_device *)right)->device.b, ID_SIZE);
}

// NULL where it is not silent.
static struct sure_device *silent_find(const struct entry *entry, const struct id128 *device) {
    const struct sure_device wanted = {.device = *device};
    const struct sureness *silent = entry->silent;
    return silent->count > 0 ? bsearch(&wanted, silent->devices, silent->count, sizeof wanted, device_compare) : NULL;
}

static void silences_fill(const struct sureness *sureness, const struct commitment *const *commitments, size_t count,
                          const struct id128 *except, struct silence *silences) {
    for (size_t i = 0; i < count; i++)
        sureness_silence(sureness, commitments[i], sureness_end_ms(commitments[i]), except, &silences[i]);
}

// ROND_ENOMEM: then nothing is kept.
static enum rond_err entry_read(struct entry *entry, struct store *store, const struct commitment *const *commitments) {
    entry->silent = calloc(1, sizeof *entry->silent);
    entry->silences = malloc((entry->count + 1) * sizeof *entry->silences);
    if (entry->silent == NULL || entry->silences == NULL)
        return ROND_ENOMEM;
    enum rond_err err = sureness_read_silent(store, entry->area, entry->made_s * 1000, entry->silent);
    if (err == ROND_OK && entry->silent->count > 1)
        qsort(entry->silent->devices, entry->silent->count, sizeof *entry->silent->devices, device_compare);
    if (err == ROND_OK)
        silences_fill(entry->silent, commitments, entry->count, NULL, entry->silences);
    return err;
}

// The device was looked at again: it is silent no more, or with something that waits there still.
static void entry_change(struct entry *entry, struct sure_device *device, const struct sure_device *now,
                         const struct commitment *const *commitments) {
    struct sureness *silent = entry->silent;
    device->seen_ms = now->seen_ms, device->waiting = now->waiting;
    if (!sureness_is_silent(silent, device, INT64_MAX))
        memmove(device, device + 1, (size_t)(silent->devices + --silent->count - device) * sizeof *device);
    silences_fill(silent, commitments, entry->count, NULL, entry->silences);
}

// ---- All of them ----

// Under the mutex; NULL where there is none.
static struct entry *entry_find(struct silence_cache *cache, const char *area) {
    for (size_t i = 0; i < ENTRIES; i++)
        if (strcmp(cache->entries[i].area, area) == 0)
            return &cache->entries[i];
    return NULL;
}

static struct entry *entry_valid(struct silence_cache *cache, const struct entry *wanted) {
    struct entry *entry = entry_find(cache, wanted->area);
    bool is_valid = entry != NULL && entry->revision == wanted->revision && entry->count == wanted->count &&
                    wanted->made_s >= entry->made_s && wanted->made_s - entry->made_s < SILENCE_CACHE_S;
    return is_valid ? entry : NULL;
}

// ret_is_silent: who asks is among the silent there, so that what is found does not hold any more.
static bool look(struct silence_cache *cache, const struct entry *wanted, const struct id128 *asker,
                 struct silence *silences, uint64_t *ret_generation, bool *ret_is_silent) {
    pthread_mutex_lock(&cache->mutex);
    const struct entry *entry = entry_valid(cache, wanted);
    *ret_is_silent = entry != NULL && silent_find(entry, asker) != NULL;
    if (entry != NULL)
        memcpy(silences, entry->silences, entry->count * sizeof *silences);
    *ret_generation = cache->generation;
    pthread_mutex_unlock(&cache->mutex);
    return entry != NULL;
}

// Of the one device that asks, so that a fleet that was away and comes back is not gone through anew for each. False: what
// was found meanwhile is another's.
static bool look_again(struct silence_cache *cache, const struct entry *wanted, const struct sure_device *asker,
                       const struct commitment *const *commitments, uint64_t generation, struct silence *silences) {
    pthread_mutex_lock(&cache->mutex);
    struct entry *entry = cache->generation == generation ? entry_valid(cache, wanted) : NULL;
    struct sure_device *device = entry != NULL ? silent_find(entry, &asker->device) : NULL;
    if (device != NULL)
        entry_change(entry, device, asker, commitments);
    if (entry != NULL)
        silences_fill(entry->silent, commitments, entry->count, &asker->device, silences);
    pthread_mutex_unlock(&cache->mutex);
    return entry != NULL;
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
    struct sure_device looked = {.device = *asker};
    uint64_t generation = 0;
    bool is_silent = false, found;
    if (silences == NULL)
        return ROND_ENOMEM;
    *ret_silences = silences;
    snprintf(made.area, sizeof made.area, "%s", area);
    found = cache != NULL && look(cache, &made, asker, silences, &generation, &is_silent);
    enum rond_err err = is_silent ? sureness_look_again(store, &looked) : ROND_OK;
    if (err == ROND_OK && is_silent)
        found = look_again(cache, &made, &looked, commitments, generation, silences);
    if (err != ROND_OK || found)
        return err;
    err = entry_read(&made, store, commitments);
    if (err == ROND_OK)
        silences_fill(made.silent, commitments, made.count, asker, silences);
    if (err == ROND_OK && cache != NULL)
        keep(cache, &made, generation);
    entry_clear(&made);
    return err;
}
