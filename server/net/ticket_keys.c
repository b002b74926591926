#include "net/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

enum { SECRET_SIZE = TICKET_KEYS_SIZE / 2 - 8 };
_Static_assert(offsetof(struct ticket_key, made_ms) == SECRET_SIZE, "name and keys lie without gaps");

// --- As they are kept: name || mac || cipher || be64(made_ms), twice ---

static void key_read(struct ticket_key *key, const uint8_t *kept) {
    memcpy(key, kept, SECRET_SIZE);
    key->made_ms = (int64_t)get_be64(kept + SECRET_SIZE);
}

static void key_write(const struct ticket_key *key, uint8_t *kept) {
    memcpy(kept, key, SECRET_SIZE);
    put_be64(kept + SECRET_SIZE, (uint64_t)key->made_ms);
}

bool ticket_keys_read(struct ticket_keys *keys, struct bytes kept) {
    if (kept.size != TICKET_KEYS_SIZE)
        return false;
    key_read(&keys->now, kept.data);
    key_read(&keys->before, kept.data + TICKET_KEYS_SIZE / 2);
    return keys->now.made_ms > 0;
}

void ticket_keys_write(const struct ticket_keys *keys, uint8_t ret_kept[TICKET_KEYS_SIZE]) {
    key_write(&keys->now, ret_kept);
    key_write(&keys->before, ret_kept + TICKET_KEYS_SIZE / 2);
}

// --- Turning them ---

static void drop(struct ticket_key *key) {
    bytes_wipe(key, sizeof *key);
}

// A clock that was set back makes it as old as one that nobody knows the age of.
static bool is_older(const struct ticket_key *key, int64_t now_ms, int64_t age_ms) {
    return now_ms < key->made_ms || now_ms - key->made_ms >= age_ms;
}

bool ticket_keys_turn(struct ticket_keys *keys, const struct rng *rng, int64_t now_ms) {
    const int64_t life_ms = TICKET_LIFE_S * INT64_C(1000);
    // The one before sealed last when the one now was made.
    bool drops = keys->before.made_ms != 0 && is_older(&keys->now, now_ms, life_ms);
    bool makes = keys->now.made_ms == 0 || is_older(&keys->now, now_ms, TICKET_KEY_MS);
    if (drops)
        drop(&keys->before);
    if (!makes)
        return drops;
    // One that nobody used for long, for no server ran, has opened its last.
    if (keys->now.made_ms != 0 && !is_older(&keys->now, now_ms, TICKET_KEY_MS + life_ms))
        keys->before = keys->now;
    rng_fill(rng, keys->now.name, sizeof keys->now.name);
    rng_fill(rng, keys->now.mac, sizeof keys->now.mac);
    rng_fill(rng, keys->now.cipher, sizeof keys->now.cipher);
    keys->now.made_ms = now_ms;
    return true;
}

// --- At OpenSSL's call ---

enum { FAILED = -1, UNKNOWN = 0, OPENS = 1, OPENS_AND_RENEWS = 2 };

static int context_index(void) {
    static int index = -1;
    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static bool mac_init(EVP_MAC_CTX *mac, const struct ticket_key *key) {
    char digest[] = "SHA256";
    uint8_t secret[sizeof key->mac];
    memcpy(secret, key->mac, sizeof secret);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret, sizeof secret),
                                 OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    bool made = EVP_MAC_CTX_set_params(mac, params) == 1;
    bytes_wipe(secret, sizeof secret);
    return made;
}

static int seal(const struct ticket_key *key, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher,
                EVP_MAC_CTX *mac) {
    memcpy(name, key->name, sizeof key->name);
    rng_fill(rng_system(), iv, (size_t)EVP_CIPHER_get_iv_length(EVP_aes_256_cbc()));
    return EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) == 1 && mac_init(mac, key) ? OPENS : FAILED;
}

static int open_with(const struct ticket_keys *keys, const unsigned char name[16], const unsigned char *iv,
                     EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac) {
    bool is_now = memcmp(name, keys->now.name, sizeof keys->now.name) == 0;
    bool is_before = keys->before.made_ms != 0 && memcmp(name, keys->before.name, sizeof keys->before.name) == 0;
    const struct ticket_key *key = is_now ? &keys->now : &keys->before;
    if (!is_now && !is_before)
        return UNKNOWN;
    if (EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->cipher, iv) != 1 || !mac_init(mac, key))
        return FAILED;
    return is_now ? OPENS : OPENS_AND_RENEWS;
}

static int on_ticket(SSL *ssl, unsigned char name[16], unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac,
                     int seals) {
    const struct ticket_keys *keys = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index());
    if (!keys)
        return FAILED;
    int answer = seals ? seal(&keys->now, name, iv, cipher, mac) : open_with(keys, name, iv, cipher, mac);
    if (answer == FAILED)
        ERR_clear_error();
    return answer;
}

void ticket_keys_use(const struct ticket_keys *keys, SSL_CTX *context) {
    (void)SSL_CTX_set_ex_data(context, context_index(), (void *)(uintptr_t)keys);
    (void)SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
    (void)SSL_CTX_set_timeout(context, TICKET_LIFE_S);
}
