// The first look at an unsafe place: the walk whose finding opened a bucket "f:OUTBOX:SEQ:FINDING" (counting/match.h).
#ifndef READ_FIRST_LOOK_H
#define READ_FIRST_LOOK_H

#include "store/store.h"

struct first_look {
    struct report_key key;            // of the walk, as a re-walk names it
    const char *finding;              // id; lies in the bucket's text
    struct stored_report report;      // the walk, or the correction that stands in its place
    const Rond__V1__Finding *content; // NULL where it was erased or says nothing of it any more
};
// Among the reports that lie in the bucket. Lives in the arena. ROND_ENOTFOUND where the first look is not among them.
MUST_CHECK enum rond_err first_look_find(struct store *store, const char *bucket, const struct bucket_contents *contents,
                                         struct arena *arena, struct first_look *ret_look);

#endif
