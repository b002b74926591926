// Whether the store takes writes, and since when not: one line in the log when trouble begins, changes or ends, whatever
// number of groups fails meanwhile. A value; whoever shares it between threads locks it.
//
//   full, failed    ends when something could be committed again: a group, or the committer's own try
//   damaged         stays until the server is started anew; nothing is written to a damaged file
#ifndef APP_TROUBLE_H
#define APP_TROUBLE_H

#include <stdint.h>

#include "base/err.h"

struct app_trouble {
    enum rond_err err;            // ROND_OK: none; ROND_EFULL: full; ROND_ECORRUPT: damaged; any other: failed
    int64_t since_ms;             // monotonic
    uint64_t groups;              // that failed since
    uint64_t begun;               // how often trouble has begun
    char text[FAULT_TEXT_SIZE];   // for a person
};

// "" where there is none, else "store_full", "store_failed", "store_damaged".
const char *app_trouble_name(const struct app_trouble *trouble);
// How the last try went: ROND_OK, or why nothing could be written. `text` may be NULL or empty.
void app_trouble_note(struct app_trouble *trouble, enum rond_err err, const char *text, int64_t now_ms);

#endif
