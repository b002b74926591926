// What the pages ask, over many stored reports: how long the data of each takes at the server; and whether people who look
// delay the acknowledgement of a report.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "admin/command.h"
#include "base/check.h"
#include "bench/company.h"
#include "bench/connection.h"
#include "bench/stock.h"
#include "net/readers.h"

enum {
    COMMITMENTS = 100,
    FILL_GROUP = 10000,
    ASKED = 9,
    VISITORS = 20,
    ROUNDS = 5,
    MESSAGES = 300,
    WARM_UP = 50,
    STORED = 50000,
    SILENT_ONE_OF = 100,
};

static const char *const QUESTIONS[][2] = {
    {"ledger", "{\"command\":\"progress\",\"area\":\"lund\"}"},
    {"a commitment", "{\"command\":\"progress.commitment\",\"commitment\":\"stock-1/c5\"}"},
    {"its course", "{\"command\":\"progress.course\",\"commitment\":\"stock-1/c5\"}"},
    {"evidence, first page", "{\"command\":\"progress.why\",\"commitment\":\"stock-1/c1\",\"order\":\"newest\"}"},
    {"evidence, that counted",
     "{\"command\":\"progress.why\",\"commitment\":\"stock-1/c1\",\"which\":\"counted\",\"order\":\"newest\"}"},
    {"evidence, that came late",
     "{\"command\":\"progress.why\",\"commitment\":\"stock-1/c1\",\"which\":\"late\",\"order\":\"newest\"}"},
    {"a report", "{\"command\":\"report.trace\",\"reference\":\"#500000\"}"},
    {"map, a month", "{\"command\":\"map\",\"area\":\"lund\",\"from\":\"2015-05-01\",\"to\":\"2015-05-31\"}"},
    {"map, a year", "{\"command\":\"map\",\"area\":\"lund\",\"from\":\"2015-01-01\",\"to\":\"2015-12-31\"}"},
    {"map, two years but a day", "{\"command\":\"map\",\"area\":\"lund\",\"from\":\"2014-01-02\",\"to\":\"2015-12-31\"}"},
    {"reports behind a row of the map, two years", "{\"command\":\"map.reports\",\"area\":\"lund\",\"organisation\":"
                                                   "\"polisen\",\"kind\":\"check\",\"place\":\"bangatan\"}"},
    {"reports behind a row of the map, a day", "{\"command\":\"map.reports\",\"area\":\"lund\",\"organisation\":\"polisen\","
                                               "\"kind\":\"meeting\",\"place\":\"bangatan\","
                                               "\"from\":\"2014-05-01\",\"to\":\"2014-05-01\"}"},
    {"reports behind a row of the map, none in two years",
     "{\"command\":\"map.reports\",\"area\":\"lund\",\"organisation\":\"polisen\",\"kind\":\"check\"}"},
    {"unsafe places", "{\"command\":\"map.unsafe\",\"area\":\"lund\"}"},
    {"safety walks", "{\"command\":\"walk.list\",\"area\":\"lund\"}"},
    {"safety walks, overdue", "{\"command\":\"walk.list\",\"area\":\"lund\",\"which\":\"overdue\"}"},
    {"presence", "{\"command\":\"presence\",\"area\":\"lund\"}"},
    {"presence, a month", "{\"command\":\"presence\",\"area\":\"lund\",\"from\":\"2015-05-01\",\"to\":\"2015-05-31\"}"},
    {"duplicates to decide, the latest", "{\"command\":\"join.list\",\"area\":\"lund\"}"},
    {"duplicates to decide, of a day",
     "{\"command\":\"join.list\",\"area\":\"lund\",\"since\":\"2015-12-30\",\"until\":\"2015-12-30\"}"},
    {"decisions", "{\"command\":\"join.log\"}"},
    {"quarantine", "{\"command\":\"quarantine.list\"}"},
    {"places to decide", "{\"command\":\"report.undecided\"}"},
    {"planning", "{\"command\":\"activity.list\",\"area\":\"lund\"}"},
    {"devices", "{\"command\":\"device.list\"}"},
    {"people", "{\"command\":\"person.list\"}"},
    {"audit log", "{\"command\":\"audit\",\"order\":\"newest\"}"},
    {"words", "{\"command\":\"words\"}"},
    {"promises", "{\"command\":\"promise.list\",\"area\":\"lund\"}"},
};

static void ok(enum rond_err err, const char *what) {
    if (err)
        bench_fail("%s: %s", what, rond_err_name(err));
}

// --- What each takes ---

// The last line says whether it went well.
static enum rond_err take_lines(void *context, struct bytes bytes) {
    bool *is_ok = context;
    *is_ok =
        *is_ok || memmem(bytes.data, bytes.size, "\"ok\":true", 9) || memmem(bytes.data, bytes.size, "\"ok\": true", 10);
    return ROND_OK;
}

