// What OpenSSL left in its queue of errors.
#ifndef BASE_OPENSSL_ERR_H
#define BASE_OPENSSL_ERR_H

#include "base/err.h"

// Empties this thread's queue, so that the next caller does not find it there (TLS reads it). Answers ROND_ENOMEM where it
// tells that memory was missing, since that says nothing about a key, a signature or a certificate; else `otherwise`.
enum rond_err openssl_err(enum rond_err otherwise);

#endif
