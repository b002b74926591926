// What the pages ask, over many stored reports: how long the data of each takes at the server; and whether people who look
// delay the acknowledgement of a report.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/command.h"
#include "base/check.h"
#include "bench/connection.h"
#include "bench/server.h"
#include "bench/stock.h"

enum { COMMITMENTS = 100, FILL_GROUP = 10000, ASKED = 9, READERS = 20, MESSAGES = 600, WARM_UP = 50, STORED = 50000 };

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
    {"unsafe places", "{\"command\":\"map.unsafe\",\"area\":\"lund\"}"},
    {"safety walks", "{\"command\":\"walk.list\",\"area\":\"lund\"}"},
    {"safety walks, overdue", "{\"command\":\"walk.list\",\"area\":\"lund\",\"which\":\"overdue\"}"},
    {"presence", "{\"command\":\"presence\",\"area\":\"lund\"}"},
    {"presence, a month", "{\"command\":\"presence\",\"area\":\"lund\",\"from\":\"2015-05-01\",\"to\":\"2015-05-31\"}"},
    {"duplicates to decide, the latest", "{\"command\":\"join.list\",\"area\":\"lund\"}"},
    {"duplicates to decide, of a day", "{\"command\":\"join.list\",\"area\":\"lund\",\"since\":\"2015-12-30\",\"until\":\"2015-12-30\"}"},
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
        double median_ms = bench_median(took_ms, ASKED);
        bench_figure(bench, "pages", QUESTIONS[i][0], median_ms, "ms");
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

struct reader {
    pthread_t thread;
    char path[400];
    atomic_bool *stop;
    size_t answers;
};

// One question over the control socket, which the same threads answer that answer the pages.
static bool look(const char *path, const char *question) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 5};
    char answer[64 * 1024];
    bool answered = false;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(descriptor, question, strlen(question)) == (ssize_t)strlen(question) && write(descriptor, "\n", 1) == 1)
        for (ssize_t size; !answered && (size = read(descriptor, answer, sizeof answer)) > 0;)
            answered = memmem(answer, (size_t)size, "\"ok\":", 5) != NULL;
    if (descriptor >= 0)
        (void)close(descriptor);
    return answered;
}

static void *keep_looking(void *context) {
    static const char *const questions[] = {
        "{\"command\":\"progress\"}", "{\"command\":\"progress.why\",\"commitment\":\"lund-2015-trafik/cykel\"}",
        "{\"command\":\"device.list\"}", "{\"command\":\"join.list\",\"area\":\"lund\"}"};
    struct reader *reader = context;
    for (size_t i = (size_t)(uintptr_t)reader->thread; !atomic_load(reader->stop); i++)
        reader->answers += look(reader->path, questions[i % ARRAY_COUNT(questions)]) ? 1 : 0;
    return NULL;
}

static double p99_of(struct bench *bench, struct connection *talker, size_t readers, const char *data) {
    struct reader *all = calloc(readers + 1, sizeof *all);
    double latency_ms[MESSAGES];
    atomic_bool stop = false;
    char name[80];
    for (size_t i = 0; i < readers; i++) {
        all[i].stop = &stop;
        (void)snprintf(all[i].path, sizeof all[i].path, "%s/control.sock", data);
        if (pthread_create(&all[i].thread, NULL, keep_looking, &all[i]))
            bench_fail("a reader's thread: %s", strerror(errno));
    }
    double start_s = bench_now_s();
    connection_talk(talker, WARM_UP, latency_ms);
    connection_talk(talker, MESSAGES, latency_ms);
    double took_s = bench_now_s() - start_s;
    atomic_store(&stop, true);
    size_t answers = 0;
    for (size_t i = 0; i < readers; i++) {
        (void)pthread_join(all[i].thread, NULL);
        answers += all[i].answers;
    }
    free(all);
    (void)snprintf(name, sizeof name, "acknowledged, p50, %zu busy readers", readers);
    bench_figure(bench, "pages", name, bench_percentile(latency_ms, MESSAGES, 50), "ms");
    double p99_ms = bench_percentile(latency_ms, MESSAGES, 99);
    (void)snprintf(name, sizeof name, "acknowledged, p99, %zu busy readers", readers);
    bench_figure(bench, "pages", name, p99_ms, "ms");
    if (readers > 0)
        bench_note("%.0f questions a second were answered meanwhile", (double)answers / took_s);
    return p99_ms;
}

void bench_pages(struct bench *bench, struct fleet *fleet) {
    char data[400];
    struct server server;
    struct connections all;
    struct connection talker, filler;
    struct load load, stored;
    measure_questions(bench);
    bench_heading("One report acknowledged, alone and beside 20 people who look all the time");
    load_init(&load, fleet, 0, 2, 2 * (MESSAGES + WARM_UP), 1);
    load_init(&stored, fleet, 1, 3, STORED, 100);
    server_prepare(bench, "pages", data, sizeof data);
    server_start(&server, bench, data);
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
    double alone_ms = p99_of(bench, &talker, 0, data), beside_ms = p99_of(bench, &talker, READERS, data);
    bench_figure(bench, "pages", "p99 beside them, times that alone", beside_ms / alone_ms, "");
    connection_close(&filler);
    connection_close(&talker);
    connections_close(&all);
    server_stop(&server);
    load_deinit(&stored);
    load_deinit(&load);
}
