#include "auth/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/openssl_err.h"

static bool set_serial(X509 *certificate, const uint8_t serial[CERTIFICATE_SERIAL_SIZE]) {
    BIGNUM *number = BN_bin2bn(serial, CERTIFICATE_SERIAL_SIZE, NULL);
    bool set = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

static bool set_subject(X509 *certificate, const struct certificate_parts *parts) {
    if (parts->common_name == NULL)
        return X509_set_subject_name(certificate, X509_get_subject_name(parts->namesake)) == 1;
    return X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                      (const unsigned char *)parts->common_name, -1, -1, 0) == 1;
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

static bool add_extensions(X509 *certificate, const struct certificate_parts *parts) {
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

static bool set_times(X509 *certificate, const struct certificate_parts *parts) {
    return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)parts->not_before_s) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)parts->not_after_s) != NULL;
}

enum rond_err certificate_make(const struct certificate_parts *parts, X509 **ret_certificate) {
    X509 *certificate = X509_new();
    if (certificate != NULL && X509_set_version(certificate, X509_VERSION_3) == 1 &&
        set_serial(certificate, parts->serial) && set_times(certificate, parts) && set_subject(certificate, parts) &&
        X509_set_issuer_name(certificate, X509_get_subject_name(parts->issuer != NULL ? parts->issuer : certificate)) == 1 &&
        X509_set_pubkey(certificate, parts->key) == 1 && add_extensions(certificate, parts) &&
        X509_sign(certificate, parts->issuer_key, EVP_sha256()) > 0) {
        *ret_certificate = certificate;
        return ROND_OK;
    }
    X509_free(certificate);
    return openssl_err(ROND_EINVALID);
}

void certificate_serial(const struct rng *rng, uint8_t ret_serial[CERTIFICATE_SERIAL_SIZE]) {
    rng_fill(rng, ret_serial, CERTIFICATE_SERIAL_SIZE);
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

enum rond_err certificate_pem(X509 *certificate, struct buffer *to) {
    BIO *bio = BIO_new(BIO_s_mem());
    return append_written(bio, bio == NULL ? 0 : PEM_write_bio_X509(bio, certificate), to);
}

enum rond_err certificate_der(X509 *certificate, struct buffer *to) {
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    enum rond_err err = size < 0 ? ROND_ENOMEM : buffer_append(to, bytes_of(der, (size_t)size));
    OPENSSL_free(der);
    return err;
}
