// A follow-up as a page to be printed, in Swedish or English, made from the signed document alone: whoever has that can make
// the same bytes again. Plain HTML: no scripts, every text escaped, every colour with its word.
#ifndef READ_FOLLOWUP_HTML_H
#define READ_FOLLOWUP_HTML_H

#include "base/buffer.h"

enum { FOLLOWUP_HTML_BYTES_MAX = 32 * 1024 * 1024 };

// ROND_EINVALID where it is no document of a format that read/followup_document.h knows. styles: the address of a style sheet
// that stands beside it on a server; NULL: they are in the page, which then needs nothing from elsewhere.
MUST_CHECK enum rond_err followup_html_write(struct bytes document, bool swedish, const char *styles, struct buffer *to,
                                             struct fault *fault);

#endif
