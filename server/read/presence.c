#include "read/presence.h"

#include <string.h>

#include "base/number_text.h"
#include "read/presence_grid.h"
#include "read/promise_json.h"
#include "read/sureness.h"

// ---- Of which days ----

static bool is_presence(const struct commitment *commitment) {
    return commitment->definition->measure == ROND__V1__MEASURE__MEASURE_PRESENCE &&
           commitment->act_from <= commitment->act_to;
}

// Of windows over midnight the last ones close a day later; they are due then.
static day_t last_promised(const struct commitment *const *commitments, size_t count, day_t none) {
    day_t last = none;
    for (size_t i = 0; i < count; i++)
        if (is_presence(commitments[i]) && (last == none || commitments[i]->act_to > last))
            last = commitments[i]->act_to;
    return last;
}

static enum rond_err day_wanted(const char *text, day_t otherwise, const char *field, day_t *ret_day, struct fault *fault) {
    if (text == NULL || text[0] == '\0') {
        *ret_day = otherwise;
        return ROND_OK;
    }
    return day_parse(text, ret_day) ? ROND_OK
                                    : fault_both(fault, ROND_EINVALID, 0, field, "'%.20s' is not a day, as 2015-05-08.",
                                                 "”%.20s” är ingen dag; skriv som 2015-05-08.", text);
}

struct days {
    day_t from, to;
};

static enum rond_err days_choose(const struct presence_wanted *wanted, const Rond__V1__TimeZone *zone, day_t last,
                                 struct days *ret_days, struct fault *fault) {
    struct local_time now;
    zone_local(zone, wanted->now_s, &now);
    enum rond_err err = day_wanted(wanted->to, now.day < last ? now.day : last, "to", &ret_days->to, fault);
    if (err == ROND_OK)
        err = day_wanted(wanted->from, ret_days->to - PRESENCE_DAYS_DEFAULT + 1, "from", &ret_days->from, fault);
    if (err == ROND_OK && ret_days->from > ret_days->to)
        err = fault_both(fault, ROND_EINVALID, 0, "to", "The period ends before it begins.",
                         "Perioden slutar innan den börjar.");
    return err;
}

// Days without any promise cost nothing.
static struct days days_promised(const struct days *days, const struct commitment *commitment) {
    struct days own = *days;
    if (commitment->act_from > own.from)
        own.from = commitment->act_from;
    if (commitment->act_to < own.to)
        own.to = commitment->act_to;
    return own;
}

static size_t due_count(const struct days *days, const struct commitment *commitment, int64_t now_s) {
    struct days own = days_promised(days, commitment);
    size_t count = 0;
    for (day_t day = own.from; day <= own.to && count <= PRESENCE_OCCURRENCES_MAX; day++)
        for (size_t i = 0; i < commitment->definition->n_windows; i++)
            count += presence_is_due(commitment, i, day, now_s);
    return count;
}

static enum rond_err too_many(struct fault *fault) {
    (void)fault_set(fault, ROND_EINVALID, 0, "from", "More than %s promised times lie in that period. Choose a shorter one.",
                    number_en(PRESENCE_OCCURRENCES_MAX));
    return fault_in_swedish(fault, ROND_EINVALID, "Fler än %s lovade tider finns i perioden. Välj en kortare.",
                            number_sv(PRESENCE_OCCURRENCES_MAX));
}

static enum rond_err check_size(const struct days *days, const struct commitment *const *commitments, size_t count,
                                int64_t now_s, struct fault *fault) {
    size_t due = 0;
    for (size_t i = 0; i < count && due <= PRESENCE_OCCURRENCES_MAX; i++)
        if (is_presence(commitments[i]))
            due += due_count(days, commitments[i], now_s);
    return due <= PRESENCE_OCCURRENCES_MAX ? ROND_OK : too_many(fault);
}

// ---- As JSON ----

static json_t *cell_json(size_t index, const struct presence_cell *cell) {
    json_t *object = json_object();
    bool added = read_add(object, "day", json_string(WEEKDAY_NAMES[index / 24])) &&
                 read_add(object, "hour", json_integer((json_int_t)(index % 24))) &&
                 read_add(object, "times", json_integer(cell->times)) &&
                 read_add(object, "seen", json_integer(cell->seen)) &&
                 read_add(object, "promised_minutes", json_integer(cell->promised_s / 60)) &&
                 read_add(object, "covered_minutes", json_integer(cell->covered_s / 60)) &&
                 read_add(object, "person_minutes", cell->is_rough ? json_null() : json_integer(cell->person_s / 60));
    return read_whole(object, added);
}

