// One job of windows.c: a window, or what is measured beside it, over an emulated link of its own (air.h). Several links
// stand at once, beside one server; they take little of a processor.
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stdatomic.h>

#include "bench/air.h"
#include "bench/bare_tls.h"
#include "bench/server.h"

enum { REPORTS = 200, GIVE_UP_S = 120 /* a sync that gets nowhere */, PROFILES_COUNT = 4 };

extern const struct air_shape PROFILES[PROFILES_COUNT];

enum kind {
    RATE,
    FULL, // the SDK for the first time: full handshake, no cookie of TCP Fast Open
    BACK, // the SDK as it comes back: it synced by the same address before, TLS is resumed, the ClientHello is in the SYN
    BARE, // bare TLS
    BARE_ASKED, // bare TLS that asks once before, as an upgrade does
    WINDOW,     // the SDK, cut after cut_s; 0: after the first acknowledgement
};
struct job {
    enum kind kind;
    atomic_bool is_taken;
    size_t profile;
    struct air_shape shape;
    struct bare_bytes bytes;
    double cut_s;
    // What came of it; times since the start.
    bool is_through;
    double rate; // bits a second
    double stands_s, first_s, last_s, ends_s;
    uint64_t up, down; // IP bytes until last_s
    uint64_t down_in_all;
    uint64_t lost, overflowed; // packets
    bool is_fast;              // the server took data with the SYN
    uint64_t acknowledged;
    uint64_t durable, again; // WINDOW: at the server when it was cut; acknowledged ones that were sent again after it
};
struct windows {
    struct bench *bench;
    struct fleet *fleet;
    struct server server;
    struct bare_server bare;
    int network;      // the server's
    size_t from, to;  // of the profiles
    struct job *jobs; // shared with the lanes
    size_t count;
    _Atomic unsigned *links;
};

// Carries out all jobs that are planned, each once: several at a time where they take longest, one where every millisecond
// counts.
void windows_run(struct windows *windows);
// One of them, alone; name: of the handheld, NULL where it is not of the SDK. device: whose patrols it queues.
void windows_run_job(struct windows *windows, struct job *job, const char *name, size_t device);
// The windows that were cut, one after the other: what was durable is what need not come in any more.
void windows_drain_rest(struct windows *windows);

#endif
