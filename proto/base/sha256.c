// The chain hashes every report four times, so the two costly parts of OpenSSL 3's digests are paid once only: looking
// up the algorithm (per process) and its context (per thread).
#include "base/sha256.h"

#include <openssl/evp.h>
#include <pthread.h>

#include "base/check.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *algorithm;
static pthread_key_t context_key;

static void context_free(void *context) {
    EVP_MD_CTX_free(context);
}

static void setup(void) {
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(algorithm != NULL);
    CHECK(pthread_key_create(&context_key, context_free) == 0);
}

static EVP_MD_CTX *thread_context(void) {
    pthread_once(&once, setup);
    EVP_MD_CTX *context = pthread_getspecific(context_key);
    if (context == NULL) {
        context = EVP_MD_CTX_new();
        CHECK(context != NULL && pthread_setspecific(context_key, context) == 0);
    }
    return context;
}

void sha256_parts(const struct bytes *parts, size_t count, struct hash256 *ret_hash) {
    EVP_MD_CTX *context = thread_context();
    CHECK(EVP_DigestInit_ex2(context, algorithm, NULL) == 1);
    for (size_t i = 0; i < count; i++)
        CHECK(EVP_DigestUpdate(context, parts[i].data, parts[i].size) == 1);
    CHECK(EVP_DigestFinal_ex(context, ret_hash->b, NULL) == 1);
}

void sha256_of(struct bytes bytes, struct hash256 *ret_hash) {
    sha256_parts(&bytes, 1, ret_hash);
}
