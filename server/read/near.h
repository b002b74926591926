// How far apart two points are, as the crow flies, for distances within a town.
#ifndef READ_NEAR_H
#define READ_NEAR_H

#include <stdint.h>

struct point {
    int32_t latitude_e6;
    int32_t longitude_e6;
};

// In metres; within a few per cent up to tens of kilometres, and larger beyond.
uint32_t near_distance_m(const struct point *a, const struct point *b);

#endif
