#include "base/file.h"

#include <errno.h>
#include <unistd.h>

bool file_write_all(int descriptor, struct bytes bytes) {
    while (bytes.size > 0) {
        ssize_t written = write(descriptor, bytes.data, bytes.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes = bytes_of(bytes.data + written, bytes.size - (size_t)written);
    }
    return true;
}
