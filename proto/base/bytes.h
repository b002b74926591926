// Borrowed runs of bytes, and the few things done with them.
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A view; owns nothing. data may be NULL where size is 0.
struct bytes {
    const uint8_t *data;
    size_t size;
};

enum { ID_SIZE = 16, HASH_SIZE = 32 };

// A 128-bit id: a device, an outbox, a store.
struct id128 {
    uint8_t b[ID_SIZE];
};
// A SHA-256 value, a chain head, a ratchet state.
struct hash256 {
    uint8_t b[HASH_SIZE];
};

static inline struct bytes bytes_of(const void *data, size_t size) {
    return (struct bytes){.data = (const uint8_t *)data, .size = size};
}
struct bytes bytes_of_text(const char *text);
bool bytes_equal(struct bytes a, struct bytes b);
// Takes time that depends on size only; for secrets.
bool bytes_equal_secret(const uint8_t *a, const uint8_t *b, size_t size);
void bytes_wipe(void *data, size_t size);

bool id128_equal(const struct id128 *a, const struct id128 *b);
bool id128_is_zero(const struct id128 *id);
bool hash256_equal(const struct hash256 *a, const struct hash256 *b);
// False where the run is not exactly 16 (32) bytes; *ret is then untouched.
bool id128_from_bytes(struct bytes from, struct id128 *ret_id);
bool hash256_from_bytes(struct bytes from, struct hash256 *ret_hash);

void put_be64(uint8_t *to, uint64_t value);
void put_be32(uint8_t *to, uint32_t value);
uint64_t get_be64(const uint8_t *from);
uint32_t get_be32(const uint8_t *from);

// Lower-case hexadecimal with NUL; ret_text has room for 2 * size + 1.
void hex_encode(struct bytes from, char *ret_text);
// Exactly 2 * size digits of either case; false otherwise.
bool hex_decode(const char *text, uint8_t *ret_data, size_t size);

// Valid UTF-8 (no surrogates, no overlong forms) without NUL.
bool utf8_is_valid(struct bytes text);

#endif
