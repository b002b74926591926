#include "counting/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tally_add(struct tally *to, const struct tally *value) {
    to->count += value->count;
    to->person_minutes += value->person_minutes;
    to->covered_minutes += value->covered_minutes;
    to->windows_met += value->windows_met;
    to->actions_open += value->actions_open;
    to->actions_closed += value->actions_closed;
    to->reports += value->reports;
}

void tally_subtract(struct tally *from, const struct tally *value) {
    from->count -= value->count;
    from->person_minutes -= value->person_minutes;
    from->covered_minutes -= value->covered_minutes;
    from->windows_met -= value->windows_met;
    from->actions_open -= value->actions_open;
    from->actions_closed -= value->actions_closed;
    from->reports -= value->reports;
}

bool tally_is_zero(const struct tally *tally) {
    return tally->count == 0 && tally->person_minutes == 0 && tally->covered_minutes == 0 && tally->windows_met == 0 &&
           tally->actions_open == 0 && tally->actions_closed == 0 && tally->reports == 0;
}

// Seconds with at least one contribution. Without sorting (the list is the caller's) and without memory: go from the
// end of what is covered so far to the next stretch that begins there or later, n steps of n at most.
static int64_t covered_s(const struct contribution *contributions, size_t count) {
    int64_t covered = 0;
    int64_t at = INT64_MIN;
    for (;;) {
        int64_t next_from = INT64_MAX;
        int64_t next_to = INT64_MIN;
        for (size_t i = 0; i < count; i++) {
            const struct contribution *one = &contributions[i];
            int64_t from = one->from_s > at ? one->from_s : at;
            if (one->to_s <= at || one->to_s <= one->from_s) {
                continue;
            }
            if (from < next_from || (from == next_from && one->to_s > next_to)) {
                next_from = from;
                next_to = one->to_s;
            }
        }
        if (next_from == INT64_MAX) {
            return covered;
        }
        covered += next_to - next_from;
        at = next_to;
    }
}

static void presence_value(const struct commitment *commitment, const struct contribution *contributions, size_t count,
                           struct tally *value) {
    int64_t person_s = 0;
    for (size_t i = 0; i < count; i++) {
        person_s += (contributions[i].to_s - contributions[i].from_s) * contributions[i].persons;
    }
    value->person_minutes = person_s / 60;
    value->covered_minutes = covered_s(contributions, count) / 60;
    size_t window = (size_t)strtoul(contributions[0].period + 1, NULL, 10);
    if (window < commitment->definition->n_windows && value->covered_minutes > 0) {
        value->windows_met = value->covered_minutes >= commitment->definition->windows[window]->minutes;
    }
}

static enum counting_reason action_value(const struct contribution *contributions, size_t count, struct tally *value) {
    bool was_unsafe = false;
    int64_t latest_s = INT64_MIN;
    uint32_t state = ROND__V1__SAFETY__SAFETY_SAFE;
    for (size_t i = 0; i < count; i++) {
        const struct contribution *look = &contributions[i];
        bool is_unsafe = look->finding_state == ROND__V1__SAFETY__SAFETY_UNSAFE;
        was_unsafe = was_unsafe || is_unsafe;
        if (look->to_s > latest_s || (look->to_s == latest_s && is_unsafe)) {
            latest_s = look->to_s;
            state = look->finding_state;
        }
    }
    if (!was_unsafe) {
        return REASON_PARTS; // a re-walk whose first look is not here
    }
    value->actions_closed = state == ROND__V1__SAFETY__SAFETY_SAFE;
    value->actions_open = !value->actions_closed;
    return REASON_COUNTED;
}

static uint32_t bits_below(size_t count) {
    return count >= 32 ? UINT32_MAX : (UINT32_C(1) << count) - 1;
}

// What the bucket lacks as a whole, over all who tell of it.
static enum counting_reason bucket_lacks(const struct commitment *commitment, const struct contribution *contributions,
                                         size_t count) {
    uint32_t parts = 0;
    uint32_t organisations = 0;
    for (size_t i = 0; i < count; i++) {
        parts |= contributions[i].parts;
        organisations |= contributions[i].organisations;
    }
    if ((bits_below(commitment->requirement_count) & ~parts) != 0) {
        return REASON_PARTS;
    }
    return (bits_below(commitment->required_count) & ~organisations) != 0 ? REASON_ORGANISATIONS : REASON_COUNTED;
}

static int64_t highest_quantity(const struct contribution *contributions, size_t count) {
    int64_t highest = 0;
    for (size_t i = 0; i < count; i++) {
        highest = contributions[i].quantity > highest ? contributions[i].quantity : highest;
    }
    return highest;
}

void bucket_value(const struct commitment *commitment, const struct contribution *contributions, size_t count,
                  struct tally *ret_value, enum counting_reason *ret_reason) {
    struct tally value = {.reports = (int64_t)count};
    enum counting_reason reason = REASON_COUNTED;
    if (count > 0 && commitment->definition->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED) {
        reason = action_value(contributions, count, &value);
    } else if (count > 0) {
        reason = bucket_lacks(commitment, contributions, count);
        if (reason != REASON_COUNTED) {
            // Told of, but not yet there.
        } else if (commitment->definition->measure == ROND__V1__MEASURE__MEASURE_PRESENCE) {
            presence_value(commitment, contributions, count, &value);
        } else {
            value.count = highest_quantity(contributions, count);
        }
    }
    *ret_value = value;
    *ret_reason = reason;
}

void bucket_places(const struct contribution *contributions, size_t count, uint32_t *ret_places, uint32_t *ret_open) {
    uint32_t places = 0;
    uint32_t open = 0;
    for (size_t i = 0; i < count; i++) {
        places |= contributions[i].places;
        open |= contributions[i].places_open;
    }
    *ret_places = places;
    *ret_open = open & ~places;
}

void place_period(bool open, size_t index, char ret_period[PERIOD_SIZE]) {
    snprintf(ret_period, PERIOD_SIZE, "%c%zu", open ? '?' : '@', index);
}

bool period_is_place(const char *period) {
    return period[0] == '@' || period[0] == '?';
}

const char *bucket_period(const struct contribution *contributions, size_t count) {
    const struct contribution *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (first == NULL || contributions[i].from_s < first->from_s ||
            (contributions[i].from_s == first->from_s && strcmp(contributions[i].period, first->period) < 0)) {
            first = &contributions[i];
        }
    }
    return first == NULL ? "" : first->period;
}
