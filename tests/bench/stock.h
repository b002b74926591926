// A store filled through its own contract, without devices, network or signatures: reports of two years in one area, in
// the order in which they happened, a mix of kinds as a town has it. For measurements of counting alone.
#ifndef BENCH_STOCK_H
#define BENCH_STOCK_H

#include "promise/apply.h"
#include "support/lund.h"

enum {
    STOCK_BATCH_REPORTS = 100,
    STOCK_PERIOD_DAYS = 730, // 2014 and 2015
    STOCK_POOL = 640,        // different reports
    STOCK_ELSEWHERE = 200,   // about so many of all are of another area, which has one commitment ("stock-0/c0")
};

struct stock_sample {
    struct record record;
    const Rond__V1__Report *decoded;
    uint32_t kind;
    int64_t lasts_s;
};

struct stock {
    struct lund lund; // the store, its catalogue
    struct stock_sample pool[STOCK_POOL];
    uint64_t planned;   // reports that the two years are to hold: they are as far apart as that makes them
    int64_t start_s;    // of the first one; may be moved before any is added
    uint64_t reports;   // that are there
    struct chain chain; // of the one outbox that they all come from
};

// An empty one with this many commitments in the area: the ten of Lund, and others of every shape beside them. Lund's ten
// are promised for 2015, so that half of the reports come too early for them.
void stock_open(struct stock *stock, uint64_t planned, size_t commitments);
void stock_close(struct stock *stock); // removes its files
// Appends reports and, with `counted`, folds them, in transactions of `group`.
void stock_add(struct stock *stock, uint64_t reports, size_t group, bool counted);

// The next batches as they lie in memory before and after they were appended, in an open transaction: what promise_apply
// is given. first: the time of the first report. Lives until the next call.
const struct appended_reports *stock_append(struct stock *stock, size_t reports, int64_t first_s, double apart_s);
int64_t stock_end_s(void); // end of the two years
double stock_file_bytes(const struct stock *stock);

#endif
