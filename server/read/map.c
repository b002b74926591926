// Rows of the ranges are summed by what they have in common, apart from when; squares are joined where there are too many;
// the rest is order and words.
#include "read/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "promise/spots.h"
#include "wire/codec.h"

enum { SLOTS_FIRST = 1024 };

// ---- Which ranges ----

static size_t range_add(struct map_range *ranges, size_t count, enum map_span span, day_t first, day_t last) {
    if (first <= last)
        ranges[count++] = (struct map_range){.span = span, .first = first, .last = last};
    return count;
}

// The first day of a span that begins on this day or later.
static day_t span_from(enum map_span span, day_t day) {
    day_t start = map_span_start(span, day);
    return start == day ? day : map_span_start(span, start + (span == MAP_YEAR ? 366 : 31));
}

static size_t months_add(struct map_range *ranges, size_t count, day_t first, day_t last) {
    day_t from = span_from(MAP_MONTH, first), to = map_span_start(MAP_MONTH, last + 1);
    if (first > last)
        return count;
    if (from >= to)
        return range_add(ranges, count, MAP_DAY, first, last);
    count = range_add(ranges, count, MAP_DAY, first, from - 1);
    count = range_add(ranges, count, MAP_MONTH, from, to - 1);
    return range_add(ranges, count, MAP_DAY, to, last);
}

size_t map_ranges(day_t first, day_t last, struct map_range ret_ranges[MAP_RANGES_MAX]) {
    day_t from = span_from(MAP_YEAR, first), to = map_span_start(MAP_YEAR, last + 1);
    if (from >= to)
        return months_add(ret_ranges, 0, first, last);
    size_t count = months_add(ret_ranges, 0, first, from - 1);
    count = range_add(ret_ranges, count, MAP_YEAR, from, to - 1);
    return months_add(ret_ranges, count, to, last);
}

enum rond_err map_days(const struct map_wanted *wanted, day_t *ret_first, day_t *ret_last, struct fault *fault) {
    day_t first, last;
    enum rond_err err = read_day(wanted->from, "from", day_from_civil(1970, 1, 1), &first, fault);
    if (err == ROND_OK)
        err = read_day(wanted->to, "to", day_from_civil(9998, 12, 31), &last, fault);
    if (err == ROND_OK && last < first)
        return fault_both(fault, ROND_EINVALID, 0, "to", "The period ends before it begins.",
                          "Perioden slutar innan den börjar.");
    if (err == ROND_OK) {
        *ret_first = first;
        *ret_last = last;
    }
    return err;
}

// ---- Sums ----

struct sums {
    struct arena *arena;
    struct arena_list rows; // struct map_change, span and day 0
    uint32_t *slots;        // number of a row + 1; 0 empty
    size_t slots_count;
};

static uint64_t hash_text(uint64_t hash, const char *text) {
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash * UINT64_C(1099511628211);
}

