#include "counting/edges.h"

#include <string.h>

// Seasons come again every year, the one of a leap day every eight years at the latest.
enum { SEASON_DAYS_MAX = 8 * 366 };

enum counting_reason edges_match(const struct commitment *commitment, day_t day) {
    if (day < commitment->from || day > commitment->to) {
        return REASON_PERIOD;
    }
    if (day < commitment->act_from || day > commitment->act_to) {
        return REASON_PHASE;
    }
    return commitment_in_season(commitment, day, NULL) ? REASON_COUNTED : REASON_SEASON;
}

int64_t edges_earliest_s(int64_t at_s, uint32_t uncertainty_s) {
    return at_s < INT64_MIN + (int64_t)uncertainty_s ? INT64_MIN : at_s - (int64_t)uncertainty_s;
}

int64_t edges_latest_s(int64_t at_s, uint32_t uncertainty_s) {
    return at_s > INT64_MAX - (int64_t)uncertainty_s ? INT64_MAX : at_s + (int64_t)uncertainty_s;
}

// Some day of first..last is in season (is not, where `in` is false).
static bool some_day(const struct commitment *commitment, day_t first, day_t last, bool in) {
    for (day_t day = first; day <= last && day - first <= SEASON_DAYS_MAX; day++) {
        if (commitment_in_season(commitment, day, NULL) == in) {
            return true;
        }
    }
    return false;
}

static bool same_period(const struct commitment *commitment, day_t a, day_t b) {
    char first[PERIOD_SIZE], second[PERIOD_SIZE];
    if (commitment->definition->measure != ROND__V1__MEASURE__MEASURE_RATE) {
        return true;
    }
    period_name(commitment->definition->per, a, first);
    period_name(commitment->definition->per, b, second);
    return strcmp(first, second) == 0;
}

bool edges_unsure(const struct commitment *commitment, const struct counted_report *report) {
    struct local_time at, earliest, latest;
    zone_local(commitment->zone, report->from_s, &at);
    zone_local(commitment->zone, edges_earliest_s(report->from_s, report->uncertainty_s), &earliest);
    zone_local(commitment->zone, edges_latest_s(report->from_s, report->uncertainty_s), &latest);
    day_t first = commitment->act_from > commitment->from ? commitment->act_from : commitment->from;
    day_t last = commitment->act_to < commitment->to ? commitment->act_to : commitment->to;
    if (edges_match(commitment, at.day) == REASON_COUNTED) {
        return earliest.day < first || latest.day > last || some_day(commitment, earliest.day, latest.day, false) ||
               !same_period(commitment, earliest.day, latest.day);
    }
    return some_day(commitment, earliest.day > first ? earliest.day : first, latest.day < last ? latest.day : last, true);
}
