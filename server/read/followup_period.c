#include "read/followup_period.h"

#include <stdio.h>
#include <string.h>

enum { TERTIAL_NAME_SIZE = 7, TERTIAL_MONTHS = 4, YEAR_FIRST = 1900 };

static bool digits(const char *text, size_t count) {
    return strspn(text, "0123456789") >= count;
}

// "YYYY-Tn"
static bool tertial_parse(const char *name, int *ret_year, int *ret_tertial) {
    if (strlen(name) != TERTIAL_NAME_SIZE || !digits(name, 4) || strncmp(name + 4, "-T", 2) != 0 || name[6] < '1' ||
        name[6] > '3')
        return false;
    int year = 0;
    for (size_t i = 0; i < 4; i++)
        year = year * 10 + (name[i] - '0');
    *ret_year = year;
    *ret_tertial = name[6] - '0';
    return year >= YEAR_FIRST;
}

static void tertial_days(int year, int tertial, day_t *ret_from, day_t *ret_to) {
    int month = (tertial - 1) * TERTIAL_MONTHS + 1;
    *ret_from = day_from_civil(year, month, 1);
    *ret_to = (tertial == 3 ? day_from_civil(year + 1, 1, 1) : day_from_civil(year, month + TERTIAL_MONTHS, 1)) - 1;
}

static enum rond_err no_such_tertial(const Rond__V1__Promise *promise, const char *name, day_t first, day_t last,
                                     struct fault *fault) {
    char from[PERIOD_SIZE], to[PERIOD_SIZE];
    period_name(ROND__V1__PER__PER_TERTIAL, first, from);
    period_name(ROND__V1__PER__PER_TERTIAL, last, to);
    return fault_both(fault, ROND_ENOTFOUND, 0, "period", "The promise %s has no %s; its tertials are %s to %s.",
                      "Löftet %s har inget %s; dess tertial är %s till %s.", promise->id, name, from, to);
}

static enum rond_err days_find(const Rond__V1__Promise *promise, const char *name, struct followup_period *period,
                               struct fault *fault) {
    day_t first, last;
    int year, tertial;
    if (!day_parse(promise->from, &first) || !day_parse(promise->to, &last))
        return fault_both(fault, ROND_ECORRUPT, 0, "promise", "The promise %s has no period.", "Löftet %s har ingen period.",
                          promise->id);
    period->from = first;
    period->to = last;
    if (strcmp(name, "final") == 0)
        return ROND_OK;
    if (!tertial_parse(name, &year, &tertial))
        return fault_both(fault, ROND_EINVALID, 0, "period", "'%.20s' is no period; write 2015-T1, or final.",
                          "”%.20s” är ingen period; skriv som 2015-T1, eller final.", name);
    tertial_days(year, tertial, &period->from, &period->to);
    if (period->to < first || period->from > last)
        return no_such_tertial(promise, name, first, last, fault);
    period->from = period->from < first ? first : period->from;
    period->to = period->to > last ? last : period->to;
    return ROND_OK;
}

static enum rond_err too_soon(const struct followup_period *period, day_t today, bool early, struct fault *fault) {
    char from[DATE_TEXT_SIZE], to[DATE_TEXT_SIZE], after[DATE_TEXT_SIZE];
    day_format(period->from, from);
    day_format(period->to, to);
    day_format(period->to + 1, after);
    if (today <= period->from)
        return fault_both(fault, ROND_ECONFLICT, 0, "period", "%s begins on %s; no day of it has passed.",
                          "%s börjar %s; ingen dag av det har gått.", period->name, from);
    return early ? ROND_OK
                 : fault_both(fault, ROND_ECONFLICT, 0, "period",
                              "%s lasts until %s; publish it from %s, or with --early what has happened until yesterday.",
                              "%s varar till %s; publicera det från %s, eller i förtid det som hänt till och med i går.",
                              period->name, to, after);
}

enum rond_err followup_period_find(const Rond__V1__Promise *promise, const Rond__V1__TimeZone *zone, const char *name,
                                   int64_t now_s, bool early, struct followup_period *ret_period, struct fault *fault) {
    struct followup_period period = {0};
    struct local_time now;
    enum rond_err err = days_find(promise, name, &period, fault);
    if (err != ROND_OK)
        return err;
    snprintf(period.name, sizeof period.name, "%s", name);
    zone_local(zone, now_s, &now);
    period.until = period.to;
    if (now.day <= period.to) {
        err = too_soon(&period, now.day, early, fault);
        period.until = now.day - 1;
        period.is_early = true;
    }
    period.from_s = zone_instant(zone, period.from, 0);
    period.until_s = zone_instant(zone, period.until + 1, 0);
    if (err == ROND_OK)
        *ret_period = period;
    return err;
}
