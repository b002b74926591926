// What one message costs the server while 1, 1,000, 4,000 and 10,000 devices are connected and silent, which must not grow;
// and what memory each of them takes, beside a server that is TLS and nothing else and holds as many.
#include <stdlib.h>

#include "base/check.h"
#include "bench/bare.h"
#include "bench/connection.h"
#include "bench/server.h"

enum { MESSAGES = 1500, WARM_UP = 100, UNDER_WAY_MAX = 32, SETTLE_S_MAX = 180, LEVELS = 4 };

static const size_t levels[LEVELS] = {1, 1000, 4000, 10000};

static void connect_more(struct connections *all, struct connection *idle, size_t from, size_t to) {
    size_t base = all->ready;
    for (size_t i = from; i < to; i++) {
        struct id128 outbox = {{0x1d, (uint8_t)(i >> 8), (uint8_t)i}};
        connection_open(&idle[i], all, i + 1, &outbox); // device 0 is the one that talks
        while (i + 1 - from - (all->ready - base) >= UNDER_WAY_MAX)
            connections_step(all, 1000);
    }
    while (all->ready - base < to - from)
        connections_step(all, 1000);
}

static double cpu_in_a_second(struct connections *all, const struct server *server) {
    double before_s = server_cpu_s(server);
    for (double until_s = bench_now_s() + 1; bench_now_s() < until_s;)
        connections_step(all, 50);
    return server_cpu_s(server) - before_s;
}

// Whoever has just connected is still being told what it does not know; what is measured is the time after that.
static double settle(struct connections *all, const struct server *server) {
    double cpu_s = cpu_in_a_second(all, server);
    for (int second = 0; cpu_s > 0.1 && second < SETTLE_S_MAX; second++)
        cpu_s = cpu_in_a_second(all, server);
    return cpu_s;
}

// Resident memory of the server, KiB.
static double measure(struct bench *bench, struct connections *all, const struct server *server, struct connection *talker,
                      size_t connected) {
    double *latency_ms = calloc(MESSAGES, sizeof *latency_ms);
    char name[80];
    double idle_s = settle(all, server);
    connection_talk(talker, WARM_UP, latency_ms);
    double before_s = server_cpu_s(server);
    connection_talk(talker, MESSAGES, latency_ms);
    double cost_us = (server_cpu_s(server) - before_s) * 1e6 / MESSAGES, memory_kib = server_memory_kib(server);
    (void)snprintf(name, sizeof name, "server CPU a message, %zu idle", connected);
    bench_figure(bench, "idle", name, cost_us, "us");
    (void)snprintf(name, sizeof name, "acknowledged, p50, %zu idle", connected);
    bench_figure(bench, "idle", name, bench_percentile(latency_ms, MESSAGES, 50), "ms");
    (void)snprintf(name, sizeof name, "acknowledged, p99, %zu idle", connected);
    bench_figure(bench, "idle", name, bench_percentile(latency_ms, MESSAGES, 99), "ms");
    (void)snprintf(name, sizeof name, "server CPU in a second without messages, %zu idle", connected);
    bench_figure(bench, "idle", name, idle_s * 1000, "ms");
    (void)snprintf(name, sizeof name, "server memory, %zu idle", connected);
    bench_figure(bench, "idle", name, memory_kib / 1024, "MiB");
    free(latency_ms);
    return memory_kib;
}

// Memory of the bare server at each level, KiB.
static void measure_bare(const struct fleet *fleet, const struct server *like, struct connection *idle, size_t count,
                         double *ret_kib) {
    struct server bare;
    struct connections all;
    size_t connected = 0;
    bare_start(&bare, like);
    connections_open(&all, fleet, bare.devices_port);
    all.aim = AIM_BYTE;
    for (size_t i = 0; i < count; i++) {
        connect_more(&all, idle, connected, levels[i]);
        connected = levels[i];
        ret_kib[i] = server_memory_kib(&bare);
    }
    for (size_t i = 0; i < connected; i++)
        connection_close(&idle[i]);
    connections_close(&all);
    server_kill(&bare);
}

static void show_memory(struct bench *bench, size_t count, const double *kib, const double *bare_kib) {
    for (size_t i = 1; i < count; i++) {
        double each = (kib[i] - kib[0]) / (double)(levels[i] - levels[0]);
        double bare_each = (bare_kib[i] - bare_kib[0]) / (double)(levels[i] - levels[0]);
        char name[80];
        (void)snprintf(name, sizeof name, "server memory a connection, %zu idle", levels[i]);
        bench_figures(bench, "idle", name, &each, 1, "KiB",
                      &(struct against){"floor", "OpenSSL alone, mutual TLS", &bare_each});
    }
}

void bench_idle(struct bench *bench, struct fleet *fleet) {
    char data[400];
    struct server server;
    struct connections all;
    struct connection *idle = calloc(FLEET_DEVICES, sizeof *idle), talker;
    struct load load;
    double kib[LEVELS], bare_kib[LEVELS];
    size_t connected = 0, count = 0;
    bench_heading("One message (a batch of one report, acknowledged) beside idle connections");
    while (count < LEVELS && levels[count] < fleet->count)
        count++;
    load_init(&load, fleet, 0, 2, count * (MESSAGES + WARM_UP), 1);
    server_prepare(bench, "idle", data, sizeof data);
    server_start(&server, bench, data);
    connections_open(&all, fleet, server.devices_port);
    connection_open(&talker, &all, 0, &load.outbox);
    talker.answers_feedback = true;
    while (all.ready < 1)
        connections_step(&all, 100);
    talker.load = &load;
    talker.one_by_one = true;
    for (size_t i = 0; i < count; i++) {
        double start_s = bench_now_s(), before_s = server_cpu_s(&server);
        size_t more = levels[i] - connected;
        connect_more(&all, idle, connected, levels[i]);
        if (more > 1)
            bench_note("%zu more connected in %.1f s, %.2f ms of server CPU each", more, bench_now_s() - start_s,
                       (server_cpu_s(&server) - before_s) * 1000 / (double)more);
        connected = levels[i];
        kib[i] = measure(bench, &all, &server, &talker, connected);
    }
    for (size_t i = 0; i < connected; i++)
        connection_close(&idle[i]);
    connection_close(&talker);
    connections_close(&all);
    server_stop(&server);
    measure_bare(fleet, &server, idle, count, bare_kib);
    show_memory(bench, count, kib, bare_kib);
    load_deinit(&load);
    free(idle);
}
