// A promise file, looked at before it is imported: what is wrong with it, or what it would bring.
#ifndef READ_PROMISE_CHECK_H
#define READ_PROMISE_CHECK_H

#include "promise/catalogue.h"
#include "read/rows.h"

// Rows: every fault, {"fault": "FILE:LINE: field: sentence", "field"}. The answer: {"good", "more": faults beyond those
// given}; where it is good also {"area", "promises": [{"promise", "title_sv", "is_new", "commitments"}], "places", "words"}.
// Whether a promise that is there may change so is said by the import itself. ROND_EINVALID with a sentence where there is
// no text, or too much of it.
MUST_CHECK enum rond_err read_promise_check(const struct catalogue *catalogue, const char *name, const char *text,
                                            const struct read_rows *rows, json_t **last, struct fault *fault);

#endif
