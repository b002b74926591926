// One's own sessions: here, one of them, all others, everywhere. Whose they are, and which one asks ("login", "session"), is
// said by the listener and never by the body.
#include <string.h>

#include "admin/inner.h"
#include "admin/login.h"
#include "read/sessions.h"

static enum rond_err own_prepare(json_t *arguments, struct arena *arena, struct admin_change *change, struct fault *fault,
                                 enum rond_err (*run)(struct admin_change *change, struct submission *submission,
                                                      struct store *store)) {
    const char *hash = NULL;
    change->run = run;
    enum rond_err err = argument_text(arguments, "login", PERSON_LOGIN_BYTES_MAX, arena, &change->subject, fault);
    if (err == ROND_OK) {
        err = argument_text(arguments, "session", 2 * HASH_SIZE, arena, &hash, fault);
    }
    if (err == ROND_OK && (strlen(hash) != 2 * HASH_SIZE || !hex_decode(hash, change->token_hash.b, HASH_SIZE))) {
        err = fault_both(fault, ROND_EINVALID, 0, "session", "That is no session.", "Det är ingen session.");
    }
    return err;
}

static enum rond_err done(struct admin_change *change, struct submission *submission, struct store *store,
                          const char *detail, json_t *take_answer) {
    enum rond_err err = audit_put(change, store, detail);
    if (err != ROND_OK) {
        json_decref(take_answer);
        return err;
    }
    return answer_put(change, &submission->arena, take_answer);
}

static enum rond_err end_run(struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = store->registry->session_end(store, &change->token_hash);
    return err != ROND_OK && err != ROND_ENOTFOUND
               ? err
               : done(change, submission, store, "", json_pack("{s:s}", "done", "logged out"));
}

enum rond_err session_end_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                  struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    return own_prepare(arguments, arena, change, fault, end_run);
}

static enum rond_err end_all_run(struct admin_change *change, struct submission *submission, struct store *store) {
    enum rond_err err = sessions_end_all(store, change->subject);
    return err != ROND_OK ? err : done(change, submission, store, "", json_pack("{s:s}", "done", "logged out everywhere"));
}

enum rond_err session_end_all_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                      struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    return own_prepare(arguments, arena, change, fault, end_all_run);
}

static enum rond_err end_others_run(struct admin_change *change, struct submission *submission, struct store *store) {
    uint64_t ended = 0;
    enum rond_err err = sessions_end_others(store, change->subject, &change->token_hash, &submission->arena, &ended);
    return err != ROND_OK
               ? err
               : done(change, submission, store, arena_printf(&submission->arena, "ended=%llu", (unsigned long long)ended),
                      json_pack("{s:s,s:I}", "done", "logged out elsewhere", "ended", (json_int_t)ended));
}

enum rond_err session_end_others_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                         struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    return own_prepare(arguments, arena, change, fault, end_others_run);
}

static enum rond_err end_one_run(struct admin_change *change, struct submission *submission, struct store *store) {
    struct person_session *sessions = NULL;
    size_t count = 0;
    char id[READ_SESSION_ID_SIZE];
    enum rond_err err = store->views->sessions(store, change->subject, &submission->arena, &sessions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        read_session_id(&sessions[i], id);
        if (strcmp(id, change->value) == 0) {
            err = store->registry->session_end(store, &sessions[i].token_hash);
            return err != ROND_OK ? err
                                  : done(change, submission, store, arena_printf(&submission->arena, "id=%s", id),
                                         json_pack("{s:s}", "done", "logged out there"));
        }
    }
    return err != ROND_OK ? err
                          : fault_both(&submission->fault, ROND_ENOTFOUND, 0, "id",
                                       "You have no such session; it may have ended already.",
                                       "Du har ingen sådan session; den kan redan vara avslutad.");
}

enum rond_err session_end_one_prepare(json_t *arguments, const struct admin_context *context, struct arena *arena,
                                      struct admin_change *change, struct fault *fault) {
    UNUSED(context);
    enum rond_err err = own_prepare(arguments, arena, change, fault, end_one_run);
    return err != ROND_OK ? err : argument_text(arguments, "id", READ_SESSION_ID_SIZE - 1, arena, &change->value, fault);
}
