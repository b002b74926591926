#include "auth/password.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <stdatomic.h>
#include <string.h>

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
