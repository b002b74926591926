// The key that signs published follow-ups, a key of its own: DIRECTORY/statement.key, Ed25519, its owner's alone (0600).
//
// The file holds the current key only. Public halves stay in the store for ever, so that what an older key signed can still
// be checked; what it was is gone with its file, so that it signs no more. The store learns of the file's key when it is
// first used (followup_signer_adopt), in the transaction that uses it: whichever of the two a crash leaves behind, file and
// store agree again with the next use.
#ifndef AUTH_FOLLOWUP_SIGNER_H
#define AUTH_FOLLOWUP_SIGNER_H

#include "store/store.h"

struct followup_signer;

// Reads the key, and makes one where there is none. ROND_EAUTH where others than its owner can read it, ROND_ECORRUPT where
// it is no such key.
MUST_CHECK enum rond_err followup_signer_open(const char *directory, struct followup_signer **ret_signer, struct fault *fault);
// Makes a new key in place of the one that is there.
MUST_CHECK enum rond_err followup_signer_rotate(const char *directory, struct followup_signer **ret_signer,
                                                struct fault *fault);
void followup_signer_close(struct followup_signer *signer); // NULL is fine

// SHA-256 over its SubjectPublicKeyInfo, DER.
struct hash256 followup_signer_id(const struct followup_signer *signer);
// Makes it the store's current key, inside a transaction. ROND_ECONFLICT where it was retired.
MUST_CHECK enum rond_err followup_signer_adopt(const struct followup_signer *signer, struct store *store, int64_t now_ms,
                                               struct fault *fault);
MUST_CHECK enum rond_err followup_signer_sign(const struct followup_signer *signer, struct bytes document,
                                              struct signature *ret_signature);

#endif
