#include "wire/receipt_key.h"

#include <openssl/x509v3.h>
#include <string.h>

#include "base/openssl_err.h"

// One certificate and nothing behind it; NULL otherwise.
static X509 *certificate_parse(struct bytes der) {
    const uint8_t *at = der.data;
    X509 *certificate =
        der.size == 0 || der.size > RECEIPT_CERTIFICATE_SIZE_MAX ? NULL : d2i_X509(NULL, &at, (long)der.size);
    if (certificate != NULL && at == der.data + der.size)
        return certificate;
    X509_free(certificate);
    return NULL;
}

static bool purpose_is_ours(const ASN1_OBJECT *purpose) {
    char text[sizeof RECEIPT_PURPOSE + 1];
    return OBJ_obj2txt(text, sizeof text, purpose, 1) == (int)strlen(RECEIPT_PURPOSE) && strcmp(text, RECEIPT_PURPOSE) == 0;
}

static bool is_for_receipts(X509 *certificate) {
    int critical = 0;
    EXTENDED_KEY_USAGE *purposes = X509_get_ext_d2i(certificate, NID_ext_key_usage, &critical, NULL);
    bool fits = purposes != NULL && critical == 1 && sk_ASN1_OBJECT_num(purposes) == 1 &&
                purpose_is_ours(sk_ASN1_OBJECT_value(purposes, 0)) &&
                (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) != 0 && X509_check_ca(certificate) == 0;
    sk_ASN1_OBJECT_pop_free(purposes, ASN1_OBJECT_free);
    return fits;
}

static X509_STORE *anchors_store(const struct bytes *anchors, size_t count) {
    X509_STORE *store = X509_STORE_new();
    for (size_t i = 0; store != NULL && i < count; i++) {
        const uint8_t *at = anchors[i].data;
        X509 *anchor = d2i_X509(NULL, &at, (long)anchors[i].size);
        if (anchor != NULL)
            (void)X509_STORE_add_cert(store, anchor); // one that cannot be read vouches for nobody
        X509_free(anchor);
    }
    return store;
}

// 1: issued by an anchor; 0: not; below 0: it could not be looked at.
static int is_issued(X509 *certificate, const struct bytes *anchors, size_t anchors_count) {
    X509_STORE *store = anchors_store(anchors, anchors_count);
    X509_STORE_CTX *context = store == NULL ? NULL : X509_STORE_CTX_new();
    int issued = -1;
    if (context != NULL && X509_STORE_CTX_init(context, store, certificate, NULL) == 1) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
        issued = X509_verify_cert(context);
        if (issued != 1 && X509_STORE_CTX_get_error(context) == X509_V_ERR_OUT_OF_MEM)
            issued = -1;
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return issued;
}

static enum rond_err key_of(X509 *certificate, struct verify_key **ret_key) {
    uint8_t *spki = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
    enum rond_err err = size <= 0 ? ROND_ENOMEM : verify_key_create(bytes_of(spki, (size_t)size), ret_key);
    OPENSSL_free(spki);
    return err == ROND_EINVALID ? ROND_EAUTH : err;
}

enum rond_err receipt_key_create(struct bytes certificate, const struct bytes *anchors, size_t anchors_count,
                                 struct verify_key **ret_key) {
    X509 *parsed = certificate_parse(certificate);
    enum rond_err err = parsed != NULL && is_for_receipts(parsed) ? ROND_OK : ROND_EAUTH;
    int issued = err == ROND_OK ? is_issued(parsed, anchors, anchors_count) : 0;
    if (err == ROND_OK && issued != 1)
        err = issued == 0 ? ROND_EAUTH : ROND_ENOMEM;
    if (err == ROND_OK)
        err = key_of(parsed, ret_key);
    X509_free(parsed);
    return err == ROND_OK ? ROND_OK : openssl_err(err);
}
