// Overload: a whole fleet that comes back at once, and one device that sends without end beside one that does not. Unlike
// the other measurements this one promises, and ends with a sentence where a promise is broken by more than ten times: the
// figures are for people, the bound of ten is for machines that do something else meanwhile (make check).
#include <stdlib.h>

#include "base/check.h"
#include "bench/party.h"
#include "wire/limits.h"

enum {
    REPORTS = 200, // of each device, each time it comes back; in one batch, so that there is more than the queue holds
    FLOOD_REPORTS = 60 * 1000,
    FLOOD_BATCH_REPORTS = 500,
    HONEST_REPORTS = 150,
    A_DEVICE_MS = 10,   // promised: everybody is in within so much a device,
    OUTAGE_MS = 5000,   // and so much for the waits in between
    HONEST_MS = 500,    // promised: one report is durable within this, whoever floods
    SERVER_MIB = 448,   // promised: resident memory of the server: caches of five connections to the store, bounded queues,
    CONNECTION_KIB = 64 // and of each connection
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1, TOLERANCE = 50 };
#else
enum { IS_SANITIZED = 0, TOLERANCE = 10 };
#endif

static double promised_ms(const struct party *party) {
    return (double)party->count * A_DEVICE_MS + OUTAGE_MS;
}

static void until_all_are_through(struct party *party, const char *name) {
    double limit_s = TOLERANCE * promised_ms(party) / 1000, *waits_ms = calloc(party->count, sizeof *waits_ms);
    char what[100];
    if (!party_until_all_are_through(party, bench_now_s() + limit_s, waits_ms))
        bench_fail("%s: %zu of %zu devices are not in after %.0f s", name, party->count - party->through, party->count,
                   limit_s);
    (void)snprintf(what, sizeof what, "%s: half of %zu devices in", name, party->count);
    bench_figure(party->bench, "flood", what, bench_percentile(waits_ms, party->count, 50), "ms");
    (void)snprintf(what, sizeof what, "%s: the last one in", name);
    bench_figure(party->bench, "flood", what, bench_percentile(waits_ms, party->count, 100), "ms");
    free(waits_ms);
}

static void check_bounds(const struct party *party) {
    double promised_mib = SERVER_MIB + (double)party->count * CONNECTION_KIB / 1024;
    bench_figure(party->bench, "flood", "server memory, at most", party->memory_mib_max, "MiB");
    bench_figure(party->bench, "flood", "commit queue, at most", party->queue_mib_max, "MiB");
    bench_figure(party->bench, "flood", "held beside it, at most", party->held_mib_max, "MiB");
    bench_figure(party->bench, "flood", "messages that had to wait", server_metric(&party->server, "rond_held_total"), "");
    if (!IS_SANITIZED && party->memory_mib_max > promised_mib)
        bench_fail("the server took %.0f MiB, not at most %.0f", party->memory_mib_max, promised_mib);
    if (party->queue_mib_max * 1024 * 1024 > COMMIT_QUEUE_BYTES_MAX || party->held_mib_max * 1024 * 1024 > HELD_BYTES_MAX)
        bench_fail("a queue grew beyond its bound: %.1f and %.1f MiB", party->queue_mib_max, party->held_mib_max);
}

static void reports_are_all_there(const struct party *party, double expected) {
    double stored = server_metric(&party->server, "rond_reports_total{verdict=\"applied\"}");
    if (stored != expected)
        bench_fail("%.0f reports were applied since the start, not %.0f", stored, expected);
}

static void fleet_comes_back(struct party *party) {
    party_loads(party, 0, REPORTS);
    party->begin_s = bench_now_s();
    until_all_are_through(party, "all at one instant");
    reports_are_all_there(party, (double)party->count * REPORTS);
    check_bounds(party);

    party_loads(party, 1, REPORTS);
    while (party->through * 10 < party->count) // the others are connected, or about to be, when the server is killed
        party_step(party);
    server_kill(&party->server);
    server_start_again(&party->server, party->bench);
    party->begin_s = bench_now_s();
    until_all_are_through(party, "after a kill");
    check_bounds(party);
}

// --- One that floods ---

static void talk(struct party *party, struct guest *honest, double *ret_waits_ms) {
    struct connection *connection = &honest->connection;
    for (size_t i = 0; i < HONEST_REPORTS; i++) {
        uint64_t until = connection->load->batches[connection->next_batch].last_seq;
        double start_s = bench_now_s();
        connection_send_next(connection);
        while (connection->acknowledged < until) {
            connections_step(&party->all, 1000);
            if (bench_now_s() - start_s > TOLERANCE * HONEST_MS / 1000.0)
                bench_fail("a report was not durable after %d ms while another device flooded", TOLERANCE * HONEST_MS);
        }
        ret_waits_ms[i] = (bench_now_s() - start_s) * 1000;
    }
}

static void one_floods(struct party *party) {
    struct guest *flooding = &party->guests[0], *honest = &party->guests[1];
    double alone_ms[HONEST_REPORTS], beside_ms[HONEST_REPORTS];
    load_init(&honest->load, party->fleet, party->count, 2, 2 * HONEST_REPORTS, 1);
    load_init(&flooding->load, party->fleet, party->count + 1, 2, FLOOD_REPORTS, FLOOD_BATCH_REPORTS);
    party_visit(party, honest);
    party_visit(party, flooding);
    while (honest->connection.state != CONNECTION_READY || flooding->connection.state != CONNECTION_READY)
        connections_step(&party->all, 100);
    honest->connection.one_by_one = true;
    honest->connection.load = &honest->load;
    talk(party, honest, alone_ms);
    connection_send_load(&flooding->connection, &flooding->load);
    talk(party, honest, beside_ms);
    bench_note("the flood sent %.0f of %d reports meanwhile", (double)flooding->connection.acknowledged, FLOOD_REPORTS);
    bench_figure(party->bench, "flood", "a report durable, alone, p50", bench_percentile(alone_ms, HONEST_REPORTS, 50),
                 "ms");
    bench_figure(party->bench, "flood", "a report durable, beside a flood, p50",
                 bench_percentile(beside_ms, HONEST_REPORTS, 50), "ms");
    bench_figure(party->bench, "flood", "a report durable, beside a flood, p99",
                 bench_percentile(beside_ms, HONEST_REPORTS, 99), "ms");
    bench_figure(party->bench, "flood", "a report durable, beside a flood, worst",
                 bench_percentile(beside_ms, HONEST_REPORTS, 100), "ms");
    if (flooding->connection.acknowledged == 0)
        bench_fail("there was no flood");
    party_leave(honest);
    party_leave(flooding);
    load_deinit(&honest->load);
    load_deinit(&flooding->load);
}

void bench_flood(struct bench *bench, struct fleet *fleet) {
    struct party party;
    bench_heading("Overload: a fleet comes back at once; one device floods beside another");
    party_open(&party, bench, fleet, fleet->count > 2002 ? 2000 : fleet->count - 2, "flood");
    fleet_comes_back(&party);
    for (size_t i = 0; i < party.count; i++) {
        party_leave(&party.guests[i]);
        load_deinit(&party.guests[i].load);
    }
    one_floods(&party);
    party_close(&party);
}
