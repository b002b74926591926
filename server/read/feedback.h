// What goes down to a device: what became of its own reports, how the commitments of its area stand, which unsafe places
// are not put right yet, and what its organisation's reports of the last week led to.
#ifndef READ_FEEDBACK_H
#define READ_FEEDBACK_H

#include "promise/catalogue.h"
#include "rond/v1/sync.pb-c.h"

// What is new after the cursor, 0 for everything; lives in the arena. At most FEEDBACK_OUTCOMES_MAX outcomes and
// FRAME_BYTES_MAX / 2 bytes; `more` where there is more after ret->cursor. Standings come with the last page only, at most
// FEEDBACK_STANDINGS_MAX, with the open actions and, where has_week (the newest that the device has, "" none) is older, the
// summary of the newest week that has ended. The cursor is the reader's own: it only ever grows, and means nothing to anybody else.
// ROND_ENOTFOUND where there is no such device.
MUST_CHECK enum rond_err read_feedback(struct store *store, const struct catalogue *catalogue, const struct id128 *device,
                                       uint64_t cursor, const char *has_week, int64_t now_s, struct arena *arena,
                                       Rond__V1__Feedback **ret_feedback);

#endif
