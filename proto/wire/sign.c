// Only one encoding of a P-256 public key is let in: the named curve with an uncompressed point, 91 bytes. That keeps
// out other curves and explicit parameters by comparison rather than by interpretation, and gives each key one hash:
// a revoked key cannot come back in another dress.
#include "wire/sign.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/openssl_err.h"
#include "base/sha256.h"

enum { SPKI_SIZE = 91, SPKI_PREFIX_SIZE = 27, NUMBER_SIZE = SIGNATURE_SIZE / 2 };

// SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING (no unused bits) { 0x04 ..., x and y follow.
static const uint8_t spki_prefix[SPKI_PREFIX_SIZE] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                                      0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};

struct verify_key {
    EVP_PKEY *evp;
};
struct sign_key {
    EVP_PKEY *evp;
};

void statement_put(struct statement *statement, const void *data, size_t size) {
    CHECK(size <= STATEMENT_SIZE_MAX - statement->size);
    memcpy(statement->b + statement->size, data, size);
    statement->size += size;
}

void statement_put_number(struct statement *statement, uint64_t number) {
    uint8_t b[8];
    put_be64(b, number);
    statement_put(statement, b, sizeof b);
}

static void put_range(struct statement *statement, const char *label, const struct id128 *device, const struct id128 *outbox,
                      uint64_t first, uint64_t last, const struct hash256 *head) {
    statement->size = 0;
    statement_put(statement, label, strlen(label));
    statement_put(statement, device->b, ID_SIZE);
    statement_put(statement, outbox->b, ID_SIZE);
    statement_put_number(statement, first);
    statement_put_number(statement, last);
    statement_put(statement, head->b, HASH_SIZE);
}

void statement_batch(struct statement *statement, const struct id128 *device, const struct id128 *outbox, uint64_t first,
                     uint64_t last, const struct hash256 *head) {
    put_range(statement, "rond batch v1", device, outbox, first, last, head);
}

void statement_lost(struct statement *statement, const struct id128 *device, const struct id128 *outbox, uint64_t first,
                    uint64_t last, const struct hash256 *head) {
    put_range(statement, "rond lost v1", device, outbox, first, last, head);
}

void statement_renewal(struct statement *statement, const struct id128 *device, int64_t wall_ms, const uint8_t nonce[16],
                       struct bytes request) {
    struct hash256 hash;
    sha256_of(request, &hash);
    statement->size = 0;
    statement_put(statement, "rond renewal v1", strlen("rond renewal v1"));
    statement_put(statement, device->b, ID_SIZE);
    statement_put_number(statement, (uint64_t)wall_ms);
    statement_put(statement, nonce, 16);
    statement_put(statement, hash.b, HASH_SIZE);
}

// Whatever went wrong inside OpenSSL is told by our answer.
static enum rond_err forget(enum rond_err err) {
    return openssl_err(err);
}

static bool spki_is_p256(struct bytes spki) {
    return spki.size == SPKI_SIZE && memcmp(spki.data, spki_prefix, SPKI_PREFIX_SIZE) == 0;
}

// The point is set into a copy of the curve's parameters rather than the DER decoded: what may vary has been compared
// above, and finding a decoder costs more than a signature. Setting checks that the point is on the curve.
static EVP_PKEY *p256_from_point(struct bytes point) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    EVP_PKEY *evp = NULL;
    bool ok = context != NULL && EVP_PKEY_paramgen_init(context) == 1 &&
              EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1 &&
              EVP_PKEY_paramgen(context, &evp) == 1 && EVP_PKEY_set1_encoded_public_key(evp, point.data, point.size) == 1;
    EVP_PKEY_CTX_free(context);
    if (!ok) {
        EVP_PKEY_free(evp);
        return NULL;
    }
    return evp;
}

enum rond_err verify_key_create(struct bytes spki, struct verify_key **ret_key) {
    if (!spki_is_p256(spki))
        return ROND_EINVALID;
    struct verify_key *key = malloc(sizeof *key);
    if (key == NULL)
        return ROND_ENOMEM;
    key->evp = p256_from_point(bytes_of(spki.data + SPKI_PREFIX_SIZE - 1, SPKI_SIZE - SPKI_PREFIX_SIZE + 1));
    if (key->evp == NULL) {
        free(key);
        return forget(ROND_EINVALID);
    }
    *ret_key = key;
    return ROND_OK;
}

enum rond_err verify_key_share(struct bytes spki, void *evp, struct verify_key **ret_key) {
    if (!spki_is_p256(spki))
        return ROND_EINVALID;
    struct verify_key *key = malloc(sizeof *key);
    if (key == NULL || EVP_PKEY_up_ref(evp) != 1) {
        free(key);
        return forget(ROND_ENOMEM);
    }
    key->evp = evp;
    *ret_key = key;
    return ROND_OK;
}

void verify_key_destroy(struct verify_key *key) {
    if (key == NULL)
        return;
    EVP_PKEY_free(key->evp);
    free(key);
}

// r || s to DER. The size, or 0.
static size_t der_from_raw(const uint8_t raw[SIGNATURE_SIZE], uint8_t der[SIGNATURE_DER_SIZE_MAX]) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, NUMBER_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(raw + NUMBER_SIZE, NUMBER_SIZE, NULL);
    int size = 0;
    if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
    } else {
        uint8_t *at = der;
        size = i2d_ECDSA_SIG(pair, &at);
    }
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

enum rond_err signature_der(const struct signature *signature, uint8_t ret_der[SIGNATURE_DER_SIZE_MAX], size_t *ret_size) {
    size_t size = der_from_raw(signature->b, ret_der);
    if (size == 0)
        return forget(ROND_ENOMEM);
    *ret_size = size;
    return ROND_OK;
}

