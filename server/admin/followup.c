// Publishing a follow-up, and another key to sign with.
#include <string.h>

#include "admin/inner.h"
#include "auth/followup_signer.h"
#include "read/followup_document.h"
#include "wire/followup_signature.h"
#include "wire/limits.h"

// --- Publishing ---

static enum rond_err refuse_repeated(const struct admin_change *change, const struct followup *previous,
                                     struct fault *fault) {
    return fault_both(
        fault, ROND_ECONFLICT, 0, "period",
        "%s of %s is published, version %u; 'rondctl followup diff' shows what has changed since, --restate publishes that.",
        "%s för %s är publicerad, version %u; se vad som ändrats sedan dess och publicera en ändrad version.",
        change->period, change->subject, (unsigned)previous->version);
}

static enum rond_err refuse_unchanged(const struct admin_change *change, const struct followup *previous,
                                      struct fault *fault) {
    return fault_both(fault, ROND_ECONFLICT, 0, "period", "Nothing has changed since version %u of %s of %s.",
                      "Inget har ändrats sedan version %u av %s för %s.", (unsigned)previous->version, change->period,
                      change->subject);
}

// The newest published version, NULL where there is none.
static enum rond_err previous_find(const struct admin_change *change, struct store *store, struct arena *arena,
                                   struct followup *previous, const struct followup **ret_previous, struct fault *fault) {
    enum rond_err err = store->views->followup(store, change->subject, change->period, 0, arena, previous);
    *ret_previous = err == ROND_OK ? previous : NULL;
    if (err == ROND_ENOTFOUND && change->restate) {
        return fault_both(fault, err, 0, "period", "%s of %s is not published; there is nothing to restate.",
                          "%s för %s är inte publicerad; det finns inget att ändra.", change->period, change->subject);
    }
    if (err == ROND_OK && !change->restate) {
        return refuse_repeated(change, previous, fault);
    }
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static enum rond_err sign_and_put(const struct admin_change *change, struct store *store, struct followup *followup,
                                  struct fault *fault) {
    struct followup_signer *signer = NULL;
    enum rond_err err = followup_signer_open(change->directory, &signer, fault);
    if (err == ROND_OK) {
        err = followup_signer_adopt(signer, store, change->now_ms, fault);
    }
    if (err == ROND_OK) {
        followup->key_id = followup_signer_id(signer);
        err = followup_signer_sign(signer, followup->document, &followup->signature);
    }
    if (err == ROND_OK) {
        err = store->registry->followup_put(store, followup);
    }
    followup_signer_close(signer);
    return err;
}

static enum rond_err publish_answer(struct admin_change *change, struct arena *arena, const struct followup *followup,
                                    const struct followup_draft *draft) {
    char key[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(followup->key_id.b, HASH_SIZE), key);
    json_t *changes = json_object_get(draft->document, "changes");
    return answer_put(change, arena,
                      json_pack("{s:s,s:s,s:I,s:s,s:s,s:O*}", "promise", followup->promise, "period", followup->period,
                                "version", (json_int_t)followup->version, "state", followup->state, "key", key, "changes",
                                changes));
}

static enum rond_err publish_draft(struct admin_change *change, struct submission *submission, struct store *store,
                                   const struct catalogue *catalogue, const struct followup *previous,
                                   struct followup_draft *draft) {
    struct buffer document, evidence;
    buffer_init(&document, FOLLOWUP_DOCUMENT_BYTES_MAX);
    buffer_init(&evidence, EVIDENCE_BYTES_MAX);
    struct followup followup = {.promise = change->subject,
                                .period = change->period,
                                .version = previous == NULL ? 1 : previous->version + 1,
                                .at_ms = change->now_ms,
                                .actor = change->actor};
    enum rond_err err = followup_draft_finish(store, catalogue, draft, &document, &evidence);
    if (err == ROND_OK) {
        followup.state = draft->state;
        followup.document = buffer_bytes(&document);
        followup.evidence = buffer_bytes(&evidence);
        err = sign_and_put(change, store, &followup, &submission->fault);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store,
                        arena_printf(&submission->arena, "promise=%s period=%s version=%u state=%s", followup.promise,
                                     followup.period, (unsigned)followup.version, followup.state));
    }
    if (err == ROND_OK) {
        err = publish_answer(change, &submission->arena, &followup, draft);
    }
    submission->publishes = err == ROND_OK;
    buffer_deinit(&document);
    buffer_deinit(&evidence);
    return err;
}

