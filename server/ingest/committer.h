// Commits one group: the way of every change into the store. Runs on the committer thread, the simulator and rondctl
// (which owns the store while no server runs): begin, append each, run the fold over what was appended, commit.
//
// Fills err and the result of every submission. Where the transaction fails as a whole, every submission of the group
// carries that error and nothing of it is stored. A command that fails is taken out and the rest of the group is
// committed without it. Runs no `done`.
#ifndef INGEST_COMMITTER_H
#define INGEST_COMMITTER_H

#include "ingest/submission.h"
#include "promise/catalogue.h"

struct commit_census {      // counts, for metrics; the caller's, added to
    uint64_t groups, reports_applied, reports_quarantined, reports_repeated, reports_forked, reports_flagged, lost, failed_groups;
};

// `catalogue` is the snapshot to count by; where a command changed reference data *ret_catalogue is a new snapshot
// (owned by the caller), else NULL.
void committer_run(struct store *store, struct submission *group, const struct catalogue *catalogue,
                   struct commit_census *census, struct catalogue **ret_catalogue);

// One submission of a session (not a command) within a transaction that is open, without the fold: for a command that takes in
// what a session submits. The result is in the submission.
MUST_CHECK enum rond_err committer_take(struct store *store, struct submission *submission);

#endif
