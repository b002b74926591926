// The libraries that the server's programs are linked with: what they were compiled against and what they found when they
// were started. A shared library may be exchanged under a program; the loader looks at its name alone.
#ifndef LIBRARIES_H
#define LIBRARIES_H

#include "base/buffer.h"
#include "base/err.h"

enum { LIBRARY_VERSION_SIZE = 32 };
struct library {
    const char *name;
    char compiled[LIBRARY_VERSION_SIZE], running[LIBRARY_VERSION_SIZE]; // "1.2.3"
};
enum library_fit { LIBRARY_SAME, LIBRARY_NEWER, LIBRARY_OLDER, LIBRARY_OTHER_ABI };

// The i-th; false behind the last one.
bool libraries_get(size_t index, struct library *ret_library);
// Older: what it was compiled against may be missing. Another ABI: another first number (libwebsockets: second, too).
enum library_fit libraries_fit(const struct library *library);
// Lines of "name 1.2.3", with what was compiled against where that is another.
MUST_CHECK enum rond_err libraries_list(struct buffer *to);
// ROND_ECONFLICT with a sentence where one does not fit. newer is called with each that is newer.
MUST_CHECK enum rond_err libraries_check(void (*newer)(const struct library *library), struct fault *fault);

#endif
