#include "read/promise_json.h"

#include <string.h>

#include "base/check.h"

static json_t *name_json(const char *const *names, size_t count, unsigned value) {
    return value < count && names[value] != NULL ? json_string(names[value]) : json_null();
}

json_t *read_measure(Rond__V1__Measure measure) {
    static const char *const names[] = {
        [ROND__V1__MEASURE__MEASURE_AT_LEAST] = "at_least",
        [ROND__V1__MEASURE__MEASURE_ONCE] = "once",
        [ROND__V1__MEASURE__MEASURE_RATE] = "rate",
        [ROND__V1__MEASURE__MEASURE_PRESENCE] = "presence",
        [ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED] = "actions_closed",
        [ROND__V1__MEASURE__MEASURE_UNQUANTIFIED] = "unquantified",
    };
    return name_json(names, ARRAY_COUNT(names), (unsigned)measure);
}

json_t *read_per(Rond__V1__Per per) {
    static const char *const names[] = {
        [ROND__V1__PER__PER_WEEK] = "week",
        [ROND__V1__PER__PER_MONTH] = "month",
        [ROND__V1__PER__PER_TERTIAL] = "tertial",
        [ROND__V1__PER__PER_QUARTER] = "quarter",
    };
    return name_json(names, ARRAY_COUNT(names), (unsigned)per);
}

static const char *const PHASES[] = {
    [ROND__V1__PHASE__PHASE_INITIATE] = "initiate", [ROND__V1__PHASE__PHASE_MAP] = "map",
    [ROND__V1__PHASE__PHASE_ANALYSE] = "analyse",   [ROND__V1__PHASE__PHASE_ACT] = "act",
    [ROND__V1__PHASE__PHASE_FOLLOW_UP] = "follow_up",
};

json_t *read_phase(const Rond__V1__Promise *promise, const char *day) {
    unsigned phase = promise->n_phases == 0 ? ROND__V1__PHASE__PHASE_ACT : ROND__V1__PHASE__PHASE_UNSPECIFIED;
    for (size_t i = 0; i < promise->n_phases; i++)
        if (day == NULL || strcmp(promise->phases[i]->entered, day) <= 0)
            phase = (unsigned)promise->phases[i]->phase;
    return name_json(PHASES, ARRAY_COUNT(PHASES), phase);
}

static const char *const LIVES[] = {
    [ROND__V1__LIFE__LIFE_DRAFT] = "draft",
    [ROND__V1__LIFE__LIFE_AGREED] = "agreed",
    [ROND__V1__LIFE__LIFE_ACTIVE] = "active",
    [ROND__V1__LIFE__LIFE_FOLLOWED_UP] = "followed_up",
    [ROND__V1__LIFE__LIFE_CLOSED] = "closed",
};

const char *read_life_name(const Rond__V1__Promise *promise, const char *day) {
    unsigned life = promise->n_lives == 0 ? ROND__V1__LIFE__LIFE_ACTIVE : ROND__V1__LIFE__LIFE_UNSPECIFIED;
    for (size_t i = 0; i < promise->n_lives; i++)
        if (day == NULL || strcmp(promise->lives[i]->entered, day) <= 0)
            life = (unsigned)promise->lives[i]->life;
    return life < ARRAY_COUNT(LIVES) ? LIVES[life] : NULL;
}

json_t *read_life(const Rond__V1__Promise *promise, const char *day) {
    const char *name = read_life_name(promise, day);
    return name != NULL ? json_string(name) : json_null();
}

static json_t *step_json(const char *name, json_t *take_step, const char *entered) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, name, take_step) && read_add(object, "entered", read_text(entered)));
}

