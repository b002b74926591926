#include "promise/commitment_file.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "counting/match.h"
#include "promise/where_file.h"
#include "wire/limits.h"

// In the order of the enums of reference.proto, from 1.
static const char *const measures[] = {"at_least", "once", "rate", "presence", "actions_closed", "unquantified"};
static const char *const pers[] = {"week", "month", "tertial", "quarter"};
static const char *const kinds[] = {"check",   "campaign_handout", "visible_patrol", "safety_walk",
                                    "meeting", "inventory",        "initiative"};
static const char *const forms[] = {"targeted", "coordinated"};

#define MEASURE(name) (1U << ROND__V1__MEASURE__MEASURE_##name)
#define KIND(name) (1U << ROND__V1__KIND__KIND_##name)

static bool is_set(unsigned bits, unsigned bit) {
    return (bits >> bit & 1U) != 0;
}

// A key that says nothing of this measure or kind is a mistake, not a wish to ignore.
struct key_rule {
    const char *key;
    unsigned allowed; // bits of measures (kinds)
    unsigned required;
};

static const struct key_rule measure_rules[] = {
    {"target", MEASURE(AT_LEAST) | MEASURE(RATE), MEASURE(AT_LEAST) | MEASURE(RATE)},
    {"per", MEASURE(RATE), MEASURE(RATE)},
    {"tolerance", MEASURE(RATE), 0},
    {"consists_of", MEASURE(ONCE), 0},
    {"windows", MEASURE(PRESENCE), MEASURE(PRESENCE)},
    {"roles", MEASURE(PRESENCE), 0},
    {"follows", MEASURE(ACTIONS_CLOSED), MEASURE(ACTIONS_CLOSED)},
    {"owner", ~MEASURE(ACTIONS_CLOSED), 0},
    {"among_places", MEASURE(AT_LEAST) | MEASURE(ONCE) | MEASURE(RATE), 0},
    {"joint", ~MEASURE(ACTIONS_CLOSED), 0},
    {"with_all", ~MEASURE(ACTIONS_CLOSED), 0},
    {"required_parties", ~MEASURE(ACTIONS_CLOSED), 0},
};
static const struct key_rule kind_rules[] = {
    {"of", KIND(CHECK) | KIND(INVENTORY) | KIND(INITIATIVE), 0},
    {"form", KIND(CHECK), 0},
    {"items", KIND(CAMPAIGN_HANDOUT), 0},
    {"information", KIND(CAMPAIGN_HANDOUT), 0},
    {"with", KIND(MEETING), 0},
};

static void keys_check(struct yaml_reader *reader, const struct yaml_at *at, const struct key_rule *rules, size_t count,
                       unsigned value, const char *name) {
    for (size_t i = 0; i < count; i++) {
        struct yaml_at key = yaml_get(reader, at, rules[i].key);
        if (yaml_has(&key) && !is_set(rules[i].allowed, value)) {
            yaml_fault(reader, &key, "says nothing with %s; leave it out", name);
        } else if (!yaml_has(&key) && is_set(rules[i].required, value)) {
            yaml_fault(reader, &key, "is missing; %s needs it", name);
        }
    }
}

static const char *list_of(Rond__V1__Kind kind) {
    return kind == ROND__V1__KIND__KIND_CHECK       ? "check"
           : kind == ROND__V1__KIND__KIND_INVENTORY ? "inventory"
                                                    : "initiative";
}

static Rond__V1__Filter *filter_new(struct yaml_reader *reader, Rond__V1__Kind kind) {
    Rond__V1__Filter *filter = yaml_new(reader, 1, sizeof *filter);
    if (filter != NULL) {
        rond__v1__filter__init(filter);
        filter->kind = kind;
    }
    return filter;
}

