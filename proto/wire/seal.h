// Sealing of a record at rest: AES-256-GCM under a fresh random key, wrapped by the outbox key.
//
//   sealed = 0x01 || nonce (12 random) || wrapped key (32 + 16 tag) || ciphertext || tag (16)
//   wrapped key = GCM(outbox key, nonce, record key, aad);  ciphertext = GCM(record key, 12 zero bytes, plain, aad)
//
// The record key is used once, so its zero nonce cannot repeat; nothing is derived from a counter that a restored
// device image could repeat. aad binds the record to its place ("rond seal v1" || outbox || be64(seq), for instance).
#ifndef WIRE_SEAL_H
#define WIRE_SEAL_H

#include "base/buffer.h"
#include "base/rng.h"

enum { SEAL_KEY_SIZE = 32, SEAL_OVERHEAD = 1 + 12 + 48 + 16 };
struct seal_key {
    uint8_t b[SEAL_KEY_SIZE];
};

MUST_CHECK enum rond_err seal(const struct seal_key *key, const struct rng *rng, struct bytes aad, struct bytes plain,
                              struct buffer *to);
// ROND_ECORRUPT where it was not sealed by this key for this place, or was altered; ROND_ENOMEM says nothing about that.
MUST_CHECK enum rond_err unseal(const struct seal_key *key, struct bytes aad, struct bytes sealed, struct buffer *to);

#endif
