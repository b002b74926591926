// TCP Fast Open (RFC 7413): the first bytes, a ClientHello, go with the SYN to a server that gave a cookie before, which is
// a round trip less (docs/decisions/0021-fast-open.md). Linux alone; where anything is missing, connections are made as
// ever.
//
// libwebsockets 4.1.6 makes its sockets by itself and lets nobody between socket() and connect(). So it is told to connect
// to a Unix socket whose queue is full: nothing is sent, and it takes the EAGAIN for a connection under way. Then its
// descriptor is made one of our TCP connection (dup2), before the loop has polled it for the first time.
#ifndef CLIENT_FAST_OPEN_H
#define CLIENT_FAST_OPEN_H

#include <stdbool.h>

enum { FAST_OPEN_NAME_SIZE = 112 };

struct fast_open {
    int connection, listening, waiting;
    char stand_in[FAST_OPEN_NAME_SIZE]; // the Unix socket, as libwebsockets writes it
};
enum fast_open_outcome {
    FAST_OPEN_NOTHING, // not tried, no cookie yet, or one that the server did not take: it cost nothing
    FAST_OPEN_TAKEN,
    FAST_OPEN_LOST, // something was sent twice: the air, or somebody on the way who drops such SYNs
};

// Begins a connection to a numeric address, never waiting. False: not here, nothing is held. Otherwise fast_open_end
// follows.
bool fast_open_begin(struct fast_open *fast, const char *address, int port);
// Puts it in place of that descriptor, which has not been polled yet (-1: there is none), and lets go of the rest.
bool fast_open_end(struct fast_open *fast, int descriptor);
// Once the connection stands.
enum fast_open_outcome fast_open_outcome(int descriptor);

#endif
