// Memory for what opens everything else: keys. Zero-filled, kept out of core dumps, kept from the swap where the system allows
// that much of it, and wiped when it is given back. Whoever may trace the process still reads it.
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

void *secret_create(size_t size);              // whole pages; NULL without memory
void secret_destroy(void *secret, size_t size); // NULL is fine; the size is that of secret_create

#endif
