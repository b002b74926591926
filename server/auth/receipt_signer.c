#include "auth/receipt_signer.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/key_file.h"
#include "base/openssl_err.h"
#include "wire/receipt_key.h"

#define KEY_NAME "receipt.key"
#define CERTIFICATE_NAME "receipt.crt"
enum { PEM_BYTES_MAX = 4 * 1024 };

struct receipt_signer {
    struct sign_key *key;
    uint8_t *spki;
    size_t spki_size;
    struct buffer certificate; // DER
};

void receipt_signer_close(struct receipt_signer *signer) {
    if (signer == NULL)
        return;
    sign_key_destroy(signer->key);
    free(signer->spki);
    buffer_deinit(&signer->certificate);
    free(signer);
}

// --- The key ---

static enum rond_err key_take(const EVP_PKEY *key, struct sign_key **ret_key) {
    unsigned char *der = NULL;
    int size = i2d_PrivateKey(key, &der);
    enum rond_err err = size <= 0 ? openssl_err(ROND_ENOMEM) : sign_key_from_der(bytes_of(der, (size_t)size), ret_key);
    OPENSSL_clear_free(der, size > 0 ? (size_t)size : 0);
    return err;
}

static enum rond_err key_make(const char *directory, struct sign_key **ret_key, struct fault *fault) {
    char path[KEY_FILE_PATH_SIZE];
    struct sign_key *key = NULL;
    struct buffer pem;
    snprintf(path, sizeof path, "%s/" KEY_NAME, directory);
    buffer_init(&pem, PEM_BYTES_MAX);
    enum rond_err err = sign_key_generate(&key);
    if (err == ROND_OK)
        err = key_file_pem(sign_key_evp(key), &pem);
    if (err == ROND_OK)
        err = key_file_write(path, 0600, buffer_bytes(&pem), fault);
    if (pem.data != NULL)
        bytes_wipe(pem.data, pem.capacity);
    buffer_deinit(&pem);
    if (err == ROND_OK)
        *ret_key = key;
    else
        sign_key_destroy(key);
    return err;
}

static enum rond_err key_open(const char *directory, struct sign_key **ret_key, struct fault *fault) {
    FILE *file = NULL;
    enum rond_err err = key_file_open(directory, KEY_NAME, true, "the key that signs receipts", &file, fault);
    if (err == ROND_ENOTFOUND) {
        if (fault != NULL)
            *fault = (struct fault){0};
        return key_make(directory, ret_key, fault);
    }
    if (err != ROND_OK)
        return err;
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    fclose(file);
    err = key == NULL ? openssl_err(ROND_EINVALID) : key_take(key, ret_key);
    EVP_PKEY_free(key);
    return err != ROND_EINVALID
               ? err
               : fault_set(fault, ROND_ECORRUPT, 0, NULL,
                           "%s/" KEY_NAME " is no P-256 key; put it back from a copy, or take it away for a "
                           "new one to be made.",
                           directory);
}

// --- Its certificate ---

// While one CA takes the other's place its certificate stays by the one before: every device knows that one, and not every
// one the other. Once the one before is retired it is made anew.
static bool certificate_fits(const struct receipt_signer *signer, const struct ca *ca, struct bytes certificate) {
    struct bytes anchors[CA_AUTHORITIES_MAX];
    const uint8_t *at = certificate.data;
    struct verify_key *key = NULL;
    size_t count = ca_authorities(ca);
    for (size_t i = 0; i < count; i++)
        anchors[i] = ca_authority(ca, i);
    if (receipt_key_create(certificate, anchors, count, &key) != ROND_OK)
        return false;
    verify_key_destroy(key);
    X509 *parsed = d2i_X509(NULL, &at, (long)certificate.size);
    bool fits = parsed != NULL && X509_check_private_key(parsed, sign_key_evp(signer->key)) == 1;
    X509_free(parsed);
    ERR_clear_error();
    return fits;
}

