#include "base/secret.h"

#include <sys/mman.h>

#include "base/bytes.h"

// Under the address sanitizer: what only such memory points to is no leak.
#if defined(__SANITIZE_ADDRESS__)
#define SECRET_IS_LOOKED_THROUGH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SECRET_IS_LOOKED_THROUGH 1
#endif
#endif
#ifdef SECRET_IS_LOOKED_THROUGH
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_register_root_region(memory, size)
#define __lsan_unregister_root_region(memory, size)
#endif

void *secret_create(size_t size) {
    void *secret = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    (void)madvise(secret, size, MADV_DONTDUMP);
    (void)mlock(secret, size); // a bound on locked memory (RLIMIT_MEMLOCK) is no reason to fail
    __lsan_register_root_region(secret, size);
    return secret;
}

void secret_destroy(void *secret, size_t size) {
    if (secret == NULL)
        return;
    __lsan_unregister_root_region(secret, size);
    bytes_wipe(secret, size);
    (void)munmap(secret, size);
}
