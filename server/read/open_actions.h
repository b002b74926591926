// Unsafe places that are not put right yet, so that whoever goes by can look at them again.
#ifndef READ_OPEN_ACTIONS_H
#define READ_OPEN_ACTIONS_H

#include "promise/catalogue.h"
#include "rond/v1/sync.pb-c.h"
#include "wire/limits.h"

// The most urgent ones: those whose due day comes first, without one the last; of one day those that were found first.
struct open_actions {
    size_t count;
    struct open_action {
        const struct commitment *commitment;
        char bucket[BUCKET_SIZE];
        char due[DATE_TEXT_SIZE];
        int64_t found_s;
    } actions[FEEDBACK_ACTIONS_MAX];
};

// Adds those of a commitment whose measure is actions closed; actions that are there already stay where they are more
// urgent. open_count: how many its totals say are open, after which nothing more is read. Goes through the commitment's
// contributions by pages: some 8 bytes of memory for each place that was ever unsafe.
MUST_CHECK enum rond_err open_actions_add(struct store *store, const struct commitment *commitment, int64_t open_count,
                                          struct open_actions *actions);
// As messages, in the arena; together at most bytes_max when packed, the least urgent left out. A free text that seems to
// hold personal data is held back: they go to other organisations' devices.
MUST_CHECK enum rond_err open_actions_make(struct store *store, const struct catalogue *catalogue,
                                           const struct open_actions *actions, size_t bytes_max, struct arena *arena,
                                           Rond__V1__OpenAction ***ret_messages, size_t *ret_count);

#endif