static bool raw_from_der(const uint8_t *der, size_t size, uint8_t ret_raw[SIGNATURE_SIZE]) {
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool ok = pair != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret_raw, NUMBER_SIZE) == NUMBER_SIZE &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret_raw + NUMBER_SIZE, NUMBER_SIZE) == NUMBER_SIZE;
    ECDSA_SIG_free(pair);
    return ok;
}

enum rond_err signature_from_der(struct bytes der, struct signature *ret_signature) {
    struct signature signature;
    if (der.size == 0 || der.size > SIGNATURE_DER_SIZE_MAX || !raw_from_der(der.data, der.size, signature.b))
        return forget(ROND_EINVALID);
    *ret_signature = signature;
    return ROND_OK;
}

enum rond_err signature_verify(const struct verify_key *key, const struct statement *statement, struct bytes signature) {
    if (signature.size != SIGNATURE_SIZE)
        return ROND_EAUTH;
    uint8_t der[SIGNATURE_DER_SIZE_MAX];
    size_t der_size = der_from_raw(signature.data, der);
    struct hash256 hash;
    sha256_of(bytes_of(statement->b, statement->size), &hash);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->evp, NULL);
    if (der_size == 0 || context == NULL) {
        EVP_PKEY_CTX_free(context);
        return forget(ROND_ENOMEM);
    }
    int holds = EVP_PKEY_verify_init(context) == 1 ? EVP_PKEY_verify(context, der, der_size, hash.b, HASH_SIZE) : -1;
    EVP_PKEY_CTX_free(context);
    if (holds == 1)
        return ROND_OK;
    return forget(holds == 0 ? ROND_EAUTH : ROND_ENOMEM); // below 0: it could not be looked at
}

enum rond_err signature_make(const struct sign_key *key, const struct statement *statement,
                             struct signature *ret_signature) {
    uint8_t der[SIGNATURE_DER_SIZE_MAX];
    size_t der_size = sizeof der;
    struct signature signature;
    struct hash256 hash;
    sha256_of(bytes_of(statement->b, statement->size), &hash);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->evp, NULL);
    bool ok = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
              EVP_PKEY_sign(context, der, &der_size, hash.b, HASH_SIZE) == 1 && raw_from_der(der, der_size, signature.b);
    EVP_PKEY_CTX_free(context);
    if (!ok)
        return forget(ROND_ENOMEM);
    *ret_signature = signature;
    return ROND_OK;
}

static enum rond_err sign_key_wrap(EVP_PKEY *take_evp, struct sign_key **ret_key) {
    struct sign_key *key = malloc(sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(take_evp);
        return ROND_ENOMEM;
    }
    key->evp = take_evp;
    *ret_key = key;
    return ROND_OK;
}

enum rond_err sign_key_generate(struct sign_key **ret_key) {
    EVP_PKEY *evp = EVP_EC_gen("P-256");
    return evp == NULL ? forget(ROND_ENOMEM) : sign_key_wrap(evp, ret_key);
}

// A key stored with a compressed point is taken, and written uncompressed from then on.
static bool evp_is_p256(EVP_PKEY *evp) {
    if (!EVP_PKEY_is_a(evp, "EC") || EVP_PKEY_set_utf8_string_param(evp, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                                                    OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1)
        return false;
    uint8_t *spki = NULL;
    int size = i2d_PUBKEY(evp, &spki);
    bool ok = size > 0 && spki_is_p256(bytes_of(spki, (size_t)size));
    OPENSSL_free(spki);
    return ok;
}

enum rond_err sign_key_from_der(struct bytes pkcs8, struct sign_key **ret_key) {
    const uint8_t *at = pkcs8.data;
    EVP_PKEY *evp = d2i_AutoPrivateKey(NULL, &at, (long)pkcs8.size);
    if (evp == NULL || at != pkcs8.data + pkcs8.size || !evp_is_p256(evp)) {
        EVP_PKEY_free(evp);
        return forget(ROND_EINVALID);
    }
    return sign_key_wrap(evp, ret_key);
}

void sign_key_destroy(struct sign_key *key) {
    if (key == NULL)
        return;
    EVP_PKEY_free(key->evp);
    free(key);
}

enum rond_err sign_key_spki(const struct sign_key *key, uint8_t **ret_der, size_t *ret_size) {
    uint8_t *der = malloc(SPKI_SIZE), *made = NULL;
    int size = der == NULL ? -1 : i2d_PUBKEY(key->evp, &made);
    if (size < 0) {
        free(der);
        return forget(ROND_ENOMEM);
    }
    CHECK(size == SPKI_SIZE);
    memcpy(der, made, SPKI_SIZE);
    OPENSSL_free(made);
    *ret_der = der;
    *ret_size = SPKI_SIZE;
    return ROND_OK;
}

enum rond_err sign_key_pkcs8(const struct sign_key *key, uint8_t **ret_der, size_t *ret_size) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->evp);
    int size = info == NULL ? 0 : i2d_PKCS8_PRIV_KEY_INFO(info, NULL);
    uint8_t *der = size > 0 ? malloc((size_t)size) : NULL;
    if (der != NULL) {
        uint8_t *at = der;
        i2d_PKCS8_PRIV_KEY_INFO(info, &at);
        *ret_der = der;
        *ret_size = (size_t)size;
    }
    PKCS8_PRIV_KEY_INFO_free(info);
    return der != NULL ? ROND_OK : forget(ROND_ENOMEM);
}

void *sign_key_evp(const struct sign_key *key) {
    return key->evp;
}
