#include "promise/promise_file.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "promise/commitment_file.h"
#include "promise/promise_check.h"
#include "wire/limits.h"

enum {
    FILE_ORGANISATIONS_MAX = 200,
    FILE_PLACES_MAX = 2000,
    FILE_TERMS_MAX = 2000,
    FILE_PROMISES_MAX = 200,
    SOURCES_MAX = 16,
    NESTING_MAX = 16, // the days of a window lie 8 deep
    ROLES_CORRECTED_MAX = 64
};

static const char *const lists[] = {"role", "check", "item", "inventory", "initiative", "counterpart", "form"};

// --- Words ---

static bool term_exists(const struct promise_file *file, const char *list, const char *id) {
    for (size_t i = 0; i < file->term_count; i++) {
        if (strcmp(file->terms[i]->list, list) == 0 && strcmp(file->terms[i]->id, id) == 0) {
            return true;
        }
    }
    return false;
}

// NULL without memory or beyond the bound.
static Rond__V1__Term *term_add(struct yaml_reader *reader, struct promise_file *file, const char *list, const char *id,
                                const char *name_sv, const char *name_en) {
    Rond__V1__Term *term = yaml_new(reader, 1, sizeof *term);
    if (term == NULL || file->term_count == FILE_TERMS_MAX) {
        return NULL;
    }
    rond__v1__term__init(term);
    term->list = arena_text(reader->arena, list);
    term->id = arena_text(reader->arena, id);
    term->name_sv = arena_text(reader->arena, name_sv);
    term->name_en = arena_text(reader->arena, name_en);
    reader->no_memory = reader->no_memory || !term->list || !term->id || !term->name_sv || !term->name_en;
    if (reader->no_memory) {
        return NULL;
    }
    file->terms[file->term_count++] = term;
    return term;
}

void promise_file_word(struct yaml_reader *reader, struct promise_file *file, const char *list, const char *id) {
    if (id[0] != '\0' && !term_exists(file, list, id)) {
        term_add(reader, file, list, id, id, id);
    }
}

static const struct {
    const char *list, *id, *name_sv, *name_en;
} KNOWN[] = {
    {"role", "police_officer", "polis", "police officer"},
    {"role", "public_order_guard", "ordningsvakt", "public order guard"},
    {"role", "security_guard", "väktare", "security guard"},
    {"role", "station_host", "stationsvärd", "station host"},
    {"role", "municipal_staff", "kommunpersonal", "municipal staff"},
    {"role", "agency_staff", "myndighetspersonal", "agency staff"},
    {"form", "targeted", "riktad", "targeted"},
    {"form", "coordinated", "samordnad", "coordinated"},
};

const char *promise_file_known_word(size_t index) {
    return index < ARRAY_COUNT(KNOWN) ? KNOWN[index].id : NULL;
}

static void known_words_add(struct yaml_reader *reader, struct promise_file *file) {
    for (size_t i = 0; i < ARRAY_COUNT(KNOWN); i++) {
        if (!term_exists(file, KNOWN[i].list, KNOWN[i].id)) {
            term_add(reader, file, KNOWN[i].list, KNOWN[i].id, KNOWN[i].name_sv, KNOWN[i].name_en);
        }
    }
}

// Whose reports a role may correct or withdraw beside its own.
static void corrects_read(struct yaml_reader *reader, const struct yaml_at *item, Rond__V1__Term *term) {
    struct yaml_at corrects = yaml_get(reader, item, "corrects");
    if (yaml_has(&corrects) && strcmp(term->list, "role") != 0) {
        yaml_fault(reader, &corrects, "says nothing of a word that is no role; leave it out");
    }
    term->corrects = yaml_ids(reader, &corrects, ROLES_CORRECTED_MAX, &term->n_corrects);
}

// Roles that are only named there become terms, too, once all others are read.
static void corrected_words_add(struct yaml_reader *reader, struct promise_file *file) {
    size_t count = file->term_count;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < file->terms[i]->n_corrects; j++) {
            promise_file_word(reader, file, "role", file->terms[i]->corrects[j]);
        }
    }
}