// kind, of, form, items, information, with, places, where: of a commitment, or of one part.
static Rond__V1__Filter *filter_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at) {
    struct yaml_at kind = yaml_get(reader, at, "kind");
    struct yaml_at of = yaml_get(reader, at, "of");
    struct yaml_at form = yaml_get(reader, at, "form");
    struct yaml_at items = yaml_get(reader, at, "items");
    struct yaml_at information = yaml_get(reader, at, "information");
    struct yaml_at with = yaml_get(reader, at, "with");
    struct yaml_at places = yaml_get(reader, at, "places");
    Rond__V1__Filter *filter =
        filter_new(reader, (Rond__V1__Kind)(yaml_choice(reader, &kind, kinds, ARRAY_COUNT(kinds)) + 1));
    if (filter == NULL) {
        return NULL;
    }
    if (filter->kind != ROND__V1__KIND__KIND_UNSPECIFIED) {
        keys_check(reader, at, kind_rules, ARRAY_COUNT(kind_rules), (unsigned)filter->kind, kinds[filter->kind - 1]);
    }
    filter->of = yaml_id(reader, &of);
    filter->with = yaml_id(reader, &with);
    filter->items = yaml_ids(reader, &items, HANDOUT_ITEMS_MAX, &filter->n_items);
    filter->information = yaml_flag(reader, &information);
    filter->places = yaml_ids(reader, &places, COMMITMENT_WINDOWS_MAX, &filter->n_places);
    int form_index = yaml_choice(reader, &form, forms, ARRAY_COUNT(forms));
    if (form_index >= 0) {
        filter->form = arena_text(reader->arena, forms[form_index]);
        reader->no_memory = reader->no_memory || filter->form == NULL;
    }
    promise_file_word(reader, file, list_of(filter->kind), filter->of);
    promise_file_word(reader, file, "counterpart", filter->with);
    for (size_t i = 0; i < filter->n_items; i++) {
        promise_file_word(reader, file, "item", filter->items[i]);
    }
    for (size_t i = 0; i < filter->n_places; i++) {
        struct yaml_at item = yaml_item(reader, &places, i);
        promise_file_place(reader, file, &item, filter->places[i]);
    }
    where_file_read(reader, file, at, filter);
    return filter;
}

static void parts_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                       Rond__V1__Commitment *commitment) {
    static const char *const keys[] = {"kind", "of", "form", "items", "information", "with", "places", "where"};
    size_t count = yaml_length(reader, at, COMMITMENT_PARTS_MAX);
    commitment->parts = yaml_new(reader, count, sizeof(Rond__V1__Filter *));
    for (size_t i = 0; commitment->parts != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        struct yaml_at kind = yaml_get(reader, &item, "kind");
        yaml_mapping(reader, &item, keys, ARRAY_COUNT(keys));
        yaml_require(reader, &kind);
        commitment->parts[i] = filter_read(reader, file, &item);
        commitment->n_parts = commitment->parts[i] != NULL ? i + 1 : i;
        if (commitment->parts[i] != NULL && commitment->parts[i]->kind != ROND__V1__KIND__KIND_UNSPECIFIED) {
            where_file_check(reader, &item, commitment->parts[i]->kind, kinds[commitment->parts[i]->kind - 1]);
        }
    }
}

static char *month_day_read(struct yaml_reader *reader, const struct yaml_at *at) {
    char *text = yaml_text(reader, at);
    char date[DATE_TEXT_SIZE];
    day_t day;
    yaml_require(reader, at);
    snprintf(date, sizeof date, "2000-%.5s", text);
    if (text[0] != '\0' && (strlen(text) != 5 || !day_parse(date, &day))) {
        yaml_fault(reader, at, "must be a day of the year, MM-DD");
    }
    return text;
}

static void season_read(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Commitment *commitment) {
    static const char *const keys[] = {"from", "to"};
    struct yaml_at from = yaml_get(reader, at, "from");
    struct yaml_at to = yaml_get(reader, at, "to");
    if (!yaml_has(at)) {
        return;
    }
    yaml_mapping(reader, at, keys, ARRAY_COUNT(keys));
    commitment->season_from = month_day_read(reader, &from);
    commitment->season_to = month_day_read(reader, &to);
}

