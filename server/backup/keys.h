// The keys of bodies in a file of their own, beside the backups that leave them out, and what was erased. It replaces the
// one before: an old one would open bodies again that were erased since, so old ones must not be kept.
//
//   "rond keys v1\n" || store id (16) || be64 epoch || be64 taken_ms, then entries, each led by a letter:
//   'k' be64 row || be64 leaf || key (32)                                     of a report
//   'f' be64 id  || be64 leaf || key (32)                                     of a fork
//   'e' be64 row || be64 leaf || be64 at_ms || text role || text rule         erased; a text is its size (1 byte), then it
//   'z' || SHA-256 of all before this hash                                    the end
#ifndef BACKUP_KEYS_H
#define BACKUP_KEYS_H

#include "base/clock.h"
#include "store/store.h"

#define KEYS_LAST "keys.json" // in the data directory: {"at_ms", "path", "keys", "erasures"}

struct backup_keys {
    struct store_identity store;
    int64_t taken_ms; // wall clock
    uint64_t keys;    // of reports and forks
    uint64_t erasures;
};

// Whole, synced, mode 0600, in place of what is there; one state of the store. `path` is absolute. On success
// DATA_DIR/keys.json says so. Any thread with a store of its own.
MUST_CHECK enum rond_err backup_keys_write(struct store *store, const char *path, const char *data_dir,
                                           const struct clock *clock, struct backup_keys *ret_file, struct fault *fault);
// Reads it through. ROND_ENOTFOUND, ROND_EINVALID where it is none, ROND_ECORRUPT where it is damaged or cut off.
MUST_CHECK enum rond_err backup_keys_check(const char *path, struct backup_keys *ret_file, struct fault *fault);
// What follows where a report is erased again; in its transaction.
struct backup_keys_taker {
    enum rond_err (*erased)(void *context, struct store *store, uint64_t row); // NULL: nothing
    void *context;
};
// Gives a restored store its keys, then erases anew what was erased; in transactions of its own. The file was checked
// before. ret_missing: reports that stay without a key after all that. path NULL: there are no keys.
MUST_CHECK enum rond_err backup_keys_apply(struct store *store, const char *path, const struct backup_keys_taker *taker,
                                           uint64_t *ret_missing, struct fault *fault);
// When the last one of this data directory was written (wall clock); ROND_ENOTFOUND: never.
MUST_CHECK enum rond_err backup_keys_last(const char *data_dir, int64_t *ret_at_ms);

#endif
