// What verification found, as it finds it, and what it went through.
#ifndef READ_FINDINGS_H
#define READ_FINDINGS_H

#include "read/rows.h"
#include "read/verify.h"

struct findings {
    const struct read_rows *rows;
    uint64_t count; // all, also those beyond READ_FINDINGS_MAX
    uint64_t outboxes, batches, reports, signatures, erased, keyless, lost, commitments, followups;
};

// One thing that must not be. NULL and 0 where it does not apply. Answers what the callback does.
struct finding {
    const char *what; // a sentence
    const struct id128 *device;
    const struct id128 *outbox;
    uint64_t seq;
    const char *commitment;
};
MUST_CHECK enum rond_err findings_add(struct findings *findings, const struct finding *finding);

#endif