static void terms_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at) {
    static const char *const keys[] = {"list", "id", "name_sv", "name_en", "corrects"};
    size_t count = yaml_length(reader, at, FILE_TERMS_MAX / 2);
    for (size_t i = 0; i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at list = yaml_get(reader, &item, "list");
        struct yaml_at id = yaml_get(reader, &item, "id");
        struct yaml_at name_sv = yaml_get(reader, &item, "name_sv");
        struct yaml_at name_en = yaml_get(reader, &item, "name_en");
        yaml_mapping(reader, &item, keys, ARRAY_COUNT(keys));
        yaml_require(reader, &list);
        yaml_require(reader, &id);
        yaml_require(reader, &name_sv);
        int index = yaml_choice(reader, &list, lists, ARRAY_COUNT(lists));
        const char *word = yaml_id(reader, &id);
        const char *swedish = yaml_text(reader, &name_sv);
        const char *english = yaml_has(&name_en) ? yaml_text(reader, &name_en) : swedish;
        if (index < 0 || word[0] == '\0') {
            continue;
        }
        if (term_exists(file, lists[index], word)) {
            yaml_fault(reader, &id, "%s comes twice in the list %s; keep one", word, lists[index]);
            continue;
        }
        Rond__V1__Term *term = term_add(reader, file, lists[index], word, swedish, english);
        if (term != NULL) {
            corrects_read(reader, &item, term);
        }
    }
}

// --- Area, organisations, places ---

static void area_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at) {
    static const char *const keys[] = {"id", "name", "timezone"};
    struct yaml_at id = yaml_get(reader, at, "id");
    struct yaml_at name = yaml_get(reader, at, "name");
    struct yaml_at zone = yaml_get(reader, at, "timezone");
    file->area = yaml_new(reader, 1, sizeof *file->area);
    if (file->area == NULL) {
        return;
    }
    rond__v1__area__init(file->area);
    yaml_require(reader, at);
    if (yaml_has(at)) {
        yaml_mapping(reader, at, keys, ARRAY_COUNT(keys));
        yaml_require(reader, &id);
        yaml_require(reader, &name);
    }
    file->area->id = yaml_id(reader, &id);
    file->area->name = yaml_text(reader, &name);
    file->area->time_zone = yaml_has(&zone) ? yaml_text(reader, &zone) : arena_text(reader->arena, "Europe/Stockholm");
    file->time_zone_line = yaml_has(&zone) ? zone.line : at->line;
    reader->no_memory = reader->no_memory || file->area->time_zone == NULL;
}

static void organisations_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at) {
    static const char *const keys[] = {"id", "name", "kind"};
    static const char *const organisation_kinds[] = {"police", "municipality",  "station_owner",
                                                     "agency", "guard_company", "other"};
    size_t count = yaml_length(reader, at, FILE_ORGANISATIONS_MAX);
    yaml_require(reader, at);
    file->organisations = yaml_new(reader, count, sizeof(Rond__V1__Organisation *));
    for (size_t i = 0; file->organisations != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at id = yaml_get(reader, &item, "id");
        struct yaml_at name = yaml_get(reader, &item, "name");
        struct yaml_at kind = yaml_get(reader, &item, "kind");
        Rond__V1__Organisation *made = yaml_new(reader, 1, sizeof *made);
        if (made == NULL) {
            return;
        }
        rond__v1__organisation__init(made);
        yaml_mapping(reader, &item, keys, ARRAY_COUNT(keys));
        yaml_require(reader, &id);
        yaml_require(reader, &kind);
        made->id = yaml_id(reader, &id);
        made->name = yaml_has(&name) ? yaml_text(reader, &name) : made->id;
        int index = yaml_choice(reader, &kind, organisation_kinds, ARRAY_COUNT(organisation_kinds));
        made->kind = arena_text(reader->arena, index >= 0 ? organisation_kinds[index] : "");
        reader->no_memory = reader->no_memory || made->kind == NULL;
        for (size_t j = 0; j < file->organisation_count; j++) {
            if (made->id[0] != '\0' && strcmp(file->organisations[j]->id, made->id) == 0) {
                yaml_fault(reader, &id, "%s comes twice; keep one", made->id);
            }
        }
        file->organisations[file->organisation_count++] = made;
    }
}

