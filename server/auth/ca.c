#include "auth/ca.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "base/check.h"
#include "base/openssl_err.h"
#include "base/sha256.h"
#include "wire/limits.h"
#include "wire/receipt_key.h"
#include "wire/sign.h"

enum { SERIAL_SIZE = 16, DAY_S = 24 * 60 * 60, PEM_BYTES_MAX = 16 * 1024, NAMES_BYTES_MAX = 8 * 1024 };

struct ca {
    EVP_PKEY *key;
    X509 *certificate;
    uint8_t *der;
    size_t der_size;
    struct hash256 spki_hash;
    struct ca_keeper keeper; // all NULL: the key is here
};

// --- A certificate's parts ---

struct parts {
    EVP_PKEY *key; // certified
    const char *common_name;
    const X509 *issuer; // NULL: itself
    EVP_PKEY *issuer_key;
    int64_t not_before_s, not_after_s;
    uint8_t serial[SERIAL_SIZE];
    const char *basic_constraints, *key_usage, *extended_key_usage, *names;
};

static bool set_serial(X509 *certificate, const uint8_t serial[SERIAL_SIZE]) {
    BIGNUM *number = BN_bin2bn(serial, SERIAL_SIZE, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

static bool set_name(X509_NAME *name, const char *common_name) {
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) == 1;
}

// value NULL: not wanted.
static bool add_extension(X509 *certificate, X509V3_CTX *context, int kind, const char *value) {
    if (value == NULL)
        return true;
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, context, kind, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool add_extensions(X509 *certificate, const struct parts *parts) {
    X509V3_CTX context;
    X509 *issuer = certificate;
    if (parts->issuer != NULL && (issuer = X509_dup(parts->issuer)) == NULL)
        return false;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    bool added = add_extension(certificate, &context, NID_basic_constraints, parts->basic_constraints) &&
                 add_extension(certificate, &context, NID_key_usage, parts->key_usage) &&
                 add_extension(certificate, &context, NID_ext_key_usage, parts->extended_key_usage) &&
                 add_extension(certificate, &context, NID_subject_key_identifier, "hash") &&
                 add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always") &&
                 add_extension(certificate, &context, NID_subject_alt_name, parts->names);
    if (issuer != certificate)
        X509_free(issuer);
    return added;
}

static bool set_times(X509 *certificate, const struct parts *parts) {
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)parts->not_before_s) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)parts->not_after_s) != NULL;
}

// ROND_EINVALID: a name that cannot be one.
static enum rond_err certificate_make(const struct parts *parts, X509 **ret_certificate) {
    X509 *certificate = X509_new();
    if (certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate, parts->serial) && set_times(certificate, parts) &&
        set_name(X509_get_subject_name(certificate), parts->common_name) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(parts->issuer != NULL ? parts->issuer : certificate)) == 1 &&
        X509_set_pubkey(certificate, parts->key) == 1 && add_extensions(certificate, parts) &&
        X509_sign(certificate, parts->issuer_key, EVP_sha256()) > 0) {
        *ret_certificate = certificate;
        return ROND_OK;
    }
    X509_free(certificate);
    return openssl_err(ROND_EINVALID);
}

// 127 random bits: positive, and never repeated.
static void serial_make(const struct rng *rng, uint8_t ret_serial[SERIAL_SIZE]) {
    rng_fill(rng, ret_serial, SERIAL_SIZE);
    ret_serial[0] = (ret_serial[0] & 0x7f) | 0x40;
}

// --- PEM and DER ---

static enum rond_err append_written(BIO *bio, int written, struct buffer *to) {
    char *data = NULL;
    long size = bio == NULL || written != 1 ? -1 : BIO_get_mem_data(bio, &data);
    enum rond_err err = size < 0 ? ROND_ENOMEM : buffer_append(to, bytes_of(data, (size_t)size));
    ERR_clear_error();
    BIO_free(bio);
    return err;
}

static enum rond_err certificate_pem(X509 *certificate, struct buffer *to) {
    BIO *bio = BIO_new(BIO_s_mem());
    return append_written(bio, bio == NULL ? 0 : PEM_write_bio_X509(bio, certificate), to);
}

static enum rond_err certificate_der(X509 *certificate, struct buffer *to) {
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    enum rond_err err = size < 0 ? ROND_ENOMEM : buffer_append(to, bytes_of(der, (size_t)size));
    OPENSSL_free(der);
    return err;
}

// --- Making one ---

static enum rond_err ca_key_write(const char *directory, const EVP_PKEY *key, struct fault *fault) {
    char path[512];
    struct buffer pem;
    snprintf(path, sizeof path, "%s/ca.key", directory);
    buffer_init(&pem, PEM_BYTES_MAX);
    enum rond_err err = key_file_pem(key, &pem);
    if (err == ROND_OK)
        err = key_file_write(path, 0600, buffer_bytes(&pem), fault);
    if (pem.data != NULL)
        bytes_wipe(pem.data, pem.capacity);
    buffer_deinit(&pem);
    return err;
}

