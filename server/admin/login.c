#include "admin/login.h"

#include <string.h>

#include "auth/password.h"
#include "base/check.h"

enum { ARENA_BYTES_MAX = 256 * 1024 };

struct login_work {
    struct login_request request;
    struct login_config config;
    enum login_outcome outcome;
};

static enum rond_err begin(size_t size, int64_t now_ms, struct submission **ret_submission) {
    struct submission *submission = submission_create(SUBMISSION_COMMAND, ARENA_BYTES_MAX);
    if (submission == NULL) {
        return ROND_ENOMEM;
    }
    submission->received_ms = now_ms;
    submission->command_context = arena_alloc(&submission->arena, size);
    if (submission->command_context == NULL) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    *ret_submission = submission;
    return ROND_OK;
}

static enum rond_err audit(struct store *store, const char *actor, const char *action, const char *detail, int64_t now_ms) {
    const struct audit_row row = {.at_ms = now_ms, .actor = actor, .action = action, .detail = detail};
    return actor == NULL || detail == NULL ? ROND_ENOMEM : store->registry->audit(store, &row);
}

// --- Log-in ---

static enum rond_err session_begin(struct login_work *work, struct store *store) {
    const struct login_request *request = &work->request;
    const struct person_session session = {.token_hash = request->token_hash,
                                           .login = request->login,
                                           .address = request->address,
                                           .began_ms = request->now_ms,
                                           .seen_ms = request->now_ms};
    uint64_t ended;
    enum rond_err err = store->registry->sessions_end(store, NULL, request->now_ms - work->config.session_ms,
                                                      request->now_ms - work->config.idle_ms, &ended);
    return err == ROND_OK ? store->registry->session_put(store, &session) : err;
}

// Whoever mistypes may have typed the password where the name goes: only names that are somebody's are written down.
static enum rond_err login_audit(struct submission *submission, struct store *store) {
    struct login_work *work = submission->command_context;
    bool is_in = work->outcome == LOGIN_DONE || work->outcome == LOGIN_BY_RECOVERY;
    const char *actor =
        work->outcome == LOGIN_UNKNOWN ? "person:-" : arena_printf(&submission->arena, "person:%s", work->request.login);
    const char *detail =
        arena_printf(&submission->arena, "by=%s address=%s", login_outcome_name(work->outcome), work->request.address);
    return audit(store, actor, is_in ? "login" : "login.refused", detail, work->request.now_ms);
}

static enum rond_err login_run(struct submission *submission, struct store *store) {
    struct login_work *work = submission->command_context;
    struct person person;
    enum rond_err err = store->registry->person_get(store, work->request.login, &submission->arena, &person);
    if (err == ROND_ENOTFOUND) {
        work->outcome = LOGIN_UNKNOWN;
        return login_audit(submission, store);
    }
    if (err != ROND_OK) {
        return err;
    }
    work->outcome = login_try(&person, work->request.password_fits, work->request.code, work->request.now_ms);
    err = store->registry->person_put(store, &person);
    if (err == ROND_OK && (work->outcome == LOGIN_DONE || work->outcome == LOGIN_BY_RECOVERY)) {
        err = session_begin(work, store);
    }
    return err == ROND_OK ? login_audit(submission, store) : err;
}

enum rond_err login_submission(const struct login_request *request, const struct login_config *config,
                               struct submission **ret_submission) {
    struct submission *submission = NULL;
    enum rond_err err = begin(sizeof(struct login_work), request->now_ms, &submission);
    if (err != ROND_OK) {
        return err;
    }
    struct login_work *work = submission->command_context;
    *work = (struct login_work){.request = *request, .config = *config, .outcome = LOGIN_UNKNOWN};
    work->request.login = arena_text(&submission->arena, request->login);
    work->request.code = arena_text(&submission->arena, request->code);
    work->request.address = arena_text(&submission->arena, request->address);
    if (work->request.login == NULL || work->request.code == NULL || work->request.address == NULL) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    submission->command = login_run;
    *ret_submission = submission;
    return ROND_OK;
}

