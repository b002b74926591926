#include "read/presence_grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read/presence.h"

// ---- Who was there ----

struct occurrence {
    const struct commitment *commitment;
    size_t index; // of the window
    day_t day;
    int64_t from_s, to_s;
    struct presence_hours hours;
    bool is_rough; // how many were there at once is not known
};

static int by_beginning(const void *left, const void *right) {
    const struct contribution *a = left, *b = right;
    return a->from_s < b->from_s ? -1 : a->from_s > b->from_s;
}

static void contributions_take(struct occurrence *occurrence, struct contribution *values, size_t count) {
    qsort(values, count, sizeof *values, by_beginning);
    int64_t covered_until_s = INT64_MIN;
    for (size_t i = 0; i < count; i++) {
        const struct contribution *one = &values[i];
        int64_t from_s = one->from_s > covered_until_s ? one->from_s : covered_until_s;
        presence_hours_stay(&occurrence->hours, one->from_s, one->to_s, one->persons);
        if (one->to_s <= from_s)
            continue;
        presence_hours_cover(&occurrence->hours, from_s, one->to_s);
        covered_until_s = one->to_s;
    }
}

static enum rond_err contents_read(struct presence_reading *reading, const struct bucket_key *key,
                                   struct contribution **ret_values, size_t *ret_count) {
    struct bucket_contents contents;
    enum rond_err err = reading->store->views->bucket(reading->store, key, &reading->scratch, &contents);
    if (err != ROND_OK)
        return err;
    struct contribution *values = arena_array(&reading->scratch, contents.count + 1, sizeof *values);
    for (size_t i = 0; values != NULL && i < contents.count; i++)
        values[i] = contents.contributions[i].value;
    reading->read += contents.count;
    *ret_values = values;
    *ret_count = contents.count;
    return values == NULL ? ROND_ENOMEM : ROND_OK;
}

// A window with many reports: what is kept of them tells when somebody was there, but not how many in which hour. What
// overflows is told by the reports alone.
static enum rond_err crowd_take(struct presence_reading *reading, const struct bucket_key *key, const struct crowd *crowd,
                                struct occurrence *occurrence) {
    struct tally value;
    enum counting_reason reason;
    crowd_value(occurrence->commitment, crowd, &value, &reason);
    if (reason != REASON_COUNTED)
        return ROND_OK;
    if (crowd->overflows) {
        struct contribution *values;
        size_t count;
        enum rond_err err = contents_read(reading, key, &values, &count);
        if (err == ROND_OK)
            contributions_take(occurrence, values, count);
        return err;
    }
    occurrence->is_rough = true;
    for (size_t i = 0; i < crowd->stretches_count; i++)
        presence_hours_cover(&occurrence->hours, crowd->stretches[i].from_s, crowd->stretches[i].to_s);
    return ROND_OK;
}

static enum rond_err few_take(struct presence_reading *reading, const struct bucket_key *key,
                              struct occurrence *occurrence) {
    struct contribution *values;
    struct tally value;
    enum counting_reason reason;
    size_t count;
    enum rond_err err = contents_read(reading, key, &values, &count);
    if (err != ROND_OK || count == 0)
        return err;
    bucket_value(occurrence->commitment, values, count, &value, &reason);
    if (reason == REASON_COUNTED)
        contributions_take(occurrence, values, count);
    return ROND_OK;
}

static enum rond_err occurrence_read(struct presence_reading *reading, struct occurrence *occurrence) {
    char bucket[BUCKET_SIZE];
    const struct bucket_key key = {.commitment = occurrence->commitment->number, .bucket = bucket};
    struct crowd crowd;
    arena_reset(&reading->scratch);
    enum rond_err err = match_window_bucket(occurrence->index, occurrence->day, bucket);
    if (err == ROND_OK)
        err = reading->store->views->crowd(reading->store, &key, &crowd);
    if (err != ROND_OK)
        return err;
    return crowd.count > 0 ? crowd_take(reading, &key, &crowd, occurrence) : few_take(reading, &key, occurrence);
}

// ---- Into the grid ----

static enum rond_err gap_add(struct presence_grid *grid, const struct occurrence *occurrence,
                             const Rond__V1__Window *window) {
    grid->gaps_count++;
    if (grid->gaps.count == PRESENCE_GAPS_MAX)
        return ROND_OK;
    struct presence_gap *gap = arena_list_add(&grid->gaps);
    if (gap == NULL)
        return ROND_ENOMEM;
    *gap = (struct presence_gap){.day = occurrence->day, .window = window};
    return ROND_OK;
}

static enum rond_err occurrence_add(struct presence_grid *grid, const struct occurrence *occurrence) {
    const Rond__V1__Window *window = grid->commitment->definition->windows[occurrence->index];
    int64_t promised_s = (int64_t)window->minutes * 60, long_s = occurrence->to_s - occurrence->from_s, covered_s = 0;
    for (size_t i = 0; i < occurrence->hours.count; i++) {
        const struct presence_hour *hour = &occurrence->hours.hours[i];
        struct presence_cell *cell = &grid->cells[hour->weekday * 24 + hour->hour];
        cell->times++;
        cell->seen += hour->covered_s > 0;
        cell->promised_s += promised_s * (hour->to_s - hour->from_s) / long_s;
        cell->covered_s += hour->covered_s;
        cell->person_s += hour->person_s;
        cell->is_rough |= occurrence->is_rough && hour->covered_s > 0;
        covered_s += hour->covered_s;
    }
    grid->planned++;
    grid->kept += covered_s > 0 && covered_s / 60 >= (int64_t)window->minutes;
    return covered_s == 0 ? gap_add(grid, occurrence, window) : ROND_OK;
}

bool presence_is_due(const struct commitment *commitment, size_t index, day_t day, int64_t now_s) {
    const Rond__V1__Window *window = commitment->definition->windows[index];
    int64_t from_s, to_s;
    if (!commitment_window_opens(commitment, window, day))
        return false;
    commitment_window_span(commitment, window, day, &from_s, &to_s);
    return from_s < to_s && to_s <= now_s; // one that the clocks skip whole promises nothing
}

static enum rond_err window_add(struct presence_reading *reading, struct presence_grid *grid, size_t index, day_t day) {
    struct occurrence occurrence = {.commitment = grid->commitment, .index = index, .day = day};
    const Rond__V1__Window *window = grid->commitment->definition->windows[index];
    commitment_window_span(grid->commitment, window, day, &occurrence.from_s, &occurrence.to_s);
    presence_hours_init(&occurrence.hours, grid->commitment->zone, occurrence.from_s, occurrence.to_s);
    enum rond_err err = occurrence_read(reading, &occurrence);
    return err == ROND_OK ? occurrence_add(grid, &occurrence) : err;
}

enum rond_err presence_grid_add(struct presence_reading *reading, struct presence_grid *grid, day_t day) {
    const Rond__V1__Commitment *definition = grid->commitment->definition;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < definition->n_windows && err == ROND_OK; i++)
        if (strcmp(definition->windows[i]->place, grid->place) == 0 &&
            presence_is_due(grid->commitment, i, day, reading->now_s))
            err = window_add(reading, grid, i, day);
    return err;
}
