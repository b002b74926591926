// What people decided about one unsafe place: who is responsible, what is promised and until when, and that nobody need look
// at it again. Beside what the walk says, never in it; and no figure changes by it, since a place counts as put right where
// a look finds it safe (counting/fold.h).
#ifndef READ_ACTION_STATE_H
#define READ_ACTION_STATE_H

#include "read/rows.h"

enum action_field {
    ACTION_RESPONSIBLE, // value: an organisation
    ACTION_PROMISED,    // value: one line
    ACTION_DUE,         // value: a day
    ACTION_CLOSED,      // value: why
};
enum { ACTION_FIELDS = ACTION_CLOSED + 1 };
const char *action_field_name(enum action_field field); // as of a finding: "responsible", "promised_action", "due"; "closed"
// A decision's subject; NULL without memory.
const char *action_subject(enum action_field field, const char *finding, struct arena *arena);
// "field" and "finding" of such a subject. False without memory.
bool action_subject_add(json_t *object, const char *subject);

struct action_state {
    const struct decision *standing[ACTION_FIELDS]; // the newest that was not undone; NULL: none
    const struct decision *decisions;               // all of them, in order
    size_t count;
    size_t undone_count;
};
// walk: the identity by which a re-walk names it. Lives in the arena.
MUST_CHECK enum rond_err action_state_read(struct store *store, const struct report_key *walk, const char *finding,
                                           struct arena *arena, struct action_state *ret_state);
// What holds: as decided, else as the walk says.
const char *action_state_text(const struct action_state *state, enum action_field field, const char *said);
// Closed by a person, and nobody has looked again since. latest_s: when the latest look ended.
bool action_state_closed(const struct action_state *state, int64_t latest_s);

#endif
