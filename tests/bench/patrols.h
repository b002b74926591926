// Plain patrols, as officers report most of what they report: role, place, from and to, persons; a third with a position.
#ifndef BENCH_PATROLS_H
#define BENCH_PATROLS_H

#include "bench/fleet.h"

// Puts the fifty places where they happen into the reference data.
void patrols_put_places(struct store *store);

// The index'th of a device: always the same one. Each device begins a shift of its own; within it one patrol follows the other, to
// the second as long as chance has it, and is queued some minutes later.
struct record patrol_record(const struct shape *shape, struct arena *arena, size_t device, size_t index);

#endif
