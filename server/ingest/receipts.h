// Receipts (wire/receipt.h) for what a group has committed, made before its sessions are told of it: so none speaks of what is
// not durable, and nobody but whoever commits waits for the key. Runs where committer_run does.
//
// One for each submission that wants it, the last of its session in the group. What cannot be signed goes without: the device
// gets its receipt with the next Welcome.
#ifndef INGEST_RECEIPTS_H
#define INGEST_RECEIPTS_H

#include "ingest/submission.h"

struct receipts {
    enum rond_err (*sign)(void *context, const struct receipt *receipt, struct signature *ret_signature); // NULL: none
    void *context;
};

// The group has been committed.
void receipts_sign(const struct receipts *receipts, struct submission *group);

#endif
