// P-256 signatures (64 bytes r || s over SHA-256) and what exactly is signed.
//
//   batch statement:   "rond batch v1"   || device || outbox || be64(first) || be64(last) || head
//   lost statement:    "rond lost v1"    || device || outbox || be64(first) || be64(last) || head
//   renewal statement: "rond renewal v1" || device || be64(wall_ms) || nonce || SHA-256(request)
//   receipt statement: wire/receipt.h
#ifndef WIRE_SIGN_H
#define WIRE_SIGN_H

#include "base/bytes.h"
#include "base/err.h"

enum { SIGNATURE_SIZE = 64, STATEMENT_SIZE_MAX = 128 };
struct signature {
    uint8_t b[SIGNATURE_SIZE];
};
struct statement {
    uint8_t b[STATEMENT_SIZE_MAX];
    size_t size;
};

void statement_batch(struct statement *statement, const struct id128 *device, const struct id128 *outbox, uint64_t first,
                     uint64_t last, const struct hash256 *head);
void statement_lost(struct statement *statement, const struct id128 *device, const struct id128 *outbox, uint64_t first,
                    uint64_t last, const struct hash256 *head);
void statement_renewal(struct statement *statement, const struct id128 *device, int64_t wall_ms, const uint8_t nonce[16],
                       struct bytes request);

// Adds to a statement; what does not fit is our own mistake.
void statement_put(struct statement *statement, const void *data, size_t size);
void statement_put_number(struct statement *statement, uint64_t number); // be64

// An opaque verifying key, made once per device and kept with its connection.
struct verify_key;
// From SubjectPublicKeyInfo DER; ROND_EINVALID where it is not a P-256 key.
MUST_CHECK enum rond_err verify_key_create(struct bytes spki, struct verify_key **ret_key);
// The same of one that is decoded already (EVP_PKEY *, of that spki), by TLS say: shared, not copied.
MUST_CHECK enum rond_err verify_key_share(struct bytes spki, void *evp, struct verify_key **ret_key);
void verify_key_destroy(struct verify_key *key);
// ROND_EAUTH where the signature is not this key's over the statement.
MUST_CHECK enum rond_err signature_verify(const struct verify_key *key, const struct statement *statement, struct bytes signature);

// The signature as other programs want it: an ECDSA-Sig-Value in DER. ROND_ENOMEM.
enum { SIGNATURE_DER_SIZE_MAX = 72 };
MUST_CHECK enum rond_err signature_der(const struct signature *signature, uint8_t ret_der[SIGNATURE_DER_SIZE_MAX],
                                       size_t *ret_size);
MUST_CHECK enum rond_err signature_from_der(struct bytes der, struct signature *ret_signature); // ROND_EINVALID

// An opaque signing key in memory (file-based keystore, tests). Keystores elsewhere sign through a callback instead.
struct sign_key;
MUST_CHECK enum rond_err sign_key_generate(struct sign_key **ret_key);
MUST_CHECK enum rond_err sign_key_from_der(struct bytes pkcs8, struct sign_key **ret_key); // PKCS#8 or SEC1, DER
void sign_key_destroy(struct sign_key *key);
MUST_CHECK enum rond_err signature_make(const struct sign_key *key, const struct statement *statement, struct signature *ret_signature);
// DER encodings, malloc'd; free with free().
MUST_CHECK enum rond_err sign_key_spki(const struct sign_key *key, uint8_t **ret_der, size_t *ret_size);
MUST_CHECK enum rond_err sign_key_pkcs8(const struct sign_key *key, uint8_t **ret_der, size_t *ret_size);
// The OpenSSL key inside (EVP_PKEY *), borrowed; for TLS and certificate requests.
void *sign_key_evp(const struct sign_key *key);

#endif
