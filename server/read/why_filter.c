#include "read/why_filter.h"

#include <stdlib.h>
#include <string.h>

#include "read/rows.h"

enum { HOUR_S = 60 * 60, HOURS_MAX = 7 * 24 }; // what lasts a week reaches into every hour of it

static bool is_empty(const char *text) {
    return text == NULL || text[0] == '\0';
}

static enum rond_err days_read(struct why_filter *filter, const struct why_part *part, struct fault *fault) {
    const Rond__V1__TimeZone *zone = filter->commitment->zone;
    day_t first = 0, last = 0;
    enum rond_err err = read_day(part->from, "from", 0, &first, fault);
    if (err == ROND_OK)
        err = read_day(part->to, "to", 0, &last, fault);
    filter->from_s = is_empty(part->from) ? INT64_MIN : zone_instant(zone, first, 0);
    filter->to_s = is_empty(part->to) ? INT64_MAX : zone_instant(zone, last + 1, 0);
    return err;
}

static enum rond_err hour_read(struct why_filter *filter, const struct why_part *part, struct fault *fault) {
    if (is_empty(part->weekday) && is_empty(part->hour))
        return ROND_OK;
    for (int i = 0; i < WEEKDAYS && !is_empty(part->weekday); i++)
        if (strcmp(WEEKDAY_NAMES[i], part->weekday) == 0)
            filter->weekday = i;
    if (filter->weekday < 0)
        return fault_both(fault, ROND_EINVALID, 0, "weekday", "Say mon, tue, wed, thu, fri, sat or sun, with an hour.",
                          "Ange mon, tue, wed, thu, fri, sat eller sun, med en timme.");
    char *end = NULL;
    long hour = is_empty(part->hour) ? -1 : strtol(part->hour, &end, 10);
    if (hour < 0 || hour > 23 || *end != '\0')
        return fault_both(fault, ROND_EINVALID, 0, "hour", "Say an hour from 0 to 23, with a weekday.",
                          "Ange en timme från 0 till 23, med en veckodag.");
    filter->hour = (int)hour;
    return ROND_OK;
}

enum rond_err why_filter_init(struct why_filter *filter, const struct why_part *part, const struct commitment *commitment,
                              struct fault *fault) {
    *filter = (struct why_filter){.commitment = commitment,
                                  .period = is_empty(part->period) ? NULL : part->period,
                                  .place = is_empty(part->place) ? NULL : part->place,
                                  .weekday = -1,
                                  .hour = -1};
    enum rond_err err = days_read(filter, part, fault);
    return err != ROND_OK ? err : hour_read(filter, part, fault);
}

static bool is_at(const struct commitment *commitment, const struct contribution *contribution, const char *place) {
    const Rond__V1__Commitment *definition = commitment->definition;
    uint32_t bits = contribution->places | contribution->places_open;
    if (contribution->period[0] == 'w') {
        size_t window = strtoul(contribution->period + 1, NULL, 10);
        return window < definition->n_windows && strcmp(definition->windows[window]->place, place) == 0;
    }
    for (size_t i = 0; i < definition->n_among_places && i < 32; i++)
        if ((bits >> i & 1) != 0 && strcmp(definition->among_places[i], place) == 0)
            return true;
    return false;
}

static bool reaches_into(const struct why_filter *filter, const struct contribution *contribution) {
    int64_t at_s = contribution->from_s;
    for (int i = 0; i <= HOURS_MAX && (i == 0 || at_s < contribution->to_s); i++) {
        struct local_time local;
        zone_local(filter->commitment->zone, at_s, &local);
        if (day_weekday(local.day) == filter->weekday && local.second / HOUR_S == filter->hour)
            return true;
        at_s += HOUR_S - local.second % HOUR_S;
    }
    return false;
}

bool why_filter_takes(const struct why_filter *filter, const struct contribution *contribution) {
    int64_t to_s = contribution->to_s > contribution->from_s ? contribution->to_s : contribution->from_s + 1;
    return (filter->period == NULL || strcmp(filter->period, contribution->period) == 0) &&
           (filter->place == NULL || is_at(filter->commitment, contribution, filter->place)) && to_s > filter->from_s &&
           contribution->from_s < filter->to_s && (filter->hour < 0 || reaches_into(filter, contribution));
}