// What cannot be read is as good as missing.
enum rond_err receipt_certificate_read(const char *directory, struct buffer *to) {
    FILE *file = NULL;
    unsigned char *der = NULL;
    if (key_file_open(directory, CERTIFICATE_NAME, false, "", &file, NULL) != ROND_OK)
        return ROND_ENOTFOUND;
    X509 *parsed = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    int size = parsed == NULL ? -1 : i2d_X509(parsed, &der);
    enum rond_err err = size > 0 ? buffer_append(to, bytes_of(der, (size_t)size)) : ROND_ENOTFOUND;
    OPENSSL_free(der);
    X509_free(parsed);
    ERR_clear_error();
    return err;
}

static enum rond_err certificate_pem(struct bytes der, struct buffer *to) {
    const uint8_t *at = der.data;
    char *text = NULL;
    X509 *parsed = d2i_X509(NULL, &at, (long)der.size);
    BIO *bio = parsed == NULL ? NULL : BIO_new(BIO_s_mem());
    long size = bio != NULL && PEM_write_bio_X509(bio, parsed) == 1 ? BIO_get_mem_data(bio, &text) : -1;
    enum rond_err err = size < 0 ? openssl_err(ROND_ENOMEM) : buffer_append(to, bytes_of(text, (size_t)size));
    BIO_free(bio);
    X509_free(parsed);
    return err;
}

static void certificate_keep(const struct receipt_signer *signer, const char *directory) {
    char path[KEY_FILE_PATH_SIZE];
    struct buffer pem;
    snprintf(path, sizeof path, "%s/" CERTIFICATE_NAME, directory);
    buffer_init(&pem, PEM_BYTES_MAX);
    if (certificate_pem(buffer_bytes(&signer->certificate), &pem) == ROND_OK) {
        (void)unlink(path); // one that does not fit
        if (key_file_write(path, 0644, buffer_bytes(&pem), NULL) != ROND_OK)
            (void)unlink(path);
    }
    buffer_deinit(&pem);
}

static enum rond_err certificate_open(struct receipt_signer *signer, const char *directory, const struct ca *ca,
                                      const struct rng *rng, int64_t now_ms) {
    if (receipt_certificate_read(directory, &signer->certificate) == ROND_OK &&
        certificate_fits(signer, ca, buffer_bytes(&signer->certificate)))
        return ROND_OK;
    buffer_clear(&signer->certificate);
    enum rond_err err = ca_issue_receipt(ca, bytes_of(signer->spki, signer->spki_size), rng, now_ms, &signer->certificate);
    if (err == ROND_OK)
        certificate_keep(signer, directory);
    return err;
}

// --- Both ---

enum rond_err receipt_signer_open(const char *directory, const struct ca *ca, const struct rng *rng, int64_t now_ms,
                                  struct receipt_signer **ret_signer, struct fault *fault) {
    struct receipt_signer *signer = calloc(1, sizeof *signer);
    if (signer == NULL)
        return ROND_ENOMEM;
    buffer_init(&signer->certificate, RECEIPT_CERTIFICATE_SIZE_MAX);
    enum rond_err err = key_open(directory, &signer->key, fault);
    if (err == ROND_OK)
        err = sign_key_spki(signer->key, &signer->spki, &signer->spki_size);
    if (err == ROND_OK)
        err = certificate_open(signer, directory, ca, rng, now_ms);
    if (err == ROND_OK)
        *ret_signer = signer;
    else
        receipt_signer_close(signer);
    return err;
}

struct bytes receipt_signer_certificate(const struct receipt_signer *signer) {
    return buffer_bytes(&signer->certificate);
}

enum rond_err receipt_signer_sign(const struct receipt_signer *signer, const struct receipt *receipt,
                                  struct signature *ret_signature) {
    struct statement statement;
    statement_receipt(&statement, receipt);
    return signature_make(signer->key, &statement, ret_signature);
}
