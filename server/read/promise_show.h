// One promise as it is now, or was in one of its versions: to be edited, and as a file.
#ifndef READ_PROMISE_SHOW_H
#define READ_PROMISE_SHOW_H

#include "promise/catalogue.h"
#include "read/rows.h"

struct promise_wanted {
    const char *promise;
    uint32_t version; // 0: the newest
};

// {"promise": {read/promise_document.h}, "area", "version", "newest", "state", "since_ms", "since" (null where it was put
// before there were versions), "actor"}. ROND_ENOTFOUND.
MUST_CHECK enum rond_err read_promise(struct store *store, const struct promise_wanted *wanted, json_t **ret_json);

// {"name": "ID.yaml", "text"}: a promise file that an import takes, with the names of today. ROND_ENOTFOUND.
MUST_CHECK enum rond_err read_promise_file(struct store *store, const struct catalogue *catalogue,
                                           const struct promise_wanted *wanted, json_t **ret_json);
// The file's text of a promise as read/promise_document.h has it; also of one that was never put.
MUST_CHECK enum rond_err read_promise_text(json_t *promise, const char *area, const struct catalogue *catalogue,
                                           const char *comment, struct buffer *to);

#endif
