#include "counting/among.h"

#include <string.h>

#include "counting/circle.h"

enum nearness { AWAY, PERHAPS, THERE };

static enum nearness nearer(enum nearness a, enum nearness b) {
    return a > b ? a : b;
}

static struct circle circle_of(const Rond__V1__Place *place) {
    return (struct circle){place->latitude_e6, place->longitude_e6, place->radius_m};
}

// ---- One thing that a report says of where it was ----

static enum nearness by_name(const struct commitment *commitment, const char *named, const char *said) {
    if (said[0] == '\0') {
        return AWAY;
    }
    if (strcmp(named, said) == 0) {
        return THERE;
    }
    const Rond__V1__Place *place = commitment_place(commitment, named);
    const Rond__V1__Place *other = commitment_place(commitment, said);
    if (other == NULL) {
        return PERHAPS; // a place that is not known here could be anywhere
    }
    if (place == NULL) {
        return AWAY;
    }
    struct circle circle = circle_of(place), other_circle = circle_of(other);
    return circle_overlaps(&circle, &other_circle) ? PERHAPS : AWAY;
}

static enum nearness by_position(const struct commitment *commitment, const char *named,
                                 const Rond__V1__Position *position) {
    const Rond__V1__Place *place = commitment_place(commitment, named);
    if (position == NULL || place == NULL) {
        return AWAY;
    }
    bool known = position->accuracy_m > 0;
    struct circle circle = circle_of(place);
    struct circle around = {position->latitude_e6, position->longitude_e6, known ? position->accuracy_m : AMONG_POSITION_M};
    if (known && circle_holds(&circle, &around)) {
        return THERE;
    }
    return circle_overlaps(&circle, &around) ? PERHAPS : AWAY;
}

// ---- All that it says ----

// Places of the findings. *inout_says: whether any is named.
static enum nearness by_findings(const struct commitment *commitment, const char *named, const Rond__V1__Report *report,
                                 bool *inout_says) {
    enum nearness nearness = AWAY;
    size_t walk = report->body_case == ROND__V1__REPORT__BODY_WALK ? report->walk->n_findings : 0;
    size_t inventory = report->body_case == ROND__V1__REPORT__BODY_INVENTORY ? report->inventory->n_findings : 0;
    for (size_t i = 0; i < walk + inventory; i++) {
        const char *place = walk > 0 ? report->walk->findings[i]->place : report->inventory->findings[i]->place;
        nearness = nearer(nearness, by_name(commitment, named, place));
        *inout_says = *inout_says || place[0] != '\0';
    }
    return nearness;
}

// What people decided, or -1.
static int by_ruling(const struct counted_report *report, const char *named) {
    for (size_t i = 0; i < report->rulings_count; i++) {
        const struct ruling *ruling = &report->rulings[i];
        if (ruling->kind == RULING_PLACE && strcmp(ruling->subject, named) == 0) {
            return strcmp(ruling->value, "yes") == 0 ? THERE : AWAY;
        }
    }
    return -1;
}

static enum nearness nearness_of(const struct commitment *commitment, const struct counted_report *counted,
                                 const char *named) {
    const Rond__V1__Report *report = counted->report;
    int ruled = by_ruling(counted, named);
    if (ruled >= 0) {
        return (enum nearness)ruled;
    }
    bool says = report->place[0] != '\0' || report->position != NULL;
    enum nearness nearness = by_name(commitment, named, report->place);
    nearness = nearer(nearness, by_position(commitment, named, report->position));
    nearness = nearer(nearness, by_findings(commitment, named, report, &says));
    return says ? nearness : PERHAPS;
}

void among_match(const struct commitment *commitment, const struct counted_report *report, uint32_t *ret_places,
                 uint32_t *ret_open) {
    uint32_t places = 0;
    uint32_t open = 0;
    for (size_t i = 0; i < commitment->definition->n_among_places; i++) {
        enum nearness nearness = nearness_of(commitment, report, commitment->definition->among_places[i]);
        places |= (uint32_t)(nearness == THERE) << i;
        open |= (uint32_t)(nearness == PERHAPS) << i;
    }
    *ret_places = places;
    *ret_open = open;
}
