#include "read/presence_hours.h"

// In steps of a quarter: no zone is off by less, and none changes its clocks elsewhere than at one.
enum { STEP_S = 15 * 60, HOUR_S = 60 * 60 };

static int64_t step_end(int64_t at_s, int64_t to_s) {
    int64_t end = at_s - ((at_s % STEP_S) + STEP_S) % STEP_S + STEP_S;
    return end < to_s ? end : to_s;
}

void presence_hours_init(struct presence_hours *hours, const Rond__V1__TimeZone *zone, int64_t from_s, int64_t to_s) {
    hours->count = 0;
    for (int64_t at_s = from_s, next_s; at_s < to_s; at_s = next_s) {
        struct local_time local;
        next_s = step_end(at_s, to_s);
        zone_local(zone, at_s, &local);
        unsigned weekday = (unsigned)day_weekday(local.day), hour = (unsigned)(local.second / HOUR_S);
        struct presence_hour *last = hours->count == 0 ? NULL : &hours->hours[hours->count - 1];
        // A zone that goes back by more than an hour at once is put up with, not shown well.
        if (last != NULL && ((last->weekday == weekday && last->hour == hour) || hours->count == PRESENCE_HOURS_MAX)) {
            last->to_s = next_s;
            continue;
        }
        hours->hours[hours->count++] =
            (struct presence_hour){.from_s = at_s, .to_s = next_s, .weekday = weekday, .hour = hour};
    }
}

static int64_t common_s(const struct presence_hour *hour, int64_t from_s, int64_t to_s) {
    int64_t from = hour->from_s > from_s ? hour->from_s : from_s, to = hour->to_s < to_s ? hour->to_s : to_s;
    return to > from ? to - from : 0;
}

void presence_hours_cover(struct presence_hours *hours, int64_t from_s, int64_t to_s) {
    for (size_t i = 0; i < hours->count; i++)
        hours->hours[i].covered_s += common_s(&hours->hours[i], from_s, to_s);
}

void presence_hours_stay(struct presence_hours *hours, int64_t from_s, int64_t to_s, uint32_t persons) {
    for (size_t i = 0; i < hours->count; i++)
        hours->hours[i].person_s += common_s(&hours->hours[i], from_s, to_s) * persons;
}