static void places_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at) {
    static const char *const keys[] = {"id", "name", "lat", "lon", "radius_m"};
    size_t count = yaml_length(reader, at, FILE_PLACES_MAX);
    file->places = yaml_new(reader, count, sizeof(Rond__V1__Place *));
    for (size_t i = 0; file->places != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at fields[ARRAY_COUNT(keys)];
        Rond__V1__Place *made = yaml_new(reader, 1, sizeof *made);
        if (made == NULL) {
            return;
        }
        rond__v1__place__init(made);
        yaml_mapping(reader, &item, keys, ARRAY_COUNT(keys));
        for (size_t j = 0; j < ARRAY_COUNT(keys); j++) {
            fields[j] = yaml_get(reader, &item, keys[j]);
            yaml_require(reader, &fields[j]);
        }
        made->id = yaml_id(reader, &fields[0]);
        made->name = yaml_text(reader, &fields[1]);
        made->area = file->area->id;
        made->latitude_e6 = yaml_degrees_e6(reader, &fields[2], 90);
        made->longitude_e6 = yaml_degrees_e6(reader, &fields[3], 180);
        made->radius_m = (uint32_t)yaml_number(reader, &fields[4], 1, 100000);
        for (size_t j = 0; j < file->place_count; j++) {
            if (made->id[0] != '\0' && strcmp(file->places[j]->id, made->id) == 0) {
                yaml_fault(reader, &fields[0], "%s comes twice; keep one", made->id);
            }
        }
        file->places[file->place_count++] = made;
    }
}

void promise_file_organisation(struct yaml_reader *reader, const struct promise_file *file, const struct yaml_at *at,
                               const char *id) {
    for (size_t i = 0; i < file->organisation_count; i++) {
        if (strcmp(file->organisations[i]->id, id) == 0) {
            return;
        }
    }
    if (id[0] != '\0') {
        yaml_fault(reader, at, "unknown organisation %s; add it to organisations", id);
    }
}

void promise_file_place(struct yaml_reader *reader, const struct promise_file *file, const struct yaml_at *at,
                        const char *id) {
    for (size_t i = 0; i < file->place_count; i++) {
        if (strcmp(file->places[i]->id, id) == 0) {
            return;
        }
    }
    if (id[0] != '\0') {
        yaml_fault(reader, at, "unknown place %s; add it to places", id);
    }
}

// --- Promises ---

struct period {
    char *from, *to;
};

static struct period period_read(struct yaml_reader *reader, const struct yaml_at *at) {
    static const char *const keys[] = {"from", "to"};
    struct yaml_at from = yaml_get(reader, at, "from");
    struct yaml_at to = yaml_get(reader, at, "to");
    yaml_mapping(reader, at, keys, ARRAY_COUNT(keys));
    yaml_require(reader, &from);
    yaml_require(reader, &to);
    struct period period = {.from = yaml_date(reader, &from), .to = yaml_date(reader, &to)};
    if (period.from[0] != '\0' && period.to[0] != '\0' && strcmp(period.to, period.from) < 0) {
        yaml_fault(reader, &to, "must not be before from");
    }
    return period;
}

static void phases_read(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Promise *promise) {
    static const char *const keys[] = {"phase", "entered"};
    static const char *const phases[] = {"initiate", "map", "analyse", "act", "follow_up"};
    size_t count = yaml_length(reader, at, ARRAY_COUNT(phases));
    promise->phases = yaml_new(reader, count, sizeof(Rond__V1__PhaseEntry *));
    for (size_t i = 0; promise->phases != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at phase = yaml_get(reader, &item, "phase");
        struct yaml_at entered = yaml_get(reader, &item, "entered");
        Rond__V1__PhaseEntry *made = yaml_new(reader, 1, sizeof *made);
        if (made == NULL) {
            return;
        }
        rond__v1__phase_entry__init(made);
        yaml_mapping(reader, &item, keys, ARRAY_COUNT(keys));
        yaml_require(reader, &phase);
        yaml_require(reader, &entered);
        made->phase = (Rond__V1__Phase)(yaml_choice(reader, &phase, phases, ARRAY_COUNT(phases)) + 1);
        made->entered = yaml_date(reader, &entered);
        if (i > 0 &&
            (made->phase <= promise->phases[i - 1]->phase || strcmp(made->entered, promise->phases[i - 1]->entered) < 0)) {
            yaml_fault(reader, &item, "must come after the phase before it, in order and in time");
        }
        promise->phases[promise->n_phases++] = made;
    }
}

static void lives_read(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Promise *promise) {
    static const char *const keys[] = {"state", "entered"};
    static const char *const lives[] = {"draft", "agreed", "active", "followed_up", "closed"};
    size_t count = yaml_length(reader, at, ARRAY_COUNT(lives));
    promise->lives = yaml_new(reader, count, sizeof(Rond__V1__LifeEntry *));
    for (size_t i = 0; promise->lives != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at state = yaml_get(reader, &item, "state");
        struct yaml_at entered = yaml_get(reader, &item, "entered");
        Rond__V1__LifeEntry *made = yaml_new(reader, 1, sizeof *made);
        if (made == NULL) {
            return;
        }
        rond__v1__life_entry__init(made);
        yaml_mapping(reader, &item, keys, ARRAY_COUNT(keys));
        yaml_require(reader, &state);
        yaml_require(reader, &entered);
        made->life = (Rond__V1__Life)(yaml_choice(reader, &state, lives, ARRAY_COUNT(lives)) + 1);
        made->entered = yaml_date(reader, &entered);
        if (i > 0 &&
            (made->life <= promise->lives[i - 1]->life || strcmp(made->entered, promise->lives[i - 1]->entered) < 0)) {
            yaml_fault(reader, &item, "must come after the state before it, in order and in time");
        }
        promise->lives[promise->n_lives++] = made;
    }
}