static json_t *phases_json(const Rond__V1__Promise *promise) {
    json_t *list = json_array();
    for (size_t i = 0; i < promise->n_phases; i++) {
        json_t *phase = name_json(PHASES, ARRAY_COUNT(PHASES), (unsigned)promise->phases[i]->phase);
        if (json_array_append_new(list, step_json("phase", phase, promise->phases[i]->entered)) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *lives_json(const Rond__V1__Promise *promise) {
    json_t *list = json_array();
    for (size_t i = 0; i < promise->n_lives; i++) {
        json_t *life = name_json(LIVES, ARRAY_COUNT(LIVES), (unsigned)promise->lives[i]->life);
        if (json_array_append_new(list, step_json("state", life, promise->lives[i]->entered)) != 0)
            return read_whole(list, false);
    }
    return list;
}

json_t *read_commitment_path(const Rond__V1__Promise *promise, const Rond__V1__Commitment *commitment) {
    return json_sprintf("%s/%s", promise->id, commitment->id);
}

static json_t *commitment_json(const Rond__V1__Promise *promise, const Rond__V1__Commitment *commitment) {
    json_t *object = json_object();
    bool added = read_add(object, "commitment", read_commitment_path(promise, commitment)) &&
                 read_add(object, "title_sv", read_text(commitment->title_sv)) &&
                 read_add(object, "title_en", read_text(commitment->title_en)) &&
                 read_add(object, "measure", read_measure(commitment->measure)) &&
                 read_add(object, "target", json_integer((json_int_t)commitment->target)) &&
                 read_add(object, "per", read_per(commitment->per)) &&
                 read_add(object, "about", json_boolean(commitment->about));
    return read_whole(object, added);
}

static json_t *commitments_json(const Rond__V1__Promise *promise) {
    json_t *list = json_array();
    for (size_t i = 0; i < promise->n_commitments; i++)
        if (json_array_append_new(list, commitment_json(promise, promise->commitments[i])) != 0)
            return read_whole(list, false);
    return list;
}

uint32_t promise_json_version(const Rond__V1__Promise *promise) {
    return promise->version > 0 ? promise->version : 1;
}

json_t *promise_json(const Rond__V1__Promise *promise) {
    json_t *object = json_object();
    bool added = read_add(object, "promise", read_text(promise->id)) && read_add(object, "area", read_text(promise->area)) &&
                 read_add(object, "title_sv", read_text(promise->title_sv)) &&
                 read_add(object, "title_en", read_text(promise->title_en)) &&
                 read_add(object, "from", read_text(promise->from)) && read_add(object, "to", read_text(promise->to)) &&
                 read_add(object, "sources", read_texts(promise->sources, promise->n_sources)) &&
                 read_add(object, "parties", read_texts(promise->parties, promise->n_parties)) &&
                 read_add(object, "phase", read_phase(promise, NULL)) && read_add(object, "phases", phases_json(promise)) &&
                 read_add(object, "state", read_life(promise, NULL)) && read_add(object, "states", lives_json(promise)) &&
                 read_add(object, "version", json_integer(promise_json_version(promise))) &&
                 read_add(object, "commitments", commitments_json(promise));
    return read_whole(object, added);
}

static json_t *word_begin(const char *list, const char *id) {
    json_t *object = json_object();
    return read_whole(object, read_add(object, "list", read_text(list)) && read_add(object, "id", read_text(id)));
}

static json_t *term_json(const Rond__V1__Term *term) {
    json_t *object = word_begin(term->list, term->id);
    return read_whole(object, read_add(object, "name_sv", read_text(term->name_sv)) &&
                                  read_add(object, "name_en", read_text(term->name_en)));
}

static json_t *area_json(const Rond__V1__Area *area) {
    json_t *object = word_begin("area", area->id);
    return read_whole(object, read_add(object, "name", read_text(area->name)) &&
                                  read_add(object, "time_zone", read_text(area->time_zone)));
}

static json_t *place_json(const Rond__V1__Place *place) {
    json_t *object = word_begin("place", place->id);
    return read_whole(object, read_add(object, "name", read_text(place->name)) &&
                                  read_add(object, "area", read_text(place->area)) &&
                                  read_add(object, "latitude_e6", json_integer(place->latitude_e6)) &&
                                  read_add(object, "longitude_e6", json_integer(place->longitude_e6)) &&
                                  read_add(object, "radius_m", json_integer(place->radius_m)));
}

static json_t *organisation_json(const Rond__V1__Organisation *organisation) {
    json_t *object = word_begin("organisation", organisation->id);
    return read_whole(object, read_add(object, "name", read_text(organisation->name)) &&
                                  read_add(object, "kind", read_text(organisation->kind)));
}

json_t *promise_json_word(const Rond__V1__ReferenceEntry *entry) {
    switch (entry->body_case) {
    case ROND__V1__REFERENCE_ENTRY__BODY_TERM:
        return term_json(entry->term);
    case ROND__V1__REFERENCE_ENTRY__BODY_AREA:
        return area_json(entry->area);
    case ROND__V1__REFERENCE_ENTRY__BODY_PLACE:
        return place_json(entry->place);
    case ROND__V1__REFERENCE_ENTRY__BODY_ORGANISATION:
        return organisation_json(entry->organisation);
    default:
        return json_null();
    }
}
