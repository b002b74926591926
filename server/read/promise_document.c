#include "read/promise_document.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "promise/promise_file.h"
#include "read/promise_json.h"
#include "read/rows.h"
#include "wire/codec.h"

// Only what says something stands in the file.
static bool add_text(json_t *object, const char *name, const char *text) {
    return text[0] == '\0' || read_add(object, name, read_text(text));
}

static bool add_texts(json_t *object, const char *name, char *const *texts, size_t count) {
    return count == 0 || read_add(object, name, read_texts(texts, count));
}

static bool add_flag(json_t *object, const char *name, bool flag) {
    return !flag || read_add(object, name, json_true());
}

static bool add_list(json_t *object, const char *name, json_t *take_list) {
    if (take_list != NULL && json_array_size(take_list) == 0) {
        json_decref(take_list);
        return true;
    }
    return read_add(object, name, take_list);
}

static bool list_add(json_t *list, json_t *take_value) {
    return take_value != NULL && json_array_append_new(list, take_value) == 0;
}

// ---- What counts ----

static bool add_kind(json_t *object, Rond__V1__Kind kind) {
    return kind == ROND__V1__KIND__KIND_UNSPECIFIED || read_add(object, "kind", json_string(kind_name(kind)));
}

static json_t *where_document(const Rond__V1__Filter *filter) {
    json_t *where = json_object();
    bool added = where != NULL;
    for (size_t i = 0; i < filter->n_where && added; i++)
        added = read_add(where, filter->where[i]->field, read_texts(filter->where[i]->any_of, filter->where[i]->n_any_of));
    return read_whole(where, added);
}

static bool add_filter(json_t *object, const Rond__V1__Filter *filter, bool kind_is_implied) {
    return (kind_is_implied || add_kind(object, filter->kind)) && add_text(object, "of", filter->of) &&
           add_text(object, "form", filter->form) && add_texts(object, "items", filter->items, filter->n_items) &&
           add_flag(object, "information", filter->information) && add_text(object, "with", filter->with) &&
           add_texts(object, "places", filter->places, filter->n_places) &&
           (filter->n_where == 0 || read_add(object, "where", where_document(filter)));
}

static json_t *parts_document(const Rond__V1__Commitment *commitment) {
    json_t *list = json_array();
    bool added = list != NULL;
    for (size_t i = 0; i < commitment->n_parts && added; i++) {
        json_t *part = json_object();
        added = list_add(list, read_whole(part, add_filter(part, commitment->parts[i], false)));
    }
    return read_whole(list, added);
}

// ---- When ----

static json_t *time_document(uint32_t minute) {
    return json_sprintf("%02u:%02u", minute / 60, minute % 60);
}

static json_t *window_document(const Rond__V1__Window *window) {
    json_t *object = json_object();
    bool added = add_text(object, "place", window->place) && read_add(object, "days", read_weekdays(window->weekdays)) &&
                 read_add(object, "from", time_document(window->from_minute)) &&
                 read_add(object, "to", time_document(window->to_minute)) &&
                 read_add(object, "minutes", json_integer(window->minutes));
    return read_whole(object, added);
}

static json_t *windows_document(const Rond__V1__Commitment *commitment) {
    json_t *list = json_array();
    bool added = list != NULL;
    for (size_t i = 0; i < commitment->n_windows && added; i++)
        added = list_add(list, window_document(commitment->windows[i]));
    return read_whole(list, added);
}

static json_t *span_document(const char *from, const char *to) {
    json_t *object = json_object();
    return read_whole(object, add_text(object, "from", from) && add_text(object, "to", to));
}

// ---- A commitment ----

static bool add_measure(json_t *object, const Rond__V1__Commitment *one) {
    return read_add(object, "measure", read_measure(one->measure)) &&
           (one->target == 0 || read_add(object, "target", json_integer((json_int_t)one->target))) &&
           (one->per == ROND__V1__PER__PER_UNSPECIFIED || read_add(object, "per", read_per(one->per))) &&
           (!one->about || read_add(object, "tolerance", json_string("about")));
}

static json_t *commitment_document(const Rond__V1__Commitment *one) {
    json_t *object = json_object();
    bool implied =
        one->measure == ROND__V1__MEASURE__MEASURE_PRESENCE || one->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED;
    bool added =
        add_text(object, "id", one->id) && add_text(object, "title_sv", one->title_sv) &&
        add_text(object, "title_en", one->title_en) && add_measure(object, one) &&
        (one->filter == NULL || add_filter(object, one->filter, implied)) &&
        (one->season_from[0] == '\0' || read_add(object, "season", span_document(one->season_from, one->season_to))) &&
        add_texts(object, "with_all", one->required_organisations, one->n_required_organisations) &&
        add_list(object, "consists_of", parts_document(one)) && add_flag(object, "joint", one->joint) &&
        add_texts(object, "roles", one->roles, one->n_roles) && add_list(object, "windows", windows_document(one)) &&
        add_text(object, "follows", one->follows) && add_text(object, "owner", one->owner) &&
        add_texts(object, "among_places", one->among_places, one->n_among_places);
    return read_whole(object, added);
}

