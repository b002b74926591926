// The committer thread: owns the one store that writes and checkpoints, and runs one group after the other on it
// (ingest/committer.h). Everything here is called from the network thread; only `wake` is called from the committer.
//
//   create ── store open, catalogue read
//   [trouble] ── opened and tried anew every second until something can be committed
//   give(group) ─> [wake] ─> take() ─> the group with its results
//   stop ── finishes the groups it has, checkpoints, closes
//   destroy
#ifndef APP_COMMITTER_H
#define APP_COMMITTER_H

#include "app_trouble.h"
#include "base/clock.h"
#include "base/rng.h"
#include "ingest/committer.h"
#include "ingest/group_commit.h"
#include "ingest/receipts.h"

struct app_committer;

struct app_committer_config {
    const char *data_dir;       // locked by the caller for as long as the committer lives
    const struct clock *clock;
    const struct rng *rng;
    void (*wake)(void *context); // a group is ready to be taken; any thread
    bool (*is_stopping)(void *context); // asked again and again while create waits for the disk; NULL: it never stops
    void *context;
    struct receipts receipts;   // signed on its thread, which may wait for it; may be zero
};

// A look at it, consistent in itself.
struct app_committer_status {
    struct commit_census census; // up to the last group that was taken
    uint64_t commit_us_sum;     // spent in groups
    int64_t busy_ms;            // how long the group under way has taken; 0: idle
    struct app_trouble trouble; // why nothing can be written now, if so
    uint64_t openings;          // of the store for writing: what a failed commit left in its log may be there from then on
};

// Opens the store and reads the catalogue on its thread, and waits for that; where the disk is full or mounted read-only, for
// as long as that stands against it. ROND_EAGAIN: is_stopping said so. *ret_catalogue is the caller's reference.
MUST_CHECK enum rond_err app_committer_create(const struct app_committer_config *config, struct app_committer **ret_committer,
                                              struct catalogue **ret_catalogue, struct store_identity *ret_identity,
                                              struct fault *fault);
// Carried out in the order given, at most GROUPS_OUT_MAX (ingest/group_commit.h) that take has not returned yet.
void app_committer_give(struct app_committer *committer, struct submission *take_group);
// The oldest group that is through; NULL while none is. *ret_catalogue is a new reference where reference data changed, else NULL.
struct submission *app_committer_take(struct app_committer *committer, struct catalogue **ret_catalogue);
// The store was found damaged: nothing is written to it any more.
void app_committer_condemn(struct app_committer *committer, const char *text);
void app_committer_status(struct app_committer *committer, struct app_committer_status *ret_status);
// Finishes the groups it has, checkpoints, closes the store and ends the thread; what is ready may still be taken. NULL is fine.
void app_committer_stop(struct app_committer *committer);
// Stops. Groups that were not taken are destroyed. NULL is fine.
void app_committer_destroy(struct app_committer *committer);

#endif
