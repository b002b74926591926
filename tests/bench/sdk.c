// The SDK on a handheld: how large it is, what it takes of memory above the libraries that it needs, what an idle handheld
// costs, and how long a queue of many reports takes to be opened. What is looked at is a process of its own (sdk/probe.c).
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/handheld.h"
#include "outbox_internal.h"
#include "support/report_samples.h"

enum {
    IDLE_S = 60,
    WINDOWS_A_DAY = 96, // one in a quarter of an hour
    DAY_S = 24 * 60 * 60,
    GROUP = 20000, // reports in a transaction, to fill a queue; rond_report makes one for each
    SAMPLES = 640,
    OPENINGS = 5,
};

static void ok(enum rond_err err, const char *what) {
    if (err)
        bench_fail("%s: %s", what, rond_err_name(err));
}

static double bytes_of_file(const char *path) {
    struct stat file;
    if (stat(path, &file) != 0)
        bench_fail("there is no %s", path);
    return (double)file.st_size;
}

static void size_of_the_library(struct bench *bench) {
    char path[500];
    (void)snprintf(path, sizeof path, "%s/librond.so", bench->directory);
    bench_run("strip -o '%s' '%s/librond.so'", path, bench->programs);
    bench_figure(bench, "sdk", "librond.so, stripped", bytes_of_file(path) / 1000, "kB");
}

// ---- A handheld that has nothing to do ----

static void probe(const char *command, long *ret_numbers, size_t count) {
    FILE *pipe = popen(command, "r");
    size_t got = 0;
    while (pipe && got < count && fscanf(pipe, "%ld", &ret_numbers[got]) == 1)
        got++;
    if (!pipe || pclose(pipe) != 0 || got != count)
        bench_fail("this went wrong: %s", command);
}

static void idle_handheld(struct bench *bench, const char *directory) {
    enum { OPENED, SYNCED, IDLE, AWAKE, OUT, IN, NUMBERS };
    char command[1200];
    long alone, seen[NUMBERS];
    (void)snprintf(command, sizeof command, "'%s/probe'", bench->programs);
    probe(command, &alone, 1);
    (void)snprintf(command, sizeof command, "'%s/probe' '%s/librond.so' '%s' %d", bench->programs, bench->programs,
                   directory, IDLE_S);
    probe(command, seen, NUMBERS);
    bench_figure(bench, "sdk", "private memory above the libraries, outbox open", (double)(seen[OPENED] - alone), "KiB");
    bench_figure(bench, "sdk", "the same, after a sync", (double)(seen[SYNCED] - alone), "KiB");
    bench_figure(bench, "sdk", "wake-ups in a minute, nothing running", (double)seen[IDLE], "");
    bench_figure(bench, "sdk", "wake-ups of a sync with nothing to send", (double)seen[AWAKE], "");
    bench_figure(bench, "sdk", "bytes up of a sync with nothing to send", (double)seen[OUT], "B");
    bench_figure(bench, "sdk", "bytes down of a sync with nothing to send", (double)seen[IN], "B");
    bench_note("extrapolated to a day with a sync every quarter of an hour:");
    bench_figure(bench, "sdk", "wake-ups of a day, idle",
                 (double)seen[AWAKE] * WINDOWS_A_DAY + (double)seen[IDLE] * (DAY_S / IDLE_S), "");
    bench_figure(bench, "sdk", "bytes of a day, idle", (double)(seen[OUT] + seen[IN]) * WINDOWS_A_DAY / 1000, "kB");
}

// ---- A long queue ----

static struct outbox *open_queue(const char *directory, const char *path) {
    struct outbox *outbox;
    struct seal_key key;
    struct fault fault = {0};
    rond_fault told = {0};
    rond_keystore keystore;
    ok(rond_keystore_files(directory, &keystore, &told), told.text);
    ok(keystore.outbox_key(keystore.context, key.b), "outbox key");
    keystore.release(keystore.context);
    struct outbox_config config = {.path = path, .key = &key, .rng = rng_system(), .clock = clock_system()};
    ok(outbox_open(&config, &outbox, &fault), fault.text);
    return outbox;
}

// As rond_report does it, but for the transaction: many reports share one.
static void fill_queue(struct outbox *outbox, size_t reports) {
    struct arena arena;
    struct record samples[SAMPLES];
    arena_init(&arena, 64 * 1024 * 1024);
    for (size_t i = 0; i < SAMPLES; i++)
        samples[i] = record_of_report(
            &arena, sample_report(&arena, (Rond__V1__Kind)(ROND__V1__KIND__KIND_CHECK + i % 7), (unsigned)(i / 7)));
    for (size_t done = 0; done < reports;) {
        ok(transaction_begin(outbox), "begin");
        for (size_t i = 0; i < GROUP && done < reports; i++, done++) {
            uint64_t seq;
            ok(outbox_add(outbox, &samples[done % SAMPLES], clock_wall_ms(clock_system()), &seq), "queue");
        }
        ok(transaction_end(outbox, outbox_position_save(outbox)), "commit");
    }
    arena_deinit(&arena);
}

static void long_queue(struct bench *bench, const char *directory) {
    size_t reports = getenv("BENCH_LARGE") ? OUTBOX_REPORTS_MAX : OUTBOX_REPORTS_MAX / 10;
    char path[600], name[100];
    double times_ms[OPENINGS], start_s = bench_now_s();
    (void)snprintf(path, sizeof path, "%s/outbox.db", directory);
    struct outbox *outbox = open_queue(directory, path);
    fill_queue(outbox, reports);
    outbox_close(outbox);
    bench_note("%zu reports queued in %.1f s, %d to a transaction", reports, bench_now_s() - start_s, (int)GROUP);
    for (size_t i = 0; i < OPENINGS; i++) {
        rond_fault fault = {0};
        rond_keystore keystore;
        rond *client;
        rond_config config = {.struct_size = sizeof config, .path = path, .keystore = &keystore, .client = "bench"};
        ok(rond_keystore_files(directory, &keystore, &fault), fault.text);
        start_s = bench_now_s();
        ok(rond_open(&config, &client, &fault), fault.text);
        times_ms[i] = (bench_now_s() - start_s) * 1000;
        rond_close(client);
    }
    (void)snprintf(name, sizeof name, "rond_open, %zu reports queued, file in the cache", reports);
    bench_figures(bench, "sdk", name, times_ms, OPENINGS, "ms", NULL);
    bench_figure(bench, "sdk", "file of the queue, a report", bytes_of_file(path) / (double)reports, "B");
}

void bench_sdk(struct bench *bench, struct fleet *fleet) {
    char data[400], directory[500];
    struct server server;
    (void)fleet;
    bench_heading("The SDK on a handheld");
    size_of_the_library(bench);
    server_prepare(bench, "sdk", data, sizeof data);
    server_start(&server, bench, data);
    rond_close(handheld_enrol(bench, &server, "sdk-handheld"));
    (void)snprintf(directory, sizeof directory, "%s/sdk-handheld", bench->directory);
    idle_handheld(bench, directory);
    server_stop(&server);
    long_queue(bench, directory);
    if (!getenv("BENCH_LARGE"))
        bench_note("a queue as long as there may be: BENCH_LARGE=1");
}
