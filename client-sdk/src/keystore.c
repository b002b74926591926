// The device key as an OpenSSL key that cannot sign by itself: an EC_KEY with the public half only, whose method sends
// every signature to the app's callback. TLS and X509_REQ_sign then use it like any other key, and the private half may
// live in a secure element that gives nothing away.
//
// EC_KEY_METHOD is the older of OpenSSL's two ways to do this and marked deprecated in 3.0, yet it is fully supported
// there (keys with a method of their own are never exported to a provider). The newer way is to write a provider: some
// thousand lines, and global. Hence the quiet below, for this file alone.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "keystore.h"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/openssl_err.h"
#include "base/sha256.h"

enum { SPKI_SIZE_MAX = 256, DIGEST_SIZE = 32, NUMBER_SIZE = SIGNATURE_SIZE / 2 };

struct keystore {
    rond_keystore callbacks;
    uint8_t spki[SPKI_SIZE_MAX];
    size_t spki_size; // 0 until the app was asked
    EC_KEY_METHOD *method;
    EVP_PKEY *key; // NULL until asked for
    enum rond_err signing_err;
};

enum rond_err keystore_create(const rond_keystore *callbacks, struct keystore **ret_keystore) {
    if (callbacks == NULL || callbacks->outbox_key == NULL || callbacks->public_key == NULL ||
        callbacks->sign_digest == NULL)
        return ROND_EINVALID;
    struct keystore *keystore = calloc(1, sizeof *keystore);
    if (keystore == NULL)
        return ROND_ENOMEM;
    keystore->callbacks = *callbacks;
    *ret_keystore = keystore;
    return ROND_OK;
}

void keystore_destroy(struct keystore *keystore) {
    if (keystore == NULL)
        return;
    EVP_PKEY_free(keystore->key);
    if (keystore->method != NULL)
        EC_KEY_METHOD_free(keystore->method);
    if (keystore->callbacks.release != NULL)
        keystore->callbacks.release(keystore->callbacks.context);
    free(keystore);
}

enum rond_err keystore_outbox_key(struct keystore *keystore, struct seal_key *ret_key) {
    struct seal_key key;
    enum rond_err err = keystore->callbacks.outbox_key(keystore->callbacks.context, key.b);
    if (err == ROND_OK)
        *ret_key = key;
    bytes_wipe(&key, sizeof key);
    return err;
}

enum rond_err keystore_sign(void *context, const struct statement *statement, struct signature *ret_signature) {
    struct keystore *keystore = context;
    struct hash256 digest;
    sha256_of(bytes_of(statement->b, statement->size), &digest);
    struct signature signature;
    enum rond_err err = keystore->callbacks.sign_digest(keystore->callbacks.context, digest.b, signature.b);
    if (err == ROND_OK)
        *ret_signature = signature;
    return err;
}

enum rond_err keystore_spki(struct keystore *keystore, struct bytes *ret_spki) {
    if (keystore->spki_size == 0) {
        size_t size = sizeof keystore->spki;
        enum rond_err err = keystore->callbacks.public_key(keystore->callbacks.context, keystore->spki, &size);
        if (err != ROND_OK)
            return err;
        if (size == 0 || size > sizeof keystore->spki)
            return ROND_EINVALID;
        keystore->spki_size = size;
    }
    *ret_spki = bytes_of(keystore->spki, keystore->spki_size);
    return ROND_OK;
}

// --- The OpenSSL key ---

// What OpenSSL calls for a signature, with the digest made. NULL tells it that there is none.
static ECDSA_SIG *sign_with_callback(const unsigned char *digest, int digest_size, const BIGNUM *inverse,
                                     const BIGNUM *r_given, EC_KEY *key) {
    UNUSED(inverse);
    UNUSED(r_given);
    struct keystore *keystore = EC_KEY_get_ex_data(key, 0);
    uint8_t signature[SIGNATURE_SIZE];
    if (keystore == NULL || digest_size != DIGEST_SIZE)
        return NULL;
    keystore->signing_err = keystore->callbacks.sign_digest(keystore->callbacks.context, digest, signature);
    if (keystore->signing_err != ROND_OK)
        return NULL;
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, NUMBER_SIZE, NULL);
    BIGNUM *s = BN_bin2bn(signature + NUMBER_SIZE, NUMBER_SIZE, NULL);
    if (numbers == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(numbers, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(numbers);
        return NULL;
    }
    return numbers;
}

static EC_KEY_METHOD *method_create(void) {
    EC_KEY_METHOD *method = EC_KEY_METHOD_new(EC_KEY_OpenSSL());
    if (method == NULL)
        return NULL;
    int (*sign)(int, const unsigned char *, int, unsigned char *, unsigned int *, const BIGNUM *, const BIGNUM *, EC_KEY *);
    int (*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);
    EC_KEY_METHOD_get_sign(method, &sign, &setup, NULL);
    EC_KEY_METHOD_set_sign(method, sign, setup, sign_with_callback);
    return method;
}

// The public point of the app's key, in an EC_KEY of its own.
static enum rond_err public_half(struct bytes spki, EC_KEY **ret_key) {
    const unsigned char *at = spki.data;
    EC_KEY *key = d2i_EC_PUBKEY(NULL, &at, (long)spki.size);
    enum rond_err err = openssl_err(ROND_EINVALID);
    if (key == NULL)
        return err;
    if (EC_GROUP_get_curve_name(EC_KEY_get0_group(key)) != NID_X9_62_prime256v1) {
        EC_KEY_free(key);
        return ROND_EINVALID;
    }
    *ret_key = key;
    return ROND_OK;
}

enum rond_err keystore_signing_err(const struct keystore *keystore) {
    return keystore->signing_err;
}

enum rond_err keystore_evp(struct keystore *keystore, EVP_PKEY **ret_key) {
    keystore->signing_err = ROND_OK;
    if (keystore->key != NULL) {
        *ret_key = keystore->key;
        return ROND_OK;
    }
    struct bytes spki;
    EC_KEY *half = NULL;
    EVP_PKEY *key = NULL;
    enum rond_err err = keystore_spki(keystore, &spki);
    if (err == ROND_OK)
        err = public_half(spki, &half);
    if (err != ROND_OK)
        return err;
    if (keystore->method == NULL)
        keystore->method = method_create();
    key = EVP_PKEY_new();
    if (keystore->method == NULL || key == NULL || EC_KEY_set_method(half, keystore->method) != 1 ||
        EC_KEY_set_ex_data(half, 0, keystore) != 1 || EVP_PKEY_assign_EC_KEY(key, half) != 1) {
        EC_KEY_free(half);
        EVP_PKEY_free(key);
        return ROND_ENOMEM;
    }
    keystore->key = key;
    *ret_key = key;
    return ROND_OK;
}
