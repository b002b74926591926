// A store: one backend behind the three headers of the storage contract.
//
//   store->ledger->append(store, ...)   reports          committer thread
//   store->registry->device_put(store, ...)              committer thread
//   store->views->reports(store, ...)   bounded reads    any thread with a read-only store of its own
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/rng.h"
#include "store/ledger.h"
#include "store/registry.h"
#include "store/views.h"

// Backends embed it as their first member.
struct store {
    const struct ledger_ops *ledger;
    const struct registry_ops *registry;
    const struct views_ops *views;
    void (*close)(struct store *store);
};

enum store_access {
    STORE_CREATE,     // makes an empty store (rondctl init); ROND_ECONFLICT where one is there
    STORE_READ_WRITE, // ROND_ENOTFOUND without one; the caller holds the data directory's lock
    STORE_READ_ONLY,
    STORE_BACKUP,     // read-only, of a file that nobody writes (a backup): makes nothing beside it
};

// Called while a store of an older version is brought up to date as it is opened, every thousand rows or so. Of the whole
// process, set once before the first is opened; NULL (as at first): nobody.
typedef void store_upgrading(uint64_t rows, uint64_t of);
void store_on_upgrade(store_upgrading *upgrading);

// DIRECTORY/rond.db. WAL, synchronous=FULL, automatic checkpoints off. rng makes the store id.
MUST_CHECK enum rond_err store_open_sqlite(const char *directory, enum store_access access, const struct rng *rng,
                                           struct store **ret_store, struct fault *fault);
// In memory, for tests and the simulator; begin/rollback work. `fail_after`: see store/memory.h.
MUST_CHECK enum rond_err store_open_memory(const struct rng *rng, struct store **ret_store);
// NULL is fine.
void store_close(struct store *store);

// The lock that makes one process the owner of a data directory (DIRECTORY/lock, flock).
// ROND_ECONFLICT where another process holds it. The descriptor is closed to let go.
MUST_CHECK enum rond_err store_lock(const char *directory, int *ret_descriptor, struct fault *fault);

#endif
