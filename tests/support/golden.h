// Fixed inputs and checks for values that another language must reach too (docs/protocol.md, tests/interop).
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <stdlib.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "support/test.h"

// 16 (32) bytes counting up from `first`.
static inline struct id128 golden_id(uint8_t first) {
    struct id128 id;
    for (int i = 0; i < ID_SIZE; i++)
        id.b[i] = (uint8_t)(first + i);
    return id;
}
static inline struct hash256 golden_hash(uint8_t first) {
    struct hash256 hash;
    for (int i = 0; i < HASH_SIZE; i++)
        hash.b[i] = (uint8_t)(first + i);
    return hash;
}
// device: 10 11 .. 1f, outbox: 20 21 .. 2f, seed of the chain: 00 01 .. 1f
enum { GOLDEN_DEVICE = 0x10, GOLDEN_OUTBOX = 0x20, GOLDEN_SEED = 0x00, GOLDEN_OLD_OUTBOX = 0x30, GOLDEN_NONCE = 0x40 };

// A generator that counts up; context is the next byte.
static inline void golden_fill(void *context, uint8_t *data, size_t size) {
    uint8_t *next = context;
    for (size_t i = 0; i < size; i++)
        data[i] = (*next)++;
}

static inline void assert_hex(struct bytes actual, const char *expected) {
    char *text = malloc(2 * actual.size + 1);
    assert_non_null(text);
    hex_encode(actual, text);
    assert_string_equal(text, expected);
    free(text);
}

#endif
