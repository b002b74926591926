// What the processes of rondd may ask the kernel for, set by themselves once they have what they need, before they listen or
// serve. It cannot be taken back, and holds for every thread that is begun afterwards. Two walls:
//
//   Landlock   which files: the data directory to read and write; libraries, time zones, the people's certificate and the map's tiles
//              to read; nothing else. Not ca.key nor receipt.key, where they lie outside (auth/seclusion.h). TCP: bind to its own ports, connect nowhere.
//   seccomp    which calls: a list of those that are needed. Not execve, fork, ptrace, mount, chmod by name, keys, modules.
//              What is not on it is answered with EPERM, and goes to the kernel's log where that is kept.
//
// Where the kernel has one of them not, the other stands alone, and the log says so. Compiled with ROND_WITHOUT_SANDBOX
// (sanitizers, coverage: they trace, fork and write elsewhere) there is neither.
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct sandbox_config {
    const char *data_dir;
    const char *read[3];     // files elsewhere that are read, or what lies in a directory; NULL or "": none
    const char *socket_path; // a Unix socket elsewhere that is made; NULL: none
    uint16_t ports[4];       // to listen on; 0: any
    size_t ports_count;
    pid_t signer;      // the only process that may be signalled; 0: none
};
struct sandbox_walls {
    int landlock_abi; // 0: none
    bool seccomp;
};

// From the only thread. ROND_EIO: the kernel has it, and yet it could not be set.
MUST_CHECK enum rond_err sandbox_enter(const struct sandbox_config *config, struct sandbox_walls *ret_walls,
                                       struct fault *fault);
// The signer, with its key and its socket open: no file at all, and a dozen calls.
MUST_CHECK enum rond_err sandbox_enter_signer(struct fault *fault);

#endif
