#include "read/open_actions.h"

#include <stdio.h>
#include <string.h>

#include "read/action_state.h"
#include "read/first_look.h"
#include "read/rows.h"
#include "wire/personal_data.h"

// ---- Whether they are as they were ----

static uint64_t hash_number(uint64_t hash, uint64_t number) {
    return (hash ^ number ^ number >> 29) * UINT64_C(0x9E3779B97F4A7C15) + (hash >> 31);
}

// A correction or a further look is a contribution of a newer row; what people decide about a place, or amend of a walk, is
// none.
enum rond_err open_actions_weigh(struct store *store, const struct commitment *commitment, const struct tally *sum,
                                 struct open_actions *actions) {
    uint64_t last_row = 0, mark = 0, amended = 0;
    if (commitment->definition->measure != ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED)
        return ROND_OK;
    enum rond_err err = store->views->contributions_last(store, commitment->number, &last_row);
    if (err == ROND_OK)
        err = store->views->decisions_mark(store, DECISION_ACTION, &mark);
    if (err == ROND_OK)
        err = store->views->decisions_mark(store, DECISION_AMEND, &amended);
    actions->decided = hash_number(hash_number(0, mark), amended);
    actions->hash = hash_number(actions->hash, actions->decided);
    actions->hash = hash_number(actions->hash, commitment->number);
    actions->hash = hash_number(actions->hash, (uint64_t)sum->actions_open);
    actions->hash = hash_number(actions->hash, (uint64_t)sum->actions_closed);
    actions->hash = hash_number(actions->hash, (uint64_t)sum->reports);
    actions->hash = hash_number(actions->hash, last_row);
    if (sum->actions_open > 0 && actions->sources_count < FEEDBACK_STANDINGS_MAX)
        actions->sources[actions->sources_count++] = (struct open_source){commitment, sum->actions_open};
    return err;
}

uint64_t open_actions_stamp(const struct catalogue *catalogue, const char *area, int64_t now_s,
                            const struct open_actions *actions) {
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(catalogue, area);
    struct local_time now = {0};
    if (zone != NULL)
        zone_local(zone, now_s, &now);
    uint64_t hash = hash_number(actions->hash, (uint64_t)now.day);
    hash = hash_number(hash, catalogue_revision(catalogue));
    return hash == 0 ? 1 : hash;
}

uint64_t open_actions_decided(const struct catalogue *catalogue, const struct open_actions *actions) {
    return hash_number(actions->decided, catalogue_revision(catalogue));
}

// ---- What is told of them ----

// False without memory.
static bool put(struct arena *arena, const char *text, bool is_free, char **field) {
    if (text[0] == '\0' || (is_free && personal_data_kinds(bytes_of_text(text)) != 0))
        return true;
    *field = arena_text(arena, text);
    return *field != NULL;
}

static bool content_put(struct arena *arena, const Rond__V1__Finding *content, Rond__V1__OpenAction *message) {
    return put(arena, content->place, false, &message->place) &&
           put(arena, content->place_text, true, &message->place_text) && put(arena, content->cause, true, &message->cause);
}

static bool promise_put(struct arena *arena, const struct action_state *state, const Rond__V1__Finding *content,
                        Rond__V1__OpenAction *message) {
    const char *responsible = action_state_text(state, ACTION_RESPONSIBLE, content->responsible);
    const char *promised = action_state_text(state, ACTION_PROMISED, content->promised_action);
    return put(arena, responsible, false, &message->responsible) && put(arena, promised, true, &message->promised_action) &&
           put(arena, action_state_text(state, ACTION_DUE, content->due), false, &message->due);
}

static bool identity_put(struct arena *arena, const struct report_key *key, Rond__V1__OpenAction *message) {
    Rond__V1__Identity *identity = arena_alloc(arena, sizeof *identity);
    uint8_t *ids = arena_alloc(arena, 2 * ID_SIZE);
    if (identity == NULL || ids == NULL)
        return false;
    rond__v1__identity__init(identity);
    memcpy(ids, key->device.b, ID_SIZE);
    memcpy(ids + ID_SIZE, key->outbox.b, ID_SIZE);
    identity->device = (ProtobufCBinaryData){.data = ids, .len = ID_SIZE};
    identity->outbox = (ProtobufCBinaryData){.data = ids + ID_SIZE, .len = ID_SIZE};
    identity->seq = key->seq;
    message->report = identity;
    return true;
}

static enum rond_err message_make(const struct catalogue *catalogue, const struct open_action *action,
                                  const struct first_look *look, const struct action_state *state, struct arena *arena,
                                  Rond__V1__OpenAction **ret_message) {
    Rond__V1__Finding nothing = ROND__V1__FINDING__INIT;
    const Rond__V1__Finding *content = look->content != NULL ? look->content : &nothing;
    Rond__V1__OpenAction *message = arena_alloc(arena, sizeof *message);
    if (message == NULL)
        return ROND_ENOMEM;
    rond__v1__open_action__init(message);
    message->found_s = action->found_s;
    const char *path = catalogue_commitment_path(catalogue, action->commitment->number);
    bool made = identity_put(arena, &look->key, message) && put(arena, look->finding, false, &message->finding) &&
                put(arena, path, false, &message->commitment) && content_put(arena, content, message) &&
                promise_put(arena, state, content, message);
    *ret_message = message;
    return made ? ROND_OK : ROND_ENOMEM;
}

// NULL where it is gone, which it cannot be within one state of the store.
static enum rond_err action_make(struct store *store, const struct catalogue *catalogue, const struct open_action *action,
                                 struct arena *arena, Rond__V1__OpenAction **ret_message) {
    const struct bucket_key key = {.commitment = action->commitment->number, .bucket = action->bucket};
    struct bucket_contents contents;
    struct first_look look;
    struct action_state state;
    struct arena scratch;
    arena_init(&scratch, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->bucket(store, &key, &scratch, &contents);
    if (err == ROND_OK)
        err = first_look_find(store, action->bucket, &contents, &scratch, &look);
    if (err == ROND_OK)
        err = action_state_read(store, &look.key, look.finding, &scratch, &state);
    if (err == ROND_OK)
        err = message_make(catalogue, action, &look, &state, arena, ret_message);
    arena_deinit(&scratch);
    return err;
}

static size_t bytes_of_message(const Rond__V1__OpenAction *message) {
    enum { OVERHEAD_BYTES = 8 };
    return rond__v1__open_action__get_packed_size(message) + OVERHEAD_BYTES;
}

size_t open_actions_fit(Rond__V1__OpenAction *const *messages, size_t count, size_t bytes_max) {
    size_t fit = 0;
    for (size_t bytes = 0; fit < count; fit++) {
        bytes += bytes_of_message(messages[fit]);
        if (bytes > bytes_max)
            break;
    }
    return fit;
}

enum rond_err open_actions_make(struct store *store, const struct catalogue *catalogue, const struct open_actions *actions,
                                struct arena *arena, Rond__V1__OpenAction ***ret_messages, size_t *ret_count) {
    Rond__V1__OpenAction **messages = arena_array(arena, actions->count + 1, sizeof *messages);
    size_t bytes = 0, count = 0;
    if (messages == NULL)
        return ROND_ENOMEM;
    for (; count < actions->count && bytes <= FRAME_BYTES_MAX; count++) {
        enum rond_err err = action_make(store, catalogue, &actions->actions[count], arena, &messages[count]);
        if (err != ROND_OK)
            return err;
        bytes += bytes_of_message(messages[count]);
    }
    *ret_messages = messages;
    *ret_count = open_actions_fit(messages, count, FRAME_BYTES_MAX);
    return ROND_OK;
}
