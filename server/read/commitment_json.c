#include "read/commitment_json.h"

#include <stdio.h>
#include <string.h>

#include "counting/pace.h"
#include "read/promise_json.h"
#include "read/tally_json.h"

// ---- Tallies ----

static bool add_tally(json_t *object, const struct tally *tally) {
    return read_add_tally(object, tally) && read_add(object, "reports", json_integer(tally->reports));
}

static json_t *tally_json(const struct tally *tally) {
    json_t *object = json_object();
    return read_whole(object, add_tally(object, tally));
}

static json_t *periods_json(const struct period_total *totals, size_t count) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        if (period_is_place(totals[i].period))
            continue;
        json_t *object = json_object();
        bool added = read_add(object, "period", read_text(totals[i].period)) && add_tally(object, &totals[i].tally);
        if (json_array_append_new(list, read_whole(object, added)) != 0)
            return read_whole(list, false);
    }
    return list;
}

// ---- Windows: promised against done ----

// Occurrences that have closed, and all.
static void occurrences_count(const struct commitment *commitment, const Rond__V1__Window *window, int64_t now_s,
                              json_int_t *ret_passed, json_int_t *ret_all) {
    *ret_passed = *ret_all = 0;
    for (day_t day = commitment->act_from; day <= commitment->act_to; day++) {
        int64_t from_s, to_s;
        if (!commitment_window_opens(commitment, window, day))
            continue;
        commitment_window_span(commitment, window, day, &from_s, &to_s);
        ++*ret_all;
        *ret_passed += to_s <= now_s;
    }
}

static struct tally window_tally(size_t index, const struct period_total *totals, size_t count) {
    char period[PERIOD_SIZE];
    struct tally sum = {0};
    snprintf(period, sizeof period, "w%u", (unsigned)index);
    for (size_t i = 0; i < count; i++)
        if (strcmp(totals[i].period, period) == 0)
            tally_add(&sum, &totals[i].tally);
    return sum;
}

static json_t *minute_json(uint32_t minute) {
    return json_sprintf("%02u:%02u", minute / 60, minute % 60);
}

static json_t *window_json(const struct commitment *commitment, size_t index, const struct period_total *totals,
                           size_t count, int64_t now_s) {
    const Rond__V1__Window *window = commitment->definition->windows[index];
    struct tally done = window_tally(index, totals, count);
    json_int_t passed, all;
    json_t *object = json_object();
    occurrences_count(commitment, window, now_s, &passed, &all);
    bool added = read_add(object, "place", read_text(window->place)) &&
                 read_add(object, "days", read_weekdays(window->weekdays)) &&
                 read_add(object, "from", minute_json(window->from_minute)) &&
                 read_add(object, "to", minute_json(window->to_minute)) &&
                 read_add(object, "minutes", json_integer(window->minutes)) &&
                 read_add(object, "planned", json_integer(passed)) && read_add(object, "planned_whole", json_integer(all)) &&
                 read_add(object, "kept", json_integer(done.windows_met)) &&
                 read_add(object, "planned_minutes", json_integer(passed * window->minutes)) &&
                 read_add(object, "covered_minutes", json_integer(done.covered_minutes)) &&
                 read_add(object, "person_minutes", json_integer(done.person_minutes));
    return read_whole(object, added);
}

static json_t *windows_json(const struct commitment *commitment, const struct period_total *totals, size_t count,
                            int64_t now_s) {
    json_t *list = json_array();
    for (size_t i = 0; i < commitment->definition->n_windows; i++)
        if (json_array_append_new(list, window_json(commitment, i, totals, count, now_s)) != 0)
            return read_whole(list, false);
    return list;
}

// ---- Pace ----

static json_t *line_json(const struct pace *pace) {
    json_t *list = json_array();
    for (size_t i = 0; i < pace->points_count; i++) {
        char day[DATE_TEXT_SIZE];
        day_format(pace->points[i].day, day);
        json_t *point = json_pack("{s:s,s:I}", "day", day, "due", (json_int_t)pace->points[i].due);
        if (json_array_append_new(list, point) != 0)
            return read_whole(list, false);
    }
    return list;
}

