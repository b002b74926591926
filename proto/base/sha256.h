// SHA-256 over a few runs of bytes, as if they stood in one row. Thread-safe; takes no memory and cannot fail.
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/bytes.h"

void sha256_of(struct bytes bytes, struct hash256 *ret_hash);
// ret_hash may be one of the parts.
void sha256_parts(const struct bytes *parts, size_t count, struct hash256 *ret_hash);

#endif