static void commitments_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                             Rond__V1__Promise *promise) {
    size_t count = yaml_length(reader, at, PROMISE_COMMITMENTS_MAX);
    yaml_require(reader, at);
    promise->commitments = yaml_new(reader, count, sizeof(Rond__V1__Commitment *));
    for (size_t i = 0; promise->commitments != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        Rond__V1__Commitment *made = commitment_file_read(reader, file, &item, promise);
        if (made == NULL || reader->no_memory) {
            return;
        }
        promise->commitments[promise->n_commitments++] = made;
    }
    promise_check(reader, at, promise);
}

static Rond__V1__Promise *promise_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                                       const struct period *whole) {
    static const char *const keys[] = {"id",      "title_sv", "title_en", "period",
                                       "sources", "parties",  "phases",   "life",   "commitments"};
    struct yaml_at id = yaml_get(reader, at, "id");
    struct yaml_at title_sv = yaml_get(reader, at, "title_sv");
    struct yaml_at title_en = yaml_get(reader, at, "title_en");
    struct yaml_at period_at = yaml_get(reader, at, "period");
    struct yaml_at sources = yaml_get(reader, at, "sources");
    struct yaml_at parties = yaml_get(reader, at, "parties");
    struct yaml_at phases = yaml_get(reader, at, "phases");
    struct yaml_at life = yaml_get(reader, at, "life");
    struct yaml_at commitments = yaml_get(reader, at, "commitments");
    Rond__V1__Promise *promise = yaml_new(reader, 1, sizeof *promise);
    if (promise == NULL) {
        return NULL;
    }
    rond__v1__promise__init(promise);
    yaml_mapping(reader, at, keys, ARRAY_COUNT(keys));
    yaml_require(reader, &id);
    yaml_require(reader, &title_sv);
    yaml_require(reader, &parties);
    struct period period = yaml_has(&period_at) ? period_read(reader, &period_at) : *whole;
    if (!yaml_has(&period_at) && whole->from == NULL) {
        yaml_fault(reader, &period_at, "is missing, here and for the whole file");
        return promise;
    }
    promise->id = yaml_id(reader, &id);
    promise->area = file->area->id;
    promise->title_sv = yaml_text(reader, &title_sv);
    promise->title_en = yaml_text(reader, &title_en);
    promise->from = period.from;
    promise->to = period.to;
    promise->sources = yaml_ids(reader, &sources, SOURCES_MAX, &promise->n_sources);
    promise->parties = yaml_ids(reader, &parties, ORGANISATIONS_MAX, &promise->n_parties);
    for (size_t i = 0; i < promise->n_parties; i++) {
        struct yaml_at item = yaml_item(reader, &parties, i);
        promise_file_organisation(reader, file, &item, promise->parties[i]);
    }
    phases_read(reader, &phases, promise);
    lives_read(reader, &life, promise);
    commitments_read(reader, file, &commitments, promise);
    return promise;
}

static void promises_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                          const struct period *whole) {
    size_t count = yaml_length(reader, at, FILE_PROMISES_MAX);
    yaml_require(reader, at);
    file->promises = yaml_new(reader, count, sizeof(Rond__V1__Promise *));
    for (size_t i = 0; file->promises != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at id = yaml_get(reader, &item, "id");
        Rond__V1__Promise *made = promise_read(reader, file, &item, whole);
        if (made == NULL) {
            return;
        }
        for (size_t j = 0; j < i; j++) {
            if (made->id[0] != '\0' && strcmp(file->promises[j]->id, made->id) == 0) {
                yaml_fault(reader, &id, "%s comes twice; keep one", made->id);
            }
        }
        file->promises[file->promise_count++] = made;
    }
}

// --- The file ---

