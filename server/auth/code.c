#include "auth/code.h"

#include <string.h>

#include "base/sha256.h"

enum {
    CODE_VERSION = 1,
    FINGERPRINT_SIZE = 16,
    CHECKED_SIZE = 1 + CODE_SECRET_SIZE + FINGERPRINT_SIZE,
    CODE_BYTES = CHECKED_SIZE + 2,
    GROUP = 5
};

void code_secret_make(const struct rng *rng, uint8_t ret_secret[CODE_SECRET_SIZE]) {
    rng_fill(rng, ret_secret, CODE_SECRET_SIZE);
}

// 35 bytes are 56 digits; with the R before them eleven groups of five and one of two.
void code_format(const uint8_t secret[CODE_SECRET_SIZE], const struct hash256 *ca_spki_hash, char ret_text[CODE_TEXT_SIZE]) {
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint8_t bytes[CODE_BYTES] = {CODE_VERSION};
    struct hash256 check;
    memcpy(bytes + 1, secret, CODE_SECRET_SIZE);
    memcpy(bytes + 1 + CODE_SECRET_SIZE, ca_spki_hash->b, FINGERPRINT_SIZE);
    sha256_of(bytes_of(bytes, CHECKED_SIZE), &check);
    memcpy(bytes + CHECKED_SIZE, check.b, sizeof bytes - CHECKED_SIZE);

    size_t size = 0, in_group = 1;
    ret_text[size++] = 'R';
    for (size_t bit = 0; bit < sizeof bytes * 8; bit += 5) {
        unsigned pair = (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < sizeof bytes ? bytes[bit / 8 + 1] : 0);
        if (in_group++ == GROUP) {
            ret_text[size++] = '-';
            in_group = 1;
        }
        ret_text[size++] = digits[pair >> (11 - bit % 8) & 31];
    }
    ret_text[size] = '\0';
    bytes_wipe(bytes, sizeof bytes);
}

void code_secret_hash(const uint8_t secret[CODE_SECRET_SIZE], struct hash256 *ret_hash) {
    sha256_of(bytes_of(secret, CODE_SECRET_SIZE), ret_hash);
}