static uint64_t hash_of(const struct map_key *key) {
    uint64_t hash = hash_text(UINT64_C(14695981039346656037) ^ key->kind, key->place);
    hash = hash_text(hash_text(hash, key->organisation), key->area);
    hash = (hash ^ (uint64_t)key->square) * UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

static struct map_change *row_at(const struct sums *sums, size_t number) {
    return (struct map_change *)(void *)sums->rows.items + number;
}

static uint32_t *slot_of(const struct sums *sums, const struct map_key *key) {
    size_t at = hash_of(key) & (sums->slots_count - 1);
    while (sums->slots[at] != 0 && map_key_compare(&row_at(sums, sums->slots[at] - 1)->at, key) != 0)
        at = (at + 1) & (sums->slots_count - 1);
    return &sums->slots[at];
}

static bool slots_grow(struct sums *sums) {
    if (2 * (sums->rows.count + 1) < sums->slots_count)
        return true;
    sums->slots_count = sums->slots_count == 0 ? SLOTS_FIRST : 2 * sums->slots_count;
    sums->slots = arena_array(sums->arena, sums->slots_count, sizeof *sums->slots);
    for (size_t i = 0; sums->slots != NULL && i < sums->rows.count; i++)
        *slot_of(sums, &row_at(sums, i)->at) = (uint32_t)i + 1;
    return sums->slots != NULL;
}

static enum rond_err sums_add(struct sums *sums, const struct map_key *key, const struct map_tally *tally) {
    if (!slots_grow(sums))
        return ROND_ENOMEM;
    uint32_t *slot = slot_of(sums, key);
    if (*slot == 0) {
        struct map_change *fresh = arena_list_add(&sums->rows);
        if (fresh == NULL)
            return ROND_ENOMEM;
        fresh->at = *key;
        fresh->at.area = arena_text(sums->arena, key->area);
        fresh->at.organisation = arena_text(sums->arena, key->organisation);
        fresh->at.place = arena_text(sums->arena, key->place);
        if (fresh->at.area == NULL || fresh->at.organisation == NULL || fresh->at.place == NULL)
            return ROND_ENOMEM;
        *slot = (uint32_t)sums->rows.count;
    }
    map_tally_add(&row_at(sums, *slot - 1)->add, tally);
    return ROND_OK;
}

static struct sums sums_start(struct arena *arena) {
    return (struct sums){.arena = arena, .rows = {.arena = arena, .item_size = sizeof(struct map_change)}};
}

// Joins squares, from the finest on, until the rows are few enough.
static enum rond_err coarsen(struct sums *sums, unsigned *ret_level) {
    enum rond_err err = ROND_OK;
    unsigned level = 0;
    while (err == ROND_OK && sums->rows.count > MAP_ROWS_MAX && level < SQUARE_LEVEL_MAX) {
        struct sums coarser = sums_start(sums->arena);
        level++;
        for (size_t i = 0; i < sums->rows.count && err == ROND_OK; i++) {
            struct map_change *row = row_at(sums, i);
            if (row->at.square != 0)
                row->at.square = square_coarser(row->at.square, level);
            err = sums_add(&coarser, &row->at, &row->add);
        }
        *sums = coarser;
    }
    *ret_level = level;
    return err;
}

// ---- Reading ----

struct gathering {
    const struct map_wanted *wanted;
    uint32_t kind; // 0: every
    struct sums sums;
};

static bool is_wanted(const struct gathering *gathering, const struct map_key *key) {
    const struct map_wanted *wanted = gathering->wanted;
    const char *organisation = wanted->organisation;
    return (gathering->kind == 0 || gathering->kind == key->kind) &&
           (organisation == NULL || organisation[0] == '\0' || strcmp(organisation, key->organisation) == 0) &&
           (wanted->shows == NULL ||
            wanted->shows(wanted->context, key->organisation, key->area, kind_name((Rond__V1__Kind)key->kind)));
}

static enum rond_err row_take(void *context, const struct map_change *row) {
    struct gathering *gathering = context;
    struct map_key key = row->at;
    if (!is_wanted(gathering, &key))
        return ROND_OK;
    key.span = MAP_DAY;
    key.day = 0;
    return sums_add(&gathering->sums, &key, &row->add);
}

static enum rond_err area_take(struct store *store, struct gathering *gathering, const char *area,
                               const struct map_range *ranges, size_t count) {
    const struct map_rows rows = {row_take, gathering};
    const struct map_wanted *wanted = gathering->wanted;
    enum rond_err err = ROND_OK;
    if (wanted->may_see != NULL && !wanted->may_see(wanted->context, area))
        return ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct map_range range = ranges[i];
        range.area = area;
        err = store->views->map(store, &range, &rows);
    }
    return err;
}

static enum rond_err areas_take(struct store *store, const struct catalogue *catalogue, struct gathering *gathering,
                                const struct map_range *ranges, size_t count) {
    const char *only = gathering->wanted->area;
    size_t areas_count = 0;
    const Rond__V1__ReferenceEntry *const *areas = catalogue_areas(catalogue, &areas_count);
    if (only != NULL && only[0] != '\0')
        return area_take(store, gathering, only, ranges, count);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < areas_count && err == ROND_OK; i++)
        err = area_take(store, gathering, areas[i]->id, ranges, count);
    return err;
}

// ---- Words ----

static bool is_on_the_ground(const Rond__V1__Place *place) {
    return place != NULL && (place->latitude_e6 != 0 || place->longitude_e6 != 0);
}

