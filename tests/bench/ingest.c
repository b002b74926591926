// Durable reports a second from 50 devices, beside a bare SQLite loop that writes the same rows in the same run.
#include <stdlib.h>

#include "bench/connection.h"
#include "bench/server.h"

enum { DEVICES = 50, REPORTS = 50000, BATCH_REPORTS = 100, RUNS = 3, STALL_S = 60 };

struct outcome {
    double reports_per_s;
    double cpu_us_per_report;
    double group_reports;
    double commit_share; // of the time, the committer was in a transaction
    double floor_per_s;
};

// BENCH_REPORTS (of all devices together) and BENCH_RUNS: for a profiler, which makes everything fifty times slower.
static size_t setting(const char *name, size_t otherwise) {
    const char *set = getenv(name);
    return set ? (size_t)strtoul(set, NULL, 10) : otherwise;
}

static void connect_all(struct connections *all, struct connection *devices, const struct load *loads) {
    double deadline_s = bench_now_s() + STALL_S;
    for (size_t i = 0; i < DEVICES; i++) {
        connection_open(&devices[i], all, loads[i].device, &loads[i].outbox);
        devices[i].answers_feedback = true;
    }
    while (all->ready < DEVICES) {
        connections_step(all, 100);
        if (bench_now_s() > deadline_s)
            bench_fail("%zu of %d devices were welcomed", all->ready, DEVICES);
    }
}

static double send_all(struct connections *all, struct connection *devices, const struct load *loads) {
    double start_s = bench_now_s();
    for (size_t i = 0; i < DEVICES; i++)
        connection_send_load(&devices[i], &loads[i]);
    for (size_t through = 0; through < DEVICES;) {
        connections_step(all, 100);
        for (through = 0; through < DEVICES && connection_is_through(&devices[through]); through++)
            ;
        if (bench_now_s() - start_s > STALL_S && !getenv("BENCH_WRAP"))
            bench_fail("the reports are not through after %d s", STALL_S);
    }
    return bench_now_s() - start_s;
}

static void run_once(struct bench *bench, struct fleet *fleet, const struct load *loads, struct outcome *ret_outcome) {
    char data[400], floor_data[400];
    struct server server;
    struct connections all;
    struct connection *devices = calloc(DEVICES, sizeof *devices);
    size_t reports = DEVICES * loads[0].reports, floor_reports;
    server_prepare(bench, "ingest", data, sizeof data);
    server_start(&server, bench, data);
    connections_open(&all, fleet, server.devices_port);
    connect_all(&all, devices, loads);
    double groups_before = server_metric(&server, "rond_commit_seconds_count");
    double commit_before_s = server_metric(&server, "rond_commit_seconds_sum"), cpu_before_s = server_cpu_s(&server);
    double took_s = send_all(&all, devices, loads);
    double cpu_s = server_cpu_s(&server) - cpu_before_s;
    double groups = server_metric(&server, "rond_commit_seconds_count") - groups_before;
    double commit_s = server_metric(&server, "rond_commit_seconds_sum") - commit_before_s;
    double quarantined = server_metric(&server, "rond_reports_total{verdict=\"quarantined\"}");
    if (quarantined > 0)
        bench_fail("%.0f reports were quarantined: %s", quarantined, "the load is not what it should be");
    for (size_t i = 0; i < DEVICES; i++)
        connection_close(&devices[i]);
    connections_close(&all);
    server_stop(&server);
    free(devices);
    server_prepare(bench, "floor", floor_data, sizeof floor_data);
    double floor_s = floor_run(data, floor_data, (size_t)groups, &floor_reports);
    if (floor_reports != reports)
        bench_fail("%zu reports are stored of %zu", floor_reports, reports);
    *ret_outcome = (struct outcome){.reports_per_s = (double)reports / took_s,
                                    .cpu_us_per_report = cpu_s * 1e6 / (double)reports,
                                    .group_reports = (double)reports / groups,
                                    .commit_share = commit_s / took_s * 100,
                                    .floor_per_s = (double)reports / floor_s};
}

void bench_ingest(struct bench *bench, struct fleet *fleet) {
    struct load *loads = calloc(DEVICES, sizeof *loads);
    double rates[RUNS], floors[RUNS], cpu[RUNS], groups[RUNS], shares[RUNS];
    size_t runs = setting("BENCH_RUNS", RUNS);
    if (runs < 1 || runs > RUNS)
        bench_fail("BENCH_RUNS: 1 to %d", RUNS);
    bench_heading("Ingest: 50 devices over mutual TLS, batches of 100, all seven kinds, the Lund promises");
    for (size_t i = 0; i < DEVICES; i++)
        load_init(&loads[i], fleet, i, 0, setting("BENCH_REPORTS", REPORTS) / DEVICES, BATCH_REPORTS);
    for (size_t i = 0; i < runs; i++) {
        struct outcome outcome;
        run_once(bench, fleet, loads, &outcome);
        rates[i] = outcome.reports_per_s, floors[i] = outcome.floor_per_s, cpu[i] = outcome.cpu_us_per_report;
        groups[i] = outcome.group_reports, shares[i] = outcome.commit_share;
        bench_note("run %zu: %.0f reports/s, floor %.0f, ratio %.2f", i + 1, rates[i], floors[i], rates[i] / floors[i]);
    }
    const struct against floor = {"floor", "the same rows in a bare SQLite loop", floors};
    bench_figures(bench, "ingest", "durable reports", rates, runs, "/s", &floor);
    bench_figures(bench, "ingest", "server CPU a report", cpu, runs, "us", NULL);
    bench_figures(bench, "ingest", "reports in a transaction", groups, runs, "", NULL);
    bench_figures(bench, "ingest", "time in transactions", shares, runs, "%", NULL);
    for (size_t i = 0; i < DEVICES; i++)
        load_deinit(&loads[i]);
    free(loads);
}
