#include "counting/zone.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, OFFSET_S_MAX = 26 * 3600 };

// 0001-01-01 and 9999-12-31: a claimed time beyond them is held to them, so that a day always has ten characters.
static const int64_t INSTANT_MIN = INT64_C(-62135596800);
static const int64_t INSTANT_MAX = INT64_C(253402300799);

static int64_t floor_divide(int64_t value, int64_t by) {
    return value / by - (value % by < 0);
}

// The two conversions count years from March, so that the leap day is a year's last day
// (Howard Hinnant, "chrono-compatible low-level date algorithms").
day_t day_from_civil(int year, int month, int day_of_month) {
    int64_t y = year - (month <= 2);
    int64_t era = floor_divide(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day_of_month - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (day_t)(era * 146097 + day_of_era - 719468);
}

void day_to_civil(day_t day, int *ret_year, int *ret_month, int *ret_day_of_month) {
    int64_t days = (int64_t)day + 719468;
    int64_t era = floor_divide(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (int)(year_of_era + era * 400 + (month <= 2));
    *ret_month = month;
    *ret_day_of_month = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
}

const char *const WEEKDAY_NAMES[WEEKDAYS] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

int day_weekday(day_t day) {
    int64_t since_monday = (int64_t)day + 3; // 1970-01-01 was a Thursday
    return (int)(since_monday - floor_divide(since_monday, 7) * 7);
}

static bool digits_parse(const char *text, int count, int *ret_value) {
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        value = value * 10 + (text[i] - '0');
    }
    *ret_value = value;
    return true;
}

bool day_parse(const char *date, day_t *ret_day) {
    int year, month, day_of_month;
    if (strlen(date) != DATE_TEXT_SIZE - 1 || date[4] != '-' || date[7] != '-' || !digits_parse(date, 4, &year) ||
        !digits_parse(date + 5, 2, &month) || !digits_parse(date + 8, 2, &day_of_month)) {
        return false;
    }
    if (year < 1 || month < 1 || month > 12 || day_of_month < 1) {
        return false;
    }
    day_t day = day_from_civil(year, month, day_of_month);
    int real_year, real_month, real_day;
    day_to_civil(day, &real_year, &real_month, &real_day);
    if (real_month != month || real_day != day_of_month) {
        return false;
    }
    *ret_day = day;
    return true;
}

void day_format(day_t day, char ret_text[DATE_TEXT_SIZE]) {
    int year, month, day_of_month;
    day_to_civil(day, &year, &month, &day_of_month);
    char text[40];
    snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day_of_month);
    memcpy(ret_text, text, DATE_TEXT_SIZE - 1);
    ret_text[DATE_TEXT_SIZE - 1] = '\0';
}

// How many transitions lie at or before a moment: the segment it is in, 0 before the first.
static size_t segment_at(const Rond__V1__TimeZone *zone, int64_t at_s) {
    size_t low = 0;
    size_t high = zone->n_transitions;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->transitions[middle]->at_s <= at_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static int32_t segment_offset_s(const Rond__V1__TimeZone *zone, size_t segment) {
    return segment == 0 ? zone->offset_before_s : zone->transitions[segment - 1]->offset_s;
}

int32_t zone_offset_s(const Rond__V1__TimeZone *zone, int64_t at_s) {
    return segment_offset_s(zone, segment_at(zone, at_s));
}

void zone_local(const Rond__V1__TimeZone *zone, int64_t at_s, struct local_time *ret_local) {
    int64_t wall_s = at_s < INSTANT_MIN ? INSTANT_MIN : at_s > INSTANT_MAX ? INSTANT_MAX : at_s;
    wall_s += zone_offset_s(zone, wall_s);
    wall_s = wall_s < INSTANT_MIN ? INSTANT_MIN : wall_s > INSTANT_MAX ? INSTANT_MAX : wall_s;
    int64_t day = floor_divide(wall_s, DAY_S);
    ret_local->day = (day_t)day;
    ret_local->second = (int)(wall_s - day * DAY_S);
}

// The earliest moment whose wall time is not before the one asked for. That one rule gives the first of two
// occurrences, and the change itself where the wall time is skipped.
int64_t zone_instant(const Rond__V1__TimeZone *zone, day_t day, int minute) {
    int64_t wall_s = (int64_t)day * DAY_S + (int64_t)minute * 60;
    for (size_t segment = segment_at(zone, wall_s - OFFSET_S_MAX);; segment++) {
        int64_t at_s = wall_s - segment_offset_s(zone, segment);
        if (segment > 0 && at_s < zone->transitions[segment - 1]->at_s) {
            return zone->transitions[segment - 1]->at_s;
        }
        if (segment == zone->n_transitions || at_s < zone->transitions[segment]->at_s) {
            return at_s;
        }
    }
}
