// Circles on the ground: places, and positions with their accuracy. Near each other, as an area is; the same answer at
// both ends, since only additions and multiplications of doubles are used.
#ifndef COUNTING_CIRCLE_H
#define COUNTING_CIRCLE_H

#include <stdbool.h>
#include <stdint.h>

struct circle {
    int32_t latitude_e6; // degrees x 1,000,000
    int32_t longitude_e6;
    uint32_t radius_m;
};

bool circle_overlaps(const struct circle *a, const struct circle *b);
// The whole of `inner` lies in `outer`.
bool circle_holds(const struct circle *outer, const struct circle *inner);

#endif
