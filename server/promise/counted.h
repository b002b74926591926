// A stored report as counting sees it: decoded, amended, under the identity that it counts as and with what people ruled;
// and what it then contributes to one commitment. The fold uses it, and whoever tries a commitment that is not there.
#ifndef PROMISE_COUNTED_H
#define PROMISE_COUNTED_H

#include "promise/lineage.h"
#include "promise/rulings.h"

struct counted {
    struct counted_report report;
    enum counting_reason part; // REASON_COUNTED, or why nothing of it counts, whatever the commitment
    bool is_readable;          // false: the rest says nothing, and nothing counts of it
};

// What a stored report says now: decoded into the arena and as people amended it, where they did. ROND_ENOTFOUND: erased.
// ROND_EINVALID: it cannot be read. ROND_ENOMEM.
MUST_CHECK enum rond_err counted_content(struct store *store, const struct stored_report *stored, struct arena *arena,
                                         Rond__V1__Report **ret_report);
// decoded: of the node's report, or NULL. rulings: of its own identity and of the one that it counts as. Memory is the
// scratch's, which ret_counted borrows. ROND_ENOMEM.
MUST_CHECK enum rond_err counted_read(const struct lineage_node *node, const Rond__V1__Report *decoded,
                                      const struct rulings *rulings, struct arena *scratch, struct counted *ret_counted);
// None where it is no candidate. ROND_ENOMEM.
MUST_CHECK enum rond_err counted_toward(const struct counted *counted, const struct commitment *commitment,
                                        struct arena *scratch, struct contribution **ret_values, size_t *ret_count);

#endif