static json_t *commitments_document(const Rond__V1__Promise *promise) {
    json_t *list = json_array();
    bool added = list != NULL;
    for (size_t i = 0; i < promise->n_commitments && added; i++)
        added = list_add(list, commitment_document(promise->commitments[i]));
    return read_whole(list, added);
}

// ---- The promise ----

// read/promise_json.h says the steps as the file does.
static bool add_steps(json_t *object, const Rond__V1__Promise *promise) {
    json_t *all = promise_json(promise);
    json_t *life = json_object_get(all, "states"), *phases = json_object_get(all, "phases");
    bool added =
        all != NULL && add_list(object, "life", json_incref(life)) && add_list(object, "phases", json_incref(phases));
    json_decref(all);
    return added;
}

json_t *promise_document(const Rond__V1__Promise *promise) {
    json_t *object = json_object();
    bool added = add_text(object, "id", promise->id) && add_text(object, "title_sv", promise->title_sv) &&
                 add_text(object, "title_en", promise->title_en) &&
                 read_add(object, "period", span_document(promise->from, promise->to)) &&
                 add_texts(object, "sources", promise->sources, promise->n_sources) &&
                 read_add(object, "parties", read_texts(promise->parties, promise->n_parties)) &&
                 add_steps(object, promise) && read_add(object, "commitments", commitments_document(promise));
    return read_whole(object, added);
}

// ---- The file around it ----

struct named {
    const struct catalogue *catalogue;
    const char *area;
    json_t *seen; // texts that were looked up
    json_t *organisations, *places, *terms;
    bool is_starved;
};

static json_t *organisation_document(const Rond__V1__Organisation *one) {
    return json_pack("{s:s,s:s,s:s}", "id", one->id, "name", one->name, "kind", one->kind);
}

static json_t *place_document(const Rond__V1__Place *one) {
    return json_pack("{s:s,s:s,s:f,s:f,s:I}", "id", one->id, "name", one->name, "lat", one->latitude_e6 / 1e6, "lon",
                     one->longitude_e6 / 1e6, "radius_m", (json_int_t)one->radius_m);
}

static json_t *term_document(const Rond__V1__Term *one) {
    json_t *object = json_object();
    bool added = add_text(object, "list", one->list) && add_text(object, "id", one->id) &&
                 add_text(object, "name_sv", one->name_sv) && add_text(object, "name_en", one->name_en) &&
                 add_texts(object, "corrects", one->corrects, one->n_corrects);
    return read_whole(object, added);
}

static void note(struct named *named, json_t *list, json_t *take_value) {
    named->is_starved = !list_add(list, take_value) || named->is_starved;
}

static void name(struct named *named, const char *text);

static void name_term(struct named *named, const char *list, const char *text) {
    const Rond__V1__Term *term = catalogue_term(named->catalogue, list, text);
    if (term == NULL)
        return;
    note(named, named->terms, term_document(term));
    for (size_t i = 0; i < term->n_corrects; i++)
        name(named, term->corrects[i]);
}

// Whatever bears this id. What is named by chance does no harm: it stands in the file as it is.
static void name(struct named *named, const char *text) {
    static const char *const lists[] = {"role", "check", "item", "inventory", "initiative", "counterpart", "form"};
    if (json_object_get(named->seen, text) != NULL)
        return;
    named->is_starved = json_object_set_new(named->seen, text, json_true()) != 0 || named->is_starved;
    const Rond__V1__Organisation *organisation = catalogue_organisation(named->catalogue, text);
    const Rond__V1__Place *place = catalogue_place(named->catalogue, text);
    if (organisation != NULL)
        note(named, named->organisations, organisation_document(organisation));
    if (place != NULL && strcmp(place->area, named->area) == 0) // or an import would move it here
        note(named, named->places, place_document(place));
    for (size_t i = 0; i < ARRAY_COUNT(lists); i++)
        name_term(named, lists[i], text);
}

static void name_all(struct named *named, json_t *value) {
    const char *key;
    json_t *member;
    if (json_is_string(value))
        name(named, json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        name_all(named, json_array_get(value, i));
    json_object_foreach(value, key, member) {
        name_all(named, member);
    }
}

// An import puts these whatever the file names: their names must stand in it, or it would give them back their first ones.
static void name_known(struct named *named) {
    const char *word;
    for (size_t i = 0; (word = promise_file_known_word(i)) != NULL; i++)
        name(named, word);
}

json_t *promise_document_file(json_t *promise, const char *area, const struct catalogue *catalogue) {
    const Rond__V1__Area *found = catalogue_area(catalogue, area);
    if (found == NULL)
        return NULL;
    struct named named = {catalogue, area, json_object(), json_array(), json_array(), json_array(), false};
    name_all(&named, promise);
    name_known(&named);
    json_t *file = json_pack("{s:{s:s,s:s,s:s},s:o,s:o,s:o,s:[O]}", "area", "id", found->id, "name", found->name, "timezone",
                             found->time_zone, "organisations", named.organisations, "places", named.places, "terms",
                             named.terms, "promises", promise);
    json_decref(named.seen);
    return read_whole(file, !named.is_starved);
}
