// People's changes: each is checked without a store by its prepare, and carried out by its run inside the transaction.
#include <string.h>

#include "admin/inner.h"
#include "auth/ca.h"
#include "auth/code.h"
#include "base/planted.h"
#include "promise/apply.h"
#include "promise/forget.h"
#include "wire/limits.h"
#include "wire/report_check.h"

enum { PATH_BYTES_MAX = 4096 };

static enum rond_err subject_prepare(json_t *arguments, const char *name, struct arena *arena, struct admin_change *change,
                                     struct fault *fault) {
    return argument_text(arguments, name, LINE_BYTES_MAX, arena, &change->subject, fault);
}

// --- Enrolment codes ---

static enum rond_err roles_prepare(json_t *arguments, const struct catalogue *catalogue, struct arena *arena,
                                   struct enrol_code *code, struct fault *fault) {
    json_t *roles = json_object_get(arguments, "roles");
    size_t count = json_array_size(roles);
    if (count == 0 || count > DEVICE_ROLES_MAX) {
        return fault_both(fault, ROND_EINVALID, 0, "roles", "Name between 1 and %d roles.", "Ange mellan 1 och %d roller.",
                          DEVICE_ROLES_MAX);
    }
    code->roles = arena_array(arena, count, sizeof *code->roles);
    if (code->roles == NULL) {
        return ROND_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const char *role = json_string_value(json_array_get(roles, i));
        if (role == NULL || catalogue_term(catalogue, "role", role) == NULL) {
            return fault_both(fault, ROND_EINVALID, 0, "roles",
                              "There is no role '%s'; import a promise file that has it, or choose another.",
                              "Rollen ”%s” finns inte; läs in en löftesfil som har den, eller välj en annan.",
                              role == NULL ? "" : role);
        }
        code->roles[i] = arena_text(arena, role);
    }
    code->roles_count = count;
    return ROND_OK;
}

static enum rond_err code_run(struct admin_change *change, struct submission *submission, struct store *store) {
    if (change->subject != NULL) {
        struct device_record device;
        enum rond_err err = find_device(store, change->subject, &submission->arena, &device, &submission->fault);
        if (err != ROND_OK) {
            return err;
        }
        change->code.device = device.device;
    }
    enum rond_err err = store->registry->code_put(store, &change->code);
    if (err != ROND_OK) {
        return err;
    }
    bool wants_approval = change->code.approval != APPROVAL_NONE;
    err = audit_put(change, store,
                    arena_printf(&submission->arena, "organisation=%s area=%s%s", change->code.organisation,
                                 change->code.area, wants_approval ? " approval=second" : ""));
    return err != ROND_OK
               ? err
               : answer_put(change, &submission->arena,
                            json_pack("{s:s,s:s,s:I,s:b}", "code", change->code_text, "url", change->enrolment_url,
                                      "expires_ms", (json_int_t)change->code.expires_ms, "wants_approval", wants_approval));
}

enum rond_err code_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                           struct admin_change *change, struct fault *fault) {
    struct enrol_code *code = &change->code;
    enum rond_err err = argument_text(arguments, "organisation", REFERENCE_ID_BYTES_MAX, arena, &code->organisation, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "area", REFERENCE_ID_BYTES_MAX, arena, &code->area, fault);
    }
    if (err == ROND_OK && catalogue_organisation(context->catalogue, code->organisation) == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, "organisation",
                         "There is no organisation '%s'; import a promise file that names it first.",
                         "Organisationen ”%s” finns inte; läs först in en löftesfil som har den.", code->organisation);
    }
    if (err == ROND_OK && catalogue_area(context->catalogue, code->area) == NULL) {
        err = fault_both(fault, ROND_EINVALID, 0, "area", "There is no area '%s'; import a promise file for it first.",
                         "Området ”%s” finns inte; läs in en löftesfil för det först.", code->area);
    }
    if (err == ROND_OK) {
        err = roles_prepare(arguments, context->catalogue, arena, code, fault);
    }
    if (err == ROND_OK && json_object_get(arguments, "device") != NULL) {
        err = argument_text(arguments, "device", LINE_BYTES_MAX, arena, &change->subject, fault);
    }
    unsigned default_minutes = context->code_minutes != 0 ? context->code_minutes : CODE_MINUTES;
    json_t *minutes = json_object_get(arguments, "minutes");
    json_int_t minutes_valid = minutes == NULL ? (json_int_t)default_minutes : json_integer_value(minutes);
    if (err == ROND_OK && (minutes_valid < 1 || minutes_valid > 24 * 60)) {
        err = fault_both(fault, ROND_EINVALID, 0, "minutes", "A code is valid between 1 and %d minutes.",
                         "En kod gäller mellan 1 och %d minuter.", 24 * 60);
    }
    if (err != ROND_OK) {
        return err;
    }
    uint8_t secret[CODE_SECRET_SIZE];
    struct hash256 ca_hash;
    char text[CODE_TEXT_SIZE];
    code_secret_make(context->rng, secret);
    ca_spki_fingerprint(context->ca, &ca_hash);
    code_format(secret, &ca_hash, text);
    code_secret_hash(secret, &code->secret_hash);
    bytes_wipe(secret, sizeof secret);
    bool asks_for_approval = json_is_true(json_object_get(arguments, "approval"));
    code->issuer = change->actor;
    code->approval = asks_for_approval || context->wants_approval ? APPROVAL_WANTED : APPROVAL_NONE;
    code->expires_ms = change->now_ms + minutes_valid * 60 * 1000;
    code->tries_left = context->code_tries != 0 ? context->code_tries : CODE_TRIES_MAX;
    change->code_text = arena_text(arena, text);
    change->enrolment_url = arena_text(arena, context->enrolment_url == NULL ? "" : context->enrolment_url);
    change->run = code_run;
    return change->code_text == NULL || change->enrolment_url == NULL ? ROND_ENOMEM : ROND_OK;
}

