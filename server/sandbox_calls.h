// The seccomp half of sandbox.h: lists of calls, loaded by libseccomp. Both answer 0 or an errno.
#ifndef SANDBOX_CALLS_H
#define SANDBOX_CALLS_H

#include <sys/types.h>

// signer: the only other process that may be signalled.
int sandbox_calls_of_server(pid_t signer);
int sandbox_calls_of_signer(void);

#endif