enum login_outcome login_outcome_of(const struct submission *submission) {
    const struct login_work *work = submission->command_context;
    return work->outcome;
}

// --- Set-up ---

struct setup_work {
    struct setup_request request;
    uint8_t password[PASSWORD_STORED_SIZE];
    struct login_secrets secrets;
    enum setup_outcome outcome;
};

bool setup_fits(const struct person *person, const char *login, int64_t now_ms) {
    return strcmp(person->login, login) == 0 && now_ms < person->setup_expires_ms && !person->locked;
}

static void second_factor_give(struct setup_work *work, struct person *person) {
    person->second_factor = bytes_of(work->secrets.second_factor, TOTP_SECRET_SIZE);
    person->second_factor_step = 0;
    person->recovery = work->secrets.recovery;
    person->recovery_count = PERSON_RECOVERY_CODES;
}

static enum rond_err setup_run(struct submission *submission, struct store *store) {
    struct setup_work *work = submission->command_context;
    struct person person;
    uint64_t ended;
    enum rond_err err = store->registry->person_by_setup(store, &work->request.code_hash, &submission->arena, &person);
    if (err == ROND_ENOTFOUND || (err == ROND_OK && !setup_fits(&person, work->request.login, work->request.now_ms))) {
        const char *detail = arena_printf(&submission->arena, "address=%s", work->request.address);
        return audit(store, "person:-", "setup.refused", detail, work->request.now_ms);
    }
    if (err != ROND_OK) {
        return err;
    }
    person.password = bytes_of(work->password, sizeof work->password);
    bool keeps_factor = person.second_factor.size > 0;
    if (!keeps_factor) {
        second_factor_give(work, &person);
    }
    person.failures = 0;
    person.blocked_until_ms = 0;
    person.setup_hash = (struct hash256){0};
    person.setup_expires_ms = 0;
    err = store->registry->person_put(store, &person);
    if (err == ROND_OK) {
        err = store->registry->sessions_end(store, person.login, INT64_MAX, INT64_MAX, &ended);
    }
    if (err == ROND_OK) {
        err = audit(store, arena_printf(&submission->arena, "person:%s", person.login), "setup",
                    arena_printf(&submission->arena, "second_factor=%s address=%s", keeps_factor ? "kept" : "new",
                                 work->request.address),
                    work->request.now_ms);
    }
    work->outcome = err != ROND_OK ? SETUP_REFUSED : keeps_factor ? SETUP_OF_PASSWORD : SETUP_DONE;
    return err;
}

enum rond_err setup_submission(const struct setup_request *request, struct submission **ret_submission) {
    struct submission *submission = NULL;
    enum rond_err err = begin(sizeof(struct setup_work), request->now_ms, &submission);
    if (err != ROND_OK) {
        return err;
    }
    struct setup_work *work = submission->command_context;
    work->request = *request;
    memcpy(work->password, request->password, sizeof work->password);
    work->secrets = *request->secrets;
    work->request.login = arena_text(&submission->arena, request->login);
    work->request.address = arena_text(&submission->arena, request->address);
    if (work->request.login == NULL || work->request.address == NULL) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    submission->command = setup_run;
    *ret_submission = submission;
    return ROND_OK;
}

enum setup_outcome setup_outcome_of(const struct submission *submission) {
    const struct setup_work *work = submission->command_context;
    return work->outcome;
}

// --- Another password ---

struct own_password_work {
    struct own_password_request request;
    uint8_t password[PASSWORD_STORED_SIZE];
    enum login_outcome outcome;
};