static json_t *pace_json(const struct pace *pace) {
    if (!pace->known)
        return json_null();
    json_t *object = json_object();
    bool added = read_add(object, "done", json_integer(pace->done)) && read_add(object, "target", json_integer(pace->target)) &&
                 read_add(object, "due_now", json_integer(pace->due_now)) &&
                 read_add(object, "remaining", json_integer(pace->remaining)) &&
                 read_add(object, "days_left", json_integer(pace->days_left)) && read_add(object, "line", line_json(pace));
    return read_whole(object, added);
}

static json_t *forecast_json(const struct commitment *commitment, const struct pace *pace, int64_t now_s) {
    struct forecast forecast;
    forecast_at(commitment, pace, now_s, &forecast);
    if (!forecast.carries)
        return json_null();
    json_t *object = json_object();
    bool added = read_add(object, "at_end", json_integer(forecast.at_end)) &&
                 read_add(object, "per_week_tenths", json_integer(forecast.per_week_tenths)) &&
                 read_add(object, "text_sv", read_text(forecast.text_sv)) &&
                 read_add(object, "text_en", read_text(forecast.text_en));
    return read_whole(object, added);
}

// ---- All of it ----

static bool add_definition(json_t *object, const struct commitment *commitment) {
    const Rond__V1__Commitment *definition = commitment->definition;
    return read_add(object, "commitment", read_commitment_path(commitment->promise, definition)) &&
           read_add(object, "title_sv", read_text(definition->title_sv)) &&
           read_add(object, "title_en", read_text(definition->title_en)) &&
           read_add(object, "measure", read_measure(definition->measure)) &&
           read_add(object, "per", read_per(definition->per)) &&
           read_add(object, "about", json_boolean(definition->about)) &&
           read_add(object, "owner", definition->owner[0] == '\0' ? json_null() : read_text(definition->owner));
}

static json_t *state_json(const struct commitment *commitment, int64_t now_s) {
    struct local_time now;
    char today[DATE_TEXT_SIZE];
    zone_local(commitment->zone, now_s, &now);
    day_format(now.day, today);
    return read_life(commitment->promise, today);
}

static bool add_progress(json_t *object, const struct progress *progress, size_t silent_count) {
    return read_add(object, "done", json_integer(progress->done)) &&
           read_add(object, "target", json_integer(progress->target)) &&
           read_add(object, "target_whole", json_integer(progress->target_whole)) &&
           read_add(object, "status", json_string(sureness_status(progress->status, silent_count))) &&
           read_add(object, "status_by_reports", json_string(progress_status_name(progress->status))) &&
           read_add(object, "summary_sv", read_text(progress->summary_sv)) &&
           read_add(object, "summary_en", read_text(progress->summary_en)) &&
           read_add(object, "sum", tally_json(&progress->sum)) && read_add(object, "places", read_places(progress));
}

static bool add_calendar(json_t *object, const struct commitment *commitment, const struct progress *progress,
                         const struct period_total *totals, size_t count, int64_t now_s) {
    struct pace pace;
    pace_at(commitment, progress, now_s, &pace);
    return read_add(object, "pace", pace_json(&pace)) &&
           read_add(object, "forecast", forecast_json(commitment, &pace, now_s)) &&
           read_add(object, "windows", windows_json(commitment, totals, count, now_s)) &&
           read_add(object, "periods", periods_json(totals, count));
}

enum rond_err commitment_json(struct store *store, const struct commitment *commitment, const struct sureness *sureness,
                              int64_t now_s, json_t **ret_json) {
    struct arena arena;
    struct period_total *totals = NULL;
    size_t count = 0, silent_count = 0;
    json_t *object = json_object();
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->totals(store, commitment->number, &arena, &totals, &count);
    if (err == ROND_OK)
        err = sureness_add(sureness, commitment, object, &silent_count);
    if (err == ROND_OK) {
        struct progress progress;
        progress_at(commitment, totals, count, now_s, &progress);
        bool added = add_definition(object, commitment) && add_progress(object, &progress, silent_count) &&
                     read_add(object, "state", state_json(commitment, now_s)) &&
                     add_calendar(object, commitment, &progress, totals, count, now_s);
        err = added ? ROND_OK : ROND_ENOMEM;
    }
    arena_deinit(&arena);
    if (err == ROND_OK)
        *ret_json = object;
    else
        json_decref(object);
    return err;
}
