// Wall times of Stockholm around the changes of 2015, and the moments that they are: what rond.h and the command line
// promise alike. 02:00 to 03:00 is skipped on 29 March and occurs twice on 25 October.
#ifndef TESTS_UNIT_CLOCK_CHANGES_H
#define TESTS_UNIT_CLOCK_CHANGES_H

#include <stdint.h>

enum { SPRING_CHANGE_S = 1427590800, AUTUMN_CHANGE_S = 1445734800 }; // 01:00 UTC

static const struct clock_change {
    const char *wall;
    int64_t at_s;
} clock_changes[] = {
    {"2015-03-28 22:00", SPRING_CHANGE_S - 4 * 3600},
    {"2015-03-29 01:59", SPRING_CHANGE_S - 60},
    {"2015-03-29 02:00", SPRING_CHANGE_S}, // skipped: the moment of the change
    {"2015-03-29 02:30", SPRING_CHANGE_S},
    {"2015-03-29 02:59", SPRING_CHANGE_S},
    {"2015-03-29 03:00", SPRING_CHANGE_S},
    {"2015-03-29 03:01", SPRING_CHANGE_S + 60},
    {"2015-03-29 23:59", SPRING_CHANGE_S + 20 * 3600 + 59 * 60},
    {"2015-03-30 12:00", SPRING_CHANGE_S + 33 * 3600},
    {"2015-10-24 12:00", AUTUMN_CHANGE_S - 15 * 3600},
    {"2015-10-25 01:59", AUTUMN_CHANGE_S - 3600 - 60},
    {"2015-10-25 02:00", AUTUMN_CHANGE_S - 3600}, // twice: the first
    {"2015-10-25 02:30", AUTUMN_CHANGE_S - 1800},
    {"2015-10-25 02:59", AUTUMN_CHANGE_S - 60},
    {"2015-10-25 03:00", AUTUMN_CHANGE_S + 3600},
    {"2015-10-26 00:00", AUTUMN_CHANGE_S + 22 * 3600},
};

// Texts that look like wall times and are none.
static const char *const no_wall_times[] = {
    "",
    "2015-06-01",
    "2015-06-01 12",
    "2015-06-01 1200 ",
    "2015-06-01 12:00:00",
    "2015-06-31 12:00",
    "2015-02-29 12:00",
    "2015-13-01 12:00",
    "2015-00-01 12:00",
    "2015-06-01 24:00",
    "2015-06-01 12:60",
    "2015-06-01 -1:30",
    "2015-06-01 +1:30",
    "2015-06-01  1:30",
    "2015-06-01 12:-1",
    "2015-06-01 12:+1",
    "2015-06-01 12: 1",
    "2015-06-01 12.00",
    "2015-06-01\t12:00",
    "2015-06-01x12:00",
    "15-06-01 12:00  ",
    "2015/06/01 12:00",
    "2015-6-001 12:00",
    "20151-6-01 12:00",
    "-015-06-01 12:00",
    "2015-06-01 \xc3\xa5:00",
    "2015-06-01 12:00\n",
    "yesterday at one",
};

#endif
