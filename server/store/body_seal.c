// One context for all bodies of a store, and random bytes for many keys at once: setting up either for each would cost more
// than sealing does.
#include "store/body_seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { NONCE_SIZE = 12, STOCK_KEYS = 128, LABEL_SIZE = 12, PLACE_SIZE = LABEL_SIZE + 1 + 2 * ID_SIZE + 8 };

struct body_sealer {
    const struct rng *rng;
    EVP_CIPHER *algorithm;
    EVP_CIPHER_CTX *context;
    size_t stock_used;
    struct body_key stock[STOCK_KEYS];
};

static const uint8_t ZERO_NONCE[NONCE_SIZE];

enum rond_err body_sealer_create(const struct rng *rng, struct body_sealer **ret_sealer) {
    struct body_sealer *sealer = calloc(1, sizeof *sealer);
    if (sealer == NULL)
        return ROND_ENOMEM;
    sealer->rng = rng;
    sealer->stock_used = STOCK_KEYS;
    sealer->algorithm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    sealer->context = EVP_CIPHER_CTX_new();
    // With the algorithm once, so that each body only gives its key.
    if (sealer->algorithm == NULL || sealer->context == NULL ||
        EVP_CipherInit_ex2(sealer->context, sealer->algorithm, NULL, NULL, 1, NULL) != 1) {
        ERR_clear_error();
        body_sealer_destroy(sealer);
        return ROND_ENOMEM;
    }
    *ret_sealer = sealer;
    return ROND_OK;
}

void body_sealer_destroy(struct body_sealer *sealer) {
    if (sealer == NULL)
        return;
    EVP_CIPHER_CTX_free(sealer->context);
    EVP_CIPHER_free(sealer->algorithm);
    bytes_wipe(sealer->stock, sizeof sealer->stock);
    free(sealer);
}

void body_key_take(struct body_sealer *sealer, struct body_key *ret_key) {
    CHECK(sealer->rng != NULL);
    if (sealer->stock_used == STOCK_KEYS) {
        rng_fill(sealer->rng, sealer->stock, sizeof sealer->stock);
        sealer->stock_used = 0;
    }
    struct body_key *next = &sealer->stock[sealer->stock_used++];
    *ret_key = *next;
    bytes_wipe(next, sizeof *next);
}

static void place_encode(enum body_what what, const struct report_key *place, uint8_t to[PLACE_SIZE]) {
    memcpy(to, "rond body v1", LABEL_SIZE);
    to[LABEL_SIZE] = (uint8_t)what;
    memcpy(to + LABEL_SIZE + 1, place->device.b, ID_SIZE);
    memcpy(to + LABEL_SIZE + 1 + ID_SIZE, place->outbox.b, ID_SIZE);
    put_be64(to + LABEL_SIZE + 1 + 2 * ID_SIZE, place->seq);
}

enum rond_err body_seal(struct body_sealer *sealer, const struct body_key *key, enum body_what what,
                        const struct report_key *place, struct bytes plain, uint8_t *ret_sealed) {
    EVP_CIPHER_CTX *context = sealer->context;
    uint8_t aad[PLACE_SIZE];
    int size;
    if (plain.size > INT32_MAX - BODY_TAG_SIZE)
        return ROND_EINVALID;
    place_encode(what, place, aad);
    bool done = EVP_CipherInit_ex2(context, NULL, key->b, ZERO_NONCE, 1, NULL) == 1 &&
                EVP_CipherUpdate(context, NULL, &size, aad, sizeof aad) == 1 &&
                (plain.size == 0 || EVP_CipherUpdate(context, ret_sealed, &size, plain.data, (int)plain.size) == 1) &&
                EVP_CipherFinal_ex(context, ret_sealed + plain.size, &size) == 1 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, BODY_TAG_SIZE, ret_sealed + plain.size) == 1;
    if (!done)
        ERR_clear_error();
    return done ? ROND_OK : ROND_ENOMEM;
}

// What OpenSSL cannot do before it has looked at all of the bytes, it has no memory for.
enum rond_err body_unseal(struct body_sealer *sealer, const struct body_key *key, enum body_what what,
                          const struct report_key *place, struct bytes sealed, uint8_t *ret_plain) {
    EVP_CIPHER_CTX *context = sealer->context;
    uint8_t aad[PLACE_SIZE], tag[BODY_TAG_SIZE];
    int size;
    if (sealed.size < BODY_TAG_SIZE || sealed.size > INT32_MAX)
        return ROND_ECORRUPT;
    size_t plain_size = sealed.size - BODY_TAG_SIZE;
    place_encode(what, place, aad);
    memcpy(tag, sealed.data + plain_size, BODY_TAG_SIZE);
    bool done = EVP_CipherInit_ex2(context, NULL, key->b, ZERO_NONCE, 0, NULL) == 1 &&
                EVP_CipherUpdate(context, NULL, &size, aad, sizeof aad) == 1 &&
                (plain_size == 0 || EVP_CipherUpdate(context, ret_plain, &size, sealed.data, (int)plain_size) == 1) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, BODY_TAG_SIZE, tag) == 1;
    bool authentic = done && EVP_CipherFinal_ex(context, ret_plain + plain_size, &size) == 1;
    if (authentic)
        return ROND_OK;
    ERR_clear_error();
    bytes_wipe(ret_plain, plain_size); // deciphered, but not authentic
    return done ? ROND_ECORRUPT : ROND_ENOMEM;
}
