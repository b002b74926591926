#include <stdio.h>
#include <string.h>

#include "counting/match.h"

enum { MINUTES_OF_DAY = 1440, WEEKDAYS_ALL = 0x7f };

static bool required_add(struct commitment *commitment, const char *organisation) {
    for (size_t i = 0; i < commitment->required_count; i++) {
        if (strcmp(commitment->required[i], organisation) == 0) {
            return true;
        }
    }
    if (commitment->required_count == REQUIRED_MAX) {
        return false;
    }
    commitment->required[commitment->required_count++] = organisation;
    return true;
}

static enum rond_err required_init(struct commitment *commitment, struct fault *fault) {
    const Rond__V1__Commitment *definition = commitment->definition;
    bool fits = true;
    for (size_t i = 0; fits && i < definition->n_required_organisations; i++) {
        fits = required_add(commitment, definition->required_organisations[i]);
    }
    for (size_t i = 0; fits && definition->joint && i < commitment->promise->n_parties; i++) {
        fits = required_add(commitment, commitment->promise->parties[i]);
    }
    return fits ? ROND_OK
                : fault_set(fault, ROND_EINVALID, 0, "required_organisations", "at most %d may be required", REQUIRED_MAX);
}

static enum rond_err requirements_init(struct commitment *commitment, struct fault *fault) {
    const Rond__V1__Commitment *definition = commitment->definition;
    for (size_t i = 0; i < definition->n_parts; i++) {
        const Rond__V1__Filter *part = definition->parts[i];
        size_t count = part->n_items > 1 ? part->n_items : 1;
        if (count > REQUIRED_MAX - commitment->requirement_count) {
            return fault_set(fault, ROND_EINVALID, 0, "parts", "at most %d parts and items are possible", REQUIRED_MAX);
        }
        for (size_t j = 0; j < count; j++) {
            commitment->requirements[commitment->requirement_count++] =
                (struct requirement){.part = part, .item = count > 1 ? part->items[j] : NULL};
        }
    }
    return ROND_OK;
}

// MM-DD of a day that some year has; 0 otherwise.
static int month_day_parse(const char *text) {
    char date[DATE_TEXT_SIZE];
    day_t day;
    if (strlen(text) != 5) {
        return 0;
    }
    snprintf(date, sizeof date, "2000-%s", text);
    return day_parse(date, &day) ? (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[3] - '0') * 10 + (text[4] - '0')
                                 : 0;
}

static enum rond_err season_init(struct commitment *commitment, struct fault *fault) {
    const Rond__V1__Commitment *definition = commitment->definition;
    if (definition->season_from[0] == '\0' && definition->season_to[0] == '\0') {
        return ROND_OK;
    }
    commitment->season_from = month_day_parse(definition->season_from);
    commitment->season_to = month_day_parse(definition->season_to);
    if (commitment->season_from == 0 || commitment->season_to == 0) {
        return fault_set(fault, ROND_EINVALID, 0, "season", "must be two days of the year, MM-DD");
    }
    return ROND_OK;
}

// Only an active promise collects progress, whatever phase its work has come to. Once it is followed up or closed nobody
// works toward it any more; what was done until then may still come in.
static enum rond_err life_init(struct commitment *commitment, struct fault *fault) {
    const Rond__V1__Promise *promise = commitment->promise;
    commitment->judged_from = DAY_NEVER;
    day_t active = promise->n_lives == 0 ? commitment->from : commitment->to + 1;
    for (size_t i = 0; i < promise->n_lives; i++) {
        day_t entered;
        if (!day_parse(promise->lives[i]->entered, &entered)) {
            return fault_set(fault, ROND_EINVALID, 0, "life", "must be entered on a day, YYYY-MM-DD");
        }
        if (promise->lives[i]->life >= ROND__V1__LIFE__LIFE_ACTIVE && entered < active) {
            active = entered;
        }
        if (promise->lives[i]->life >= ROND__V1__LIFE__LIFE_FOLLOWED_UP && entered < commitment->judged_from) {
            commitment->judged_from = entered;
        }
    }
    commitment->act_from = active > commitment->act_from ? active : commitment->act_from;
    return ROND_OK;
}

