// Trust. The system's authorities mean nothing here: the anchors are the service's own, or, before enrolment, whatever
// certificate the server sends along whose key has the fingerprint of the enrolment code. Verification runs in a context
// of our own (trust_verify), so that no setting of libwebsockets or of OpenSSL's defaults takes part in it. libwebsockets
// looks at the verdict once more.
//
// Resumption. Sessions are kept as bytes, never as SSL_SESSION: a connection that is cut without close_notify marks the
// object unusable (OpenSSL #11378). libwebsockets makes the SSL object itself, so the session is put into it by the info
// callback at the start of the handshake. A resumed session skips verification; therefore it is bound to everything
// that verification depended on:
//   kept session = SHA-256(host || anchors || certificate) || i2d_SSL_SESSION
#include "transport_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"
#include "resolve.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { ALERT_NONE = -1 };

struct tls_client {
    SSL_CTX *context;
    void (*session_kept)(void *context, struct bytes session);
    void *session_context;

    // Of the connection begun last.
    char host[HOST_BYTES_MAX + 1];
    X509_STORE *anchors; // NULL: the fingerprint decides
    uint8_t fingerprint[16];
    X509 *certificate; // NULL: none to show
    EVP_PKEY *key;
    const struct keystore *keystore; // of the key
    struct hash256 binding;
    SSL_SESSION *resumable; // NULL: none
    int64_t now_ms;         // as transport_tls says
    long verify_error;      // X509_V_OK until verification failed
    bool foreign;           // no certificate had the fingerprint
    int alert;              // the peer's, or ALERT_NONE
};

// --- Trust ---

static bool has_fingerprint(X509 *certificate, const uint8_t fingerprint[16]) {
    unsigned char *spki = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    struct hash256 hash;
    sha256_of(bytes_of(spki, size < 0 ? 0 : (size_t)size), &hash);
    OPENSSL_free(spki);
    return size > 0 && memcmp(hash.b, fingerprint, 16) == 0;
}

// The authority that the code names, out of what the server sent; NULL where it is not there.
static X509_STORE *pinned_anchor(STACK_OF(X509) * sent, const uint8_t fingerprint[16]) {
    for (int i = 1; i < sk_X509_num(sent); i++) {
        X509 *certificate = sk_X509_value(sent, i);
        bool is_own = X509_check_issued(certificate, certificate) == X509_V_OK; // no cross-certificate of that key
        if (!is_own || !has_fingerprint(certificate, fingerprint))
            continue;
        X509_STORE *store = X509_STORE_new();
        if (store != NULL && X509_STORE_add_cert(store, certificate) == 1)
            return store;
        X509_STORE_free(store);
        return NULL;
    }
    return NULL;
}

static bool names_expected(X509_STORE_CTX *verification, const char *host) {
    X509_VERIFY_PARAM *expected = X509_STORE_CTX_get0_param(verification);
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    bool set = address_is_numeric(host) ? X509_VERIFY_PARAM_set1_ip_asc(expected, host) == 1
                                        : X509_VERIFY_PARAM_set1_host(expected, host, 0) == 1;
    return set && X509_VERIFY_PARAM_set_purpose(expected, X509_PURPOSE_SSL_SERVER) == 1;
}

// It is at least as late as we know: what begins later than that may have begun.
static int begins_later(int is_good, X509_STORE_CTX *verification) {
    if (is_good || X509_STORE_CTX_get_error(verification) != X509_V_ERR_CERT_NOT_YET_VALID)
        return is_good;
    X509_STORE_CTX_set_error(verification, X509_V_OK);
    return 1;
}

static void judge_at(X509_STORE_CTX *verification, int64_t now_ms) {
    if (now_ms == 0)
        return;
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(verification), (time_t)(now_ms / 1000));
    X509_STORE_CTX_set_verify_cb(verification, begins_later);
}