static double ask_once(const struct stock *stock, const struct clock *clock, struct store *reader, const char *question) {
    struct admin_request request = {.page.limit = 100, .json = bytes_of_text(question)};
    struct admin_context context = {.catalogue = stock->lund.catalogue, .clock = clock};
    struct admin_work work;
    bool is_ok = false;
    struct admin_out out = {.write = take_lines, .context = &is_ok};
    double start_s = bench_now_s();
    admin_prepare(&request, &context, &work);
    if (work.route != ADMIN_READ)
        bench_fail("%s: %s", question, work.fault.text);
    ok(admin_read(work.job, reader, stock->lund.catalogue, &out), question);
    if (!is_ok)
        bench_fail("%s: not answered", question);
    admin_job_destroy(work.job);
    return (bench_now_s() - start_s) * 1e3;
}

static void ask_all(struct bench *bench, struct stock *stock) {
    const struct clock *clock = clock_system();
    struct store *reader;
    struct fault fault;
    double slowest_ms = 0;
    ok(store_open_sqlite(stock->lund.directory, STORE_READ_ONLY, NULL, &reader, &fault), "a reader's store");
    for (size_t i = 0; i < ARRAY_COUNT(QUESTIONS); i++) {
        double took_ms[ASKED];
        for (size_t n = 0; n < ASKED; n++)
            took_ms[n] = ask_once(stock, clock, reader, QUESTIONS[i][1]);
        bench_figures(bench, "pages", QUESTIONS[i][0], took_ms, ASKED, "ms", NULL);
        double median_ms = bench_median(took_ms, ASKED);
        slowest_ms = median_ms > slowest_ms ? median_ms : slowest_ms;
    }
    bench_figure(bench, "pages", "the slowest", slowest_ms, "ms");
    store_close(reader);
}

static void measure_questions(struct bench *bench) {
    static struct stock stock;
    const uint64_t reports = getenv("BENCH_LARGE") ? 10000000 : 1000000;
    char heading[120];
    (void)snprintf(heading, sizeof heading,
                   "What a page's data takes at the server: %llu stored reports, %d commitments in one area",
                   (unsigned long long)reports, COMMITMENTS);
    bench_heading(heading);
    double start_s = bench_now_s();
    stock_open(&stock, reports, COMMITMENTS);
    stock_add(&stock, reports, FILL_GROUP, false);
    lund_begin(&stock.lund);
    ok(promise_rebuild(stock.lund.store, stock.lund.catalogue, NULL, NULL), "rebuild");
    lund_commit(&stock.lund);
    ok(stock.lund.store->ledger->checkpoint(stock.lund.store, false), "checkpoint");
    bench_note("filled in %.0f s", bench_now_s() - start_s);
    ask_all(bench, &stock);
    stock_close(&stock);
}

// --- Acknowledgements beside people who look ---

enum beside { BESIDE_NOBODY, BESIDE_VISITORS, BESIDE_COMPUTING, BESIDE_COUNT };

struct talk {
    struct connection *talker;
    struct visitor visitor;
    double p50_ms[BESIDE_COUNT][ROUNDS], p99_ms[BESIDE_COUNT][ROUNDS];
    double answers_per_s[ROUNDS];
    size_t asked, refused;
};

// The fleet has been heard of, but for a few: each silent device is told at every commitment that it matters to, and a
// fleet of which nobody was ever heard makes the ledger many megabytes.
static void hear_of_most(const struct fleet *fleet, const char *data) {
    struct fault fault;
    struct store *store;
    int lock;
    int64_t now_ms = clock_wall_ms(clock_system());
    ok(store_lock(data, &lock, &fault), "lock");
    ok(store_open_sqlite(data, STORE_READ_WRITE, rng_system(), &store, &fault), "store");
    ok(store->ledger->begin(store), "begin");
    for (size_t i = 0; i < fleet->count; i++)
        if (i % SILENT_ONE_OF != 0)
            ok(store->registry->device_seen(store, &fleet->devices[i].device, now_ms, NULL, 0, "bench"), "a device");
    ok(store->ledger->commit(store), "commit");
    store_close(store);
    close(lock);
}

