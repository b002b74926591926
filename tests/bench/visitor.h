// Somebody who looks at the pages of a server: logs in, and asks over HTTPS on a connection that is kept, one question after
// the other. Plain OpenSSL on a blocking socket. One visitor is one thread's; a log-in serves any number of visitors.
#ifndef BENCH_VISITOR_H
#define BENCH_VISITOR_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "bench/server.h"

struct visitor {
    SSL_CTX *tls; // trusts the server; the caller's
    int port;
    char cookie[160]; // of the log-in
    SSL *ssl;         // NULL: not connected
    struct buffer answer;
};

// Adds a person to the running server who may see what is in Lund, and logs that person in; not connected afterwards.
void visitor_log_in(struct visitor *visitor, struct bench *bench, const struct server *server, SSL_CTX *tls);
// Another one by the same log-in, with a connection of its own.
void visitor_open(struct visitor *visitor, const struct visitor *logged_in);
// The status of the answer, once the whole of it is there; 0 where the connection ended without one. The next question
// connects again where that was the end of the connection.
unsigned visitor_get(struct visitor *visitor, const char *path);
void visitor_close(struct visitor *visitor);

#endif
