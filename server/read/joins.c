// Commitment by commitment: its contributions that lie in a bucket of one activity, sorted by time; a sweep finds those
// near in time; only those are loaded and looked at more closely. What is found of one pair for several commitments is
// one offer.
//
// What happened in a time is found by the days of the map, whenever it came in: kind by kind, since two of a pair are of
// one, until there are as many offers as are given; of a kind area by area, for all its commitments at once.
#include "read/joins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number_text.h"
#include "counting/fold.h"
#include "promise/counted.h"
#include "read/near.h"
#include "read/report_json.h"
#include "store/shape.h"

enum {
    DECISIONS_PAGE = 256,
    ANSWER_BYTES_MAX = 256 * 1024 * 1024,
    SIGHTS_MAX = 20000,
    SIGHT_SLOTS = 65536, // a power of two, more than twice as many
};

// A contribution in a bucket of one activity.
struct candidate {
    uint64_t row;
    int64_t from_s, to_s;
    uint64_t bucket; // hash of its name
    bool is_alone;   // in a bucket of its own
};
// One of those of an area in the time asked for.
struct happened {
    uint32_t commitment;
    struct candidate candidate;
};
// The report behind it, loaded where it is near another.
struct sight {
    struct stored_report report;
    struct report_key original;
    Rond__V1__Report *decoded; // NULL: it cannot be offered
    bool has_point;
    struct point point;
    struct stored_contribution *contributions; // read with its first offer
    size_t contributions_count;
};
struct offer_toward {
    const struct commitment *commitment;
    int64_t done, would_be;
};
struct offer {
    struct sight *sights[2]; // in order of time
    int64_t apart_s;
    const char *near;
    bool has_distance;
    uint32_t distance_m;
    struct arena_list toward; // struct offer_toward
};
struct distinct {
    struct report_key keys[2];
};

struct figure {
    struct period_total *totals;
    size_t count;
};

struct joins {
    struct store *store;
    const struct catalogue *catalogue;
    const struct joins_wanted *wanted;
    struct arena arena;   // of the whole answer
    struct arena scratch; // of one page, or one look
    struct rulings rulings;
    struct arena_list distincts;
    struct sight **sights; // SIGHT_SLOTS, by a hash of the row
    size_t sights_count;
    struct arena_list offers; // struct offer
    struct figure standing;   // of the commitment that is looked at, read with its first offer
    int64_t standing_done;
    size_t latest;    // contributions looked at of each commitment; 0: all of the time asked for
    uint32_t kind;    // that is looked at, where a time is asked for
    const char *area; // whose time `happened` is, of that kind; NULL: none was read yet
    struct arena area_arena;
    struct arena_list happened;              // struct happened, by commitment
    uint64_t happened_reports, happened_row; // of how many, and of which the last
    size_t sights_max, pairs_max;
    size_t pairs;
    bool more;
    struct fault *fault;
};

// ---- What people decided before ----

static enum rond_err decisions_read(struct joins *joins) {
    uint64_t cursor = 0;
    enum rond_err err = rulings_load_all(joins->store, &joins->arena, &joins->rulings);
    while (err == ROND_OK) {
        struct decision *decisions = NULL;
        size_t count = 0;
        err =
            joins->store->views->decisions(joins->store, cursor, DECISIONS_PAGE, &joins->arena, &decisions, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            if (decisions[i].kind != DECISION_DISTINCT || decisions[i].undone_ms != 0 || decisions[i].reports_count != 2)
                continue;
            struct distinct *distinct = arena_list_add(&joins->distincts);
            if (distinct == NULL)
                return ROND_ENOMEM;
            memcpy(distinct->keys, decisions[i].reports, sizeof distinct->keys);
        }
        if (cursor == 0)
            break;
    }
    return err;
}

static bool is_told_apart(const struct joins *joins, const struct report_key *a, const struct report_key *b) {
    const struct distinct *distincts = (const struct distinct *)(const void *)joins->distincts.items;
    for (size_t i = 0; i < joins->distincts.count; i++) {
        const struct report_key *keys = distincts[i].keys;
        if ((report_key_equal(&keys[0], a) && report_key_equal(&keys[1], b)) ||
            (report_key_equal(&keys[0], b) && report_key_equal(&keys[1], a)))
            return true;
    }
    return false;
}

