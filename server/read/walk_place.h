// One unsafe place of a safety walk: what the walk says of it, what people decided since, and how it stands.
#ifndef READ_WALK_PLACE_H
#define READ_WALK_PLACE_H

#include "promise/catalogue.h"
#include "read/action_state.h"
#include "read/first_look.h"

enum walk_status {
    WALK_OPEN,
    WALK_SAFE,   // the latest look found it safe: the only way in which it counts as put right
    WALK_CLOSED, // by a person, and nobody has looked since
};
struct walk_place {
    const struct commitment *commitment; // that follows it
    struct first_look look;
    struct action_state state;
    enum walk_status status;
    bool is_overdue; // open, and its day has passed
    size_t looks;
    uint64_t unsafe_row;         // the first report by which it lies in the register; 0: no look found it unsafe
    struct stored_report latest; // the latest look; may be the first
    const char *version;         // another whenever anything about it is
};
// Lives in the arena. ROND_ENOTFOUND where the first look is not among the reports.
MUST_CHECK enum rond_err walk_place_read(struct store *store, const struct commitment *commitment, const char *bucket,
                                         int64_t now_s, struct arena *arena, struct walk_place *ret_place);
// The one that this walk, as it stands, found first under this finding's id. ROND_ENOTFOUND.
MUST_CHECK enum rond_err walk_place_find(struct store *store, const struct catalogue *catalogue,
                                         const struct stored_report *walk, const char *finding, int64_t now_s,
                                         struct arena *arena, struct walk_place *ret_place);
// As read/walks.h says. NULL without memory.
json_t *walk_place_json(const struct walk_place *place);

#endif
