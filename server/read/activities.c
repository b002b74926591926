// The reports of an activity lie in its bucket of each commitment; of a commitment made of parts in that of its season,
// which also holds others.
#include "read/activities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "promise/counted.h"
#include "read/report_json.h"
#include "store/shape.h"

struct told {
    struct store *store;
    const struct catalogue *catalogue;
    const Rond__V1__Activity *activity;
    struct arena arena;
    struct arena_list rows;          // uint64_t
    struct arena_list organisations; // const char *
};

// ---- Who has told ----

static bool organisation_add(struct told *told, const char *organisation) {
    const char **list = (const char **)(void *)told->organisations.items;
    for (size_t i = 0; i < told->organisations.count; i++)
        if (strcmp(list[i], organisation) == 0)
            return true;
    const char **added = arena_list_add(&told->organisations);
    if (added != NULL)
        *added = organisation;
    return added != NULL;
}

static bool is_told(const struct told *told, uint64_t row) {
    const uint64_t *rows = (const uint64_t *)(const void *)told->rows.items;
    for (size_t i = 0; i < told->rows.count; i++)
        if (rows[i] == row)
            return true;
    return false;
}

static enum rond_err names_it(struct told *told, const struct stored_report *report, const Rond__V1__Report *decoded,
                              bool *ret_names) {
    struct lineages set;
    struct ruling_list ruled = {0};
    enum rond_err err = lineages_load(told->store, told->catalogue, report, 1, &told->arena, &set);
    if (err == ROND_OK)
        err = told->store->ledger->rulings_of(told->store, &set.nodes[0].counts_as, 1, &told->arena, &ruled);
    const struct counted_report counted = {.report = decoded, .rulings = ruled.rulings, .rulings_count = ruled.count};
    if (err == ROND_OK)
        *ret_names = strcmp(counted_activity(&counted), told->activity->id) == 0;
    return err;
}

static enum rond_err report_add(struct told *told, uint64_t row, bool is_certain) {
    struct stored_report report;
    Rond__V1__Report *decoded = NULL;
    bool names = is_certain;
    enum rond_err err = told->store->views->report(told->store, row, &told->arena, &report);
    if (err != ROND_OK)
        return err;
    err = counted_content(told->store, &report, &told->arena, &decoded);
    if (err == ROND_EINVALID || err == ROND_ENOTFOUND)
        err = ROND_OK; // nothing is told of what cannot be read
    if (err == ROND_OK && !is_certain && decoded != NULL)
        err = names_it(told, &report, decoded, &names);
    if (err != ROND_OK || !names)
        return err;
    uint64_t *added = arena_list_add(&told->rows);
    bool is_added = added != NULL && organisation_add(told, report.organisation);
    if (added != NULL)
        *added = row;
    for (size_t i = 0; is_added && decoded != NULL && i < decoded->n_organisations; i++)
        is_added = organisation_add(told, decoded->organisations[i]);
    return is_added ? ROND_OK : ROND_ENOMEM;
}

static enum rond_err bucket_add(struct told *told, const struct commitment *commitment, const char *bucket,
                                bool is_certain) {
    struct bucket_contents contents = {0};
    const struct bucket_key key = {commitment->number, bucket};
    enum rond_err err = told->store->views->bucket(told->store, &key, &told->arena, &contents);
    for (size_t i = 0; i < contents.count && err == ROND_OK; i++)
        if (!is_told(told, contents.contributions[i].row))
            err = report_add(told, contents.contributions[i].row, is_certain);
    return err;
}

static enum rond_err commitment_add(struct told *told, const struct commitment *commitment) {
    char bucket[BUCKET_SIZE], date[DATE_TEXT_SIZE];
    struct local_time local;
    day_t first;
    if (commitment->requirement_count == 0)
        return match_joint_bucket(commitment, told->activity->kind, told->activity->id, bucket) == ROND_OK
                   ? bucket_add(told, commitment, bucket, true)
                   : ROND_OK;
    zone_local(commitment->zone, told->activity->from_s, &local);
    if (!commitment_in_season(commitment, local.day, &first))
        return ROND_OK;
    day_format(first, date);
    if (commitment->season_from == 0)
        snprintf(bucket, sizeof bucket, "p");
    else
        snprintf(bucket, sizeof bucket, "s:%s", date);
    return bucket_add(told, commitment, bucket, false);
}

