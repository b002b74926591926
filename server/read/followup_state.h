// What a follow-up is made from, by a name: two that name the same state have the same figures, whoever makes them and when.
#ifndef READ_FOLLOWUP_STATE_H
#define READ_FOLLOWUP_STATE_H

#include "promise/catalogue.h"
#include "read/rows.h"

enum { STATE_NAME_SIZE = 2 * HASH_SIZE + 1 };

struct followup_state {
    struct store_identity store;
    uint64_t last_row;            // the last report that had arrived
    uint64_t catalogue_revision;  // newest revision of reference data: promises, places, time zones
    uint64_t rulings;             // people's decisions
    uint32_t rules;               // version of the rules of counting
    struct hash256 fold;          // promise_digest: what counted, and toward what
    char name[STATE_NAME_SIZE];
};

// Reads the whole fold once. The name is the SHA-256, in hexadecimal, of these lines, each ended by a line feed (the last
// one for each commitment, in the order of the document: its sureness; `since` is a day, or "-"):
//
//   rond state v2
//   store HEX | epoch N | last_row N | catalogue_revision N | rulings N | rules N | fold HEX
//   silent PROMISE/COMMITMENT SILENT DEVICES NEVER_HEARD UNSENT SINCE
//
// commitments: as in the document, read/followup_document.h.
MUST_CHECK enum rond_err followup_state_read(struct store *store, const struct catalogue *catalogue, const json_t *commitments,
                                             struct followup_state *ret_state);
// "store", "epoch", "last_row", "catalogue_revision", "rulings", "rules", "fold", "name"
json_t *followup_state_json(const struct followup_state *state);

#endif
