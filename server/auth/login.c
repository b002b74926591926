#include "auth/login.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/check.h"
#include "base/sha256.h"

enum { RECOVERY_SIZE = 15, SETUP_SIZE = 20, GROUP = 4 };

const char *login_outcome_name(enum login_outcome outcome) {
    static const char *const names[LOGIN_OUTCOMES] = {"done", "recovery", "unknown", "password",
                                                      "code", "waiting",  "locked"};
    return names[outcome];
}

// --- Codes that a person types ---

// Groups of four with hyphens.
static void code_format(struct bytes secret, char *ret_text) {
    char digits[LOGIN_SETUP_TEXT_SIZE];
    totp_base32(secret, digits);
    for (size_t i = 0; digits[i] != '\0'; i++) {
        if (i > 0 && i % GROUP == 0)
            *ret_text++ = '-';
        *ret_text++ = digits[i];
    }
    *ret_text = '\0';
    bytes_wipe(digits, sizeof digits);
}

void login_code_hash(const char *typed, struct hash256 *ret_hash) {
    char plain[LOGIN_SETUP_TEXT_SIZE] = "";
    size_t size = 0;
    for (; *typed != '\0' && size + 1 < sizeof plain; typed++) {
        char c = *typed >= 'a' && *typed <= 'z' ? (char)(*typed - 'a' + 'A') : *typed;
        if (c != '-' && c != ' ')
            plain[size++] = c;
    }
    sha256_of(bytes_of(plain, size), ret_hash);
    bytes_wipe(plain, sizeof plain);
}

void login_setup_make(const struct rng *rng, char ret_text[LOGIN_SETUP_TEXT_SIZE], struct hash256 *ret_hash) {
    uint8_t secret[SETUP_SIZE];
    rng_fill(rng, secret, sizeof secret);
    code_format(bytes_of(secret, sizeof secret), ret_text);
    login_code_hash(ret_text, ret_hash);
    bytes_wipe(secret, sizeof secret);
}

void login_secrets_make(const struct rng *rng, struct login_secrets *ret_secrets) {
    uint8_t secret[RECOVERY_SIZE];
    rng_fill(rng, ret_secrets->second_factor, TOTP_SECRET_SIZE);
    totp_secret_text(ret_secrets->second_factor, ret_secrets->second_factor_text);
    for (size_t i = 0; i < PERSON_RECOVERY_CODES; i++) {
        rng_fill(rng, secret, sizeof secret);
        code_format(bytes_of(secret, sizeof secret), ret_secrets->recovery_texts[i]);
        login_code_hash(ret_secrets->recovery_texts[i], &ret_secrets->recovery[i]);
    }
    bytes_wipe(secret, sizeof secret);
}

bool login_name_is_valid(const char *login) {
    size_t size = strlen(login);
    return size >= 2 && size <= PERSON_LOGIN_BYTES_MAX && login[0] >= 'a' && login[0] <= 'z' &&
           strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == size;
}

// --- A try ---

static bool recovery_use(struct person *person, const char *code) {
    struct hash256 hash;
    size_t found = person->recovery_count;
    login_code_hash(code, &hash);
    for (size_t i = 0; i < person->recovery_count; i++)
        if (bytes_equal_secret(person->recovery[i].b, hash.b, HASH_SIZE))
            found = i;
    if (found == person->recovery_count)
        return false;
    person->recovery[found] = person->recovery[--person->recovery_count];
    return true;
}

static void failed(struct person *person, int64_t now_ms) {
    person->failures += person->failures < UINT32_MAX;
    if (person->failures < LOGIN_FREE_TRIES)
        return;
    uint32_t doublings = person->failures - LOGIN_FREE_TRIES;
    int64_t wait_ms = doublings >= 7 ? LOGIN_WAIT_MAX_MS : (int64_t)LOGIN_WAIT_FIRST_MS << doublings;
    person->blocked_until_ms = now_ms + (wait_ms < LOGIN_WAIT_MAX_MS ? wait_ms : LOGIN_WAIT_MAX_MS);
}

enum login_outcome login_try(struct person *person, bool password_fits, const char *code, int64_t now_ms) {
    uint64_t step = 0;
    if (person->locked)
        return LOGIN_LOCKED;
    if (now_ms < person->blocked_until_ms)
        return LOGIN_WAITING;
    if (!password_fits || person->password.size == 0) {
        failed(person, now_ms);
        return LOGIN_WRONG_PASSWORD;
    }
    bool by_factor = totp_accept(person->second_factor, code, now_ms / 1000, person->second_factor_step, &step);
    if (!by_factor && !recovery_use(person, code)) {
        failed(person, now_ms);
        return LOGIN_WRONG_CODE;
    }
    person->second_factor_step = by_factor ? step : person->second_factor_step;
    person->failures = 0;
    person->blocked_until_ms = 0;
    return by_factor ? LOGIN_DONE : LOGIN_BY_RECOVERY;
}

enum login_outcome login_password_try(struct person *person, bool password_fits, int64_t now_ms) {
    if (person->locked)
        return LOGIN_LOCKED;
    if (now_ms < person->blocked_until_ms)
        return LOGIN_WAITING;
    if (password_fits && person->password.size > 0)
        return LOGIN_DONE;
    failed(person, now_ms);
    return LOGIN_WRONG_PASSWORD;
}

// --- Sessions ---

void login_token_make(const struct rng *rng, char ret_text[LOGIN_TOKEN_TEXT_SIZE]) {
    uint8_t token[LOGIN_TOKEN_SIZE];
    rng_fill(rng, token, sizeof token);
    hex_encode(bytes_of(token, sizeof token), ret_text);
    bytes_wipe(token, sizeof token);
}

bool login_token_hash(const char *text, struct hash256 *ret_hash) {
    uint8_t token[LOGIN_TOKEN_SIZE];
    if (strlen(text) != LOGIN_TOKEN_TEXT_SIZE - 1 || !hex_decode(text, token, sizeof token))
        return false;
    sha256_of(bytes_of(token, sizeof token), ret_hash);
    bytes_wipe(token, sizeof token);
    return true;
}

void login_token_csrf(const char *text, char ret_csrf[LOGIN_TOKEN_TEXT_SIZE]) {
    static const char purpose[] = "rond csrf v1";
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    CHECK(HMAC(EVP_sha256(), text, (int)strlen(text), (const unsigned char *)purpose, sizeof purpose - 1, mac, &size) !=
              NULL &&
          size == HASH_SIZE);
    hex_encode(bytes_of(mac, HASH_SIZE), ret_csrf);
}
