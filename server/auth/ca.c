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

#include "auth/ca_inner.h"
#include "auth/certificate.h"
#include "auth/key_file.h"
#include "base/check.h"
#include "base/openssl_err.h"
#include "base/sha256.h"
#include "wire/limits.h"
#include "wire/receipt_key.h"
#include "wire/sign.h"

enum { NAMES_BYTES_MAX = 8 * 1024 };

// --- Making one ---

static enum rond_err ca_key_write(const char *directory, const EVP_PKEY *key, struct fault *fault) {
    char path[512];
    struct buffer pem;
    snprintf(path, sizeof path, "%s/ca.key", directory);
    buffer_init(&pem, CERTIFICATE_PEM_BYTES_MAX);
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
    buffer_init(&pem, CERTIFICATE_PEM_BYTES_MAX);
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
    struct certificate_parts parts = {
        .common_name = name,
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)CA_YEARS * 365 * CERTIFICATE_DAY_S,
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
    certificate_serial(rng, parts.serial);
    X509 *certificate = NULL;
    err = certificate_make(&parts, &certificate);
    err = err == ROND_OK ? ca_certificate_write(path, certificate, fault) : certificate_fault(err, fault);
    X509_free(certificate);
    EVP_PKEY_free(parts.key);
    return err;
}

// --- Opening it ---

static X509 *certificate_next(FILE *file) {
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    ERR_clear_error();
    return certificate;
}

// Of one name, for the same key: how a certificate path over a change of keys is told from any other (RFC 5280, 4.2.1.9).
static bool crosses(const struct ca *ca) {
    const struct authority *now = &ca->authorities[0], *before = &ca->authorities[1];
    return X509_NAME_cmp(X509_get_subject_name(now->certificate), X509_get_subject_name(before->certificate)) == 0 &&
           EVP_PKEY_eq(X509_get0_pubkey(ca->cross), X509_get0_pubkey(now->certificate)) == 1 &&
           X509_verify(ca->cross, X509_get0_pubkey(before->certificate)) == 1;
}

// The one that signs; while another is still trusted, the cross-certificate and that other behind it.
static enum rond_err ca_certificates_read(const char *directory, struct ca *ca, struct fault *fault) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, "ca.crt", false, "", &file, fault);
    if (err != ROND_OK)
        return err;
    ca->authorities[0].certificate = certificate_next(file);
    ca->cross = certificate_next(file);
    ca->authorities[1].certificate = ca->cross != NULL ? certificate_next(file) : NULL;
    fclose(file);
    ca->count = ca->cross != NULL ? 2 : 1;
    bool fits = ca->authorities[0].certificate != NULL &&
                (ca->cross == NULL || (ca->authorities[1].certificate != NULL && crosses(ca)));
    return fits ? ROND_OK : fault_set(fault, openssl_err(ROND_ECORRUPT), 0, NULL, "%s/ca.crt cannot be read.", directory);
}

// Each key goes to its certificate. One that has none was left by a renewal that was broken off, or is of one retired.
static void key_place(struct ca *ca, EVP_PKEY *take_key) {
    for (size_t i = 0; i < ca->count; i++)
        if (ca->authorities[i].key == NULL && X509_check_private_key(ca->authorities[i].certificate, take_key) == 1) {
            ca->authorities[i].key = take_key;
            return;
        }
    ERR_clear_error();
    EVP_PKEY_free(take_key);
}

// The server's process can write ca.crt and not ca.key: whom ca.crt names is trusted where ca.key says so too.
static bool has_its_keys(const struct ca *ca) {
    return ca->authorities[0].key != NULL && (ca->count == 1 || ca->authorities[1].key != NULL);
}

static enum rond_err ca_files_read(const char *directory, struct ca *ca, struct fault *fault) {
    FILE *file = NULL;
    EVP_PKEY *key;
    enum rond_err err = key_file_open(directory, "ca.key", true, "the CA's key", &file, fault);
    if (err != ROND_OK)
        return err;
    err = ca_certificates_read(directory, ca, fault);
    for (size_t i = 0; err == ROND_OK && i < CA_KEYS_MAX && (key = PEM_read_PrivateKey(file, NULL, NULL, NULL)) != NULL; i++)
        key_place(ca, key);
    fclose(file);
    ERR_clear_error();
    if (err == ROND_ENOTFOUND)
        return err;
    if (err != ROND_OK || !has_its_keys(ca))
        return fault_set(fault, openssl_err(ROND_ECORRUPT), 0, NULL,
                         "%s: ca.key and ca.crt cannot be read or do not belong together.", directory);
    return ROND_OK;
}

