#include "base/secret.h"

#include <sys/mman.h>

#include "base/bytes.h"

void *secret_create(size_t size) {
    void *secret = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    (void)madvise(secret, size, MADV_DONTDUMP);
    (void)mlock(secret, size); // a bound on locked memory (RLIMIT_MEMLOCK) is no reason to fail
    return secret;
}

void secret_destroy(void *secret, size_t size) {
    if (secret == NULL)
        return;
    bytes_wipe(secret, size);
    (void)munmap(secret, size);
}
