// What became of one report, as its device is told.
#ifndef READ_OUTCOME_H
#define READ_OUTCOME_H

#include "promise/lineage.h"
#include "read/bucket_reason.h"
#include "rond/v1/sync.pb-c.h"

// What outcomes are made from. Borrowed.
struct outcome_source {
    struct store *store;
    const struct catalogue *catalogue;
    struct bucket_reasons *reasons;
    struct arena *scratch; // of the caller's; what is put in stays
};

// Of set->nodes[index], a report that is there. Reasons are sentences in both languages. Lives in the arena.
//
//   quarantined      in quarantine (the reason says why), and nobody has mended it since
//   replaced         a correction stands in its place, of a quarantined one as well
//   withdrawn        it, or what it corrects
//   counted          toward at least one commitment; `toward` lists each that it was held against, and why not
//   not counted      toward none; `toward` likewise. A withdrawal counts toward nothing and has no reason
// A report queued anew after a fork has the outcome of the one that stands for both.
MUST_CHECK enum rond_err outcome_make(const struct outcome_source *source, const struct lineages *set, uint32_t index,
                                      struct arena *arena, Rond__V1__Outcome **ret_outcome);

#endif
