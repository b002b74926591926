// The named places of a commitment ("at least 4 walks, among them at these two stations"): at which of them was a report?
//
// Places are named by whoever reports, and a name may be wider than the place that was promised: the village, where the
// station was meant. What cannot be told is kept open for a person to decide; it is neither counted nor taken as missed.
#ifndef COUNTING_AMONG_H
#define COUNTING_AMONG_H

#include "counting/match.h"

// Bit i: of among_places[i]. A report was at a place where
//   - a person ruled so (RULING_PLACE "yes");
//   - its place is that place, or, of a walk or an inventory, a finding's is;
//   - its position, as far as its accuracy goes, lies wholly inside the place's circle.
// It may have been there where
//   - the circle of its place (of a finding's place) or of its position merely overlaps the place's circle, or its place is
//     not known here; a position of unknown accuracy is never certain and taken to reach AMONG_POSITION_M;
//   - it names no place and no position at all.
// A ruling decides, whatever else is said. The two never share a bit.
void among_match(const struct commitment *commitment, const struct counted_report *report, uint32_t *ret_places,
                 uint32_t *ret_open);

enum { AMONG_POSITION_M = 500 };

#endif
