// Where a report that stands is put on the map, and what that changes.
//
// Only what is accepted and stands is on it: not what was replaced, withdrawn, repeated or waits in quarantine. A report is
// one report on the map whatever it counts toward, and two organisations' reports of one joint activity are two; the map
// says where people were, the figures of a commitment say what it comes to.
#ifndef PROMISE_SPOTS_H
#define PROMISE_SPOTS_H

#include "counting/match.h"
#include "store/shape.h"
#include "store/store.h"

// The spot of a report. `kind` is its Rond__V1__Kind; zone that of its area, NULL: UTC. Texts are the report's.
struct spot spot_make(uint64_t row, uint32_t kind, const struct counted_report *report, const Rond__V1__TimeZone *zone);
bool spot_equal(const struct spot *left, const struct spot *right);

// Spots that go and come in one run of the fold.
struct spot_moves {
    struct arena *arena;
    struct arena_list removed; // uint64_t rows
    struct arena_list added;   // struct spot
    struct arena_list changes; // struct map_change, of days
};
void spot_moves_init(struct spot_moves *moves, struct arena *arena);
// From one spot to another of the same row; tally.reports 0: from nowhere, or to nowhere. Texts are copied.
MUST_CHECK enum rond_err spot_move(struct spot_moves *moves, const struct spot *from, const struct spot *to);
// Adds up what is alike, of days, months and years, and puts it into the changes of a fold; valid as long as the arena.
// Once.
MUST_CHECK enum rond_err spot_moves_settle(struct spot_moves *moves, struct fold_changes *changes);

#endif
