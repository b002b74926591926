#include "auth/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/check.h"

enum { MODULUS = 1000000, MAC_SIZE = 20 };

uint32_t totp_code(struct bytes secret, uint64_t step) {
    uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    put_be64(counter, step);
    CHECK(HMAC(EVP_sha1(), secret.data, (int)secret.size, counter, sizeof counter, mac, &size) != NULL && size == MAC_SIZE);
    uint32_t code = (get_be32(mac + (mac[MAC_SIZE - 1] & 15)) & 0x7fffffff) % MODULUS; // RFC 4226, section 5.3
    bytes_wipe(mac, sizeof mac);
    return code;
}

static bool code_parse(const char *text, uint32_t *ret_code) {
    uint32_t code = 0;
    size_t digits = 0;
    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue; // apps show "123 456"
        if (*text < '0' || *text > '9' || ++digits > TOTP_DIGITS)
            return false;
        code = code * 10 + (uint32_t)(*text - '0');
    }
    *ret_code = code;
    return digits == TOTP_DIGITS;
}

bool totp_accept(struct bytes secret, const char *text, int64_t now_s, uint64_t last_step, uint64_t *ret_step) {
    uint32_t typed = 0;
    bool accepted = false;
    if (secret.size == 0 || now_s < TOTP_STEP_S * TOTP_SKEW_STEPS || !code_parse(text, &typed))
        return false;
    uint64_t now = (uint64_t)now_s / TOTP_STEP_S;
    for (uint64_t step = now - TOTP_SKEW_STEPS; step <= now + TOTP_SKEW_STEPS; step++)
        if (totp_code(secret, step) == typed && step > last_step && !accepted) {
            *ret_step = step;
            accepted = true;
        }
    return accepted;
}

void totp_base32(struct bytes from, char *ret_text) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    CHECK(from.size % 5 == 0);
    for (size_t i = 0; i < from.size; i += 5) {
        uint64_t bits = (uint64_t)from.data[i] << 32 | get_be32(from.data + i + 1);
        for (int shift = 35; shift >= 0; shift -= 5)
            *ret_text++ = digits[bits >> shift & 31];
    }
    *ret_text = '\0';
}

void totp_secret_text(const uint8_t secret[TOTP_SECRET_SIZE], char ret_text[TOTP_SECRET_TEXT_SIZE]) {
    totp_base32(bytes_of(secret, TOTP_SECRET_SIZE), ret_text);
}
