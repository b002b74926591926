// Passwords that are known to be common: some of our own, and those of a file, a line each. The texts are not kept, only 64
// bits of a hash of each, which is enough to refuse with.
#ifndef AUTH_KNOWN_PASSWORDS_H
#define AUTH_KNOWN_PASSWORDS_H

#include "base/bytes.h"
#include "base/err.h"

struct known_passwords;

enum {
    KNOWN_PASSWORDS_FILE_BYTES_MAX = 64 * 1024 * 1024,
    KNOWN_PASSWORDS_MAX = 4 * 1024 * 1024, // 32 MiB of memory
};

// path "": our own alone. A file has a password a line, in any order and any case; lines that begin with "#!comment" are
// left out, and so is what is longer than a password may be. ROND_EINVALID with a sentence and the field
// "people.forbidden_passwords" where it cannot be read, is no file, is too large or holds none.
MUST_CHECK enum rond_err known_passwords_read(const char *path, struct known_passwords **ret_known, struct fault *fault);
void known_passwords_destroy(struct known_passwords *known); // NULL is fine
size_t known_passwords_count(const struct known_passwords *known);

// In lower case, as compared: ASCII and the letters of Latin-1. In place; what is no such letter stays.
void known_passwords_fold(char *text);
// folded: as by known_passwords_fold.
bool known_passwords_has(const struct known_passwords *known, struct bytes folded);

#endif
