// When something was last done, in a small file of the data directory: {"at_ms", ...}. Written by rondctl, read by rondd for
// its warnings, so it belongs to the directory's owner.
#ifndef BACKUP_LAST_H
#define BACKUP_LAST_H

#include <jansson.h>

#include "base/err.h"

// NULL (no memory) is ROND_ENOMEM.
MUST_CHECK enum rond_err last_note(const char *data_dir, const char *name, json_t *take_last, struct fault *fault);
// ROND_ENOTFOUND: never; ROND_ECORRUPT.
MUST_CHECK enum rond_err last_read(const char *data_dir, const char *name, int64_t *ret_at_ms);

#endif
