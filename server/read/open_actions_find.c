#include "read/open_actions_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "read/action_state.h"
#include "read/bucket_sums.h"
#include "read/first_look.h"
#include "read/rows.h"

enum { SLOTS_FIRST = 1024, SEEN_BYTES_MAX = 4 * 1024 * 1024 };

struct slot {          // a bucket
    uint64_t hash;     // 0: free
    uint64_t contents; // a sum over its contributions, so that their order does not matter
    bool is_place;     // it is among the places
    bool has_several;  // contributions
};
struct place { // found unsafe
    uint64_t row, bucket_hash;
    struct stored_contribution *seen; // by which it was found; NULL where that was not kept
};
struct scan {
    struct store *store;
    const struct commitment *commitment;
    struct open_actions *actions;
    struct known_places *known;
    size_t known_at;         // where to go on in known->before
    uint64_t known_last_row; // of this commitment
    struct arena arena;      // of one page, or of one place
    struct arena seen;       // contributions of places
    struct slot *slots;
    size_t slots_count, slots_used;
    struct buffer places;
};

// ---- The most urgent ----

static int numbers_compare(uint64_t left, uint64_t right) {
    return left < right ? -1 : left > right;
}

static int urgency_compare(const struct open_action *left, const struct open_action *right) {
    bool left_due = left->due[0] != '\0', right_due = right->due[0] != '\0';
    if (left_due != right_due)
        return left_due ? -1 : 1;
    int due = strcmp(left->due, right->due);
    if (due != 0)
        return due;
    if (left->found_s != right->found_s)
        return left->found_s < right->found_s ? -1 : 1;
    int row = numbers_compare(left->row, right->row);
    return row != 0 ? row : numbers_compare(left->bucket_hash, right->bucket_hash);
}

static void list(struct scan *scan, const struct known_place *place) {
    struct open_actions *actions = scan->actions;
    struct open_action action = {
        .commitment = scan->commitment, .row = place->row, .bucket_hash = place->bucket_hash, .found_s = place->found_s};
    memcpy(action.due, place->due, sizeof action.due);
    size_t at = actions->count;
    while (at > 0 && urgency_compare(&action, &actions->actions[at - 1]) < 0)
        at--;
    if (at == FEEDBACK_ACTIONS_MAX)
        return;
    actions->count += actions->count < FEEDBACK_ACTIONS_MAX;
    memmove(&actions->actions[at + 1], &actions->actions[at], (actions->count - at - 1) * sizeof action);
    actions->actions[at] = action;
}

// ---- A place ----

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

