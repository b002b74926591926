// Plain patrols, as officers report most of what they report: role, place, from and to, persons; a third with a position.
#ifndef TESTS_SUPPORT_PATROLS_H
#define TESTS_SUPPORT_PATROLS_H

#include "store/store.h"
#include "wire/codec.h"

enum { PATROL_PLACES = 50 };

// Where and by whom they are done. Each of the places is called by one of the names, with a number where it comes again.
struct patrol_world {
    const char *area;
    const char *const *names;
    size_t names_count;
    const char *role;
    int32_t latitude_e6, longitude_e6; // of its middle
};
extern const struct patrol_world PATROLS_IN_LUND;

// The index'th of a device, in the arena: always the same one. Each device begins a shift of its own; within it one patrol follows
// the other, to the second as long as chance has it, and is queued some minutes later.
Rond__V1__Report *patrol_report(struct arena *arena, const struct patrol_world *world, size_t device, size_t index);

// Puts the places into the reference data.
void patrols_put_places(struct store *store, const struct patrol_world *world);

#endif