enum rond_err sessions_end_others(struct store *store, const char *login, const struct hash256 *kept, struct arena *arena,
                                  uint64_t *ret_count) {
    struct person_session *sessions = NULL;
    size_t count = 0;
    uint64_t ended = 0;
    enum rond_err err = store->views->sessions(store, login, arena, &sessions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (!hash256_equal(&sessions[i].token_hash, kept)) {
            err = store->registry->session_end(store, &sessions[i].token_hash);
            ended++;
        }
    }
    if (err == ROND_OK) {
        *ret_count = ended;
    }
    return err;
}

static enum rond_err own_password_run(struct submission *submission, struct store *store) {
    struct own_password_work *work = submission->command_context;
    const struct own_password_request *request = &work->request;
    struct person person;
    uint64_t ended = 0;
    enum rond_err err = store->registry->person_get(store, request->login, &submission->arena, &person);
    if (err != ROND_OK) {
        return err;
    }
    bool is_same = bytes_equal(person.password, request->checked);
    work->outcome = login_password_try(&person, request->old_fits && is_same, request->now_ms);
    bool is_done = work->outcome == LOGIN_DONE;
    if (is_done) {
        person.password = bytes_of(work->password, sizeof work->password);
        err = sessions_end_others(store, request->login, &request->token_hash, &submission->arena, &ended);
    }
    if (err == ROND_OK) {
        err = store->registry->person_put(store, &person);
    }
    const char *detail =
        is_done ? arena_printf(&submission->arena, "ended=%llu address=%s", (unsigned long long)ended, request->address)
                : arena_printf(&submission->arena, "by=%s address=%s", login_outcome_name(work->outcome), request->address);
    return err != ROND_OK ? err
                          : audit(store, arena_printf(&submission->arena, "person:%s", request->login),
                                  is_done ? "session.password" : "session.password.refused", detail, request->now_ms);
}

enum rond_err own_password_submission(const struct own_password_request *request, struct submission **ret_submission) {
    struct submission *submission = NULL;
    enum rond_err err = begin(sizeof(struct own_password_work), request->now_ms, &submission);
    if (err != ROND_OK) {
        return err;
    }
    struct own_password_work *work = submission->command_context;
    *work = (struct own_password_work){.request = *request, .outcome = LOGIN_UNKNOWN};
    if (request->old_fits) {
        memcpy(work->password, request->password, sizeof work->password);
    }
    work->request.password = NULL;
    work->request.login = arena_text(&submission->arena, request->login);
    work->request.address = arena_text(&submission->arena, request->address);
    bool is_copied = arena_copy(&submission->arena, request->checked, &work->request.checked);
    if (work->request.login == NULL || work->request.address == NULL || !is_copied) {
        submission_destroy(submission);
        return ROND_ENOMEM;
    }
    submission->command = own_password_run;
    *ret_submission = submission;
    return ROND_OK;
}

enum login_outcome own_password_outcome_of(const struct submission *submission) {
    const struct own_password_work *work = submission->command_context;
    return work->outcome;
}

// --- Use of a session ---

bool session_lasts(const struct person_session *session, const struct login_config *config, int64_t now_ms) {
    return now_ms < session->began_ms + config->session_ms && now_ms < session->seen_ms + config->idle_ms;
}

static enum rond_err seen_run(struct submission *submission, struct store *store) {
    const struct person_session *session = submission->command_context;
    struct person_session there;
    enum rond_err err = store->registry->session_get(store, &session->token_hash, &submission->arena, &there);
    if (err != ROND_OK) {
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    }
    there.seen_ms = session->seen_ms;
    return store->registry->session_put(store, &there);
}

enum rond_err session_seen_submission(const struct person_session *session, int64_t now_ms,
                                      struct submission **ret_submission) {
    struct submission *submission = NULL;
    enum rond_err err = begin(sizeof(struct person_session), now_ms, &submission);
    if (err != ROND_OK) {
        return err;
    }
    struct person_session *seen = submission->command_context;
    *seen = (struct person_session){.token_hash = session->token_hash, .seen_ms = now_ms};
    submission->command = seen_run;
    submission->is_of_no_news = true;
    *ret_submission = submission;
    return ROND_OK;
}