static int chain_verify(X509_STORE_CTX *given, X509_STORE *anchors, const char *host, int64_t now_ms) {
    X509_STORE_CTX *verification = X509_STORE_CTX_new();
    int error = X509_V_ERR_OUT_OF_MEM;
    if (verification != NULL &&
        X509_STORE_CTX_init(verification, anchors, X509_STORE_CTX_get0_cert(given), X509_STORE_CTX_get0_untrusted(given)) ==
            1 &&
        names_expected(verification, host)) {
        judge_at(verification, now_ms);
        int verified = X509_verify_cert(verification);
        error = X509_STORE_CTX_get_error(verification);
        if (verified != 1 && error == X509_V_OK)
            error = X509_V_ERR_UNSPECIFIED;
    }
    X509_STORE_CTX_free(verification);
    return error;
}

// Called by OpenSSL instead of its own verification.
static int trust_verify(X509_STORE_CTX *given, void *context) {
    struct tls_client *client = context;
    X509_STORE *anchors = client->anchors;
    if (anchors != NULL)
        X509_STORE_up_ref(anchors);
    else
        anchors = pinned_anchor(X509_STORE_CTX_get0_untrusted(given), client->fingerprint);
    client->foreign = anchors == NULL;
    int error = anchors == NULL ? X509_V_ERR_CERT_UNTRUSTED : chain_verify(given, anchors, client->host, client->now_ms);
    X509_STORE_free(anchors);
    client->verify_error = error;
    X509_STORE_CTX_set_error(given, error);
    return error == X509_V_OK;
}

// --- The device's certificate ---

static int show_certificate(SSL *ssl, X509 **ret_certificate, EVP_PKEY **ret_key) {
    const struct tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (client->certificate == NULL)
        return 0;
    X509_up_ref(client->certificate);
    EVP_PKEY_up_ref(client->key);
    *ret_certificate = client->certificate;
    *ret_key = client->key;
    return 1;
}

// --- Sessions ---

static int session_new(SSL *ssl, SSL_SESSION *session) {
    struct tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    unsigned char *der = NULL;
    int size = client->anchors == NULL ? -1 : i2d_SSL_SESSION(session, &der);
    struct buffer kept;
    buffer_init(&kept, 64 * 1024);
    if (size > 0 && buffer_append(&kept, bytes_of(client->binding.b, HASH_SIZE)) == ROND_OK &&
        buffer_append(&kept, bytes_of(der, (size_t)size)) == ROND_OK)
        client->session_kept(client->session_context, buffer_bytes(&kept));
    if (kept.data != NULL)
        bytes_wipe(kept.data, kept.size);
    buffer_deinit(&kept);
    OPENSSL_free(der);
    return 0; // the object stays OpenSSL's
}

// Nobody looks at the certificate of a connection that is resumed.
static bool has_run_out(SSL_SESSION *session, int64_t now_ms) {
    const X509 *certificate = SSL_SESSION_get0_peer(session);
    time_t now_s = (time_t)(now_ms / 1000);
    return certificate == NULL || X509_cmp_time(X509_get0_notAfter(certificate), now_ms > 0 ? &now_s : NULL) <= 0;
}

static SSL_SESSION *session_decode(const struct tls_client *client, struct bytes kept) {
    if (kept.size <= HASH_SIZE || memcmp(kept.data, client->binding.b, HASH_SIZE) != 0)
        return NULL;
    const unsigned char *at = kept.data + HASH_SIZE;
    SSL_SESSION *session = d2i_SSL_SESSION(NULL, &at, (long)(kept.size - HASH_SIZE));
    ERR_clear_error();
    if (session != NULL && has_run_out(session, client->now_ms)) {
        SSL_SESSION_free(session);
        return NULL;
    }
    return session;
}

// The info callback gets the object as const, yet the start of the handshake is the one moment between its making (by
// libwebsockets) and its first flight when a session can be put into it.
static void session_resume(const SSL *ssl, SSL_SESSION *session, bool host_is_numeric) {
    union {
        const SSL *given;
        SSL *own;
    } at = {.given = ssl};
    if (session != NULL)
        SSL_set_session(at.own, session);
    if (host_is_numeric)
        SSL_set_tlsext_host_name(at.own, NULL); // only names may be indicated (RFC 6066)
    ERR_clear_error();
}