static enum rond_err publish_against(struct admin_change *change, struct submission *submission, struct store *store,
                                     const struct catalogue *catalogue, const struct followup *previous) {
    struct followup_request request = {.promise = change->subject, .previous = previous};
    struct followup_draft draft = {0};
    enum rond_err err = followup_period_of(catalogue, change->subject, change->period, change->now_ms / 1000, change->early,
                                           &request.period, &submission->fault);
    if (err == ROND_OK) {
        err = followup_draft_make(store, catalogue, &request, &draft);
    }
    if (err == ROND_OK && !draft.differs) {
        err = refuse_unchanged(change, previous, &submission->fault);
    }
    if (err == ROND_OK) {
        err = publish_draft(change, submission, store, catalogue, previous, &draft);
    }
    followup_draft_deinit(&draft);
    return err;
}

static enum rond_err publish_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct arena arena; // the version before may be large
    struct followup kept;
    const struct followup *previous = NULL;
    struct catalogue *catalogue = NULL;
    arena_init(&arena, FOLLOWUP_ARENA_BYTES_MAX);
    enum rond_err err = catalogue_create(store, &catalogue, &submission->fault);
    if (err == ROND_OK) {
        err = previous_find(change, store, &arena, &kept, &previous, &submission->fault);
    }
    if (err == ROND_OK) {
        err = publish_against(change, submission, store, catalogue, previous);
    }
    catalogue_unref(catalogue);
    arena_deinit(&arena);
    return err;
}

static enum rond_err directory_prepare(const struct admin_context *context, struct arena *arena,
                                       struct admin_change *change) {
    change->directory = arena_text(arena, context->directory);
    return change->directory == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err publish_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                              struct admin_change *change, struct fault *fault) {
    struct followup_period period;
    enum rond_err err = argument_text(arguments, "promise", LINE_BYTES_MAX, arena, &change->subject, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "period", PERIOD_SIZE - 1, arena, &change->period, fault);
    }
    if (err != ROND_OK) {
        return err;
    }
    change->early = json_is_true(json_object_get(arguments, "early"));
    change->restate = json_is_true(json_object_get(arguments, "restate"));
    change->run = publish_run;
    err = followup_period_of(context->catalogue, change->subject, change->period, change->now_ms / 1000, change->early,
                             &period, fault);
    return err == ROND_OK ? directory_prepare(context, arena, change) : err;
}

// --- The key ---

static enum rond_err rotate_key_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct followup_signer *signer = NULL;
    char key[2 * HASH_SIZE + 1] = "";
    enum rond_err err = followup_signer_rotate(change->directory, &signer, &submission->fault);
    if (err == ROND_OK) {
        struct hash256 id = followup_signer_id(signer);
        hex_encode(bytes_of(id.b, HASH_SIZE), key);
        err = followup_signer_adopt(signer, store, change->now_ms, &submission->fault);
    }
    if (err == ROND_OK) {
        err = audit_put(change, store, arena_printf(&submission->arena, "key=%s", key));
    }
    followup_signer_close(signer);
    submission->publishes = err == ROND_OK;
    return err != ROND_OK ? err : answer_put(change, &submission->arena, json_pack("{s:s}", "key", key));
}

enum rond_err rotate_key_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                 struct admin_change *change, struct fault *fault) {
    UNUSED(arguments);
    UNUSED(fault);
    change->run = rotate_key_run;
    return directory_prepare(context, arena, change);
}
