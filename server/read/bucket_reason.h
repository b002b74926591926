// Does a contribution that lies in a bucket count, or does the bucket still lack something?
#ifndef READ_BUCKET_REASON_H
#define READ_BUCKET_REASON_H

#include "promise/catalogue.h"

enum { BUCKET_REASONS_KEPT = 256 };

// Remembers what the last buckets gave, of which many reports are asked one after the other. A plain value that may be
// large; zero it before the first use, and use it within one state of the store (read_begin).
struct bucket_reasons {
    struct {
        uint32_t commitment;
        char bucket[BUCKET_SIZE];
        enum counting_reason reason;
    } kept[BUCKET_REASONS_KEPT];
};

// The contribution's own reason, or what its bucket lacks. commitment may be NULL (a promise that is gone): as stored.
MUST_CHECK enum rond_err bucket_reason(struct store *store, const struct commitment *commitment,
                                       const struct stored_contribution *contribution, struct bucket_reasons *reasons,
                                       enum counting_reason *ret_reason);

#endif
