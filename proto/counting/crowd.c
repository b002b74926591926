#include "counting/crowd.h"

#include <stdlib.h>
#include <string.h>

// --- Stretches of time with somebody there ---

static void stretches_cut(struct crowd *crowd, size_t from, size_t count) {
    memmove(&crowd->stretches[from], &crowd->stretches[from + count],
            (crowd->stretches_count - from - count) * sizeof *crowd->stretches);
    crowd->stretches_count -= count;
}

static void stretch_add(struct crowd *crowd, struct stretch added) {
    size_t first = 0;
    while (first < crowd->stretches_count && crowd->stretches[first].to_s < added.from_s) {
        first++;
    }
    size_t after = first;
    for (; after < crowd->stretches_count && crowd->stretches[after].from_s <= added.to_s; after++) {
        const struct stretch *met = &crowd->stretches[after];
        added.from_s = met->from_s < added.from_s ? met->from_s : added.from_s;
        added.to_s = met->to_s > added.to_s ? met->to_s : added.to_s;
    }
    if (after == first && crowd->stretches_count == CROWD_STRETCHES) {
        crowd->overflows = true;
        return;
    }
    if (after == first) {
        memmove(&crowd->stretches[first + 1], &crowd->stretches[first],
                (crowd->stretches_count - first) * sizeof *crowd->stretches);
        crowd->stretches_count++;
    } else {
        stretches_cut(crowd, first + 1, after - first - 1);
    }
    crowd->stretches[first] = added;
}

static int64_t covered_s(const struct crowd *crowd) {
    int64_t covered = 0;
    for (size_t i = 0; i < crowd->stretches_count; i++) {
        covered += crowd->stretches[i].to_s - crowd->stretches[i].from_s;
    }
    return covered;
}

// --- Adding ---

static bool is_before(const struct contribution *one, const struct crowd *crowd) {
    return crowd->count == 0 || one->from_s < crowd->first_s ||
           (one->from_s == crowd->first_s && strcmp(one->period, crowd->period) < 0);
}

static void look_add(struct crowd *crowd, const struct contribution *look) {
    bool is_unsafe = look->finding_state == ROND__V1__SAFETY__SAFETY_UNSAFE;
    crowd->was_unsafe = crowd->was_unsafe || is_unsafe;
    if (crowd->count == 0 || look->to_s > crowd->latest_s || (look->to_s == crowd->latest_s && is_unsafe)) {
        crowd->latest_s = look->to_s;
        crowd->latest_state = look->finding_state;
    }
}

void crowd_add(struct crowd *crowd, const struct contribution *one) {
    if (is_before(one, crowd)) {
        crowd->first_s = one->from_s;
        memcpy(crowd->period, one->period, PERIOD_SIZE);
    }
    look_add(crowd, one);
    crowd->parts |= one->parts;
    crowd->organisations |= one->organisations;
    crowd->quantity = one->quantity > crowd->quantity ? one->quantity : crowd->quantity;
    crowd->places |= one->places;
    crowd->places_open |= one->places_open;
    crowd->person_s += (one->to_s - one->from_s) * one->persons;
    if (one->persons > 0 && one->to_s > one->from_s) {
        stretch_add(crowd, (struct stretch){one->from_s, one->to_s});
    }
    crowd->count++;
}

// --- The value ---

static uint32_t bits_below(size_t count) {
    return count >= 32 ? UINT32_MAX : (UINT32_C(1) << count) - 1;
}

static enum counting_reason lacks(const struct commitment *commitment, const struct crowd *crowd) {
    if (commitment->definition->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED) {
        return crowd->was_unsafe ? REASON_COUNTED : REASON_PARTS; // a re-walk whose first look is not here
    }
    if ((bits_below(commitment->requirement_count) & ~crowd->parts) != 0) {
        return REASON_PARTS;
    }
    return (bits_below(commitment->required_count) & ~crowd->organisations) != 0 ? REASON_ORGANISATIONS : REASON_COUNTED;
}

static void presence_value(const struct commitment *commitment, const struct crowd *crowd, struct tally *value) {
    value->person_minutes = crowd->person_s / 60;
    value->covered_minutes = covered_s(crowd) / 60;
    size_t window = (size_t)strtoul(crowd->period + 1, NULL, 10);
    if (window < commitment->definition->n_windows && value->covered_minutes > 0) {
        value->windows_met = value->covered_minutes >= commitment->definition->windows[window]->minutes;
    }
}

void crowd_value(const struct commitment *commitment, const struct crowd *crowd, struct tally *ret_value,
                 enum counting_reason *ret_reason) {
    struct tally value = {.reports = (int64_t)crowd->count};
    enum counting_reason reason = crowd->count == 0 ? REASON_COUNTED : lacks(commitment, crowd);
    bool counts = crowd->count > 0 && reason == REASON_COUNTED;
    if (counts && commitment->definition->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED) {
        value.actions_closed = crowd->latest_state == ROND__V1__SAFETY__SAFETY_SAFE;
        value.actions_open = !value.actions_closed;
    } else if (counts && commitment->definition->measure == ROND__V1__MEASURE__MEASURE_PRESENCE) {
        presence_value(commitment, crowd, &value);
    } else if (counts) {
        value.count = crowd->quantity;
    }
    *ret_value = value;
    *ret_reason = reason;
}
