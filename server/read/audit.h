// The audit log: who did what, when and why.
#ifndef READ_AUDIT_H
#define READ_AUDIT_H

#include "read/rows.h"

enum { AUDIT_SAMPLE_MAX = 1000 };

struct audit_wanted {
    uint64_t after;   // ids beyond it
    const char *from; // YYYY-MM-DD, days of UTC, both included; NULL or "": open
    const char *to;
    int64_t from_ms;    // as well, Unix ms; 0: open
    int64_t to_ms;      // not included; 0: open
    const char *actor;  // as in the log; NULL or "": whoever
    const char *action; // NULL or "": whatever
    bool newest_first;  // then `after` is the id that the last page ended with
};

// {"id", "at_ms", "at", "actor", "action", "detail", "hash"}, oldest first unless wanted otherwise. The hash is that of the
// chain (docs/operating.md says how it is made), so that whoever has the rows can check that none was changed, taken out or
// put in between. ROND_EINVALID for what is no date.
MUST_CHECK enum rond_err read_audit(struct store *store, const struct audit_wanted *wanted, const struct read_rows *rows,
                                    struct fault *fault);

// For review: `size` rows at random among those of readings (a report shown, an export) that are wanted, or all where they
// are fewer, oldest first; the same seed over the same rows gives the same. ret_of: among how many. ROND_EINVALID for a size
// of 0 or beyond AUDIT_SAMPLE_MAX.
MUST_CHECK enum rond_err read_audit_sample(struct store *store, const struct audit_wanted *wanted, uint64_t size,
                                           uint64_t seed, const struct read_rows *rows, uint64_t *ret_of,
                                           struct fault *fault);

#endif