static bool add_ground(json_t *object, const struct catalogue *catalogue, const struct map_key *at, unsigned level) {
    const Rond__V1__Place *place = at->place[0] == '\0' ? NULL : catalogue_place(catalogue, at->place);
    bool is_place = is_on_the_ground(place), is_square = at->square != 0;
    int32_t latitude = 0, longitude = 0;
    if (is_place) {
        latitude = place->latitude_e6;
        longitude = place->longitude_e6;
    } else if (is_square) {
        square_middle(at->square, level, &latitude, &longitude);
    }
    bool is_known = is_place || is_square;
    return read_add(object, "place", at->place[0] == '\0' ? json_null() : read_text(at->place)) &&
           read_add(object, "latitude_e6", is_known ? json_integer(latitude) : json_null()) &&
           read_add(object, "longitude_e6", is_known ? json_integer(longitude) : json_null()) &&
           read_add(object, "radius_m", is_place ? json_integer(place->radius_m) : json_null()) &&
           read_add(object, "square_m", is_square ? json_integer((json_int_t)MAP_SQUARE_M << level) : json_null());
}

static json_t *row_json(const struct catalogue *catalogue, const struct map_change *row, unsigned level) {
    json_t *object = json_object();
    bool added = read_add(object, "area", read_text(row->at.area)) &&
                 read_add(object, "organisation", read_text(row->at.organisation)) &&
                 read_add(object, "kind", read_text(kind_name((Rond__V1__Kind)row->at.kind))) &&
                 add_ground(object, catalogue, &row->at, level) &&
                 read_add(object, "reports", json_integer(row->add.reports)) &&
                 read_add(object, "person_minutes", json_integer(row->add.person_minutes)) &&
                 read_add(object, "quantity", json_integer(row->add.quantity));
    return read_whole(object, added);
}

static int busiest_first(const void *left, const void *right) {
    const struct map_change *a = left, *b = right;
    if (a->add.reports != b->add.reports)
        return a->add.reports > b->add.reports ? -1 : 1;
    return map_key_compare(&a->at, &b->at);
}

static enum rond_err rows_give(const struct catalogue *catalogue, struct sums *sums, const struct read_rows *rows) {
    unsigned level = 0;
    enum rond_err err = coarsen(sums, &level);
    if (err == ROND_OK && sums->rows.count > 1)
        qsort(sums->rows.items, sums->rows.count, sizeof(struct map_change), busiest_first);
    for (size_t i = 0; i < sums->rows.count && err == ROND_OK; i++)
        err = read_rows_give(rows, row_json(catalogue, row_at(sums, i), level));
    return err;
}

enum rond_err map_kind(const char *name, uint32_t *ret_kind, struct fault *fault) {
    *ret_kind = 0;
    if (name == NULL || name[0] == '\0')
        return ROND_OK;
    for (uint32_t kind = ROND__V1__KIND__KIND_CHECK; kind <= ROND__V1__KIND__KIND_INITIATIVE && *ret_kind == 0; kind++)
        if (strcmp(kind_name((Rond__V1__Kind)kind), name) == 0)
            *ret_kind = kind;
    return *ret_kind != 0 ? ROND_OK
                          : fault_both(fault, ROND_EINVALID, 0, "kind", "'%.32s' is no kind of report.",
                                       "”%.32s” är ingen sorts rapport.", name);
}

enum rond_err read_map(struct store *store, const struct catalogue *catalogue, const struct map_wanted *wanted,
                       const struct read_rows *rows, struct fault *fault) {
    struct gathering gathering = {.wanted = wanted};
    struct map_range ranges[MAP_RANGES_MAX];
    struct arena arena;
    day_t first = 0, last = 0;
    enum rond_err err = map_days(wanted, &first, &last, fault);
    if (err == ROND_OK)
        err = map_kind(wanted->kind, &gathering.kind, fault);
    if (err == ROND_OK && wanted->area != NULL && wanted->area[0] != '\0' && catalogue_area(catalogue, wanted->area) == NULL)
        err = fault_both(fault, ROND_ENOTFOUND, 0, "area", "There is no area '%.64s'.", "Området ”%.64s” finns inte.",
                         wanted->area);
    if (err == ROND_OK)
        err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    gathering.sums = sums_start(&arena);
    err = areas_take(store, catalogue, &gathering, ranges, map_ranges(first, last, ranges));
    read_end(store);
    if (err == ROND_OK)
        err = rows_give(catalogue, &gathering.sums, rows);
    arena_deinit(&arena);
    return err;
}
