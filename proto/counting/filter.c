#include "counting/filter.h"

#include <string.h>

#include "base/check.h"
#include "wire/codec.h"

bool filter_takes_kind(const Rond__V1__Filter *filter, Rond__V1__Kind kind) {
    return filter == NULL || filter->kind == ROND__V1__KIND__KIND_UNSPECIFIED || filter->kind == kind;
}

static bool place_is_listed(const Rond__V1__Filter *filter, const char *place) {
    for (size_t i = 0; place[0] != '\0' && i < filter->n_places; i++) {
        if (strcmp(filter->places[i], place) == 0) {
            return true;
        }
    }
    return false;
}

// A walk or an inventory goes by several places: one of those listed is enough.
static bool place_fits(const Rond__V1__Filter *filter, const Rond__V1__Report *report) {
    if (filter->n_places == 0 || place_is_listed(filter, report->place)) {
        return true;
    }
    if (report->body_case == ROND__V1__REPORT__BODY_WALK) {
        for (size_t i = 0; i < report->walk->n_findings; i++) {
            if (place_is_listed(filter, report->walk->findings[i]->place)) {
                return true;
            }
        }
    }
    if (report->body_case == ROND__V1__REPORT__BODY_INVENTORY) {
        for (size_t i = 0; i < report->inventory->n_findings; i++) {
            if (place_is_listed(filter, report->inventory->findings[i]->place)) {
                return true;
            }
        }
    }
    return false;
}

bool filter_takes_word(const char *wanted, const char *said) {
    return wanted[0] == '\0' || strcmp(wanted, said) == 0;
}

static bool item_is_handed_out(const Rond__V1__Handout *handout, const char *item) {
    for (size_t i = 0; i < handout->n_items; i++) {
        if (handout->items[i]->count > 0 && strcmp(handout->items[i]->item, item) == 0) {
            return true;
        }
    }
    return false;
}

// item: the one item that is asked for here; NULL: all that the filter lists.
static bool handout_fits(const Rond__V1__Filter *filter, const Rond__V1__Handout *handout, const char *item) {
    if (filter->information && !handout->information_given) {
        return false;
    }
    if (item != NULL) {
        return item_is_handed_out(handout, item);
    }
    for (size_t i = 0; i < filter->n_items; i++) {
        if (!item_is_handed_out(handout, filter->items[i])) {
            return false;
        }
    }
    return true;
}

static const char *form_name(Rond__V1__CheckForm form) {
    return form == ROND__V1__CHECK_FORM__CHECK_FORM_TARGETED      ? "targeted"
           : form == ROND__V1__CHECK_FORM__CHECK_FORM_COORDINATED ? "coordinated"
                                                                  : "";
}

// What the filter asks for and this kind of report cannot say does not fit.
static bool detail_fits(const Rond__V1__Filter *filter, const Rond__V1__Report *report, const char *item) {
    const char *of = "";
    const char *form = "";
    const char *with = "";
    switch (report->body_case) {
    case ROND__V1__REPORT__BODY_CHECK:
        of = report->check->of;
        form = form_name(report->check->form);
        break;
    case ROND__V1__REPORT__BODY_INVENTORY:
        of = report->inventory->of;
        break;
    case ROND__V1__REPORT__BODY_INITIATIVE:
        of = report->initiative->type;
        break;
    case ROND__V1__REPORT__BODY_MEETING:
        with = report->meeting->with;
        break;
    default:
        break;
    }
    if (!filter_takes_word(filter->of, of) || !filter_takes_word(filter->form, form) ||
        !filter_takes_word(filter->with, with)) {
        return false;
    }
    if (report->body_case == ROND__V1__REPORT__BODY_HANDOUT) {
        return handout_fits(filter, report->handout, item);
    }
    return !filter->information && filter->n_items == 0;
}

// --- Conditions ---

// One of the words that are asked for. What a report leaves empty fits no condition.
static bool is_asked(const Rond__V1__Condition *condition, const char *said) {
    for (size_t i = 0; said[0] != '\0' && i < condition->n_any_of; i++) {
        if (strcmp(condition->any_of[i], said) == 0) {
            return true;
        }
    }
    return false;
}

static bool role_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->report->role);
}

static bool organisation_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->organisation);
}

static bool with_organisation_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    for (size_t i = 0; i < counted->report->n_organisations; i++) {
        if (is_asked(condition, counted->report->organisations[i])) {
            return true;
        }
    }
    return false;
}

static bool place_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    Rond__V1__Filter places = ROND__V1__FILTER__INIT;
    places.places = condition->any_of;
    places.n_places = condition->n_any_of;
    return place_fits(&places, counted->report);
}

static bool check_of_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->report->check->of);
}

static bool check_form_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, form_name(counted->report->check->form));
}

