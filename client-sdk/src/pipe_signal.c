#include "pipe_signal.h"

#include <time.h>

static sigset_t only_pipe(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

void pipe_signal_hold(struct pipe_signal *ret_held) {
    sigset_t pipe = only_pipe(), pending;
    sigemptyset(&pending);
    sigpending(&pending);
    ret_held->was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &ret_held->mask);
}

// One that waited before was not raised here, and waits on.
void pipe_signal_release(const struct pipe_signal *held) {
    const struct timespec at_once = {0};
    sigset_t pipe = only_pipe();
    if (!held->was_pending)
        (void)sigtimedwait(&pipe, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &held->mask, NULL);
}
