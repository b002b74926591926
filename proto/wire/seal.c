#include "wire/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdatomic.h>

enum { VERSION = 0x01, NONCE_SIZE = 12, TAG_SIZE = 16, WRAPPED_SIZE = SEAL_KEY_SIZE + TAG_SIZE };

static const uint8_t zero_nonce[NONCE_SIZE];

// Looked up once, by whoever comes first; without memory the next one tries again.
static EVP_CIPHER *_Atomic algorithm;

static const EVP_CIPHER *algorithm_get(void) {
    EVP_CIPHER *known = atomic_load(&algorithm);
    if (known != NULL)
        return known;
    EVP_CIPHER *fetched = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (fetched == NULL || atomic_compare_exchange_strong(&algorithm, &known, fetched))
        return fetched;
    EVP_CIPHER_free(fetched);
    return known;
}

static EVP_CIPHER_CTX *context_create(void) {
    return algorithm_get() == NULL ? NULL : EVP_CIPHER_CTX_new();
}

// Writes plain.size + TAG_SIZE bytes.
static bool gcm_encrypt(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *nonce, struct bytes aad,
                        struct bytes plain, uint8_t *ret_sealed) {
    int size;
    return EVP_EncryptInit_ex2(context, algorithm_get(), key, nonce, NULL) == 1 &&
           EVP_EncryptUpdate(context, NULL, &size, aad.data, (int)aad.size) == 1 &&
           (plain.size == 0 || EVP_EncryptUpdate(context, ret_sealed, &size, plain.data, (int)plain.size) == 1) &&
           EVP_EncryptFinal_ex(context, ret_sealed + plain.size, &size) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, ret_sealed + plain.size) == 1;
}

// Writes sealed.size - TAG_SIZE bytes, which mean nothing where it fails. ROND_ECORRUPT is said of the bytes alone: what
// OpenSSL cannot do before it has looked at all of them, it has no memory for.
static enum rond_err gcm_decrypt(EVP_CIPHER_CTX *context, const uint8_t *key, const uint8_t *nonce, struct bytes aad,
                                 struct bytes sealed, uint8_t *ret_plain) {
    size_t plain_size = sealed.size - TAG_SIZE;
    uint8_t tag[TAG_SIZE];
    for (int i = 0; i < TAG_SIZE; i++)
        tag[i] = sealed.data[plain_size + (size_t)i];
    int size;
    bool done = EVP_DecryptInit_ex2(context, algorithm_get(), key, nonce, NULL) == 1 &&
                EVP_DecryptUpdate(context, NULL, &size, aad.data, (int)aad.size) == 1 &&
                (plain_size == 0 || EVP_DecryptUpdate(context, ret_plain, &size, sealed.data, (int)plain_size) == 1) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1;
    if (!done)
        return ROND_ENOMEM;
    return EVP_DecryptFinal_ex(context, ret_plain + plain_size, &size) == 1 ? ROND_OK : ROND_ECORRUPT;
}

enum rond_err seal(const struct seal_key *key, const struct rng *rng, struct bytes aad, struct bytes plain,
                   struct buffer *to) {
    enum rond_err err = plain.size > INT32_MAX ? ROND_EFULL : buffer_reserve(to, plain.size + SEAL_OVERHEAD);
    if (err != ROND_OK)
        return err;
    EVP_CIPHER_CTX *context = context_create();
    if (context == NULL)
        return ROND_ENOMEM;
    uint8_t *sealed = to->data + to->size;
    uint8_t *nonce = sealed + 1, *wrapped = nonce + NONCE_SIZE, *ciphertext = wrapped + WRAPPED_SIZE;
    struct seal_key record_key;
    sealed[0] = VERSION;
    rng_fill(rng, nonce, NONCE_SIZE);
    rng_fill(rng, record_key.b, SEAL_KEY_SIZE);
    bool ok = gcm_encrypt(context, key->b, nonce, aad, bytes_of(record_key.b, SEAL_KEY_SIZE), wrapped) &&
              gcm_encrypt(context, record_key.b, zero_nonce, aad, plain, ciphertext);
    bytes_wipe(&record_key, sizeof record_key);
    EVP_CIPHER_CTX_free(context);
    if (!ok) {
        ERR_clear_error();
        return ROND_ENOMEM;
    }
    to->size += plain.size + SEAL_OVERHEAD;
    return ROND_OK;
}

enum rond_err unseal(const struct seal_key *key, struct bytes aad, struct bytes sealed, struct buffer *to) {
    if (sealed.size < SEAL_OVERHEAD || sealed.size > INT32_MAX || sealed.data[0] != VERSION)
        return ROND_ECORRUPT;
    size_t plain_size = sealed.size - SEAL_OVERHEAD;
    enum rond_err err = buffer_reserve(to, plain_size);
    if (err != ROND_OK)
        return err;
    EVP_CIPHER_CTX *context = context_create();
    if (context == NULL)
        return ROND_ENOMEM;
    const uint8_t *nonce = sealed.data + 1, *wrapped = nonce + NONCE_SIZE, *ciphertext = wrapped + WRAPPED_SIZE;
    struct seal_key record_key;
    err = gcm_decrypt(context, key->b, nonce, aad, bytes_of(wrapped, WRAPPED_SIZE), record_key.b);
    if (err == ROND_OK)
        err = gcm_decrypt(context, record_key.b, zero_nonce, aad, bytes_of(ciphertext, plain_size + TAG_SIZE),
                          to->data + to->size);
    bytes_wipe(&record_key, sizeof record_key);
    EVP_CIPHER_CTX_free(context);
    if (err != ROND_OK) {
        ERR_clear_error();
        bytes_wipe(to->data + to->size, plain_size); // deciphered, but not authentic
        return err;
    }
    to->size += plain_size;
    return ROND_OK;
}
