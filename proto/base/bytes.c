#include "base/bytes.h"

#include <openssl/crypto.h>
#include <string.h>

struct bytes bytes_of_text(const char *text) {
    return bytes_of(text, text == NULL ? 0 : strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t size) {
    return CRYPTO_memcmp(a, b, size) == 0;
}

void bytes_wipe(void *data, size_t size) {
    if (data != NULL)
        explicit_bzero(data, size);
}

bool id128_equal(const struct id128 *a, const struct id128 *b) {
    return memcmp(a->b, b->b, ID_SIZE) == 0;
}

bool id128_is_zero(const struct id128 *id) {
    static const struct id128 zero;
    return id128_equal(id, &zero);
}

bool hash256_equal(const struct hash256 *a, const struct hash256 *b) {
    return memcmp(a->b, b->b, HASH_SIZE) == 0;
}

bool id128_from_bytes(struct bytes from, struct id128 *ret_id) {
    if (from.size != ID_SIZE)
        return false;
    memcpy(ret_id->b, from.data, ID_SIZE);
    return true;
}

bool hash256_from_bytes(struct bytes from, struct hash256 *ret_hash) {
    if (from.size != HASH_SIZE)
        return false;
    memcpy(ret_hash->b, from.data, HASH_SIZE);
    return true;
}

void put_be64(uint8_t *to, uint64_t value) {
    put_be32(to, (uint32_t)(value >> 32));
    put_be32(to + 4, (uint32_t)value);
}

void put_be32(uint8_t *to, uint32_t value) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

uint64_t get_be64(const uint8_t *from) {
    return (uint64_t)get_be32(from) << 32 | get_be32(from + 4);
}

uint32_t get_be32(const uint8_t *from) {
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

void hex_encode(struct bytes from, char *ret_text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < from.size; i++) {
        ret_text[2 * i] = digits[from.data[i] >> 4];
        ret_text[2 * i + 1] = digits[from.data[i] & 15];
    }
    ret_text[2 * from.size] = '\0';
}

static int hex_value(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

// Two passes, so that nothing is written where a later digit is wrong.
bool hex_decode(const char *text, uint8_t *ret_data, size_t size) {
    if (strlen(text) != 2 * size)
        return false;
    for (size_t i = 0; i < 2 * size; i++)
        if (hex_value(text[i]) < 0)
            return false;
    for (size_t i = 0; i < size; i++)
        ret_data[i] = (uint8_t)(hex_value(text[2 * i]) << 4 | hex_value(text[2 * i + 1]));
    return true;
}

// The size of the sequence that a lead byte opens, and the bounds of its second byte (Unicode standard, table 3-7);
// the narrowed second bytes are what keeps out overlong forms, surrogates and values above U+10FFFF.
static size_t utf8_sequence(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high) {
    *ret_low = 0x80;
    *ret_high = 0xbf;
    if (lead < 0x80)
        return lead == 0 ? 0 : 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef) {
        *ret_low = lead == 0xe0 ? 0xa0 : 0x80;
        *ret_high = lead == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        *ret_low = lead == 0xf0 ? 0x90 : 0x80;
        *ret_high = lead == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

bool utf8_is_valid(struct bytes text) {
    for (size_t i = 0; i < text.size;) {
        uint8_t low, high;
        size_t size = utf8_sequence(text.data[i], &low, &high);
        if (size == 0 || size > text.size - i)
            return false;
        if (size > 1 && (text.data[i + 1] < low || text.data[i + 1] > high))
            return false;
        for (size_t k = 2; k < size; k++)
            if ((text.data[i + k] & 0xc0) != 0x80)
                return false;
        i += size;
    }
    return true;
}
