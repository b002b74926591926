// Local time by a transition table that is passed in: no setenv, no localtime, the same at both ends.
#ifndef COUNTING_ZONE_H
#define COUNTING_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "rond/v1/reference.pb-c.h"

// A day of the proleptic Gregorian calendar as days since 1970-01-01.
typedef int32_t day_t;

enum { DATE_TEXT_SIZE = 11 }; // YYYY-MM-DD and NUL

bool day_parse(const char *date, day_t *ret_day); // YYYY-MM-DD of a real day
void day_format(day_t day, char ret_text[DATE_TEXT_SIZE]);
day_t day_from_civil(int year, int month, int day_of_month);
void day_to_civil(day_t day, int *ret_year, int *ret_month, int *ret_day_of_month);
int day_weekday(day_t day); // 0 Monday .. 6 Sunday
enum { WEEKDAYS = 7 };
extern const char *const WEEKDAY_NAMES[WEEKDAYS]; // "mon" .. "sun"

struct local_time {
    day_t day;
    int second; // of the local day by the wall, 0..86399
};

int32_t zone_offset_s(const Rond__V1__TimeZone *zone, int64_t at_s);
void zone_local(const Rond__V1__TimeZone *zone, int64_t at_s, struct local_time *ret_local);
// Unix seconds of a local day and minute (minute may be 1440 and beyond: the following days). A wall time that occurs
// twice gives its first occurrence; one that is skipped gives the moment of the change.
int64_t zone_instant(const Rond__V1__TimeZone *zone, day_t day, int minute);

#endif
