// A name server of one thread on a loopback port of its own choosing, which answers every question in one manner.
#ifndef SUPPORT_NAME_SERVER_H
#define SUPPORT_NAME_SERVER_H

#include <pthread.h>
#include <stdatomic.h>

enum name_manner {
    NAME_SILENT,   // hears and says nothing
    NAME_EXISTS,   // A is 127.0.0.1, AAAA is empty
    NAME_OF_MANY,  // A is 127.0.0.1 to 127.0.0.9
    NAME_MISSING,  // there is no such name
    NAME_EMPTY,    // the name is there and has no address
    NAME_TROUBLE,  // SERVFAIL
    NAME_NONSENSE, // the question's number and then bytes at random
    NAME_CIRCLE,   // an answer whose name points at itself
    NAME_STRANGER, // a good answer under another number
};

struct name_server {
    char address[32];  // "127.0.0.1:PORT", as resolver_create takes it
    atomic_int manner; // enum name_manner; may be changed while it runs
    int socket;
    pthread_t thread;
    atomic_int questions;
    atomic_bool is_stopping;
};

void name_server_start(struct name_server *server, enum name_manner manner);
void name_server_stop(struct name_server *server);

#endif
