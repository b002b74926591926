#include "support/stockholm.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"

enum { CHANGES = 2 * (STOCKHOLM_YEAR_LAST - STOCKHOLM_YEAR_FIRST + 1) };

static int64_t last_sunday_s(int year, int month) {
    day_t day = day_from_civil(year, month, 31);
    return (int64_t)(day - (day_weekday(day) + 1) % 7) * 86400 + 3600;
}

const Rond__V1__TimeZone *stockholm(void) {
    static Rond__V1__Transition transitions[CHANGES];
    static Rond__V1__Transition *pointers[CHANGES];
    static char id[] = "Europe/Stockholm";
    static char version[] = "rule";
    static Rond__V1__TimeZone zone;
    for (int i = 0; i < CHANGES; i++) {
        rond__v1__transition__init(&transitions[i]);
        transitions[i].at_s = last_sunday_s(STOCKHOLM_YEAR_FIRST + i / 2, i % 2 == 0 ? 3 : 10);
        transitions[i].offset_s = i % 2 == 0 ? 7200 : 3600;
        pointers[i] = &transitions[i];
    }
    rond__v1__time_zone__init(&zone);
    zone.id = id;
    zone.version = version;
    zone.offset_before_s = 3600;
    zone.n_transitions = CHANGES;
    zone.transitions = pointers;
    return &zone;
}

int64_t stockholm_at(const char *wall) {
    char date[DATE_TEXT_SIZE];
    day_t day;
    int hour, minute;
    CHECK(strlen(wall) == 16 && sscanf(wall, "%10s %2d:%2d", date, &hour, &minute) == 3 && day_parse(date, &day));
    return zone_instant(stockholm(), day, hour * 60 + minute);
}
