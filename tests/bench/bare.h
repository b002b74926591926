// What Rond's device listener is held against: OpenSSL with nothing around it. A child process that accepts, shakes hands
// (TLS 1.3, both sides with the certificates of a data directory), says one byte and holds the connection until the other
// end leaves. One thread, epoll, stateless tickets; as small as OpenSSL can be told to be.
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "bench/server.h"

// Only pid and devices_port are set; server_kill ends it, server_cpu_s and server_memory_kib tell what it takes.
// like: has run, so that its data directory has what is needed.
void bare_start(struct server *bare, const struct server *like);
// The child: DIRECTORY has server.crt, server.key and ca.crt; DESCRIPTOR is a listening socket.
_Noreturn void bare_serve(const char *directory, int descriptor);

#endif
