// make bench: how fast, how small, how steady. Nothing is asserted; docs/performance.md tells how to read it.
// Usage: bench PROGRAMS DIRECTORY [MEASUREMENT ...]
#include "bench/bench.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/check.h"
#include "bench/bare.h"
#include "bench/fleet.h"

void bench_fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void bench_run(const char *format, ...) {
    char command[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof command || system(command) != 0)
        bench_fail("this went wrong: %s", command);
}

size_t bench_setting(const char *name, size_t otherwise) {
    const char *set = getenv(name);
    return set ? (size_t)strtoul(set, NULL, 10) : otherwise;
}

size_t bench_runs(void) {
    size_t runs = bench_setting("BENCH_RUNS", 3);
    if (runs < 1 || runs > BENCH_RUNS_MAX)
        bench_fail("BENCH_RUNS: 1 to %d", BENCH_RUNS_MAX);
    return runs;
}

double bench_now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double bench_cpu_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int bench_compare(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

double bench_percentile(double *values, size_t count, double percent) {
    qsort(values, count, sizeof *values, bench_compare);
    size_t rank = (size_t)ceil((double)count * percent / 100);
    return values[rank > 0 ? rank - 1 : 0];
}

double bench_median(double *values, size_t count) {
    return bench_percentile(values, count, 50);
}

static bool is_wanted(int argc, char **argv, const char *name) {
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc <= 3 && strcmp(name, "peers") != 0 && strcmp(name, "windows") != 0; // which need what others do not
}

static void raise_files(void) {
    struct rlimit limit;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(struct bench *bench, struct fleet *fleet);
        bool needs_fleet;
    } measurements[] = {
        {"ingest", bench_ingest, true},
        {"bytes", bench_wire_bytes, true},
        {"queueing", bench_queueing, true},
        {"idle", bench_idle, true},
        {"flood", bench_flood, true},
        {"siege", bench_siege, true},
        {"storm", bench_storm, true},
        {"sdk", bench_sdk, true},
        {"fold", bench_fold, false},
        {"growth", bench_growth, false},
        {"rebuild", bench_rebuild, false},
        {"verify", bench_verify, false},
        {"pages", bench_pages, true},
        {"peers", bench_peers, true},
        {"windows", bench_windows, true},
    };
    if (argc == 4 && strcmp(argv[1], "bare") == 0) // a child of ours
        bare_serve(argv[2], atoi(argv[3]));
    if (argc < 3)
        bench_fail("usage: bench PROGRAMS DIRECTORY [ingest|bytes|queueing|idle|flood|siege|storm|sdk|fold|growth|rebuild|verify|pages|peers|windows ...]");
    struct bench bench = {.programs = argv[1], .directory = realpath(argv[2], NULL)};
    char path[512];
    double start_s = bench_now_s();
    if (!bench.directory)
        bench_fail("there is no folder %s", argv[2]);
    raise_files();
    (void)signal(SIGPIPE, SIG_IGN); // a server that is killed closes its ends
    const char *results = getenv("BENCH_RESULTS"); // where DIRECTORY does not stay
    (void)snprintf(path, sizeof path, "%s%s", results ? results : bench.directory, results ? "" : "/results.jsonl");
    bench.results = fopen(path, "w");
    if (!bench.results)
        bench_fail("%s cannot be written", path);
    printf("rond %s, %s, on %s\n", ROND_VERSION, bench_commit(), bench_machine());
    struct fleet *fleet = NULL; // made for the first that talks to a server
    for (size_t i = 0; i < ARRAY_COUNT(measurements); i++)
        if (is_wanted(argc, argv, measurements[i].name)) {
            if (!fleet && measurements[i].needs_fleet)
                fleet = fleet_create(&bench);
            measurements[i].run(&bench, fleet);
        }
    if (fleet)
        fleet_destroy(fleet);
    printf("\n%.0f s; figures in %s\n", bench_now_s() - start_s, path);
    (void)fclose(bench.results);
    free((void *)(uintptr_t)bench.directory);
    return 0;
}