// --- Revocation ---

static enum rond_err revoke_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct device_record device;
    enum rond_err err = find_device(store, change->subject, &submission->arena, &device, &submission->fault);
    if (err != ROND_OK) {
        return err;
    }
    if (device.status == DEVICE_LOST && change->status == DEVICE_RETIRED) {
        return fault_both(&submission->fault, ROND_ECONFLICT, 0, "how",
                          "The device is revoked as lost already; that is not taken back.",
                          "Enheten är redan spärrad som förlorad; det tas inte tillbaka.");
    }
    device.status = change->status;
    device.revoked_ms = change->now_ms;
    err = store->registry->device_put(store, &device);
    if (err == ROND_OK) {
        err = approvals_withdraw(store, &device.device, change->now_ms, &submission->arena);
    }
    if (err != ROND_OK) {
        return err;
    }
    submission->changed_device = device.device;
    char hex[2 * ID_SIZE + 1];
    hex_encode(bytes_of(device.device.b, ID_SIZE), hex);
    const char *how = change->status == DEVICE_LOST ? "lost" : "retired";
    err = audit_put(change, store, arena_printf(&submission->arena, "device=%s how=%s", hex, how));
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:s,s:s}", "device", hex, "name", device.name, "revoked", how));
}

enum rond_err revoke_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    const char *how = json_string_value(json_object_get(arguments, "how"));
    if (how == NULL || (strcmp(how, "lost") != 0 && strcmp(how, "retired") != 0)) {
        return fault_both(fault, ROND_EINVALID, 0, "how",
                          "Say 'lost' (nothing more is taken in) or 'retired' (its queue goes into quarantine).",
                          "Ange om den är förlorad (lost: inget mer tas emot) eller tagen ur bruk (retired: det den har "
                          "kvar hamnar i karantän).");
    }
    change->status = strcmp(how, "lost") == 0 ? DEVICE_LOST : DEVICE_RETIRED;
    change->run = revoke_run;
    return subject_prepare(arguments, "device", arena, change, fault);
}

// --- Quarantine ---

static enum rond_err refold(struct store *store, uint64_t row, struct fault *fault) {
    struct catalogue *catalogue;
    enum rond_err err = catalogue_create(store, &catalogue, fault);
    if (err != ROND_OK) {
        return err;
    }
    err = promise_refold(store, catalogue, row);
    catalogue_unref(catalogue);
    return err;
}

static enum rond_err decide_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct stored_report report;
    enum rond_err err = find_report(store, change->subject, &submission->arena, &report, &submission->fault);
    if (err != ROND_OK) {
        return err;
    }
    err = store->ledger->quarantine_decide(store, report.row, change->release);
    if (err == ROND_ECONFLICT) {
        return fault_both(&submission->fault, err, 0, "reference", "Report %s is not in quarantine, or was decided already.",
                          "Rapport %s är inte i karantän, eller har redan avgjorts.", change->subject);
    }
    if (err == ROND_OK &&
        !PLANTED(RELEASED_NOT_COUNTED)) { // of a discarded one nothing counts, but its device is to hear of it
        err = refold(store, report.row, &submission->fault);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store, arena_printf(&submission->arena, "row=%llu", (unsigned long long)report.row));
    }
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:s,s:I}", "reference", change->subject, "decided",
                                                 change->release ? "released" : "discarded", "row", (json_int_t)report.row));
}

enum rond_err release_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                              struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->release = true;
    change->run = decide_run;
    return subject_prepare(arguments, "reference", arena, change, fault);
}

