#include "auth/access.h"

#include <string.h>

#include "base/check.h"

// How far a grant reaches.
enum reach {
    NOTHING,
    OWN,          // what is of its organisation and in its area
    AREA,         // what is in its area, whichever organisation's
    ORGANISATION, // what is of its organisation, in whichever area
    ALL,          // anything, where it is a grant for every organisation and area
    ANY,          // anything, whatever it is a grant for
};

// By role in the order of enum person_role: administrator, area chief, coordinator, partner viewer, auditor.
static const struct {
    const char *name;
    enum reach reach[PERSON_ROLES_END - 1];
} RULES[ACCESS_ACTIONS] = {
    [ACCESS_SELF] = {"self", {ANY, ANY, ANY, ANY, ANY}},
    [ACCESS_REFERENCE_READ] = {"reference.read", {ANY, ANY, ANY, ANY, ANY}},
    [ACCESS_PROMISES_READ] = {"promises.read", {AREA, AREA, AREA, AREA, NOTHING}},
    [ACCESS_FIGURES_READ] = {"figures.read", {NOTHING, AREA, AREA, AREA, NOTHING}},
    [ACCESS_EVIDENCE_READ] = {"evidence.read", {NOTHING, AREA, AREA, OWN, NOTHING}},
    [ACCESS_REPORT_READ] = {"report.read", {NOTHING, OWN, OWN, OWN, NOTHING}},
    [ACCESS_QUARANTINE_DECIDE] = {"quarantine.decide", {NOTHING, OWN, OWN, NOTHING, NOTHING}},
    [ACCESS_COUNTING_DECIDE] = {"counting.decide", {NOTHING, AREA, AREA, NOTHING, NOTHING}},
    [ACCESS_ACTIVITY_PLAN] = {"activity.plan", {NOTHING, AREA, AREA, NOTHING, NOTHING}},
    [ACCESS_FOLLOWUP_PUBLISH] = {"followup.publish", {NOTHING, AREA, NOTHING, NOTHING, NOTHING}},
    [ACCESS_PROMISE_CHANGE] = {"promise.change", {ALL, NOTHING, NOTHING, NOTHING, NOTHING}},
    [ACCESS_PROMISE_SAVE] = {"promise.save", {ALL, AREA, NOTHING, NOTHING, NOTHING}},
    [ACCESS_PROMISE_TRY] = {"promise.try", {NOTHING, AREA, AREA, NOTHING, NOTHING}},
    [ACCESS_DEVICES_READ] = {"devices.read", {OWN, OWN, OWN, NOTHING, NOTHING}},
    [ACCESS_DEVICE_REVOKE] = {"device.revoke", {OWN, OWN, NOTHING, NOTHING, NOTHING}},
    [ACCESS_CODE_ISSUE] = {"code.issue", {OWN, NOTHING, NOTHING, NOTHING, NOTHING}},
    [ACCESS_DEVICE_APPROVE] = {"device.approve", {OWN, NOTHING, NOTHING, NOTHING, NOTHING}},
    [ACCESS_RETENTION_READ] = {"retention.read", {ORGANISATION, ORGANISATION, NOTHING, NOTHING, ALL}},
    [ACCESS_HOLD_READ] = {"hold.read", {OWN, OWN, NOTHING, NOTHING, ALL}},
    [ACCESS_HOLD_CHANGE] = {"hold.change", {OWN, OWN, NOTHING, NOTHING, NOTHING}},
    [ACCESS_DISCLOSURE_READ] = {"disclosure.read", {ORGANISATION, ORGANISATION, ORGANISATION, ORGANISATION, ALL}},
    [ACCESS_DISCLOSURE_CHANGE] = {"disclosure.change", {OWN, NOTHING, NOTHING, NOTHING, NOTHING}},
    [ACCESS_RECORD_DISCLOSE] = {"record.disclose", {NOTHING, OWN, NOTHING, NOTHING, NOTHING}},
    [ACCESS_PEOPLE_READ] = {"people.read", {OWN, NOTHING, NOTHING, NOTHING, ALL}},
    [ACCESS_PEOPLE_CHANGE] = {"people.change", {OWN, NOTHING, NOTHING, NOTHING, NOTHING}},
    [ACCESS_AUDIT_READ] = {"audit.read", {NOTHING, NOTHING, NOTHING, NOTHING, ALL}},
    [ACCESS_OPERATIONS_READ] = {"operations.read", {ALL, NOTHING, NOTHING, NOTHING, ALL}},
};

static const char *const ROLES[PERSON_ROLES_END] = {NULL,          "administrator",  "area_chief",
                                                    "coordinator", "partner_viewer", "auditor"};

static bool is_valid(const struct person_grant *grant, int64_t now_ms) {
    return grant->role > 0 && grant->role < PERSON_ROLES_END && now_ms >= grant->from_ms &&
           (grant->to_ms == 0 || now_ms < grant->to_ms);
}

static bool is_every(const char *granted) {
    return strcmp(granted, PERSON_EVERY) == 0;
}

static bool covers(const char *granted, const char *asked) {
    return is_every(granted) || (asked != NULL && strcmp(granted, asked) == 0);
}

static bool reaches(const struct person_grant *grant, enum reach reach, const struct access_object *object) {
    switch (reach) {
    case NOTHING:
        return false;
    case OWN:
        return covers(grant->organisation, object->organisation) && covers(grant->area, object->area);
    case AREA:
        return covers(grant->area, object->area);
    case ORGANISATION:
        return covers(grant->organisation, object->organisation);
    case ALL:
        return is_every(grant->organisation) && is_every(grant->area);
    case ANY:
        return true;
    }
    return false;
}

bool access_may(const struct person_grant *grants, size_t count, enum access_action action,
                const struct access_object *object, int64_t now_ms) {
    CHECK(action < ACCESS_ACTIONS);
    bool may = action == ACCESS_SELF;
    for (size_t i = 0; i < count && !may; i++)
        may = is_valid(&grants[i], now_ms) && reaches(&grants[i], RULES[action].reach[grants[i].role - 1], object);
    return may;
}

bool access_may_somewhere(const struct person_grant *grants, size_t count, enum access_action action, int64_t now_ms) {
    CHECK(action < ACCESS_ACTIONS);
    bool may = action == ACCESS_SELF;
    for (size_t i = 0; i < count && !may; i++) {
        const struct access_object its_own = {.organisation = grants[i].organisation, .area = grants[i].area};
        may = access_may(&grants[i], 1, action, &its_own, now_ms);
    }
    return may;
}

const char *access_role_name(enum person_role role) {
    return role > 0 && role < PERSON_ROLES_END ? ROLES[role] : NULL;
}

bool access_role_parse(const char *name, enum person_role *ret_role) {
    for (unsigned role = 1; role < PERSON_ROLES_END; role++)
        if (strcmp(ROLES[role], name) == 0) {
            *ret_role = (enum person_role)role;
            return true;
        }
    return false;
}

const char *access_action_name(enum access_action action) {
    return RULES[action].name;
}
