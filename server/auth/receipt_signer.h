// The key that signs receipts (wire/receipt.h), a key of its own: DIRECTORY/receipt.key, P-256, its owner's alone (0600),
// and what says that it is for this: DIRECTORY/receipt.crt, a certificate of the CA. The certificate is made anew where it
// is missing or does not fit key and CA; the key is part of every backup.
//
// Whoever has the CA's key opens it: rondctl init, and the signer's process (auth/signer.h), the only one that signs with it. Once
// open it does not change: any thread may use it, several at once.
#ifndef AUTH_RECEIPT_SIGNER_H
#define AUTH_RECEIPT_SIGNER_H

#include "auth/ca.h"
#include "wire/receipt.h"

struct receipt_signer;

// Reads the key and its certificate, and makes what is missing. ROND_EAUTH where others than its owner can read the key,
// ROND_ECORRUPT where it is no such key, ROND_EFULL, ROND_EIO where a missing key cannot be written. A certificate that
// cannot be written is no failure: it is made again at the next start.
MUST_CHECK enum rond_err receipt_signer_open(const char *directory, const struct ca *ca, const struct rng *rng,
                                             int64_t now_ms, struct receipt_signer **ret_signer, struct fault *fault);
void receipt_signer_close(struct receipt_signer *signer); // NULL is fine

struct bytes receipt_signer_certificate(const struct receipt_signer *signer); // DER; lives as long as the signer
// The certificate (DER) as it lies in DIRECTORY, for who has not the key: nothing is made, and whether it fits the key is
// not asked. ROND_ENOTFOUND without one, or where it is none.
MUST_CHECK enum rond_err receipt_certificate_read(const char *directory, struct buffer *to);
// What the receipt says; it signs nothing else.
MUST_CHECK enum rond_err receipt_signer_sign(const struct receipt_signer *signer, const struct receipt *receipt,
                                             struct signature *ret_signature);

#endif
