#include "read/unsafe_places.h"

#include <stdlib.h>
#include <string.h>

#include "read/open_actions.h"

static json_t *text_or_null(const char *text) {
    return text[0] == '\0' ? json_null() : read_text(text);
}

static bool add_ground(json_t *object, const struct catalogue *catalogue, const char *id) {
    const Rond__V1__Place *place = id[0] == '\0' ? NULL : catalogue_place(catalogue, id);
    bool is_known = place != NULL && (place->latitude_e6 != 0 || place->longitude_e6 != 0);
    return read_add(object, "latitude_e6", is_known ? json_integer(place->latitude_e6) : json_null()) &&
           read_add(object, "longitude_e6", is_known ? json_integer(place->longitude_e6) : json_null());
}

static bool is_overdue(const struct catalogue *catalogue, const char *area, const char *due, int64_t now_s) {
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(catalogue, area);
    struct local_time now = {.day = (day_t)(now_s / 86400)};
    day_t day;
    if (zone != NULL)
        zone_local(zone, now_s, &now);
    return day_parse(due, &day) && day < now.day;
}

static json_t *place_json(const struct catalogue *catalogue, const char *area, const Rond__V1__OpenAction *action,
                          int64_t now_s) {
    struct report_key key;
    json_t *object = json_object();
    bool added = report_key_from_identity(action->report, &key) == ROND_OK && read_add(object, "area", read_text(area)) &&
                 read_add(object, "commitment", read_text(action->commitment)) &&
                 read_add(object, "reference", read_reference_text(&key)) &&
                 read_add(object, "place", text_or_null(action->place)) && add_ground(object, catalogue, action->place) &&
                 read_add(object, "responsible", text_or_null(action->responsible)) &&
                 read_add(object, "due", text_or_null(action->due)) &&
                 read_add(object, "overdue", json_boolean(is_overdue(catalogue, area, action->due, now_s))) &&
                 read_add_s(object, "found", action->found_s);
    return read_whole(object, added);
}

static enum rond_err weigh(struct store *store, const struct catalogue *catalogue, const char *area, struct arena *arena,
                           struct open_actions *actions) {
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(catalogue, area, &count);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct period_total *totals = NULL;
        struct tally sum = {0};
        size_t totals_count = 0;
        if (commitments[i]->definition->measure != ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED)
            continue;
        err = store->views->totals(store, commitments[i]->number, arena, &totals, &totals_count);
        for (size_t k = 0; k < totals_count && err == ROND_OK; k++)
            tally_add(&sum, &totals[k].tally);
        if (err == ROND_OK)
            err = open_actions_weigh(store, commitments[i], &sum, actions);
    }
    return err;
}

static enum rond_err area_give(struct store *store, const struct catalogue *catalogue, const char *area, int64_t now_s,
                               const struct read_rows *rows) {
    struct open_actions *actions = calloc(1, sizeof *actions);
    Rond__V1__OpenAction **messages = NULL;
    struct arena arena;
    size_t count = 0;
    if (actions == NULL)
        return ROND_ENOMEM;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = weigh(store, catalogue, area, &arena, actions);
    if (err == ROND_OK)
        err = open_actions_find(store, actions);
    if (err == ROND_OK)
        err = open_actions_make(store, catalogue, actions, SIZE_MAX, &arena, &messages, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = read_rows_give(rows, place_json(catalogue, area, messages[i], now_s));
    arena_deinit(&arena);
    free(actions);
    return err;
}

enum rond_err read_unsafe_places(struct store *store, const struct catalogue *catalogue, const char *area, int64_t now_s,
                                 const struct read_rows *rows) {
    size_t count = 0;
    const Rond__V1__ReferenceEntry *const *areas = catalogue_areas(catalogue, &count);
    bool is_one = area != NULL && area[0] != '\0';
    if (is_one && catalogue_area(catalogue, area) == NULL)
        return ROND_ENOTFOUND;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    if (is_one)
        err = area_give(store, catalogue, area, now_s, rows);
    for (size_t i = 0; i < count && !is_one && err == ROND_OK; i++)
        err = area_give(store, catalogue, areas[i]->id, now_s, rows);
    read_end(store);
    return err;
}
