// A bucket's value grows as what lies in it happens: what it came to at each point, less what it came to at the one before,
// is that point's part of its period's total. With the parts added up point by point progress is what it was then.
#include "read/course.h"

#include <stdlib.h>
#include <string.h>

#include "counting/pace.h"
#include "store/shape.h"

struct step {
    struct contribution value;
    size_t point; // the first by whose day it had happened
};
struct part {
    size_t point;
    char period[PERIOD_SIZE];
    struct tally value;
};
struct course {
    struct store *store;
    const struct commitment *commitment;
    int64_t now_s;
    struct arena arena;
    struct arena scratch; // of one page
    day_t days[COURSE_POINTS_MAX];
    size_t days_count;
    struct arena_list steps; // struct step
    struct arena_list parts; // struct part
    bool too_many;
};

// From the last day back, so that the latest point is of today.
static void days_choose(struct course *course) {
    const struct commitment *commitment = course->commitment;
    struct local_time now;
    zone_local(commitment->zone, course->now_s, &now);
    day_t first = commitment->act_from, last = now.day < commitment->act_to ? now.day : commitment->act_to;
    if (last < first)
        return;
    day_t apart = (last - first) / (COURSE_POINTS_MAX - 1) + 1;
    course->days_count = (size_t)((last - first) / apart) + 1;
    for (size_t i = 0; i < course->days_count; i++)
        course->days[i] = last - (day_t)(course->days_count - 1 - i) * apart;
}

// ---- What happened by when ----

// Presence belongs to the day on which its window opened, also the part of it after midnight (read/figures_until.c).
static day_t day_of(const struct course *course, const struct contribution *value) {
    const char *opened = value->bucket[0] == 'w' ? strchr(value->bucket, ':') : NULL;
    struct local_time local;
    day_t day;
    if (opened != NULL && day_parse(opened + 1, &day))
        return day;
    zone_local(course->commitment->zone, value->from_s, &local);
    return local.day;
}

static enum rond_err step_add(struct course *course, const struct contribution *value) {
    size_t point = 0;
    day_t day = day_of(course, value);
    while (point < course->days_count && course->days[point] < day)
        point++;
    if (value->reason != REASON_COUNTED || point == course->days_count)
        return ROND_OK;
    course->too_many = course->steps.count == COURSE_CONTRIBUTIONS_MAX;
    if (course->too_many)
        return ROND_OK;
    struct step *step = arena_list_add(&course->steps);
    if (step == NULL)
        return ROND_ENOMEM;
    *step = (struct step){.value = *value, .point = point};
    return ROND_OK;
}

static enum rond_err steps_read(struct course *course) {
    uint64_t row = 0;
    size_t count = 0, looked = 0;
    enum rond_err err;
    do {
        struct stored_contribution *page = NULL;
        arena_reset(&course->scratch);
        err = course->store->views->contributions(course->store, course->commitment->number, row, READ_PAGE_ROWS,
                                                  &course->scratch, &page, &count);
        for (size_t i = 0; i < count && err == ROND_OK && !course->too_many; i++) {
            row = page[i].row;
            err = step_add(course, &page[i].value);
        }
        looked += count;
        course->too_many = course->too_many || looked > COURSE_CONTRIBUTIONS_MAX;
    } while (err == ROND_OK && count > 0 && !course->too_many);
    return err;
}

static int by_bucket(const void *left, const void *right) {
    const struct step *a = left, *b = right;
    int order = strcmp(a->value.bucket, b->value.bucket);
    if (order != 0)
        return order;
    return a->point < b->point ? -1 : a->point > b->point;
}

// ---- Buckets to parts ----

static enum rond_err part_add(struct course *course, size_t point, const char *period, const struct tally *now,
                              const struct tally *before) {
    struct part *part = arena_list_add(&course->parts);
    if (part == NULL)
        return ROND_ENOMEM;
    *part = (struct part){.point = point, .value = *now};
    tally_subtract(&part->value, before);
    memcpy(part->period, period, strlen(period) + 1);
    return ROND_OK;
}

// All steps of one bucket, in order of their points.
static enum rond_err bucket_part(struct course *course, const struct step *steps, size_t count,
                                 struct contribution *values) {
    struct tally before = {0};
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct tally now;
        enum counting_reason reason;
        values[i] = steps[i].value;
        if (i + 1 < count && steps[i + 1].point == steps[i].point)
            continue;
        bucket_value(course->commitment, values, i + 1, &now, &reason);
        err = part_add(course, steps[i].point, bucket_period(values, i + 1), &now, &before);
        before = now;
    }
    return err;
}

