// A body at rest: AES-256-GCM under a key of its own, which lies in a table of its own, so that a copy of the store can
// leave the keys out and destroying one destroys a body wherever it was copied to.
//
//   sealed = GCM(key, 12 zero bytes, body, "rond body v1" || what || device || outbox || be64(seq)) || tag (16)
//
// A key is fresh and seals one body, so its nonce cannot repeat. One thread at a time.
#ifndef STORE_BODY_SEAL_H
#define STORE_BODY_SEAL_H

#include "base/rng.h"
#include "store/erasure.h"

enum { BODY_TAG_SIZE = 16 };
enum body_what { BODY_OF_REPORT = 'r', BODY_OF_FORK = 'f' };

struct body_sealer;
MUST_CHECK enum rond_err body_sealer_create(const struct rng *rng, struct body_sealer **ret_sealer);
void body_sealer_destroy(struct body_sealer *sealer); // NULL is fine

// The next fresh key. Wipe it once it is stored.
void body_key_take(struct body_sealer *sealer, struct body_key *ret_key);
// Writes plain.size + BODY_TAG_SIZE bytes. ROND_ENOMEM.
MUST_CHECK enum rond_err body_seal(struct body_sealer *sealer, const struct body_key *key, enum body_what what,
                                   const struct report_key *place, struct bytes plain, uint8_t *ret_sealed);
// Writes sealed.size - BODY_TAG_SIZE bytes. ROND_ECORRUPT where it was not sealed by this key for this place, or was
// altered; ROND_ENOMEM says nothing about that.
MUST_CHECK enum rond_err body_unseal(struct body_sealer *sealer, const struct body_key *key, enum body_what what,
                                     const struct report_key *place, struct bytes sealed, uint8_t *ret_plain);

#endif
