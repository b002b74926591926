// How long rondctl verify takes: every leaf, chain, signature and total of a store, its bodies opened one by one.
#include <stdlib.h>

#include "base/check.h"
#include "bench/bench.h"
#include "bench/stock.h"
#include "read/verify.h"

enum { REPORTS = 1000000, BATCHES_A_GROUP = 20, ARENA_BYTES = 64 * 1024 * 1024 };

static void ok(enum rond_err err, const char *what) {
    if (err)
        bench_fail("%s: %s", what, rond_err_name(err));
}

// A hundred reports as a device signs them: stock.h leaves chains and signatures out.
static void batch_append(struct stock *stock, struct chain *chain, struct arena *arena) {
    struct ledger_report *reports = arena_array(arena, STOCK_BATCH_REPORTS, sizeof *reports);
    struct ledger_batch *batch = arena_alloc(arena, sizeof *batch);
    struct append_result result;
    struct statement statement;
    CHECK(reports != NULL && batch != NULL);
    *batch = (struct ledger_batch){.device = lund_device(0),
                                   .outbox = lund_outbox(0, 0),
                                   .organisation = lund_organisation(0),
                                   .first_seq = chain->seq + 1,
                                   .reports = reports,
                                   .count = STOCK_BATCH_REPORTS,
                                   .received_ms = stock->lund.now_ms};
    for (size_t i = 0; i < STOCK_BATCH_REPORTS; i++) {
        const struct stock_sample *sample = &stock->pool[(chain->seq + i) % STOCK_POOL];
        int64_t from_s = stock->start_s + (int64_t)(chain->seq + i) * 20;
        reports[i] = (struct ledger_report){.record = sample->record,
                                            .kind = sample->kind,
                                            .area = "lund",
                                            .claimed_ms = (from_s + sample->lasts_s) * 1000,
                                            .from_s = from_s,
                                            .to_s = from_s + sample->lasts_s,
                                            .decoded = sample->decoded};
    }
    for (size_t i = 0; i < STOCK_BATCH_REPORTS; i++)
        chain_append(chain, &reports[i].record, &reports[i].salt, &reports[i].leaf);
    batch->chain_after = *chain;
    statement_batch(&statement, &batch->device, &batch->outbox, batch->first_seq, chain->seq, &chain->head);
    ok(signature_make(lund_key(0), &statement, &batch->signature), "signature");
    ok(stock->lund.store->ledger->append(stock->lund.store, batch, &result), "append");
    const struct appended_reports appended = {batch, 0, STOCK_BATCH_REPORTS, result.first_row, NULL};
    ok(promise_apply(stock->lund.store, stock->lund.catalogue, &appended), "fold");
}

static void fill(struct stock *stock, size_t reports) {
    static struct arena arena;
    const struct hash256 seed = {{7}};
    struct chain chain;
    arena_init(&arena, ARENA_BYTES);
    chain_init(&chain, &seed);
    while (chain.seq < reports) {
        arena_reset(&arena);
        lund_begin(&stock->lund);
        for (size_t i = 0; i < BATCHES_A_GROUP && chain.seq < reports; i++)
            batch_append(stock, &chain, &arena);
        lund_commit(&stock->lund);
        ok(stock->lund.store->ledger->checkpoint(stock->lund.store, false), "checkpoint");
    }
    arena_deinit(&arena);
}

static enum rond_err print_finding(void *context, json_t *row) {
    UNUSED(context);
    bench_fail("verify found something: %s", json_string_value(json_object_get(row, "what")));
}

void bench_verify(struct bench *bench, struct fleet *fleet) {
    static struct stock stock;
    const struct read_rows rows = {.row = print_finding};
    size_t reports = bench_setting("BENCH_REPORTS", REPORTS);
    json_t *summary = NULL;
    UNUSED(fleet);
    bench_heading("Verify: a store of signed reports");
    stock_open(&stock, reports, 10);
    double start_s = bench_now_s();
    fill(&stock, reports);
    bench_note("%zu reports, written in %.1f s", reports, bench_now_s() - start_s);
    start_s = bench_now_s();
    double cpu_s = bench_cpu_s();
    ok(read_verify(stock.lund.store, stock.lund.catalogue, &rows, &summary), "verify");
    bench_figure(bench, "verify", "reports, of one core", (double)reports / (bench_cpu_s() - cpu_s), "/s");
    bench_figure(bench, "verify", "a million reports, of one core", 1e6 * (bench_cpu_s() - cpu_s) / (double)reports, "s");
    bench_figure(bench, "verify", "all of it, by the clock", bench_now_s() - start_s, "s");
    json_decref(summary);
    stock_close(&stock);
}