static enum rond_err parts_make(struct course *course) {
    struct step *steps = (struct step *)(void *)course->steps.items;
    size_t count = course->steps.count;
    struct contribution *values = arena_array(&course->arena, count + 1, sizeof *values);
    enum rond_err err = values == NULL ? ROND_ENOMEM : ROND_OK;
    if (count > 0)
        qsort(steps, count, sizeof *steps, by_bucket);
    for (size_t first = 0, next; first < count && err == ROND_OK; first = next) {
        for (next = first + 1; next < count && strcmp(steps[next].value.bucket, steps[first].value.bucket) == 0; next++)
            continue;
        err = bucket_part(course, &steps[first], next - first, values);
    }
    return err;
}

// ---- Parts to points ----

static int by_point(const void *left, const void *right) {
    const struct part *a = left, *b = right;
    return a->point < b->point ? -1 : a->point > b->point;
}

static void total_add(struct period_total *totals, size_t *count, const struct part *part) {
    size_t i = 0;
    while (i < *count && strcmp(totals[i].period, part->period) != 0)
        i++;
    if (i == *count) {
        totals[(*count)++] = (struct period_total){0};
        memcpy(totals[i].period, part->period, sizeof totals[i].period);
    }
    tally_add(&totals[i].tally, &part->value);
}

static json_t *point_json(const struct course *course, size_t point, const struct period_total *totals, size_t count) {
    struct progress progress;
    struct pace pace;
    char day[DATE_TEXT_SIZE];
    int64_t then_s = zone_instant(course->commitment->zone, course->days[point] + 1, 0);
    if (point + 1 == course->days_count && then_s > course->now_s) {
        then_s = course->now_s; // of today what has been till now, as everywhere else
        progress_at(course->commitment, totals, count, then_s, &progress);
    } else {
        progress_until(course->commitment, totals, count, course->days[point] + 1, &progress);
    }
    pace_at(course->commitment, &progress, then_s, &pace);
    day_format(course->days[point], day);
    return json_pack("{s:s,s:I,s:o}", "day", day, "done", (json_int_t)(pace.known ? pace.done : progress.done), "due",
                     pace.known ? json_integer(pace.due_now) : json_null());
}

static enum rond_err points_make(struct course *course, json_t *points) {
    struct part *parts = (struct part *)(void *)course->parts.items;
    size_t at = 0, count = 0;
    struct period_total *totals = arena_array(&course->arena, course->parts.count + 1, sizeof *totals);
    if (totals == NULL)
        return ROND_ENOMEM;
    if (course->parts.count > 0)
        qsort(parts, course->parts.count, sizeof *parts, by_point);
    for (size_t i = 0; i < course->days_count; i++) {
        while (at < course->parts.count && parts[at].point == i)
            total_add(totals, &count, &parts[at++]);
        if (json_array_append_new(points, point_json(course, i, totals, count)) != 0)
            return ROND_ENOMEM;
    }
    return ROND_OK;
}

static enum rond_err course_make(struct course *course, json_t *points) {
    days_choose(course);
    enum rond_err err = read_begin(course->store);
    if (err != ROND_OK)
        return err;
    err = steps_read(course);
    read_end(course->store);
    if (err == ROND_OK && !course->too_many)
        err = parts_make(course);
    return err == ROND_OK && !course->too_many ? points_make(course, points) : err;
}

enum rond_err read_course(struct store *store, const struct catalogue *catalogue, const char *path, int64_t now_s,
                          json_t **ret_json) {
    struct course course = {.store = store, .now_s = now_s};
    course.commitment = catalogue_commitment_by_path(catalogue, path);
    if (course.commitment == NULL)
        return ROND_ENOTFOUND;
    json_t *points = json_array();
    arena_init(&course.arena, READ_ARENA_BYTES_MAX);
    arena_init(&course.scratch, READ_ARENA_BYTES_MAX);
    course.steps = (struct arena_list){.arena = &course.arena, .item_size = sizeof(struct step)};
    course.parts = (struct arena_list){.arena = &course.arena, .item_size = sizeof(struct part)};
    enum rond_err err = points == NULL ? ROND_ENOMEM : course_make(&course, points);
    json_t *json = err == ROND_OK ? json_pack("{s:O,s:b}", "points", points, "too_many", course.too_many) : NULL;
    json_decref(points);
    arena_deinit(&course.scratch);
    arena_deinit(&course.arena);
    if (err == ROND_OK && json == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        *ret_json = json;
    return err;
}
