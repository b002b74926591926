// A backup becomes a data directory: the store goes on as another epoch of itself, so that devices offer again what they
// keep.
//
// In place of what is there only where told so; the old files are kept in a directory of their own beside the new ones.
// A store is there exactly where rond.db is, so that is what goes last on its way out and last on its way in. A crash leaves
// the old store whole, or none, or the restored one; the command can be repeated after any of them.
#ifndef BACKUP_RESTORE_H
#define BACKUP_RESTORE_H

#include "backup/manifest.h"

struct restore_config {
    const char *backup;
    const char *data_dir; // there, with its lock held by the caller
    const char *keys;     // the key file; NULL: none
    bool without_texts;   // then: all the same, and every body waits until its device offers it again
    const char *aside;    // name within data_dir for the old files, "replaced-20260102-030405"; NULL: nothing may be there
    const char *actor;    // for the audit log: "uid:0"
    int64_t now_ms;
    const struct rng *rng;
    // Called in the transaction in which a report is erased again, for what it left in the figures (promise/forget.h).
    enum rond_err (*erased)(void *context, struct store *store, uint64_t row);
    void *context;
};

struct restored {
    struct manifest manifest;
    struct store_identity identity; // with its new epoch
    bool replaced;                  // something was moved aside
    uint64_t keyless;               // reports whose key was not there
};

// ROND_EINVALID: its keys are missing, or are another store's; nothing was changed. ROND_ENOTFOUND: no backup.
// ROND_ECORRUPT: it is damaged, by its manifest or its tables; nothing was changed. ROND_ECONFLICT: a store, or other keys,
// are there and `aside` is NULL. ROND_EFULL: no room; nothing was changed.
MUST_CHECK enum rond_err restore_run(const struct restore_config *config, struct restored *ret_restored,
                                     struct fault *fault);

#endif
