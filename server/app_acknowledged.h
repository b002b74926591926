// What the last group acknowledged, so that it can be looked for when the store was opened anew after a failure: how far
// each of its outboxes was then. A value of the committer thread's.
#ifndef APP_ACKNOWLEDGED_H
#define APP_ACKNOWLEDGED_H

#include "ingest/submission.h"
#include "wire/limits.h"

struct acknowledged_end {
    struct id128 device, outbox;
    uint64_t seq;
    struct hash256 head;
};
struct app_acknowledged {
    size_t count;
    struct acknowledged_end ends[GROUP_REPORTS_MAX];
};

// The group was committed. One that stored nothing (look-ups, commands) changes nothing here.
void app_acknowledged_note(struct app_acknowledged *acknowledged, const struct submission *group);
// Reads watermark, head and last report of each outbox. ROND_ECORRUPT where something is not there as it was, any other
// error where it could not be read.
MUST_CHECK enum rond_err app_acknowledged_check(const struct app_acknowledged *acknowledged, struct store *store,
                                                struct fault *fault);

#endif
