#include "bench/air.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"

enum { UNDER_WAY_MAX = 4096 };
#define STILL_S 0.02 // nothing comes any more of a connection that was closed

struct air_state {
    struct air_count count[AIR_WAYS];
    atomic_bool is_measured, is_cut;
};

// ---- Networks ----

int air_network_of_caller(void) {
    int network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (network < 0)
        bench_fail("/proc/self/ns/net: %s", strerror(errno));
    return network;
}

static void set(const char *path, const char *value) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, value, strlen(value)) != (ssize_t)strlen(value))
        bench_fail("%s: %s", path, strerror(errno));
    close(file);
}

int air_network(void) {
    if (unshare(CLONE_NEWNET) != 0)
        bench_fail("a network of its own cannot be made: %s", strerror(errno));
    int network = air_network_of_caller();
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
    if (descriptor < 0 || ioctl(descriptor, SIOCSIFFLAGS, &loopback) != 0)
        bench_fail("the loopback device does not come up: %s", strerror(errno));
    close(descriptor);
    set("/proc/sys/net/ipv4/tcp_fastopen", "3");
    set("/proc/sys/net/ipv4/tcp_no_metrics_save", "1");
    return network;
}

void air_enter(int network) {
    if (setns(network, CLONE_NEWNET) != 0)
        bench_fail("a network cannot be entered: %s", strerror(errno));
}

static void put_address(struct sockaddr *to, in_addr_t address) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = address};
    memcpy(to, &in, sizeof in);
}

static void configure(int descriptor, unsigned long request, struct ifreq *with) {
    if (ioctl(descriptor, request, with) != 0)
        bench_fail("the network device %s cannot be set up: %s", with->ifr_name, strerror(errno));
}

int air_server_network(void) {
    int network = air_network(), descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq loopback = {.ifr_name = "lo:0"};
    put_address(&loopback.ifr_addr, inet_addr(AIR_SERVER));
    configure(descriptor, SIOCSIFADDR, &loopback);
    put_address(&loopback.ifr_netmask, INADDR_NONE);
    configure(descriptor, SIOCSIFNETMASK, &loopback);
    close(descriptor);
    return network;
}

// In the network where the caller is.
static int tun_open(const char *name, in_addr_t own, in_addr_t peer) {
    struct ifreq device = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC),
        descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    (void)snprintf(device.ifr_name, sizeof device.ifr_name, "%s", name);
    if (tun < 0 || descriptor < 0)
        bench_fail("/dev/net/tun: %s", strerror(errno));
    configure(tun, TUNSETIFF, &device);
    put_address(&device.ifr_addr, own);
    configure(descriptor, SIOCSIFADDR, &device);
    put_address(&device.ifr_dstaddr, peer);
    configure(descriptor, SIOCSIFDSTADDR, &device);
    put_address(&device.ifr_netmask, INADDR_NONE);
    configure(descriptor, SIOCSIFNETMASK, &device);
    device.ifr_mtu = AIR_PACKET_BYTES_MAX;
    configure(descriptor, SIOCSIFMTU, &device);
    device.ifr_flags = IFF_UP | IFF_RUNNING | IFF_POINTOPOINT;
    configure(descriptor, SIOCSIFFLAGS, &device);
    close(descriptor);
    return tun;
}

// ---- One way ----

struct packet {
    double sent_s; // off the queue
    double due_s;  // over there
    size_t size;
    uint8_t bytes[AIR_PACKET_BYTES_MAX];
};
struct way {
    int from, to;
    struct air_count *count;
    struct packet *packets; // a ring
    size_t first, under_way;
    double free_s; // the air is, from then on
};

