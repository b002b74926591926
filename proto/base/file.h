// What the C library leaves to do with a file.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/bytes.h"

// Writes all of it, in as many pieces as the system takes. False with errno where it did not; some of it may be written then.
bool file_write_all(int descriptor, struct bytes bytes);

#endif
