// Planned joint activities: a coordinator plans one, it goes down to the devices of its organisations as reference data,
// and their reports name it. It never changes; it is cancelled and planned anew.
#include <string.h>

#include "admin/inner.h"
#include "counting/zone.h"
#include "wire/codec.h"
#include "wire/limits.h"

// --- What is asked for ---

struct planning {
    json_t *arguments;
    const struct catalogue *catalogue;
    struct arena *arena;
    Rond__V1__Activity *activity;
    struct fault *fault;
};

// A text that may be left out: "" then.
static enum rond_err optional_text(const struct planning *planning, const char *name, char **ret_text) {
    const char *text = "";
    enum rond_err err = json_object_get(planning->arguments, name) == NULL
                            ? ROND_OK
                            : argument_text(planning->arguments, name, 2 * REFERENCE_ID_BYTES_MAX + 1, planning->arena,
                                            &text, planning->fault);
    if (err == ROND_OK) {
        *ret_text = (char *)(uintptr_t)text;
    }
    return err;
}

static enum rond_err area_and_kind(const struct planning *planning) {
    const char *area, *kind;
    enum rond_err err =
        argument_text(planning->arguments, "area", REFERENCE_ID_BYTES_MAX, planning->arena, &area, planning->fault);
    if (err == ROND_OK) {
        err = argument_text(planning->arguments, "kind", REFERENCE_ID_BYTES_MAX, planning->arena, &kind, planning->fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    if (catalogue_area(planning->catalogue, area) == NULL) {
        return fault_both(planning->fault, ROND_EINVALID, 0, "area",
                          "There is no area '%s'; import a promise file for it first.",
                          "Området ”%s” finns inte; läs in en löftesfil för det först.", area);
    }
    planning->activity->area = (char *)(uintptr_t)area;
    if (kind_from_name(kind, &planning->activity->kind)) {
        return ROND_OK;
    }
    return fault_both(planning->fault, ROND_EINVALID, 0, "kind",
                      "There is no kind '%s'; it is one of check, campaign_handout, visible_patrol, safety_walk, meeting, "
                      "inventory, initiative.",
                      "Sorten ”%s” finns inte; den är check, campaign_handout, visible_patrol, safety_walk, meeting, "
                      "inventory eller initiative.",
                      kind);
}

static bool is_digits(const char *text, size_t count) {
    return strspn(text, "0123456789") >= count;
}

// "YYYY-MM-DD HH:MM" by the wall clocks of the area.
static enum rond_err wall_time(const struct planning *planning, const char *name, int64_t *ret_at_s) {
    const char *text;
    char date[DATE_TEXT_SIZE];
    day_t day;
    enum rond_err err = argument_text(planning->arguments, name, 32, planning->arena, &text, planning->fault);
    if (err != ROND_OK) {
        return err;
    }
    bool fits = strlen(text) == 16 && (text[10] == ' ' || text[10] == 'T') && text[13] == ':' && is_digits(text + 11, 2) &&
                is_digits(text + 14, 2);
    memcpy(date, fits ? text : "", fits ? DATE_TEXT_SIZE - 1 : 1);
    date[DATE_TEXT_SIZE - 1] = '\0';
    int hour = fits ? (text[11] - '0') * 10 + text[12] - '0' : 0, minute = fits ? (text[14] - '0') * 10 + text[15] - '0' : 0;
    if (!fits || !day_parse(date, &day) || hour > 23 || minute > 59) {
        return fault_both(planning->fault, ROND_EINVALID, 0, name, "'%s' is no time; write \"2015-05-08 14:00\".",
                          "”%s” är ingen tid; skriv som 2015-05-08 14:00.", text);
    }
    const Rond__V1__TimeZone *zone = catalogue_zone_of_area(planning->catalogue, planning->activity->area);
    *ret_at_s = zone == NULL ? 0 : zone_instant(zone, day, hour * 60 + minute);
    return zone == NULL ? fault_both(planning->fault, ROND_EINVALID, 0, "area", "The time zone of '%s' is not known.",
                                     "Tidszonen för ”%s” är inte känd.", planning->activity->area)
                        : ROND_OK;
}

static enum rond_err times(const struct planning *planning) {
    Rond__V1__Activity *activity = planning->activity;
    enum rond_err err = wall_time(planning, "from", &activity->from_s);
    if (err == ROND_OK) {
        err = wall_time(planning, "to", &activity->to_s);
    }
    if (err != ROND_OK) {
        return err;
    }
    if (activity->to_s <= activity->from_s) {
        return fault_both(planning->fault, ROND_EINVALID, 0, "to", "It ends before it begins.",
                          "Insatsen slutar innan den börjar.");
    }
    return activity->to_s - activity->from_s <= (int64_t)ACTIVITY_DAYS_MAX * 24 * 3600
               ? ROND_OK
               : fault_both(planning->fault, ROND_EINVALID, 0, "to", "It lasts longer than %d days; plan several.",
                            "Insatsen varar längre än %d dygn; planera flera.", ACTIVITY_DAYS_MAX);
}

static enum rond_err organisations(const struct planning *planning) {
    json_t *list = json_object_get(planning->arguments, "organisations");
    size_t count = json_array_size(list);
    if (count == 0 || count > ORGANISATIONS_MAX) {
        return fault_both(planning->fault, ROND_EINVALID, 0, "organisations", "Name between 1 and %d organisations.",
                          "Ange mellan 1 och %d organisationer.", ORGANISATIONS_MAX);
    }
    char **ids = arena_array(planning->arena, count, sizeof *ids);
    for (size_t i = 0; i < count; i++) {
        const char *id = json_string_value(json_array_get(list, i));
        if (id == NULL || catalogue_organisation(planning->catalogue, id) == NULL) {
            return fault_both(planning->fault, ROND_EINVALID, 0, "organisations", "There is no organisation '%s'.",
                              "Organisationen ”%s” finns inte.", id == NULL ? "" : id);
        }
        for (size_t k = 0; ids != NULL && k < i; k++) {
            if (strcmp(ids[k], id) == 0) {
                return fault_both(planning->fault, ROND_EINVALID, 0, "organisations", "'%s' is named twice.",
                                  "”%s” är angiven två gånger.", id);
            }
        }
        if (ids == NULL || (ids[i] = arena_text(planning->arena, id)) == NULL) {
            return ROND_ENOMEM;
        }
    }
    planning->activity->organisations = ids;
    planning->activity->n_organisations = count;
    return ROND_OK;
}

static enum rond_err place(const struct planning *planning) {
    Rond__V1__Activity *activity = planning->activity;
    enum rond_err err = optional_text(planning, "place", &activity->place);
    if (err != ROND_OK || activity->place[0] == '\0') {
        return err;
    }
    const Rond__V1__Place *found = catalogue_place(planning->catalogue, activity->place);
    return found != NULL && strcmp(found->area, activity->area) == 0
               ? ROND_OK
               : fault_both(planning->fault, ROND_EINVALID, 0, "place", "There is no place '%s' in %s.",
                            "Platsen ”%s” finns inte i %s.", activity->place, activity->area);
}

static enum rond_err word(const struct planning *planning) {
    Rond__V1__Activity *activity = planning->activity;
    const char *list = activity->kind == ROND__V1__KIND__KIND_CHECK        ? "check"
                       : activity->kind == ROND__V1__KIND__KIND_INVENTORY  ? "inventory"
                       : activity->kind == ROND__V1__KIND__KIND_INITIATIVE ? "initiative"
                                                                           : NULL;
    enum rond_err err = optional_text(planning, "of", &activity->of);
    if (err != ROND_OK || activity->of[0] == '\0') {
        return err;
    }
    if (list == NULL) {
        return fault_both(planning->fault, ROND_EINVALID, 0, "of",
                          "Only a check, an inventory or an initiative is of something.",
                          "Bara en kontroll, en inventering eller ett initiativ gäller något särskilt.");
    }
    return catalogue_term(planning->catalogue, list, activity->of) != NULL
               ? ROND_OK
               : fault_both(planning->fault, ROND_EINVALID, 0, "of", "There is no %s '%s'.",
                            "I ordlistan %s finns inte ”%s”.", list, activity->of);
}

// Would a report of this kind, from this area, be looked at for it?
static bool takes(const struct commitment *commitment, const Rond__V1__Activity *activity) {
    static const Rond__V1__Report__BodyCase bodies[] = {
        ROND__V1__REPORT__BODY_CHECK,      ROND__V1__REPORT__BODY_HANDOUT, ROND__V1__REPORT__BODY_PATROL,
        ROND__V1__REPORT__BODY_WALK,       ROND__V1__REPORT__BODY_MEETING, ROND__V1__REPORT__BODY_INVENTORY,
        ROND__V1__REPORT__BODY_INITIATIVE,
    };
    Rond__V1__Report report = ROND__V1__REPORT__INIT;
    report.body_case = bodies[activity->kind - 1];
    const struct counted_report counted = {.report = &report, .area = activity->area};
    return match_is_candidate(commitment, &counted);
}

static enum rond_err commitment(const struct planning *planning) {
    Rond__V1__Activity *activity = planning->activity;
    enum rond_err err = optional_text(planning, "commitment", &activity->commitment);
    if (err != ROND_OK || activity->commitment[0] == '\0') {
        return err;
    }
    const struct commitment *found = catalogue_commitment_by_path(planning->catalogue, activity->commitment);
    if (found == NULL) {
        return fault_both(planning->fault, ROND_EINVALID, 0, "commitment",
                          "There is no commitment '%s'; 'rondctl progress' lists them as PROMISE/COMMITMENT.",
                          "Åtagandet ”%s” finns inte.", activity->commitment);
    }
    return takes(found, activity) ? ROND_OK
                                  : fault_both(planning->fault, ROND_EINVALID, 0, "commitment", "'%s' takes no %s of %s.",
                                               "I ”%s” räknas ingen rapport av sorten %s från %s.", activity->commitment,
                                               kind_name(activity->kind), activity->area);
}

// --- Planning ---

static enum rond_err id_choose(struct admin_change *change, struct store *store, struct fault *fault) {
    struct catalogue *catalogue = NULL;
    enum rond_err err = catalogue_create(store, &catalogue, fault);
    bool is_free = false;
    for (size_t i = 0; err == ROND_OK && i < ARRAY_COUNT(change->new_references) && !is_free; i++) {
        const struct joint_key joint = {change->activity->area, (uint32_t)change->activity->kind, change->new_references[i]};
        uint64_t number = 0;
        err = store->views->joint_number(store, &joint, &number);
        is_free = number == 0 && catalogue_activity(catalogue, joint.reference) == NULL;
        if (err == ROND_OK && is_free) {
            change->activity->id = change->new_references[i];
            err = store->ledger->joint_hold(store, &joint, 1);
        }
    }
    catalogue_unref(catalogue);
    return err == ROND_OK && !is_free ? ROND_EAGAIN : err;
}

static enum rond_err activity_put(struct store *store, Rond__V1__Activity *activity, bool removed) {
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    entry.id = activity->id;
    entry.removed = removed;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_ACTIVITY;
    entry.activity = activity;
    return store->registry->reference_put(store, &entry, NULL);
}

static enum rond_err plan_run(struct admin_change *change, struct submission *submission, struct store *store) {
    Rond__V1__Activity *activity = change->activity;
    enum rond_err err = id_choose(change, store, &submission->fault);
    if (err == ROND_OK) {
        err = activity_put(store, activity, false);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        arena_printf(&submission->arena, "activity=%s area=%s kind=%s", activity->id, activity->area,
                                     kind_name(activity->kind)));
    }
    submission->changes_catalogue = true;
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:s}", "activity", activity->id, "title", activity->title));
}

