// What the public is told of places: only those that a promise names, about where they are, and counts by place without the
// small ones.
#ifndef READ_PUBLIC_PLACES_H
#define READ_PUBLIC_PLACES_H

#include "counting/fold.h"
#include "promise/catalogue.h"
#include "read/rows.h"

// The places that the commitment names, each once, by the order in which it does: [{"place", "name"}]. NULL without memory.
json_t *public_places_named(const struct catalogue *catalogue, const struct commitment *commitment);

// Of a commitment of presence with windows at two places or more, how many windows were kept at each:
// [{"place", "name", "kept"}], kept null where it is not told (read/small_counts.h). null where there is nothing to break
// down.
json_t *public_places_kept(const struct catalogue *catalogue, const struct commitment *commitment,
                           const struct period_total *totals, size_t count);

// {"place", "name", "longitude_e2", "latitude_e2"}: hundredths of a degree, the latitude to one and the longitude to two,
// which is about a kilometre each way in Sweden. null where the place is not known.
enum { PUBLIC_LATITUDE_STEP_E6 = 10000, PUBLIC_LONGITUDE_STEP_E6 = 20000 };
json_t *public_place_about(const struct catalogue *catalogue, const char *place);

#endif
