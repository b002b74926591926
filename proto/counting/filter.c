#include "counting/filter.h"

#include <string.h>

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

enum counting_reason filter_match(const Rond__V1__Filter *filter, const Rond__V1__Report *report, const char *item) {
    if (filter == NULL) {
        return REASON_COUNTED;
    }
    if (!filter_takes_kind(filter, report_kind(report))) {
        return REASON_KIND;
    }
    if (!place_fits(filter, report)) {
        return REASON_PLACE;
    }
    return detail_fits(filter, report, item) ? REASON_COUNTED : REASON_DETAIL;
}
