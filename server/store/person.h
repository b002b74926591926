// People who log in, as the store keeps them: what they may do, by which secrets they are known, and their sessions. Secrets
// are kept as hashes only, but for the one that both sides of a second factor must hold.
#ifndef STORE_PERSON_H
#define STORE_PERSON_H

#include "base/bytes.h"

// What a grant lets its person do: auth/access.h. Values are stored.
enum person_role {
    PERSON_ADMINISTRATOR = 1,
    PERSON_AREA_CHIEF = 2,
    PERSON_COORDINATOR = 3,
    PERSON_PARTNER_VIEWER = 4,
    PERSON_AUDITOR = 5,
    PERSON_ROLES_END,
};

enum {
    PERSON_LOGIN_BYTES_MAX = 64,
    PERSON_NAME_BYTES_MAX = 120,
    PERSON_GRANTS_MAX = 64,
    PERSON_RECOVERY_CODES = 10,
    PERSON_PASSWORD_BYTES_MAX = 256, // of what is stored for it
    PERSON_SECRET_BYTES_MAX = 64,    // of a second factor
};
#define PERSON_EVERY "*" // as organisation or area of a grant

struct person_grant {
    enum person_role role;
    const char *organisation; // or PERSON_EVERY
    const char *area;         // or PERSON_EVERY
    int64_t from_ms;
    int64_t to_ms; // that moment no longer; 0: open
};

struct person {
    const char *login;
    const char *name; // as it is shown
    int64_t created_ms;
    bool locked;                 // by an administrator, until one undoes it
    struct bytes password;       // auth/password.h; size 0: none was set yet
    struct bytes second_factor;  // shared secret of auth/totp.h; size 0: none
    uint64_t second_factor_step; // of the code that was accepted last
    struct hash256 *recovery;    // of codes that have not been used
    size_t recovery_count;
    uint32_t failures;         // log-ins that failed since the last one that did not
    int64_t blocked_until_ms;  // because of them
    struct hash256 setup_hash; // of the code by which password and second factor are set; zero: none waits
    int64_t setup_expires_ms;
    struct person_grant *grants; // those that ended too
    size_t grants_count;
};

struct person_session {
    struct hash256 token_hash; // SHA-256 of the token; the token itself is not stored
    const char *login;
    const char *address; // from where it began; "" where that was not kept yet, NULL as "" when it is put
    int64_t began_ms;
    int64_t seen_ms;
};

#endif