// A key without a certificate is what a making leaves that was broken off between the two: it is gone on with.
static enum rond_err ca_key_make(const char *directory, EVP_PKEY **ret_key, struct fault *fault) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, "ca.key", true, "the CA's key", &file, fault);
    if (err == ROND_OK) {
        *ret_key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
        fclose(file);
        if (*ret_key != NULL && EVP_PKEY_is_a(*ret_key, "EC"))
            return ROND_OK;
        EVP_PKEY_free(*ret_key);
        *ret_key = NULL;
        return fault_set(fault, openssl_err(ROND_ECORRUPT), 0, NULL, "%s/ca.key cannot be read.", directory);
    }
    if (err != ROND_ENOTFOUND)
        return err;
    if (fault != NULL)
        *fault = (struct fault){0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    err = key == NULL ? openssl_err(ROND_ENOMEM) : ca_key_write(directory, key, fault);
    if (err == ROND_OK)
        *ret_key = key;
    else
        EVP_PKEY_free(key);
    return err;
}

static enum rond_err ca_certificate_write(const char *path, X509 *certificate, struct fault *fault) {
    struct buffer pem;
    buffer_init(&pem, PEM_BYTES_MAX);
    enum rond_err err = certificate_pem(certificate, &pem);
    if (err == ROND_OK)
        err = key_file_write(path, 0644, buffer_bytes(&pem), fault);
    buffer_deinit(&pem);
    return err;
}

// What OpenSSL cannot do with a name it does not say; it is too long, or not UTF-8.
static enum rond_err certificate_fault(enum rond_err err, struct fault *fault) {
    return err == ROND_ENOMEM ? err : fault_set(fault, err, 0, "name", "The CA cannot be made under this name.");
}

enum rond_err ca_create(const char *directory, const char *name, const struct rng *rng, int64_t now_ms,
                        struct fault *fault) {
    char path[512];
    struct parts parts = {
        .common_name = name,
        .not_before_s = now_ms / 1000 - DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)CA_YEARS * 365 * DAY_S,
        .basic_constraints = "critical,CA:TRUE,pathlen:0",
        .key_usage = "critical,keyCertSign,cRLSign",
    };
    snprintf(path, sizeof path, "%s/ca.crt", directory);
    if (access(path, F_OK) == 0)
        return fault_set(fault, ROND_ECONFLICT, 0, NULL, "%s is there already.", path);
    enum rond_err err = ca_key_make(directory, &parts.key, fault);
    if (err != ROND_OK)
        return err;
    parts.issuer_key = parts.key;
    serial_make(rng, parts.serial);
    X509 *certificate = NULL;
    err = certificate_make(&parts, &certificate);
    err = err == ROND_OK ? ca_certificate_write(path, certificate, fault) : certificate_fault(err, fault);
    X509_free(certificate);
    EVP_PKEY_free(parts.key);
    return err;
}

// --- Opening it ---

static enum rond_err ca_certificate_read(const char *directory, struct ca *ca, struct fault *fault) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, "ca.crt", false, "", &file, fault);
    if (err != ROND_OK)
        return err;
    ca->certificate = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    return ca->certificate != NULL
               ? ROND_OK
               : fault_set(fault, openssl_err(ROND_ECORRUPT), 0, NULL, "%s/ca.crt cannot be read.", directory);
}

static enum rond_err ca_files_read(const char *directory, struct ca *ca, struct fault *fault) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, "ca.key", true, "the CA's key", &file, fault);
    if (err != ROND_OK)
        return err;
    ca->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    err = ca_certificate_read(directory, ca, fault);
    if (err == ROND_ENOTFOUND)
        return err;
    if (err != ROND_OK || ca->key == NULL || X509_check_private_key(ca->certificate, ca->key) != 1)
        return fault_set(fault, openssl_err(ROND_ECORRUPT), 0, NULL,
                         "%s: ca.key and ca.crt cannot be read or do not belong together.", directory);
    return ROND_OK;
}

static enum rond_err ca_derive(struct ca *ca) {
    unsigned char *spki = NULL;
    int der_size = i2d_X509(ca->certificate, &ca->der);
    int spki_size = i2d_PUBKEY(X509_get0_pubkey(ca->certificate), &spki);
    if (der_size > 0 && spki_size > 0) {
        ca->der_size = (size_t)der_size;
        sha256_of(bytes_of(spki, (size_t)spki_size), &ca->spki_hash);
    }
    OPENSSL_free(spki);
    return der_size > 0 && spki_size > 0 ? ROND_OK : ROND_ENOMEM;
}

// keeper NULL: the key is read here.
static enum rond_err open_with(const char *directory, const struct ca_keeper *keeper, struct ca **ret_ca, struct fault *fault) {
    struct ca *ca = calloc(1, sizeof *ca);
    if (ca == NULL)
        return fault_set(fault, ROND_ENOMEM, 0, NULL, "There is no memory.");
    if (keeper != NULL)
        ca->keeper = *keeper;
    enum rond_err err = keeper != NULL ? ca_certificate_read(directory, ca, fault) : ca_files_read(directory, ca, fault);
    if (err == ROND_OK)
        err = ca_derive(ca);
    if (err != ROND_OK) {
        ca_close(ca);
        return err;
    }
    *ret_ca = ca;
    return ROND_OK;
}