static void on_info(const SSL *ssl, int where, int value) {
    struct tls_client *client = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    bool is_fatal = (where & SSL_CB_ALERT) != 0 && (value >> 8) == SSL3_AL_FATAL;
    int alert = value & 0xff;
    if (is_fatal && ((where & SSL_CB_READ) != 0 || alert == SSL_AD_PROTOCOL_VERSION))
        client->alert = alert;
    if ((where & SSL_CB_HANDSHAKE_START) != 0 && SSL_get_session(ssl) == NULL)
        session_resume(ssl, client->resumable, address_is_numeric(client->host));
}

// --- Making it ---

enum rond_err tls_client_create(void (*session)(void *context, struct bytes session), void *context,
                                struct tls_client **ret_client) {
    struct tls_client *client = calloc(1, sizeof *client);
    SSL_CTX *made = client == NULL ? NULL : SSL_CTX_new(TLS_client_method());
    if (made == NULL) {
        free(client);
        return ROND_ENOMEM;
    }
    client->context = made;
    client->session_kept = session;
    client->session_context = context;
    SSL_CTX_set_app_data(made, client);
    SSL_CTX_set_min_proto_version(made, TLS1_3_VERSION);
    SSL_CTX_set_mode(made, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(made, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(made, trust_verify, client);
    SSL_CTX_set_client_cert_cb(made, show_certificate);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(made, session_new);
    SSL_CTX_set_info_callback(made, on_info);
    *ret_client = client;
    return ROND_OK;
}

static void connection_forget(struct tls_client *client) {
    X509_STORE_free(client->anchors);
    X509_free(client->certificate);
    EVP_PKEY_free(client->key);
    SSL_SESSION_free(client->resumable);
    client->anchors = NULL;
    client->certificate = NULL;
    client->key = NULL;
    client->keystore = NULL;
    client->resumable = NULL;
    client->verify_error = X509_V_OK;
    client->foreign = false;
    client->alert = ALERT_NONE;
}

void tls_client_destroy(struct tls_client *client) {
    if (client == NULL)
        return;
    SSL_CTX_free(client->context);
    connection_forget(client);
    free(client);
}

SSL_CTX *tls_client_context(struct tls_client *client) {
    return client->context;
}

// --- Beginning a connection ---

static X509 *certificate_decode(struct bytes der) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    ERR_clear_error();
    return certificate;
}

static enum rond_err anchors_load(struct tls_client *client, const struct transport_tls *tls, struct fault *fault) {
    client->anchors = X509_STORE_new();
    if (client->anchors == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < tls->anchors_count; i++) {
        X509 *anchor = certificate_decode(tls->anchors[i]);
        bool added = anchor != NULL && X509_STORE_add_cert(client->anchors, anchor) == 1;
        X509_free(anchor);
        if (!added)
            return fault_set(fault, ROND_EINVALID, 0, NULL,
                             "A certificate of the server's authority cannot be read; enrol the device anew.");
    }
    return ROND_OK;
}

static enum rond_err certificate_load(struct tls_client *client, const struct transport_tls *tls, struct fault *fault) {
    EVP_PKEY *key;
    client->certificate = certificate_decode(tls->certificate);
    if (client->certificate == NULL)
        return fault_set(fault, ROND_EINVALID, 0, NULL, "The device's certificate cannot be read; enrol the device anew.");
    enum rond_err err = keystore_evp(tls->keystore, &key);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, NULL, "The device's key cannot be used now (%s).", rond_err_name(err));
    if (X509_check_private_key(client->certificate, key) != 1) {
        ERR_clear_error();
        return fault_set(fault, ROND_EAUTH, 0, NULL, "The device's certificate is for another key; enrol the device anew.");
    }
    EVP_PKEY_up_ref(key);
    client->key = key;
    client->keystore = tls->keystore;
    return ROND_OK;
}

static void binding_make(struct tls_client *client, const struct transport_tls *tls) {
    struct bytes parts[2 + TRUST_ANCHORS_MAX] = {bytes_of(client->host, strlen(client->host) + 1), tls->certificate};
    for (size_t i = 0; i < tls->anchors_count; i++)
        parts[2 + i] = tls->anchors[i];
    sha256_parts(parts, 2 + tls->anchors_count, &client->binding);
}