static uint32_t minute_read(struct yaml_reader *reader, const struct yaml_at *at, uint32_t max) {
    char *text = yaml_text(reader, at);
    unsigned hour, minute;
    char rest;
    yaml_require(reader, at);
    if (text[0] == '\0') {
        return 0;
    }
    if (strlen(text) != 5 || strspn(text, "0123456789") != 2 || sscanf(text, "%2u:%2u%c", &hour, &minute, &rest) != 2 ||
        text[2] != ':' || strspn(text + 3, "0123456789") != 2 || minute > 59 || hour * 60 + minute > max) {
        yaml_fault(reader, at, "must be a time of the day, \"HH:MM\"");
        return 0;
    }
    return hour * 60 + minute;
}

static uint32_t weekdays_read(struct yaml_reader *reader, const struct yaml_at *at) {
    uint32_t bits = 0;
    size_t count = yaml_length(reader, at, WEEKDAYS);
    yaml_require(reader, at);
    if (yaml_has(at) && count == 0) {
        yaml_fault(reader, at, "must name at least one weekday");
    }
    for (size_t i = 0; i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        int day = yaml_choice(reader, &item, WEEKDAY_NAMES, WEEKDAYS);
        bits |= day >= 0 ? 1U << day : 0;
    }
    return bits;
}

static Rond__V1__Window *window_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at) {
    static const char *const keys[] = {"place", "days", "from", "to", "minutes"};
    struct yaml_at place = yaml_get(reader, at, "place");
    struct yaml_at days = yaml_get(reader, at, "days");
    struct yaml_at from = yaml_get(reader, at, "from");
    struct yaml_at to = yaml_get(reader, at, "to");
    struct yaml_at minutes = yaml_get(reader, at, "minutes");
    Rond__V1__Window *window = yaml_new(reader, 1, sizeof *window);
    if (window == NULL) {
        return NULL;
    }
    rond__v1__window__init(window);
    yaml_mapping(reader, at, keys, ARRAY_COUNT(keys));
    yaml_require(reader, &place);
    yaml_require(reader, &minutes);
    window->place = yaml_id(reader, &place);
    promise_file_place(reader, file, &place, window->place);
    window->weekdays = weekdays_read(reader, &days);
    window->from_minute = minute_read(reader, &from, 24 * 60 - 1);
    window->to_minute = minute_read(reader, &to, 24 * 60);
    uint32_t length = window->to_minute > window->from_minute ? window->to_minute - window->from_minute
                                                              : window->to_minute + 24 * 60 - window->from_minute;
    window->minutes = (uint32_t)yaml_number(reader, &minutes, 1, length);
    return window;
}

static void windows_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                         Rond__V1__Commitment *commitment) {
    size_t count = yaml_length(reader, at, COMMITMENT_WINDOWS_MAX);
    if (yaml_has(at) && count == 0) {
        yaml_fault(reader, at, "must have at least one window");
    }
    commitment->windows = yaml_new(reader, count, sizeof(Rond__V1__Window *));
    for (size_t i = 0; commitment->windows != NULL && i < count; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        commitment->windows[i] = window_read(reader, file, &item);
        commitment->n_windows = commitment->windows[i] != NULL ? i + 1 : i;
    }
}

