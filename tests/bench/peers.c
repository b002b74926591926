// Others beside Rond, in the same runs: the same reports, as JSON, from as many connections, until they are where that one
// keeps them. tests/bench/peers/run.mjs starts, fills, checks and stops each of them.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "bench/ingest.h"
#include "read/report_json.h"

enum { RUNS = 3, DEVICES = 50, DEVICE_REPORTS = 1000, BATCH_REPORTS = 100, REPORTS = DEVICES * DEVICE_REPORTS };
enum { SETTLE_MS = 300, LINE_BYTES_MAX = 8192, REPORT_ARENA_BYTES_MAX = 1024 * 1024 };

static const char *const PEERS[] = {"mosquitto", "nats", "pouchdb", "batch", "gzip", "submission"};
enum { PEERS_COUNT = ARRAY_COUNT(PEERS) };

// At the socket, a report: TLS and framing included, TCP and IP headers not, nor connecting.
struct bytes_of_rond {
    double up, down;
    double standings; // of `down`: how the promises stand, and what is open
};

struct peer {
    const char *name, *says; // how it is called, and what it has on the disk before it acknowledges
    double rates[RUNS];
    double acknowledged[RUNS]; // a second, by a broker, before they are kept; 0: there is none
    double up, down;           // bytes a report
    json_t *look;              // holds the texts
};

// ---- The reports ----

