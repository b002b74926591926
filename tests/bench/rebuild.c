// Counting everything anew: reports a second of one core, and where they are counted toward a hundred commitments.
#include <stdlib.h>

#include "base/check.h"
#include "bench/bench.h"
#include "bench/stock.h"

enum { REPORTS = 500000, FILL_GROUP = 10000 };

static void ok(enum rond_err err, const char *what) {
    if (err)
        bench_fail("%s: %s", what, rond_err_name(err));
}

static double contributions_of_a_report(const struct stock *stock) {
    size_t count = 0;
    struct arena arena;
    arena_init(&arena, 16 * 1024 * 1024);
    for (uint64_t row = 1; row <= 100; row++) {
        struct stored_contribution *list;
        size_t of_row;
        ok(stock->lund.store->views->contributions_of_row(stock->lund.store, row + stock->reports / 2, &arena, &list,
                                                          &of_row),
           "contributions");
        count += of_row;
    }
    arena_deinit(&arena);
    return (double)count / 100;
}

static void run(struct bench *bench, size_t commitments, size_t reports) {
    static struct stock stock;
    double cpu[BENCH_RUNS_MAX], wall[BENCH_RUNS_MAX], digests[BENCH_RUNS_MAX];
    char heading[100];
    size_t runs = bench_runs();
    (void)snprintf(heading, sizeof heading, "Rebuild: %zu reports, %zu commitments in their area", reports, commitments);
    bench_heading(heading);
    stock_open(&stock, 2 * reports, commitments);
    stock.start_s += (int64_t)STOCK_PERIOD_DAYS / 2 * 86400; // 2015, when all of them are promised
    stock_add(&stock, reports, FILL_GROUP, false);
    for (size_t i = 0; i < runs; i++) {
        struct hash256 digest;
        lund_begin(&stock.lund);
        double start_s = bench_now_s(), cpu_s = bench_cpu_s();
        ok(promise_rebuild(stock.lund.store, stock.lund.catalogue, NULL, NULL), "rebuild");
        cpu[i] = (double)reports / (bench_cpu_s() - cpu_s);
        wall[i] = (double)reports / (bench_now_s() - start_s);
        lund_commit(&stock.lund);
        cpu_s = bench_cpu_s();
        ok(promise_digest(stock.lund.store, &digest), "digest");
        digests[i] = (double)reports / (bench_cpu_s() - cpu_s);
        bench_note("run %zu: %.0f /s of a core, %.0f /s by the clock", i + 1, cpu[i], wall[i]);
    }
    bench_figures(bench, "rebuild", "reports, of one core", cpu, runs, "/s", NULL);
    bench_figures(bench, "rebuild", "reports, by the clock", wall, runs, "/s", NULL);
    bench_figures(bench, "rebuild", "digest: reports, of one core", digests, runs, "/s", NULL);
    bench_figure(bench, "rebuild", "contributions of a report", contributions_of_a_report(&stock), "");
    stock_close(&stock);
}

void bench_rebuild(struct bench *bench, struct fleet *fleet) {
    size_t reports = bench_setting("BENCH_REPORTS", REPORTS);
    UNUSED(fleet);
    run(bench, bench_setting("BENCH_COMMITMENTS", 10), reports);
    if (!getenv("BENCH_COMMITMENTS"))
        run(bench, 100, reports / 5);
}
