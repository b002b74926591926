// Who may do what to which object: the one place that decides, for people. Pure: grants and time come in. What no rule
// allows is denied.
//
// A rule says how far a role's grant reaches for an action; docs/decisions/0010-people.md says why. Which action a request
// is, and what object it asks for, is in auth/endpoints.h.
#ifndef AUTH_ACCESS_H
#define AUTH_ACCESS_H

#include "base/err.h"
#include "store/person.h"

enum access_action {
    ACCESS_SELF,           // of one's own session: whoever has logged in, without any grant
    ACCESS_REFERENCE_READ, // words, areas, places, organisations
    ACCESS_PROMISES_READ,  // promises, their versions, planned activities, published follow-ups
    ACCESS_FIGURES_READ,   // how each promise stands: the joint picture
    ACCESS_EVIDENCE_READ,  // reports without their free texts: behind a figure, in quarantine, to be joined, exported
    ACCESS_REPORT_READ,    // a report whole, with its free texts
    ACCESS_QUARANTINE_DECIDE,
    ACCESS_COUNTING_DECIDE, // which reports are one activity, and whether one was at a place
    ACCESS_ACTIVITY_PLAN,
    ACCESS_FOLLOWUP_PUBLISH,
    ACCESS_PROMISE_CHANGE, // import and removal: changes the reference data of all
    ACCESS_PROMISE_SAVE,   // one promise, as a version of its own
    ACCESS_PROMISE_TRY,    // what a promise would count that is not there: figures of whatever is asked for
    ACCESS_DEVICES_READ,
    ACCESS_DEVICE_REVOKE,
    ACCESS_CODE_ISSUE,
    ACCESS_DEVICE_APPROVE, // as a second person beside the one who issued the code
    ACCESS_RETENTION_READ, // how long bodies are kept, what would go now, what went
    ACCESS_HOLD_READ,
    ACCESS_HOLD_CHANGE,
    ACCESS_DISCLOSURE_READ, // who may see what of whom
    ACCESS_DISCLOSURE_CHANGE,
    ACCESS_RECORD_DISCLOSE, // a masked export for a request for public records
    ACCESS_PEOPLE_READ,
    ACCESS_PEOPLE_CHANGE,
    ACCESS_AUDIT_READ,
    ACCESS_OPERATIONS_READ, // counts, verification
    ACCESS_ACTIONS,
};

// What is asked for. Borrowed.
struct access_object {
    const char *organisation; // whose it is; NULL: of no single one
    const char *area;         // NULL: of the whole installation
};

// True where one of the grants is valid now and reaches the object.
bool access_may(const struct person_grant *grants, size_t count, enum access_action action,
                const struct access_object *object, int64_t now_ms);
// True where there may be an object that one of them reaches: whether it is worth to look for one at all.
bool access_may_somewhere(const struct person_grant *grants, size_t count, enum access_action action, int64_t now_ms);

// "administrator", "area_chief", ...; NULL for no role.
const char *access_role_name(enum person_role role);
bool access_role_parse(const char *name, enum person_role *ret_role);
// "figures.read", ...
const char *access_action_name(enum access_action action);

#endif
