// Which passwords are taken at all: by length, and by not being among the first that somebody would try who knows lists of
// common ones, the person's login name and the names of the place. There are no rules of composition.
#ifndef AUTH_PASSWORD_JUDGE_H
#define AUTH_PASSWORD_JUDGE_H

#include "auth/known_passwords.h"
#include "auth/password.h"

struct password_rules {
    const struct known_passwords *known;
    const char *login;
    const char *words; // of the place, by blanks, folded: names of organisations and areas
};

// ROND_EINVALID with a sentence where it may not be one. What is refused:
// - shorter than PASSWORD_CHARACTERS_MIN characters or longer than PASSWORD_BYTES_MAX bytes, or no UTF-8;
// - one that is known, in any case; a known one with up to eight digits and signs around it; anything short, or known,
// repeated;
// - one that holds the login name;
// - one that is nothing but words of the place, digits, signs and three letters more.
MUST_CHECK enum rond_err password_judge(const char *password, const struct password_rules *rules, const char *field,
                                        struct fault *fault);

#endif
