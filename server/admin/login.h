// Log-in, set-up and use of a session as work for the committer, so that they take the same way into the store as any change:
// two tries at once are two tries, and each leaves its row in the audit log in the same transaction.
//
// A refusal is a result, not an error: what it changed (the count of failures) must stay.
#ifndef ADMIN_LOGIN_H
#define ADMIN_LOGIN_H

#include "auth/login.h"
#include "ingest/submission.h"

struct login_config {
    int64_t idle_ms;    // a session that was not seen for so long has ended
    int64_t session_ms; // and one that began so long ago
};

struct login_request {
    const char *login;   // as typed; it need not be anybody's
    const char *code;    // second factor or recovery code
    bool password_fits;  // by auth/password.h
    const char *address; // from where
    struct hash256 token_hash; // of the session that begins
    int64_t now_ms;
};
// All of it is copied.
MUST_CHECK enum rond_err login_submission(const struct login_request *request, const struct login_config *config,
                                          struct submission **ret_submission);
// Of one that came back without error.
enum login_outcome login_outcome_of(const struct submission *submission);

// By a set-up code: password (as auth/password.h stores it) and, where there is no second factor, secrets become the person's,
// and the code is used up.
struct setup_request {
    struct hash256 code_hash;
    const char *login;
    const uint8_t *password; // PASSWORD_STORED_SIZE
    const struct login_secrets *secrets;
    const char *address;
    int64_t now_ms;
};
MUST_CHECK enum rond_err setup_submission(const struct setup_request *request, struct submission **ret_submission);
// Who has a second factor keeps it, and the recovery codes: the code was for another password alone.
enum setup_outcome { SETUP_REFUSED, SETUP_DONE, SETUP_OF_PASSWORD };
enum setup_outcome setup_outcome_of(const struct submission *submission);
// The same before it: whether the code is there, for that person, and has not run out.
bool setup_fits(const struct person *person, const char *login, int64_t now_ms);

// A new password in place of one's own. The one that was asked for must still be the one that was checked: of two changes at
// once one fails. Every session but the one that asks ends.
struct own_password_request {
    const char *login;
    struct bytes checked;  // as it was stored when old_fits was found; empty: none was
    bool old_fits;
    const uint8_t *password; // PASSWORD_STORED_SIZE; read where old_fits
    const char *address;
    struct hash256 token_hash; // of the session that asks; zeroes: none, by a proxy
    int64_t now_ms;
};
MUST_CHECK enum rond_err own_password_submission(const struct own_password_request *request,
                                                 struct submission **ret_submission);
// LOGIN_DONE: changed.
enum login_outcome own_password_outcome_of(const struct submission *submission);

// Ends all sessions of one person but one.
MUST_CHECK enum rond_err sessions_end_others(struct store *store, const char *login, const struct hash256 *kept,
                                             struct arena *arena, uint64_t *ret_count);

// True while the session lasts.
bool session_lasts(const struct person_session *session, const struct login_config *config, int64_t now_ms);
// It was seen now. Nothing where it ended meanwhile.
MUST_CHECK enum rond_err session_seen_submission(const struct person_session *session, int64_t now_ms, struct submission **ret_submission);

#endif
