#include "bench/figure.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/bench.h"

enum { RUNS_MAX = 64 };

// ---- Where and of what ----

static void cpu_model(char *ret_text, size_t size) {
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    (void)snprintf(ret_text, size, "unknown");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0 && strchr(line, ':')) {
            line[strcspn(line, "\n")] = '\0';
            (void)snprintf(ret_text, size, "%s", strchr(line, ':') + 2);
            break;
        }
    if (file)
        (void)fclose(file);
}

const char *bench_machine(void) {
    static char machine[400];
    struct utsname system_name;
    char model[200];
    cpu_model(model, sizeof model);
    (void)uname(&system_name);
    (void)snprintf(machine, sizeof machine, "%s, %ld cores, %s %s", model, sysconf(_SC_NPROCESSORS_ONLN), system_name.sysname,
                   system_name.release);
    return machine;
}

const char *bench_commit(void) {
    const char *commit = getenv("BENCH_COMMIT"); // the Makefile's
    return commit && commit[0] ? commit : "unknown";
}

// ---- Printing ----

void bench_heading(const char *text) {
    printf("\n%s\n", text);
    (void)fflush(stdout);
}

void bench_note(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)fputs("  ", stdout);
    (void)vprintf(format, arguments);
    (void)fputc('\n', stdout);
    va_end(arguments);
    (void)fflush(stdout);
}

static int decimals(double value) {
    return value < 100 ? 2 : 0;
}

// ---- A figure ----

struct range {
    double median, low, high;
};

static struct range range_of(const double *values, size_t count) {
    double sorted[RUNS_MAX];
    memcpy(sorted, values, count * sizeof *values);
    struct range range = {.median = bench_median(sorted, count)};
    range.low = sorted[0], range.high = sorted[count - 1];
    return range;
}

static void print_line(const char *metric, struct range value, size_t count, const char *unit, const struct against *against,
                       struct range ratio) {
    printf("  %-74s %12.*f %s", metric, decimals(value.median), value.median, unit);
    if (count > 1)
        printf(" (%.*f to %.*f)", decimals(value.low), value.low, decimals(value.high), value.high);
    if (against)
        printf(", %.2f of the %s", ratio.median, against->kind);
    (void)fputc('\n', stdout);
    (void)fflush(stdout);
}

static void write_line(struct bench *bench, json_t *line) {
    if (!line || json_dumpf(line, bench->results, JSON_COMPACT | JSON_REAL_PRECISION(6)) != 0 || fputc('\n', bench->results) == EOF)
        bench_fail("results cannot be written");
    json_decref(line);
    (void)fflush(bench->results);
}

void bench_figures(struct bench *bench, const char *scenario, const char *metric, const double *values, size_t count,
                   const char *unit, const struct against *against) {
    double ratios[RUNS_MAX] = {0};
    if (count < 1 || count > RUNS_MAX)
        bench_fail("%s, %s: %zu runs", scenario, metric, count);
    for (size_t i = 0; against && i < count; i++)
        ratios[i] = values[i] / against->values[i];
    struct range value = range_of(values, count), ratio = range_of(ratios, count);
    print_line(metric, value, count, unit, against, ratio);
    json_t *line = json_pack("{s:s,s:s,s:s,s:f,s:o}", "scenario", scenario, "metric", metric, "unit", unit, "value", value.median,
                             "spread", count > 1 ? json_pack("[f,f]", value.low, value.high) : json_null());
    if (against) {
        struct range beside = range_of(against->values, count);
        printf("    %-72s %12.*f %s\n", against->name, decimals(beside.median), beside.median, unit);
        json_t *other = json_pack("{s:s,s:f}", "name", against->name, "value", beside.median);
        if (json_object_set_new(line, against->kind, other) != 0 || json_object_set_new(line, "ratio", json_real(ratio.median)) != 0)
            bench_fail("no memory");
    }
    if (json_object_set_new(line, "commit", json_string(bench_commit())) != 0 ||
        json_object_set_new(line, "machine", json_string(bench_machine())) != 0)
        bench_fail("no memory");
    write_line(bench, line);
}

void bench_figure(struct bench *bench, const char *scenario, const char *metric, double value, const char *unit) {
    bench_figures(bench, scenario, metric, &value, 1, unit, NULL);
}
