// A bucket in which many contributions lie, as what they come to: enough to value it and to add to it without looking at
// them. Taking one out is not possible; whoever does makes the crowd anew from those that are left.
//
// Counting one more report in a window that a thousand patrols were in, or in a campaign of a whole season, then costs what
// it costs in an empty one.
#ifndef COUNTING_CROWD_H
#define COUNTING_CROWD_H

#include "counting/fold.h"

enum {
    CROWD_MIN = 64,      // contributions; a bucket with fewer is no crowd, and read whole
    CROWD_STRETCHES = 16 // separate stretches of time that somebody was there
};

struct stretch {
    int64_t from_s;
    int64_t to_s;
};
// A plain value, zeroed where nothing lies in it. The same for every order in which contributions were added, as long as
// it does not overflow.
struct crowd {
    uint64_t count;
    uint32_t parts;
    uint32_t organisations;
    uint32_t quantity; // the highest
    uint32_t places;
    uint32_t places_open;     // where no contribution was for certain is worked out at the end
    int64_t first_s;          // when the one began that happened first ...
    char period[PERIOD_SIZE]; // ... and its period
    int64_t person_s;         // presence: of contributions with persons, as the stretches
    bool overflows;           // more separate stretches than there is room for: presence cannot be told
    size_t stretches_count;   // in order, none touching the next
    struct stretch stretches[CROWD_STRETCHES];
    bool was_unsafe;  // actions closed: some look said so ...
    int64_t latest_s; // ... and the latest look
    uint32_t latest_state;
};

void crowd_add(struct crowd *crowd, const struct contribution *one);
// As bucket_value, bucket_period and bucket_places over all that was added; of presence only where nothing overflowed.
void crowd_value(const struct commitment *commitment, const struct crowd *crowd, struct tally *ret_value,
                 enum counting_reason *ret_reason);

#endif
