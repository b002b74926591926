// Europe/Stockholm as a transition table, from the rule of the European Union alone (directive 2000/84/EC: the last
// Sundays of March and October, 01:00 UTC), so that tests need no zone file.
#ifndef SUPPORT_STOCKHOLM_H
#define SUPPORT_STOCKHOLM_H

#include "counting/zone.h"

enum { STOCKHOLM_YEAR_FIRST = 1996, STOCKHOLM_YEAR_LAST = 2099 };

const Rond__V1__TimeZone *stockholm(void);

// Unix seconds of a Stockholm wall time "YYYY-MM-DD HH:MM"; aborts on anything else.
int64_t stockholm_at(const char *wall);

#endif