static enum rond_err period_init(struct commitment *commitment, struct fault *fault) {
    const Rond__V1__Promise *promise = commitment->promise;
    if (!day_parse(promise->from, &commitment->from) || !day_parse(promise->to, &commitment->to)) {
        return fault_set(fault, ROND_EINVALID, 0, "period", "must be two days, YYYY-MM-DD");
    }
    if (commitment->to < commitment->from) {
        return fault_set(fault, ROND_EINVALID, 0, "period.to", "must not be before the first day");
    }
    commitment->act_to = commitment->to;
    commitment->act_from = promise->n_phases == 0 ? commitment->from : commitment->to + 1;
    for (size_t i = 0; i < promise->n_phases; i++) {
        day_t entered;
        if (!day_parse(promise->phases[i]->entered, &entered)) {
            return fault_set(fault, ROND_EINVALID, 0, "phases", "must be entered on a day, YYYY-MM-DD");
        }
        if (promise->phases[i]->phase >= ROND__V1__PHASE__PHASE_ACT && entered < commitment->act_from) {
            commitment->act_from = entered < commitment->from ? commitment->from : entered;
        }
    }
    return life_init(commitment, fault);
}

static enum rond_err windows_check(const Rond__V1__Commitment *definition, struct fault *fault) {
    if (definition->n_windows == 0) {
        return fault_set(fault, ROND_EINVALID, 0, "windows", "presence needs at least one window");
    }
    for (size_t i = 0; i < definition->n_windows; i++) {
        const Rond__V1__Window *window = definition->windows[i];
        if ((window->weekdays & ~(uint32_t)WEEKDAYS_ALL) != 0 || window->weekdays == 0 ||
            window->from_minute >= MINUTES_OF_DAY || window->to_minute > MINUTES_OF_DAY) {
            return fault_set(fault, ROND_EINVALID, 0, "windows", "must have weekdays and two times of the day");
        }
    }
    return ROND_OK;
}

static enum rond_err measure_init(struct commitment *commitment, struct fault *fault) {
    const Rond__V1__Commitment *definition = commitment->definition;
    switch (definition->measure) {
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        return windows_check(definition, fault);
    case ROND__V1__MEASURE__MEASURE_RATE:
        return definition->per >= ROND__V1__PER__PER_WEEK && definition->per <= ROND__V1__PER__PER_QUARTER
                   ? ROND_OK
                   : fault_set(fault, ROND_EINVALID, 0, "per", "a rate needs week, month, tertial or quarter");
    case ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED:
        for (size_t i = 0; i < commitment->promise->n_commitments; i++) {
            if (strcmp(commitment->promise->commitments[i]->id, definition->follows) == 0) {
                commitment->followed = commitment->promise->commitments[i]->filter;
                return ROND_OK;
            }
        }
        return fault_set(fault, ROND_EINVALID, 0, "follows", "must name a commitment of the same promise");
    case ROND__V1__MEASURE__MEASURE_AT_LEAST:
    case ROND__V1__MEASURE__MEASURE_ONCE:
    case ROND__V1__MEASURE__MEASURE_UNQUANTIFIED:
        return ROND_OK;
    default:
        return fault_set(fault, ROND_EINVALID, 0, "measure", "is not known to this version");
    }
}

enum rond_err commitment_init(struct commitment *commitment, uint32_t number, const Rond__V1__Promise *promise,
                              const Rond__V1__Commitment *definition, const Rond__V1__TimeZone *zone,
                              const struct place_table *places, struct fault *fault) {
    if (zone == NULL) {
        return fault_set(fault, ROND_EINVALID, 0, "time_zone", "the area's time zone is not known");
    }
    struct commitment made = {.number = number, .promise = promise, .definition = definition, .zone = zone};
    if (places != NULL) {
        made.places = *places;
    }
    if (definition->n_among_places > AMONG_PLACES_MAX) {
        return fault_set(fault, ROND_EINVALID, 0, "among_places", "at most %d may be named", AMONG_PLACES_MAX);
    }
    enum rond_err err = period_init(&made, fault);
    err = err ? err : season_init(&made, fault);
    err = err ? err : required_init(&made, fault);
    err = err ? err : requirements_init(&made, fault);
    err = err ? err : measure_init(&made, fault);
    if (err == ROND_OK) {
        *commitment = made;
    }
    return err;
}

