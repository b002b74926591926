// The figures of a commitment as JSON, the same in progress and in follow-ups.
#ifndef READ_TALLY_JSON_H
#define READ_TALLY_JSON_H

#include "counting/fold.h"
#include "read/rows.h"

// "count", "person_minutes", "covered_minutes", "windows_met", "actions_open", "actions_closed". False without memory.
bool read_add_tally(json_t *object, const struct tally *tally);
// [{"place", "count", "open"}]: of the named places, how much was there, and how much may have been. NULL without memory.
json_t *read_places(const struct progress *progress);

#endif
