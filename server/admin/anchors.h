// Whom devices are to trust, as reference data: what ca.crt says goes down to them, so that another CA can stand beside the
// one before until all of them know it. The server's own change when it starts, and rondctl's when it changes the CA.
#ifndef ADMIN_ANCHORS_H
#define ADMIN_ANCHORS_H

#include "auth/ca.h"
#include "ingest/submission.h"
#include "store/store.h"

// In a transaction. Makes the trust anchors of the store those of the CA, with a row in the audit log where that changes
// anything but their first; ret_changed: whether it did.
MUST_CHECK enum rond_err anchors_follow(struct store *store, const struct ca *ca, const char *actor, int64_t now_ms,
                                        struct arena *arena, bool *ret_changed);
// A command that does that. The CA is borrowed until it was carried out.
MUST_CHECK enum rond_err admin_anchors(const struct ca *ca, int64_t now_ms, struct submission **ret_submission);

#endif
