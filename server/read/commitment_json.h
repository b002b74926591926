// One commitment with its figure, as read_progress gives it.
#ifndef READ_COMMITMENT_JSON_H
#define READ_COMMITMENT_JSON_H

#include "read/sureness.h"

// Within the caller's read_begin; the fields are in read/progress.h. ROND_ENOMEM and the store's own failures.
MUST_CHECK enum rond_err commitment_json(struct store *store, const struct commitment *commitment,
                                         const struct sureness *sureness, int64_t now_s, json_t **ret_json);

#endif