static bool is_parted(const struct joins *joins, const struct report_key *original) {
    struct ruling_list ruled = rulings_find(&joins->rulings, original);
    for (size_t i = 0; i < ruled.count; i++)
        if (ruled.rulings[i].kind == RULING_ACTIVITY)
            return ruled.rulings[i].value[0] == '\0';
    return false;
}

// ---- Candidates of one commitment ----

static uint64_t text_hash(const char *text) {
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

static bool counts_activities(const struct commitment *commitment) {
    switch (commitment->definition->measure) {
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
    case ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED:
        return false;
    default:
        return commitment->requirement_count == 0; // what has parts is one activity a season already
    }
}

static bool is_empty(const char *text) {
    return text == NULL || text[0] == '\0';
}

// The days asked for, and their beginning and end by the wall of the area.
struct span {
    day_t first, last;
    int64_t from_s, to_s;
};

static enum rond_err span_read(struct joins *joins, const Rond__V1__TimeZone *zone, struct span *ret_span) {
    const char *since = joins->wanted->since, *until = joins->wanted->until;
    struct span span = {.first = 0, .last = day_from_civil(9998, 12, 31), .from_s = INT64_MIN, .to_s = INT64_MAX};
    enum rond_err err = read_day(since, "since", span.first, &span.first, joins->fault);
    if (err == ROND_OK)
        err = read_day(until, "until", span.last, &span.last, joins->fault);
    if (!is_empty(since))
        span.from_s = zone_instant(zone, span.first, 0);
    if (!is_empty(until))
        span.to_s = zone_instant(zone, span.last + 1, 0) - 1;
    *ret_span = span;
    return err;
}

static struct candidate candidate_of(uint64_t row, const char *bucket, int64_t from_s, int64_t to_s) {
    return (struct candidate){row, from_s, to_s, text_hash(bucket), bucket[0] == 'r'};
}

static enum rond_err candidate_add(const struct candidate *from, struct arena_list *list) {
    struct candidate *candidate = arena_list_add(list);
    if (candidate == NULL)
        return ROND_ENOMEM;
    *candidate = *from;
    return ROND_OK;
}

static bool is_activity(const char *bucket) {
    return bucket[0] == 'r' || bucket[0] == 'a';
}

static enum rond_err latest_read(struct joins *joins, const struct commitment *commitment, struct arena_list *list) {
    struct stored_contribution *page = NULL;
    size_t count = 0;
    arena_reset(&joins->scratch);
    enum rond_err err = joins->store->views->contributions_before(joins->store, commitment->number, 0, joins->latest,
                                                                  &joins->scratch, &page, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (page[i].value.reason == REASON_COUNTED && is_activity(page[i].value.bucket)) {
            const struct contribution *value = &page[i].value;
            struct candidate candidate = candidate_of(page[i].row, value->bucket, value->from_s, value->to_s);
            err = candidate_add(&candidate, list);
        }
    joins->more = joins->more || count >= joins->latest;
    return err;
}

static enum rond_err too_many(struct fault *fault) {
    (void)fault_set(fault, ROND_EFULL, 0, "since",
                    "More than %s reports lie in that time; ask for fewer days with since and until.",
                    number_en(JOINS_REPORTS_MAX));
    return fault_in_swedish(fault, ROND_EFULL, "Fler än %s rapporter finns under den tiden; välj färre dagar.",
                            number_sv(JOINS_REPORTS_MAX));
}

static enum rond_err happened_add(void *context, const struct counted_one *one) {
    struct joins *joins = context;
    if (!is_activity(one->bucket))
        return ROND_OK;
    joins->happened_reports += one->row != joins->happened_row;
    joins->happened_row = one->row;
    if (joins->happened_reports > JOINS_REPORTS_MAX)
        return too_many(joins->fault);
    struct happened *happened = arena_list_add(&joins->happened);
    if (happened == NULL)
        return ROND_ENOMEM;
    *happened = (struct happened){one->commitment, candidate_of(one->row, one->bucket, one->from_s, one->to_s)};
    return ROND_OK;
}

static int by_commitment(const void *left, const void *right) {
    const struct happened *a = left, *b = right;
    return a->commitment < b->commitment ? -1 : a->commitment > b->commitment;
}

// Of the reports that began on the days asked for, or on the day before and reach into them.
static enum rond_err area_read(struct joins *joins, const char *area, const Rond__V1__TimeZone *zone) {
    struct span span;
    arena_reset(&joins->area_arena);
    joins->happened = (struct arena_list){.arena = &joins->area_arena, .item_size = sizeof(struct happened)};
    joins->happened_reports = joins->happened_row = 0;
    joins->area = area;
    enum rond_err err = span_read(joins, zone, &span);
    const struct counted_wanted wanted = {area, joins->kind, span.first - 1, span.last, span.from_s, span.to_s};
    if (err == ROND_OK)
        err = joins->store->views->counted_on(joins->store, &wanted, &(struct counted_ones){happened_add, joins});
    if (err == ROND_OK && joins->happened.count > 1)
        qsort(joins->happened.items, joins->happened.count, sizeof(struct happened), by_commitment);
    return err;
}

// Where a commitment's begin.
static size_t happened_from(const struct joins *joins, uint32_t commitment) {
    const struct happened *happened = (const struct happened *)(const void *)joins->happened.items;
    size_t low = 0, high = joins->happened.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (happened[middle].commitment < commitment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum rond_err candidates_read(struct joins *joins, const struct commitment *commitment, struct arena_list *list) {
    const char *area = commitment->promise->area;
    enum rond_err err = ROND_OK;
    if (joins->latest > 0)
        return latest_read(joins, commitment, list);
    if (joins->area == NULL || strcmp(joins->area, area) != 0)
        err = area_read(joins, area, commitment->zone);
    const struct happened *happened = (const struct happened *)(const void *)joins->happened.items;
    size_t i = err == ROND_OK ? happened_from(joins, commitment->number) : 0;
    for (; err == ROND_OK && i < joins->happened.count && happened[i].commitment == commitment->number; i++)
        err = candidate_add(&happened[i].candidate, list);
    return err;
}

static int by_time(const void *left, const void *right) {
    const struct candidate *a = left, *b = right;
    if (a->from_s != b->from_s)
        return a->from_s < b->from_s ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

// ---- A closer look ----

static enum rond_err original_find(struct joins *joins, struct sight *sight) {
    struct lineages set;
    sight->original = sight->report.key;
    if (!sight->report.has_target)
        return ROND_OK;
    enum rond_err err = lineages_load(joins->store, joins->catalogue, &sight->report, 1, &joins->scratch, &set);
    if (err == ROND_OK)
        sight->original = set.nodes[0].counts_as;
    return err;
}

static void point_find(struct joins *joins, struct sight *sight) {
    const Rond__V1__Report *report = sight->decoded;
    const Rond__V1__Place *place = report->place[0] == '\0' ? NULL : catalogue_place(joins->catalogue, report->place);
    if (report->position != NULL)
        sight->point = (struct point){report->position->latitude_e6, report->position->longitude_e6};
    else if (place != NULL)
        sight->point = (struct point){place->latitude_e6, place->longitude_e6};
    sight->has_point = report->position != NULL || (place != NULL && (place->latitude_e6 != 0 || place->longitude_e6 != 0));
}

static enum rond_err sight_load(struct joins *joins, uint64_t row, struct sight **ret_sight) {
    struct sight *sight = arena_alloc(&joins->arena, sizeof *sight);
    if (sight == NULL)
        return ROND_ENOMEM;
    *sight = (struct sight){0};
    enum rond_err err = joins->store->views->report(joins->store, row, &joins->arena, &sight->report);
    if (err == ROND_OK)
        err = original_find(joins, sight);
    if (err != ROND_OK)
        return err;
    err = counted_content(joins->store, &sight->report, &joins->arena, &sight->decoded);
    if (err == ROND_ENOMEM)
        return err;
    if (err == ROND_OK && !is_parted(joins, &sight->original))
        point_find(joins, sight);
    else
        sight->decoded = NULL;
    joins->sights_count++;
    *ret_sight = sight;
    return ROND_OK;
}

// Sights found for an earlier commitment serve again, so that a pair is known by its two sights.
static enum rond_err sight_find(struct joins *joins, uint64_t row, struct sight **ret_sight) {
    size_t at = (size_t)(row * UINT64_C(0x9E3779B97F4A7C15) >> 48) & (SIGHT_SLOTS - 1);
    while (joins->sights[at] != NULL && joins->sights[at]->report.row != row)
        at = (at + 1) & (SIGHT_SLOTS - 1);
    enum rond_err err = joins->sights[at] != NULL ? ROND_OK : sight_load(joins, row, &joins->sights[at]);
    if (err == ROND_OK)
        *ret_sight = joins->sights[at];
    return err;
}

static bool near_in_place(const struct sight *a, const struct sight *b, struct offer *offer) {
    const char *place_a = a->decoded->place, *place_b = b->decoded->place;
    bool says_a = place_a[0] != '\0' || a->has_point, says_b = place_b[0] != '\0' || b->has_point;
    offer->has_distance = a->has_point && b->has_point;
    if (offer->has_distance)
        offer->distance_m = near_distance_m(&a->point, &b->point);
    if (place_a[0] != '\0' && strcmp(place_a, place_b) == 0) {
        offer->near = "same_place";
        return true;
    }
    if (!says_a || !says_b) {
        offer->near = "no_place";
        return true;
    }
    offer->near = "distance";
    return offer->has_distance && offer->distance_m <= JOINS_DISTANCE_M_MAX;
}

static bool is_likely(const struct joins *joins, const struct sight *a, const struct sight *b, struct offer *offer) {
    if (a->decoded == NULL || b->decoded == NULL || a->report.kind != b->report.kind ||
        strcmp(a->report.area, b->report.area) != 0 || report_key_equal(&a->original, &b->original))
        return false;
    bool overlaps = a->report.from_s < b->report.to_s && b->report.from_s < a->report.to_s;
    bool at_once = a->report.from_s == b->report.from_s && a->report.to_s == b->report.to_s;
    if (id128_equal(&a->report.key.device, &b->report.key.device) && !overlaps && !at_once)
        return false;
    return near_in_place(a, b, offer) && !is_told_apart(joins, &a->original, &b->original);
}

// ---- What the figure would become ----

static enum rond_err standing_read(struct joins *joins, const struct commitment *commitment) {
    struct figure *standing = &joins->standing;
    struct progress progress;
    if (standing->totals != NULL)
        return ROND_OK;
    enum rond_err err =
        joins->store->views->totals(joins->store, commitment->number, &joins->arena, &standing->totals, &standing->count);
    if (err != ROND_OK)
        return err;
    progress_at(commitment, standing->totals, standing->count, joins->wanted->now_s, &progress);
    joins->standing_done = progress.done;
    return ROND_OK;
}

static struct tally *period_of(struct figure *figure, const char *period) {
    for (size_t i = 0; i < figure->count; i++)
        if (strcmp(figure->totals[i].period, period) == 0)
            return &figure->totals[i].tally;
    struct period_total *total = &figure->totals[figure->count++];
    *total = (struct period_total){0};
    snprintf(total->period, PERIOD_SIZE, "%s", period);
    return &total->tally;
}

static void revalue(const struct commitment *commitment, struct figure *figure, const struct contribution *contents,
                    size_t count, bool take_out) {
    struct tally value;
    enum counting_reason ignored;
    if (count == 0)
        return;
    bucket_value(commitment, contents, count, &value, &ignored);
    (take_out ? tally_subtract : tally_add)(period_of(figure, bucket_period(contents, count)), &value);
}

static enum rond_err bucket_of(struct joins *joins, const struct commitment *commitment, struct sight *sight,
                               struct bucket_contents *ret_contents) {
    struct bucket_key key = {.commitment = commitment->number};
    enum rond_err err = sight->contributions_count > 0
                            ? ROND_OK
                            : joins->store->views->contributions_of_row(joins->store, sight->report.row, &joins->arena,
                                                                        &sight->contributions, &sight->contributions_count);
    for (size_t i = 0; i < sight->contributions_count && err == ROND_OK; i++)
        if (sight->contributions[i].commitment == commitment->number)
            key.bucket = sight->contributions[i].value.bucket;
    *ret_contents = (struct bucket_contents){0};
    return err != ROND_OK || key.bucket == NULL
               ? err
               : joins->store->views->bucket(joins->store, &key, &joins->scratch, ret_contents);
}

static enum rond_err figures_find(struct joins *joins, const struct offer *offer, struct offer_toward *toward) {
    const struct commitment *commitment = toward->commitment;
    struct bucket_contents buckets[2];
    struct figure figure = {0};
    struct progress progress;
    arena_reset(&joins->scratch);
    enum rond_err err = standing_read(joins, commitment);
    for (size_t i = 0; i < 2 && err == ROND_OK; i++)
        err = bucket_of(joins, commitment, offer->sights[i], &buckets[i]);
    if (err != ROND_OK)
        return err;
    size_t sizes[2] = {buckets[0].count, buckets[1].count};
    struct contribution *contents = arena_array(&joins->scratch, sizes[0] + sizes[1] + 1, sizeof *contents);
    figure.count = joins->standing.count;
    figure.totals = arena_array(&joins->scratch, figure.count + 3, sizeof *figure.totals);
    if (contents == NULL || figure.totals == NULL)
        return ROND_ENOMEM;
    for (size_t b = 0, at = 0; b < 2; b++)
        for (size_t i = 0; i < sizes[b]; i++)
            contents[at++] = buckets[b].contributions[i].value;
    if (figure.count > 0)
        memcpy(figure.totals, joins->standing.totals, figure.count * sizeof *figure.totals);
    toward->done = joins->standing_done;
    revalue(commitment, &figure, contents, sizes[0], true);
    revalue(commitment, &figure, contents + sizes[0], sizes[1], true);
    revalue(commitment, &figure, contents, sizes[0] + sizes[1], false);
    progress_at(commitment, figure.totals, figure.count, joins->wanted->now_s, &progress);
    toward->would_be = progress.done;
    return ROND_OK;
}

// ---- Offers ----

static struct offer *offer_find(const struct joins *joins, const struct sight *a, const struct sight *b) {
    struct offer *offers = (struct offer *)(void *)joins->offers.items;
    for (size_t i = 0; i < joins->offers.count; i++)
        if (offers[i].sights[0] == a && offers[i].sights[1] == b)
            return &offers[i];
    return NULL;
}

// Once there are as many as are given, a pair is looked at only for what it would mean toward another commitment, too.
static bool is_full(const struct joins *joins) {
    return joins->offers.count == JOINS_OFFERS_MAX;
}

static bool is_offered(const struct joins *joins, uint64_t first_row, uint64_t second_row) {
    const struct offer *offers = (const struct offer *)(const void *)joins->offers.items;
    for (size_t i = 0; i < joins->offers.count; i++)
        if (offers[i].sights[0]->report.row == first_row && offers[i].sights[1]->report.row == second_row)
            return true;
    return false;
}

static bool is_first_of_an_offer(const struct joins *joins, uint64_t row) {
    const struct offer *offers = (const struct offer *)(const void *)joins->offers.items;
    for (size_t i = 0; i < joins->offers.count; i++)
        if (offers[i].sights[0]->report.row == row)
            return true;
    return false;
}

static enum rond_err pair_look(struct joins *joins, const struct commitment *commitment, const struct candidate *first,
                               const struct candidate *second) {
    struct sight *a = NULL, *b = NULL;
    struct offer made = {.apart_s = second->from_s > first->to_s ? second->from_s - first->to_s : 0};
    if (is_full(joins) && !is_offered(joins, first->row, second->row)) {
        joins->more = true;
        return ROND_OK;
    }
    enum rond_err err = sight_find(joins, first->row, &a);
    if (err == ROND_OK)
        err = sight_find(joins, second->row, &b);
    if (err != ROND_OK || !is_likely(joins, a, b, &made))
        return err;
    struct offer *offer = offer_find(joins, a, b);
    if (offer == NULL && (offer = arena_list_add(&joins->offers)) != NULL) {
        made.sights[0] = a;
        made.sights[1] = b;
        made.toward = (struct arena_list){.arena = &joins->arena, .item_size = sizeof(struct offer_toward)};
        *offer = made;
    }
    struct offer_toward *toward = offer == NULL ? NULL : arena_list_add(&offer->toward);
    if (toward == NULL)
        return ROND_ENOMEM;
    *toward = (struct offer_toward){.commitment = commitment};
    return figures_find(joins, offer, toward);
}

static bool is_near(const struct candidate *first, const struct candidate *second) {
    return second->from_s <= first->to_s || (uint64_t)second->from_s - (uint64_t)first->to_s <= JOINS_APART_S_MAX;
}

static enum rond_err sweep(struct joins *joins, const struct commitment *commitment, const struct candidate *candidates,
                           size_t count) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        const struct candidate *first = &candidates[i];
        if (is_full(joins) && !is_first_of_an_offer(joins, first->row)) {
            joins->more = joins->more || (i + 1 < count && is_near(first, &candidates[i + 1]));
            continue;
        }
        for (size_t k = i + 1; k < count && err == ROND_OK; k++) {
            const struct candidate *second = &candidates[k];
            if (!is_near(first, second))
                break;
            if (first->bucket == second->bucket || (!first->is_alone && !second->is_alone))
                continue;
            if (joins->pairs++ == joins->pairs_max || joins->sights_count + 2 > joins->sights_max) {
                joins->more = true;
                return ROND_OK;
            }
            err = pair_look(joins, commitment, first, second);
        }
    }
    return err;
}

static enum rond_err commitment_look(struct joins *joins, const struct commitment *commitment) {
    struct arena arena;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    struct arena_list list = {.arena = &arena, .item_size = sizeof(struct candidate)};
    enum rond_err err = candidates_read(joins, commitment, &list);
    struct candidate *candidates = (struct candidate *)(void *)list.items;
    joins->standing = (struct figure){0};
    if (err == ROND_OK && list.count > 0) {
        qsort(candidates, list.count, sizeof *candidates, by_time);
        err = sweep(joins, commitment, candidates, list.count);
    }
    arena_deinit(&arena);
    return err;
}

// ---- Giving them ----

static json_t *position_json(const Rond__V1__Position *position) {
    return position == NULL ? json_null()
                            : json_pack("{s:i,s:i,s:I}", "latitude_e6", position->latitude_e6, "longitude_e6",
                                        position->longitude_e6, "accuracy_m", (json_int_t)position->accuracy_m);
}

static json_t *report_make(const struct joins *joins, const struct sight *sight, const Rond__V1__TimeZone *zone) {
    const struct stored_report *report = &sight->report;
    const Rond__V1__Report *decoded = sight->decoded;
    struct ruling_list ruled = rulings_find(&joins->rulings, &sight->original);
    const struct counted_report counted = {.report = decoded, .rulings = ruled.rulings, .rulings_count = ruled.count};
    json_t *object = json_object();
    bool added = read_add_key(object, &report->key) && read_add(object, "row", json_integer((json_int_t)report->row)) &&
                 read_add(object, "organisation", read_text(report->organisation)) &&
                 read_add(object, "organisations", read_texts(decoded->organisations, decoded->n_organisations)) &&
                 read_add(object, "activity", read_text(counted_activity(&counted))) &&
                 read_add(object, "place", read_text(decoded->place)) &&
                 read_add(object, "position", position_json(decoded->position)) &&
                 read_add_s(object, "occurred_from", report->from_s) && read_add_s(object, "occurred_to", report->to_s) &&
                 read_add(object, "from_local", read_local(zone, report->from_s)) &&
                 read_add(object, "to_local", read_local(zone, report->to_s));
    return read_whole(object, added);
}

static json_t *toward_make(const struct joins *joins, const struct offer_toward *toward) {
    const char *path = catalogue_commitment_path(joins->catalogue, toward->commitment->number);
    const Rond__V1__Commitment *definition = toward->commitment->definition;
    return json_pack("{s:s,s:o,s:o,s:I,s:I,s:I}", "commitment", path, "title_sv", read_text(definition->title_sv),
                     "title_en", read_text(definition->title_en), "done", (json_int_t)toward->done, "would_be",
                     (json_int_t)toward->would_be, "target", (json_int_t)definition->target);
}

static json_t *offer_make(const struct joins *joins, const struct offer *offer) {
    const struct offer_toward *toward = (const struct offer_toward *)(const void *)offer->toward.items;
    const Rond__V1__TimeZone *zone = toward[0].commitment->zone;
    json_t *object = json_object(), *reports = json_array(), *commitments = json_array();
    bool made = true;
    for (size_t i = 0; i < 2; i++)
        made = json_array_append_new(reports, report_make(joins, offer->sights[i], zone)) == 0 && made;
    for (size_t i = 0; i < offer->toward.count; i++)
        made = json_array_append_new(commitments, toward_make(joins, &toward[i])) == 0 && made;
    made = read_add(object, "reports", reports) && made;
    made = read_add(object, "commitments", commitments) && made;
    bool added =
        made && read_add(object, "area", read_text(offer->sights[0]->report.area)) &&
        read_add(object, "kind", report_json_kind(offer->sights[0]->report.kind, false)) &&
        read_add(object, "apart_s", json_integer((json_int_t)offer->apart_s)) &&
        read_add(object, "near", json_string(offer->near)) &&
        read_add(object, "distance_m", offer->has_distance ? json_integer((json_int_t)offer->distance_m) : json_null());
    return read_whole(object, added);
}

static int offer_order(const void *left, const void *right) {
    const struct offer *a = left, *b = right;
    for (size_t i = 0; i < 2; i++) {
        const struct stored_report *one = &a->sights[i]->report, *other = &b->sights[i]->report;
        if (one->from_s != other->from_s)
            return one->from_s < other->from_s ? -1 : 1;
        if (one->row != other->row)
            return one->row < other->row ? -1 : 1;
    }
    return 0;
}

static enum rond_err offers_give(struct joins *joins, const struct read_rows *rows) {
    struct offer *offers = (struct offer *)(void *)joins->offers.items;
    enum rond_err err = ROND_OK;
    if (joins->offers.count > 0)
        qsort(offers, joins->offers.count, sizeof *offers, offer_order);
    for (size_t i = 0; i < joins->offers.count && err == ROND_OK; i++)
        err = read_rows_give(rows, offer_make(joins, &offers[i]));
    return err;
}

static bool is_looked_at(const struct joins *joins, const struct commitment *commitment) {
    const struct joins_wanted *wanted = joins->wanted;
    return counts_activities(commitment) &&
           (wanted->may_see == NULL || wanted->may_see(wanted->context, commitment->promise->area));
}

static enum rond_err commitments_look(struct joins *joins, const struct commitment *const *commitments, size_t count) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (is_looked_at(joins, commitments[i]))
            err = commitment_look(joins, commitments[i]);
    return err;
}

static enum rond_err joins_find(struct joins *joins) {
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(joins->catalogue, joins->wanted->area, &count);
    size_t looked_at = 0;
    enum rond_err err = decisions_read(joins);
    for (size_t i = 0; i < count; i++)
        looked_at += is_looked_at(joins, commitments[i]);
    if (joins->latest > 0 && looked_at > 0)
        joins->latest = joins->latest / looked_at > JOINS_LATEST_MIN ? joins->latest / looked_at : JOINS_LATEST_MIN;
    if (err == ROND_OK && joins->latest > 0)
        return commitments_look(joins, commitments, count);
    const ProtobufCEnumDescriptor *kinds = &rond__v1__kind__descriptor;
    for (unsigned k = 0; k < kinds->n_values && err == ROND_OK; k++) {
        joins->kind = (uint32_t)kinds->values[k].value;
        joins->area = NULL;
        if (joins->offers.count < JOINS_OFFERS_MAX)
            err = commitments_look(joins, commitments, count);
        else
            joins->more = true; // as there may be of this kind
    }
    return err;
}

enum rond_err read_joins(struct store *store, const struct catalogue *catalogue, const struct joins_wanted *wanted,
                         const struct read_rows *rows, bool *ret_more, struct fault *fault) {
    if (wanted->area != NULL && wanted->area[0] != '\0' && catalogue_area(catalogue, wanted->area) == NULL)
        return fault_both(fault, ROND_ENOTFOUND, 0, "area", "There is no area '%.64s'.", "Området ”%.64s” finns inte.",
                          wanted->area);
    struct joins joins = {.store = store, .catalogue = catalogue, .wanted = wanted, .fault = fault};
    if (is_empty(wanted->since) && is_empty(wanted->until))
        joins.latest = JOINS_LATEST_MAX;
    joins.sights_max = joins.latest > 0 ? JOINS_LATEST_SIGHTS_MAX : SIGHTS_MAX;
    joins.pairs_max = joins.latest > 0 ? JOINS_LATEST_PAIRS_MAX : JOINS_PAIRS_MAX;
    arena_init(&joins.arena, ANSWER_BYTES_MAX);
    arena_init(&joins.scratch, READ_ARENA_BYTES_MAX);
    arena_init(&joins.area_arena, ANSWER_BYTES_MAX);
    joins.distincts = (struct arena_list){.arena = &joins.arena, .item_size = sizeof(struct distinct)};
    joins.sights = arena_array(&joins.arena, SIGHT_SLOTS, sizeof(struct sight *));
    joins.offers = (struct arena_list){.arena = &joins.arena, .item_size = sizeof(struct offer)};
    enum rond_err err = joins.sights == NULL ? ROND_ENOMEM : read_begin(store);
    if (err == ROND_OK) {
        err = joins_find(&joins);
        read_end(store);
    }
    if (err == ROND_OK)
        err = offers_give(&joins, rows);
    if (err == ROND_OK)
        *ret_more = joins.more;
    arena_deinit(&joins.arena);
    arena_deinit(&joins.scratch);
    arena_deinit(&joins.area_arena);
    return err;
}
