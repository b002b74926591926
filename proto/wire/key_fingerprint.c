#include "wire/key_fingerprint.h"

enum { DIGITS = 16, GROUP = 4 };

void key_fingerprint_format(const struct hash256 *spki_hash, char ret_text[KEY_FINGERPRINT_SIZE]) {
    static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char *at = ret_text;
    for (size_t i = 0; i < DIGITS; i++) {
        size_t bit = 5 * i;
        unsigned pair = (unsigned)spki_hash->b[bit / 8] << 8 | spki_hash->b[bit / 8 + 1];
        if (i > 0 && i % GROUP == 0)
            *at++ = '-';
        *at++ = alphabet[pair >> (11 - bit % 8) & 31];
    }
    *at = '\0';
}