static bool handout_item_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    const Rond__V1__Handout *handout = counted->report->handout;
    for (size_t i = 0; i < handout->n_items; i++) {
        if (handout->items[i]->count > 0 && is_asked(condition, handout->items[i]->item)) {
            return true;
        }
    }
    return false;
}

// A patrol without a list is the one person who reports it.
static bool patrol_role_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    const Rond__V1__Patrol *patrol = counted->report->patrol;
    for (size_t i = 0; i < patrol->n_persons; i++) {
        if (patrol->persons[i]->persons > 0 && is_asked(condition, patrol->persons[i]->role)) {
            return true;
        }
    }
    return patrol->n_persons == 0 && is_asked(condition, counted->report->role);
}

static bool walk_responsible_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    const Rond__V1__Walk *walk = counted->report->walk;
    for (size_t i = 0; i < walk->n_findings; i++) {
        if (is_asked(condition, walk->findings[i]->responsible)) {
            return true;
        }
    }
    return false;
}

static bool meeting_with_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->report->meeting->with);
}

static bool inventory_of_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->report->inventory->of);
}

static bool initiative_type_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->report->initiative->type);
}

static bool initiative_unit_says(const struct counted_report *counted, const Rond__V1__Condition *condition) {
    return is_asked(condition, counted->report->initiative->unit);
}

#define ANY ROND__V1__KIND__KIND_UNSPECIFIED
#define KIND(name) ROND__V1__KIND__KIND_##name
static const struct filter_field fields[] = {
    {"role", ANY, "role", NULL},
    {"organisation", ANY, "organisation", NULL},
    {"with_organisation", ANY, "organisation", NULL},
    {"place", ANY, "place", "places"},
    {"check.of", KIND(CHECK), "check", "of"},
    {"check.form", KIND(CHECK), "form", "form"},
    {"handout.item", KIND(CAMPAIGN_HANDOUT), "item", NULL},
    {"patrol.role", KIND(VISIBLE_PATROL), "role", NULL},
    {"walk.responsible", KIND(SAFETY_WALK), "organisation", NULL},
    {"meeting.with", KIND(MEETING), "counterpart", "with"},
    {"inventory.of", KIND(INVENTORY), "inventory", "of"},
    {"initiative.type", KIND(INITIATIVE), "initiative", "of"},
    {"initiative.unit", KIND(INITIATIVE), "", NULL},
};
// Of the same field by index: does the report say it, and why not if it does not.
static const struct {
    bool (*says)(const struct counted_report *counted, const Rond__V1__Condition *condition);
    enum counting_reason otherwise;
} rules[ARRAY_COUNT(fields)] = {
    {role_says, REASON_ROLE},
    {organisation_says, REASON_DETAIL},
    {with_organisation_says, REASON_DETAIL},
    {place_says, REASON_PLACE},
    {check_of_says, REASON_DETAIL},
    {check_form_says, REASON_DETAIL},
    {handout_item_says, REASON_DETAIL},
    {patrol_role_says, REASON_ROLE},
    {walk_responsible_says, REASON_DETAIL},
    {meeting_with_says, REASON_DETAIL},
    {inventory_of_says, REASON_DETAIL},
    {initiative_type_says, REASON_DETAIL},
    {initiative_unit_says, REASON_DETAIL},
};

const struct filter_field *filter_fields(size_t *ret_count) {
    *ret_count = ARRAY_COUNT(fields);
    return fields;
}

static enum counting_reason condition_match(const Rond__V1__Condition *condition, const struct counted_report *counted) {
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++) {
        if (strcmp(fields[i].name, condition->field) == 0) {
            bool has_field = fields[i].kind == ANY || fields[i].kind == report_kind(counted->report);
            return has_field && rules[i].says(counted, condition) ? REASON_COUNTED : rules[i].otherwise;
        }
    }
    return REASON_DETAIL;
}

// Of several that do not hold, the first by the order of the reasons: it does not depend on how the file puts them.
static enum counting_reason conditions_match(const Rond__V1__Filter *filter, const struct counted_report *counted) {
    enum counting_reason first = REASON_COUNTED;
    for (size_t i = 0; i < filter->n_where; i++) {
        enum counting_reason reason = condition_match(filter->where[i], counted);
        first = first == REASON_COUNTED || (reason != REASON_COUNTED && reason < first) ? reason : first;
    }
    return first;
}

enum counting_reason filter_match(const Rond__V1__Filter *filter, const struct counted_report *counted, const char *item) {
    if (filter == NULL) {
        return REASON_COUNTED;
    }
    if (!filter_takes_kind(filter, report_kind(counted->report))) {
        return REASON_KIND;
    }
    if (!place_fits(filter, counted->report)) {
        return REASON_PLACE;
    }
    enum counting_reason reason = conditions_match(filter, counted);
    bool detail = reason == REASON_PLACE || detail_fits(filter, counted->report, item);
    return detail ? reason : REASON_DETAIL;
}