// with_all and required_parties both say who must be among those reported; parties must be parties.
static void required_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                          const Rond__V1__Promise *promise, Rond__V1__Commitment *commitment) {
    struct yaml_at with_all = yaml_get(reader, at, "with_all");
    struct yaml_at parties = yaml_get(reader, at, "required_parties");
    size_t with_count, party_count;
    char **with_ids = yaml_ids(reader, &with_all, ORGANISATIONS_MAX, &with_count);
    char **party_ids = yaml_ids(reader, &parties, ORGANISATIONS_MAX, &party_count);
    char **required = yaml_new(reader, with_count + party_count, sizeof *required);
    if (required == NULL) {
        return;
    }
    for (size_t i = 0; i < with_count; i++) {
        struct yaml_at item = yaml_item(reader, &with_all, i);
        promise_file_organisation(reader, file, &item, with_ids[i]);
        required[i] = with_ids[i];
    }
    for (size_t i = 0; i < party_count; i++) {
        struct yaml_at item = yaml_item(reader, &parties, i);
        bool is_party = party_ids[i][0] == '\0';
        for (size_t j = 0; j < promise->n_parties; j++) {
            is_party = is_party || strcmp(promise->parties[j], party_ids[i]) == 0;
        }
        if (!is_party) {
            yaml_fault(reader, &item, "%s is no party of this promise; name partners in with_all", party_ids[i]);
        }
        required[with_count + i] = party_ids[i];
    }
    commitment->required_organisations = required;
    commitment->n_required_organisations = with_count + party_count;
}

// The one organisation whose reports count, and the places that must be among those visited.
static void owner_and_places_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                                  Rond__V1__Commitment *commitment) {
    struct yaml_at owner = yaml_get(reader, at, "owner");
    struct yaml_at among = yaml_get(reader, at, "among_places");
    commitment->owner = yaml_id(reader, &owner);
    promise_file_organisation(reader, file, &owner, commitment->owner);
    commitment->among_places = yaml_ids(reader, &among, AMONG_PLACES_MAX, &commitment->n_among_places);
    for (size_t i = 0; i < commitment->n_among_places; i++) {
        struct yaml_at item = yaml_item(reader, &among, i);
        promise_file_place(reader, file, &item, commitment->among_places[i]);
    }
    if (yaml_has(&among) && among.node->type == YAML_SEQUENCE_NODE &&
        among.node->data.sequence.items.start == among.node->data.sequence.items.top) {
        yaml_fault(reader, &among, "must name at least one place");
    }
}

// Fields of `where` that say nothing with the kind, which the measure may imply.
static void where_check(struct yaml_reader *reader, const struct yaml_at *at, const Rond__V1__Commitment *commitment) {
    Rond__V1__Kind kind = commitment->filter->kind;
    if (kind != ROND__V1__KIND__KIND_UNSPECIFIED) {
        where_file_check(reader, at, kind, kinds[kind - 1]);
    } else if (commitment->n_parts > 0) {
        where_file_check(reader, at, kind, "consists_of");
    }
}

// What holds between the keys, beyond the tables above.
static void commitment_check(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Commitment *commitment) {
    struct yaml_at kind = yaml_get(reader, at, "kind");
    bool takes_kind = commitment->n_parts == 0 && commitment->measure != ROND__V1__MEASURE__MEASURE_PRESENCE &&
                      commitment->measure != ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED;
    if (takes_kind) {
        yaml_require(reader, &kind);
    } else if (commitment->n_parts > 0 && yaml_has(&kind)) {
        yaml_fault(reader, &kind, "says nothing with consists_of; leave it out");
    }
    Rond__V1__Kind implied = commitment->measure == ROND__V1__MEASURE__MEASURE_PRESENCE ? ROND__V1__KIND__KIND_VISIBLE_PATROL
                             : commitment->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED
                                 ? ROND__V1__KIND__KIND_SAFETY_WALK
                                 : ROND__V1__KIND__KIND_UNSPECIFIED;
    if (implied != ROND__V1__KIND__KIND_UNSPECIFIED) {
        if (commitment->filter->kind != implied && commitment->filter->kind != ROND__V1__KIND__KIND_UNSPECIFIED) {
            yaml_fault(reader, &kind, "must be %s", kinds[implied - 1]);
        }
        commitment->filter->kind = implied;
    }
    if (!yaml_has(&kind) && !takes_kind) {
        keys_check(reader, at, kind_rules, ARRAY_COUNT(kind_rules), (unsigned)implied,
                   commitment->n_parts > 0 ? "consists_of" : measures[commitment->measure - 1]);
    }
    where_check(reader, at, commitment);
}

