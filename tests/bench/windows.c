// What a window of coverage is enough for: 200 queued patrols, drained by librond from an outbox to rondd over emulated
// links (air.h), each between networks of their own. Here is what is planned and told; window.h carries it out.
//
// The floor, where nothing is lost: four round trips (TCP, TLS, upgrade, acknowledgement) and the bytes that went up over
// the link until the last acknowledgement, at the rate that a train of packets measured. What comes down meanwhile is not in
// it. Where packets are lost: bare TLS (bare_tls.h) with as many bytes both ways over a link of the same seed, always with a
// full handshake and without Fast Open. Each is measured twice: a handheld for the first time, and one that comes back.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/window.h"

enum { SEEDS_MAX = 16, JOBS_MAX = 1024, ROUND_TRIPS = 4 };
#define ASKED_BYTES 300
#define ANSWERED_BYTES 150

static const double LOSSES[] = {0, 0.02, 0.05};
static const int WINDOWS_S[] = {5, 15, 60};

// --- What is to be done ---

static struct job *add(struct windows *windows, enum kind kind, size_t profile, double loss, uint64_t seed) {
    CHECK(windows->count < JOBS_MAX);
    struct job *job = &windows->jobs[windows->count++];
    *job = (struct job){.kind = kind, .profile = profile, .shape = PROFILES[profile]};
    job->shape.loss = loss;
    job->shape.seed = seed;
    return job;
}

static size_t seeds(void) {
    return getenv("BENCH_LARGE") ? SEEDS_MAX - 1 : 9;
}

static size_t runs(size_t profile) {
    return getenv("BENCH_LARGE") || PROFILES[profile].bits_per_s >= 1e6 ? 9 : 3;
}

static void plan_whole(struct windows *windows) {
    for (size_t p = windows->from; p < windows->to; p++) {
        (void)add(windows, RATE, p, 0, 0);
        for (size_t i = 0; i < runs(p); i++) {
            (void)add(windows, FULL, p, 0, 0);
            (void)add(windows, BACK, p, 0, 0);
        }
        for (size_t l = 1; l < ARRAY_COUNT(LOSSES); l++)
            for (uint64_t seed = 1; seed <= seeds(); seed++) {
                (void)add(windows, FULL, p, LOSSES[l], seed);
                (void)add(windows, BACK, p, LOSSES[l], seed);
            }
    }
}

static void plan_bare(struct windows *windows, struct bare_bytes bytes, struct bare_bytes asked) {
    for (size_t p = windows->from; p < windows->to; p++)
        for (size_t l = 0; l < ARRAY_COUNT(LOSSES); l++)
            for (uint64_t seed = 1; seed <= (l == 0 ? runs(p) : seeds()); seed++) {
                add(windows, BARE, p, LOSSES[l], seed)->bytes = bytes;
                add(windows, BARE_ASKED, p, LOSSES[l], seed)->bytes = asked;
            }
}

static void plan_windows(struct windows *windows) {
    for (size_t p = windows->from; p < windows->to; p++)
        for (size_t l = 0; l < ARRAY_COUNT(LOSSES); l++) {
            for (size_t w = 0; w < ARRAY_COUNT(WINDOWS_S); w++)
                add(windows, WINDOW, p, LOSSES[l], 1)->cut_s = WINDOWS_S[w];
            (void)add(windows, WINDOW, p, LOSSES[l], 1);
        }
}

// --- Figures ---

static bool is_of(const struct job *job, enum kind kind, size_t profile, double loss) {
    return job->kind == kind && job->profile == profile && job->shape.loss == loss;
}

static double get_last(const struct job *job) {
    return job->last_s;
}
static double get_rate(const struct job *job) {
    return job->rate;
}
static double get_stands(const struct job *job) {
    return job->stands_s;
}
static double get_first(const struct job *job) {
    return job->first_s - job->stands_s;
}
static double get_up(const struct job *job) {
    return (double)job->up;
}
static double get_down(const struct job *job) {
    return (double)job->down;
}
static double get_ends(const struct job *job) {
    return job->ends_s;
}
static double get_down_in_all(const struct job *job) {
    return (double)job->down_in_all;
}
static double get_lost(const struct job *job) {
    return (double)job->lost;
}

struct values {
    double of[SEEDS_MAX];
    size_t count, failed;
};
static struct values values(const struct job *jobs, size_t count, enum kind kind, size_t profile, double loss,
                            double (*get)(const struct job *)) {
    struct values values = {0};
    for (size_t i = 0; i < count; i++) {
        if (!is_of(&jobs[i], kind, profile, loss))
            continue;
        values.failed += !jobs[i].is_through;
        values.of[values.count++] = jobs[i].is_through ? get(&jobs[i]) : GIVE_UP_S;
    }
    return values;
}

static double median(struct values values) {
    return bench_median(values.of, values.count);
}

