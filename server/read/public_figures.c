#include "read/public_figures.h"

#include <string.h>

#include "read/promise_json.h"
#include "read/public_places.h"
#include "read/sureness.h"

enum { DAY_S = 24 * 3600 };

struct figuring {
    struct store *store;
    const struct catalogue *catalogue;
    int64_t now_s;
    struct sureness sureness; // of the area that is gone through
    json_t *list;
};

day_t public_week(int64_t now_s) {
    day_t day = (day_t)(now_s / DAY_S);
    return day - day_weekday(day);
}

// ---- One commitment ----

static json_t *title_or_null(const char *title) {
    return title[0] == '\0' ? json_null() : read_text(title);
}

static bool add_definition(json_t *object, const struct commitment *commitment) {
    const Rond__V1__Commitment *definition = commitment->definition;
    return read_add(object, "commitment", read_commitment_path(commitment->promise, definition)) &&
           read_add(object, "title_sv", read_text(definition->title_sv)) &&
           read_add(object, "title_en", title_or_null(definition->title_en)) &&
           read_add(object, "measure", read_measure(definition->measure)) &&
           read_add(object, "per", read_per(definition->per)) && read_add(object, "about", json_boolean(definition->about));
}

static bool add_progress(json_t *object, const struct progress *progress, const struct silence *silence) {
    const char *status = sureness_status(progress->status, (size_t)silence->silent);
    return read_add(object, "done", json_integer(progress->done)) &&
           read_add(object, "target", json_integer(progress->target)) &&
           read_add(object, "target_whole", json_integer(progress->target_whole)) &&
           read_add(object, "status", json_string(status)) &&
           read_add(object, "status_by_reports", json_string(progress_status_name(progress->status))) &&
           read_add(object, "summary_sv", read_text(progress->summary_sv)) &&
           read_add(object, "summary_en", read_text(progress->summary_en)) &&
           read_add(object, "devices", json_integer(silence->devices)) &&
           read_add(object, "silent", json_integer(silence->silent));
}

static json_t *commitment_made(const struct figuring *figuring, const struct commitment *commitment,
                               const struct period_total *totals, size_t count) {
    struct progress progress;
    struct silence silence;
    json_t *object = json_object();
    progress_at(commitment, totals, count, figuring->now_s, &progress);
    sureness_silence(&figuring->sureness, commitment, sureness_end_ms(commitment), NULL, &silence);
    bool added = add_definition(object, commitment) && add_progress(object, &progress, &silence) &&
                 read_add(object, "places", public_places_named(figuring->catalogue, commitment)) &&
                 read_add(object, "kept_by_place", public_places_kept(figuring->catalogue, commitment, totals, count));
    return read_whole(object, added);
}

static enum rond_err commitment_add(struct figuring *figuring, const struct commitment *commitment, json_t *list) {
    struct arena arena;
    struct period_total *totals = NULL;
    size_t count = 0;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = figuring->store->views->totals(figuring->store, commitment->number, &arena, &totals, &count);
    if (err == ROND_OK && json_array_append_new(list, commitment_made(figuring, commitment, totals, count)) != 0)
        err = ROND_ENOMEM;
    arena_deinit(&arena);
    return err;
}

// ---- One promise ----

static json_t *named(const char *id, const char *name) {
    json_t *object = json_object();
    bool added = read_add(object, "id", read_text(id)) &&
                 read_add(object, "name", read_text(name == NULL || name[0] == '\0' ? id : name));
    return read_whole(object, added);
}

