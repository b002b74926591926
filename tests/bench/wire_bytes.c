// Bytes at the socket: TLS records and WebSocket framing included, TCP and IP headers not.
#include "base/check.h"
#include "bench/connection.h"
#include "bench/server.h"

static void wait_ready(struct connections *all, size_t count) {
    while (all->ready < count)
        connections_step(all, 100);
}

static void settle(struct connections *all) {
    double until_s = bench_now_s() + 0.2; // session tickets, a first Feedback
    while (bench_now_s() < until_s)
        connections_step(all, 20);
}

// One batch after another, each acknowledged before the next: as a device in a short window.
static void measure_batches(struct bench *bench, struct connections *all, size_t device, size_t batch_reports, size_t batches) {
    struct load load;
    struct connection connection;
    uint64_t sent, received, sent_before, received_before;
    char name[80];
    load_init(&load, all->fleet, device, 1, batch_reports * batches, batch_reports);
    connection_open(&connection, all, device, &load.outbox);
    wait_ready(all, all->ready + 1);
    settle(all);
    connection_bytes(&connection, &sent_before, &received_before);
    connection.load = &load;
    connection.one_by_one = true;
    for (size_t i = 0; i < batches; i++) {
        connection_send_next(&connection);
        while (connection.acknowledged < load.batches[i].last_seq)
            connections_step(all, 100);
    }
    connection_bytes(&connection, &sent, &received);
    (void)snprintf(name, sizeof name, "up, a report, batches of %zu", batch_reports);
    bench_figure(bench, "bytes", name, (double)(sent - sent_before) / (double)load.reports, "B");
    (void)snprintf(name, sizeof name, "down, a report, batches of %zu", batch_reports);
    bench_figure(bench, "bytes", name, (double)(received - received_before) / (double)load.reports, "B");
    connection_close(&connection);
    load_deinit(&load);
}

// From the first byte to the silence after Welcome: session ticket and first Feedback (how the promises stand) included.
static void measure_connect(struct bench *bench, struct connections *all, size_t device, const char *kind) {
    struct connection connection;
    struct id128 outbox = {{0xc0}};
    uint64_t sent, received;
    char name[80];
    connection_open(&connection, all, device, &outbox);
    wait_ready(all, all->ready + 1);
    settle(all);
    connection_bytes(&connection, &sent, &received);
    if (SSL_session_reused(connection.ssl) != (all->session != NULL))
        bench_fail("the %s handshake was none", kind);
    (void)snprintf(name, sizeof name, "connecting, %s handshake to first Feedback, up", kind);
    bench_figure(bench, "bytes", name, (double)sent, "B");
    (void)snprintf(name, sizeof name, "connecting, %s handshake to first Feedback, down", kind);
    bench_figure(bench, "bytes", name, (double)received, "B");
    SSL_SESSION_free(all->session);
    all->session = SSL_get1_session(connection.ssl);
    connection_close(&connection);
}

void bench_wire_bytes(struct bench *bench, struct fleet *fleet) {
    static const size_t sizes[][2] = {{1, 200}, {10, 50}, {100, 20}};
    char data[400];
    struct server server;
    struct connections all;
    bench_heading("Bytes on the wire (TLS and WebSocket framing included)");
    server_prepare(bench, "bytes", data, sizeof data);
    server_start(&server, bench, data);
    connections_open(&all, fleet, server.devices_port);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
        measure_batches(bench, &all, i, sizes[i][0], sizes[i][1]);
    measure_connect(bench, &all, ARRAY_COUNT(sizes), "full");
    measure_connect(bench, &all, ARRAY_COUNT(sizes), "resumed");
    connections_close(&all);
    server_stop(&server);
}
