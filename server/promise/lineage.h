// Which reports belong together, and which of them stands. A report's lineage is the original with all its corrections
// and withdrawals; a twin is the same report queued anew after a fork. Values only; loads through the ledger.
//
// A correction or withdrawal counts where it comes from the device that reported, or from another device of the same
// organisation in the same role or in one that may correct that role (Term.corrects).
#ifndef PROMISE_LINEAGE_H
#define PROMISE_LINEAGE_H

#include "promise/catalogue.h"

// One report and what became of it.
struct lineage_node {
    struct stored_report report; // row 0: named by another, but not there
    struct report_key key;
    bool linked;                 // names another or is named: what became of others may have changed with it
    bool silent;                 // contributes nothing at all: a withdrawal, or quarantined
    enum counting_reason part;   // REASON_COUNTED: it stands; else why it does not
    struct report_key counts_as; // the original's identity: a correction counts in its place
    // Indices of other nodes, or LINEAGE_NONE.
    uint32_t target;     // named as corrected or withdrawn
    uint32_t formerly;   // named as the identity under which it was queued before
    uint32_t namers;     // first node that was formerly this one ...
    uint32_t next_namer; // ... and the next of the same list
    uint32_t twin;       // the twin that speaks for all, or itself
    uint32_t root;       // once known
};
enum { LINEAGE_NONE = UINT32_MAX };
// It hangs in the air: what it corrects is not there, or is not its to correct.
static inline bool lineage_is_loose(const struct lineage_node *node) {
    return node->part == REASON_WAITING_TARGET || node->part == REASON_FOREIGN_TARGET || node->part == REASON_ROLE_TARGET;
}

struct lineages {
    struct arena *arena;
    const struct catalogue *catalogue;
    struct lineage_node *nodes;
    size_t count;
    size_t capacity;
    uint32_t *slots; // hash of keys: index + 1, 0 empty
    size_t slots_count;
    bool is_starved; // there was no memory to read a role
};

// Loads everything connected with these reports, however far, and decides on all of it. The given reports come first, in
// order. Everything lives in the arena.
MUST_CHECK enum rond_err lineages_load(struct store *store, const struct catalogue *catalogue,
                                       const struct stored_report *reports, size_t count, struct arena *arena,
                                       struct lineages *ret_lineages);

#endif