static void figure(struct windows *windows, size_t profile, double loss, const char *what, struct values values,
                   const char *unit, const struct against *against) {
    char name[120];
    (void)snprintf(name, sizeof name, "%s, %.0f %% lost, %s", PROFILES[profile].name, loss * 100, what);
    bench_figures(windows->bench, "windows", name, values.of, values.count, unit, against);
    if (values.failed > 0)
        bench_note("%zu of %zu did not come through", values.failed, values.count);
}

static void tell_whole(struct windows *windows, const struct job *jobs, size_t count, enum kind kind, size_t profile,
                       double rate) {
    const char *handshake = kind == FULL ? "full handshake" : "coming back";
    struct values last = values(jobs, count, kind, profile, 0, get_last), up = values(jobs, count, kind, profile, 0, get_up);
    struct values down = values(jobs, count, kind, profile, 0, get_down),
                  first = values(jobs, count, kind, profile, 0, get_first);
    double floor_s[SEEDS_MAX], trip_s[SEEDS_MAX];
    char what[80];
    for (size_t i = 0; i < last.count; i++) {
        trip_s[i] = PROFILES[profile].round_trip_s;
        floor_s[i] = ROUND_TRIPS * trip_s[i] + up.of[i] * 8 / rate;
    }
    (void)snprintf(what, sizeof what, "%s: last acknowledgement", handshake);
    figure(windows, profile, 0, what, last, "s",
           &(struct against){"floor", "four round trips, and the bytes up at the rate", floor_s});
    (void)snprintf(what, sizeof what, "%s: the connection stands", handshake);
    figure(windows, profile, 0, what, values(jobs, count, kind, profile, 0, get_stands), "s", NULL);
    (void)snprintf(what, sizeof what, "%s: first acknowledgement after it", handshake);
    figure(windows, profile, 0, what, first, "s", &(struct against){"floor", "one round trip", trip_s});
    (void)snprintf(what, sizeof what, "%s: bytes up", handshake);
    figure(windows, profile, 0, what, up, "B", NULL);
    (void)snprintf(what, sizeof what, "%s: bytes down", handshake);
    figure(windows, profile, 0, what, down, "B", NULL);
    (void)snprintf(what, sizeof what, "%s: the sync ends, with all that comes down", handshake);
    figure(windows, profile, 0, what, values(jobs, count, kind, profile, 0, get_ends), "s", NULL);
    (void)snprintf(what, sizeof what, "%s: bytes down until then", handshake);
    figure(windows, profile, 0, what, values(jobs, count, kind, profile, 0, get_down_in_all), "B", NULL);
}

// Whether it was what it is called.
static void tell_fast(const struct job *jobs, size_t count, size_t profile) {
    size_t of[2] = {0}, fast[2] = {0};
    for (size_t i = 0; i < count; i++)
        if (jobs[i].profile == profile && (jobs[i].kind == FULL || jobs[i].kind == BACK)) {
            of[jobs[i].kind == BACK]++;
            fast[jobs[i].kind == BACK] += jobs[i].is_fast;
        }
    bench_note("data with the SYN was taken of %zu of %zu for the first time, of %zu of %zu coming back", fast[0], of[0],
               fast[1], of[1]);
}

static void tell_beside_bare(struct windows *windows, const struct job *jobs, size_t count, const struct job *bare,
                             size_t bare_count, enum kind kind, size_t profile, double loss) {
    const char *before = kind == FULL ? "" : "coming back: ";
    struct values last = values(jobs, count, kind, profile, loss, get_last);
    struct values beside = values(bare, bare_count, BARE, profile, loss, get_last);
    struct values asked = values(bare, bare_count, BARE_ASKED, profile, loss, get_last);
    char what[80];
    (void)snprintf(what, sizeof what, "%slast acknowledgement%s", before, loss > 0 || kind == FULL ? "" : ", beside TLS");
    figure(windows, profile, loss, what, last, "s", &(struct against){"peer", "bare TLS, same bytes and seed", beside.of});
    (void)snprintf(what, sizeof what, "%slast acknowledgement, of TLS that asks", before);
    figure(windows, profile, loss, what, last, "s",
           &(struct against){"peer", "bare TLS that asks once before, as an upgrade", asked.of});
    (void)snprintf(what, sizeof what, "%spackets lost", before);
    if (loss > 0)
        figure(windows, profile, loss, what, values(jobs, count, kind, profile, loss, get_lost), "", NULL);
}

static void tell_windows(struct windows *windows) {
    uint64_t again = 0;
    for (size_t i = 0; i < windows->count; i++) {
        const struct job *job = &windows->jobs[i];
        char name[120], until[40];
        (void)snprintf(until, sizeof until, job->cut_s > 0 ? "%.0f s" : "until the first acknowledgement", job->cut_s);
        (void)snprintf(name, sizeof name, "%s, %.0f %% lost, window %s: durable", PROFILES[job->profile].name,
                       job->shape.loss * 100, until);
        bench_figure(windows->bench, "windows", name, (double)job->durable, "");
        (void)snprintf(name, sizeof name, "%s, %.0f %% lost, window %s: acknowledged", PROFILES[job->profile].name,
                       job->shape.loss * 100, until);
        bench_figure(windows->bench, "windows", name, (double)job->acknowledged, "");
        again += job->again;
    }
    bench_figure(windows->bench, "windows", "acknowledged reports that were sent again after a cut", (double)again, "");
}