static enum rond_err told_find(struct told *told) {
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(told->catalogue, told->activity->area, &count);
    enum rond_err err = ROND_OK;
    told->rows = (struct arena_list){.arena = &told->arena, .item_size = sizeof(uint64_t)};
    told->organisations = (struct arena_list){.arena = &told->arena, .item_size = sizeof(const char *)};
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = commitment_add(told, commitments[i]);
    return err;
}

// ---- A row ----

static bool is_there(const struct told *told, const char *organisation) {
    const char *const *list = (const char *const *)(const void *)told->organisations.items;
    for (size_t i = 0; i < told->organisations.count; i++)
        if (strcmp(list[i], organisation) == 0)
            return true;
    return false;
}

static json_t *missing_json(const struct told *told) {
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < told->activity->n_organisations; i++)
        if (!is_there(told, told->activity->organisations[i]) &&
            json_array_append_new(list, read_text(told->activity->organisations[i])) != 0)
            return read_whole(list, false);
    return list;
}

static json_t *activity_json(const struct told *told) {
    const Rond__V1__Activity *activity = told->activity;
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(told->catalogue, activity->area);
    json_t *object = json_object(), *missing = missing_json(told);
    bool is_complete = json_array_size(missing) == 0;
    bool added =
        read_add(object, "missing", missing) && read_add(object, "complete", json_boolean(is_complete)) &&
        read_add(object, "activity", read_text(activity->id)) && read_add(object, "area", read_text(activity->area)) &&
        read_add(object, "kind", report_json_kind((uint32_t)activity->kind, false)) &&
        read_add(object, "title", read_text(activity->title)) && read_add(object, "place", read_text(activity->place)) &&
        read_add_s(object, "from", activity->from_s) && read_add_s(object, "to", activity->to_s) &&
        read_add(object, "from_local", read_local(zone, activity->from_s)) &&
        read_add(object, "to_local", read_local(zone, activity->to_s)) &&
        read_add(object, "organisations", read_texts(activity->organisations, activity->n_organisations)) &&
        read_add(object, "commitment", read_text(activity->commitment)) && read_add(object, "of", read_text(activity->of)) &&
        read_add(object, "reports", json_integer((json_int_t)told->rows.count)) &&
        read_add(object, "reported_by",
                 read_texts((char *const *)(void *)told->organisations.items, told->organisations.count));
    return read_whole(object, added);
}

static int by_time(const void *left, const void *right) {
    const Rond__V1__Activity *a = *(const Rond__V1__Activity *const *)left, *b = *(const Rond__V1__Activity *const *)right;
    if (a->from_s != b->from_s)
        return a->from_s < b->from_s ? -1 : 1;
    return strcmp(a->id, b->id);
}

static enum rond_err activities_give(struct told *told, const Rond__V1__Activity **activities, size_t count,
                                     const struct read_rows *rows) {
    enum rond_err err = ROND_OK;
    if (count > 0)
        qsort(activities, count, sizeof *activities, by_time);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        told->activity = activities[i];
        arena_reset(&told->arena);
        err = told_find(told);
        if (err == ROND_OK)
            err = read_rows_give(rows, activity_json(told));
    }
    return err;
}

enum rond_err read_activities(struct store *store, const struct catalogue *catalogue, const char *area,
                              const struct read_rows *rows) {
    struct told told = {.store = store, .catalogue = catalogue};
    size_t count = 0, kept = 0;
    const Rond__V1__ReferenceEntry *const *entries = catalogue_activities(catalogue, &count);
    bool is_all = area == NULL || area[0] == '\0';
    if (!is_all && catalogue_area(catalogue, area) == NULL)
        return ROND_ENOTFOUND;
    const Rond__V1__Activity **activities = calloc(count + 1, sizeof *activities);
    if (activities == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (is_all || strcmp(entries[i]->activity->area, area) == 0)
            activities[kept++] = entries[i]->activity;
    arena_init(&told.arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = read_begin(store);
    if (err == ROND_OK) {
        err = activities_give(&told, activities, kept, rows);
        read_end(store);
    }
    arena_deinit(&told.arena);
    free(activities);
    return err;
}
