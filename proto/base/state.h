// States as a table: which successor is allowed, and how often each was taken.
#ifndef BASE_STATE_H
#define BASE_STATE_H

#include <stdint.h>

enum { STATE_COUNT_MAX = 16 };

// One per kind of machine, static const: successors[s] is a bit set of the states that may follow s.
struct state_table {
    const char *machine;
    unsigned count;
    const char *names[STATE_COUNT_MAX];
    uint32_t successors[STATE_COUNT_MAX];
};

// Transitions seen, shared by the instances that point at it (the simulator prints it). May be NULL in production.
struct state_census {
    uint64_t taken[STATE_COUNT_MAX][STATE_COUNT_MAX];
};

#define STATE_BIT(state) (UINT32_C(1) << (state))

// Moves *state to next; a successor that the table does not allow is our mistake and aborts.
void state_move(const struct state_table *table, struct state_census *census, unsigned *state, unsigned next);

#endif
