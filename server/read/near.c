// The earth is taken for flat between the two: a degree of latitude is 111.2 km, one of longitude shorter by the cosine.
#include "read/near.h"

static const double RADIANS_OF_E6 = 3.14159265358979 / 180e6;

// Of -pi/2 .. pi/2, where five terms of the series are good to some 0.0001.
static double cosine(double angle) {
    double square = angle * angle;
    return 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56)));
}

static uint32_t root(double square) {
    double root = square > 1 ? square : 1;
    for (int i = 0; i < 64; i++) // Newton: halves, then doubles its digits
        root = (root + square / root) / 2;
    return root > UINT32_MAX ? UINT32_MAX : (uint32_t)(root + 0.5);
}

uint32_t near_distance_m(const struct point *a, const struct point *b) {
    const double metres_of_e6 = 0.111195;
    double mean = ((double)a->latitude_e6 + b->latitude_e6) / 2 * RADIANS_OF_E6;
    double north = ((double)a->latitude_e6 - b->latitude_e6) * metres_of_e6;
    double turn = (double)a->longitude_e6 - b->longitude_e6;
    turn = turn > 180e6 ? turn - 360e6 : turn < -180e6 ? turn + 360e6 : turn;
    double east = turn * metres_of_e6 * cosine(mean);
    return root(north * north + east * east);
}
