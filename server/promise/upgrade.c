#include "promise/upgrade.h"

enum rond_err promise_upgrade(struct store *store, const struct catalogue *catalogue, promise_progress *progress,
                              void *context) {
    uint32_t version;
    enum rond_err err = store->registry->fold_version(store, &version);
    if (err != ROND_OK || version == FOLD_VERSION)
        return err;
    err = store->ledger->begin(store);
    if (err != ROND_OK)
        return err;
    err = promise_rebuild(store, catalogue, progress, context);
    if (err == ROND_OK)
        err = store->registry->fold_version_put(store, FOLD_VERSION);
    if (err == ROND_OK)
        return store->ledger->commit(store);
    store->ledger->rollback(store);
    return err;
}
