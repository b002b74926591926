#include "wire/short_reference.h"

#include <ctype.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"

enum { PREFIX_DIGITS = 6, SEQ_DIGITS_MIN = 2, SEQ_DIGITS_MAX = 13, CHECK_MODULUS = 31 };

// Crockford: no I, L, O (read as 1, 1, 0) and no U.
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static char check_digit(const uint8_t *values, size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i] * (unsigned)(i + 1);
    return alphabet[sum % CHECK_MODULUS];
}

uint32_t short_reference_prefix(const struct id128 *device, const struct id128 *outbox) {
    struct bytes parts[] = {bytes_of_text("rond reference v1"), bytes_of(device->b, ID_SIZE), bytes_of(outbox->b, ID_SIZE)};
    struct hash256 hash;
    sha256_parts(parts, ARRAY_COUNT(parts), &hash);
    return get_be32(hash.b) >> 2;
}

static size_t seq_digits(uint64_t seq) {
    size_t count = 1;
    while (count < SEQ_DIGITS_MAX && seq >> (5 * count) != 0)
        count++;
    return count < SEQ_DIGITS_MIN ? SEQ_DIGITS_MIN : count;
}

void short_reference_format(const struct id128 *device, const struct id128 *outbox, uint64_t seq,
                            char ret_text[SHORT_REFERENCE_SIZE]) {
    uint8_t values[PREFIX_DIGITS + SEQ_DIGITS_MAX];
    uint32_t prefix = short_reference_prefix(device, outbox);
    size_t count = seq_digits(seq);
    for (size_t i = 0; i < PREFIX_DIGITS; i++)
        values[i] = prefix >> (5 * (PREFIX_DIGITS - 1 - i)) & 31;
    for (size_t i = 0; i < count; i++)
        values[PREFIX_DIGITS + i] = seq >> (5 * (count - 1 - i)) & 31;
    char *at = ret_text;
    for (size_t i = 0; i < PREFIX_DIGITS + count; i++) {
        if (i == PREFIX_DIGITS)
            *at++ = '-';
        *at++ = alphabet[values[i]];
    }
    *at++ = '-';
    *at++ = check_digit(values, PREFIX_DIGITS + count);
    *at = '\0';
}

// The 5-bit value of a typed digit, or -1.
static int digit_value(char digit) {
    char upper = (char)toupper((unsigned char)digit);
    if (upper == 'O')
        upper = '0';
    if (upper == 'I' || upper == 'L')
        upper = '1';
    const char *found = upper == '\0' ? NULL : strchr(alphabet, upper);
    return found == NULL ? -1 : (int)(found - alphabet);
}

static enum rond_err mistyped(struct fault *fault, const char *why, const char *why_sv) {
    (void)fault_set(fault, ROND_EINVALID, 0, "reference", "%s Check the reference and type it again.", why);
    return fault_in_swedish(fault, ROND_EINVALID, "%s Kontrollera referensen och skriv den igen.", why_sv);
}

// All digits, dashes and blanks left out; false where another character stands there or there are too many.
static bool read_digits(const char *text, uint8_t *ret_values, size_t size_max, size_t *ret_count) {
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        int value = digit_value(*text);
        if (value < 0 || count == size_max)
            return false;
        ret_values[count++] = (uint8_t)value;
    }
    *ret_count = count;
    return true;
}

enum rond_err short_reference_parse(const char *text, uint32_t *ret_prefix, uint64_t *ret_seq, struct fault *fault) {
    uint8_t values[PREFIX_DIGITS + SEQ_DIGITS_MAX + 1];
    size_t count;
    if (!read_digits(text, values, sizeof values, &count))
        return mistyped(fault, "It has a character that no reference has, or too many.",
                        "Den har ett tecken som ingen referens har, eller för många.");
    if (count < PREFIX_DIGITS + SEQ_DIGITS_MIN + 1)
        return mistyped(fault, "It is too short.", "Den är för kort.");
    size_t last = count - 1;
    if (alphabet[values[last]] != check_digit(values, last))
        return mistyped(fault, "Its check character does not fit.", "Kontrolltecknet stämmer inte.");
    uint32_t prefix = 0;
    uint64_t seq = 0;
    for (size_t i = 0; i < PREFIX_DIGITS; i++)
        prefix = prefix << 5 | values[i];
    for (size_t i = PREFIX_DIGITS; i < last; i++) {
        if (seq >> 59 != 0)
            return mistyped(fault, "Its number is too large.", "Numret är för stort.");
        seq = seq << 5 | values[i];
    }
    if (seq == 0)
        return mistyped(fault, "Its number is zero.", "Numret är noll.");
    *ret_prefix = prefix;
    *ret_seq = seq;
    return ROND_OK;
}
