#include "read/walk_place.h"

#include <string.h>

#include "read/promise_json.h"
#include "wire/personal_data.h"

// ---- How it stands ----

struct looks {
    struct tally value;
    int64_t latest_s;
    uint64_t latest_row, last_row, unsafe_row;
};

static enum rond_err looks_read(const struct commitment *commitment, const struct bucket_contents *contents,
                                struct arena *arena, struct looks *ret_looks) {
    struct contribution *values = arena_array(arena, contents->count + 1, sizeof *values);
    struct looks looks = {.latest_s = INT64_MIN};
    enum counting_reason reason;
    if (values == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < contents->count; i++) {
        const struct stored_contribution *look = &contents->contributions[i];
        bool is_unsafe = look->value.finding_state == ROND__V1__SAFETY__SAFETY_UNSAFE;
        values[i] = look->value;
        if (look->value.to_s > looks.latest_s || (look->value.to_s == looks.latest_s && is_unsafe)) {
            looks.latest_s = look->value.to_s;
            looks.latest_row = look->row;
        }
        if (is_unsafe && (looks.unsafe_row == 0 || look->row < looks.unsafe_row))
            looks.unsafe_row = look->row;
        looks.last_row = look->row > looks.last_row ? look->row : looks.last_row;
    }
    bucket_value(commitment, values, contents->count, &looks.value, &reason);
    *ret_looks = looks;
    return ROND_OK;
}

static bool is_past(const struct commitment *commitment, const char *due, int64_t now_s) {
    struct local_time now;
    char today[DATE_TEXT_SIZE];
    zone_local(commitment->zone, now_s, &now);
    day_format(now.day, today);
    return due[0] != '\0' && strcmp(due, today) < 0;
}

static const char *text_of(const struct walk_place *place, enum action_field field) {
    static const Rond__V1__Finding nothing = ROND__V1__FINDING__INIT;
    const Rond__V1__Finding *content = place->look.content != NULL ? place->look.content : &nothing;
    const char *said = field == ACTION_RESPONSIBLE ? content->responsible
                       : field == ACTION_PROMISED  ? content->promised_action
                                                   : content->due;
    return action_state_text(&place->state, field, said);
}

enum rond_err walk_place_read(struct store *store, const struct commitment *commitment, const char *bucket, int64_t now_s,
                              struct arena *arena, struct walk_place *ret_place) {
    const struct bucket_key key = {.commitment = commitment->number, .bucket = bucket};
    struct walk_place place = {.commitment = commitment};
    struct bucket_contents contents;
    struct looks looks;
    enum rond_err err = store->views->bucket(store, &key, arena, &contents);
    if (err == ROND_OK)
        err = looks_read(commitment, &contents, arena, &looks);
    if (err == ROND_OK)
        err = first_look_find(store, bucket, &contents, arena, &place.look);
    if (err == ROND_OK)
        err = action_state_read(store, &place.look.key, place.look.finding, arena, &place.state);
    if (err == ROND_OK)
        err = store->views->report(store, looks.latest_row, arena, &place.latest);
    if (err != ROND_OK)
        return err;
    place.looks = contents.count;
    place.unsafe_row = looks.unsafe_row;
    place.status = looks.value.actions_closed > 0                      ? WALK_SAFE
                   : action_state_closed(&place.state, looks.latest_s) ? WALK_CLOSED
                                                                       : WALK_OPEN;
    place.is_overdue = place.status == WALK_OPEN && is_past(commitment, text_of(&place, ACTION_DUE), now_s);
    place.version = arena_printf(arena, "%zu.%zu.%zu.%llu.%llu", place.state.count, place.state.undone_count, contents.count,
                                 (unsigned long long)looks.last_row, (unsigned long long)looks.latest_row);
    *ret_place = place;
    return place.version == NULL ? ROND_ENOMEM : ROND_OK;
}

// The finding's id in a bucket's name (counting/match.h), which holds none of these before it.
static const char *finding_of(const char *bucket) {
    for (int i = 0; i < 3 && bucket != NULL; i++) {
        const char *mark = strchr(bucket, ':');
        bucket = mark == NULL ? NULL : mark + 1;
    }
    return bucket == NULL ? "" : bucket;
}

