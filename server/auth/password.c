#include "auth/password.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/check.h"

enum {
    VERSION = 1,
    LOG2_N = 15, // with r = 8: 32 MiB, and about 60 ms of one core
    R = 8,
    P = 1,
    HEAD_SIZE = 4,
    SALT_SIZE_ = 16,
    LOG2_N_MAX = 20, // of what is stored: a damaged row must not ask for gigabytes
    R_MAX = 32,
    P_MAX = 16,
};
#define MEMORY_BYTES_MAX (UINT64_C(64) * 1024 * 1024)

static atomic_uint_least64_t runs;

// Of lower case. Every one of them that is long enough for us, and what people make of them to get there.
static const char *const FORBIDDEN[] = {
    "123456789012",     "1234567890123",    "12345678901234", "123456123456",     "qwertyuiop12",     "qwertyuiopas",
    "qwertyuiopå",      "password1234",     "password12345",  "passwordpassword", "lösenord1234",     "losenord1234",
    "lösenordlösenord", "losenordlosenord", "administrator",  "administratör",    "adminadminadmin",  "rondrondrond",
    "rondrondrondrond", "medborgarlöfte",   "medborgarlofte", "sommaren2026",     "sommaren2025",     "vintern2026!",
    "polisenpolisen",   "välkommen123",     "valkommen123",   "iloveyou1234",     "abcdefghijkl",     "abc123abc123",
    "1q2w3e4r5t6y",     "q1w2e3r4t5y6",     "letmeinletmein", "changeme1234",     "changemechangeme", "hemligthemligt",
};

static size_t characters(const char *text) {
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_one_character(const char *text) {
    return text[strspn(text, (const char[]){text[0], '\0'})] == '\0';
}

static bool is_forbidden(const char *password) {
    for (size_t i = 0; i < ARRAY_COUNT(FORBIDDEN); i++)
        if (strcasecmp(FORBIDDEN[i], password) == 0)
            return true;
    return is_one_character(password);
}

enum rond_err password_judge(const char *password, const char *login, struct fault *fault) {
    if (strlen(password) > PASSWORD_BYTES_MAX || !utf8_is_valid(bytes_of_text(password)))
        return fault_set(fault, ROND_EINVALID, 0, "password", "The password may have at most %d bytes.", PASSWORD_BYTES_MAX);
    if (characters(password) < PASSWORD_CHARACTERS_MIN)
        return fault_set(fault, ROND_EINVALID, 0, "password", "The password needs at least %d characters; a few words do.",
                         PASSWORD_CHARACTERS_MIN);
    if (is_forbidden(password) || (strlen(login) >= 3 && strcasestr(password, login) != NULL))
        return fault_set(fault, ROND_EINVALID, 0, "password",
                         "That password is among the first that anybody would try; choose another.");
    return ROND_OK;
}

static enum rond_err derive(const char *password, const uint8_t head[HEAD_SIZE], const uint8_t *salt,
                            uint8_t ret_hash[HASH_SIZE]) {
    if (head[0] != VERSION || head[1] < 1 || head[1] > LOG2_N_MAX || head[2] < 1 || head[2] > R_MAX || head[3] < 1 ||
        head[3] > P_MAX)
        return ROND_ECORRUPT;
    atomic_fetch_add_explicit(&runs, 1, memory_order_relaxed);
    return EVP_PBE_scrypt(password, strlen(password), salt, SALT_SIZE_, UINT64_C(1) << head[1], head[2], head[3],
                          MEMORY_BYTES_MAX, ret_hash, HASH_SIZE) == 1
               ? ROND_OK
               : ROND_ENOMEM;
}

enum rond_err password_make(const char *password, const struct rng *rng, uint8_t ret_stored[PASSWORD_STORED_SIZE]) {
    uint8_t stored[PASSWORD_STORED_SIZE] = {VERSION, LOG2_N, R, P};
    rng_fill(rng, stored + HEAD_SIZE, SALT_SIZE_);
    enum rond_err err = derive(password, stored, stored + HEAD_SIZE, stored + HEAD_SIZE + SALT_SIZE_);
    if (err == ROND_OK)
        memcpy(ret_stored, stored, sizeof stored);
    return err;
}

enum rond_err password_check(const char *password, struct bytes stored, bool *ret_fits) {
    static const uint8_t nothing[PASSWORD_STORED_SIZE] = {VERSION, LOG2_N, R, P};
    uint8_t hash[HASH_SIZE];
    const uint8_t *against = stored.size == 0 ? nothing : stored.data;
    if (stored.size != 0 && stored.size != PASSWORD_STORED_SIZE)
        return ROND_ECORRUPT;
    enum rond_err err = derive(password, against, against + HEAD_SIZE, hash);
    if (err == ROND_OK)
        *ret_fits = bytes_equal_secret(hash, against + HEAD_SIZE + SALT_SIZE_, HASH_SIZE) && stored.size != 0;
    bytes_wipe(hash, sizeof hash);
    return err;
}

uint64_t password_runs(void) {
    return atomic_load_explicit(&runs, memory_order_relaxed);
}
