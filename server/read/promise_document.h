// A promise in the words of the promise file (docs/promises.md), as JSON: what the editor changes, what is exported, and
// what an import of it reads back as the same promise.
#ifndef READ_PROMISE_DOCUMENT_H
#define READ_PROMISE_DOCUMENT_H

#include <jansson.h>

#include "promise/catalogue.h"

// One of the file's `promises`. Its period is always there, and required parties stand in with_all. NULL without memory.
json_t *promise_document(const Rond__V1__Promise *promise);
// The whole file around one of its `promises`: the area, and of organisations, words and the area's places those that it
// names, as the catalogue has them, so that an import of it changes the promise alone. Names that the catalogue does not
// know are left to whoever reads the file. NULL where there is no such area, and without memory.
json_t *promise_document_file(json_t *promise, const char *area, const struct catalogue *catalogue);

#endif