// splitmix64 over seed, way and number.
static double draw(uint64_t seed, int way, uint64_t number) {
    uint64_t value = seed * 2 + (uint64_t)way + (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return (double)((value ^ value >> 31) >> 11) * 0x1p-53;
}

static size_t waiting(const struct way *way, double now_s) {
    size_t count = 0;
    for (size_t i = way->under_way; i > 0 && way->packets[(way->first + i - 1) % UNDER_WAY_MAX].sent_s > now_s; i--)
        count++;
    return count;
}

// BENCH_TRACE=FILE: a line for each packet. For who looks into one window; the lines of several links stand among each
// other.
static void trace(FILE *to, int direction, uint64_t number, const struct packet *packet, bool is_lost) {
    if (to)
        (void)fprintf(to, "%.4f %d %s %llu %zu%s\n", packet->due_s, (int)getpid(), direction == AIR_UP ? "up" : "down",
                      (unsigned long long)number, packet->size, is_lost ? " lost" : "");
}

static void pass(const struct way *way) {
    uint8_t packet[AIR_PACKET_BYTES_MAX];
    for (ssize_t size; (size = read(way->from, packet, sizeof packet)) > 0;)
        (void)!write(way->to, packet, (size_t)size);
}

static void take_in(struct way *way, int direction, const struct air_shape *shape, bool is_cut, FILE *to) {
    struct packet packet;
    for (ssize_t size; (size = read(way->from, packet.bytes, sizeof packet.bytes)) > 0;) {
        double now_s = bench_now_s();
        if (packet.bytes[0] >> 4 != 4 || is_cut)
            continue; // what IPv6 says to nobody is no part of it
        uint64_t number = atomic_fetch_add(&way->count->packets, 1);
        if (waiting(way, now_s) >= AIR_QUEUE || way->under_way == UNDER_WAY_MAX) {
            atomic_fetch_add(&way->count->overflowed, 1);
            continue;
        }
        way->free_s = (way->free_s > now_s ? way->free_s : now_s) + (double)size * 8 / shape->bits_per_s;
        bool is_lost = draw(shape->seed, direction, number) < shape->loss;
        packet.size = (size_t)size;
        packet.sent_s = way->free_s;
        packet.due_s = way->free_s + shape->round_trip_s / 2;
        trace(to, direction, number, &packet, is_lost);
        if (is_lost) {
            atomic_fetch_add(&way->count->lost, 1);
            atomic_fetch_add(&way->count->bytes, (uint64_t)size);
            continue;
        }
        way->packets[(way->first + way->under_way++) % UNDER_WAY_MAX] = packet;
    }
}

static void give_out(struct way *way, bool is_cut) {
    double now_s = bench_now_s();
    while (way->under_way > 0 && (way->packets[way->first].due_s <= now_s || is_cut)) {
        const struct packet *packet = &way->packets[way->first];
        if (!is_cut) {
            atomic_fetch_add(&way->count->bytes, packet->size);
            (void)!write(way->to, packet->bytes, packet->size);
        }
        way->first = (way->first + 1) % UNDER_WAY_MAX;
        way->under_way--;
    }
}

static struct timespec until_due(const struct way *ways) {
    double next_s = bench_now_s() + 0.05; // a cut is seen by then
    for (int i = 0; i < AIR_WAYS; i++)
        if (ways[i].under_way > 0 && ways[i].packets[ways[i].first].due_s < next_s)
            next_s = ways[i].packets[ways[i].first].due_s;
    double left_s = next_s - bench_now_s();
    return (struct timespec){.tv_nsec = left_s > 0 ? (long)(left_s * 1e9) : 0};
}

_Noreturn static void carry(int device, int server, const struct air_shape *shape, struct air_state *state) {
    struct way ways[AIR_WAYS] = {{.from = device, .to = server}, {.from = server, .to = device}};
    const struct sched_param first = {.sched_priority = 1};
    const char *path = getenv("BENCH_TRACE");
    FILE *to = path ? fopen(path, "a") : NULL;
    if (to)
        (void)setvbuf(to, NULL, _IOLBF, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sched_setscheduler(0, SCHED_FIFO, &first); // what else the machine does is no part of the link
    for (int i = 0; i < AIR_WAYS; i++) {
        ways[i].count = &state->count[i];
        ways[i].packets = calloc(UNDER_WAY_MAX, sizeof *ways[i].packets);
        if (!ways[i].packets)
            _exit(1);
    }
    for (;;) {
        struct timespec wait = until_due(ways);
        struct pollfd descriptors[] = {{.fd = device, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        (void)ppoll(descriptors, 2, &wait, NULL);
        for (int i = 0; i < AIR_WAYS; i++) {
            if (!atomic_load(&state->is_measured)) {
                pass(&ways[i]);
                continue;
            }
            give_out(&ways[i], atomic_load(&state->is_cut));
            take_in(&ways[i], i, shape, atomic_load(&state->is_cut), to);
        }
    }
}

// ---- The link ----

void air_open(struct air *air, int server_network, unsigned number, const struct air_shape *shape) {
    char name[IFNAMSIZ];
    in_addr_t server = inet_addr(AIR_SERVER), device = htonl(ntohl(server) + 256 + number);
    air->state = mmap(NULL, sizeof *air->state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (air->state == MAP_FAILED)
        bench_fail("no memory");
    (void)snprintf(name, sizeof name, "air%u", number);
    air_enter(server_network);
    int at_server = tun_open(name, server, device);
    int own = air_network();
    int at_device = tun_open(name, device, server);
    (void)fflush(NULL);
    air->pid = fork();
    if (air->pid == 0)
        carry(at_device, at_server, shape, air->state);
    if (air->pid < 0)
        bench_fail("no process for a link");
    close(at_server);
    close(at_device);
    close(own);
}

void air_measure(struct air *air) {
    const struct timespec still = {.tv_nsec = (long)(STILL_S * 1e9)};
    (void)nanosleep(&still, NULL);
    atomic_store(&air->state->is_measured, true);
}

const struct air_count *air_count(const struct air *air, int way) {
    return &air->state->count[way];
}

void air_cut(struct air *air) {
    atomic_store(&air->state->is_cut, true);
}

void air_close(struct air *air) {
    (void)kill(air->pid, SIGKILL);
    (void)waitpid(air->pid, NULL, 0);
    (void)munmap(air->state, sizeof *air->state);
}
