// What a report costs while a store grows by tens: taking one more in, how the promises stand, a page of the evidence, and
// the disk, beside what the same reports take on the way. The ten commitments of Lund for 2015; the reports are of two
// years, so half of them come before that. BENCH_GROWTH: the largest store, a million without it.
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/check.h"
#include "bench/bench.h"
#include "bench/fold.h"
#include "wire/codec.h"
#include "wire/dictionary.h"
#include "wire/limits.h"
#include "wire/sign.h"

enum {
    MORE = 20000,
    GROUP = 1000,
    APART_S = 60,
    PAGE = 256,
    DAY_S = 86400,
    COMMITMENTS = 10,              // those of Lund
    FILLED_AT_ONCE_MAX = 10000000, // counting more at the end, in one transaction, is a log as long as the store
    FILL_GROUP = 8000,
    SMALLEST = 10000,
    LARGEST = 1000000,
    BYTES_A_REPORT = 460, // about
};

struct growth {
    double ingest_us, progress_ms, page_ms, disk_bytes, wire_bytes;
};

// Of a report in a batch, as the device sends it: packed, with head and signature and what is around them.
static double bytes_on_the_wire(const struct stock *stock) {
    struct record records[STOCK_BATCH_REPORTS];
    uint8_t head[HASH_SIZE] = {0}, signature[SIGNATURE_SIZE] = {0};
    double bytes = 0, reports = 0;
    for (size_t from = 0; from + STOCK_BATCH_REPORTS <= STOCK_POOL; from += STOCK_BATCH_REPORTS) {
        Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
        Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
        struct buffer scratch, encoded;
        buffer_init(&scratch, 2 * BATCH_RECORDS_BYTES_MAX);
        buffer_init(&encoded, FRAME_BYTES_MAX);
        for (size_t i = 0; i < STOCK_BATCH_REPORTS; i++)
            records[i] = stock->pool[from + i].record;
        CHECK(codec_records_encode(records, STOCK_BATCH_REPORTS, DICTIONARY_NEWEST, &scratch, &batch) == ROND_OK);
        batch.first_seq = from + 1;
        batch.head = (ProtobufCBinaryData){.data = head, .len = sizeof head};
        batch.signature = (ProtobufCBinaryData){.data = signature, .len = sizeof signature};
        frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
        frame.batch = &batch;
        CHECK(codec_frame_encode(&frame, &encoded) == ROND_OK);
        bytes += (double)encoded.size;
        reports += STOCK_BATCH_REPORTS;
        buffer_deinit(&scratch);
        buffer_deinit(&encoded);
    }
    return bytes / reports;
}

// The file and its log, as they lie there after a checkpoint.
static double bytes_on_disk(const struct stock *stock) {
    char path[96];
    struct stat log;
    (void)snprintf(path, sizeof path, "%s/rond.db-wal", stock->lund.directory);
    return stock_file_bytes(stock) + (stat(path, &log) == 0 ? (double)log.st_size : 0);
}

// Processor time of appending, folding, committing and the checkpoint. They happen from the middle of 2015 on, a minute
// apart.
static double ingest_more(struct stock *stock) {
    stock->planned = (uint64_t)STOCK_PERIOD_DAYS * DAY_S / APART_S;
    stock->start_s = stock_end_s() - 180 * (int64_t)DAY_S - (int64_t)stock->reports * APART_S;
    double cpu_s = bench_cpu_s();
    stock_add(stock, MORE, GROUP, true);
    return (bench_cpu_s() - cpu_s) * 1e6 / MORE;
}

static void ask_page(const struct stock *stock) {
    if (fold_why(stock, "lund-2015-trafik/cykel", PAGE) == 0)
        bench_fail("nothing is behind the commitment that is asked about");
}

static void fill(struct stock *stock, uint64_t size) {
    if (size > FILLED_AT_ONCE_MAX)
        stock_add(stock, size, FILL_GROUP, true);
    else
        fold_fill(stock, size);
}

static void measure(struct stock *stock, struct growth *ret_growth) {
    ret_growth->progress_ms = fold_ask_ms(stock, fold_ask_progress);
    ret_growth->page_ms = fold_ask_ms(stock, ask_page);
    ret_growth->disk_bytes = bytes_on_disk(stock) / (double)stock->reports;
    ret_growth->wire_bytes = bytes_on_the_wire(stock);
    ret_growth->ingest_us = ingest_more(stock);
}

static void show(struct bench *bench, uint64_t size, const struct growth *now, const struct growth *smallest) {
    const struct against first = {"peer", "at the smallest size", &smallest->ingest_us};
    const struct against wire = {"peer", "the same reports as they are sent, batches of 100", &now->wire_bytes};
    char name[100];
    (void)snprintf(name, sizeof name, "server CPU of taking one in, %llu stored", (unsigned long long)size);
    bench_figures(bench, "growth", name, &now->ingest_us, 1, "us", &first);
    (void)snprintf(name, sizeof name, "progress of the area, %llu stored", (unsigned long long)size);
    bench_figures(bench, "growth", name, &now->progress_ms, 1, "ms",
                  &(struct against){"peer", "at the smallest size", &smallest->progress_ms});
    (void)snprintf(name, sizeof name, "a page of evidence, %llu stored", (unsigned long long)size);
    bench_figures(bench, "growth", name, &now->page_ms, 1, "ms",
                  &(struct against){"peer", "at the smallest size", &smallest->page_ms});
    (void)snprintf(name, sizeof name, "disk a report, %llu stored", (unsigned long long)size);
    bench_figures(bench, "growth", name, &now->disk_bytes, 1, "B", &wire);
}

static bool has_room(const struct stock *stock, uint64_t size) {
    struct statvfs disk;
    double needed = (double)size * BYTES_A_REPORT;
    if (statvfs(stock->lund.directory, &disk) != 0 || (double)disk.f_bavail * (double)disk.f_frsize > needed)
        return true;
    bench_note("the disk has no room for %.1f GB: left out", needed / 1e9);
    return false;
}

void bench_growth(struct bench *bench, struct fleet *fleet) {
    static struct stock stock;
    struct growth smallest = {0};
    bool has_all = true;
    UNUSED(fleet);
    for (uint64_t size = SMALLEST; has_all && size <= bench_setting("BENCH_GROWTH", LARGEST); size *= 10) {
        struct growth growth = {0};
        char heading[100];
        (void)snprintf(heading, sizeof heading, "Growth: %llu stored reports, the ten commitments of Lund",
                       (unsigned long long)size);
        bench_heading(heading);
        double start_s = bench_now_s();
        stock_open(&stock, size, COMMITMENTS);
        has_all = has_room(&stock, size);
        if (has_all) {
            fill(&stock, size);
            bench_note("filled in %.0f s", bench_now_s() - start_s);
            measure(&stock, &growth);
            smallest = size == SMALLEST ? growth : smallest;
            show(bench, size, &growth, &smallest);
        }
        stock_close(&stock);
    }
}