// What a device would send of it: as the API shows it, without the times in words, with an id of its own.
static json_t *peer_report(struct arena *arena, const struct fleet *fleet, size_t device, size_t index) {
    static const char *const in_words[] = {"claimed", "occurred_from", "occurred_to"};
    struct record record = SHAPE_OF_ALL_KINDS.make(&SHAPE_OF_ALL_KINDS, arena, device, index);
    char hex[2 * ID_SIZE + 1];
    json_t *object = json_object();
    if (report_json_body(record.report, TEXTS_SHOWN, object) != ROND_OK)
        bench_fail("no memory");
    json_t *report = json_object_get(object, "report");
    for (size_t i = 0; i < ARRAY_COUNT(in_words); i++)
        (void)json_object_del(report, in_words[i]);
    for (size_t i = 0; i < ID_SIZE; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", fleet->devices[device].device.b[i]);
    if (json_object_set_new(report, "id", json_sprintf("%s-%zu", hex, index + 1)) != 0 ||
        json_object_set_new(object, "device", json_integer((json_int_t)device)) != 0)
        bench_fail("no memory");
    return object;
}

static void write_reports(const struct fleet *fleet, const char *path) {
    struct arena arena;
    FILE *file = fopen(path, "w");
    arena_init(&arena, REPORT_ARENA_BYTES_MAX);
    for (size_t device = 0; file && device < DEVICES; device++)
        for (size_t i = 0; i < DEVICE_REPORTS; i++) {
            json_t *line = peer_report(&arena, fleet, device, i);
            if (json_dumpf(line, file, JSON_COMPACT) != 0 || fputc('\n', file) == EOF)
                bench_fail("%s cannot be written", path);
            json_decref(line);
            arena_reset(&arena);
        }
    if (!file || fclose(file) != 0)
        bench_fail("%s cannot be written", path);
    arena_deinit(&arena);
}

// ---- A peer ----

// One pass; what run.mjs says of it.
static json_t *pass(const struct bench *bench, const char *what, const char *peer) {
    char command[1024], line[LINE_BYTES_MAX] = "";
    (void)snprintf(command, sizeof command, "node tests/bench/peers/run.mjs %s %s '%s/reports.jsonl' '%s/%s'", what, peer,
                   bench->directory, bench->directory, peer);
    FILE *output = popen(command, "r");
    bool read = output && fgets(line, sizeof line, output);
    if (!output || pclose(output) != 0 || !read)
        bench_fail("this went wrong: %s", command);
    json_t *said = json_loads(line, 0, NULL);
    if (!said)
        bench_fail("%s said: %s", command, line);
    return said;
}

static double number_of(const json_t *said, const char *name) {
    return json_number_value(json_object_get(said, name));
}

static void measure_rate(struct bench *bench, struct peer *peer, const char *which, size_t run) {
    json_t *said = pass(bench, "rate", which);
    peer->rates[run] = number_of(said, "per_s");
    peer->acknowledged[run] = number_of(said, "acknowledged_per_s");
    bench_note("run %zu: %-10s %8.0f reports/s of %5.0f", run + 1, which, peer->rates[run], number_of(said, "reports"));
    json_decref(said);
}

static void look_at(struct bench *bench, struct peer *peer, const char *which) {
    peer->look = pass(bench, "look", which);
    peer->name = json_string_value(json_object_get(peer->look, "name"));
    peer->says = json_string_value(json_object_get(peer->look, "says"));
    peer->up = number_of(peer->look, "up"), peer->down = number_of(peer->look, "down");
}

// ---- Rond ----

static struct bytes_of_rond bytes_so_far(const struct ingest *ingest) {
    struct bytes_of_rond bytes = {0};
    for (size_t i = 0; i < DEVICES; i++) {
        uint64_t sent, received;
        connection_bytes(&ingest->connections[i], &sent, &received);
        bytes.up += (double)sent / REPORTS, bytes.down += (double)received / REPORTS;
        bytes.standings += (double)ingest->connections[i].feedback_bytes / REPORTS;
    }
    return bytes;
}

// What comes soon after the last acknowledgement: how the promises stand now.
static void settle(struct ingest *ingest) {
    double until_s = bench_now_s() + SETTLE_MS / 1000.0;
    while (bench_now_s() < until_s)
        connections_step(&ingest->all, 20);
}

// Reports a second.
static double rate_of_rond(struct bench *bench, struct fleet *fleet, const struct load *loads,
                           struct bytes_of_rond *ret_bytes) {
    struct ingest ingest;
    ingest_start(&ingest, bench, fleet, "rond", loads, DEVICES);
    struct bytes_of_rond before = bytes_so_far(&ingest);
    double took_s = ingest_send(&ingest);
    settle(&ingest);
    struct bytes_of_rond after = bytes_so_far(&ingest);
    double applied = server_metric(&ingest.server, "rond_reports_total{verdict=\"applied\"}");
    if (applied != REPORTS)
        bench_fail("%.0f reports were applied of %d", applied, REPORTS);
    ingest_stop(&ingest);
    *ret_bytes = (struct bytes_of_rond){after.up - before.up, after.down - before.down, after.standings - before.standings};
    return REPORTS / took_s;
}

// How often it asks for the disk, of 1,000 reports: a round of its own under strace, the server's start and stop included.
static double syncs_of_rond(struct bench *bench, struct fleet *fleet, const struct load *loads) {
    struct bytes_of_rond bytes;
    char wrap[600], path[420], line[400];
    size_t calls = 0;
    (void)snprintf(path, sizeof path, "%s/rondd.trace", bench->directory);
    (void)snprintf(wrap, sizeof wrap,
                   "strace -D -f --seccomp-bpf -e trace=fsync,fdatasync,sync_file_range,msync,syncfs,sync -o '%s'", path);
    (void)setenv("BENCH_WRAP", wrap, 1);
    (void)rate_of_rond(bench, fleet, loads, &bytes);
    (void)unsetenv("BENCH_WRAP");
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        calls += strstr(line, "sync") && strchr(line, '(') && !strstr(line, "resumed>");
    if (!file || fclose(file) != 0)
        bench_fail("%s cannot be read", path);
    return 1000.0 * (double)calls / REPORTS;
}

// ---- What it comes to ----

static void figure_beside(struct bench *bench, const char *which, const char *metric, const char *unit, const double *values,
                          size_t count, const struct peer *peer, const double *of_peer) {
    char name[80];
    (void)snprintf(name, sizeof name, "%s, beside %s", metric, which);
    bench_figures(bench, "peers", name, values, count, unit, &(struct against){"peer", peer->name, of_peer});
}

static void figures_beside(struct bench *bench, const char *which, const double *rates, const struct bytes_of_rond *bytes,
                           const struct peer *peer) {
    char name[80];
    figure_beside(bench, which, "durable reports", "/s", rates, RUNS, peer, peer->rates);
    figure_beside(bench, which, "up, a report", "B", &bytes->up, 1, peer, &peer->up);
    figure_beside(bench, which, "down, a report", "B", &bytes->down, 1, peer, &peer->down);
    (void)snprintf(name, sizeof name, "acknowledged by %s itself", which);
    if (peer->acknowledged[0] > 0)
        bench_figures(bench, "peers", name, peer->acknowledged, RUNS, "/s", NULL);
}

static double median_of(const double *values, const double *over) { // over may be NULL
    double sorted[RUNS];
    for (size_t i = 0; i < RUNS; i++)
        sorted[i] = over ? values[i] / over[i] : values[i];
    return bench_median(sorted, RUNS);
}

static void print_table(const double *rates, const struct bytes_of_rond *bytes, const struct peer *peers) {
    printf("\n  %-42s %10s %12s %8s %12s %8s\n", "", "reports/s", "Rond / peer", "B up", "Rond / peer", "B down");
    printf("  %-42s %10.0f %12s %8.1f %12s %8.1f\n", "Rond, batches of 100", median_of(rates, NULL), "", bytes->up, "",
           bytes->down);
    for (size_t i = 0; i < PEERS_COUNT; i++)
        printf("  %-42s %10.0f %12.2f %8.1f %12.3f %8.1f\n", peers[i].name, median_of(peers[i].rates, NULL),
               median_of(rates, peers[i].rates), peers[i].up, bytes->up / peers[i].up, peers[i].down);
    printf("\n  Of the %.1f B down of Rond %.1f say how the promises stand and what is open, which none of the others "
           "tells.\n\n",
           bytes->down, bytes->standings);
}

static void print_syncs(const struct peer *peer) {
    size_t i;
    json_t *one;
    printf("  %s: %s.\n    Calls for the disk in 1,000 reports:", peer->name, peer->says);
    json_array_foreach(json_object_get(peer->look, "syncs"), i, one)
        printf("%s %s %.1f", i > 0 ? "," : "", json_string_value(json_array_get(one, 0)),
               json_number_value(json_array_get(one, 1)));
    printf(".\n");
}

void bench_peers(struct bench *bench, struct fleet *fleet) {
    char path[400];
    struct peer peers[PEERS_COUNT] = {0};
    struct load *loads = calloc(DEVICES, sizeof *loads);
    double rates[RUNS];
    struct bytes_of_rond bytes;
    bench_heading("Peers: the same reports from 50 connections, until they are where each keeps them");
    (void)snprintf(path, sizeof path, "%s/reports.jsonl", bench->directory);
    write_reports(fleet, path);
    for (size_t i = 0; i < DEVICES; i++)
        load_init(&loads[i], fleet, i, 0, DEVICE_REPORTS, BATCH_REPORTS);
    for (size_t run = 0; run < RUNS; run++) {
        rates[run] = rate_of_rond(bench, fleet, loads, &bytes);
        bench_note("run %zu: %-10s %8.0f reports/s of %5d", run + 1, "Rond", rates[run], REPORTS);
        for (size_t i = 0; i < PEERS_COUNT; i++)
            measure_rate(bench, &peers[i], PEERS[i], run);
    }
    for (size_t i = 0; i < PEERS_COUNT; i++) {
        look_at(bench, &peers[i], PEERS[i]);
        figures_beside(bench, PEERS[i], rates, &bytes, &peers[i]);
    }
    bench_figure(bench, "peers", "down, a report, of it how the promises stand", bytes.standings, "B");
    print_table(rates, &bytes, peers);
    bench_note("Rond: commits (fdatasync of SQLite's log) before it acknowledges.\n    Calls for the disk in 1,000 reports: "
               "rondd %.1f.",
               syncs_of_rond(bench, fleet, loads));
    for (size_t i = 0; i < PEERS_COUNT; i++) {
        print_syncs(&peers[i]);
        json_decref(peers[i].look);
    }
    for (size_t i = 0; i < DEVICES; i++)
        load_deinit(&loads[i]);
    free(loads);
}
