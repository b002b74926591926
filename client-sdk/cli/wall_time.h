// Times as people type and read them: in the local time of the device's area once its reference data is there, else in
// that of the computer.
#ifndef CLI_WALL_TIME_H
#define CLI_WALL_TIME_H

#include "cli.h"

enum { WALL_TIME_SIZE = 32 };

// "YYYY-MM-DD HH:MM", "HH:MM" (of the day of near_s), RFC 3339 ("2015-05-08T14:00:00+02:00"), "@" and Unix seconds.
bool wall_time_parse(rond *r, const char *text, int64_t near_s, int64_t *ret_at_s);
void wall_time_format(rond *r, int64_t at_s, char ret_text[WALL_TIME_SIZE]); // "2015-05-08 14:00"
json_t *wall_time_json(rond *r, int64_t at_s);                               // RFC 3339 with offset; null for 0

#endif
