// Durable reports a second from 50 devices and from 500, beside a bare SQLite loop that writes the same rows in the same
// run.
#include "bench/ingest.h"

#include <stdlib.h>

enum { REPORTS = 100000, BATCH_REPORTS = 100, STALL_S = 60 };

struct outcome {
    double reports_per_s;
    double floor_per_s;
    double cpu_us, network_us, committer_us, readers_us; // of the server, a report
    double group_reports;
    double commit_share; // of the time, the committer was in a transaction
};

void ingest_start(struct ingest *ingest, struct bench *bench, struct fleet *fleet, const char *name,
                  const struct load *loads, size_t devices) {
    char data[400];
    double deadline_s = bench_now_s() + STALL_S;
    *ingest = (struct ingest){.fleet = fleet, .loads = loads, .devices = devices};
    ingest->connections = calloc(devices, sizeof *ingest->connections);
    server_prepare(bench, name, data, sizeof data);
    server_start(&ingest->server, bench, data);
    connections_open(&ingest->all, fleet, ingest->server.devices_port);
    for (size_t i = 0; i < devices; i++) {
        connection_open(&ingest->connections[i], &ingest->all, loads[i].device, &loads[i].outbox);
        ingest->connections[i].answers_feedback = true;
    }
    while (ingest->all.ready < devices) {
        connections_step(&ingest->all, 100);
        if (bench_now_s() > deadline_s)
            bench_fail("%zu of %zu devices were welcomed", ingest->all.ready, devices);
    }
}

void ingest_stop(struct ingest *ingest) {
    double quarantined = server_metric(&ingest->server, "rond_reports_total{verdict=\"quarantined\"}");
    if (quarantined > 0)
        bench_fail("%.0f reports were quarantined: %s", quarantined, "the load is not what it should be");
    for (size_t i = 0; i < ingest->devices; i++)
        connection_close(&ingest->connections[i]);
    connections_close(&ingest->all);
    server_stop(&ingest->server);
    free(ingest->connections);
}

double ingest_send(struct ingest *ingest) {
    double start_s = bench_now_s();
    for (size_t i = 0; i < ingest->devices; i++)
        connection_send_load(&ingest->connections[i], &ingest->loads[i]);
    for (size_t through = 0; through < ingest->devices;) {
        connections_step(&ingest->all, 100);
        while (through < ingest->devices && connection_is_through(&ingest->connections[through]))
            through++;
        if (bench_now_s() - start_s > STALL_S && !getenv("BENCH_WRAP"))
            bench_fail("the reports are not through after %d s", STALL_S);
    }
    return bench_now_s() - start_s;
}

static void run_once(struct bench *bench, struct fleet *fleet, const struct load *loads, size_t devices,
                     struct outcome *ret_outcome) {
    char floor_data[400];
    struct ingest ingest;
    struct server_threads before, after;
    size_t reports = devices * loads[0].reports, floor_reports;
    ingest_start(&ingest, bench, fleet, "ingest", loads, devices);
    const struct server *server = &ingest.server;
    double groups = server_metric(server, "rond_commit_seconds_count"),
           commit_s = server_metric(server, "rond_commit_seconds_sum");
    double cpu_s = server_cpu_s(server);
    server_threads(server, &before);
    double took_s = ingest_send(&ingest);
    server_threads(server, &after);
    cpu_s = server_cpu_s(server) - cpu_s;
    groups = server_metric(server, "rond_commit_seconds_count") - groups;
    commit_s = server_metric(server, "rond_commit_seconds_sum") - commit_s;
    ingest_stop(&ingest);
    server_prepare(bench, "floor", floor_data, sizeof floor_data);
    double floor_s = floor_run(server->data, floor_data, (size_t)groups, &floor_reports);
    if (floor_reports != reports)
        bench_fail("%zu reports are stored of %zu", floor_reports, reports);
    double us = 1e6 / (double)reports;
    *ret_outcome = (struct outcome){.reports_per_s = (double)reports / took_s,
                                    .floor_per_s = (double)reports / floor_s,
                                    .cpu_us = cpu_s * us,
                                    .network_us = (after.network_s - before.network_s) * us,
                                    .committer_us = (after.committer_s - before.committer_s) * us,
                                    .readers_us = (after.readers_s - before.readers_s) * us,
                                    .group_reports = (double)reports / groups,
                                    .commit_share = commit_s / took_s * 100};
}

static double measure(struct bench *bench, struct fleet *fleet, const struct load *loads, size_t devices, size_t runs) {
    double rates[BENCH_RUNS_MAX], floors[BENCH_RUNS_MAX], cpu[BENCH_RUNS_MAX], network[BENCH_RUNS_MAX],
        committer[BENCH_RUNS_MAX], readers[BENCH_RUNS_MAX];
    double groups[BENCH_RUNS_MAX], shares[BENCH_RUNS_MAX];
    char scenario[32], heading[160];
    (void)snprintf(scenario, sizeof scenario, "ingest, %zu devices", devices);
    (void)snprintf(heading, sizeof heading,
                   "Ingest: %zu devices over mutual TLS, batches of %d, all seven kinds, the Lund promises", devices,
                   BATCH_REPORTS);
    bench_heading(heading);
    for (size_t i = 0; i < runs; i++) {
        struct outcome outcome;
        run_once(bench, fleet, loads, devices, &outcome);
        rates[i] = outcome.reports_per_s, floors[i] = outcome.floor_per_s;
        cpu[i] = outcome.cpu_us, network[i] = outcome.network_us, committer[i] = outcome.committer_us,
        readers[i] = outcome.readers_us;
        groups[i] = outcome.group_reports, shares[i] = outcome.commit_share;
        bench_note("run %zu: %.0f reports/s, floor %.0f, ratio %.2f", i + 1, rates[i], floors[i], rates[i] / floors[i]);
    }
    const struct against floor = {"floor", "the same rows in a bare SQLite loop", floors};
    bench_figures(bench, scenario, "durable reports", rates, runs, "/s", &floor);
    bench_figures(bench, scenario, "server CPU a report", cpu, runs, "us", NULL);
    bench_figures(bench, scenario, "- receiving, checking, verifying", network, runs, "us", NULL);
    bench_figures(bench, scenario, "- appending, counting, committing", committer, runs, "us", NULL);
    bench_figures(bench, scenario, "- reading what devices are told", readers, runs, "us", NULL);
    bench_figures(bench, scenario, "reports in a transaction", groups, runs, "", NULL);
    bench_figures(bench, scenario, "time in transactions", shares, runs, "%", NULL);
    return bench_median(rates, runs);
}

void bench_ingest(struct bench *bench, struct fleet *fleet) {
    static const size_t fleets[] = {50, 500};
    size_t runs = bench_runs(), reports = bench_setting("BENCH_REPORTS", REPORTS);
    for (size_t f = 0; f < sizeof fleets / sizeof fleets[0]; f++) {
        size_t devices = fleets[f];
        if (bench_setting("BENCH_DEVICES", devices) != devices)
            continue;
        struct load *loads = calloc(devices, sizeof *loads);
        for (size_t i = 0; i < devices; i++)
            load_init(&loads[i], fleet, i, 0, reports / devices, BATCH_REPORTS);
        double most_per_s = measure(bench, fleet, loads, devices, runs);
        if (f == 0 && !getenv("BENCH_WRAP"))
            latency_measure(bench, fleet, loads, devices, most_per_s);
        for (size_t i = 0; i < devices; i++)
            load_deinit(&loads[i]);
        free(loads);
    }
}
