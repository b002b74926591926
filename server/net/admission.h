// Sockets that were accepted and handed to libwebsockets, from accept to their end: the caps (all, one address), and the
// deadline until which each must have come to something (upgraded, or answered).
//
// An admission rides on its wsi as opaque user data; every vhost's first protocol calls admission_forget at
// LWS_CALLBACK_WSI_DESTROY, the one end that always comes.
#ifndef NET_ADMISSION_H
#define NET_ADMISSION_H

#include <libwebsockets.h>

#include "base/clock.h"
#include "net/address_limits.h"

struct admission {
    struct admissions *admissions;
    struct admission *previous, *next;
    struct lws *wsi;
    struct address_key address;
    int64_t deadline_ms; // monotonic; 0: settled
    void *owner;         // the connection or exchange on it
    bool is_unread;      // nothing more is read from it, so only the sweep notices that the other end has left
};
struct admissions {
    struct admission *first;
    size_t count;
    size_t count_max;
    struct address_limits limits;
    const struct clock *clock;
    int64_t swept_ms;    // monotonic
    uint64_t refused;    // by the caps
    uint64_t timed_out;
};

MUST_CHECK enum rond_err admissions_init(struct admissions *admissions, size_t count_max, uint32_t per_address_max,
                                         uint32_t requests_per_minute, const struct clock *clock, const struct rng *rng);
void admissions_deinit(struct admissions *admissions);

// Owns the descriptor: adopts it into the vhost or closes it. extra: how many beyond count_max are let in (operations).
void admission_enter(struct admissions *admissions, struct lws_vhost *vhost, int take_descriptor,
                     const struct sockaddr *address, size_t extra);
// NULL where it did not come through admission_enter.
struct admission *admission_of(struct lws *wsi);
// It came to something: no handshake deadline any more.
void admission_settle(struct admission *admission);
void admission_forget(struct lws *wsi);
// Ends it without a word, soon, from wherever this is called.
void admission_kill(struct admission *admission);
// Kills what is beyond its deadline, and what is unread and whose other end has left; several times a second. Time that the
// loop was too busy to come here does not count.
void admissions_sweep(struct admissions *admissions);

#endif