// --- All of it ---

// As many bytes over the link as the SDK's, both ways: what bare TLS adds of its own is measured over the fastest one.
static struct bare_bytes calibrate(struct windows *windows, double up, double down, struct bare_bytes first) {
    struct job job = {.kind = BARE, .shape = PROFILES[PROFILES_COUNT - 1], .bytes = first};
    windows_run_job(windows, &job, NULL, 0);
    air_enter(windows->network);
    if (!job.is_through)
        bench_fail("bare TLS does not come through");
    double more_up = (double)first.up + up - (double)job.up, more_down = (double)first.down + down - (double)job.down;
    first.up = more_up > 1 ? (uint32_t)more_up : 1;
    first.down = more_down > 1 ? (uint32_t)more_down : 1;
    return first;
}

static void measure(struct windows *windows) {
    windows->count = 0;
    plan_whole(windows);
    windows_run(windows);
    size_t count = windows->count;
    struct job *jobs = calloc(count, sizeof *jobs);
    CHECK(jobs);
    memcpy((void *)jobs, (const void *)windows->jobs, count * sizeof *jobs);
    for (size_t p = windows->from; p < windows->to; p++) {
        double rate = median(values(jobs, count, RATE, p, 0, get_rate));
        bench_note("%s: %.1f kbit/s measured, %.0f ms round trip", PROFILES[p].name, rate / 1000,
                   PROFILES[p].round_trip_s * 1000);
        tell_fast(jobs, count, p);
        tell_whole(windows, jobs, count, FULL, p, rate);
        tell_whole(windows, jobs, count, BACK, p, rate);
    }
    size_t slowest = windows->from; // where the least that comes after the acknowledgement is counted with it
    double up = median(values(jobs, count, FULL, slowest, 0, get_up)),
           down = median(values(jobs, count, FULL, slowest, 0, get_down));
    struct bare_bytes bytes = calibrate(windows, up, down, (struct bare_bytes){.up = 7000, .down = 200});
    struct bare_bytes asked = {.asked = ASKED_BYTES, .answered = ANSWERED_BYTES, .up = 7000, .down = 200};
    asked = calibrate(windows, up, down, asked);
    windows->count = 0;
    plan_bare(windows, bytes, asked);
    windows_run(windows);
    for (size_t p = windows->from; p < windows->to; p++)
        for (size_t l = 0; l < ARRAY_COUNT(LOSSES); l++)
            for (enum kind kind = FULL; kind <= BACK; kind++)
                tell_beside_bare(windows, jobs, count, windows->jobs, windows->count, kind, p, LOSSES[l]);
    free(jobs);
    windows->count = 0;
    plan_windows(windows);
    windows_run(windows);
    windows_drain_rest(windows);
    tell_windows(windows);
}

static void *shared(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        bench_fail("no memory");
    return memory;
}

// BENCH_PROFILE=LTE: that one alone.
static void choose_profiles(struct windows *windows) {
    const char *name = getenv("BENCH_PROFILE");
    windows->to = PROFILES_COUNT;
    if (!name)
        return;
    while (windows->from < windows->to && strcmp(PROFILES[windows->from].name, name) != 0)
        windows->from++;
    if (windows->from == windows->to)
        bench_fail("BENCH_PROFILE: %s, %s, %s or %s", PROFILES[0].name, PROFILES[1].name, PROFILES[2].name,
                   PROFILES[3].name);
    windows->to = windows->from + 1;
}

void bench_windows(struct bench *bench, struct fleet *fleet) {
    struct windows windows = {.bench = bench, .fleet = fleet};
    char data[400];
    bench_heading("Windows: 200 queued patrols over emulated links");
    if (geteuid() != 0)
        bench_fail("windows: links are emulated between networks of their own, which only root can make");
    if (fleet->count < 2)
        bench_fail("BENCH_DEVICES: bare TLS takes two");
    choose_profiles(&windows);
    windows.jobs = shared(JOBS_MAX * sizeof *windows.jobs);
    windows.links = shared(sizeof *windows.links);
    int before = air_network_of_caller();
    windows.network = air_server_network();
    server_prepare(bench, "windows", data, sizeof data);
    server_start_at(&windows.server, bench, data, AIR_SERVER);
    bare_server_start(&windows.bare, fleet);
    measure(&windows);
    bare_server_stop(&windows.bare);
    server_stop(&windows.server);
    bench_run("rm -rf '%s'/handheld-*", bench->directory);
    air_enter(before);
    close(before);
    close(windows.network);
}
