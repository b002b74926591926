// A link over the air, emulated: a device's network of its own, joined to the server's by two TUN devices that a process
// carries packets between. Each way has
//
//   a rate       a packet takes size * 8 / rate, one after the other
//   a queue      of AIR_QUEUE packets that wait for it; what comes on top is dropped at the end
//   loss         drawn from seed, way and the packet's number: the same seed loses the same packets. What is lost had its
//   time a delay      of half a round trip, after that
//
// At first it is none of that: whatever comes is carried at once and not counted, until air_measure. So a device can have
// been here before, by the same address.
//
// Size is that of the IP packet, at most 1,500 bytes. Networks and devices are without names and vanish with the processes
// that hold them, however those end. Needs root.
#ifndef BENCH_AIR_H
#define BENCH_AIR_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { AIR_UP, AIR_DOWN, AIR_WAYS, AIR_QUEUE = 64, AIR_PACKET_BYTES_MAX = 1500 };

struct air_shape {
    const char *name;
    double bits_per_s;
    double round_trip_s;
    double loss; // share of the packets, each way
    uint64_t seed;
};
// So far. Bytes are counted when they have come over, or were lost.
struct air_count {
    _Atomic uint64_t packets, bytes, lost, overflowed;
};
struct air {
    pid_t pid;
    struct air_state *state; // shared with the process
};

#define AIR_SERVER "10.77.0.1"

// A network of its own for the calling process, with nothing but the loopback device, where TCP Fast Open is allowed to both
// ends and nothing else is remembered of earlier connections (RTT, windows). Answers a descriptor of it.
int air_network(void);
// The same where AIR_SERVER is.
int air_server_network(void);
// A descriptor of the one where the calling process is.
int air_network_of_caller(void);
// Into a network that stands; for a process of one thread.
void air_enter(int network);
// Makes a network for the calling process and a link from it to `server_network`, where AIR_SERVER is; number: up to 60,000,
// of which the device's address is made, so that neither kernel remembers anything of an earlier link.
void air_open(struct air *air, int server_network, unsigned number, const struct air_shape *shape);
// From now on it is of its shape; what is still under way of before is let through first.
void air_measure(struct air *air);
const struct air_count *air_count(const struct air *air, int way);
// From now on nothing goes through.
void air_cut(struct air *air);
void air_close(struct air *air);

#endif
