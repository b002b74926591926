#include "net/tls.h"

#include <openssl/sha.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

void tls_harden(SSL_CTX *context, const uint8_t ticket_keys[TLS_TICKET_KEYS_SIZE], const char *session_context) {
    uint8_t keys[TLS_TICKET_KEYS_SIZE];
    memcpy(keys, ticket_keys, sizeof keys);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys);
    SSL_CTX_set_session_id_context(context, (const unsigned char *)session_context, (unsigned)strlen(session_context));
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    bytes_wipe(keys, sizeof keys);
}

enum rond_err tls_trust_only(SSL_CTX *context, struct bytes ca_certificate) {
    enum rond_err err = ROND_ECORRUPT;
    const unsigned char *at = ca_certificate.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)ca_certificate.size);
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
    if (!certificate || !store || !names || X509_STORE_add_cert(store, certificate) != 1)
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
    X509_free(certificate);
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
    return ROND_OK;
}

enum rond_err tls_peer_read(SSL *ssl, struct tls_peer *ret_peer) {
    X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : NULL;
    if (!certificate)
        return ROND_EAUTH;
    struct tls_peer peer = {.expires_ms = expiry_ms(certificate), .resumed = SSL_session_reused(ssl) == 1};
    enum rond_err err = SSL_get_verify_result(ssl) == X509_V_OK ? read_key(certificate, &peer) : ROND_EAUTH;
    X509_free(certificate);
    if (!err)
        *ret_peer = peer;
    return err;
}
