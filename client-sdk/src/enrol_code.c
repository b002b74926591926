#include <ctype.h>
#include <string.h>

#include "base/sha256.h"
#include "enrol.h"
#include "wire/codes.h"

enum {
    CODE_VERSION = 1,
    CODE_CHECKED_SIZE = 1 + 16 + CA_FINGERPRINT_SIZE,
    CODE_BYTES = CODE_CHECKED_SIZE + 2,
    DIGITS = CODE_BYTES * 8 / 5
};

// The value of a Crockford base32 digit as a person may have typed it; -1 where it is none.
static int digit_value(char digit) {
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    int upper = toupper((unsigned char)digit);
    if (upper == 'O')
        upper = '0';
    if (upper == 'I' || upper == 'L')
        upper = '1';
    const char *at = upper == '\0' ? NULL : strchr(digits, upper);
    return at == NULL ? -1 : (int)(at - digits);
}

static enum rond_err mistyped(struct fault *fault, const char *sentence) {
    return fault_set(fault, ROND_EINVALID, CODE_CODE_UNKNOWN, "code", "%s", sentence);
}

// The digits' bits into bytes, most significant first. Exactly DIGITS digits.
static enum rond_err code_bytes(const char *text, uint8_t ret_bytes[CODE_BYTES], struct fault *fault) {
    uint32_t bits = 0;
    unsigned bit_count = 0, digit_count = 0, byte_count = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-' || isspace((unsigned char)*text))
            continue;
        int value = digit_value(*text);
        if (value < 0)
            return mistyped(fault, "The enrolment code has a sign that is none of its letters and digits; check it.");
        if (++digit_count > DIGITS)
            return mistyped(fault, "The enrolment code is too long; check it.");
        bits = bits << 5 | (uint32_t)value;
        for (bit_count += 5; bit_count >= 8; bit_count -= 8)
            ret_bytes[byte_count++] = (uint8_t)(bits >> (bit_count - 8));
    }
    if (digit_count < DIGITS)
        return mistyped(fault, "The enrolment code is too short; check it.");
    return ROND_OK;
}

enum rond_err enrol_code_parse(const char *code, struct enrol_code_parts *ret_parts, struct fault *fault) {
    uint8_t bytes[CODE_BYTES];
    struct hash256 check;
    while (*code == '-' || isspace((unsigned char)*code))
        code++;
    if (*code != 'R' && *code != 'r')
        return mistyped(fault, "An enrolment code begins with R; check it.");
    enum rond_err err = code_bytes(code + 1, bytes, fault);
    if (err == ROND_OK) {
        sha256_of(bytes_of(bytes, CODE_CHECKED_SIZE), &check);
        if (memcmp(bytes + CODE_CHECKED_SIZE, check.b, 2) != 0)
            err = mistyped(fault, "The enrolment code is mistyped; check it.");
        else if (bytes[0] != CODE_VERSION)
            err = mistyped(fault, "The enrolment code is of a newer kind; update the app.");
    }
    if (err == ROND_OK) {
        memcpy(ret_parts->secret, bytes + 1, sizeof ret_parts->secret);
        memcpy(ret_parts->ca_fingerprint, bytes + 1 + sizeof ret_parts->secret, CA_FINGERPRINT_SIZE);
    }
    bytes_wipe(bytes, sizeof bytes);
    return err;
}
