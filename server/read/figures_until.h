// How a commitment stood at a moment: from what had happened before it, in whatever order that has come in since.
#ifndef READ_FIGURES_UNTIL_H
#define READ_FIGURES_UNTIL_H

#include "store/store.h"

struct figures {
    struct progress progress;  // at that moment
    uint64_t corrected;        // reports that count in place of an earlier one
};

// Sees every contribution that happened before the moment, counted or not, in order of row; may be NULL.
struct figures_watch {
    enum rond_err (*contribution)(void *context, const struct stored_contribution *contribution);
    void *context;
};

// until_s: midnight by the clock of the area. Only contributions that begin before it count, and of presence those of
// windows that opened before it, also where they close after midnight. Goes through the contributions of
// the commitment once. Memory: a page of them, one bucket, and a few bytes for each bucket that several reports share.
// Call between read_begin and read_end.
MUST_CHECK enum rond_err figures_until(struct store *store, const struct commitment *commitment, int64_t until_s,
                                       const struct figures_watch *watch, struct figures *ret_figures);

#endif
