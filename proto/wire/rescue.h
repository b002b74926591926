// A rescue file: frames that a handheld would have sent, sealed so that only the holder of a trust anchor's private key (the
// server's organisation) can read them. docs/protocol.md, "Rescue files"; docs/decisions/0008 tells why so.
//
//   file    = "rond rescue v1\n" || id (16 random) || count (1..4) || count * key || record ...
//   key     = SHA-256 of the anchor's SubjectPublicKeyInfo (32) || ephemeral P-256 point, uncompressed (65)
//             || seal(KEK, "rond rescue key v1" || id || that hash, file key) (109)
//   KEK     = HKDF-SHA-256(ECDH(ephemeral, anchor), no salt, "rond rescue v1" || id || that hash || ephemeral point), 32
//   bytes record  = be32(size) || seal(file key, "rond rescue record v1" || id || be64(index from 0), content) content: of
//   the first record SHA-256 of the device's SubjectPublicKeyInfo; then one frame each; last an empty one
//
// Without its last record a file was cut off. What is in it is proved by the batches' own signatures; the file proves
// nothing.
#ifndef WIRE_RESCUE_H
#define WIRE_RESCUE_H

#include "base/buffer.h"
#include "wire/limits.h"
#include "wire/seal.h"

enum { RESCUE_POINT_SIZE = 65, RESCUE_SECRET_SIZE = 32, RESCUE_WRAPPED_SIZE = SEAL_OVERHEAD + SEAL_KEY_SIZE };

// --- Writing ---

struct rescue_writer {
    const struct rng *rng;
    struct id128 id;
    struct seal_key key;
    uint64_t index;
};
// Appends the head, for anyone who holds the private key of one of these certificates (DER). ROND_EINVALID: none of them can
// be sealed for. End with rescue_end whatever happens.
MUST_CHECK enum rond_err rescue_begin(struct rescue_writer *writer, const struct rng *rng, const struct bytes *anchors,
                                      size_t anchors_count, struct buffer *to);
// Appends a record.
MUST_CHECK enum rond_err rescue_add(struct rescue_writer *writer, struct bytes content, struct buffer *to);
void rescue_end(struct rescue_writer *writer); // wipes the key

// --- Reading ---

struct rescue_key {
    struct hash256 anchor;
    uint8_t point[RESCUE_POINT_SIZE];
    uint8_t wrapped[RESCUE_WRAPPED_SIZE];
};
struct rescue_reader {
    struct id128 id;
    struct rescue_key keys[TRUST_ANCHORS_MAX];
    size_t keys_count;
    struct seal_key key;
    uint64_t index;
    struct bytes rest; // of the file, borrowed
};
// ROND_EINVALID: no rescue file, or of a later form.
MUST_CHECK enum rond_err rescue_read(struct bytes file, struct rescue_reader *ret_reader);
// NULL: it is not sealed for this anchor.
const struct rescue_key *rescue_key_for(const struct rescue_reader *reader, const struct hash256 *anchor);
// With what ECDH gave for that key's point. ROND_ECORRUPT: it does not open.
MUST_CHECK enum rond_err rescue_open(struct rescue_reader *reader, const struct rescue_key *key,
                                     const uint8_t secret[RESCUE_SECRET_SIZE]);
// The next record's content, size 0 at the end of the file. ROND_ECORRUPT: damaged, cut off, or more follows the end.
MUST_CHECK enum rond_err rescue_next(struct rescue_reader *reader, struct buffer *ret_content);
void rescue_close(struct rescue_reader *reader); // wipes the key

// ECDH with a private P-256 key (EVP_PKEY *) and another's point. ROND_ECORRUPT where it is no point of the curve.
MUST_CHECK enum rond_err rescue_agree(void *private_key, const uint8_t point[RESCUE_POINT_SIZE],
                                      uint8_t ret_secret[RESCUE_SECRET_SIZE]);

#endif
