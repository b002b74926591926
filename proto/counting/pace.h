// Where a commitment should stand by the calendar: until now, and at the end of each month that is left. And where it
// will stand at the end if it goes on like this, where the arithmetic carries that.
#ifndef COUNTING_PACE_H
#define COUNTING_PACE_H

#include "counting/fold.h"

enum { PACE_POINTS_MAX = 132 }; // eleven years of months; what lies beyond is left to the last point

struct pace_point {
    day_t day;   // the last day of a month, or of the commitment
    int64_t due; // what should be done when that day has passed; on the last one all of it, what closes after midnight too
};
// All in the unit that the commitment is judged by: activities, periods kept (a rate meant as "about": activities),
// windows kept.
struct pace {
    bool known; // false: nothing sets a pace (no target, or actions that walks are yet to find)
    int64_t done;
    int64_t target;                            // of the whole period
    int64_t due_now;                           // by the days in phase act and in season that have passed
    int64_t remaining;                         // until the target; 0 where it is met
    int64_t days_left;                         // such days from today on
    struct pace_point points[PACE_POINTS_MAX]; // from this month on
    size_t points_count;
};
void pace_at(const struct commitment *commitment, const struct progress *progress, int64_t now_s, struct pace *ret_pace);

// A straight line through what was done so far. It carries only where enough lies behind it: a counted target (at least,
// "about" a rate, windows), 30 days of the pace's own and a quarter of them all passed, and 3 done.
struct forecast {
    bool carries;
    int64_t at_end;             // done by then, at the pace so far
    int64_t per_week_tenths;    // the pace so far
    char text_sv[SUMMARY_SIZE]; // with its assumption; "" where it does not carry
    char text_en[SUMMARY_SIZE];
};
void forecast_at(const struct commitment *commitment, const struct pace *pace, int64_t now_s, struct forecast *ret_forecast);

#endif
