#include "auth/ca.h"

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
