// What the files of admin/ share: a change as it waits for the committer, and little helpers over JSON.
#ifndef ADMIN_INNER_H
#define ADMIN_INNER_H

#include <jansson.h>

#include "admin/command.h"
#include "admin/right.h"
#include "base/check.h"
#include "promise/promise_file.h"
#include "wire/activity_reference.h"

enum { ADMIN_ARENA_BYTES_MAX = 16 * 1024 * 1024 };

// What one field of a report is to say.
struct admin_amendment {
    const char *field;
    const char *value;
};

// A promise's version that somebody has seen; 0: that there was none.
struct expected_version {
    const char *promise;
    uint32_t version;
};

// A change: made ready by prepare (pure), carried out by run inside the transaction. Lives in the submission's arena.
struct admin_change {
    enum rond_err (*run)(struct admin_change *change, struct submission *submission, struct store *store);
    const char *action; // for the audit log: "device.revoke"
    const char *actor;  // "uid:1000"
    bool by_server;
    int64_t now_ms;
    const char *subject;       // device, reference or promise, as typed
    const char *answer;        // set by run: the last line
    enum device_status status; // device.revoke
    struct enrol_code code;    // device.code
    const char *code_text;     // what the administrator hands over
    const char *enrolment_url;
    bool release;                       // quarantine
    struct admin_amendment *amendments; // quarantine.amend
    size_t amendments_count;
    struct promise_file file; // promise.import, promise.save
    Rond__V1__TimeZone *zone;
    struct expected_version *expected; // of promises: versions that whoever sent it has seen
    size_t expected_count;
    const char *directory; // followup: where its key is
    const struct ca *ca;   // rescue: what the file is sealed for
    const char *period;
    bool early, restate;
    const char **references; // join, report.place: reports, as typed
    size_t references_count;
    const char *place, *place_area; // report.place; of a walk the finding
    const char *value;
    uint64_t number;                                 // join.undo: the decision
    char new_references[8][ACTIVITY_REFERENCE_SIZE]; // the first that is free is given
    Rond__V1__Activity *activity;                    // activity.plan; its id is given by run
    enum rule_kind rule_kind; // of a rule, whose id is the subject and whose body the value (NULL: it goes)
    uint64_t after;           // retention.run: the last row that was looked at
    struct right *right;      // what the person may; NULL: whoever has the control socket may everything
    const char *reason;       // why, as typed; NULL: not said
    struct person person;     // person.add, person.grant: as far as it is said
    struct person_grant grant;
    struct hash256 token_hash;   // session.end: the session that asks
    enum code_approval approval; // device.approve, device.refuse: what becomes of it
    int64_t approval_ends_ms;
};

// Fills the change from the request's arguments; ROND_EINVALID with the argument's name in fault.
typedef enum rond_err admin_change_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                           struct admin_change *change, struct fault *fault);
admin_change_prepare amend_prepare, import_prepare, save_prepare, code_prepare, approve_prepare, refuse_prepare,
    revoke_prepare, release_prepare, discard_prepare, erase_prepare, remove_prepare, rebuild_prepare, show_prepare,
    publish_prepare, rotate_key_prepare, join_make_prepare, join_part_prepare, join_dismiss_prepare, join_undo_prepare,
    place_prepare, activity_plan_prepare, activity_cancel_prepare, backup_prepare, backup_keys_prepare, rescue_prepare,
    export_prepare, person_add_prepare, person_grant_prepare, person_end_grant_prepare, person_lock_prepare,
    person_unlock_prepare, person_log_out_prepare, person_reset_prepare, person_reset_password_prepare, person_code_prepare,
    session_end_prepare, session_end_all_prepare, session_end_others_prepare, session_end_one_prepare, walk_set_prepare,
    walk_close_prepare;

admin_change_prepare retention_set_prepare, retention_unset_prepare, retention_run_prepare, hold_add_prepare,
    hold_lift_prepare, disclosure_set_prepare, disclosure_unset_prepare, export_public_prepare;
// A rule's body is stored as one line of JSON; a rule goes (admin/retention.c). "*" or an organisation that is known.
MUST_CHECK enum rond_err rule_body_put(struct admin_change *change, json_t *take_body, struct arena *arena);
MUST_CHECK enum rond_err rule_remove(struct admin_change *change);
MUST_CHECK enum rond_err controller_prepare(json_t *arguments, const char *name, const struct catalogue *catalogue,
                                            struct arena *arena, const char **ret_controller, struct fault *fault);

// A text argument, copied into the arena. ROND_EINVALID where it is missing, no text or longer than size_max.
MUST_CHECK enum rond_err argument_text(json_t *arguments, const char *name, size_t size_max, struct arena *arena,
                                       const char **ret_text, struct fault *fault);
// The same for what becomes part of a line of the audit log: without line breaks, tabs and other control characters.
MUST_CHECK enum rond_err argument_line(json_t *arguments, const char *name, size_t size_max, struct arena *arena,
                                       const char **ret_line, struct fault *fault);
// The answer's last line from a jansson object, which is taken; ROND_ENOMEM.
MUST_CHECK enum rond_err answer_put(struct admin_change *change, struct arena *arena, json_t *take_answer);
// One row in the audit log about this change; with its reason behind the detail where one was given.
MUST_CHECK enum rond_err audit_put(const struct admin_change *change, struct store *store, const char *detail);

// Puts a promise as it is to be from now on, as a version of its own where it differs (admin/promise_edit.c).
// ROND_ECONFLICT with a sentence where it may not change so; of the field "expected_versions" where it is not the version
// any more that whoever changes it has seen.
MUST_CHECK enum rond_err promise_edit(const struct admin_change *change, struct store *store, Rond__V1__Promise *promise,
                                      struct arena *arena, struct fault *fault);

// Would a report that was amended, and so counts, be taken in without that amendment? ROND_ECONFLICT of the field "decision"
// with a sentence where it would not (admin/amend.c).
MUST_CHECK enum rond_err amend_undo_check(struct admin_change *change, struct store *store, const struct decision *undone,
                                          struct arena *arena, struct fault *fault);

// Every session of that person ends (admin/people.c).
MUST_CHECK enum rond_err sessions_end_all(struct store *store, const char *login);

// The device that is meant by its id (hexadecimal, at least 4 digits of it) or its name, alone.
// ROND_ENOTFOUND, ROND_ECONFLICT where several fit and none is named by its whole id.
MUST_CHECK enum rond_err find_device(struct store *store, const char *text, struct arena *arena,
                                     struct device_record *ret_device, struct fault *fault);
// What waits for approval or was approved and not fetched yet, by the id or name of its device, or by its key's fingerprint.
// Errors as of find_device.
MUST_CHECK enum rond_err find_waiting(struct store *store, const char *text, int64_t now_ms, struct arena *arena,
                                      struct enrol_code *ret_code, struct fault *fault);
// A device that is revoked is not re-attached by what was asked before (admin/approval.c).
MUST_CHECK enum rond_err approvals_withdraw(struct store *store, const struct id128 *device, int64_t now_ms,
                                            struct arena *arena);
// The report that a short reference, or "#ROW", means.
MUST_CHECK enum rond_err find_report(struct store *store, const char *text, struct arena *arena,
                                     struct stored_report *ret_report, struct fault *fault);

#endif
