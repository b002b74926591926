// Making certificates: the parts that differ, put together and signed; P-256 and SHA-256 throughout.
#ifndef AUTH_CERTIFICATE_H
#define AUTH_CERTIFICATE_H

#include <openssl/x509.h>

#include "base/buffer.h"
#include "base/rng.h"

enum { CERTIFICATE_SERIAL_SIZE = 16, CERTIFICATE_PEM_BYTES_MAX = 16 * 1024, CERTIFICATE_DAY_S = 24 * 60 * 60 };

struct certificate_parts {
    EVP_PKEY *key; // certified
    const char *common_name;
    const X509 *namesake; // without a common name: has the subject of this one, to the byte
    const X509 *issuer;   // NULL: itself
    EVP_PKEY *issuer_key;
    int64_t not_before_s, not_after_s;
    uint8_t serial[CERTIFICATE_SERIAL_SIZE];
    const char *basic_constraints, *key_usage, *extended_key_usage, *names; // in OpenSSL's words; NULL: without
};

// 127 random bits: positive, and never repeated.
void certificate_serial(const struct rng *rng, uint8_t ret_serial[CERTIFICATE_SERIAL_SIZE]);
// ROND_EINVALID: a name that cannot be one.
MUST_CHECK enum rond_err certificate_make(const struct certificate_parts *parts, X509 **ret_certificate);
// Appended.
MUST_CHECK enum rond_err certificate_pem(X509 *certificate, struct buffer *to);
MUST_CHECK enum rond_err certificate_der(X509 *certificate, struct buffer *to);

#endif
