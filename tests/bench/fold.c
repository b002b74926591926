// What counting costs while a store grows: 100 active commitments in one area, reports of two years.
//
// The reports folded on top are of days after all that is stored, as they are when they come in: what they cost must not
// hang on what is stored before. "Late" ones fall among the stored days; where a day holds thousands of patrols they join
// what lies there, as with ten million reports of one area in two years.
#include <stdlib.h>

#include "base/check.h"
#include "bench/bench.h"
#include "bench/fold.h"
#include "read/presence.h"
#include "read/progress.h"

enum { COMMITMENTS = 100, GROUP = 1000, GROUPS = 20, FILL_GROUP = 10000, APART_S = 60, ASKED = 9, PAGE = 256 };

struct figures {
    double fold_us, fold_cpu_us, late_us;
    double progress_ms, progress_of_ms, presence_ms, why_page_ms, why_small_ms;
    double file_bytes;
};

static void ok(enum rond_err err, const char *what) {
    if (err)
        bench_fail("%s: %s", what, rond_err_name(err));
}

// --- Folding more ---

// In groups, medians: of wall and processor time a report, the appending and the commit left out.
static void fold_more(struct stock *stock, int64_t first_s, double *ret_us, double *ret_cpu_us) {
    double took[GROUPS], cpu[GROUPS];
    for (size_t i = 0; i < GROUPS; i++) {
        lund_begin(&stock->lund);
        const struct appended_reports *appended =
            stock_append(stock, GROUP, first_s + (int64_t)i * GROUP * APART_S, APART_S);
        double start_s = bench_now_s(), cpu_s = bench_cpu_s();
        ok(promise_apply(stock->lund.store, stock->lund.catalogue, appended), "fold");
        took[i] = (bench_now_s() - start_s) * 1e6 / GROUP;
        cpu[i] = (bench_cpu_s() - cpu_s) * 1e6 / GROUP;
        lund_commit(&stock->lund);
        ok(stock->lund.store->ledger->checkpoint(stock->lund.store, false), "checkpoint");
    }
    *ret_us = bench_median(took, GROUPS);
    *ret_cpu_us = bench_median(cpu, GROUPS);
}

// --- Questions ---

struct rows {
    size_t count, until;
};

static enum rond_err take_row(void *context, json_t *row) {
    struct rows *rows = context;
    UNUSED(row);
    return ++rows->count == rows->until ? ROND_EFULL : ROND_OK; // enough
}

size_t fold_why(const struct stock *stock, const char *path, size_t until) {
    struct rows rows = {.until = until};
    struct read_rows out = {.row = take_row, .context = &rows};
    enum rond_err err = read_why(stock->lund.store, stock->lund.catalogue, path, &out);
    ok(err == ROND_EFULL ? ROND_OK : err, path);
    return rows.count;
}

void fold_ask_progress(const struct stock *stock) {
    json_t *answer = NULL;
    ok(read_progress(stock->lund.store, stock->lund.catalogue, "lund", stock_end_s(), &answer), "progress");
    json_decref(answer);
}

static void ask_progress_of(const struct stock *stock) {
    json_t *answer = NULL;
    ok(read_progress_of(stock->lund.store, stock->lund.catalogue, "stock-1/c5", stock_end_s(), &answer), "progress");
    json_decref(answer);
}

static void ask_presence(const struct stock *stock) {
    const struct presence_wanted wanted = {.area = "lund", .now_s = stock_end_s()};
    struct fault fault = {0};
    json_t *answer = NULL;
    ok(read_presence(stock->lund.store, stock->lund.catalogue, &wanted, &answer, &fault), "presence");
    json_decref(answer);
}

static void ask_why_page(const struct stock *stock) {
    (void)fold_why(stock, "stock-1/c1", PAGE);
}

// Few reports are of its area, however many there are.
static void ask_why_small(const struct stock *stock) {
    (void)fold_why(stock, "stock-0/c0", 0);
}

