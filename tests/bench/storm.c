// A reconnect storm: 2,000 handhelds connect at once. What a handshake costs rondd beside OpenSSL with nothing around it
// (bare.h), with the same certificates, on the same core, from the same generator; then how long until all of them are in,
// and how evenly. Served one after the other, the slowest waits twice as long as the one in the middle.
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bare.h"
#include "bench/party.h"

enum { DEVICES = 2000, UNDER_WAY_MAX = 32, RUNS = 3, REPORTS = 20, LIMIT_S = 300 };
enum { FULL, RESUMED, WAYS };

// What one pass over all devices took.
struct pass {
    double per_s, cpu_us;
};

// Threads and processes made from here on inherit it. Nothing where there is one core only.
static void use_core(unsigned core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1 && sched_setaffinity(0, sizeof set, &set) != 0)
        bench_fail("core %u cannot be chosen", core);
}

static void use_all_cores(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (long i = 0; i < sysconf(_SC_NPROCESSORS_ONLN); i++)
        CPU_SET((unsigned)i, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

static void forget_sessions(SSL_SESSION **sessions, size_t count) {
    for (size_t i = 0; i < count; i++)
        SSL_SESSION_free(sessions[i]);
    free(sessions);
}

// ---- Handshakes ----

// A server, and the devices' newest sessions with it.
struct side {
    struct server server;
    enum connection_aim aim;
    SSL_SESSION **sessions;
    struct pass passes[WAYS][RUNS];
};

static void until_ready(struct connections *all, size_t count, double start_s) {
    while (all->ready < count) {
        connections_step(all, 1000);
        if (bench_now_s() - start_s > LIMIT_S)
            bench_fail("%zu handshakes of %zu were made in %d s", all->ready, count, LIMIT_S);
    }
}

static struct pass pass(const struct fleet *fleet, struct side *side, size_t count, unsigned way) {
    struct connection *devices = calloc(count, sizeof *devices);
    struct connections all;
    static const struct id128 no_outbox;
    connections_open(&all, fleet, side->server.devices_port);
    all.aim = side->aim;
    all.may_end = true; // rondd closes who says no Hello for long; by then it is ready
    all.sessions = way == RESUMED ? side->sessions : NULL;
    all.kept = way == FULL ? side->sessions : NULL;
    double start_s = bench_now_s(), cpu_s = server_cpu_s(&side->server);
    for (size_t i = 0; i < count; i++) {
        connection_open(&devices[i], &all, i, &no_outbox);
        until_ready(&all, i + 1 < UNDER_WAY_MAX ? 0 : i + 2 - UNDER_WAY_MAX, start_s);
    }
    until_ready(&all, count, start_s);
    double took_s = bench_now_s() - start_s;
    cpu_s = server_cpu_s(&side->server) - cpu_s;
    for (size_t i = 0; i < count; i++) {
        if (SSL_session_reused(devices[i].ssl) != (way == RESUMED))
            bench_fail("device %zu: a handshake was not of the kind that it should be", i);
        connection_close(&devices[i]);
    }
    connections_close(&all);
    free(devices);
    return (struct pass){.per_s = (double)count / took_s, .cpu_us = cpu_s * 1e6 / (double)count};
}

static void show_passes(struct bench *bench, const struct side *ours, const struct side *bare) {
    static const char *const names[] = {"full", "resumed"};
    for (unsigned way = 0; way < WAYS; way++) {
        double rates[RUNS], cpu[RUNS], bare_rates[RUNS], bare_cpu[RUNS];
        char name[80];
        for (size_t run = 0; run < RUNS; run++) {
            rates[run] = ours->passes[way][run].per_s, cpu[run] = ours->passes[way][run].cpu_us;
            bare_rates[run] = bare->passes[way][run].per_s, bare_cpu[run] = bare->passes[way][run].cpu_us;
        }
        (void)snprintf(name, sizeof name, "%s handshakes, upgraded", names[way]);
        bench_figures(bench, "storm", name, rates, RUNS, "/s",
                      &(struct against){"floor", "OpenSSL alone, mutual TLS", bare_rates});
        (void)snprintf(name, sizeof name, "server CPU of one, %s", names[way]);
        bench_figures(bench, "storm", name, cpu, RUNS, "us",
                      &(struct against){"floor", "OpenSSL alone, mutual TLS", bare_cpu});
    }
}

static void handshakes(struct bench *bench, const struct fleet *fleet, size_t count) {
    struct side sides[2] = {{.aim = AIM_UPGRADE}, {.aim = AIM_BYTE}};
    char data[400];
    server_prepare(bench, "storm", data, sizeof data);
    use_core(0);
    server_start(&sides[0].server, bench, data);
    bare_start(&sides[1].server, &sides[0].server);
    use_core(1);
    for (size_t i = 0; i < 2; i++)
        sides[i].sessions = calloc(fleet->count, sizeof(SSL_SESSION *));
    for (size_t run = 0; run < RUNS; run++)
        for (size_t i = 0; i < 2; i++)
            for (unsigned way = 0; way < WAYS; way++)
                sides[i].passes[way][run] = pass(fleet, &sides[i], count, way);
    use_all_cores();
    server_stop(&sides[0].server);
    server_kill(&sides[1].server);
    show_passes(bench, &sides[0], &sides[1]);
    for (size_t i = 0; i < 2; i++)
        forget_sessions(sides[i].sessions, fleet->count);
}

// ---- Until all are in ----

static void come_back(struct party *party, unsigned number, const char *name) {
    double *waits_ms = calloc(party->count, sizeof *waits_ms);
    char what[100];
    party_loads(party, number, REPORTS);
    party->begin_s = bench_now_s();
    if (!party_until_all_are_through(party, party->begin_s + LIMIT_S, waits_ms))
        bench_fail("%zu of %zu devices are not in after %d s", party->count - party->through, party->count, LIMIT_S);
    double half_ms = bench_percentile(waits_ms, party->count, 50), last_ms = bench_percentile(waits_ms, party->count, 100);
    (void)snprintf(what, sizeof what, "all of %zu in, %s", party->count, name);
    bench_figure(party->bench, "storm", what, last_ms, "ms");
    (void)snprintf(what, sizeof what, "slowest times median, %s", name);
    bench_figure(party->bench, "storm", what, last_ms / half_ms, "");
    free(waits_ms);
}

static void until_all_are_in(struct bench *bench, const struct fleet *fleet, size_t count) {
    struct party party;
    SSL_SESSION **sessions = calloc(fleet->count, sizeof *sessions);
    party_open(&party, bench, fleet, count, "storm");
    party.all.kept = sessions;
    come_back(&party, 0, "full handshakes");
    party.all.sessions = sessions;
    come_back(&party, 1, "resumed");
    party_close(&party);
    forget_sessions(sessions, fleet->count);
}

void bench_storm(struct bench *bench, struct fleet *fleet) {
    size_t count = fleet->count < DEVICES ? fleet->count : DEVICES;
    bench_heading("A reconnect storm: all at once, over mutual TLS; the server has a core, the generator another");
    handshakes(bench, fleet, count);
    until_all_are_in(bench, fleet, count);
}
