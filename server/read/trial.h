// What commitments that are not there would have counted: the reports that came in last, matched and valued by the same
// functions as the fold uses, with nothing stored.
//
// Nobody waits for all reports of a large store: the last TRIAL_ROWS are looked at without their bodies, and of those that
// may matter at most TRIAL_REPORTS are read. `is_whole` says whether that was everything.
#ifndef READ_TRIAL_H
#define READ_TRIAL_H

#include "counting/fold.h"
#include "promise/catalogue.h"
#include "store/shape.h"

enum { TRIAL_ROWS = 50000, TRIAL_REPORTS = 5000, TRIAL_EXAMPLES = 10 };

struct trial_example {
    uint64_t row;
    enum counting_reason reason;
};
struct trial_one {
    const struct commitment *commitment;
    struct progress progress;
    uint64_t reports[REASON_COUNT];                    // by what became of them
    struct trial_example examples[2 * TRIAL_EXAMPLES]; // the latest that counted, and the latest that did not
    size_t examples_count;
    struct arena_list kept; // of the trial's own
};
struct trial {
    struct trial_one *ones;
    size_t count;
    uint64_t looked; // reports
    bool is_whole;
};

// commitments: of one area, which must not be "". now_s: as progress_at. Lives in the arena. Call between read_begin and
// read_end.
MUST_CHECK enum rond_err trial_run(struct store *store, const struct catalogue *catalogue,
                                   const struct commitment *commitments, size_t count, int64_t now_s, struct arena *arena,
                                   struct trial *ret_trial);

#endif
