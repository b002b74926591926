// Bytes at the socket: TLS records and WebSocket framing included, TCP and IP headers not.
#include <sys/stat.h>

#include "base/check.h"
#include "bench/connection.h"
#include "bench/server.h"
#include "support/patrols.h"
#include "support/report_samples.h"

enum { REPORTS_BYTES_MAX = 4 * 1024 * 1024 };

static void wait_ready(struct connections *all, size_t count) {
    while (all->ready < count)
        connections_step(all, 100);
}

static void settle(struct connections *all) {
    double until_s = bench_now_s() + 0.2; // session tickets, a first Feedback
    while (bench_now_s() < until_s)
        connections_step(all, 20);
}

static double file_bytes(const char *path) {
    struct stat status;
    if (stat(path, &status) != 0)
        bench_fail("there is no %s", path);
    return (double)status.st_size;
}

// What xz -9 makes of the same reports, one after another, a file for each batch. Of one it is mostly the file's own.
static double packed_by_xz(struct bench *bench, size_t device, size_t batch_reports, size_t batches, const struct shape *shape) {
    char path[400];
    double bytes = 0;
    for (size_t i = 0; i < batches; i++) {
        struct arena arena;
        arena_init(&arena, REPORTS_BYTES_MAX);
        (void)snprintf(path, sizeof path, "%s/reports.bin", bench->directory);
        FILE *file = fopen(path, "w");
        for (size_t k = 0; k < batch_reports && file; k++) {
            struct record record = shape->make(shape, &arena, device, i * batch_reports + k);
            if (fwrite(record.report.data, 1, record.report.size, file) != record.report.size)
                bench_fail("%s cannot be written", path);
        }
        if (!file || fclose(file) != 0)
            bench_fail("%s cannot be written", path);
        arena_deinit(&arena);
        bench_run("xz -9 -f '%s'", path);
        (void)snprintf(path, sizeof path, "%s/reports.bin.xz", bench->directory);
        bytes += file_bytes(path);
    }
    return bytes / (double)(batches * batch_reports);
}

// One batch after another, each acknowledged before the next: as a device in a short window.
static void measure_batches(struct bench *bench, struct connections *all, const struct shape *shape, size_t device, unsigned number,
                            size_t batch_reports, size_t batches) {
    struct load load;
    struct connection connection;
    uint64_t sent, received, sent_before, received_before;
    char name[80];
    load_init_of(&load, all->fleet, device, number, batch_reports * batches, batch_reports, shape);
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
    double up = (double)(sent - sent_before) / (double)load.reports;
    double floor = packed_by_xz(bench, device, batch_reports, batches, shape);
    (void)snprintf(name, sizeof name, "%s, up, a report, batches of %zu", shape->name, batch_reports);
    bench_figures(bench, "bytes", name, &up, 1, "B", &(struct against){"floor", "the same reports by xz -9", &floor});
    (void)snprintf(name, sizeof name, "%s, down, a report, batches of %zu", shape->name, batch_reports);
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

static struct record record_of_patrol(const struct shape *shape, struct arena *arena, size_t device, size_t index) {
    UNUSED(shape);
    return record_of_report(arena, patrol_report(arena, &PATROLS_IN_LUND, device, index));
}

static struct record record_of_kind(const struct shape *shape, struct arena *arena, size_t device, size_t index) {
    return sample_record(arena, shape->kind, (unsigned)((device * 157 + index) % 5000));
}

static const struct shape SHAPES[] = {
    {"plain patrol", record_of_patrol, 0},
    {"check", record_of_kind, ROND__V1__KIND__KIND_CHECK},
    {"handout", record_of_kind, ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT},
    {"walk", record_of_kind, ROND__V1__KIND__KIND_SAFETY_WALK},
    {"meeting", record_of_kind, ROND__V1__KIND__KIND_MEETING},
    {"inventory", record_of_kind, ROND__V1__KIND__KIND_INVENTORY},
    {"initiative", record_of_kind, ROND__V1__KIND__KIND_INITIATIVE},
};

void bench_wire_bytes(struct bench *bench, struct fleet *fleet) {
    static const size_t sizes[][2] = {{1, 100}, {10, 30}, {100, 20}, {1000, 3}};
    char data[400];
    struct server server;
    struct connections all;
    bench_heading("Bytes on the wire (TLS and WebSocket framing included)");
    server_prepare(bench, "bytes", data, sizeof data);
    server_start(&server, bench, data);
    connections_open(&all, fleet, server.devices_port);
    for (size_t s = 0; s < ARRAY_COUNT(SHAPES); s++)
        for (size_t i = 0; i < ARRAY_COUNT(sizes); i++)
            measure_batches(bench, &all, &SHAPES[s], i, (unsigned)s, sizes[i][0], sizes[i][1]);
    measure_connect(bench, &all, ARRAY_COUNT(sizes), "full");
    measure_connect(bench, &all, ARRAY_COUNT(sizes), "resumed");
    connections_close(&all);
    server_stop(&server);
}
