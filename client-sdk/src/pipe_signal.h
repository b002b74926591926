// Writing to a connection that the peer has ended raises SIGPIPE, which ends an app that has not thought of it. What the
// app has set for that signal is its own and is left alone: instead the signal is held back on the calling thread while
// something may write, and what was raised meanwhile is dropped. The write itself answers EPIPE, which is looked at.
#ifndef CLIENT_PIPE_SIGNAL_H
#define CLIENT_PIPE_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

struct pipe_signal {
    sigset_t mask; // the thread's, as it was
    bool was_pending;
};

// Of the calling thread. Holds may lie within one another; each is released, the newest first.
void pipe_signal_hold(struct pipe_signal *ret_held);
void pipe_signal_release(const struct pipe_signal *held);

#endif