static json_t *cells_json(const struct presence_grid *grid) {
    json_t *list = json_array();
    for (size_t i = 0; i < PRESENCE_CELLS; i++)
        if (grid->cells[i].times > 0 && json_array_append_new(list, cell_json(i, &grid->cells[i])) != 0)
            return read_whole(list, false);
    return list;
}

static json_t *minute_json(uint32_t minute) {
    return json_sprintf("%02u:%02u", minute / 60, minute % 60);
}

static json_t *gap_json(const struct presence_gap *gap) {
    char day[DATE_TEXT_SIZE];
    day_format(gap->day, day);
    json_t *object = json_object();
    bool added = read_add(object, "day", read_text(day)) &&
                 read_add(object, "weekday", json_string(WEEKDAY_NAMES[day_weekday(gap->day)])) &&
                 read_add(object, "opens", minute_json(gap->window->from_minute)) &&
                 read_add(object, "closes", minute_json(gap->window->to_minute));
    return read_whole(object, added);
}

static json_t *gaps_json(const struct presence_grid *grid) {
    const struct presence_gap *gaps = (const struct presence_gap *)(const void *)grid->gaps.items;
    json_t *list = json_array();
    for (size_t i = 0; i < grid->gaps.count; i++)
        if (json_array_append_new(list, gap_json(&gaps[i])) != 0)
            return read_whole(list, false);
    return list;
}

static json_t *grid_json(const struct presence_grid *grid) {
    const Rond__V1__Commitment *definition = grid->commitment->definition;
    const Rond__V1__Promise *promise = grid->commitment->promise;
    json_t *object = json_object();
    bool added = read_add(object, "commitment", read_commitment_path(promise, definition)) &&
                 read_add(object, "title_sv", read_text(definition->title_sv)) &&
                 read_add(object, "title_en", read_text(definition->title_en)) &&
                 read_add(object, "promise", read_text(promise->id)) &&
                 read_add(object, "promise_title_sv", read_text(promise->title_sv)) &&
                 read_add(object, "promise_title_en", read_text(promise->title_en)) &&
                 read_add(object, "place", read_text(grid->place)) &&
                 read_add(object, "planned", json_integer(grid->planned)) &&
                 read_add(object, "kept", json_integer(grid->kept)) && read_add(object, "cells", cells_json(grid)) &&
                 read_add(object, "gaps", gaps_json(grid)) && read_add(object, "gaps_count", json_integer(grid->gaps_count));
    return read_whole(object, added);
}

// ---- Place by place ----

struct asking {
    struct presence_reading reading;
    struct arena arena;
    struct arena_list grids; // struct presence_grid
    struct days days;
    struct days promised; // of them, those on which any grid may have something
    bool is_cut;
};

static bool is_first_of_place(const Rond__V1__Commitment *definition, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(definition->windows[i]->place, definition->windows[index]->place) == 0)
            return false;
    return true;
}

static enum rond_err grids_make(struct asking *asking, const struct commitment *commitment) {
    const Rond__V1__Commitment *definition = commitment->definition;
    struct days own = days_promised(&asking->days, commitment);
    for (size_t i = 0; i < definition->n_windows; i++) {
        if (!is_first_of_place(definition, i))
            continue;
        struct presence_grid *grid = arena_list_add(&asking->grids);
        if (grid == NULL)
            return ROND_ENOMEM;
        *grid = (struct presence_grid){.commitment = commitment, .place = definition->windows[i]->place};
        grid->gaps = (struct arena_list){.arena = &asking->arena, .item_size = sizeof(struct presence_gap)};
    }
    asking->promised.from = own.from < asking->promised.from ? own.from : asking->promised.from;
    asking->promised.to = own.to > asking->promised.to ? own.to : asking->promised.to;
    return ROND_OK;
}

static struct presence_grid *grid_at(const struct asking *asking, size_t index) {
    return &((struct presence_grid *)(void *)asking->grids.items)[index];
}

