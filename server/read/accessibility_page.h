// The accessibility statement that the Act (2018:1937) on accessibility of digital public service asks of a public body: a
// page for whoever asks, without a log-in and without script, in Swedish or English. The site's styles stand beside it
// (read/public_page.h).
#ifndef READ_ACCESSIBILITY_PAGE_H
#define READ_ACCESSIBILITY_PAGE_H

#include "base/buffer.h"

#define ACCESSIBILITY_PAGE "/accessibility"
enum { ACCESSIBILITY_PAGE_BYTES_MAX = 64 * 1024 };

// What only the operator knows; "" where it is not said, and the page says that it is not.
struct accessibility {
    const char *contact;  // to whom shortcomings are reported: a mail address, an https address, or in words
    const char *assessed; // YYYY-MM-DD: when the statement was last gone through
};

MUST_CHECK enum rond_err accessibility_page_write(const struct accessibility *of, bool swedish, struct buffer *to);

#endif
