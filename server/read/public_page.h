// The public's pages: HTML made from public_document (read/public_documents.h), in Swedish or English. No script is needed
// to read them; their styles are in one file beside them, which prints as well.
#ifndef READ_PUBLIC_PAGE_H
#define READ_PUBLIC_PAGE_H

#include <jansson.h>

#include "base/buffer.h"

#define PUBLIC_STYLES "/public.css"
enum { PUBLIC_PAGE_BYTES_MAX = 8 * 1024 * 1024 };

// All promises.
MUST_CHECK enum rond_err public_page_write(const json_t *document, bool swedish, struct buffer *to);
// One of them.
MUST_CHECK enum rond_err public_page_write_promise(const json_t *document, const json_t *promise, bool swedish,
                                                   struct buffer *to);
// Instead of one that is not there.
MUST_CHECK enum rond_err public_page_write_absent(bool swedish, struct buffer *to);

#endif
