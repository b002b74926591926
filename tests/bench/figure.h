// What a measurement found: printed, and written as one line of JSON each.
//
//   {"scenario": "ingest", "metric": "durable reports", "unit": "/s", "value": 91900, "spread": [81200, 99700] | null,
//    "floor" or "peer": {"name", "value"}, "ratio": 0.65, "commit": "33bafd0c2f1e", "machine": "AMD EPYC, 2 cores, Linux 6.18"}
//
// value: the median of the runs; spread: the least and the most of them, null where there was one. floor, peer and ratio only
// where something was measured beside it, in the same runs; ratio: the median of the runs' own.
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stddef.h>

struct bench;

// What the values are held against, run by run.
struct against {
    const char *kind; // "floor", "peer"
    const char *name;
    const double *values;
};

void bench_heading(const char *text);
void bench_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void bench_figure(struct bench *bench, const char *scenario, const char *metric, double value, const char *unit);
// Of several runs. against may be NULL.
void bench_figures(struct bench *bench, const char *scenario, const char *metric, const double *values, size_t count,
                   const char *unit, const struct against *against);

#endif
