// How long rond_report() takes to have one report on disk, beside writing as many bytes to a file and fdatasync.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/handheld.h"

enum { REPORTS = 1000, WARM_UP = 20 };

static void queue_one(rond *client, unsigned number) {
    rond_fault fault = {0};
    rond_activity check = {.struct_size = sizeof check,
                           .kind = ROND_CHECK,
                           .place = "stortorget",
                           .role = "police_officer",
                           .text = "Cyklister utan lyse vid torget",
                           .check_form = ROND_TARGETED,
                           .of = "cyclist_behaviour",
                           .checked = 20 + number % 100,
                           .remarked = 3};
    if (rond_report(client, &check, NULL, &fault))
        bench_fail("report %u: %s %s", number, fault.field, fault.text);
}

// Bytes this process has handed to write(2).
static uint64_t written_bytes(void) {
    unsigned long long bytes = 0;
    FILE *file = fopen("/proc/self/io", "r");
    char line[128];
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "wchar: %llu", &bytes) == 1)
            break;
    if (file)
        (void)fclose(file);
    return bytes;
}

static void measure_floor(struct bench *bench, size_t bytes, double *times_ms) {
    char path[500];
    char *room = calloc(1, bytes);
    (void)snprintf(path, sizeof path, "%s/floor.bin", bench->directory);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (size_t i = 0; i < REPORTS; i++) {
        double start_s = bench_now_s();
        if (write(descriptor, room, bytes) != (ssize_t)bytes || fdatasync(descriptor) != 0)
            bench_fail("%s cannot be written", path);
        times_ms[i] = (bench_now_s() - start_s) * 1000;
    }
    close(descriptor);
    (void)unlink(path);
    free(room);
}

void bench_queueing(struct bench *bench, struct fleet *fleet) {
    char data[400];
    struct server server;
    double *times_ms = calloc(REPORTS, sizeof *times_ms);
    (void)fleet;
    bench_heading("Queueing one report durably (rond_report)");
    server_prepare(bench, "queueing", data, sizeof data);
    server_start(&server, bench, data);
    rond *client = handheld_enrol(bench, &server, "handheld");
    server_stop(&server);
    for (unsigned i = 0; i < WARM_UP; i++)
        queue_one(client, i);
    uint64_t before = written_bytes();
    for (unsigned i = 0; i < REPORTS; i++) {
        double start_s = bench_now_s();
        queue_one(client, i);
        times_ms[i] = (bench_now_s() - start_s) * 1000;
    }
    size_t bytes = (size_t)((written_bytes() - before) / REPORTS);
    rond_close(client);
    double p50_ms = bench_percentile(times_ms, REPORTS, 50), p99_ms = bench_percentile(times_ms, REPORTS, 99);
    measure_floor(bench, bytes, times_ms);
    double floor_p50_ms = bench_percentile(times_ms, REPORTS, 50), floor_p99_ms = bench_percentile(times_ms, REPORTS, 99);
    const char *floor = "write and fdatasync of as many bytes";
    bench_figures(bench, "queueing", "rond_report, p50", &p50_ms, 1, "ms", &(struct against){"floor", floor, &floor_p50_ms});
    bench_figures(bench, "queueing", "rond_report, p99", &p99_ms, 1, "ms", &(struct against){"floor", floor, &floor_p99_ms});
    bench_figure(bench, "queueing", "bytes written a report", (double)bytes, "B");
    free(times_ms);
}
