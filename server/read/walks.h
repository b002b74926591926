// The register of unsafe places that safety walks found.
#ifndef READ_WALKS_H
#define READ_WALKS_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum walks_which { WALKS_ALL, WALKS_OPEN, WALKS_OVERDUE, WALKS_SAFE, WALKS_CLOSED };
bool walks_which_parse(const char *name, enum walks_which *ret_which); // "all", "open", "overdue", "safe", "closed"

enum {
    WALKS_PLACES_LOOKS = 250, // so many places are looked at in 50 ms
    WALKS_ROWS_LOOKS = 4000,  // so many contributions are gone through in that time
};

struct walks_wanted {
    const char *area; // NULL: all
    enum walks_which which;
    int64_t now_s;
    uint64_t after; // only later rows
    bool is_part;   // ends by the bounds above
    // Areas that need not be looked at; NULL: none is passed over.
    bool (*may_see)(const void *context, const char *area);
    const void *context;
};
// Places that the commitments follow which ask for actions to be closed, by the first report that found each unsafe.
//
//   {"row", "reference" (of the walk that found it, as it stands), "finding", "area", "organisation", "commitment",
//    "found_s", "found", "place", "place_text", "cause", "responsible", "promised_action", "due", "erased", "status": "open" | "safe" |
//    "closed", "overdue", "looks", "latest_s", "latest", "latest_reference", "closed_by": 12 | null, "version", "withheld",
//    "texts_shown", "decisions": [{"decision", "field", "finding", "value", "at_ms", "at", "actor", "undone_ms", "undone", "undone_by"}]}
//
// responsible, promised_action, due: as people decided, else as the walk says (read/action_state.h). status: "safe" where
// the latest look found it so, which is what counts; "closed" where a person closed it and nobody has looked since.
// texts_shown: false for whoever does not read what another organisation's walk wrote (admin/right.h): those texts are null.
// withheld: a text seems to hold personal data and is null. *ret_stopped: the row after which to go on where a part ended by
// its bounds; 0: it did not. ROND_ENOTFOUND: no such area.
MUST_CHECK enum rond_err read_walks(struct store *store, const struct catalogue *catalogue,
                                    const struct walks_wanted *wanted, const struct read_rows *rows, uint64_t *ret_stopped);

#endif