const Rond__V1__Place *commitment_place(const struct commitment *commitment, const char *id) {
    return commitment->places.find == NULL || id[0] == '\0' ? NULL : commitment->places.find(commitment->places.context, id);
}

bool commitment_in_season(const struct commitment *commitment, day_t day, day_t *ret_first) {
    day_t first = commitment->from;
    if (commitment->season_from != 0) {
        int year, month, day_of_month;
        day_to_civil(day, &year, &month, &day_of_month);
        int at = month * 100 + day_of_month;
        bool over_new_year = commitment->season_to < commitment->season_from;
        bool after_start = at >= commitment->season_from;
        bool before_end = at <= commitment->season_to;
        if (over_new_year ? !after_start && !before_end : !after_start || !before_end) {
            return false;
        }
        first = day_from_civil(after_start ? year : year - 1, commitment->season_from / 100, commitment->season_from % 100);
    }
    if (ret_first != NULL) {
        *ret_first = first;
    }
    return true;
}

bool commitment_window_opens(const struct commitment *commitment, const Rond__V1__Window *window, day_t day) {
    return (window->weekdays >> day_weekday(day) & 1) != 0 && day >= commitment->act_from && day <= commitment->act_to &&
           commitment_in_season(commitment, day, NULL);
}

void commitment_window_span(const struct commitment *commitment, const Rond__V1__Window *window, day_t day,
                            int64_t *ret_from_s, int64_t *ret_to_s) {
    bool next_day = window->to_minute <= window->from_minute;
    *ret_from_s = zone_instant(commitment->zone, day, (int)window->from_minute);
    *ret_to_s = zone_instant(commitment->zone, day + (next_day ? 1 : 0), (int)window->to_minute);
}

void period_name(Rond__V1__Per per, day_t day, char ret_period[PERIOD_SIZE]) {
    int year, month, day_of_month;
    // An ISO week belongs to the year of its Thursday.
    day_t thursday = day - day_weekday(day) + 3;
    day_to_civil(per == ROND__V1__PER__PER_WEEK ? thursday : day, &year, &month, &day_of_month);
    char text[48] = "";
    switch (per) {
    case ROND__V1__PER__PER_WEEK:
        snprintf(text, sizeof text, "%04d-W%02d", year, (thursday - day_from_civil(year, 1, 1)) / 7 + 1);
        break;
    case ROND__V1__PER__PER_MONTH:
        snprintf(text, sizeof text, "%04d-%02d", year, month);
        break;
    case ROND__V1__PER__PER_TERTIAL:
        snprintf(text, sizeof text, "%04d-T%d", year, (month - 1) / 4 + 1);
        break;
    case ROND__V1__PER__PER_QUARTER:
        snprintf(text, sizeof text, "%04d-Q%d", year, (month - 1) / 3 + 1);
        break;
    default:
        break;
    }
    memcpy(ret_period, text, PERIOD_SIZE);
    ret_period[PERIOD_SIZE - 1] = '\0';
}

static int months_of(Rond__V1__Per per) {
    return per == ROND__V1__PER__PER_TERTIAL ? 4 : per == ROND__V1__PER__PER_QUARTER ? 3 : 1;
}

bool period_ends(Rond__V1__Per per, day_t day) {
    int year, month, day_of_month;
    switch (per) {
    case ROND__V1__PER__PER_WEEK:
        return day_weekday(day) == 6;
    case ROND__V1__PER__PER_MONTH:
    case ROND__V1__PER__PER_TERTIAL:
    case ROND__V1__PER__PER_QUARTER:
        day_to_civil(day + 1, &year, &month, &day_of_month);
        return day_of_month == 1 && (month - 1) % months_of(per) == 0;
    default:
        return false;
    }
}