// The latest day first, all grids of it, so that what is left out where there is too much is the same of all.
static enum rond_err days_read(struct asking *asking) {
    enum rond_err err = ROND_OK;
    for (day_t day = asking->promised.to; day >= asking->promised.from && err == ROND_OK && !asking->is_cut; day--) {
        for (size_t i = 0; i < asking->grids.count && err == ROND_OK; i++)
            err = presence_grid_add(&asking->reading, grid_at(asking, i), day);
        asking->is_cut = asking->reading.read > PRESENCE_READ_MAX && day > asking->promised.from;
        if (asking->is_cut)
            asking->days.from = day;
    }
    return err;
}

static enum rond_err grids_tell(const struct asking *asking, const struct sureness *sureness, json_t *list) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < asking->grids.count && err == ROND_OK; i++) {
        size_t silent_count = 0;
        json_t *object = grid_json(grid_at(asking, i));
        if (json_array_append_new(list, object) != 0)
            return ROND_ENOMEM;
        err = sureness_add(sureness, grid_at(asking, i)->commitment, object, &silent_count);
    }
    return err;
}

static enum rond_err grids_read(struct asking *asking, const char *area, json_t *list) {
    struct presence_reading *reading = &asking->reading;
    struct sureness sureness;
    enum rond_err err = read_begin(reading->store);
    if (err != ROND_OK)
        return err;
    err = sureness_read(reading->store, area, reading->now_s * 1000, &sureness);
    sureness_longest_silent_first(&sureness);
    if (err == ROND_OK)
        err = days_read(asking);
    if (err == ROND_OK)
        err = grids_tell(asking, &sureness, list);
    sureness_deinit(&sureness);
    read_end(reading->store);
    return err;
}

static enum rond_err grids_find(struct asking *asking, const char *area, const struct commitment *const *commitments,
                                size_t count, json_t *list) {
    enum rond_err err = list == NULL ? ROND_ENOMEM : ROND_OK;
    arena_init(&asking->arena, READ_ARENA_BYTES_MAX);
    arena_init(&asking->reading.scratch, READ_ARENA_BYTES_MAX);
    asking->grids = (struct arena_list){.arena = &asking->arena, .item_size = sizeof(struct presence_grid)};
    asking->promised = (struct days){.from = asking->days.to, .to = asking->days.from};
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (is_presence(commitments[i]))
            err = grids_make(asking, commitments[i]);
    if (err == ROND_OK)
        err = grids_read(asking, area, list);
    arena_deinit(&asking->reading.scratch);
    arena_deinit(&asking->arena);
    return err;
}

static json_t *answer_json(const Rond__V1__Area *area, const struct asking *asking, json_t *grids) {
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE];
    day_format(asking->days.from, from);
    day_format(asking->days.to, to);
    return json_pack("{s:s,s:s,s:b,s:[{s:s,s:s,s:O}]}", "from", from, "to", to, "cut", asking->is_cut, "areas", "area",
                     area->id, "name", area->name, "grids", grids);
}

enum rond_err read_presence(struct store *store, const struct catalogue *catalogue, const struct presence_wanted *wanted,
                            json_t **ret_json, struct fault *fault) {
    struct asking asking = {.reading = {.store = store, .now_s = wanted->now_s}};
    size_t count = 0;
    if (wanted->area == NULL || wanted->area[0] == '\0')
        return fault_both(fault, ROND_EINVALID, 0, "area", "Say of which area.", "Ange vilket område.");
    const Rond__V1__Area *area = catalogue_area(catalogue, wanted->area);
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(catalogue, wanted->area);
    if (area == NULL || zone == NULL)
        return fault_both(fault, ROND_ENOTFOUND, 0, "area", "There is no area '%.80s'.", "Området ”%.80s” finns inte.",
                          wanted->area);
    const struct commitment *const *commitments = catalogue_commitments(catalogue, wanted->area, &count);
    enum rond_err err = days_choose(wanted, zone, last_promised(commitments, count, DAY_NEVER), &asking.days, fault);
    if (err == ROND_OK)
        err = check_size(&asking.days, commitments, count, wanted->now_s, fault);
    if (err != ROND_OK)
        return err;
    json_t *grids = json_array();
    err = grids_find(&asking, wanted->area, commitments, count, grids);
    json_t *answer = err == ROND_OK ? answer_json(area, &asking, grids) : NULL;
    json_decref(grids);
    if (err == ROND_OK && answer == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        *ret_json = answer;
    return err;
}
