// A backup: one directory with all that a server needs to go on elsewhere, but for the keys of bodies (keys.h). The store
// as one file, the certificate authority, the keys that sign follow-ups and receipts, and a manifest with the hash of each.
// It holds secrets (whoever has ca.key can enrol devices, statement.key and receipt.key sign for you): mode 0700, files
// 0600. Texts of reports are sealed in it. What is made anew by itself is left out: the listeners' certificate, the keys of
// TLS tickets. So is the configuration, which lies elsewhere.
//
// It is written beside its name (DESTINATION.partial), checked, synced and renamed: what has the name is a whole backup.
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include "backup/manifest.h"
#include "base/clock.h"

#define BACKUP_LAST "backup.json" // in the data directory: {"at_ms", "path", "store_id", "epoch", "reports"}

enum backup_stage { BACKUP_COPYING, BACKUP_CHECKING };
const char *backup_stage_name(enum backup_stage stage); // "copying", "checking"

struct backup_config {
    const char *data_dir;
    const char *destination; // absolute; must not be there, its parent must
    const struct clock *clock;
    const struct rng *rng;
    // Called now and then; an error that it answers gives the backup up.
    enum rond_err (*went_on)(void *context, enum backup_stage stage, uint64_t bytes, uint64_t of);
    void *context;
};

// From any thread, with a store of its own; nobody waits for it. On success DATA_DIR/backup.json says so.
// ROND_EINVALID: the destination cannot be one. ROND_ECONFLICT: something is there, or another backup is being written
// there. ROND_EFULL: no room. ROND_EAUTH: the directory is not writable by whoever runs this. ROND_ECORRUPT: the store
// itself is damaged. Nothing is left of one that failed, or, where it was the last step that did, all of it: what has the
// name is a whole backup.
MUST_CHECK enum rond_err backup_make(struct store *store, const struct backup_config *config, struct manifest *ret_manifest,
                                     struct fault *fault);

// When the last backup of this data directory was made (wall clock); ROND_ENOTFOUND: never, or not since it was restored.
MUST_CHECK enum rond_err backup_last(const char *data_dir, int64_t *ret_at_ms);

#endif
