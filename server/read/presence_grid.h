// What was promised and done at one place of a commitment, added up window by window.
#ifndef READ_PRESENCE_GRID_H
#define READ_PRESENCE_GRID_H

#include "read/presence_hours.h"
#include "store/shape.h"
#include "store/store.h"

struct presence_cell {
    int64_t times, seen;
    int64_t promised_s, covered_s, person_s;
    bool is_rough; // person_s is not all of it
};
struct presence_gap {
    day_t day;
    const Rond__V1__Window *window;
};
struct presence_grid {
    const struct commitment *commitment;
    const char *place;
    day_t from, to;                             // on which windows open
    struct presence_cell cells[PRESENCE_CELLS]; // weekday * 24 + hour
    int64_t planned, kept;
    struct arena_list gaps; // struct presence_gap; as many as there is room for
    int64_t gaps_count;     // all
};
struct presence_reading {
    struct store *store;
    struct arena scratch; // of one window
    int64_t now_s;
    size_t read; // contributions so far
};

// The window at `index` opens on that day, and has closed.
bool presence_is_due(const struct commitment *commitment, size_t index, day_t day, int64_t now_s);
// Adds the windows of the grid's place that are due on that day. Days are added from the latest back.
MUST_CHECK enum rond_err presence_grid_add(struct presence_reading *reading, struct presence_grid *grid, day_t day);

#endif
