// A second person's word on a device that enrolled: yes or no, about the key that asked. Nobody approves what they issued
// themselves; anybody who may decide at all may refuse it, also what was approved and not fetched yet.
#include <string.h>

#include "admin/inner.h"
#include "wire/codes.h"
#include "wire/key_fingerprint.h"
#include "wire/limits.h"

static const int64_t hour_ms = INT64_C(60) * 60 * 1000;

static enum rond_err decided_put(struct admin_change *change, struct submission *submission, struct store *store,
                                 struct enrol_code *code) {
    char hex[2 * ID_SIZE + 1], key[KEY_FINGERPRINT_SIZE];
    struct arena *arena = &submission->arena;
    hex_encode(bytes_of(code->device.b, ID_SIZE), hex);
    key_fingerprint_format(&code->key_hash, key);
    code->approval = change->approval;
    code->approval_ends_ms = change->approval == APPROVAL_GIVEN ? change->approval_ends_ms : code->approval_ends_ms;
    enum rond_err err = store->registry->code_update(store, code);
    if (err == ROND_OK)
        err = audit_put(change, store, arena_printf(arena, "device=%s key=%s issuer=%s", hex, key, code->issuer));
    return err != ROND_OK ? err
                          : answer_put(change, arena,
                                       json_pack("{s:s,s:s,s:s,s:s}", "device", hex, "name", code->name, "key", key,
                                                 "decided", change->approval == APPROVAL_GIVEN ? "approved" : "refused"));
}

static enum rond_err decide_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct enrol_code code;
    enum rond_err err = find_waiting(store, change->subject, change->now_ms, &submission->arena, &code, &submission->fault);
    if (err != ROND_OK)
        return err;
    if (change->approval == APPROVAL_GIVEN && code.approval == APPROVAL_GIVEN)
        return fault_both(&submission->fault, ROND_ECONFLICT, 0, "device", "The device is approved already.",
                          "Enheten är redan godkänd.");
    if (change->approval == APPROVAL_GIVEN && strcmp(code.issuer, change->actor) == 0) {
        (void)fault_set(&submission->fault, ROND_EAUTH, CODE_APPROVAL_OWN, "device", "%s",
                        wire_code_sentence(CODE_APPROVAL_OWN));
        return fault_in_swedish(&submission->fault, ROND_EAUTH, "%s", wire_code_sentence_swedish(CODE_APPROVAL_OWN));
    }
    return decided_put(change, submission, store, &code);
}

static enum rond_err prepare(json_t *arguments, struct arena *arena, struct admin_change *change,
                             enum code_approval approval, struct fault *fault) {
    change->approval = approval;
    change->run = decide_run;
    return argument_text(arguments, "device", LINE_BYTES_MAX, arena, &change->subject, fault);
}

enum rond_err approve_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                              struct admin_change *change, struct fault *fault) {
    unsigned hours = context->approval_hours != 0 ? context->approval_hours : APPROVAL_HOURS;
    change->approval_ends_ms = change->now_ms + (int64_t)hours * hour_ms;
    return prepare(arguments, arena, change, APPROVAL_GIVEN, fault);
}

enum rond_err refuse_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                             struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    if (change->reason == NULL)
        return fault_both(fault, ROND_EINVALID, 0, "reason", "Say why it is refused; it is kept in the audit log.",
                          "Ange varför den nekas; det sparas i loggen.");
    return prepare(arguments, arena, change, APPROVAL_REFUSED, fault);
}

enum rond_err approvals_withdraw(struct store *store, const struct id128 *device, int64_t now_ms, struct arena *arena) {
    struct enrol_code *codes;
    size_t count;
    enum rond_err err = store->views->codes_waiting(store, now_ms, APPROVALS_WAITING_MAX, arena, &codes, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (!id128_equal(&codes[i].device, device))
            continue;
        codes[i].approval = APPROVAL_REFUSED;
        err = store->registry->code_update(store, &codes[i]);
    }
    return err;
}
