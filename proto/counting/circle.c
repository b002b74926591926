#include "counting/circle.h"

// Metres of a millionth of a degree of a great circle, on a sphere of 6,371,008.8 m (the mean radius of IUGG).
#define METRES_PER_E6 0.111195080
#define RADIANS_PER_E6 1.7453292519943295e-8

// The series of the cosine: from 0 to a right angle right to nine digits. No libm, whose last digit may differ elsewhere.
static double cosine(double radians) {
    double square = radians * radians;
    double term = 1;
    double sum = 1;
    for (int i = 1; i <= 10; i++) {
        term = -term * square / ((2 * i - 1) * (2 * i));
        sum += term;
    }
    return sum;
}

// Square of the distance between the centres in metres, on the plane that touches the ground half-way.
static double distance_squared(const struct circle *a, const struct circle *b) {
    double middle_e6 = ((double)a->latitude_e6 + b->latitude_e6) / 2;
    double east_e6 = (double)a->longitude_e6 - b->longitude_e6;
    if (east_e6 > 180e6) {
        east_e6 -= 360e6;
    } else if (east_e6 < -180e6) {
        east_e6 += 360e6;
    }
    double north_m = ((double)a->latitude_e6 - b->latitude_e6) * METRES_PER_E6;
    double east_m = east_e6 * METRES_PER_E6 * cosine(middle_e6 * RADIANS_PER_E6);
    return north_m * north_m + east_m * east_m;
}

bool circle_overlaps(const struct circle *a, const struct circle *b) {
    double reach_m = (double)a->radius_m + b->radius_m;
    return distance_squared(a, b) <= reach_m * reach_m;
}

bool circle_holds(const struct circle *outer, const struct circle *inner) {
    double room_m = (double)outer->radius_m - inner->radius_m;
    return room_m >= 0 && distance_squared(outer, inner) <= room_m * room_m;
}
