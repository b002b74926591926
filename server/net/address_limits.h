// How much one address may ask for: connections at one time, and requests a minute (a bucket that refills evenly). A value:
// no sockets, time comes in. A fixed table; where it is full of busy addresses a new one is refused.
#ifndef NET_ADDRESS_LIMITS_H
#define NET_ADDRESS_LIMITS_H

#include <sys/socket.h>

#include "base/rng.h"
#include "base/err.h"

enum { ADDRESS_LIMITS_SLOTS = 4096, ADDRESS_KEY_SIZE = 16 };

// IPv4 as ::ffff:a.b.c.d; of IPv6 the first 64 bits, which is what one subscriber has.
struct address_key {
    uint8_t b[ADDRESS_KEY_SIZE];
};
void address_key_of(const struct sockaddr *address, struct address_key *ret_key);

struct address_slot {
    struct address_key key;
    uint32_t connections;
    uint32_t tokens_milli; // thousandths of a request
    int64_t filled_ms;
    bool used;
};
struct address_limits {
    struct address_slot *slots;
    uint64_t seed;
    uint32_t connections_max;
    uint32_t requests_per_minute;
};

MUST_CHECK enum rond_err address_limits_init(struct address_limits *limits, uint32_t connections_max,
                                             uint32_t requests_per_minute, const struct rng *rng);
void address_limits_deinit(struct address_limits *limits);
// False: too many connections from there. After true, address_limits_left once when the connection ends.
bool address_limits_enter(struct address_limits *limits, int64_t now_ms, const struct address_key *key);
void address_limits_left(struct address_limits *limits, const struct address_key *key);
// Takes one request out of the bucket; false where it is empty.
bool address_limits_take(struct address_limits *limits, int64_t now_ms, const struct address_key *key);

#endif