static json_t *parties_json(const struct catalogue *catalogue, const Rond__V1__Promise *promise) {
    json_t *list = json_array();
    for (size_t i = 0; i < promise->n_parties; i++) {
        const Rond__V1__Organisation *known = catalogue_organisation(catalogue, promise->parties[i]);
        if (json_array_append_new(list, named(promise->parties[i], known == NULL ? NULL : known->name)) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *promise_head(const struct figuring *figuring, const Rond__V1__Promise *promise, const char *today) {
    const Rond__V1__Area *area = catalogue_area(figuring->catalogue, promise->area);
    json_t *object = json_object();
    bool added = read_add(object, "promise", read_text(promise->id)) &&
                 read_add(object, "title_sv", read_text(promise->title_sv)) &&
                 read_add(object, "title_en", title_or_null(promise->title_en)) &&
                 read_add(object, "area", named(promise->area, area == NULL ? NULL : area->name)) &&
                 read_add(object, "from", read_text(promise->from)) && read_add(object, "to", read_text(promise->to)) &&
                 read_add(object, "phase", read_phase(promise, today)) &&
                 read_add(object, "version", json_integer(promise->version > 0 ? promise->version : 1)) &&
                 read_add(object, "sources", read_texts(promise->sources, promise->n_sources)) &&
                 read_add(object, "parties", parties_json(figuring->catalogue, promise)) &&
                 read_add(object, "places", json_array()) && read_add(object, "commitments", json_array());
    return read_whole(object, added);
}

static bool is_public(const struct commitment *commitment, const char *today) {
    const char *life = read_life_name(commitment->promise, today);
    json_t *phase = read_phase(commitment->promise, today);
    const char *phase_name = json_string_value(phase);
    bool acts = phase_name != NULL && (strcmp(phase_name, "act") == 0 || strcmp(phase_name, "follow_up") == 0);
    json_decref(phase);
    return acts && life != NULL &&
           (strcmp(life, "active") == 0 || strcmp(life, "followed_up") == 0 || strcmp(life, "closed") == 0);
}

static bool has_place(const json_t *places, const char *id) {
    for (size_t i = 0; i < json_array_size(places); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(places, i), "place")), id) == 0)
            return true;
    return false;
}

// Of its commitments, each once; what is not in the catalogue has no position.
static bool places_gather(const struct catalogue *catalogue, json_t *promise) {
    json_t *places = json_object_get(promise, "places"), *commitments = json_object_get(promise, "commitments");
    for (size_t i = 0; i < json_array_size(commitments); i++) {
        const json_t *mine = json_object_get(json_array_get(commitments, i), "places");
        for (size_t j = 0; j < json_array_size(mine); j++) {
            const char *id = json_string_value(json_object_get(json_array_get(mine, j), "place"));
            json_t *about = has_place(places, id) ? NULL : public_place_about(catalogue, id);
            if (about != NULL && !json_is_null(about) && json_array_append_new(places, about) != 0)
                return false;
        }
    }
    return true;
}

static void today_of(const struct commitment *commitment, int64_t now_s, char ret_today[DATE_TEXT_SIZE]) {
    struct local_time now;
    zone_local(commitment->zone, now_s, &now);
    day_format(now.day, ret_today);
}

// The commitments of one promise follow each other.
static enum rond_err promise_add(struct figuring *figuring, const struct commitment *const *commitments, size_t count) {
    char today[DATE_TEXT_SIZE];
    today_of(commitments[0], figuring->now_s, today);
    if (!is_public(commitments[0], today))
        return ROND_OK;
    json_t *promise = promise_head(figuring, commitments[0]->promise, today);
    if (json_array_append_new(figuring->list, promise) != 0)
        return ROND_ENOMEM;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = commitment_add(figuring, commitments[i], json_object_get(promise, "commitments"));
    return err != ROND_OK || places_gather(figuring->catalogue, promise) ? err : ROND_ENOMEM;
}

static enum rond_err area_add(struct figuring *figuring, const char *area) {
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(figuring->catalogue, area, &count);
    if (count == 0)
        return ROND_OK;
    enum rond_err err = sureness_read(figuring->store, area, figuring->now_s * 1000, &figuring->sureness);
    for (size_t i = 0, next; i < count && err == ROND_OK; i = next) {
        for (next = i + 1; next < count && commitments[next]->promise == commitments[i]->promise;)
            next++;
        err = promise_add(figuring, commitments + i, next - i);
    }
    sureness_deinit(&figuring->sureness);
    return err;
}

enum rond_err public_figures_read(struct store *store, const struct catalogue *catalogue, int64_t now_s, json_t **ret_list) {
    struct figuring figuring = {.store = store, .catalogue = catalogue, .now_s = now_s, .list = json_array()};
    size_t count = 0;
    const Rond__V1__ReferenceEntry *const *areas = catalogue_areas(catalogue, &count);
    enum rond_err err = figuring.list == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = area_add(&figuring, areas[i]->id);
    if (err == ROND_OK)
        *ret_list = figuring.list;
    else
        json_decref(figuring.list);
    return err;
}
