// The linker puts these in the place of sign.c's (--wrap, see the Makefile), so that every caller is the real one.
#include "sim/signatures.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"
#include "support/lund.h"
#include "wire/sign.h"

enum { SPKI_SIZE_MAX = 96, PARTS = SIGNATURE_SIZE / HASH_SIZE };

// What a `struct verify_key *` points at while the real ones are not in use.
struct cheap_key {
    uint8_t spki[SPKI_SIZE_MAX];
    size_t size;
};

enum rond_err __real_signature_make(const struct sign_key *key, const struct statement *statement,
                                    struct signature *ret_signature);
enum rond_err __real_signature_verify(const struct verify_key *key, const struct statement *statement,
                                      struct bytes signature);
enum rond_err __real_verify_key_create(struct bytes spki, struct verify_key **ret_key);
void __real_verify_key_destroy(struct verify_key *key);
enum rond_err __wrap_signature_make(const struct sign_key *key, const struct statement *statement,
                                    struct signature *ret_signature);
enum rond_err __wrap_signature_verify(const struct verify_key *key, const struct statement *statement,
                                      struct bytes signature);
enum rond_err __wrap_verify_key_create(struct bytes spki, struct verify_key **ret_key);
void __wrap_verify_key_destroy(struct verify_key *key);

static bool uses_real;

void signatures_use_real(bool is_real) {
    uses_real = is_real;
}

static void cheap(struct bytes spki, const struct statement *statement, struct signature *ret_signature) {
    for (uint8_t part = 0; part < PARTS; part++) {
        struct hash256 hash;
        const struct bytes parts[] = {bytes_of(&part, 1), spki, bytes_of(statement->b, statement->size)};
        sha256_parts(parts, ARRAY_COUNT(parts), &hash);
        memcpy(ret_signature->b + part * HASH_SIZE, hash.b, HASH_SIZE);
    }
}

static struct bytes spki_of(const struct sign_key *key) {
    for (unsigned i = 0; i < LUND_DEVICES; i++)
        if (lund_key(i) == key)
            return lund_spki(i);
    CHECK(!"a key that is no handheld's");
    return (struct bytes){0};
}

enum rond_err __wrap_signature_make(const struct sign_key *key, const struct statement *statement,
                                    struct signature *ret_signature) {
    if (uses_real)
        return __real_signature_make(key, statement, ret_signature);
    cheap(spki_of(key), statement, ret_signature);
    return ROND_OK;
}

enum rond_err __wrap_signature_verify(const struct verify_key *key, const struct statement *statement,
                                      struct bytes signature) {
    if (uses_real)
        return __real_signature_verify(key, statement, signature);
    const struct cheap_key *made = (const struct cheap_key *)(const void *)key;
    struct signature expected;
    cheap(bytes_of(made->spki, made->size), statement, &expected);
    return bytes_equal(signature, bytes_of(expected.b, SIGNATURE_SIZE)) ? ROND_OK : ROND_EAUTH;
}

enum rond_err __wrap_verify_key_create(struct bytes spki, struct verify_key **ret_key) {
    if (uses_real)
        return __real_verify_key_create(spki, ret_key);
    struct cheap_key *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ROND_ENOMEM;
    CHECK(spki.size <= sizeof made->spki);
    memcpy(made->spki, spki.data, spki.size);
    made->size = spki.size;
    *ret_key = (struct verify_key *)(void *)made;
    return ROND_OK;
}

void __wrap_verify_key_destroy(struct verify_key *key) {
    if (uses_real)
        __real_verify_key_destroy(key);
    else
        free(key);
}
