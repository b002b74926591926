// Which unsafe places of an area are open, and of these the most urgent.
//
// Each contribution of a commitment is looked at, since any may close a place or open it again. What it comes to is read
// once and then known, for as long as nothing else comes in about that place: its reports are not opened again.
#ifndef READ_OPEN_ACTIONS_FIND_H
#define READ_OPEN_ACTIONS_FIND_H

#include "base/buffer.h"
#include "read/open_actions.h"

// What is known of a place that was ever found unsafe. Plain value, no text of anybody's.
struct known_place {
    uint32_t commitment;
    bool is_listed; // open, its first look is here, and no person closed it
    char due[DATE_TEXT_SIZE];
    uint64_t row, bucket_hash, contents; // contents: a hash of what lies in its bucket
    int64_t found_s;
};
enum { KNOWN_PLACES_MAX = 32768 }; // more are read each time

// In the order in which they were found, which is the same the next time but for what came or went in between.
struct known_places {
    const struct known_place *before; // of the last time; borrowed
    size_t before_count;
    struct buffer now; // struct known_place, as many as it has room for; the caller's
};

// Fills actions->actions, but for places that a person closed (read/action_state.h). Some 24 bytes of memory for each place
// that was ever looked at, and as known_place for each that was ever unsafe.
MUST_CHECK enum rond_err open_actions_find(struct store *store, struct open_actions *actions, struct known_places *places);

#endif
