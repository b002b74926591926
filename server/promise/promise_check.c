#include "promise/promise_check.h"

#include <string.h>

#include "base/check.h"
#include "counting/match.h"

// Weekdays, seasons and leap days come together again within these many days.
enum { CALENDAR_DAYS_MAX = 40 * 366 };

static bool is_listed(char *const *list, size_t count, const char *id) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], id) == 0) {
            return true;
        }
    }
    return false;
}

// ---- Among each other ----

static void names_check(struct yaml_reader *reader, const struct yaml_at *item, const Rond__V1__Promise *promise,
                        size_t index) {
    const Rond__V1__Commitment *one = promise->commitments[index];
    struct yaml_at id = yaml_get(reader, item, "id");
    struct yaml_at follows = yaml_get(reader, item, "follows");
    const Rond__V1__Commitment *followed = NULL;
    for (size_t j = 0; j < promise->n_commitments; j++) {
        if (j < index && one->id[0] != '\0' && strcmp(promise->commitments[j]->id, one->id) == 0) {
            yaml_fault(reader, &id, "%s comes twice; keep one", one->id);
        }
        followed = strcmp(promise->commitments[j]->id, one->follows) == 0 ? promise->commitments[j] : followed;
    }
    if (one->follows[0] != '\0' &&
        (followed == NULL || followed->filter->kind != ROND__V1__KIND__KIND_SAFETY_WALK || followed == one)) {
        yaml_fault(reader, &follows, "must name a commitment of this promise whose kind is safety_walk");
    }
}

// ---- Who ----

static size_t length_of(const struct yaml_at *list) {
    bool is_list = list->node != NULL && list->node->type == YAML_SEQUENCE_NODE;
    return is_list ? (size_t)(list->node->data.sequence.items.top - list->node->data.sequence.items.start) : 0;
}

// What its owner does alone cannot ask for others who would have to report it with him. A partner may be named in with_all.
static void owner_check(struct yaml_reader *reader, const struct yaml_at *item, const Rond__V1__Commitment *one) {
    struct yaml_at owner = yaml_get(reader, item, "owner");
    struct yaml_at parties = yaml_get(reader, item, "required_parties");
    if (one->owner[0] == '\0') {
        return;
    }
    if (one->joint) {
        yaml_fault(reader, &owner, "contradicts joint: what all parties do together is no part of one alone");
    }
    for (size_t i = 0; i < length_of(&parties); i++) {
        struct yaml_at party = yaml_item(reader, &parties, i);
        if (party.node->type == YAML_SCALAR_NODE && strcmp((const char *)party.node->data.scalar.value, one->owner) != 0) {
            yaml_fault(reader, &owner, "contradicts required_parties: %.64s would have to take part",
                       (const char *)party.node->data.scalar.value);
        }
    }
    for (size_t i = 0; i < one->filter->n_where; i++) {
        const Rond__V1__Condition *condition = one->filter->where[i];
        if (strcmp(condition->field, "organisation") == 0 &&
            !is_listed(condition->any_of, condition->n_any_of, one->owner)) {
            yaml_fault(reader, &owner, "contradicts where: reports of %s would not count", one->owner);
        }
    }
}

// ---- Where ----

static void among_check(struct yaml_reader *reader, const struct yaml_at *item, const Rond__V1__Commitment *one) {
    struct yaml_at among = yaml_get(reader, item, "among_places");
    for (size_t i = 0; one->filter->n_places > 0 && i < one->n_among_places; i++) {
        if (!is_listed(one->filter->places, one->filter->n_places, one->among_places[i])) {
            struct yaml_at place = yaml_item(reader, &among, i);
            yaml_fault(reader, &place, "%s is none of places; what happens there would not count", one->among_places[i]);
        }
    }
}

// ---- When ----

static bool season_lies_in_period(const struct commitment *commitment) {
    for (day_t day = commitment->from; day <= commitment->to && day - commitment->from < CALENDAR_DAYS_MAX; day++) {
        if (commitment_in_season(commitment, day, NULL)) {
            return true;
        }
    }
    return false;
}

// Whatever the phase: an early promise opens none yet.
static bool window_opens(const struct commitment *commitment, const Rond__V1__Window *window) {
    for (day_t day = commitment->from; day <= commitment->to && day - commitment->from < CALENDAR_DAYS_MAX; day++) {
        if ((window->weekdays >> day_weekday(day) & 1) != 0 && commitment_in_season(commitment, day, NULL)) {
            return true;
        }
    }
    return false;
}

static void times_check(struct yaml_reader *reader, const struct yaml_at *item, const struct commitment *commitment) {
    struct yaml_at season = yaml_get(reader, item, "season");
    struct yaml_at windows = yaml_get(reader, item, "windows");
    if (!season_lies_in_period(commitment)) {
        yaml_fault(reader, &season, "lies wholly outside the promise's period %s to %s", commitment->promise->from,
                   commitment->promise->to);
        return;
    }
    for (size_t i = 0; i < commitment->definition->n_windows; i++) {
        struct yaml_at window = yaml_item(reader, &windows, i);
        if (!window_opens(commitment, commitment->definition->windows[i])) {
            yaml_fault(reader, &window, "never opens: none of its days lies in the promise's period%s",
                       commitment->season_from != 0 ? " and season" : "");
        }
    }
}

// The derivation that counting makes of it. Its faults name a key of the commitment where they can.
static void derivation_check(struct yaml_reader *reader, const struct yaml_at *item, const Rond__V1__Promise *promise,
                             const Rond__V1__Commitment *one) {
    Rond__V1__TimeZone any_zone = ROND__V1__TIME_ZONE__INIT;
    struct commitment derived;
    struct fault fault;
    if (reader->faults->count > 0) {
        return; // of what is faulty nothing can be derived
    }
    if (commitment_init(&derived, 1, promise, one, &any_zone, NULL, &fault) != ROND_OK) {
        struct yaml_at key = yaml_get(reader, item, fault.field);
        yaml_fault(reader, yaml_has(&key) ? &key : item, "%s %s", fault.field, fault.text);
    } else {
        times_check(reader, item, &derived);
    }
}

void promise_check(struct yaml_reader *reader, const struct yaml_at *at, const Rond__V1__Promise *promise) {
    for (size_t i = 0; i < promise->n_commitments; i++) {
        struct yaml_at item = yaml_item(reader, at, i);
        names_check(reader, &item, promise, i);
        owner_check(reader, &item, promise->commitments[i]);
        among_check(reader, &item, promise->commitments[i]);
        derivation_check(reader, &item, promise, promise->commitments[i]);
    }
}
