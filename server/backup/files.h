// Files of a backup: copied with their hash, durable, readable by their owner alone. Paths are DIRECTORY/NAME, names are
// ours.
#ifndef BACKUP_FILES_H
#define BACKUP_FILES_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/bytes.h"

enum { FILES_PATH_SIZE = 4096 + 64, FILES_SMALL_BYTES_MAX = 1024 * 1024 };

struct file_stamp {
    uint64_t bytes;
    struct hash256 sha256;
};

// In a data directory a name may be a link to where the file lies (auth/seclusion.h); nowhere else is one followed.
enum files_links { FILES_AS_THEY_ARE, FILES_FOLLOWED };

// ROND_EINVALID where the path is too long.
MUST_CHECK enum rond_err files_path(const char *directory, const char *name, char (*ret_path)[FILES_PATH_SIZE],
                                    struct fault *fault);
bool files_is_there(const char *directory, const char *name);
// Reads it through. ROND_ENOTFOUND without it.
MUST_CHECK enum rond_err files_stamp(const char *directory, const char *name, enum files_links links, struct file_stamp *ret_stamp,
                                     struct fault *fault);
// As a new file, mode 0600, synced; ROND_ECONFLICT where one is there. ret_stamp: of the bytes that were copied.
MUST_CHECK enum rond_err files_copy(const char *from, enum files_links links, const char *to, const char *name, struct file_stamp *ret_stamp,
                                    struct fault *fault);
// A small file, whole: ROND_EFULL where it is larger than FILES_SMALL_BYTES_MAX.
MUST_CHECK enum rond_err files_read(const char *directory, const char *name, struct buffer *to, struct fault *fault);
// Whole or not at all: written beside, synced and renamed; in place of one that is there.
MUST_CHECK enum rond_err files_write(const char *directory, const char *name, struct bytes content, struct fault *fault);
// A file that root wrote into somebody's directory is that user's: whoever serves the directory must read it.
MUST_CHECK enum rond_err files_give_to_owner(const char *directory, const char *name, struct fault *fault);
// The names in it survive a power cut.
MUST_CHECK enum rond_err files_sync_directory(const char *directory, struct fault *fault);

#endif
