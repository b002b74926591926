#include "promise/spots.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/planted.h"

// ---- One report ----

static int64_t person_minutes_of(const Rond__V1__Patrol *patrol, int64_t lasts_s) {
    int64_t persons = 0;
    for (size_t i = 0; i < patrol->n_persons; i++)
        persons += patrol->persons[i]->persons;
    return persons * lasts_s / 60;
}

static int64_t quantity_of(const Rond__V1__Report *report) {
    int64_t quantity = 0;
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        return report->check->checked;
    case ROND__V1__REPORT__BODY_HANDOUT:
        for (size_t i = 0; i < report->handout->n_items; i++)
            quantity += report->handout->items[i]->count;
        return quantity;
    case ROND__V1__REPORT__BODY_INVENTORY:
        return report->inventory->surveyed;
    case ROND__V1__REPORT__BODY_INITIATIVE:
        return report->initiative->quantity == 0 ? 1 : (int64_t)report->initiative->quantity;
    default:
        return 0;
    }
}

struct spot spot_make(uint64_t row, uint32_t kind, const struct counted_report *report, const Rond__V1__TimeZone *zone) {
    const Rond__V1__Report *said = report->report;
    struct local_time local = {.day = (day_t)(report->from_s / 86400)};
    if (zone != NULL)
        zone_local(zone, report->from_s, &local);
    struct spot spot = {.row = row, .tally = {.reports = 1, .quantity = quantity_of(said)}};
    spot.at = (struct map_key){.area = report->area,
                               .span = MAP_DAY,
                               .day = local.day,
                               .kind = kind,
                               .organisation = report->organisation,
                               .place = said->place};
    if (said->place[0] == '\0' && said->position != NULL)
        spot.at.square = square_of(said->position->latitude_e6, said->position->longitude_e6);
    if (said->body_case == ROND__V1__REPORT__BODY_PATROL)
        spot.tally.person_minutes = person_minutes_of(said->patrol, report->to_s - report->from_s);
    return spot;
}

bool spot_equal(const struct spot *left, const struct spot *right) {
    if (left->tally.reports == 0 || right->tally.reports == 0)
        return left->tally.reports == right->tally.reports;
    return map_key_compare(&left->at, &right->at) == 0 && left->tally.person_minutes == right->tally.person_minutes &&
           left->tally.quantity == right->tally.quantity;
}

// ---- What one run changes ----

void spot_moves_init(struct spot_moves *moves, struct arena *arena) {
    *moves = (struct spot_moves){.arena = arena};
    moves->removed = (struct arena_list){.arena = arena, .item_size = sizeof(uint64_t)};
    moves->added = (struct arena_list){.arena = arena, .item_size = sizeof(struct spot)};
    moves->changes = (struct arena_list){.arena = arena, .item_size = sizeof(struct map_change)};
}

static struct map_change *change_add(struct spot_moves *moves, const struct map_key *at, enum map_span span) {
    struct map_change *change = arena_list_add(&moves->changes);
    if (change == NULL)
        return NULL;
    *change = (struct map_change){.at = *at};
    change->at.span = span;
    change->at.day = map_span_start(span, at->day);
    return change;
}

static enum rond_err take_out(struct spot_moves *moves, const struct spot *spot) {
    uint64_t *row = arena_list_add(&moves->removed);
    if (row == NULL)
        return ROND_ENOMEM;
    struct map_change *change = change_add(moves, &spot->at, MAP_DAY);
    if (change == NULL)
        return ROND_ENOMEM;
    *row = spot->row;
    map_tally_subtract(&change->add, &spot->tally);
    return ROND_OK;
}

// The report may be decoded where its memory is used again before all is written.
static enum rond_err put_in(struct spot_moves *moves, const struct spot *spot) {
    struct spot *added = arena_list_add(&moves->added);
    if (added == NULL)
        return ROND_ENOMEM;
    *added = *spot;
    added->at.place = spot->at.place[0] == '\0' ? "" : arena_text(moves->arena, spot->at.place);
    struct map_change *change = added->at.place == NULL ? NULL : change_add(moves, &added->at, MAP_DAY);
    if (change == NULL)
        return ROND_ENOMEM;
    map_tally_add(&change->add, &added->tally);
    return ROND_OK;
}

enum rond_err spot_move(struct spot_moves *moves, const struct spot *from, const struct spot *to) {
    enum rond_err err = ROND_OK;
    if (spot_equal(from, to))
        return ROND_OK;
    if (from->tally.reports != 0 && !PLANTED(SPOT_STAYS))
        err = take_out(moves, from);
    return err == ROND_OK && to->tally.reports != 0 ? put_in(moves, to) : err;
}

static int by_key(const void *left, const void *right) {
    return map_key_compare(&((const struct map_change *)left)->at, &((const struct map_change *)right)->at);
}

// Those from there on, in order of key: neighbours in the store are written one after the other.
static void add_up(struct arena_list *list, size_t from) {
    struct map_change *changes = (struct map_change *)(void *)list->items;
    size_t kept = from;
    if (list->count > from + 1)
        qsort(changes + from, list->count - from, sizeof *changes, by_key);
    for (size_t i = from; i < list->count; i++) {
        if (kept > from && map_key_compare(&changes[kept - 1].at, &changes[i].at) == 0) {
            map_tally_add(&changes[kept - 1].add, &changes[i].add);
            continue;
        }
        if (kept > from && map_tally_is_zero(&changes[kept - 1].add))
            kept--;
        changes[kept++] = changes[i];
    }
    list->count = kept > from && map_tally_is_zero(&changes[kept - 1].add) ? kept - 1 : kept;
}

// Each from what is left of the one before: many reports of one day are one change of its month, and that one of its year.
static enum rond_err longer_spans_add(struct spot_moves *moves) {
    for (size_t from = 0, span = MAP_MONTH; span <= MAP_YEAR; span++) {
        size_t end = moves->changes.count;
        for (size_t i = from; i < end; i++) {
            const struct map_change shorter = ((const struct map_change *)(const void *)moves->changes.items)[i];
            struct map_change *change = change_add(moves, &shorter.at, (enum map_span)span);
            if (change == NULL)
                return ROND_ENOMEM;
            change->add = shorter.add;
        }
        add_up(&moves->changes, end);
        from = end;
    }
    return ROND_OK;
}

enum rond_err spot_moves_settle(struct spot_moves *moves, struct fold_changes *changes) {
    add_up(&moves->changes, 0);
    enum rond_err err = longer_spans_add(moves);
    if (err != ROND_OK)
        return err;
    changes->spots_removed = (const uint64_t *)(const void *)moves->removed.items;
    changes->spots_removed_count = moves->removed.count;
    changes->spots = (const struct spot *)(const void *)moves->added.items;
    changes->spots_count = moves->added.count;
    changes->map = (const struct map_change *)(const void *)moves->changes.items;
    changes->map_count = moves->changes.count;
    return ROND_OK;
}
