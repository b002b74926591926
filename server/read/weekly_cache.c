// The mark of a summary is when it was made.
#include "read/weekly_cache.h"

#include <stdio.h>

static Rond__V1__WeeklySummary *look(struct answer_cache *cache, const char *key, int64_t now_s, struct arena *arena) {
    struct answer answer;
    if (!answer_cache_look(cache, key, arena, &answer))
        return NULL;
    int64_t made_s = (int64_t)answer.mark;
    if (now_s < made_s || now_s - made_s >= WEEKLY_CACHE_S)
        return NULL;
    return rond__v1__weekly_summary__unpack(&arena->pb, answer.bytes.size, answer.bytes.data);
}

static void keep(struct answer_cache *cache, const char *key, int64_t now_s, const Rond__V1__WeeklySummary *summary,
                 struct arena *arena, uint64_t generation) {
    size_t size = rond__v1__weekly_summary__get_packed_size(summary);
    uint8_t *packed = cache == NULL ? NULL : arena_alloc(arena, size);
    if (packed == NULL)
        return;
    rond__v1__weekly_summary__pack(summary, packed);
    answer_cache_keep(cache, key, &(struct answer){(uint64_t)now_s, bytes_of(packed, size)}, generation);
}

enum rond_err weekly_cache_summary(struct answer_cache *cache, struct store *store, const struct catalogue *catalogue,
                                   const struct weekly_wanted *wanted, struct arena *arena,
                                   Rond__V1__WeeklySummary **ret_summary) {
    char key[ANSWER_KEY_SIZE];
    struct weekly *weekly;
    uint64_t generation = answer_cache_generation(cache); // nothing in it is ever forgotten at once
    snprintf(key, sizeof key, "%s\n%s\n%s", wanted->organisation, wanted->area, wanted->week);
    Rond__V1__WeeklySummary *summary = look(cache, key, wanted->now_s, arena);
    if (summary != NULL) {
        *ret_summary = summary;
        return ROND_OK;
    }
    enum rond_err err = weekly_read(store, catalogue, wanted, arena, &weekly);
    if (err == ROND_OK)
        err = weekly_message(weekly, arena, &summary);
    if (err != ROND_OK)
        return err;
    keep(cache, key, wanted->now_s, summary, arena, generation);
    *ret_summary = summary;
    return ROND_OK;
}
