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

// What became of everything that was run, for metrics; the caller's, added to. Each report of a batch, and each seq of a
// declaration of loss, is counted as exactly one of those that commit_census_reports adds up.
struct commit_census {
    uint64_t groups, failed_groups;
    uint64_t reports_applied, reports_quarantined;
    uint64_t reports_repeated; // there already
    uint64_t reports_forked;   // kept apart
    uint64_t lost;             // seqs that are declared lost now
    uint64_t reports_refused;  // by its own fault nothing of it was stored: out of order, of another's outbox
    uint64_t reports_failed;   // the store failed: nothing of it is stored, and the device still has it
    uint64_t reports_flagged;  // of those applied and quarantined
};
uint64_t commit_census_reports(const struct commit_census *census);

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

#endif
