#include "read/open_actions.h"

#include <stdio.h>
#include <string.h>

#include "read/action_state.h"
#include "read/bucket_sums.h"
#include "read/first_look.h"
#include "read/rows.h"
#include "wire/personal_data.h"

// ---- Which ones ----

struct scan {
    struct store *store;
    const struct commitment *commitment;
    int64_t left; // that are still to be found
    struct bucket_sums seen;
    struct arena arena; // of one page
    struct open_actions *actions;
};

static int urgency_compare(const struct open_action *left, const struct open_action *right) {
    bool left_due = left->due[0] != '\0', right_due = right->due[0] != '\0';
    if (left_due != right_due)
        return left_due ? -1 : 1;
    int due = strcmp(left->due, right->due);
    if (due != 0)
        return due;
    if (left->found_s != right->found_s)
        return left->found_s < right->found_s ? -1 : 1;
    return strcmp(left->bucket, right->bucket);
}

static void insert(struct open_actions *actions, const struct open_action *action) {
    size_t at = actions->count;
    while (at > 0 && urgency_compare(action, &actions->actions[at - 1]) < 0)
        at--;
    if (at == FEEDBACK_ACTIONS_MAX)
        return;
    actions->count += actions->count < FEEDBACK_ACTIONS_MAX;
    memmove(&actions->actions[at + 1], &actions->actions[at], (actions->count - at - 1) * sizeof *action);
    actions->actions[at] = *action;
}

static bool is_open(const struct commitment *commitment, const struct bucket_contents *contents, struct arena *arena) {
    struct tally value;
    enum counting_reason reason;
    struct contribution *values = arena_array(arena, contents->count + 1, sizeof *values);
    for (size_t i = 0; values != NULL && i < contents->count; i++)
        values[i] = contents->contributions[i].value;
    if (values == NULL)
        return false;
    bucket_value(commitment, values, contents->count, &value, &reason);
    return reason == REASON_COUNTED && value.actions_open > 0;
}

static int64_t latest_look_s(const struct bucket_contents *contents) {
    int64_t latest_s = INT64_MIN;
    for (size_t i = 0; i < contents->count; i++)
        if (contents->contributions[i].value.to_s > latest_s)
            latest_s = contents->contributions[i].value.to_s;
    return latest_s;
}

static enum rond_err look_at(struct scan *scan, const char *bucket) {
    struct store *store = scan->store;
    const struct bucket_key key = {.commitment = scan->commitment->number, .bucket = bucket};
    struct open_action action = {.commitment = scan->commitment};
    struct bucket_contents contents;
    struct first_look look;
    struct action_state state;
    enum rond_err err = store->views->bucket(store, &key, &scan->arena, &contents);
    if (err != ROND_OK || !is_open(scan->commitment, &contents, &scan->arena))
        return err;
    scan->left--;
    err = first_look_find(store, bucket, &contents, &scan->arena, &look);
    if (err != ROND_OK) // without its first look nobody could name it
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    err = action_state_read(store, &look.key, look.finding, &scan->arena, &state);
    if (err != ROND_OK || action_state_closed(&state, latest_look_s(&contents)))
        return err;
    const char *due = action_state_text(&state, ACTION_DUE, look.content != NULL ? look.content->due : "");
    snprintf(action.bucket, sizeof action.bucket, "%s", bucket);
    snprintf(action.due, sizeof action.due, "%s", due);
    action.found_s = look.report.from_s;
    insert(scan->actions, &action);
    return ROND_OK;
}

// A place is found by its unsafe looks: one that was only ever safe is not open.
static enum rond_err contribution_take(struct scan *scan, const struct contribution *value) {
    bool is_new = false;
    if (value->reason != REASON_COUNTED || value->finding_state != ROND__V1__SAFETY__SAFETY_UNSAFE)
        return ROND_OK;
    enum rond_err err = bucket_sums_see(&scan->seen, value->bucket, &is_new);
    return err == ROND_OK && is_new ? look_at(scan, value->bucket) : err;
}

static enum rond_err page_take(struct scan *scan, uint64_t *row, size_t *ret_count) {
    struct stored_contribution *contributions = NULL;
    struct store *store = scan->store;
    size_t count = 0;
    arena_reset(&scan->arena);
    enum rond_err err = store->views->contributions(store, scan->commitment->number, *row, READ_PAGE_ROWS, &scan->arena,
                                                    &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK && scan->left > 0; i++) {
        err = contribution_take(scan, &contributions[i].value);
        *row = contributions[i].row;
    }
    *ret_count = count;
    return err;
}

static enum rond_err source_find(struct store *store, const struct open_source *source, struct open_actions *actions) {
    struct scan scan = {.store = store, .commitment = source->commitment, .left = source->open_count, .actions = actions};
    uint64_t row = 0;
    size_t count = 1;
    enum rond_err err = ROND_OK;
    arena_init(&scan.arena, READ_ARENA_BYTES_MAX);
    while (err == ROND_OK && scan.left > 0 && count > 0)
        err = page_take(&scan, &row, &count);
    arena_deinit(&scan.arena);
    bucket_sums_deinit(&scan.seen);
    return err;
}

enum rond_err open_actions_find(struct store *store, struct open_actions *actions) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < actions->sources_count && err == ROND_OK; i++)
        err = source_find(store, &actions->sources[i], actions);
    return err;
}

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
    actions->hash = hash_number(actions->hash, mark);
    actions->hash = hash_number(actions->hash, amended);
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