enum rond_err activity_plan_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                    struct admin_change *change, struct fault *fault) {
    const char *title;
    Rond__V1__Activity *activity = arena_alloc(arena, sizeof *activity);
    struct planning planning = {arguments, context->catalogue, arena, activity, fault};
    if (activity == NULL) {
        return ROND_ENOMEM;
    }
    rond__v1__activity__init(activity);
    enum rond_err err = area_and_kind(&planning);
    if (err == ROND_OK) {
        err = argument_text(arguments, "title", LINE_BYTES_MAX, arena, &title, fault);
    }
    if (err == ROND_OK) {
        activity->title = (char *)(uintptr_t)title;
        err = times(&planning);
    }
    if (err == ROND_OK) {
        err = organisations(&planning);
    }
    if (err == ROND_OK) {
        err = place(&planning);
    }
    if (err == ROND_OK) {
        err = word(&planning);
    }
    if (err == ROND_OK) {
        err = commitment(&planning);
    }
    for (size_t i = 0; i < ARRAY_COUNT(change->new_references); i++) {
        activity_reference_make(ACTIVITY_PLANNED, (uint32_t)rng_u64(context->rng), change->new_references[i]);
    }
    change->activity = activity;
    change->run = plan_run;
    return err;
}

// --- Cancelling ---

