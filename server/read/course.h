// How far a commitment had come, day by day: for the curve of what was done against the line of its pace.
#ifndef READ_COURSE_H
#define READ_COURSE_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum {
    COURSE_CONTRIBUTIONS_MAX = 10000, // a page's data comes in 50 ms: beyond this it goes without the curve
    COURSE_POINTS_MAX = 53,           // a year by weeks
};

//   {"points": [{"day": "2015-05-08", "done": 3, "due": 2 | null}], "too_many": false}
//
// At regular days from the first in phase act until today or the last; the latest point is today's. A point says what was
// done of what happened up to and with that day, as it is known and corrected now; "due" is the pace's (counting/pace.h), and
// both are in its unit. Nothing where the promise has not come to act. too_many: more than COURSE_CONTRIBUTIONS_MAX
// contributions, and no points. ROND_ENOTFOUND where there is no commitment of that path.
MUST_CHECK enum rond_err read_course(struct store *store, const struct catalogue *catalogue, const char *path, int64_t now_s,
                                     json_t **ret_json);

#endif