static void measure_read(struct yaml_reader *reader, const struct yaml_at *at, Rond__V1__Commitment *commitment) {
    static const char *const tolerances[] = {"about"};
    struct yaml_at measure = yaml_get(reader, at, "measure");
    struct yaml_at target = yaml_get(reader, at, "target");
    struct yaml_at per = yaml_get(reader, at, "per");
    struct yaml_at tolerance = yaml_get(reader, at, "tolerance");
    yaml_require(reader, &measure);
    commitment->measure = (Rond__V1__Measure)(yaml_choice(reader, &measure, measures, ARRAY_COUNT(measures)) + 1);
    commitment->target = (uint64_t)yaml_number(reader, &target, 1, COUNT_MAX);
    commitment->per = (Rond__V1__Per)(yaml_choice(reader, &per, pers, ARRAY_COUNT(pers)) + 1);
    commitment->about = yaml_choice(reader, &tolerance, tolerances, ARRAY_COUNT(tolerances)) == 0;
    if (commitment->measure != ROND__V1__MEASURE__MEASURE_UNSPECIFIED) {
        keys_check(reader, at, measure_rules, ARRAY_COUNT(measure_rules), (unsigned)commitment->measure,
                   measures[commitment->measure - 1]);
    }
}

Rond__V1__Commitment *commitment_file_read(struct yaml_reader *reader, struct promise_file *file, const struct yaml_at *at,
                                           const Rond__V1__Promise *promise) {
    static const char *const keys[] = {"id",       "title_sv",    "title_en",    "measure",      "target",
                                       "per",      "tolerance",   "kind",        "of",           "form",
                                       "items",    "with",        "information", "places",       "season",
                                       "with_all", "consists_of", "joint",       "roles",        "required_parties",
                                       "windows",  "follows",     "owner",       "among_places", "where"};
    struct yaml_at id = yaml_get(reader, at, "id");
    struct yaml_at title_sv = yaml_get(reader, at, "title_sv");
    struct yaml_at title_en = yaml_get(reader, at, "title_en");
    struct yaml_at parts = yaml_get(reader, at, "consists_of");
    struct yaml_at season = yaml_get(reader, at, "season");
    struct yaml_at joint = yaml_get(reader, at, "joint");
    struct yaml_at roles = yaml_get(reader, at, "roles");
    struct yaml_at windows = yaml_get(reader, at, "windows");
    struct yaml_at follows = yaml_get(reader, at, "follows");
    Rond__V1__Commitment *commitment = yaml_new(reader, 1, sizeof *commitment);
    if (commitment == NULL) {
        return NULL;
    }
    rond__v1__commitment__init(commitment);
    yaml_mapping(reader, at, keys, ARRAY_COUNT(keys));
    yaml_require(reader, &id);
    yaml_require(reader, &title_sv);
    commitment->id = yaml_id(reader, &id);
    commitment->title_sv = yaml_text(reader, &title_sv);
    commitment->title_en = yaml_text(reader, &title_en);
    measure_read(reader, at, commitment);
    commitment->filter = filter_read(reader, file, at);
    parts_read(reader, file, &parts, commitment);
    season_read(reader, &season, commitment);
    required_read(reader, file, at, promise, commitment);
    owner_and_places_read(reader, file, at, commitment);
    commitment->joint = yaml_flag(reader, &joint);
    commitment->roles = yaml_ids(reader, &roles, COMMITMENT_PARTS_MAX, &commitment->n_roles);
    for (size_t i = 0; i < commitment->n_roles; i++) {
        promise_file_word(reader, file, "role", commitment->roles[i]);
    }
    windows_read(reader, file, &windows, commitment);
    commitment->follows = yaml_id(reader, &follows);
    if (commitment->filter != NULL) {
        commitment_check(reader, at, commitment);
    }
    return commitment;
}