enum rond_err ca_open(const char *directory, struct ca **ret_ca, struct fault *fault) {
    return open_with(directory, NULL, ret_ca, fault);
}

enum rond_err ca_open_kept(const char *directory, const struct ca_keeper *keeper, struct ca **ret_ca, struct fault *fault) {
    return open_with(directory, keeper, ret_ca, fault);
}

void ca_close(struct ca *ca) {
    if (ca == NULL)
        return;
    OPENSSL_free(ca->der);
    X509_free(ca->certificate);
    EVP_PKEY_free(ca->key);
    free(ca);
}

struct bytes ca_certificate(const struct ca *ca) {
    return bytes_of(ca->der, ca->der_size);
}

int64_t ca_expires_ms(const struct ca *ca) {
    struct tm until = {0};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(ca->certificate), &until) != 1)
        return 0;
    return (int64_t)timegm(&until) * 1000;
}

enum rond_err ca_agree(const struct ca *ca, const uint8_t point[RESCUE_POINT_SIZE], uint8_t ret_secret[RESCUE_SECRET_SIZE]) {
    if (ca->keeper.agree != NULL)
        return ca->keeper.agree(ca->keeper.context, point, ret_secret);
    return rescue_agree(ca->key, point, ret_secret);
}

void ca_spki_fingerprint(const struct ca *ca, struct hash256 *ret_hash) {
    *ret_hash = ca->spki_hash;
}

// --- Issuing ---

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

static enum rond_err issue(const struct ca *ca, struct parts *parts, const struct rng *rng, X509 **ret_certificate) {
    parts->issuer = ca->certificate;
    parts->issuer_key = ca->key;
    parts->basic_constraints = "critical,CA:FALSE";
    parts->key_usage = "critical,digitalSignature";
    serial_make(rng, parts->serial);
    return certificate_make(parts, ret_certificate);
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
    const unsigned char *at = spki.data;
    X509 *certificate = NULL;
    struct parts parts = {
        .key = d2i_PUBKEY(NULL, &at, (long)spki.size),
        .common_name = hex,
        .not_before_s = now_ms / 1000 - DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)days * DAY_S,
        .extended_key_usage = "clientAuth",
        .names = names,
    };
    err = parts.key == NULL ? ROND_ENOMEM : issue(ca, &parts, rng, &certificate);
    if (err == ROND_OK)
        err = certificate_der(certificate, ret_certificate);
    X509_free(certificate);
    EVP_PKEY_free(parts.key);
    return err;
}

enum rond_err ca_issue_receipt(const struct ca *ca, struct bytes spki, const struct rng *rng, int64_t now_ms,
                               struct buffer *ret_certificate) {
    enum rond_err err = spki_check(spki);
    if (err != ROND_OK)
        return err;
    const unsigned char *at = spki.data;
    X509 *certificate = NULL;
    struct parts parts = {
        .key = d2i_PUBKEY(NULL, &at, (long)spki.size),
        .common_name = "rond receipts",
        .not_before_s = now_ms / 1000 - DAY_S,
        .not_after_s = ca_expires_ms(ca) / 1000,
        .extended_key_usage = "critical," RECEIPT_PURPOSE,
    };
    err = parts.key == NULL ? ROND_ENOMEM : issue(ca, &parts, rng, &certificate);
    if (err == ROND_OK)
        err = certificate_der(certificate, ret_certificate);
    X509_free(certificate);
    EVP_PKEY_free(parts.key);
    return err;
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
    X509 *certificate = NULL;
    const unsigned char *at = spki.data;
    struct parts parts = {
        .key = d2i_PUBKEY(NULL, &at, (long)spki.size),
        .common_name = "rond server",
        .not_before_s = now_ms / 1000 - DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)days * DAY_S,
        .extended_key_usage = "serverAuth",
    };
    enum rond_err err = parts.key == NULL ? openssl_err(ROND_EINVALID) : names_join(names, names_count, &joined);
    if (err == ROND_OK) {
        parts.names = buffer_text(&joined);
        err = issue(ca, &parts, rng, &certificate);
    }
    if (err == ROND_OK)
        err = certificate_der(certificate, ret_certificate);
    X509_free(certificate);
    EVP_PKEY_free(parts.key);
    buffer_deinit(&joined);
    return err;
}

static enum rond_err chain_pem(const struct ca *ca, struct bytes der, struct buffer *to) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    enum rond_err err = certificate == NULL ? openssl_err(ROND_ECORRUPT) : certificate_pem(certificate, to);
    if (err == ROND_OK)
        err = certificate_pem(ca->certificate, to);
    X509_free(certificate);
    return err;
}

enum rond_err ca_issue_server(const struct ca *ca, const char *const *names, size_t names_count, int days,
                              const struct rng *rng, int64_t now_ms, struct buffer *ret_certificates_pem,
                              struct buffer *ret_key_pem) {
    struct buffer certificate;
    unsigned char *spki = NULL;
    buffer_init(&certificate, PEM_BYTES_MAX);
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
