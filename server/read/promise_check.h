// A promise file, looked at before it is imported: what is wrong with it, or what it would bring.
#ifndef READ_PROMISE_CHECK_H
#define READ_PROMISE_CHECK_H

#include "promise/catalogue.h"
#include "promise/promise_file.h"
#include "read/rows.h"

// By read/promise_source.h. Rows: every fault, {"fault": "FILE:LINE: field: sentence", "field", "text": sentence, "line"},
// the line null where a promise came as JSON. The answer: {"good", "more": faults beyond those given}; where it is good also
// {"area", "promises": [{"promise", "title_sv", "is_new", "version": that is there now, 0: none, "commitments"}], "places",
// "words"}. Whether a promise that is there may change so is said by the import itself. ROND_EINVALID with a sentence where
// there is nothing to look at, or too much of it.
MUST_CHECK enum rond_err read_promise_check(const struct catalogue *catalogue, const json_t *arguments,
                                            const struct read_rows *rows, json_t **last, struct fault *fault);
json_t *read_promise_fault(const struct file_fault *fault); // one of those rows

#endif
