// What goes down to a device: what became of its own reports, and how the commitments of its area stand.
#ifndef READ_FEEDBACK_H
#define READ_FEEDBACK_H

#include "promise/catalogue.h"
#include "rond/v1/sync.pb-c.h"

// What is new after the cursor, 0 for everything; lives in the arena. At most FEEDBACK_OUTCOMES_MAX outcomes and
// FRAME_BYTES_MAX / 2 bytes; `more` where there is more after ret->cursor. Standings come with the last page only, at most
// FEEDBACK_STANDINGS_MAX. The cursor is the reader's own: it only ever grows, and means nothing to anybody else.
// ROND_ENOTFOUND where there is no such device.
MUST_CHECK enum rond_err read_feedback(struct store *store, const struct catalogue *catalogue, const struct id128 *device,
                                       uint64_t cursor, int64_t now_s, struct arena *arena, Rond__V1__Feedback **ret_feedback);

#endif
