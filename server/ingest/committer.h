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

// `catalogue` is the snapshot to count by; where a command changed reference data *ret_catalogue is a new snapshot
// (owned by the caller), else NULL.
void committer_run(struct store *store, struct submission *group, const struct catalogue *catalogue,
                   struct commit_census *census, struct catalogue **ret_catalogue);
// Gives a group back that cannot be run, as one whose transaction failed: each that has no err yet carries this one.
// `fault` may be NULL.
void committer_fail(struct submission *group, enum rond_err err, const struct fault *fault, struct commit_census *census);

// One submission of a session (not a command) within a transaction that is open, without the fold: for a command that takes in
// what a session submits. The result is in the submission.
MUST_CHECK enum rond_err committer_take(struct store *store, struct submission *submission);
// Counts what became of it, once that is known.
void committer_count(const struct submission *submission, struct commit_census *census);

#endif
