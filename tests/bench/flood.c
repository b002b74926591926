// Overload: a whole fleet that comes back at once, and one device that sends without end beside one that does not. Unlike
// the other measurements this one promises, and ends with a sentence where a promise is broken by more than ten times: the
// figures are for people, the bound of ten is for machines that do something else meanwhile (make check).
//
// Devices behave as the SDK does: the waits are its own (client-sdk/src/backoff.c), and so are the deadlines. They share one
// thread here, while each has a processor of its own out there: so at most HANDSHAKES_MAX shake hands at one time, and the
// others knock as soon as one is through. The server is never without work all the same.
#include <stdlib.h>

#include "backoff.h"
#include "base/check.h"
#include "bench/connection.h"
#include "bench/server.h"
#include "wire/limits.h"

enum {
    REPORTS = 200, // of each device, each time it comes back; in one batch, so that there is more than the queue holds
    FLOOD_REPORTS = 60 * 1000,
    FLOOD_BATCH_REPORTS = 500,
    HONEST_REPORTS = 150,
    STEP_MS = 10,
    HANDSHAKES_MAX = 16,
    LOOK_S = 1,         // between two looks at the server
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

struct visitor {
    struct connection connection;
    struct load load;
    struct backoff backoff;
    bool is_open, is_sending;
    double back_s; // connects then
    double opened_s;
    double through_ms; // since the outage ended; negative: not yet
    unsigned ends, refusals;
};

struct party {
    struct bench *bench;
    const struct fleet *fleet;
    struct server server;
    struct connections all;
    struct visitor *visitors;
    size_t count, through, shaking; // shaking: hands, in this step
    double begin_s, looked_s;
    double memory_mib_max, queue_mib_max, held_mib_max;
};

// --- One device ---

static void visit(struct party *party, struct visitor *visitor) {
    connection_open(&visitor->connection, &party->all, visitor->load.device, &visitor->load.outbox);
    visitor->connection.answers_feedback = true;
    visitor->opened_s = bench_now_s();
    visitor->is_open = true;
    visitor->is_sending = false;
}

static bool is_shaking(const struct visitor *visitor) {
    return visitor->is_open && visitor->connection.state >= CONNECTION_HANDSHAKE &&
           visitor->connection.state < CONNECTION_HELLO;
}

static void leave(struct visitor *visitor) {
    if (visitor->is_open)
        connection_close(&visitor->connection);
    visitor->is_open = false;
}

static void come_again_later(struct visitor *visitor, double now_s) {
    uint32_t after_ms = visitor->connection.retry_after_ms;
    visitor->ends++;
    visitor->refusals += visitor->connection.refusal_code != 0;
    leave(visitor);
    visitor->back_s = now_s + (double)backoff_next_ms(&visitor->backoff, rng_system(), after_ms) / 1000;
}

static void carry_on(struct party *party, struct visitor *visitor, double now_s) {
    struct connection *connection = &visitor->connection;
    if (!visitor->is_open && now_s >= visitor->back_s && party->shaking < HANDSHAKES_MAX) {
        visit(party, visitor);
        party->shaking++;
    }
    bool is_late = is_shaking(visitor) && now_s - visitor->opened_s > CONNECT_DEADLINE_MS / 1000;
    if (visitor->is_open && (connection->state == CONNECTION_ENDED || is_late))
        come_again_later(visitor, now_s);
    if (!visitor->is_open || connection->state != CONNECTION_READY)
        return;
    if (!visitor->is_sending)
        connection_send_load(connection, &visitor->load);
    visitor->is_sending = true;
    if (visitor->through_ms < 0 && connection_is_through(connection)) {
        visitor->through_ms = (now_s - party->begin_s) * 1000;
        backoff_reset(&visitor->backoff);
        party->through++;
    }
}

// --- All of them ---

static void more(double *most, double value) {
    *most = value > *most ? value : *most;
}

static void look(struct party *party, double now_s) {
    if (now_s - party->looked_s < LOOK_S)
        return;
    party->looked_s = now_s;
    more(&party->memory_mib_max, server_memory_kib(&party->server) / 1024);
    more(&party->queue_mib_max, server_metric(&party->server, "rond_commit_queue_bytes") / 1024 / 1024);
    more(&party->held_mib_max, server_metric(&party->server, "rond_held_bytes") / 1024 / 1024);
}

static double promised_ms(const struct party *party) {
    return (double)party->count * A_DEVICE_MS + OUTAGE_MS;
}

static void step(struct party *party) {
    connections_step(&party->all, STEP_MS);
    double now_s = bench_now_s();
    party->shaking = 0;
    for (size_t i = 0; i < party->count; i++)
        party->shaking += is_shaking(&party->visitors[i]);
    for (size_t i = 0; i < party->count; i++)
        carry_on(party, &party->visitors[i], now_s);
}

static void new_loads(struct party *party, unsigned number) {
    for (size_t i = 0; i < party->count; i++) {
        struct visitor *visitor = &party->visitors[i];
        if (number > 0)
            load_deinit(&visitor->load);
        load_init(&visitor->load, party->fleet, i, number, REPORTS, REPORTS);
        visitor->through_ms = -1;
        visitor->ends = visitor->refusals = 0;
        visitor->back_s = 0;
        backoff_reset(&visitor->backoff);
    }
    party->through = 0;
}

static void tell_who_is_missing(const struct party *party) {
    for (size_t i = 0, told = 0; i < party->count && told < 10; i++) {
        const struct visitor *visitor = &party->visitors[i];
        if (visitor->through_ms >= 0)
            continue;
        bench_note("device %zu: open %d, state %d, %llu acknowledged, %zu bytes under way, credit %zu, ended %u times, "
                   "refused %u times",
                   i, visitor->is_open, (int)visitor->connection.state, (unsigned long long)visitor->connection.acknowledged,
                   visitor->connection.bytes_under_way, visitor->connection.credit_bytes, visitor->ends, visitor->refusals);
        told++;
    }
}

static void until_all_are_through(struct party *party, const char *name) {
    double limit_s = bench_now_s() + TOLERANCE * promised_ms(party) / 1000,
           *waits_ms = calloc(party->count, sizeof *waits_ms);
    char what[100];
    unsigned ends = 0, refusals = 0;
    while (party->through < party->count) {
        step(party);
        look(party, bench_now_s());
        if (bench_now_s() < limit_s)
            continue;
        tell_who_is_missing(party);
        free(waits_ms);
        bench_fail("%s: %zu of %zu devices are not in after %.0f s", name, party->count - party->through, party->count,
                   TOLERANCE * promised_ms(party) / 1000);
    }
    for (size_t i = 0; i < party->count; i++) {
        waits_ms[i] = party->visitors[i].through_ms;
        ends += party->visitors[i].ends;
        refusals += party->visitors[i].refusals;
    }
    (void)snprintf(what, sizeof what, "%s: half of %zu devices in", name, party->count);
    bench_figure(party->bench, "flood", what, bench_percentile(waits_ms, party->count, 50), "ms");
    (void)snprintf(what, sizeof what, "%s: the last one in", name);
    bench_figure(party->bench, "flood", what, bench_percentile(waits_ms, party->count, 100), "ms");
    bench_note("%u connections ended before, %u of them with a word", ends, refusals);
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
    new_loads(party, 0);
    party->begin_s = bench_now_s();
    until_all_are_through(party, "all at one instant");
    reports_are_all_there(party, (double)party->count * REPORTS);
    check_bounds(party);

    for (size_t i = 0; i < party->count; i++)
        leave(&party->visitors[i]);
    new_loads(party, 1);
    while (party->through * 10 < party->count) // the others are connected, or about to be, when the server is killed
        step(party);
    server_kill(&party->server);
    server_start_again(&party->server, party->bench);
    party->begin_s = bench_now_s();
    until_all_are_through(party, "after a kill");
    check_bounds(party);
}

// --- One that floods ---

static void talk(struct party *party, struct visitor *honest, double *ret_waits_ms) {
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
    struct visitor *flooding = &party->visitors[0], *honest = &party->visitors[1];
    double alone_ms[HONEST_REPORTS], beside_ms[HONEST_REPORTS];
    load_init(&honest->load, party->fleet, party->count, 2, 2 * HONEST_REPORTS, 1);
    load_init(&flooding->load, party->fleet, party->count + 1, 2, FLOOD_REPORTS, FLOOD_BATCH_REPORTS);
    visit(party, honest);
    visit(party, flooding);
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
    leave(honest);
    leave(flooding);
    load_deinit(&honest->load);
    load_deinit(&flooding->load);
}

void bench_flood(struct bench *bench, struct fleet *fleet) {
    struct party party = {.bench = bench, .fleet = fleet, .count = fleet->count > 2002 ? 2000 : fleet->count - 2};
    char data[400];
    bench_heading("Overload: a fleet comes back at once; one device floods beside another");
    party.visitors = calloc(party.count, sizeof *party.visitors);
    server_prepare(bench, "flood", data, sizeof data);
    server_start(&party.server, bench, data);
    connections_open(&party.all, fleet, party.server.devices_port);
    party.all.may_end = true;
    fleet_comes_back(&party);
    for (size_t i = 0; i < party.count; i++) {
        leave(&party.visitors[i]);
        load_deinit(&party.visitors[i].load);
    }
    one_floods(&party);
    connections_close(&party.all);
    server_stop(&party.server);
    free(party.visitors);
}
