// Planned joint activities, offline: those that a coordinator planned for this device's organisation.
#include <stdlib.h>
#include <string.h>

#include "client_internal.h"
#include "wire/activity_reference.h"

enum { KEPT_AFTER_S = 2 * 24 * 60 * 60 };

static const char *said(const char *text) {
    return text[0] == '\0' ? NULL : text;
}

static rond_planned planned_of(const Rond__V1__Activity *activity) {
    return (rond_planned){
        .id = activity->id,
        .title = activity->title,
        .kind = (enum rond_kind)activity->kind, // the same numbers
        .area = activity->area,
        .place = said(activity->place),
        .from_s = activity->from_s,
        .to_s = activity->to_s,
        .organisations = (const char *const *)activity->organisations,
        .organisations_count = activity->n_organisations,
        .commitment = said(activity->commitment),
        .of = said(activity->of),
    };
}

static int by_time(const void *left, const void *right) {
    const rond_planned *a = left, *b = right;
    if (a->from_s != b->from_s)
        return a->from_s < b->from_s ? -1 : 1;
    return strcmp(a->id, b->id);
}

// Those that `wanted` takes; id NULL: those that have not ended long before now_s.
static enum rond_err activities_read(rond *r, const char *id, int64_t now_s, rond_activities *activities) {
    struct arena *arena = object_arena(activities);
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    enum rond_err err = outbox_reference_list(r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY, arena, &entries, &count);
    if (err != ROND_OK)
        return err;
    activities->activities = arena_array(arena, count + 1, sizeof *activities->activities);
    if (activities->activities == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const Rond__V1__Activity *activity = entries[i]->activity;
        if (id != NULL ? strcmp(activity->id, id) == 0 : activity->to_s + KEPT_AFTER_S >= now_s)
            activities->activities[activities->count++] = planned_of(activity);
    }
    if (activities->count > 0)
        qsort(activities->activities, activities->count, sizeof *activities->activities, by_time);
    return ROND_OK;
}

enum rond_err rond_activities_get(rond *r, rond_activities **ret_activities) {
    rond_activities *activities = object_create(sizeof *activities);
    if (activities == NULL)
        return ROND_ENOMEM;
    enum rond_err err = activities_read(r, NULL, clock_wall_ms(r->clock) / 1000, activities);
    if (err == ROND_OK)
        *ret_activities = activities;
    else
        object_destroy(activities);
    return err;
}

enum rond_err rond_activities_find(rond *r, const char *id, rond_activities **ret_activities) {
    char written[ACTIVITY_REFERENCE_SIZE];
    rond_activities *activities = object_create(sizeof *activities);
    if (activities == NULL)
        return ROND_ENOMEM;
    bool is_planned = activity_reference_is_planned(id, written);
    enum rond_err err = activities_read(r, is_planned ? written : id, 0, activities);
    if (err == ROND_OK && activities->count == 0)
        err = is_planned ? ROND_ENOTFOUND : ROND_EINVALID;
    if (err == ROND_OK)
        *ret_activities = activities;
    else
        object_destroy(activities);
    return err;
}

void rond_activities_free(rond_activities *activities) {
    object_destroy(activities);
}

// --- What a report says of it ---

enum rond_err client_planned_check(rond *r, struct arena *arena, Rond__V1__Report *report, struct fault *fault) {
    char written[ACTIVITY_REFERENCE_SIZE];
    Rond__V1__ReferenceEntry **entries;
    size_t count;
    if (!activity_reference_is_planned(report->activity, written))
        return ROND_OK;
    if ((report->activity = arena_text(arena, written)) == NULL)
        return ROND_ENOMEM;
    enum rond_err err = outbox_reference_list(r->outbox, ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY, arena, &entries, &count);
    for (size_t i = 0; err == ROND_OK && i < count; i++)
        if (strcmp(entries[i]->activity->id, written) == 0 && entries[i]->activity->kind != report_kind(report))
            return fault_set(fault, ROND_EINVALID, 0, "activity",
                             "%s is planned as a %s, and this is a %s; report it under the activity that it belongs to.",
                             written, kind_name(entries[i]->activity->kind), kind_name(report_kind(report)));
    return err;
}
