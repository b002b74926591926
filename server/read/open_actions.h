// Unsafe places that are not put right yet, so that whoever goes by can look at them again.
#ifndef READ_OPEN_ACTIONS_H
#define READ_OPEN_ACTIONS_H

#include "promise/catalogue.h"
#include "rond/v1/sync.pb-c.h"
#include "wire/limits.h"

// The most urgent ones: those whose due day comes first, without one the last; of one day those that were found first.
// Zeroed; weigh each commitment of the area, then find.
struct open_actions {
    uint64_t hash;        // of what was weighed
    uint64_t decided;     // of what people decided of places, or amended
    size_t sources_count; // commitments that have something open
    struct open_source {
        const struct commitment *commitment;
        int64_t open_count;
    } sources[FEEDBACK_STANDINGS_MAX];
    size_t count;
    struct open_action {
        const struct commitment *commitment;
        uint64_t row, bucket_hash; // the first report that found it unsafe, as far as is stored
        char bucket[BUCKET_SIZE];
        char due[DATE_TEXT_SIZE];
        int64_t found_s;
    } actions[FEEDBACK_ACTIONS_MAX];
};

// Takes in a commitment with the sum of its totals; one of another measure is passed over. Reads no contribution.
MUST_CHECK enum rond_err open_actions_weigh(struct store *store, const struct commitment *commitment,
                                            const struct tally *sum, struct open_actions *actions);
// A stamp of what was weighed, never 0: the same while nothing has come in that could change what find and make would give,
// and for a day at the longest.
uint64_t open_actions_stamp(const struct catalogue *catalogue, const char *area, int64_t now_s,
                            const struct open_actions *actions);
// A stamp of what people decided and of the catalogue: what was found of a place holds as long as it, and as what came in
// about the place.
uint64_t open_actions_decided(const struct catalogue *catalogue, const struct open_actions *actions);
// As messages, in the arena, as many as a frame can hold. A free text that seems to hold personal data is held back: they go
// to other organisations' devices.
MUST_CHECK enum rond_err open_actions_make(struct store *store, const struct catalogue *catalogue,
                                           const struct open_actions *actions, struct arena *arena,
                                           Rond__V1__OpenAction ***ret_messages, size_t *ret_count);
// The first of them that together take at most bytes_max when packed: the least urgent are left out.
size_t open_actions_fit(Rond__V1__OpenAction *const *messages, size_t count, size_t bytes_max);

#endif