// Its name, which what is known of it leaves out: in the arena.
static enum rond_err bucket_of(struct store *store, uint32_t commitment, uint64_t row, uint64_t hash, struct arena *arena,
                               const char **ret_bucket) {
    struct stored_contribution *contributions = NULL;
    size_t count = 0;
    enum rond_err err = store->views->contributions(store, commitment, row - 1, 1, arena, &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (bucket_hash(contributions[i].value.bucket) == hash) {
            *ret_bucket = contributions[i].value.bucket;
            return ROND_OK;
        }
    return err == ROND_OK ? ROND_ECORRUPT : err;
}

static enum rond_err contents_read(struct scan *scan, const struct known_place *place,
                                   struct bucket_contents *ret_contents) {
    struct store *store = scan->store;
    struct bucket_key key = {.commitment = place->commitment};
    enum rond_err err = bucket_of(store, place->commitment, place->row, place->bucket_hash, &scan->arena, &key.bucket);
    return err == ROND_OK ? store->views->bucket(store, &key, &scan->arena, ret_contents) : err;
}

// seen: all that lies in its bucket, NULL where that is to be read. *ret_holds: nothing but what comes in about it changes
// it.
static enum rond_err look_at(struct scan *scan, struct stored_contribution *seen, struct known_place *place,
                             bool *ret_holds) {
    struct store *store = scan->store;
    struct bucket_contents contents = {.contributions = seen, .count = 1};
    struct first_look look;
    struct action_state state;
    arena_reset(&scan->arena);
    enum rond_err err = seen != NULL ? ROND_OK : contents_read(scan, place, &contents);
    *ret_holds = err == ROND_OK;
    if (err != ROND_OK || !is_open(scan->commitment, &contents, &scan->arena))
        return err;
    err = first_look_find(store, contents.contributions[0].value.bucket, &contents, &scan->arena, &look);
    *ret_holds = err == ROND_OK;
    if (err != ROND_OK) // without its first look nobody could name it
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    err = action_state_read(store, &look.key, look.finding, &scan->arena, &state);
    if (err != ROND_OK || action_state_closed(&state, latest_look_s(&contents)))
        return err;
    const char *due = action_state_text(&state, ACTION_DUE, look.content != NULL ? look.content->due : "");
    snprintf(place->due, sizeof place->due, "%s", due);
    place->found_s = look.report.from_s;
    place->is_listed = true;
    return ROND_OK;
}

// ---- What is known ----

static bool is_same(const struct known_place *left, const struct known_place *right) {
    return left->commitment == right->commitment && left->row == right->row && left->bucket_hash == right->bucket_hash &&
           left->contents == right->contents;
}

static void known_begin(struct scan *scan) {
    const struct known_places *known = scan->known;
    size_t at = 0;
    while (at < known->before_count && known->before[at].commitment != scan->commitment->number)
        at++;
    scan->known_at = at;
    for (; at < known->before_count && known->before[at].commitment == scan->commitment->number; at++)
        scan->known_last_row = known->before[at].row;
}

// NULL where it is not known as it is now.
static const struct known_place *known_find(struct scan *scan, const struct known_place *wanted) {
    const struct known_places *known = scan->known;
    const struct known_place *before = known->before;
    size_t at = scan->known_at, end = known->before_count;
    while (at < end && before[at].commitment == wanted->commitment && before[at].row < wanted->row)
        at++;
    scan->known_at = at;
    for (; at < end && before[at].row == wanted->row; at++)
        if (is_same(&before[at], wanted))
            return &before[at];
    return NULL;
}

// Without room it is read again the next time.
static void known_keep(struct known_places *known, const struct known_place *place) {
    enum rond_err err = buffer_append(&known->now, bytes_of(place, sizeof *place));
    UNUSED(err);
}

// ---- All of one commitment ----

static struct slot *slot_of(const struct scan *scan, uint64_t hash) {
    size_t at = hash & (scan->slots_count - 1);
    while (scan->slots[at].hash != 0 && scan->slots[at].hash != hash)
        at = (at + 1) & (scan->slots_count - 1);
    return &scan->slots[at];
}

static enum rond_err slots_make_room(struct scan *scan) {
    struct scan grown = {.slots_count = scan->slots_count == 0 ? SLOTS_FIRST : 2 * scan->slots_count};
    if (4 * (scan->slots_used + 1) <= 3 * scan->slots_count)
        return ROND_OK;
    grown.slots = calloc(grown.slots_count, sizeof *grown.slots);
    if (grown.slots == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < scan->slots_count; i++)
        if (scan->slots[i].hash != 0)
            *slot_of(&grown, scan->slots[i].hash) = scan->slots[i];
    free(scan->slots);
    scan->slots = grown.slots;
    scan->slots_count = grown.slots_count;
    return ROND_OK;
}

// What was not there the last time is kept as it is seen, as far as there is room: it is looked at next.
static struct stored_contribution *see(struct scan *scan, const struct stored_contribution *contribution) {
    struct bytes copy;
    if (contribution->row <= scan->known_last_row ||
        !arena_copy(&scan->seen, bytes_of(contribution, sizeof *contribution), &copy))
        return NULL;
    return (struct stored_contribution *)(uintptr_t)copy.data;
}

static enum rond_err place_add(struct scan *scan, const struct stored_contribution *contribution, uint64_t hash) {
    const struct place place = {contribution->row, hash, see(scan, contribution)};
    return buffer_append(&scan->places, bytes_of(&place, sizeof place));
}

// Of the report itself nothing changes but by what people decide (open_actions_decided).
static uint64_t contents_of(const struct stored_contribution *contribution) {
    const struct contribution *value = &contribution->value;
    uint64_t hash = contribution->row * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 29 ^ (uint64_t)value->reason << 8 ^ value->finding_state) * UINT64_C(0xBF58476D1CE4E5B9);
    return hash ^ hash >> 32;
}