enum rond_err tls_client_begin(struct tls_client *client, const char *host, const struct transport_tls *tls,
                               struct bytes session, struct fault *fault) {
    connection_forget(client);
    if (strlen(host) > HOST_BYTES_MAX || tls->anchors_count > TRUST_ANCHORS_MAX ||
        (tls->anchors_count == 0 && tls->ca_fingerprint == NULL))
        return fault_set(fault, ROND_EINVALID, 0, NULL, "It is not known whom to trust; enrol the device anew.");
    memcpy(client->host, host, strlen(host) + 1);
    client->now_ms = tls->now_ms;
    enum rond_err err = ROND_OK;
    if (tls->anchors_count > 0)
        err = anchors_load(client, tls, fault);
    else
        memcpy(client->fingerprint, tls->ca_fingerprint, sizeof client->fingerprint);
    if (err == ROND_OK && tls->certificate.size > 0)
        err = certificate_load(client, tls, fault);
    if (err != ROND_OK) {
        connection_forget(client);
        return err;
    }
    binding_make(client, tls);
    if (client->anchors != NULL)
        client->resumable = session_decode(client, session);
    return ROND_OK;
}

// --- Why it failed ---

static enum rond_err verify_reason(const struct tls_client *client, struct fault *fault) {
    const char *host = client->host;
    if (client->foreign)
        return fault_set(fault, ROND_EAUTH, CODE_CODE_FOREIGN, NULL, "%s", wire_code_sentence(CODE_CODE_FOREIGN));
    switch (client->verify_error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return fault_set(fault, ROND_EIO, 0, NULL,
                         "The certificate of %s has run out; check this device's clock, else tell whoever runs the server.",
                         host);
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return fault_set(fault, ROND_EIO, 0, NULL, "The certificate of %s is not valid yet; check this device's clock.",
                         host);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return fault_set(fault, ROND_EIO, 0, NULL,
                         "The server at %s shows a certificate for another name; check the address.", host);
    default:
        return fault_set(
            fault, ROND_EIO, 0, NULL,
            "The server at %s is not one of this service: no authority that the device trusts vouches for it (%s).", host,
            X509_verify_cert_error_string(client->verify_error));
    }
}

enum rond_err tls_client_reason(const struct tls_client *client, struct fault *fault) {
    if (client->verify_error != X509_V_OK)
        return verify_reason(client, fault);
    enum rond_err signing = client->keystore == NULL ? ROND_OK : keystore_signing_err(client->keystore);
    if (signing != ROND_OK)
        return fault_set(fault, signing, 0, NULL, "The device's key cannot be used now (%s).", rond_err_name(signing));
    switch (client->alert) {
    case ALERT_NONE:
    case SSL_AD_CLOSE_NOTIFY:
        return ROND_OK;
    case SSL_AD_CERTIFICATE_EXPIRED:
        return fault_set(fault, ROND_EAUTH, CODE_CERTIFICATE_EXPIRED, NULL, "%s",
                         wire_code_sentence(CODE_CERTIFICATE_EXPIRED));
    case SSL_AD_CERTIFICATE_REVOKED:
        return fault_set(fault, ROND_EAUTH, CODE_DEVICE_REVOKED, NULL, "%s", wire_code_sentence(CODE_DEVICE_REVOKED));
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED:
        return fault_set(fault, ROND_EAUTH, CODE_DEVICE_UNKNOWN, NULL, "%s", wire_code_sentence(CODE_DEVICE_UNKNOWN));
    case SSL_AD_UNKNOWN_CA: // it was restored from before its CA was renewed, or has retired the one before
        return fault_set(fault, ROND_EAUTH, CODE_DEVICE_UNKNOWN, NULL,
                         "The server at %s does not know who issued this device's certificate; renew it, or ask for a new"
                         " enrolment code.",
                         client->host);
    case SSL_AD_PROTOCOL_VERSION:
        return fault_set(fault, ROND_EIO, 0, NULL, "The server at %s does not speak TLS 1.3; check the address.",
                         client->host);
    default:
        return fault_set(fault, ROND_EIO, 0, NULL, "The server at %s broke off the encryption (%s).", client->host,
                         SSL_alert_desc_string_long(client->alert));
    }
}
