// One occurrence of a promised window by the hours of the wall, and who was there in each.
#ifndef READ_PRESENCE_HOURS_H
#define READ_PRESENCE_HOURS_H

#include "counting/crowd.h"

enum {
    PRESENCE_CELLS = 7 * 24,
    PRESENCE_HOURS_MAX = 26, // a window is 24 hours of the wall at most, and need not begin with one
};

// What lies in one hour of the wall, without a gap. An hour that the clocks give twice is one of 120 minutes.
struct presence_hour {
    int64_t from_s, to_s;
    unsigned weekday; // 0 Monday .. 6 Sunday, of the wall then: not of the day on which the window opened
    unsigned hour;    // 0..23
    int64_t covered_s;
    int64_t person_s;
};
struct presence_hours {
    struct presence_hour hours[PRESENCE_HOURS_MAX];
    size_t count;
};
// The hours of [from_s, to_s), with nobody there.
void presence_hours_init(struct presence_hours *hours, const Rond__V1__TimeZone *zone, int64_t from_s, int64_t to_s);
// Adds what of the stretch lies in each hour: to covered_s where the stretches given touch no other, to person_s as often as
// `persons` says.
void presence_hours_cover(struct presence_hours *hours, int64_t from_s, int64_t to_s);
void presence_hours_stay(struct presence_hours *hours, int64_t from_s, int64_t to_s, uint32_t persons);

#endif
