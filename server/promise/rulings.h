// What people decided about reports, as the fold looks it up: by the identity of the original.
#ifndef PROMISE_RULINGS_H
#define PROMISE_RULINGS_H

#include "store/store.h"

struct ruled {
    struct report_key key;
    struct ruling_list list;
};
// Zeroed: nobody decided anything. Everything lives in the arena given.
struct rulings {
    struct ruled *ruled; // ordered by key; only those with a ruling
    size_t count;
};

// Of these reports; keys may repeat. Reorders them.
MUST_CHECK enum rond_err rulings_load(struct store *store, struct report_key *keys, size_t count, struct arena *arena,
                                      struct rulings *ret_rulings);
// Of all reports about which anybody decided: few, read page by page.
MUST_CHECK enum rond_err rulings_load_all(struct store *store, struct arena *arena, struct rulings *ret_rulings);
// An empty list where there is none.
struct ruling_list rulings_find(const struct rulings *rulings, const struct report_key *key);

#endif