// A place is found by its unsafe looks: one that was only ever safe is not open.
static enum rond_err contribution_take(struct scan *scan, const struct stored_contribution *contribution) {
    const struct contribution *value = &contribution->value;
    enum rond_err err = slots_make_room(scan);
    if (err != ROND_OK)
        return err;
    uint64_t hash = bucket_hash(value->bucket);
    struct slot *slot = slot_of(scan, hash);
    scan->slots_used += slot->hash == 0;
    slot->has_several = slot->hash != 0;
    slot->hash = hash;
    slot->contents += contents_of(contribution);
    if (slot->is_place || value->reason != REASON_COUNTED || value->finding_state != ROND__V1__SAFETY__SAFETY_UNSAFE)
        return ROND_OK;
    slot->is_place = true;
    return place_add(scan, contribution, hash);
}

static enum rond_err page_take(struct scan *scan, uint64_t *row, size_t *ret_count) {
    struct stored_contribution *contributions = NULL;
    struct store *store = scan->store;
    size_t count = 0;
    arena_reset(&scan->arena);
    enum rond_err err = store->views->contributions(store, scan->commitment->number, *row, READ_PAGE_ROWS, &scan->arena,
                                                    &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        err = contribution_take(scan, &contributions[i]);
        *row = contributions[i].row;
    }
    *ret_count = count;
    return err;
}

static enum rond_err place_take(struct scan *scan, const struct place *place) {
    const struct slot *slot = slot_of(scan, place->bucket_hash);
    struct known_place now = {.commitment = scan->commitment->number,
                              .row = place->row,
                              .bucket_hash = place->bucket_hash,
                              .contents = slot->contents};
    const struct known_place *known = known_find(scan, &now);
    bool holds = true;
    enum rond_err err = ROND_OK;
    if (known != NULL)
        now = *known;
    else
        err = look_at(scan, slot->has_several ? NULL : place->seen, &now, &holds);
    if (err == ROND_OK && holds)
        known_keep(scan->known, &now);
    if (err == ROND_OK && now.is_listed)
        list(scan, &now);
    return err;
}

static enum rond_err source_find(struct store *store, const struct open_source *source, struct open_actions *actions,
                                 struct known_places *known) {
    struct scan scan = {.store = store, .commitment = source->commitment, .actions = actions, .known = known};
    uint64_t row = 0;
    size_t count = 1;
    enum rond_err err = ROND_OK;
    arena_init(&scan.arena, READ_ARENA_BYTES_MAX);
    arena_init(&scan.seen, SEEN_BYTES_MAX);
    buffer_init(&scan.places, SIZE_MAX);
    known_begin(&scan);
    while (err == ROND_OK && count > 0)
        err = page_take(&scan, &row, &count);
    const struct place *places = (const struct place *)(const void *)scan.places.data;
    for (size_t i = 0; i < scan.places.size / sizeof *places && err == ROND_OK; i++)
        err = place_take(&scan, &places[i]);
    arena_deinit(&scan.arena);
    arena_deinit(&scan.seen);
    free(scan.slots);
    buffer_deinit(&scan.places);
    return err;
}

static enum rond_err names_find(struct store *store, struct open_actions *actions) {
    struct arena arena;
    enum rond_err err = ROND_OK;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    for (size_t i = 0; i < actions->count && err == ROND_OK; i++) {
        struct open_action *action = &actions->actions[i];
        const char *bucket = "";
        arena_reset(&arena);
        err = bucket_of(store, action->commitment->number, action->row, action->bucket_hash, &arena, &bucket);
        snprintf(action->bucket, sizeof action->bucket, "%s", bucket);
    }
    arena_deinit(&arena);
    return err;
}

enum rond_err open_actions_find(struct store *store, struct open_actions *actions, struct known_places *places) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < actions->sources_count && err == ROND_OK; i++)
        err = source_find(store, &actions->sources[i], actions, places);
    return err == ROND_OK ? names_find(store, actions) : err;
}