static void file_read(struct yaml_reader *reader, struct promise_file *file) {
    static const char *const keys[] = {"area", "period", "organisations", "places", "terms", "promises"};
    struct yaml_at root = yaml_root(reader);
    struct yaml_at area = yaml_get(reader, &root, "area");
    struct yaml_at period = yaml_get(reader, &root, "period");
    struct yaml_at organisations = yaml_get(reader, &root, "organisations");
    struct yaml_at places = yaml_get(reader, &root, "places");
    struct yaml_at terms = yaml_get(reader, &root, "terms");
    struct yaml_at promises = yaml_get(reader, &root, "promises");
    struct period whole = {0};
    if (root.node == NULL || root.node->type != YAML_MAPPING_NODE) {
        yaml_fault(reader, &root, "must be a mapping with area, organisations, places and promises");
        return;
    }
    yaml_mapping(reader, &root, keys, ARRAY_COUNT(keys));
    file->terms = yaml_new(reader, FILE_TERMS_MAX, sizeof(Rond__V1__Term *));
    area_read(reader, file, &area);
    if (reader->no_memory) {
        return;
    }
    if (yaml_has(&period)) {
        whole = period_read(reader, &period);
    }
    organisations_read(reader, file, &organisations);
    places_read(reader, file, &places);
    terms_read(reader, file, &terms);
    known_words_add(reader, file);
    corrected_words_add(reader, file);
    if (!reader->no_memory) {
        promises_read(reader, file, &promises, &whole);
    }
}

static void syntax_fault(struct yaml_reader *reader, const yaml_parser_t *parser) {
    struct yaml_at at = {.line = (unsigned)parser->problem_mark.line + 1};
    yaml_fault(reader, &at, "is no valid YAML: %s", parser->problem != NULL ? parser->problem : "unreadable");
}

// libyaml's time grows with the square of the nesting, hours for a file of brackets, and the server reads on the thread
// that all devices wait for. So it is looked at by events first, which come as they are read. Other faults are left to
// who builds the document.
static bool nesting_is_bounded(struct yaml_reader *reader, struct bytes text) {
    yaml_parser_t parser;
    yaml_event_t event;
    int depth = 0;
    bool goes_on = true;
    if (!yaml_parser_initialize(&parser)) {
        reader->no_memory = true;
        return false;
    }
    yaml_parser_set_input_string(&parser, text.data, text.size);
    while (goes_on && depth <= NESTING_MAX && yaml_parser_parse(&parser, &event)) {
        struct yaml_at at = {.line = (unsigned)event.start_mark.line + 1};
        depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        goes_on = event.type != YAML_STREAM_END_EVENT;
        if (depth > NESTING_MAX) {
            yaml_fault(reader, &at, "is nested too deeply; no promise file needs more than %d levels", NESTING_MAX);
        }
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return depth <= NESTING_MAX;
}

// One document, and nothing after it.
static void document_read(struct yaml_reader *reader, yaml_parser_t *parser, struct promise_file *file) {
    yaml_document_t document, next;
    if (!yaml_parser_load(parser, &document)) {
        syntax_fault(reader, parser);
        return;
    }
    reader->document = &document;
    file_read(reader, file);
    if (!yaml_parser_load(parser, &next)) {
        syntax_fault(reader, parser);
    } else {
        yaml_node_t *root = yaml_document_get_root_node(&next);
        if (root != NULL) {
            struct yaml_at at = {.line = (unsigned)root->start_mark.line + 1};
            yaml_fault(reader, &at, "begins a second document; keep one in a file");
        }
        yaml_document_delete(&next);
    }
    yaml_document_delete(&document);
}

enum rond_err promise_file_parse(const char *name, struct bytes text, struct arena *arena, struct promise_file *ret_file,
                                 struct file_faults *ret_faults) {
    struct promise_file file = {0};
    struct yaml_reader reader = {.name = name, .arena = arena, .faults = ret_faults};
    struct yaml_at start = {.line = 1};
    yaml_parser_t parser;
    ret_faults->count = ret_faults->more = 0;
    if (text.size > PROMISE_FILE_BYTES_MAX) {
        yaml_fault(&reader, &start, "is larger than %d bytes", PROMISE_FILE_BYTES_MAX);
        return ROND_EINVALID;
    }
    if (!yaml_parser_initialize(&parser)) {
        return ROND_ENOMEM;
    }
    yaml_parser_set_input_string(&parser, text.data, text.size);
    if (nesting_is_bounded(&reader, text)) {
        document_read(&reader, &parser, &file);
    }
    yaml_parser_delete(&parser);
    if (reader.no_memory) {
        return ROND_ENOMEM;
    }
    if (ret_faults->count > 0) {
        return ROND_EINVALID;
    }
    *ret_file = file;
    return ROND_OK;
}