double fold_ask_ms(const struct stock *stock, void (*question)(const struct stock *stock)) {
    double took_ms[ASKED];
    for (size_t i = 0; i < ASKED; i++) {
        double start_s = bench_now_s();
        question(stock);
        took_ms[i] = (bench_now_s() - start_s) * 1e3;
    }
    return bench_median(took_ms, ASKED);
}

// --- One size ---

static void measure(struct stock *stock, struct figures *ret_figures) {
    struct figures figures = {0};
    double ignored;
    figures.progress_ms = fold_ask_ms(stock, fold_ask_progress);
    figures.progress_of_ms = fold_ask_ms(stock, ask_progress_of);
    figures.presence_ms = fold_ask_ms(stock, ask_presence);
    figures.why_page_ms = fold_ask_ms(stock, ask_why_page);
    figures.why_small_ms = fold_ask_ms(stock, ask_why_small);
    figures.file_bytes = stock_file_bytes(stock);
    fold_more(stock, stock_end_s(), &figures.fold_us, &figures.fold_cpu_us);
    fold_more(stock, stock_end_s() - 86400 * 180, &figures.late_us, &ignored);
    *ret_figures = figures;
}

static void figure(struct bench *bench, const char *name, double value, double smallest, const char *unit) {
    bench_figure(bench, "fold", name, value, unit);
    bench_note("%52s %12.2f", "times that of the smallest", smallest > 0 ? value / smallest : 0);
}

static void show(struct bench *bench, const struct figures *now, const struct figures *smallest) {
    figure(bench, "folding one more report, groups of 1,000", now->fold_us, smallest->fold_us, "us");
    figure(bench, "- of it processor time", now->fold_cpu_us, smallest->fold_cpu_us, "us");
    figure(bench, "folding a late one, among the stored days", now->late_us, smallest->late_us, "us");
    figure(bench, "progress of the area", now->progress_ms, smallest->progress_ms, "ms");
    figure(bench, "progress of one commitment", now->progress_of_ms, smallest->progress_of_ms, "ms");
    figure(bench, "presence of the area by hours of the week", now->presence_ms, smallest->presence_ms, "ms");
    figure(bench, "first page of a why-list", now->why_page_ms, smallest->why_page_ms, "ms");
    figure(bench, "whole why-list of a commitment with few reports", now->why_small_ms, smallest->why_small_ms, "ms");
    bench_figure(bench, "fold", "file of the store", now->file_bytes / 1e6, "MB");
}

void fold_fill(struct stock *stock, uint64_t reports) {
    stock_add(stock, reports, reports < FILL_GROUP ? GROUP : FILL_GROUP, false);
    lund_begin(&stock->lund);
    ok(promise_rebuild(stock->lund.store, stock->lund.catalogue, NULL, NULL), "rebuild");
    lund_commit(&stock->lund);
    ok(stock->lund.store->ledger->checkpoint(stock->lund.store, false), "checkpoint");
}

void bench_fold(struct bench *bench, struct fleet *fleet) {
    const uint64_t sizes[] = {1000, 100000, getenv("BENCH_LARGE") ? 10000000 : 1000000};
    static struct stock stock;
    struct figures smallest = {0};
    UNUSED(fleet);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        char heading[120];
        struct figures figures;
        (void)snprintf(heading, sizeof heading, "Counting: %llu stored reports, %d commitments in one area, two years",
                       (unsigned long long)sizes[i], COMMITMENTS);
        bench_heading(heading);
        double start_s = bench_now_s();
        stock_open(&stock, sizes[i], COMMITMENTS);
        fold_fill(&stock, sizes[i]);
        bench_note("filled in %.0f s", bench_now_s() - start_s);
        measure(&stock, &figures);
        smallest = i == 0 ? figures : smallest;
        show(bench, &figures, &smallest);
        stock_close(&stock);
    }
    if (!getenv("BENCH_LARGE"))
        bench_note("ten million reports take minutes and gigabytes: BENCH_LARGE=1 measures them, too");
}
