// Passwords: what is stored for one (scrypt, RFC 7914, with its parameters beside it). Which are taken:
// auth/password_judge.h. Making and checking take tens of milliseconds and 32 MiB: never on the network thread.
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

enum {
    PASSWORD_STORED_SIZE = 52, // version, log2 N, r, p, 16 bytes of salt, 32 of hash
    PASSWORD_CHARACTERS_MIN = 12,
    PASSWORD_BYTES_MAX = 256,
};

MUST_CHECK enum rond_err password_make(const char *password, const struct rng *rng,
                                       uint8_t ret_stored[PASSWORD_STORED_SIZE]);
// Whether it fits what is stored. Where nothing is (size 0: no such person, no password yet) it takes the same work and
// does not fit.
MUST_CHECK enum rond_err password_check(const char *password, struct bytes stored, bool *ret_fits);
// How often scrypt was run by this process: by this a test sees that two answers cost the same.
uint64_t password_runs(void);

#endif
