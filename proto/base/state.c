#include "base/state.h"

#include <stddef.h>

#include "base/check.h"

void state_move(const struct state_table *table, struct state_census *census, unsigned *state, unsigned next) {
    CHECK(*state < table->count && next < table->count);
    CHECK(table->successors[*state] & STATE_BIT(next));
    if (census != NULL)
        census->taken[*state][next]++;
    *state = next;
}
