// The rules of disclosure (store/disclosure.h) as the store has them.
#ifndef READ_DISCLOSURE_LISTS_H
#define READ_DISCLOSURE_LISTS_H

#include "read/rows.h"
#include "store/disclosure.h"

// They live in the arena. ROND_ECORRUPT where a stored one makes no sense.
MUST_CHECK enum rond_err disclosure_load(struct store *store, struct arena *arena, struct disclosure *ret_disclosure);
// {"from", "to", "category", "level", "set_ms", "set", "actor"}
MUST_CHECK enum rond_err read_disclosure_rules(struct store *store, const struct read_rows *rows);

#endif
