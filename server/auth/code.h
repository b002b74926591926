// One-time enrolment codes, as an administrator hands them out: Crockford base32 in groups of 5, "RXXXX-XXXXX-...":
// version (1 byte, 0x01), secret (16 bytes), the first 16 bytes of SHA-256 over the CA's SubjectPublicKeyInfo, checksum
// (first 2 bytes of SHA-256 over what is before). The device parses them (client-sdk/src/enrol.h) and refuses every
// server whose CA has another key.
//
// Only the hash of the secret is stored; who has read the store cannot enrol.
#ifndef AUTH_CODE_H
#define AUTH_CODE_H

#include "base/bytes.h"
#include "base/rng.h"
#include "wire/limits.h"

enum { CODE_TEXT_SIZE = 80 }; // with NUL

void code_secret_make(const struct rng *rng, uint8_t ret_secret[CODE_SECRET_SIZE]);
// ca_spki_hash: ca_spki_fingerprint()'s.
void code_format(const uint8_t secret[CODE_SECRET_SIZE], const struct hash256 *ca_spki_hash, char ret_text[CODE_TEXT_SIZE]);
// The key of the code in the registry (enrol_code.secret_hash).
void code_secret_hash(const uint8_t secret[CODE_SECRET_SIZE], struct hash256 *ret_hash);

#endif
