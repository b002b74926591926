#include "net/tls.h"

#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/sha256.h"

void tls_harden(SSL_CTX *context, const struct ticket_keys *ticket_keys, const char *session_context) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 1);
    ticket_keys_use(ticket_keys, context);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)session_context, (unsigned)strlen(session_context));
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static bool add_authority(X509_STORE *store, struct bytes der) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    bool added = certificate && X509_STORE_add_cert(store, certificate) == 1;
    X509_free(certificate);
    return added;
}

// Who resumes shows no certificate: it was verified by those who were trusted then.
static bool bind_sessions(SSL_CTX *context, const struct bytes *authorities, size_t count, const char *session_context) {
    _Static_assert((int)HASH_SIZE <= SSL_MAX_SID_CTX_LENGTH, "a session's context is as long as that");
    struct bytes parts[1 + TLS_AUTHORITIES_MAX] = {bytes_of(session_context, strlen(session_context) + 1)};
    for (size_t i = 0; i < count; i++)
        parts[1 + i] = authorities[i];
    struct hash256 all;
    sha256_parts(parts, 1 + count, &all);
    return SSL_CTX_set_session_id_context(context, all.b, HASH_SIZE) == 1;
}

enum rond_err tls_trust_only(SSL_CTX *context, const struct bytes *authorities, size_t count, const char *session_context) {
    enum rond_err err = ROND_ECORRUPT;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    bool trusted = store && names && count > 0 && count <= TLS_AUTHORITIES_MAX;
    for (size_t i = 0; trusted && i < count; i++)
        trusted = add_authority(store, authorities[i]);
    if (!trusted || !bind_sessions(context, authorities, count, session_context))
        goto out;
    SSL_CTX_set_cert_store(context, store);
    store = NULL;
    // Asking for certificates of a named CA would cost bytes at each handshake; the device has one only.
    SSL_CTX_set_client_CA_list(context, names);
    names = NULL;
    err = ROND_OK;
out:
    sk_X509_NAME_free(names);
    X509_STORE_free(store);
    return err;
}

static int64_t expiry_ms(const X509 *certificate) {
    struct tm end = {0};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
        return 0;
    return (int64_t)timegm(&end) * 1000;
}

static enum rond_err read_key(const X509 *certificate, struct tls_peer *peer) {
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), NULL);
    if (size <= 0 || (size_t)size > sizeof peer->spki)
        return ROND_EAUTH;
    unsigned char *to = peer->spki;
    peer->spki_size = (size_t)i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &to);
    SHA256(peer->spki, peer->spki_size, peer->spki_hash.b);
    peer->key = X509_get0_pubkey(certificate); // which the session keeps
    return peer->key ? ROND_OK : ROND_EAUTH;
}

static void read_issuer(X509 *certificate, struct tls_peer *peer) {
    const ASN1_OCTET_STRING *key_id = X509_get0_authority_key_id(certificate);
    int size = key_id ? ASN1_STRING_length(key_id) : 0;
    if (size > 0 && (size_t)size <= sizeof peer->issuer) {
        memcpy(peer->issuer, ASN1_STRING_get0_data(key_id), (size_t)size);
        peer->issuer_size = (size_t)size;
    }
}

enum rond_err tls_peer_read(SSL *ssl, struct tls_peer *ret_peer) {
    X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
    if (!certificate)
        return ROND_EAUTH;
    struct tls_peer peer = {.expires_ms = expiry_ms(certificate), .resumed = SSL_session_reused(ssl) == 1};
    enum rond_err err = SSL_get_verify_result(ssl) == X509_V_OK ? read_key(certificate, &peer) : ROND_EAUTH;
    if (!err)
        read_issuer(certificate, &peer);
    X509_free(certificate);
    if (!err)
        *ret_peer = peer;
    return err;
}
