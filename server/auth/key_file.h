// Secret keys in files of the data directory: PEM, readable by their owner alone.
#ifndef AUTH_KEY_FILE_H
#define AUTH_KEY_FILE_H

#include <openssl/evp.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/buffer.h"

enum { KEY_FILE_PATH_SIZE = 512 };

// A new file, which appears under its name only whole and on disk; ROND_ECONFLICT where one is there. PATH.part is
// written beside it, and one that a crash left is removed.
MUST_CHECK enum rond_err key_file_write(const char *path, mode_t mode, struct bytes content, struct fault *fault);
// The same in the place of what is there: one or the other has the name, whole, whatever happens. It belongs to whom the
// directory belongs.
MUST_CHECK enum rond_err key_file_replace(const char *path, mode_t mode, struct bytes content, struct fault *fault);
// What a directory's names lead to is on the disk. False with errno.
bool key_file_sync_folder(const char *path_in_it);
// DIRECTORY/NAME for reading. ROND_ENOTFOUND without it; ROND_EAUTH where it is secret and others than its owner can reach
// it. `what` it is, for the sentence: "the CA's key".
MUST_CHECK enum rond_err key_file_open(const char *directory, const char *name, bool secret, const char *what, FILE **ret_file,
                                       struct fault *fault);
// PKCS#8 in PEM; to be wiped by the caller.
MUST_CHECK enum rond_err key_file_pem(const EVP_PKEY *key, struct buffer *to);

#endif