static enum rond_err authority_derive(struct authority *authority) {
    unsigned char *spki = NULL;
    int der_size = i2d_X509(authority->certificate, &authority->der);
    int spki_size = i2d_PUBKEY(X509_get0_pubkey(authority->certificate), &spki);
    if (der_size > 0 && spki_size > 0) {
        authority->der_size = (size_t)der_size;
        sha256_of(bytes_of(spki, (size_t)spki_size), &authority->spki_hash);
    }
    OPENSSL_free(spki);
    return der_size > 0 && spki_size > 0 ? ROND_OK : ROND_ENOMEM;
}

// keeper NULL: the key is read here.
static enum rond_err open_with(const char *directory, const struct ca_keeper *keeper, struct ca **ret_ca,
                               struct fault *fault) {
    struct ca *ca = calloc(1, sizeof *ca);
    if (ca == NULL)
        return fault_set(fault, ROND_ENOMEM, 0, NULL, "There is no memory.");
    if (keeper != NULL)
        ca->keeper = *keeper;
    enum rond_err err = keeper != NULL ? ca_certificates_read(directory, ca, fault) : ca_files_read(directory, ca, fault);
    for (size_t i = 0; err == ROND_OK && i < ca->count; i++)
        err = authority_derive(&ca->authorities[i]);
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
    for (size_t i = 0; i < CA_AUTHORITIES_MAX; i++) {
        OPENSSL_free(ca->authorities[i].der);
        X509_free(ca->authorities[i].certificate);
        EVP_PKEY_free(ca->authorities[i].key);
    }
    X509_free(ca->cross);
    free(ca);
}

// --- What is known of it ---

size_t ca_authorities(const struct ca *ca) {
    return ca->count;
}

struct bytes ca_authority(const struct ca *ca, size_t index) {
    CHECK(index < ca->count);
    return bytes_of(ca->authorities[index].der, ca->authorities[index].der_size);
}

void ca_authority_fingerprint(const struct ca *ca, size_t index, struct hash256 *ret_hash) {
    CHECK(index < ca->count);
    *ret_hash = ca->authorities[index].spki_hash;
}

int64_t ca_authority_expires_ms(const struct ca *ca, size_t index) {
    struct tm until = {0};
    CHECK(index < ca->count);
    if (ASN1_TIME_to_tm(X509_get0_notAfter(ca->authorities[index].certificate), &until) != 1)
        return 0;
    return (int64_t)timegm(&until) * 1000;
}

struct bytes ca_certificate(const struct ca *ca) {
    return ca_authority(ca, 0);
}

int64_t ca_expires_ms(const struct ca *ca) {
    return ca_authority_expires_ms(ca, 0);
}

void ca_spki_fingerprint(const struct ca *ca, struct hash256 *ret_hash) {
    ca_authority_fingerprint(ca, 0, ret_hash);
}

bool ca_issuer(const struct ca *ca, struct bytes key_id, size_t *ret_index) {
    for (size_t i = 0; i < ca->count; i++) {
        const ASN1_OCTET_STRING *own = X509_get0_subject_key_id(ca->authorities[i].certificate);
        if (own == NULL || !bytes_equal(bytes_of(ASN1_STRING_get0_data(own), (size_t)ASN1_STRING_length(own)), key_id))
            continue;
        *ret_index = i;
        return true;
    }
    return false;
}

enum rond_err ca_agree(const struct ca *ca, const struct hash256 *spki_hash, const uint8_t point[RESCUE_POINT_SIZE],
                       uint8_t ret_secret[RESCUE_SECRET_SIZE]) {
    if (ca->keeper.agree != NULL)
        return ca->keeper.agree(ca->keeper.context, spki_hash, point, ret_secret);
    for (size_t i = 0; i < ca->count; i++)
        if (ca->authorities[i].key != NULL && hash256_equal(&ca->authorities[i].spki_hash, spki_hash))
            return rescue_agree(ca->authorities[i].key, point, ret_secret);
    return ROND_ENOTFOUND;
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

static enum rond_err issue(const struct ca *ca, struct certificate_parts *parts, const struct rng *rng,
                           X509 **ret_certificate) {
    parts->issuer = ca->authorities[0].certificate;
    parts->issuer_key = ca->authorities[0].key;
    parts->basic_constraints = "critical,CA:FALSE";
    parts->key_usage = "critical,digitalSignature";
    certificate_serial(rng, parts->serial);
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
    struct certificate_parts parts = {
        .key = d2i_PUBKEY(NULL, &at, (long)spki.size),
        .common_name = hex,
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)days * CERTIFICATE_DAY_S,
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
    struct certificate_parts parts = {
        .key = d2i_PUBKEY(NULL, &at, (long)spki.size),
        .common_name = "rond receipts",
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
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
    struct certificate_parts parts = {
        .key = d2i_PUBKEY(NULL, &at, (long)spki.size),
        .common_name = "rond server",
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)days * CERTIFICATE_DAY_S,
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