static enum rond_err cancel_run(struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = activity_put(store, change->activity, true);
    if (err == ROND_OK) {
        err = audit_put(change, store, arena_printf(&submission->arena, "activity=%s", change->subject));
    }
    submission->changes_catalogue = true;
    return err != ROND_OK ? err : answer_put(change, &submission->arena, json_pack("{s:s}", "cancelled", change->subject));
}

enum rond_err activity_cancel_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                      struct admin_change *change, struct fault *fault) {
    char written[ACTIVITY_REFERENCE_SIZE];
    enum rond_err err = argument_text(arguments, "activity", ACTIVITY_BYTES_MAX, arena, &change->subject, fault);
    if (err != ROND_OK) {
        return err;
    }
    if (activity_reference_is_planned(change->subject, written)) {
        change->subject = arena_text(arena, written);
    }
    change->activity = arena_alloc(arena, sizeof *change->activity);
    if (change->subject == NULL || change->activity == NULL) {
        return ROND_ENOMEM;
    }
    if (catalogue_activity(context->catalogue, change->subject) == NULL) {
        return fault_both(fault, ROND_ENOTFOUND, 0, "activity", "No activity '%s' is planned; see 'rondctl activity list'.",
                          "Ingen insats ”%s” är planerad.", change->subject);
    }
    rond__v1__activity__init(change->activity);
    change->activity->id = (char *)(uintptr_t)change->subject;
    change->run = cancel_run;
    return ROND_OK;
}
