// A promise as it comes from outside, by either way: the text of a promise file, or one promise as JSON in the file's words
// (read/promise_document.h). Both are read by the one reader of promise files.
#ifndef READ_PROMISE_SOURCE_H
#define READ_PROMISE_SOURCE_H

#include <jansson.h>

#include "promise/catalogue.h"
#include "promise/promise_file.h"

struct promise_source {
    const char *name; // of the file, for messages
    const char *text; // what is read
    bool is_promise;  // came as JSON: it has no lines, and its faults name fields of the promise
};

// {"name", "text"}; {"area", "promise": {...}}; either of them. Texts live in the arena. ROND_EINVALID with the argument's
// name in fault.
MUST_CHECK enum rond_err promise_source_take_file(const json_t *arguments, struct arena *arena,
                                                  struct promise_source *ret_source, struct fault *fault);
MUST_CHECK enum rond_err promise_source_take_promise(const json_t *arguments, const struct catalogue *catalogue,
                                                     struct arena *arena, struct promise_source *ret_source,
                                                     struct fault *fault);
MUST_CHECK enum rond_err promise_source_take(const json_t *arguments, const struct catalogue *catalogue, struct arena *arena,
                                             struct promise_source *ret_source, struct fault *fault);
// As promise_file_parse.
MUST_CHECK enum rond_err promise_source_parse(const struct promise_source *source, struct arena *arena,
                                              struct promise_file *ret_file, struct file_faults *ret_faults);

#endif
