// Kept are, of each area, a packed Feedback of nothing but these, its mark their stamp; and what is known of the places, its
// mark what was decided.
#include "read/open_actions_cache.h"

#include <stdio.h>

enum { KNOWN_BYTES_MAX = KNOWN_PLACES_MAX * sizeof(struct known_place) };

static Rond__V1__Feedback *look(struct answer_cache *cache, const struct open_actions_wanted *wanted, struct arena *arena) {
    struct answer answer;
    if (!answer_cache_look(cache, wanted->area, arena, &answer) || answer.mark != wanted->stamp)
        return NULL;
    return rond__v1__feedback__unpack(&arena->pb, answer.bytes.size, answer.bytes.data);
}

static void keep(struct answer_cache *cache, const struct open_actions_wanted *wanted, const Rond__V1__Feedback *message,
                 struct arena *arena) {
    size_t size = rond__v1__feedback__get_packed_size(message);
    uint8_t *packed = cache == NULL ? NULL : arena_alloc(arena, size);
    if (packed == NULL)
        return;
    rond__v1__feedback__pack(message, packed);
    answer_cache_keep(cache, wanted->area, &(struct answer){wanted->stamp, bytes_of(packed, size)}, wanted->generation);
}

static enum rond_err find(struct answer_cache *cache, struct store *store, const struct open_actions_wanted *wanted) {
    char key[ANSWER_KEY_SIZE];
    struct known_places places = {0};
    struct answer answer;
    struct arena arena;
    snprintf(key, sizeof key, "%s\nplaces", wanted->area);
    arena_init(&arena, KNOWN_BYTES_MAX + 4096);
    buffer_init(&places.now, KNOWN_BYTES_MAX);
    if (answer_cache_look(cache, key, &arena, &answer) && answer.mark == wanted->decided) {
        places.before = (const struct known_place *)(const void *)answer.bytes.data;
        places.before_count = answer.bytes.size / sizeof *places.before;
    }
    enum rond_err err = open_actions_find(store, wanted->actions, &places);
    if (err == ROND_OK)
        answer_cache_keep(cache, key, &(struct answer){wanted->decided, buffer_bytes(&places.now)}, wanted->generation);
    buffer_deinit(&places.now);
    arena_deinit(&arena);
    return err;
}

enum rond_err open_actions_cache_read(struct answer_cache *cache, struct store *store, const struct catalogue *catalogue,
                                      const struct open_actions_wanted *wanted, struct arena *arena,
                                      Rond__V1__OpenAction ***ret_messages, size_t *ret_count) {
    Rond__V1__Feedback made = ROND__V1__FEEDBACK__INIT;
    const Rond__V1__Feedback *message = look(cache, wanted, arena);
    if (message == NULL) {
        enum rond_err err = find(cache, store, wanted);
        if (err == ROND_OK)
            err = open_actions_make(store, catalogue, wanted->actions, arena, &made.actions, &made.n_actions);
        if (err != ROND_OK)
            return err;
        keep(cache, wanted, &made, arena);
        message = &made;
    }
    *ret_messages = message->actions;
    *ret_count = open_actions_fit(message->actions, message->n_actions, wanted->bytes_max);
    return ROND_OK;
}
