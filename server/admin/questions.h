// Questions: answered from a read-only store by a reader thread, with the functions of read/.
#ifndef ADMIN_QUESTIONS_H
#define ADMIN_QUESTIONS_H

#include <jansson.h>

#include "admin/command.h"

// By its place in the table; NULL after the last.
const char *question_name(size_t index);
// ROND_EINVALID for an unknown name or argument. `follows`: the name is of what follows a change (the only way to ask it).
MUST_CHECK enum rond_err question_prepare(const char *name, bool follows, json_t *arguments, const struct admin_request *request,
                                        const struct admin_context *context,                                          struct admin_job **ret_job, struct fault *fault);

#endif