static void talk_beside(struct talk *talk, enum beside beside, size_t round) {
    double latency_ms[MESSAGES];
    struct company *company = beside == BESIDE_VISITORS    ? company_visitors(&talk->visitor, VISITORS)
                              : beside == BESIDE_COMPUTING ? company_computing(READERS_STORES)
                                                           : company_computing(0);
    double start_s = bench_now_s();
    connection_talk(talk->talker, WARM_UP, latency_ms);
    connection_talk(talk->talker, MESSAGES, latency_ms);
    double took_s = bench_now_s() - start_s;
    struct company_answers answers = company_leave(company);
    talk->p50_ms[beside][round] = bench_percentile(latency_ms, MESSAGES, 50);
    talk->p99_ms[beside][round] = bench_percentile(latency_ms, MESSAGES, 99);
    if (beside == BESIDE_VISITORS)
        talk->answers_per_s[round] = (double)(answers.asked - answers.refused) / took_s;
    talk->asked += answers.asked;
    talk->refused += answers.refused;
    if (answers.refused > 0)
        bench_note("%zu of %zu answers were not 200; one of them: %u", answers.refused, answers.asked, answers.last_refusal);
}

// Of each round by itself: what else the machine does changes from one to the next.
static void ratio(struct bench *bench, const char *name, const double *upper, const double *lower) {
    double ratios[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++)
        ratios[i] = upper[i] / lower[i];
    bench_figures(bench, "pages", name, ratios, ROUNDS, "", NULL);
}

static void tell(struct bench *bench, struct talk *talk) {
    static const char *const names[BESIDE_COUNT] = {"alone", "beside 20 at the pages", "beside mere computation"};
    for (size_t i = 0; i < BESIDE_COUNT; i++) {
        char name[80];
        (void)snprintf(name, sizeof name, "acknowledged, p50, %s", names[i]);
        bench_figures(bench, "pages", name, talk->p50_ms[i], ROUNDS, "ms", NULL);
        (void)snprintf(name, sizeof name, "acknowledged, p99, %s", names[i]);
        bench_figures(bench, "pages", name, talk->p99_ms[i], ROUNDS, "ms", NULL);
    }
    ratio(bench, "p50, beside the pages / alone", talk->p50_ms[BESIDE_VISITORS], talk->p50_ms[BESIDE_NOBODY]);
    ratio(bench, "p50, beside the pages / mere computation", talk->p50_ms[BESIDE_VISITORS], talk->p50_ms[BESIDE_COMPUTING]);
    ratio(bench, "p99, beside the pages / alone", talk->p99_ms[BESIDE_VISITORS], talk->p99_ms[BESIDE_NOBODY]);
    ratio(bench, "p99, beside the pages / mere computation", talk->p99_ms[BESIDE_VISITORS], talk->p99_ms[BESIDE_COMPUTING]);
    bench_figures(bench, "pages", "questions answered meanwhile", talk->answers_per_s, ROUNDS, "/s", NULL);
    bench_figure(bench, "pages", "answers that were not 200", (double)talk->refused, "");
    if (talk->refused * 100 > talk->asked) // refusals cost little: it would be no measurement of what pages cost
        bench_fail("%zu of %zu questions were refused", talk->refused, talk->asked);
}

static void measure_acknowledgements(struct bench *bench, struct fleet *fleet) {
    char data[400];
    struct server server;
    struct connections all;
    struct connection talker, filler;
    struct load load, stored;
    struct talk talk = {.talker = &talker};
    bench_heading("One report acknowledged: alone, beside 20 people who look at the pages all the time, and beside as many\n"
                  "threads as the server has for questions, which compute and ask nothing. Medians of the rounds");
    load_init(&load, fleet, 0, 2, ROUNDS * BESIDE_COUNT * (MESSAGES + WARM_UP), 1);
    load_init(&stored, fleet, 1, 3, STORED, 100);
    server_prepare(bench, "pages", data, sizeof data);
    hear_of_most(fleet, data);
    server_start(&server, bench, data);
    visitor_log_in(&talk.visitor, bench, &server, fleet->tls);
    connections_open(&all, fleet, server.devices_port);
    connection_open(&filler, &all, 1, &stored.outbox);
    connection_open(&talker, &all, 0, &load.outbox);
    filler.answers_feedback = talker.answers_feedback = true;
    while (all.ready < 2)
        connections_step(&all, 100);
    connection_send_load(&filler, &stored);
    while (!connection_is_through(&filler))
        connections_step(&all, 100);
    talker.load = &load;
    talker.one_by_one = true;
    for (size_t round = 0; round < ROUNDS; round++)
        for (unsigned beside = BESIDE_NOBODY; beside < BESIDE_COUNT; beside++)
            talk_beside(&talk, (enum beside)beside, round);
    tell(bench, &talk);
    visitor_close(&talk.visitor);
    connection_close(&filler);
    connection_close(&talker);
    connections_close(&all);
    server_stop(&server);
    load_deinit(&stored);
    load_deinit(&load);
}

void bench_pages(struct bench *bench, struct fleet *fleet) {
    measure_questions(bench);
    measure_acknowledgements(bench, fleet);
}
