#include "bench/stock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "bench/bench.h"

enum { START_S = 1388530800, DAY_S = 86400, COMMITMENTS_OF_A_PROMISE = 10, BATCHES_MAX = 100 }; // 2014-01-01, Stockholm

static void ok(enum rond_err err, const char *what) {
    if (err)
        bench_fail("%s: %s", what, rond_err_name(err));
}

// --- Commitments ---

static char *text(struct stock *stock, const char *from) {
    char *made = arena_text(&stock->lund.arena, from);
    CHECK(made != NULL);
    return made;
}

static void *zeroed(struct stock *stock, size_t size) {
    void *made = arena_alloc(&stock->lund.arena, size);
    CHECK(made != NULL);
    return made;
}

static void add_place(struct stock *stock, Rond__V1__Filter *filter, size_t number) {
    static const char *const places[] = {"lund-c-stationen", "bangatan", "clemenstorget", "stortorget"};
    filter->places = zeroed(stock, sizeof(char *));
    filter->places[filter->n_places++] = text(stock, places[number % ARRAY_COUNT(places)]);
}

static void add_window(struct stock *stock, Rond__V1__Commitment *commitment, size_t number) {
    Rond__V1__Window *window = zeroed(stock, sizeof *window);
    rond__v1__window__init(window);
    window->place = text(stock, "lund-c-stationen");
    window->weekdays = 0x7f;
    window->from_minute = (uint32_t)(number * 60) % 1440;
    window->to_minute = (uint32_t)(number * 60 + 120) % 1440;
    window->minutes = 60;
    commitment->windows = zeroed(stock, sizeof *commitment->windows);
    commitment->windows[commitment->n_windows++] = window;
}

// The tenth of a promise follows the ninth.
static void shape(struct stock *stock, Rond__V1__Commitment *commitment, size_t number) {
    static const Rond__V1__Kind kinds[COMMITMENTS_OF_A_PROMISE] = {
        ROND__V1__KIND__KIND_CHECK,          ROND__V1__KIND__KIND_CHECK,      ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT,
        ROND__V1__KIND__KIND_VISIBLE_PATROL, ROND__V1__KIND__KIND_MEETING,    ROND__V1__KIND__KIND_MEETING,
        ROND__V1__KIND__KIND_INVENTORY,      ROND__V1__KIND__KIND_INITIATIVE, ROND__V1__KIND__KIND_SAFETY_WALK,
        ROND__V1__KIND__KIND_SAFETY_WALK,
    };
    size_t which = number % COMMITMENTS_OF_A_PROMISE;
    commitment->filter = zeroed(stock, sizeof *commitment->filter);
    rond__v1__filter__init(commitment->filter);
    commitment->filter->kind = kinds[which];
    commitment->measure = ROND__V1__MEASURE__MEASURE_AT_LEAST;
    commitment->target = 10 + number;
    if (which % 2 == 0)
        add_place(stock, commitment->filter, number / COMMITMENTS_OF_A_PROMISE);
    if (which == 1)
        commitment->filter->of = text(stock, number % 4 == 1 ? "cyclist_behaviour" : "taxi");
    if (which == 4 || which == 5) {
        commitment->measure = ROND__V1__MEASURE__MEASURE_RATE;
        commitment->per = which == 4 ? ROND__V1__PER__PER_MONTH : ROND__V1__PER__PER_WEEK;
    }
    if (which == 3) {
        commitment->measure = ROND__V1__MEASURE__MEASURE_PRESENCE;
        add_window(stock, commitment, number);
    }
    if (which == 9) {
        commitment->measure = ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED;
        commitment->follows = text(stock, "c8");
        commitment->target = 0;
    }
}

