// What windows are held against where packets are lost: TLS 1.3 with certificates on both sides over plain blocking sockets,
// so many bytes up, then so many down, and nothing of Rond.
#ifndef BENCH_BARE_TLS_H
#define BENCH_BARE_TLS_H

#include "bench/fleet.h"

struct bare_bytes {
    uint32_t asked, answered; // once before: a question and its answer, as an upgrade is; 0: none
    uint32_t up, down;        // then
};
struct bare_server {
    pid_t pid;
    int port;
};

// In the network where the caller is. Its certificate is a device's: only the sizes matter.
void bare_server_start(struct bare_server *server, const struct fleet *fleet);
void bare_server_stop(struct bare_server *server);
// Seconds from connecting to the last byte down, with a full handshake; less than 0 where it did not come to its end in
// time.
double bare_transfer(const struct fleet *fleet, const char *address, int port, struct bare_bytes bytes);

#endif
