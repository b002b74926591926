// Ed25519 (RFC 8032) over a published follow-up: what is signed is
//
//   "rond statement v1" || document
//
// so that nothing else that the key might ever sign can be taken for a follow-up, and openssl alone can check it
// (docs/follow-up.md).
#ifndef WIRE_FOLLOWUP_SIGNATURE_H
#define WIRE_FOLLOWUP_SIGNATURE_H

#include "wire/sign.h"

#define FOLLOWUP_DOMAIN "rond statement v1"
enum { FOLLOWUP_DOCUMENT_BYTES_MAX = 16 * 1024 * 1024 };

// key: EVP_PKEY *, Ed25519. ROND_EFULL beyond FOLLOWUP_DOCUMENT_BYTES_MAX.
MUST_CHECK enum rond_err followup_signature_make(void *key, struct bytes document, struct signature *ret_signature);
// spki: SubjectPublicKeyInfo, DER. ROND_EINVALID where that is no Ed25519 key, ROND_EAUTH where the signature is not its.
MUST_CHECK enum rond_err followup_signature_verify(struct bytes spki, struct bytes document, struct bytes signature);

#endif
