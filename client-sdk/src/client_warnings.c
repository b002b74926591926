// Personal data in free texts, before they are queued. The activity is made into a report as for queueing, so that the table
// of free texts (wire/free_text.h) is the same as the server's; what a report needs besides texts is left away.
#include <string.h>

#include "base/check.h"
#include "client_internal.h"
#include "wire/free_text.h"

_Static_assert((int)ROND_PERSONAL_NUMBER == (int)PERSONAL_DATA_NUMBER &&
                   (int)ROND_COORDINATION_NUMBER == (int)PERSONAL_DATA_COORDINATION &&
                   (int)ROND_VEHICLE_PLATE == (int)PERSONAL_DATA_PLATE,
               "kinds of personal data are numbered alike");

static enum rond_err warnings_add(rond_warnings *warnings, const char *field, const char *text) {
    struct arena *arena = object_arena(warnings);
    struct personal_data found;
    personal_data_find(bytes_of_text(text), &found);
    if (found.count == 0)
        return ROND_OK;
    const char *kept = arena_text(arena, field);
    rond_warning *all = arena_array(arena, warnings->count + found.count, sizeof *all);
    if (kept == NULL || all == NULL)
        return ROND_ENOMEM;
    if (warnings->count > 0)
        memcpy(all, warnings->warnings, warnings->count * sizeof *all);
    for (size_t i = 0; i < found.count; i++)
        all[warnings->count++] = (rond_warning){
            .field = kept,
            .kind = (enum rond_personal_data)found.hits[i].kind,
            .start = found.hits[i].start,
            .length = found.hits[i].size,
            .sentence_sv = personal_data_sentence(found.hits[i].kind, true),
            .sentence_en = personal_data_sentence(found.hits[i].kind, false),
        };
    warnings->warnings = all;
    return ROND_OK;
}

// A re-walk names a report, which need not be there to look at the texts.
static enum rond_err rewalks_leave(const rond_activity *activity, struct arena *arena, rond_activity *ret_activity) {
    size_t count = activity->findings_count <= WALK_FINDINGS_MAX ? activity->findings_count : 0;
    rond_finding *findings = arena_array(arena, count, sizeof *findings);
    if (findings == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        findings[i] = activity->findings[i];
        findings[i].rewalk_reference = findings[i].rewalk_finding = NULL;
    }
    *ret_activity = *activity;
    if (count > 0)
        ret_activity->findings = findings;
    return ROND_OK;
}

static enum rond_err activity_look(rond *r, const rond_activity *activity, struct arena *arena, rond_warnings *warnings,
                                   struct fault *fault) {
    rond_activity texts;
    Rond__V1__Report *report;
    if (activity == NULL || activity->struct_size < sizeof *activity)
        return fault_set(fault, ROND_EINVALID, 0, "struct_size", "The activity does not say its size.");
    enum rond_err err = rewalks_leave(activity, arena, &texts);
    if (err == ROND_OK)
        err = activity_to_report(r, &texts, false, arena, &report, fault);
    if (err != ROND_OK)
        return err;
    struct free_texts at = {.report = report};
    struct free_text text;
    while (err == ROND_OK && free_texts_next(&at, &text)) {
        char field[FAULT_FIELD_SIZE];
        free_text_field(&text, field);
        err = warnings_add(warnings, field, *text.text);
    }
    return err;
}

// Gives the object, or drops it where there is an error.
static enum rond_err warnings_give(enum rond_err err, rond_warnings *take_warnings, rond_warnings **ret_warnings) {
    if (err == ROND_OK)
        *ret_warnings = take_warnings;
    else
        object_destroy(take_warnings);
    return err;
}

enum rond_err rond_warnings_get(rond *r, const rond_activity *activity, rond_warnings **ret_warnings,
                                rond_fault *ret_fault) {
    struct arena arena;
    struct fault fault = {0};
    rond_warnings *warnings = object_create(sizeof *warnings);
    if (warnings == NULL)
        return client_fault(ROND_ENOMEM, &fault, ret_fault);
    arena_init(&arena, DECODE_ARENA_BYTES_MAX);
    enum rond_err err = activity_look(r, activity, &arena, warnings, &fault);
    arena_deinit(&arena);
    return client_fault(warnings_give(err, warnings, ret_warnings), &fault, ret_fault);
}

enum rond_err rond_text_warnings_get(const char *field, const char *text, rond_warnings **ret_warnings) {
    rond_warnings *warnings = object_create(sizeof *warnings);
    if (warnings == NULL)
        return ROND_ENOMEM;
    enum rond_err err = warnings_add(warnings, field != NULL ? field : "", text != NULL ? text : "");
    return warnings_give(err, warnings, ret_warnings);
}

void rond_warnings_free(rond_warnings *warnings) {
    object_destroy(warnings);
}
