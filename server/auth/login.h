// A log-in, and what it changes about a person: tries, the growing wait after those that failed, second factor and recovery
// codes. Pure: it works on the person as read, in the transaction that writes the person back, so that two tries at once
// are two tries.
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include "auth/totp.h"
#include "base/rng.h"
#include "store/person.h"

enum {
    LOGIN_FREE_TRIES = 5,            // before there is a wait
    LOGIN_WAIT_FIRST_MS = 30 * 1000, // doubled by each that fails after it
    LOGIN_WAIT_MAX_MS = 60 * 60 * 1000,
    LOGIN_RECOVERY_TEXT_SIZE = 30, // "ABCD-EFGH-..." of 120 bits, which need no salt, and NUL
    LOGIN_SETUP_TEXT_SIZE = 40,    // "ABCD-EFGH-..." of 160 bits, and NUL
    LOGIN_TOKEN_SIZE = 32,
    LOGIN_TOKEN_TEXT_SIZE = 2 * LOGIN_TOKEN_SIZE + 1,
    LOGIN_SETUP_MINUTES = 24 * 60,
};

// To the person every one of them but LOGIN_DONE is the same; the audit log and the figures tell them apart.
enum login_outcome {
    LOGIN_DONE,
    LOGIN_BY_RECOVERY,
    LOGIN_UNKNOWN,
    LOGIN_WRONG_PASSWORD,
    LOGIN_WRONG_CODE,
    LOGIN_WAITING,
    LOGIN_LOCKED,
    LOGIN_OUTCOMES
};
const char *login_outcome_name(enum login_outcome outcome);

// password_fits: as password_check found. code: of the second factor, or a recovery code, as typed. While a wait lasts even
// what is right is refused, and nothing is counted.
enum login_outcome login_try(struct person *person, bool password_fits, const char *code, int64_t now_ms);

// The same for the password alone, said again by who is logged in. What is right does not undo what failed before: whoever
// has found a session and a password must not get more tries at the second factor by it.
enum login_outcome login_password_try(struct person *person, bool password_fits, int64_t now_ms);

// Lower case, digits, '.', '-' and '_'; 2 to PERSON_LOGIN_BYTES_MAX of them, beginning with a letter.
bool login_name_is_valid(const char *login);

// A second factor and recovery codes for a person who sets up; the texts are shown once.
struct login_secrets {
    uint8_t second_factor[TOTP_SECRET_SIZE];
    char second_factor_text[TOTP_SECRET_TEXT_SIZE];
    char recovery_texts[PERSON_RECOVERY_CODES][LOGIN_RECOVERY_TEXT_SIZE];
    struct hash256 recovery[PERSON_RECOVERY_CODES];
};
void login_secrets_make(const struct rng *rng, struct login_secrets *ret_secrets);

// The one-time code by which a person sets password and second factor: random, typed as shown, in either case.
void login_setup_make(const struct rng *rng, char ret_text[LOGIN_SETUP_TEXT_SIZE], struct hash256 *ret_hash);
void login_code_hash(const char *typed, struct hash256 *ret_hash); // of a set-up or recovery code

// A session's token, what is stored of it, and what a page must say with each change (against forged requests).
void login_token_make(const struct rng *rng, char ret_text[LOGIN_TOKEN_TEXT_SIZE]);
// False where the text is no token.
bool login_token_hash(const char *text, struct hash256 *ret_hash);
void login_token_csrf(const char *text, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]);

#endif
