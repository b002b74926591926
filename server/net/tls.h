// What our listeners ask of TLS, and who is at the other end. Everything that libwebsockets leaves open is closed here.
#ifndef NET_TLS_H
#define NET_TLS_H

#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/err.h"
#include "net/ticket_keys.h"

enum { TLS_SPKI_BYTES_MAX = 256, TLS_KEY_ID_BYTES_MAX = 32, TLS_AUTHORITIES_MAX = 2 };

// The device's certificate, as far as it matters. Its name does not: identity is the key's hash.
struct tls_peer {
    struct hash256 spki_hash;            // SHA-256 of SubjectPublicKeyInfo, DER
    uint8_t spki[TLS_SPKI_BYTES_MAX];
    size_t spki_size;
    EVP_PKEY *key;                        // that, decoded: the connection's, as long as it lasts
    uint8_t issuer[TLS_KEY_ID_BYTES_MAX]; // the authority's key identifier, as the certificate names it
    size_t issuer_size;
    int64_t expires_ms;
    bool resumed;
};

// TLS 1.3 only. Tickets sealed with these keys, which outlive the context.
void tls_harden(SSL_CTX *context, const struct ticket_keys *ticket_keys, const char *session_context);
// Trusts the CAs given (DER) and nothing else: no directory of the system's. A session that was made under others is not
// resumed: for that session_context (as tls_harden had it) is bound to them.
MUST_CHECK enum rond_err tls_trust_only(SSL_CTX *context, const struct bytes *authorities, size_t count,
                                        const char *session_context);
// ROND_EAUTH without a certificate, or one that was not verified, or a key we do not use.
MUST_CHECK enum rond_err tls_peer_read(SSL *ssl, struct tls_peer *ret_peer);

#endif
