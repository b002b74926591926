// What a CA issues: to devices, to the key that signs receipts, to the listeners.
#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "auth/ca_inner.h"
#include "auth/certificate.h"
#include "auth/key_file.h"
#include "base/openssl_err.h"
#include "wire/limits.h"
#include "wire/receipt_key.h"
#include "wire/sign.h"

enum { NAMES_BYTES_MAX = 8 * 1024 };

// verify_key_create decides what a P-256 key in its one encoding is, for the whole server.
static enum rond_err spki_check(struct bytes spki) {
    struct verify_key *key;
    enum rond_err err = verify_key_create(spki, &key);
    if (err == ROND_OK)
        verify_key_destroy(key);
    return err;
}

enum rond_err ca_request_key(struct bytes request, struct buffer *ret_spki) {
    const unsigned char *at = request.data;
    X509_REQ *parsed =
        request.size == 0 || request.size > ENROL_BODY_BYTES_MAX ? NULL : d2i_X509_REQ(NULL, &at, (long)request.size);
    EVP_PKEY *key = parsed == NULL || at != request.data + request.size ? NULL : X509_REQ_get0_pubkey(parsed);
    unsigned char *spki = NULL;
    int size = key == NULL ? -1 : i2d_PUBKEY(key, &spki);
    enum rond_err err = size > 0 ? spki_check(bytes_of(spki, (size_t)size)) : openssl_err(ROND_EINVALID);
    if (err == ROND_OK && X509_REQ_verify(parsed, key) != 1)
        err = openssl_err(ROND_EINVALID);
    if (err == ROND_OK)
        err = buffer_append(ret_spki, bytes_of(spki, (size_t)size));
    OPENSSL_free(spki);
    X509_REQ_free(parsed);
    ERR_clear_error();
    return err;
}

// For that key, as the parts say, by the one that signs; its other parts are the same of all.
static enum rond_err issue(const struct ca *ca, struct bytes spki, struct certificate_parts *parts, const struct rng *rng,
                           struct buffer *ret_certificate) {
    const unsigned char *at = spki.data;
    X509 *certificate = NULL;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.size);
    parts->key = key;
    parts->issuer = ca->authorities[0].certificate;
    parts->issuer_key = ca->authorities[0].key;
    parts->basic_constraints = "critical,CA:FALSE";
    parts->key_usage = "critical,digitalSignature";
    certificate_serial(rng, parts->serial);
    enum rond_err err = key == NULL ? openssl_err(ROND_EINVALID) : certificate_make(parts, &certificate);
    if (err == ROND_OK)
        err = certificate_der(certificate, ret_certificate);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return err;
}

enum rond_err ca_issue_device(const struct ca *ca, struct bytes spki, const struct id128 *device, int days,
                              const struct rng *rng, int64_t now_ms, struct buffer *ret_certificate) {
    enum rond_err err = spki_check(spki);
    if (err != ROND_OK)
        return err;
    if (ca->keeper.issue_device != NULL)
        return ca->keeper.issue_device(ca->keeper.context, spki, device, days, ret_certificate);
    char hex[2 * ID_SIZE + 1], names[80];
    hex_encode(bytes_of(device->b, ID_SIZE), hex);
    snprintf(names, sizeof names, "URI:urn:rond:device:%s", hex);
    struct certificate_parts parts = {
        .common_name = hex,
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)days * CERTIFICATE_DAY_S,
        .extended_key_usage = "clientAuth",
        .names = names,
    };
    return issue(ca, spki, &parts, rng, ret_certificate);
}

enum rond_err ca_issue_receipt(const struct ca *ca, struct bytes spki, const struct rng *rng, int64_t now_ms,
                               struct buffer *ret_certificate) {
    struct certificate_parts parts = {
        .common_name = "rond receipts",
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = ca_expires_ms(ca) / 1000,
        .extended_key_usage = "critical," RECEIPT_PURPOSE,
    };
    enum rond_err err = spki_check(spki);
    return err == ROND_OK ? issue(ca, spki, &parts, rng, ret_certificate) : err;
}

// "DNS:host,IP:192.0.2.1". A name with a comma would name more than it says.
static enum rond_err names_join(const char *const *names, size_t count, struct buffer *to) {
    for (size_t i = 0; i < count; i++) {
        uint8_t address[sizeof(struct in6_addr)];
        bool is_address = inet_pton(AF_INET, names[i], address) == 1 || inet_pton(AF_INET6, names[i], address) == 1;
        size_t plain = strspn(names[i], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");
        if (!is_address && (plain == 0 || names[i][plain] != '\0'))
            return ROND_EINVALID;
        enum rond_err err = buffer_printf(to, "%s%s:%s", i > 0 ? "," : "", is_address ? "IP" : "DNS", names[i]);
        if (err != ROND_OK)
            return err;
    }
    return count > 0 ? ROND_OK : ROND_EINVALID;
}

enum rond_err ca_certify_server(const struct ca *ca, struct bytes spki, const char *const *names, size_t names_count,
                                int days, const struct rng *rng, int64_t now_ms, struct buffer *ret_certificate) {
    if (ca->keeper.issue_server != NULL)
        return ca->keeper.issue_server(ca->keeper.context, spki, ret_certificate);
    struct buffer joined;
    buffer_init(&joined, NAMES_BYTES_MAX);
    struct certificate_parts parts = {
        .common_name = "rond server",
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)days * CERTIFICATE_DAY_S,
        .extended_key_usage = "serverAuth",
    };
    enum rond_err err = names_join(names, names_count, &joined);
    if (err == ROND_OK) {
        parts.names = buffer_text(&joined);
        err = issue(ca, spki, &parts, rng, ret_certificate);
    }
    buffer_deinit(&joined);
    return err;
}

// Who knows only the CA before finds the way to it by the cross-certificate, which OpenSSL takes where it comes first.
static enum rond_err chain_pem(const struct ca *ca, struct bytes der, struct buffer *to) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    enum rond_err err = certificate == NULL ? openssl_err(ROND_ECORRUPT) : certificate_pem(certificate, to);
    if (err == ROND_OK && ca->cross != NULL)
        err = certificate_pem(ca->cross, to);
    if (err == ROND_OK)
        err = certificate_pem(ca->authorities[0].certificate, to);
    X509_free(certificate);
    return err;
}

enum rond_err ca_issue_server(const struct ca *ca, const char *const *names, size_t names_count, int days,
                              const struct rng *rng, int64_t now_ms, struct buffer *ret_certificates_pem,
                              struct buffer *ret_key_pem) {
    struct buffer certificate;
    unsigned char *spki = NULL;
    buffer_init(&certificate, CERTIFICATE_PEM_BYTES_MAX);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    int size = key == NULL ? -1 : i2d_PUBKEY(key, &spki);
    enum rond_err err =
        size > 0 ? ca_certify_server(ca, bytes_of(spki, (size_t)size), names, names_count, days, rng, now_ms, &certificate)
                 : ROND_ENOMEM;
    if (err == ROND_OK)
        err = chain_pem(ca, buffer_bytes(&certificate), ret_certificates_pem);
    if (err == ROND_OK)
        err = key_file_pem(key, ret_key_pem);
    OPENSSL_free(spki);
    EVP_PKEY_free(key);
    buffer_deinit(&certificate);
    return err;
}