static void put_promise(struct stock *stock, const char *area, size_t number, size_t commitments) {
    Rond__V1__Promise promise = ROND__V1__PROMISE__INIT;
    Rond__V1__ReferenceEntry entry = ROND__V1__REFERENCE_ENTRY__INIT;
    promise.id = promise.title_sv = arena_printf(&stock->lund.arena, "stock-%zu", number);
    promise.area = text(stock, area);
    promise.from = text(stock, "2014-01-01");
    promise.to = text(stock, "2016-12-31");
    promise.commitments = zeroed(stock, COMMITMENTS_OF_A_PROMISE * sizeof(Rond__V1__Commitment *));
    for (size_t i = 0; i < commitments; i++) {
        Rond__V1__Commitment *made = zeroed(stock, sizeof *made);
        rond__v1__commitment__init(made);
        made->id = made->title_sv = made->title_en = arena_printf(&stock->lund.arena, "c%zu", i);
        shape(stock, made, number * COMMITMENTS_OF_A_PROMISE + i);
        promise.commitments[promise.n_commitments++] = made;
    }
    entry.id = promise.id;
    entry.body_case = ROND__V1__REFERENCE_ENTRY__BODY_PROMISE;
    entry.promise = &promise;
    ok(stock->lund.store->registry->reference_put(stock->lund.store, &entry, NULL), "promise");
}

static void put_promises(struct stock *stock, size_t commitments) {
    size_t there;
    lund_begin(&stock->lund);
    (void)catalogue_commitments(stock->lund.catalogue, "lund", &there);
    put_promise(stock, "malmo", 0, 1); // toward which few reports are
    for (size_t number = 1; there < commitments; number++) {
        size_t left = commitments - there;
        size_t count = left < COMMITMENTS_OF_A_PROMISE ? left : COMMITMENTS_OF_A_PROMISE;
        put_promise(stock, "lund", number, count);
        there += count;
    }
    lund_refresh(&stock->lund);
    lund_commit(&stock->lund);
}

// --- Reports ---

// In twenty: six patrols, five checks, three meetings, two handouts, two initiatives, one walk, one inventory.
static Rond__V1__Kind kind_of(size_t number) {
    static const char mix[] = "31325313714317213152";
    static const Rond__V1__Kind kinds[] = {
        ROND__V1__KIND__KIND_CHECK,       ROND__V1__KIND__KIND_CAMPAIGN_HANDOUT, ROND__V1__KIND__KIND_VISIBLE_PATROL,
        ROND__V1__KIND__KIND_SAFETY_WALK, ROND__V1__KIND__KIND_MEETING,          ROND__V1__KIND__KIND_INVENTORY,
        ROND__V1__KIND__KIND_INITIATIVE,
    };
    return number % 20 == 13 ? ROND__V1__KIND__KIND_INVENTORY : kinds[mix[number % 20] - '1'];
}

static void fill_pool(struct stock *stock) {
    for (size_t i = 0; i < STOCK_POOL; i++) {
        struct stock_sample *sample = &stock->pool[i];
        sample->kind = kind_of(i);
        Rond__V1__Report *report = sample_report(&stock->lund.arena, (Rond__V1__Kind)sample->kind, (unsigned)(i / 7));
        sample->decoded = report;
        sample->record = record_of_report(&stock->lund.arena, report);
        sample->lasts_s = report->occurred_to_s - report->occurred_from_s;
    }
}

static struct ledger_report *reports_make(struct stock *stock, struct arena *arena, size_t count, int64_t first_s,
                                          double apart_s) {
    struct ledger_report *reports = arena_array(arena, count, sizeof *reports);
    uint64_t elsewhere = 1 + 2 * (stock->planned / (2 * STOCK_ELSEWHERE)); // odd, so that it meets every kind
    CHECK(reports != NULL);
    for (size_t i = 0; i < count; i++) {
        const struct stock_sample *sample = &stock->pool[(stock->reports + i) % STOCK_POOL];
        int64_t from_s = first_s + (int64_t)((double)i * apart_s);
        reports[i] = (struct ledger_report){.record = sample->record,
                                            .kind = sample->kind,
                                            .area = (stock->reports + i) % elsewhere == 0 ? "malmo" : "lund",
                                            .claimed_ms = (from_s + sample->lasts_s) * 1000,
                                            .from_s = from_s,
                                            .to_s = from_s + sample->lasts_s,
                                            .decoded = sample->decoded};
        put_be64(reports[i].leaf.b, stock->reports + i);
        put_be64(reports[i].salt.b, stock->reports + i);
    }
    return reports;
}

