// What the measurements share: results, time, and the one folder they work in. A measurement that goes wrong ends the
// program with a sentence; there is nothing to measure then.
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/figure.h"

enum { BENCH_RUNS_MAX = 9 };

struct bench {
    const char *programs;  // folder of rondd and rondctl
    const char *directory; // everything that is written
    FILE *results;         // JSON lines
};

_Noreturn void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Runs a shell command; its output goes to the log.
void bench_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

// A number of the environment: fewer reports, commitments, devices or runs, for a profiler say, which makes everything fifty times
// slower (BENCH_REPORTS, BENCH_COMMITMENTS, BENCH_DEVICES, BENCH_RUNS).
size_t bench_setting(const char *name, size_t otherwise);
size_t bench_runs(void); // BENCH_RUNS, 3 without it, at most BENCH_RUNS_MAX

double bench_now_s(void);
double bench_cpu_s(void); // of this process, all threads
int bench_compare(const void *left, const void *right); // doubles, for qsort
double bench_median(double *values, size_t count);      // sorts
double bench_percentile(double *values, size_t count, double percent); // sorts

const char *bench_machine(void); // "AMD EPYC, 2 cores, Linux 6.18"
const char *bench_commit(void);

struct fleet;
void bench_ingest(struct bench *bench, struct fleet *fleet);
void bench_wire_bytes(struct bench *bench, struct fleet *fleet);
void bench_queueing(struct bench *bench, struct fleet *fleet);
void bench_idle(struct bench *bench, struct fleet *fleet);
void bench_flood(struct bench *bench, struct fleet *fleet);
void bench_storm(struct bench *bench, struct fleet *fleet);
void bench_sdk(struct bench *bench, struct fleet *fleet);
void bench_siege(struct bench *bench, struct fleet *fleet);
void bench_fold(struct bench *bench, struct fleet *fleet);
void bench_growth(struct bench *bench, struct fleet *fleet);
void bench_rebuild(struct bench *bench, struct fleet *fleet);
void bench_pages(struct bench *bench, struct fleet *fleet);
void bench_verify(struct bench *bench, struct fleet *fleet);
void bench_peers(struct bench *bench, struct fleet *fleet); // only where it is named
void bench_windows(struct bench *bench, struct fleet *fleet); // needs root; only where it is named

// Writes what `from` (a data directory whose server has stopped) holds into `to` (a fresh one): the same rows in as many
// transactions, no more. Answers the seconds; *ret_reports: rows of reports.
double floor_run(const char *from, const char *to, size_t groups, size_t *ret_reports);

#endif
