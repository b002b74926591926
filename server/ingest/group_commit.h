// Group commit as a value: gathers what has arrived while one group is being committed, then gives it out as the next
// group. Sans I/O: the network thread drives it with a committer thread behind; the simulator with a virtual store.
//
//   group_commit_add(work) ...            from sessions and commands, in order of arrival
//   group = group_commit_next(...)        NULL while one is out or nothing waits; else hand it to the committer
//   group = group_commit_ahead(...)       the one after it, where it is waiting whole already
//   group_commit_done(...)                the committer is through with the first; then tell each one's owner, in order
//
// Order is kept: whatever was added first is committed first or together. A group holds at most GROUP_REPORTS_MAX
// reports unless one submission alone is larger.
#ifndef INGEST_GROUP_COMMIT_H
#define INGEST_GROUP_COMMIT_H

#include "ingest/submission.h"

enum { GROUPS_OUT_MAX = 2 };

struct group_commit {
    struct submission *first;
    struct submission *last;
    size_t waiting_bytes;   // including the groups that are out
    size_t waiting_weight;  // reports, of what is not out
    size_t out_count;
    size_t out_bytes[GROUPS_OUT_MAX];
    uint64_t out_reports[GROUPS_OUT_MAX];
    uint64_t reports;       // taken in and not yet through, including the groups that are out
    uint64_t reports_taken; // ever taken in
    uint64_t groups;        // given out so far
};

void group_commit_init(struct group_commit *group);
// Destroys what still waits (its owners are gone).
void group_commit_deinit(struct group_commit *group);
// Takes the submission. ROND_EFULL beyond COMMIT_QUEUE_BYTES_MAX: it is not taken then; the owner pauses reading.
MUST_CHECK enum rond_err group_commit_add(struct group_commit *group, struct submission *submission);
// A list linked by `next`, owned by the caller until group_commit_done.
struct submission *group_commit_next(struct group_commit *group);
// A second one while one is out, where more waits than a group takes, so that waiting would not make it larger: the
// committer can go on with it at once. NULL otherwise.
struct submission *group_commit_ahead(struct group_commit *group);
// The oldest that is out has come back: `back`, which stays the caller's.
void group_commit_done(struct group_commit *group, const struct submission *back);
bool group_commit_is_idle(const struct group_commit *group);

#endif
