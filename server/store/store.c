#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { LOCK_PATH_SIZE = 4096 };

void store_close(struct store *store) {
    if (store != NULL)
        store->close(store);
}

enum rond_err store_lock(const char *directory, int *ret_descriptor, struct fault *fault) {
    char path[LOCK_PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/lock", directory) >= (int)sizeof path)
        return fault_set(fault, ROND_EINVALID, 0, "", "The directory's name is too long.");
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 && errno == EROFS)
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return fault_set(fault, ROND_ENOTFOUND, 0, "", "There is no data directory at %s; 'rondctl --data %s init' makes one.",
                         directory, directory);
    if (descriptor < 0)
        return fault_set(fault, errno == ENOSPC || errno == EDQUOT ? ROND_EFULL : ROND_EIO, 0, "",
                         "%s cannot be opened: %s.", path, strerror(errno));
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        int cause = errno;
        close(descriptor);
        if (cause == EWOULDBLOCK)
            return fault_set(fault, ROND_ECONFLICT, 0, "", "Another process owns %s; talk to it or stop it first.",
                             directory);
        return fault_set(fault, ROND_EIO, 0, "", "%s cannot be locked: %s.", path, strerror(cause));
    }
    *ret_descriptor = descriptor;
    return ROND_OK;
}
