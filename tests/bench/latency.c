// How long an acknowledgement takes at a part of the greatest rate. Batches leave when it is their turn by the clock, not
// when the last one is acknowledged, and time runs from then: a server that falls behind is not spared by being asked less.
#include <stdlib.h>

#include "base/check.h"
#include "bench/ingest.h"

enum { STALL_S = 60 };

struct pace {
    struct ingest *ingest;
    size_t batches; // in all, one device after the other
    size_t sent, acknowledged;
    size_t *first_waiting; // of each device
    double interval_s, start_s;
    double *latency_ms;
};

static double due_s(const struct pace *pace, size_t batch) {
    return pace->start_s + (double)batch * pace->interval_s;
}

static void send_due(struct pace *pace) {
    const struct ingest *ingest = pace->ingest;
    while (pace->sent < pace->batches && due_s(pace, pace->sent) <= bench_now_s())
        connection_send_next(&ingest->connections[pace->sent++ % ingest->devices]);
}

static void note_acknowledged(struct pace *pace) {
    const struct ingest *ingest = pace->ingest;
    double now_s = bench_now_s();
    for (size_t i = 0; i < ingest->devices; i++) {
        const struct load *load = &ingest->loads[i];
        size_t *next = &pace->first_waiting[i];
        while (*next < load->batches_count && load->batches[*next].last_seq <= ingest->connections[i].acknowledged) {
            pace->latency_ms[pace->acknowledged++] = (now_s - due_s(pace, *next * ingest->devices + i)) * 1000;
            (*next)++;
        }
    }
}

static void run(struct pace *pace) {
    pace->start_s = bench_now_s();
    while (pace->acknowledged < pace->batches) {
        send_due(pace);
        double left_ms = pace->sent < pace->batches ? (due_s(pace, pace->sent) - bench_now_s()) * 1000 : 100;
        connections_step(&pace->ingest->all, left_ms > 1 ? (int)left_ms : 0);
        note_acknowledged(pace);
        if (bench_now_s() - pace->start_s > STALL_S + (double)pace->batches * pace->interval_s)
            bench_fail("%zu of %zu batches were acknowledged", pace->acknowledged, pace->batches);
    }
}

static void measure_at(struct bench *bench, struct fleet *fleet, const struct load *loads, size_t devices, int percent,
                       double reports_per_s) {
    struct ingest ingest;
    char metric[64];
    struct pace pace = {.ingest = &ingest, .batches = devices * loads[0].batches_count};
    double batch_reports = (double)loads[0].reports / (double)loads[0].batches_count;
    pace.interval_s = batch_reports / (reports_per_s * percent / 100);
    pace.first_waiting = calloc(devices, sizeof *pace.first_waiting);
    pace.latency_ms = calloc(pace.batches, sizeof *pace.latency_ms);
    CHECK(pace.first_waiting && pace.latency_ms);
    ingest_start(&ingest, bench, fleet, "ingest", loads, devices);
    for (size_t i = 0; i < devices; i++) {
        ingest.connections[i].load = &loads[i];
        ingest.connections[i].one_by_one = true;
    }
    run(&pace);
    ingest_stop(&ingest);
    (void)snprintf(metric, sizeof metric, "acknowledged, p50, at %d %% of the greatest rate", percent);
    bench_figure(bench, "ingest latency", metric, bench_percentile(pace.latency_ms, pace.batches, 50), "ms");
    (void)snprintf(metric, sizeof metric, "acknowledged, p99, at %d %% of the greatest rate", percent);
    bench_figure(bench, "ingest latency", metric, bench_percentile(pace.latency_ms, pace.batches, 99), "ms");
    free(pace.first_waiting);
    free(pace.latency_ms);
}

void latency_measure(struct bench *bench, struct fleet *fleet, const struct load *loads, size_t devices,
                     double reports_per_s) {
    static const int percents[] = {10, 50, 90};
    for (size_t i = 0; i < ARRAY_COUNT(percents); i++)
        measure_at(bench, fleet, loads, devices, percents[i], reports_per_s);
}
