#include "auth/ca_rollover.h"

#include <openssl/ec.h>
#include <stdio.h>

#include "auth/ca_inner.h"
#include "auth/seclusion.h"
#include "auth/certificate.h"
#include "auth/key_file.h"
#include "base/check.h"
#include "base/openssl_err.h"

static const char usages[] = "critical,keyCertSign,cRLSign", constraints[] = "critical,CA:TRUE,pathlen:0";

static enum rond_err certificates_write(const char *directory, X509 *const *certificates, size_t count,
                                        struct fault *fault) {
    char path[KEY_FILE_PATH_SIZE];
    struct buffer pem;
    enum rond_err err = ROND_OK;
    snprintf(path, sizeof path, "%s/ca.crt", directory);
    buffer_init(&pem, 3 * CERTIFICATE_PEM_BYTES_MAX);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = certificate_pem(certificates[i], &pem);
    if (err == ROND_OK)
        err = key_file_replace(path, 0644, buffer_bytes(&pem), fault);
    buffer_deinit(&pem);
    return err;
}

static enum rond_err keys_write(const char *directory, EVP_PKEY *const *keys, size_t count, struct fault *fault) {
    struct buffer pem;
    enum rond_err err = ROND_OK;
    buffer_init(&pem, 3 * CERTIFICATE_PEM_BYTES_MAX);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = key_file_pem(keys[i], &pem);
    if (err == ROND_OK)
        err = seclusion_replace(directory, buffer_bytes(&pem), fault);
    if (pem.data != NULL)
        bytes_wipe(pem.data, pem.capacity);
    buffer_deinit(&pem);
    return err;
}

// The new CA's own certificate, and the one that the CA before gives it, which lasts no longer than that one itself.
static enum rond_err certificates_make(const struct authority *before, EVP_PKEY *key, const struct rng *rng, int64_t now_ms,
                                       X509 **ret_own, X509 **ret_cross) {
    struct certificate_parts parts = {
        .key = key,
        .namesake = before->certificate,
        .issuer_key = key,
        .not_before_s = now_ms / 1000 - CERTIFICATE_DAY_S,
        .not_after_s = now_ms / 1000 + (int64_t)CA_YEARS * 365 * CERTIFICATE_DAY_S,
        .basic_constraints = constraints,
        .key_usage = usages,
    };
    certificate_serial(rng, parts.serial);
    enum rond_err err = certificate_make(&parts, ret_own);
    if (err != ROND_OK)
        return err;
    parts.issuer = before->certificate;
    parts.issuer_key = before->key;
    struct tm until = {0};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(before->certificate), &until) != 1)
        return openssl_err(ROND_ECORRUPT);
    parts.not_after_s = (int64_t)timegm(&until);
    certificate_serial(rng, parts.serial);
    return certificate_make(&parts, ret_cross);
}

static enum rond_err renew(const char *directory, const struct authority *before, const struct rng *rng, int64_t now_ms,
                           struct fault *fault) {
    X509 *own = NULL, *cross = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    enum rond_err err = key == NULL ? openssl_err(ROND_ENOMEM) : certificates_make(before, key, rng, now_ms, &own, &cross);
    if (err == ROND_OK)
        err = keys_write(directory, (EVP_PKEY *const[]){before->key, key}, 2, fault);
    if (err == ROND_OK)
        err = certificates_write(directory, (X509 *const[]){own, cross, before->certificate}, 3, fault);
    X509_free(own);
    X509_free(cross);
    EVP_PKEY_free(key);
    return err;
}

enum rond_err ca_renew(const char *directory, const struct rng *rng, int64_t now_ms, struct fault *fault) {
    struct ca *ca = NULL;
    enum rond_err err = ca_open(directory, &ca, fault);
    if (err != ROND_OK)
        return err;
    if (ca->count > 1)
        err = fault_set(fault, ROND_ECONFLICT, 0, "",
                        "The CA was renewed already and the one before is still trusted: see rondctl ca status.");
    else if (ca_expires_ms(ca) <= now_ms)
        err =
            fault_set(fault, ROND_ECONFLICT, 0, "",
                      "The CA's certificate has run out: nobody would believe it. Make a new data directory's CA and enrol "
                      "all devices anew (docs/operating.md).");
    else
        err = renew(directory, &ca->authorities[0], rng, now_ms, fault);
    ca_close(ca);
    return err;
}

enum rond_err ca_retire(const char *directory, struct fault *fault) {
    struct ca *ca = NULL;
    enum rond_err err = ca_open(directory, &ca, fault);
    if (err != ROND_OK)
        return err;
    bool had_two = ca->count > 1;
    if (had_two)
        err = certificates_write(directory, &ca->authorities[0].certificate, 1, fault);
    if (err == ROND_OK)
        err = keys_write(directory, &ca->authorities[0].key, 1, fault); // a retiring that was broken off is gone on with
    if (err == ROND_OK && !had_two)
        err = fault_set(fault, ROND_ENOTFOUND, 0, "", "There is one CA alone: nothing to retire.");
    ca_close(ca);
    return err;
}
