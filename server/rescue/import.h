// A rescue file comes in: the same frames to the same session as over the network, so the same chain, signatures, validation
// and verdicts. Within one transaction, whole or not at all; twice is as good as once, and so is a sync before or after it.
//
// What differs from a sync: nobody saw the device's clock, so its own is believed (never later than now); and the device
// does not count as heard from, since nobody knows what it has done since the file was written.
#ifndef RESCUE_IMPORT_H
#define RESCUE_IMPORT_H

#include "auth/ca.h"
#include "ingest/submission.h"
#include "promise/catalogue.h"
#include "store/store.h"

struct rescued {
    struct id128 device;
    uint64_t outboxes;
    struct commit_census reports; // what became of each; forked: of a restored or cloned handheld
};

// Inside a transaction, which is to be rolled back where it fails. ROND_EINVALID: no rescue file, or a frame that breaks the
// protocol. ROND_EAUTH: sealed for another CA, or the device is not known, revoked as lost, or did not sign it.
// ROND_ECORRUPT: damaged or cut off. ROND_ECONFLICT: it begins behind what the store has, or the store has another history
// of the queue.
MUST_CHECK enum rond_err rescue_import(struct store *store, struct catalogue *catalogue, const struct ca *ca,
                                       struct bytes file, int64_t now_ms, struct rescued *ret_rescued, struct fault *fault);

#endif
