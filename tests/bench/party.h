// A fleet that comes back all at once. Devices behave as the SDK does: the waits are its own (client-sdk/src/backoff.c), and
// so are the deadlines. They share one thread here, while each has a processor of its own out there: so at most
// PARTY_HANDSHAKES_MAX shake hands at one time, and the others knock as soon as one is through. The server is never without
// work all the same.
#ifndef BENCH_PARTY_H
#define BENCH_PARTY_H

#include "backoff.h"
#include "bench/connection.h"
#include "bench/server.h"

enum { PARTY_HANDSHAKES_MAX = 16 };

struct guest {
    struct connection connection;
    struct load load;
    struct backoff backoff;
    bool is_open, is_sending;
    double back_s; // connects then
    double opened_s;
    double through_ms; // since party->begin_s, all of its load acknowledged; negative: not yet
    unsigned ends, refusals;
};

struct party {
    struct bench *bench;
    const struct fleet *fleet;
    struct server server;
    struct connections all;
    struct guest *guests;
    size_t count, through, shaking; // shaking: hands, in this step
    double begin_s, looked_s;
    double memory_mib_max, queue_mib_max, held_mib_max; // of the server, looked at once a second
};

// Starts a server of that name, and nobody is there yet.
void party_open(struct party *party, struct bench *bench, const struct fleet *fleet, size_t count, const char *name);
void party_close(struct party *party); // ends the server, too
// Each has so many reports, in one batch, and comes at the next step. number: of the load (fleet.h); the one before is given
// up.
void party_loads(struct party *party, unsigned number, size_t reports);
void party_step(struct party *party);
// Steps until all are through, or so long; ret_waits_ms: one of each, in order of size. False: some are not, and it is told
// which.
bool party_until_all_are_through(struct party *party, double limit_s, double *ret_waits_ms);
void party_visit(struct party *party, struct guest *guest);
void party_leave(struct guest *guest);

#endif
