// Writes JSON as YAML: what yaml_reader.h reads back is the same. Libyaml's emitter quotes and escapes; here is only decided
// how it looks to a person: what holds nothing but words stands on one line, everything else a line each.
#ifndef PROMISE_YAML_WRITER_H
#define PROMISE_YAML_WRITER_H

#include <jansson.h>

#include "base/buffer.h"

// Objects, lists, texts, whole numbers and flags; members keep their order. comment: a first line behind "# ", without line
// breaks; NULL: none. ROND_ENOMEM, also beyond what the buffer takes.
MUST_CHECK enum rond_err yaml_write(json_t *document, const char *comment, struct buffer *to);

#endif