enum rond_err discard_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                              struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->run = decide_run;
    return subject_prepare(arguments, "reference", arena, change, fault);
}

// --- Erasure, removal of a promise, rebuild ---

static enum rond_err forget(struct store *store, uint64_t row, struct fault *fault) {
    struct catalogue *catalogue;
    enum rond_err err = catalogue_create(store, &catalogue, fault);
    if (err != ROND_OK) {
        return err;
    }
    err = promise_forget(store, catalogue, row);
    catalogue_unref(catalogue);
    return err;
}

static enum rond_err erase_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct stored_report report;
    enum rond_err err = find_report(store, change->subject, &submission->arena, &report, &submission->fault);
    if (err == ROND_OK) {
        err = store->ledger->erase(store, report.row, &(struct erasure){.at_ms = change->now_ms, .rule = ERASED_BY_REQUEST});
    }
    if (err == ROND_OK) {
        err = forget(store, report.row, &submission->fault);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store, arena_printf(&submission->arena, "row=%llu", (unsigned long long)report.row));
    }
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena,
                                       json_pack("{s:s,s:I}", "erased", change->subject, "row", (json_int_t)report.row));
}

enum rond_err erase_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                            struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    change->run = erase_run;
    return subject_prepare(arguments, "reference", arena, change, fault);
}

static enum rond_err remove_run(struct admin_change *change, struct submission *submission, struct store *store) {
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    promise.id = submission->arena.pb.alloc(submission->arena.pb.allocator_data, strlen(change->subject) + 1);
    if (promise.id == NULL) {
        return ROND_ENOMEM;
    }
    memcpy(promise.id, change->subject, strlen(change->subject) + 1);
    entry.id = promise.id;
    entry.removed = true;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    enum rond_err err = store->registry->reference_put(store, &entry, NULL);
    if (err != ROND_OK) {
        return err;
    }
    submission->changes_catalogue = true;
    err = audit_put(change, store, change->subject);
    return err != ROND_OK ? err : answer_put(change, &submission->arena, json_pack("{s:s}", "removed", change->subject));
}

enum rond_err remove_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    enum rond_err err = subject_prepare(arguments, "promise", arena, change, fault);
    if (err == ROND_OK && catalogue_promise(context->catalogue, change->subject) == NULL) {
        err = fault_both(fault, ROND_ENOTFOUND, 0, "promise", "There is no promise '%s'; see 'rondctl promise list'.",
                         "Löftet ”%s” finns inte.", change->subject);
    }
    change->run = remove_run;
    return err;
}

// --- Backup: who took one is noted before it is written, so that the backup tells of itself ---

static enum rond_err backup_run(struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = audit_put(change, store, change->subject);
    return err != ROND_OK ? err : answer_put(change, &submission->arena, json_pack("{s:s}", "backup", change->subject));
}

static enum rond_err written_prepare(json_t *arguments, const char *name, struct arena *arena, struct admin_change *change,
                                     struct fault *fault) {
    change->run = backup_run;
    return argument_line(arguments, name, PATH_BYTES_MAX, arena, &change->subject, fault);
}

enum rond_err backup_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    return written_prepare(arguments, "destination", arena, change, fault);
}

enum rond_err backup_keys_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                  struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    return written_prepare(arguments, "keys", arena, change, fault);
}

static enum rond_err rebuild_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct catalogue *catalogue = NULL;
    struct hash256 before, after, map_before, map_after;
    enum rond_err err = catalogue_create(store, &catalogue, &submission->fault);
    if (err == ROND_OK) {
        err = promise_digest(store, &before);
    }
    if (err == ROND_OK) {
        err = promise_map_digest(store, &map_before);
    }
    if (err == ROND_OK) {
        err = promise_rebuild(store, catalogue, submission_progress, submission);
    }
    if (err == ROND_OK) {
        err = promise_digest(store, &after);
    }
    if (err == ROND_OK) {
        err = promise_map_digest(store, &map_after);
    }
    catalogue_unref(catalogue);
    if (err != ROND_OK) {
        return err;
    }
    bool same = hash256_equal(&before, &after) && hash256_equal(&map_before, &map_after);
    char hex[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(after.b, HASH_SIZE), hex);
    err = audit_put(change, store, same ? "unchanged" : "changed");
    return err != ROND_OK ? err
                          : answer_put(change, &submission->arena, json_pack("{s:s,s:b}", "digest", hex, "unchanged", same));
}

enum rond_err rebuild_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                              struct admin_change *change, struct fault *fault) {
    UNUSED(arguments);
    UNUSED(context);
    UNUSED(arena);
    UNUSED(fault);
    change->run = rebuild_run;
    return ROND_OK;
}
