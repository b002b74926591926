// No root at run time.
#ifndef PRIVILEGES_H
#define PRIVILEGES_H

#include "base/err.h"

// Started by root, the process becomes the user who owns the data directory, for good. Where that is root, ROND_EAUTH with
// what to do, unless the environment says ROND_AS_ROOT=1 (a trial, a container of one user): then it goes on under root's
// name without any of root's capabilities. Otherwise, and where there is no such directory, nothing happens.
// *ret_is_root: it goes on as root.
MUST_CHECK enum rond_err privileges_leave_root(const char *data_dir, bool *ret_is_root, struct fault *fault);

#endif