enum rond_err walk_place_find(struct store *store, const struct catalogue *catalogue, const struct stored_report *walk,
                              const char *finding, int64_t now_s, struct arena *arena, struct walk_place *ret_place) {
    struct stored_contribution *contributions = NULL;
    size_t count = 0;
    enum rond_err err = store->views->contributions_of_row(store, walk->row, arena, &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        const struct commitment *commitment = catalogue_commitment(catalogue, contributions[i].commitment);
        const struct contribution *value = &contributions[i].value;
        if (commitment == NULL || value->reason != REASON_COUNTED || strncmp(value->bucket, "f:", 2) != 0 ||
            strcmp(finding_of(value->bucket), finding) != 0)
            continue;
        struct walk_place place;
        err = walk_place_read(store, commitment, value->bucket, now_s, arena, &place);
        // A re-walk may have given its finding the id that the first look had.
        if (err == ROND_OK && place.look.report.row == walk->row) {
            *ret_place = place;
            return ROND_OK;
        }
        err = err == ROND_ENOTFOUND ? ROND_OK : err;
    }
    return err == ROND_OK ? ROND_ENOTFOUND : err;
}

// ---- As JSON ----

static json_t *text_or_null(const char *text) {
    return text == NULL || text[0] == '\0' ? json_null() : read_text(text);
}

// What seems to hold personal data is held back, as on its way to the devices (read/open_actions.c).
static json_t *free_or_null(const char *text, bool *withheld) {
    if (text == NULL || personal_data_kinds(bytes_of_text(text)) == 0)
        return text_or_null(text);
    *withheld = true;
    return json_null();
}

static json_t *decision_json(const struct decision *decision, bool *withheld) {
    json_t *object = json_object();
    bool added = read_add(object, "decision", json_integer((json_int_t)decision->number)) &&
                 action_subject_add(object, decision->subject) &&
                 read_add(object, "value", free_or_null(decision->value, withheld)) &&
                 read_add_ms(object, "at", decision->at_ms) && read_add(object, "actor", read_text(decision->actor)) &&
                 read_add_ms_or_null(object, "undone", decision->undone_ms) &&
                 read_add(object, "undone_by", text_or_null(decision->undone_actor));
    return read_whole(object, added);
}

static json_t *decisions_json(const struct action_state *state, bool *withheld) {
    json_t *list = json_array();
    for (size_t i = 0; i < state->count; i++)
        if (json_array_append_new(list, decision_json(&state->decisions[i], withheld)) != 0)
            return read_whole(list, false);
    return list;
}

static bool add_names(json_t *object, const struct walk_place *place) {
    return read_add(object, "row", json_integer((json_int_t)place->unsafe_row)) &&
           read_add(object, "reference", read_reference_text(&place->look.report.key)) &&
           read_add(object, "finding", read_text(place->look.finding)) &&
           read_add(object, "area", read_text(place->commitment->promise->area)) &&
           read_add(object, "organisation", read_text(place->look.report.organisation)) &&
           read_add(object, "commitment", read_commitment_path(place->commitment->promise, place->commitment->definition)) &&
           read_add_s(object, "found", place->look.report.from_s) && read_add(object, "version", read_text(place->version));
}

static bool add_content(json_t *object, const struct walk_place *place, bool *withheld) {
    const Rond__V1__Finding *content = place->look.content;
    return read_add(object, "place", text_or_null(content == NULL ? NULL : content->place)) &&
           read_add(object, "place_text", free_or_null(content == NULL ? NULL : content->place_text, withheld)) &&
           read_add(object, "cause", free_or_null(content == NULL ? NULL : content->cause, withheld)) &&
           read_add(object, "responsible", text_or_null(text_of(place, ACTION_RESPONSIBLE))) &&
           read_add(object, "promised_action", free_or_null(text_of(place, ACTION_PROMISED), withheld)) &&
           read_add(object, "due", text_or_null(text_of(place, ACTION_DUE))) &&
           read_add(object, "erased", json_boolean(content == NULL));
}

static bool add_standing(json_t *object, const struct walk_place *place) {
    static const char *const statuses[] = {[WALK_OPEN] = "open", [WALK_SAFE] = "safe", [WALK_CLOSED] = "closed"};
    const struct decision *closed = place->state.standing[ACTION_CLOSED];
    bool is_closed = place->status == WALK_CLOSED;
    return read_add(object, "status", json_string(statuses[place->status])) &&
           read_add(object, "overdue", json_boolean(place->is_overdue)) &&
           read_add(object, "looks", json_integer((json_int_t)place->looks)) &&
           read_add_s(object, "latest", place->latest.from_s) &&
           read_add(object, "latest_reference", read_reference_text(&place->latest.key)) &&
           read_add(object, "closed_by", is_closed ? json_integer((json_int_t)closed->number) : json_null());
}

json_t *walk_place_json(const struct walk_place *place) {
    json_t *object = json_object();
    bool withheld = false;
    bool added = add_names(object, place) && add_content(object, place, &withheld) && add_standing(object, place) &&
                 read_add(object, "decisions", decisions_json(&place->state, &withheld)) &&
                 read_add(object, "withheld", json_boolean(withheld)) && read_add(object, "texts_shown", json_true());
    return read_whole(object, added);
}
