// Times as people type and read them: in the local time of the device's area. Before its reference data is there that is
// not known; then a local time is not taken, and times are shown in UTC and say so. The computer's own zone is never used:
// it would be wrong without anybody seeing it.
#ifndef CLI_WALL_TIME_H
#define CLI_WALL_TIME_H

#include "cli.h"

enum { WALL_TIME_SIZE = 32 };

// "YYYY-MM-DD HH:MM", "HH:MM" (of the day of near_s), RFC 3339 ("2015-05-08T14:00:00+02:00"), "@" and Unix seconds.
// ROND_EINVALID: it is no time. ROND_ENOTFOUND: it is a local time, and the area's zone is not known yet.
enum rond_err wall_time_parse(rond *r, const char *text, int64_t near_s, int64_t *ret_at_s);
// "2015-05-08 14:00", or "2015-05-08 12:00 UTC" while the area's zone is not known.
void wall_time_format(rond *r, int64_t at_s, char ret_text[WALL_TIME_SIZE]);
json_t *wall_time_json(rond *r, int64_t at_s); // RFC 3339 with offset; null for 0

#endif
