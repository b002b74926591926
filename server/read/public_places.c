#include "read/public_places.h"

#include <stdio.h>
#include <string.h>

#include "read/small_counts.h"

enum { WINDOW_PLACES_MAX = 64 };

// ---- Names ----

static json_t *name_of(const struct catalogue *catalogue, const char *place) {
    const Rond__V1__Place *known = catalogue_place(catalogue, place);
    return read_text(known == NULL || known->name[0] == '\0' ? place : known->name);
}

static json_t *place_json(const struct catalogue *catalogue, const char *place) {
    json_t *object = json_object();
    return read_whole(object,
                      read_add(object, "place", read_text(place)) && read_add(object, "name", name_of(catalogue, place)));
}

struct naming {
    const struct catalogue *catalogue;
    json_t *list;
    bool failed;
};

static void name(struct naming *naming, const char *place) {
    for (size_t i = 0; i < json_array_size(naming->list); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(naming->list, i), "place")), place) == 0)
            return;
    naming->failed |= json_array_append_new(naming->list, place_json(naming->catalogue, place)) != 0;
}

static void name_all(struct naming *naming, char *const *places, size_t count) {
    for (size_t i = 0; i < count; i++)
        name(naming, places[i]);
}

json_t *public_places_named(const struct catalogue *catalogue, const struct commitment *commitment) {
    const Rond__V1__Commitment *definition = commitment->definition;
    struct naming naming = {.catalogue = catalogue, .list = json_array()};
    name_all(&naming, definition->among_places, definition->n_among_places);
    if (definition->filter != NULL)
        name_all(&naming, definition->filter->places, definition->filter->n_places);
    for (size_t i = 0; i < definition->n_parts; i++)
        name_all(&naming, definition->parts[i]->places, definition->parts[i]->n_places);
    for (size_t i = 0; i < definition->n_windows; i++)
        name(&naming, definition->windows[i]->place);
    return read_whole(naming.list, !naming.failed);
}

// ---- Windows by place ----

struct kept {
    const char *places[WINDOW_PLACES_MAX];
    int64_t counts[WINDOW_PLACES_MAX];
    size_t count;
};

static int64_t window_kept(size_t index, const struct period_total *totals, size_t count) {
    char period[PERIOD_SIZE];
    int64_t kept = 0;
    snprintf(period, sizeof period, "w%u", (unsigned)index);
    for (size_t i = 0; i < count; i++)
        if (strcmp(totals[i].period, period) == 0)
            kept += totals[i].tally.windows_met;
    return kept;
}

static bool kept_add(struct kept *kept, const char *place, int64_t count) {
    size_t at = 0;
    while (at < kept->count && strcmp(kept->places[at], place) != 0)
        at++;
    if (at == WINDOW_PLACES_MAX)
        return false;
    if (at == kept->count) {
        kept->places[kept->count++] = place;
        kept->counts[at] = 0;
    }
    kept->counts[at] += count;
    return true;
}

static json_t *kept_json(const struct catalogue *catalogue, const struct kept *kept) {
    bool hidden[WINDOW_PLACES_MAX];
    json_t *list = json_array();
    small_counts_hide(kept->counts, kept->count, hidden);
    for (size_t i = 0; i < kept->count; i++) {
        json_t *object = place_json(catalogue, kept->places[i]);
        bool added = read_add(object, "kept", hidden[i] ? json_null() : json_integer(kept->counts[i]));
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

// What has more places than we can hold is not broken down: a part of a breakdown would mislead.
json_t *public_places_kept(const struct catalogue *catalogue, const struct commitment *commitment,
                           const struct period_total *totals, size_t count) {
    const Rond__V1__Commitment *definition = commitment->definition;
    struct kept kept = {.count = 0};
    if (definition->measure != ROND__V1__MEASURE__MEASURE_PRESENCE)
        return json_null();
    for (size_t i = 0; i < definition->n_windows; i++)
        if (!kept_add(&kept, definition->windows[i]->place, window_kept(i, totals, count)))
            return json_null();
    return kept.count < 2 ? json_null() : kept_json(catalogue, &kept);
}

// ---- About where ----

// To the nearest step, halves away from nought, in hundredths.
static json_int_t about_e2(int32_t exact_e6, int32_t step_e6) {
    int64_t half = exact_e6 < 0 ? -(step_e6 / 2) : step_e6 / 2;
    return (json_int_t)((exact_e6 + half) / step_e6 * (step_e6 / 10000));
}

json_t *public_place_about(const struct catalogue *catalogue, const char *place) {
    const Rond__V1__Place *known = catalogue_place(catalogue, place);
    if (known == NULL)
        return json_null();
    json_t *object = place_json(catalogue, place);
    bool added = read_add(object, "longitude_e2", json_integer(about_e2(known->longitude_e6, PUBLIC_LONGITUDE_STEP_E6))) &&
                 read_add(object, "latitude_e2", json_integer(about_e2(known->latitude_e6, PUBLIC_LATITUDE_STEP_E6)));
    return read_whole(object, added);
}
