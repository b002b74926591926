// What one run of the fold changes, gathered before anything is written: contributions that go and come, the buckets they
// touch, and from those the totals and whose outcome became another. A bucket is loaded once, however many reports touch it.
#ifndef PROMISE_DELTA_H
#define PROMISE_DELTA_H

#include "promise/catalogue.h"
#include "promise/spots.h"
#include "store/store.h"

struct delta_bucket;
struct delta_total;

struct delta {
    struct store *store;
    const struct catalogue *catalogue;
    struct arena *arena;
    uint64_t first_row, last_row; // rows being folded for the first time: their devices are told of them anyway
    bool tells_outcomes;          // false in a rebuild
    size_t expected;              // how many of everything there will be, about
    // Growing lists in the arena.
    struct stored_contribution *added;
    size_t added_count, added_capacity;
    uint64_t *removed; // rows
    size_t removed_count, removed_capacity;
    struct outcome_change *outcomes;
    size_t outcomes_count, outcomes_capacity;
    struct delta_bucket *buckets;
    size_t buckets_count, buckets_capacity;
    uint32_t *slots;
    size_t slots_count;
    struct delta_total *totals;
    size_t totals_count, totals_capacity;
    struct crowd_change *crowds;
    size_t crowds_count, crowds_capacity;
    struct contribution *contents; // of the bucket being valued
    size_t contents_capacity;
    struct spot_moves spots; // initialised by whoever makes the delta
};

// Takes the stored contributions of a row out.
MUST_CHECK enum rond_err delta_remove(struct delta *delta, uint64_t row, const struct bucket_contents *stored);
// Puts new ones in. `alone`: its own bucket ("r:...") is known to be empty and need not be loaded.
MUST_CHECK enum rond_err delta_add(struct delta *delta, const struct stored_contribution *contributions, size_t count,
                                   bool alone);
// The device of this report is told of its outcome.
MUST_CHECK enum rond_err delta_tell(struct delta *delta, uint64_t row, const struct report_key *key);
// Loads the buckets, works out totals and outcomes, and writes everything.
MUST_CHECK enum rond_err delta_store(struct delta *delta);

#endif