static void batch_make(struct stock *stock, struct arena *arena, size_t count, int64_t first_s, double apart_s,
                       struct ledger_batch *batch) {
    uint64_t first_seq = stock->chain.seq + 1;
    stock->chain.seq += count;
    *batch = (struct ledger_batch){.device = lund_device(0),
                                   .outbox = lund_outbox(0, 0),
                                   .organisation = lund_organisation(0),
                                   .first_seq = first_seq,
                                   .reports = reports_make(stock, arena, count, first_s, apart_s),
                                   .count = count,
                                   .chain_after = stock->chain,
                                   .received_ms = (first_s + (int64_t)((double)count * apart_s)) * 1000};
    stock->reports += count;
}

const struct appended_reports *stock_append(struct stock *stock, size_t reports, int64_t first_s, double apart_s) {
    static struct ledger_batch batches[BATCHES_MAX];
    static struct appended_reports appended[BATCHES_MAX];
    static struct arena arena;
    size_t count = reports / STOCK_BATCH_REPORTS;
    CHECK(count > 0 && count <= BATCHES_MAX && reports % STOCK_BATCH_REPORTS == 0);
    if (arena.size_max == 0)
        arena_init(&arena, 64 * 1024 * 1024);
    arena_reset(&arena);
    for (size_t i = 0; i < count; i++) {
        struct append_result result;
        int64_t from_s = first_s + (int64_t)((double)(i * STOCK_BATCH_REPORTS) * apart_s);
        batch_make(stock, &arena, STOCK_BATCH_REPORTS, from_s, apart_s, &batches[i]);
        ok(stock->lund.store->ledger->append(stock->lund.store, &batches[i], &result), "append");
        if (result.appended != STOCK_BATCH_REPORTS)
            bench_fail("%zu of %d reports were appended", result.appended, STOCK_BATCH_REPORTS);
        appended[i] = (struct appended_reports){&batches[i], 0, STOCK_BATCH_REPORTS, result.first_row, NULL};
        if (i > 0)
            appended[i - 1].next = &appended[i];
    }
    return appended;
}

void stock_add(struct stock *stock, uint64_t reports, size_t group, bool counted) {
    struct store *store = stock->lund.store;
    for (uint64_t until = stock->reports + reports; stock->reports < until;) {
        size_t count = until - stock->reports < group ? (size_t)(until - stock->reports) : group;
        double apart = (double)STOCK_PERIOD_DAYS * DAY_S / (double)stock->planned;
        int64_t first_s = stock->start_s + (int64_t)((double)stock->reports * apart);
        lund_begin(&stock->lund);
        const struct appended_reports *appended = stock_append(stock, count, first_s, apart);
        if (counted)
            ok(promise_apply(store, stock->lund.catalogue, appended), "fold");
        lund_commit(&stock->lund);
        ok(store->ledger->checkpoint(store, false), "checkpoint");
    }
}

int64_t stock_end_s(void) {
    return START_S + (int64_t)STOCK_PERIOD_DAYS * DAY_S;
}

// --- The store ---

void stock_open(struct stock *stock, uint64_t planned, size_t commitments) {
    memset(stock, 0, sizeof *stock);
    lund_open(&stock->lund);
    stock->planned = planned;
    stock->start_s = START_S;
    stock->chain.ratchet.b[0] = 1;
    put_promises(stock, commitments);
    fill_pool(stock);
}

void stock_close(struct stock *stock) {
    lund_close(&stock->lund);
}

double stock_file_bytes(const struct stock *stock) {
    char path[96];
    struct stat file;
    (void)snprintf(path, sizeof path, "%s/rond.db", stock->lund.directory);
    return stat(path, &file) == 0 ? (double)file.st_size : 0;
}
