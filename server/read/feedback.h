// What goes down to a device: what became of its own reports, how the commitments of its area stand, which unsafe places
// are not put right yet, and what its organisation's reports of the last week led to.
#ifndef READ_FEEDBACK_H
#define READ_FEEDBACK_H

#include "promise/catalogue.h"
#include "read/open_actions_cache.h"
#include "read/silence_cache.h"
#include "read/weekly_cache.h"
#include "rond/v1/sync.pb-c.h"

// What the device has already.
struct feedback_known {
    uint64_t cursor;        // 0: nothing
    const char *week;       // of its newest weekly summary; "" none
    uint64_t actions_stamp; // of its open actions; 0 none
    uint64_t standings_stamp;
};
// What was read for other devices already; each may be NULL.
struct feedback_caches {
    struct answer_cache *summaries; // read/weekly_cache.h
    struct silence_cache *silences;
    struct answer_cache *actions; // read/open_actions_cache.h
};

// What is new after the cursor, 0 for everything; lives in the arena. At most FEEDBACK_OUTCOMES_MAX outcomes and
// FRAME_BYTES_MAX / 2 bytes; `more` where there is more after ret->cursor. Standings come with the last page only, at most
// FEEDBACK_STANDINGS_MAX, with the open actions and the summary of the newest week that has ended, each where the device
// does not have it already. The cursor is the reader's own: it only ever grows, and means nothing to anybody else. caches:
// NULL makes all anew. ROND_ENOTFOUND where there is no such device.
MUST_CHECK enum rond_err read_feedback(struct store *store, const struct catalogue *catalogue, const struct id128 *device,
                                       const struct feedback_known *known, int64_t now_s,
                                       const struct feedback_caches *caches, struct arena *arena,
                                       Rond__V1__Feedback **ret_feedback);

#endif
