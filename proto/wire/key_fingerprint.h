// A device's key as two people read it to each other: "7KQ2-MX08-3ZRT-9B4N", the first 80 bits of the SHA-256 of its
// SubjectPublicKeyInfo, in Crockford's base32. Enough that nobody finds a second key with the same one.
#ifndef WIRE_KEY_FINGERPRINT_H
#define WIRE_KEY_FINGERPRINT_H

#include "base/bytes.h"

enum { KEY_FINGERPRINT_SIZE = 20 }; // with NUL

void key_fingerprint_format(const struct hash256 *spki_hash, char ret_text[KEY_FINGERPRINT_SIZE]);

#endif
