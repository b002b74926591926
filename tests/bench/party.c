#include "bench/party.h"

#include <stdlib.h>
#include <string.h>

#include "wire/limits.h"

enum { STEP_MS = 10, LOOK_S = 1 }; // LOOK_S: between two looks at the server

// --- One device ---

void party_visit(struct party *party, struct guest *guest) {
    connection_open(&guest->connection, &party->all, guest->load.device, &guest->load.outbox);
    guest->connection.answers_feedback = true;
    guest->opened_s = bench_now_s();
    guest->is_open = true;
    guest->is_sending = false;
}

static bool is_shaking(const struct guest *guest) {
    return guest->is_open && guest->connection.state >= CONNECTION_HANDSHAKE && guest->connection.state < CONNECTION_HELLO;
}

void party_leave(struct guest *guest) {
    if (guest->is_open)
        connection_close(&guest->connection);
    guest->is_open = false;
}

static void come_again_later(struct guest *guest, double now_s) {
    uint32_t after_ms = guest->connection.retry_after_ms;
    guest->ends++;
    guest->refusals += guest->connection.refusal_code != 0;
    party_leave(guest);
    guest->back_s = now_s + (double)backoff_next_ms(&guest->backoff, rng_system(), after_ms) / 1000;
}

static void carry_on(struct party *party, struct guest *guest, double now_s) {
    struct connection *connection = &guest->connection;
    if (!guest->is_open && now_s >= guest->back_s && party->shaking < PARTY_HANDSHAKES_MAX) {
        party_visit(party, guest);
        party->shaking++;
    }
    bool is_late = is_shaking(guest) && now_s - guest->opened_s > CONNECT_DEADLINE_MS / 1000;
    if (guest->is_open && (connection->state == CONNECTION_ENDED || is_late))
        come_again_later(guest, now_s);
    if (!guest->is_open || connection->state != CONNECTION_READY)
        return;
    if (!guest->is_sending)
        connection_send_load(connection, &guest->load);
    guest->is_sending = true;
    if (guest->through_ms < 0 && connection_is_through(connection)) {
        guest->through_ms = (now_s - party->begin_s) * 1000;
        backoff_reset(&guest->backoff);
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

void party_step(struct party *party) {
    connections_step(&party->all, STEP_MS);
    double now_s = bench_now_s();
    party->shaking = 0;
    for (size_t i = 0; i < party->count; i++)
        party->shaking += is_shaking(&party->guests[i]);
    for (size_t i = 0; i < party->count; i++)
        carry_on(party, &party->guests[i], now_s);
}

void party_loads(struct party *party, unsigned number, size_t reports) {
    for (size_t i = 0; i < party->count; i++) {
        struct guest *guest = &party->guests[i];
        party_leave(guest);
        load_deinit(&guest->load);
        load_init(&guest->load, party->fleet, i, number, reports, reports);
        guest->through_ms = -1;
        guest->ends = guest->refusals = 0;
        guest->back_s = 0;
        backoff_reset(&guest->backoff);
    }
    party->through = 0;
}

static void tell_who_is_missing(const struct party *party) {
    for (size_t i = 0, told = 0; i < party->count && told < 10; i++) {
        const struct guest *guest = &party->guests[i];
        if (guest->through_ms >= 0)
            continue;
        bench_note("device %zu: open %d, state %d, %llu acknowledged, %zu bytes under way, credit %zu, ended %u times, "
                   "refused %u times",
                   i, guest->is_open, (int)guest->connection.state, (unsigned long long)guest->connection.acknowledged,
                   guest->connection.bytes_under_way, guest->connection.credit_bytes, guest->ends, guest->refusals);
        told++;
    }
}

bool party_until_all_are_through(struct party *party, double limit_s, double *ret_waits_ms) {
    while (party->through < party->count && bench_now_s() < limit_s) {
        party_step(party);
        look(party, bench_now_s());
    }
    if (party->through < party->count) {
        tell_who_is_missing(party);
        return false;
    }
    unsigned ends = 0, refusals = 0;
    for (size_t i = 0; i < party->count; i++) {
        ret_waits_ms[i] = party->guests[i].through_ms;
        ends += party->guests[i].ends;
        refusals += party->guests[i].refusals;
    }
    qsort(ret_waits_ms, party->count, sizeof *ret_waits_ms, bench_compare);
    bench_note("%u connections ended before, %u of them with a word", ends, refusals);
    return true;
}

// --- The house ---

void party_open(struct party *party, struct bench *bench, const struct fleet *fleet, size_t count, const char *name) {
    char data[400];
    *party = (struct party){.bench = bench, .fleet = fleet, .count = count};
    party->guests = calloc(count, sizeof *party->guests);
    server_prepare(bench, name, data, sizeof data);
    server_start(&party->server, bench, data);
    connections_open(&party->all, fleet, party->server.devices_port);
    party->all.may_end = true;
}

void party_close(struct party *party) {
    for (size_t i = 0; i < party->count; i++) {
        party_leave(&party->guests[i]);
        load_deinit(&party->guests[i].load);
    }
    connections_close(&party->all);
    server_stop(&party->server);
    free(party->guests);
}
