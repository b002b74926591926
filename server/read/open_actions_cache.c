// Kept is a packed Feedback of nothing but these; its mark is their stamp.
#include "read/open_actions_cache.h"

static Rond__V1__Feedback *look(struct answer_cache *cache, const struct open_actions_wanted *wanted, struct arena *arena,
                                uint64_t *ret_generation) {
    struct answer answer;
    if (!answer_cache_look(cache, wanted->area, arena, &answer, ret_generation) || answer.mark != wanted->stamp)
        return NULL;
    return rond__v1__feedback__unpack(&arena->pb, answer.bytes.size, answer.bytes.data);
}

static void keep(struct answer_cache *cache, const struct open_actions_wanted *wanted, const Rond__V1__Feedback *message,
                 struct arena *arena, uint64_t generation) {
    size_t size = rond__v1__feedback__get_packed_size(message);
    uint8_t *packed = cache == NULL ? NULL : arena_alloc(arena, size);
    if (packed == NULL)
        return;
    rond__v1__feedback__pack(message, packed);
    answer_cache_keep(cache, wanted->area, &(struct answer){wanted->stamp, bytes_of(packed, size)}, generation);
}

enum rond_err open_actions_cache_read(struct answer_cache *cache, struct store *store, const struct catalogue *catalogue,
                                      const struct open_actions_wanted *wanted, struct arena *arena,
                                      Rond__V1__OpenAction ***ret_messages, size_t *ret_count) {
    Rond__V1__Feedback made = ROND__V1__FEEDBACK__INIT;
    uint64_t generation = 0;
    const Rond__V1__Feedback *message = look(cache, wanted, arena, &generation);
    if (message == NULL) {
        enum rond_err err = open_actions_find(store, wanted->actions);
        if (err == ROND_OK)
            err = open_actions_make(store, catalogue, wanted->actions, arena, &made.actions, &made.n_actions);
        if (err != ROND_OK)
            return err;
        keep(cache, wanted, &made, arena, generation);
        message = &made;
    }
    *ret_messages = message->actions;
    *ret_count = open_actions_fit(message->actions, message->n_actions, wanted->bytes_max);
    return ROND_OK;
}
