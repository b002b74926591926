// Every measure is reduced to units that fall due day by day: a day in season (at least, once), a period that ends (rate),
// a window that closes (presence). What is due after a day is the target's share of the units that are due by then.
#include "counting/pace.h"

#include <stdio.h>
#include <string.h>

#include "base/number_text.h"

enum { FORECAST_DAYS_MIN = 30, FORECAST_SHARE = 4, FORECAST_DONE_MIN = 3 };

static bool is_active(const struct commitment *commitment, day_t day) {
    return day >= commitment->act_from && day <= commitment->act_to && commitment_in_season(commitment, day, NULL);
}

// Windows that close on the day: those that open and close on it, and those of the day before that go over midnight.
static int64_t windows_close(const struct commitment *commitment, day_t day) {
    int64_t closing = 0;
    for (size_t i = 0; i < commitment->definition->n_windows; i++) {
        const Rond__V1__Window *window = commitment->definition->windows[i];
        bool over_midnight = window->to_minute <= window->from_minute;
        closing += commitment_window_opens(commitment, window, over_midnight ? day - 1 : day);
    }
    return closing;
}

static int64_t units_due(const struct commitment *commitment, day_t day) {
    switch (commitment->definition->measure) {
    case ROND__V1__MEASURE__MEASURE_RATE:
        return day == commitment->act_to || period_ends(commitment->definition->per, day);
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        return windows_close(commitment, day);
    default:
        return is_active(commitment, day);
    }
}

// The last on which something falls due: a window of the last day may close on the day after.
static day_t last_due(const struct commitment *commitment) {
    return commitment->act_to + (commitment->definition->measure == ROND__V1__MEASURE__MEASURE_PRESENCE);
}

static bool ends_month(day_t day) {
    int year, month, day_of_month, next_year, next_month;
    day_to_civil(day, &year, &month, &day_of_month);
    day_to_civil(day + 1, &next_year, &next_month, &day_of_month);
    return month != next_month;
}

static void point_add(struct pace *pace, day_t day, int64_t units) {
    if (pace->points_count == PACE_POINTS_MAX) {
        pace->points_count--;
    }
    pace->points[pace->points_count++] = (struct pace_point){day, units};
}

static bool sets_a_pace(const struct commitment *commitment, int64_t target) {
    return target > 0 && commitment->definition->measure != ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED &&
           commitment->definition->measure != ROND__V1__MEASURE__MEASURE_UNQUANTIFIED;
}

// By activities, where periods kept would be too coarse a judge.
static void take_judged(const struct commitment *commitment, const struct progress *progress, struct pace *pace) {
    bool about = commitment->definition->measure == ROND__V1__MEASURE__MEASURE_RATE && commitment->definition->about;
    pace->done = about ? progress->sum.count : progress->done;
    pace->target = about ? progress->target_whole * (int64_t)commitment->definition->target : progress->target_whole;
    pace->remaining = pace->target > pace->done ? pace->target - pace->done : 0;
    pace->known = sets_a_pace(commitment, pace->target);
}

void pace_at(const struct commitment *commitment, const struct progress *progress, int64_t now_s, struct pace *ret_pace) {
    struct pace pace = {0};
    struct local_time now;
    int64_t units = 0, units_now = 0;
    zone_local(commitment->zone, now_s, &now);
    take_judged(commitment, progress, &pace);
    pace.known = pace.known && now.day < commitment->judged_from;
    if (!pace.known) {
        *ret_pace = pace;
        return;
    }
    for (day_t day = commitment->act_from; day <= last_due(commitment); day++) {
        units += units_due(commitment, day);
        units_now = day < now.day ? units : units_now;
        pace.days_left += day >= now.day && is_active(commitment, day);
        if (day >= now.day && day <= commitment->act_to && (ends_month(day) || day == commitment->act_to)) {
            point_add(&pace, day, units);
        }
    }
    if (pace.points_count > 0) { // a window belongs to the day on which it opens
        pace.points[pace.points_count - 1].due = units;
    }
    pace.due_now = units == 0 ? 0 : pace.target * units_now / units;
    for (size_t i = 0; i < pace.points_count; i++) {
        pace.points[i].due = units == 0 ? 0 : pace.target * pace.points[i].due / units;
    }
    *ret_pace = pace;
}

static int64_t days_passed(const struct commitment *commitment, day_t today) {
    int64_t passed = 0;
    for (day_t day = commitment->act_from; day <= commitment->act_to && day < today; day++) {
        passed += is_active(commitment, day);
    }
    return passed;
}

static bool is_counted(const struct commitment *commitment) {
    switch (commitment->definition->measure) {
    case ROND__V1__MEASURE__MEASURE_AT_LEAST:
    case ROND__V1__MEASURE__MEASURE_PRESENCE:
        return true;
    case ROND__V1__MEASURE__MEASURE_RATE:
        return commitment->definition->about;
    default:
        return false;
    }
}

static void say(struct forecast *forecast) {
    int64_t whole = forecast->per_week_tenths / 10;
    int tenths = (int)(forecast->per_week_tenths % 10);
    snprintf(forecast->text_sv, SUMMARY_SIZE, "%s vid periodens slut, om takten hittills (%s,%d i veckan) håller i sig",
             number_sv(forecast->at_end), number_sv(whole), tenths);
    snprintf(forecast->text_en, SUMMARY_SIZE, "%s at the end of the period, if the pace so far (%s.%d a week) goes on",
             number_en(forecast->at_end), number_en(whole), tenths);
}

void forecast_at(const struct commitment *commitment, const struct pace *pace, int64_t now_s,
                 struct forecast *ret_forecast) {
    struct forecast forecast = {0};
    struct local_time now;
    zone_local(commitment->zone, now_s, &now);
    int64_t passed = days_passed(commitment, now.day);
    forecast.carries = pace->known && is_counted(commitment) && pace->days_left > 0 && pace->done >= FORECAST_DONE_MIN &&
                       passed >= FORECAST_DAYS_MIN && passed * FORECAST_SHARE >= passed + pace->days_left;
    if (forecast.carries) {
        forecast.at_end = pace->done + pace->done * pace->days_left / passed;
        forecast.per_week_tenths = (pace->done * 70 + passed / 2) / passed;
        say(&forecast);
    }
    *ret_forecast = forecast;
}
