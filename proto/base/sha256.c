// OpenSSL's plain functions, which it calls deprecated: its digests by name take memory for each hash, and hashing is what
// the chain does with every report in every place where memory may have run out. These take none and cannot fail.
#define OPENSSL_API_COMPAT 0x10100000L
#include "base/sha256.h"

#include <openssl/sha.h>

#include "base/check.h"

void sha256_parts(const struct bytes *parts, size_t count, struct hash256 *ret_hash) {
    SHA256_CTX context;
    CHECK(SHA256_Init(&context) == 1);
    for (size_t i = 0; i < count; i++)
        CHECK(SHA256_Update(&context, parts[i].data, parts[i].size) == 1);
    CHECK(SHA256_Final(ret_hash->b, &context) == 1);
}

void sha256_of(struct bytes bytes, struct hash256 *ret_hash) {
    sha256_parts(&bytes, 1, ret_hash);
}
