// What a window of coverage is enough for: 200 queued patrols, drained by librond from an outbox to rondd over emulated
// links (air.h), each between networks of their own. Several links stand at once, beside one server; they take little of a
// processor.
//
// The floor, where nothing is lost: four round trips (TCP, TLS, upgrade, acknowledgement) and the bytes that went up over
// the link until the last acknowledgement, at the rate that a train of packets measured. What comes down meanwhile is not in
// it. Where packets are lost: bare TLS (bare_tls.h) with as many bytes both ways over a link of the same seed.
#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/air.h"
#include "bench/bare_tls.h"
#include "bench/handheld.h"
#include "client_internal.h"
#include "support/patrols.h"

enum {
    REPORTS = 200,
    LANES_MAX = 8,
    SEEDS_MAX = 16,
    JOBS_MAX = 1024,
    GIVE_UP_S = 120, // a sync that gets nowhere
    TRAIN = 16,      // packets that measure the rate
    ROUND_TRIPS = 4,
    ARENA_BYTES = 64 * 1024,
};
#define LINGER_S 0.5 // after a cut the device does not know of it yet
#define ASKED_BYTES 300
#define ANSWERED_BYTES 150

static const struct air_shape PROFILES[] = {
    {"GPRS", 40e3, 0.700, 0, 0},
    {"EDGE", 120e3, 0.400, 0, 0},
    {"3G", 1e6, 0.150, 0, 0},
    {"LTE", 10e6, 0.050, 0, 0},
};
// Links at once: most where they take longest, one where every millisecond counts.
static const size_t LANES[] = {4, 2, 1, 1};
static const double LOSSES[] = {0, 0.02, 0.05};
static const int WINDOWS_S[] = {5, 15, 60};

enum kind {
    RATE,
    FULL,       // the SDK, full handshake
    RESUMED,    // the SDK, TLS resumed
    BARE,       // bare TLS
    BARE_ASKED, // bare TLS that asks once before, as an upgrade does
    WINDOW,     // the SDK, cut after cut_s; 0: after the first acknowledgement
};
struct job {
    enum kind kind;
    atomic_bool is_taken;
    size_t profile;
    struct air_shape shape;
    struct bare_bytes bytes;
    double cut_s;
    // What came of it; times since the start.
    bool is_through;
    double rate; // bits a second
    double stands_s, first_s, last_s, ends_s;
    uint64_t up, down; // IP bytes until last_s
    uint64_t down_in_all;
    uint64_t lost, overflowed; // packets
    uint64_t acknowledged;
    uint64_t durable, again; // WINDOW: at the server when it was cut; acknowledged ones that were sent again after it
};
struct windows {
    struct bench *bench;
    struct fleet *fleet;
    struct server server;
    struct bare_server bare;
    int network;      // the server's
    size_t from, to;  // of the profiles
    struct job *jobs; // shared with the lanes
    size_t count;
    _Atomic unsigned *links;
};

// --- Queueing ---

struct hands { // of the clock of who queues
    int64_t wall_ms, monotonic_ms;
    uint64_t boot_id;
};
static int64_t hands_wall(void *context) {
    return ((struct hands *)context)->wall_ms;
}
static int64_t hands_monotonic(void *context) {
    return ((struct hands *)context)->monotonic_ms;
}
static uint64_t hands_boot(void *context) {
    return ((struct hands *)context)->boot_id;
}

static void queue(rond *client, const Rond__V1__Report *report) {
    rond_fault fault = {0};
    const rond_persons persons = {report->patrol->persons[0]->role, report->patrol->persons[0]->persons};
    rond_activity activity = {.struct_size = sizeof activity,
                              .kind = ROND_VISIBLE_PATROL,
                              .occurred_from_s = report->occurred_from_s,
                              .occurred_to_s = report->occurred_to_s,
                              .place = report->place,
                              .role = report->role,
                              .persons = &persons,
                              .persons_count = 1};
    if (report->position) {
        activity.has_position = true;
        activity.latitude = report->position->latitude_e6 / 1e6;
        activity.longitude = report->position->longitude_e6 / 1e6;
        activity.accuracy_m = report->position->accuracy_m;
    }
    if (rond_report(client, &activity, NULL, &fault))
        bench_fail("report: %s %s", fault.field, fault.text);
}

// Each when it was over, by the clock of the device.
static void queue_all(struct windows *windows, const char *name, size_t device) {
    struct hands hands = {0};
    const struct clock clock = {hands_wall, hands_monotonic, hands_boot, &hands};
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    rond *client = NULL;
    for (size_t i = 0; i < REPORTS; i++) {
        const Rond__V1__Report *report = patrol_report(&arena, &PATROLS_IN_LUND, device, i);
        hands = (struct hands){report->claimed_ms, (int64_t)report->monotonic_ms, report->boot_id};
        if (!client)
            client = handheld_open(windows->bench, name, &clock);
        queue(client, report);
        arena_reset(&arena);
    }
    rond_close(client);
    arena_deinit(&arena);
}

// --- A window ---

struct watch {
    double stands_s, told_s; // told: something became of reports, in this step
    uint64_t up, down;
    const struct air *air;
};

static void changed(void *context, enum rond_change change) {
    struct watch *watch = context;
    if (change == ROND_CHANGE_CONNECTION && watch->stands_s == 0)
        watch->stands_s = bench_now_s();
    if (change == ROND_CHANGE_REPORTS && watch->told_s == 0) {
        watch->told_s = bench_now_s();
        watch->up = watch->air ? air_count(watch->air, AIR_UP)->bytes : 0;
        watch->down = watch->air ? air_count(watch->air, AIR_DOWN)->bytes : 0;
    }
}

static void take_acknowledged(struct job *job, const struct watch *watch, double start_s, uint64_t acknowledged) {
    if (acknowledged == job->acknowledged)
        return;
    if (job->acknowledged == 0)
        job->first_s = watch->told_s - start_s;
    job->last_s = watch->told_s - start_s;
    job->acknowledged = acknowledged;
    job->up = watch->up;
    job->down = watch->down;
}

// Until the sync ends by itself, or a while after the link was cut.
static void sync_once(rond *client, struct job *job, struct air *air) {
    struct watch watch = {.air = air};
    rond_sync_result result = {0};
    rond_fault fault = {0};
    bool is_window = air && job->kind == WINDOW;
    rond_subscribe(client, changed, &watch);
    double start_s = bench_now_s(), until_s = start_s + GIVE_UP_S;
    double cut_s = is_window && job->cut_s > 0 ? start_s + job->cut_s : until_s;
    enum rond_err err = rond_sync_start(client, &fault);
    while (err == ROND_OK || err == ROND_EAGAIN) {
        rond_wait wait = {0};
        watch.told_s = 0;
        err = rond_sync_step(client, &wait, &result, &fault);
        take_acknowledged(job, &watch, start_s, result.acknowledged);
        double now_s = bench_now_s();
        if (is_window && until_s > now_s + LINGER_S && (now_s >= cut_s || (job->cut_s == 0 && job->acknowledged > 0))) {
            air_cut(air);
            cut_s = until_s = now_s + LINGER_S;
        }
        if (err != ROND_EAGAIN || now_s >= until_s)
            break;
        double left_s = (cut_s < until_s ? cut_s : until_s) - now_s;
        int64_t left_ms = left_s > 0 ? (int64_t)(left_s * 1000) + 1 : 0;
        struct pollfd descriptor = {.fd = wait.descriptor, .events = wait.events};
        (void)poll(&descriptor, 1, (int)(wait.timeout_ms < 0 || wait.timeout_ms > left_ms ? left_ms : wait.timeout_ms));
    }
    job->ends_s = bench_now_s() - start_s;
    job->down_in_all = air ? air_count(air, AIR_DOWN)->bytes : 0;
    rond_sync_stop(client);
    job->stands_s = watch.stands_s > 0 ? watch.stands_s - start_s : 0;
    job->is_through = result.waiting == 0 && job->acknowledged > 0;
}

static void forget_session(struct windows *windows, rond *client) {
    char name[96];
    (void)snprintf(name, sizeof name, "transport.tls.session.%s:%d", AIR_SERVER, windows->server.devices_port);
    if (outbox_setting_put(client->outbox, name, (struct bytes){0}))
        bench_fail("a TLS session is not forgotten");
}

static void run_window(struct windows *windows, struct job *job, struct air *air, const char *name) {
    rond *client = handheld_open(windows->bench, name, NULL);
    if (job->kind != RESUMED)
        forget_session(windows, client);
    sync_once(client, job, air);
    rond_close(client);
}

// In the server's network: enrolled, and synced once, so that words and places are there.
static void make_handheld(struct windows *windows, const char *name) {
    struct job first = {.kind = FULL};
    rond *client = handheld_enrol(windows->bench, &windows->server, name);
    sync_once(client, &first, NULL);
    rond_close(client);
}

// --- The rate, by a train of packets ---

// When the kernel had it, which is not when this process comes to look: 0 where none is there.
static double receive_at(int descriptor) {
    uint8_t packet[AIR_PACKET_BYTES_MAX], control[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec room = {packet, sizeof packet};
    struct msghdr message = {.msg_iov = &room, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct timespec at;
    if (recvmsg(descriptor, &message, 0) < 0)
        return 0;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header || header->cmsg_type != SCM_TIMESTAMPNS)
        return 0;
    memcpy(&at, CMSG_DATA(header), sizeof at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void measure_rate(struct job *job, int server_network) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(AIR_SERVER)};
    socklen_t size = sizeof at;
    uint8_t packet[AIR_PACKET_BYTES_MAX - 28] = {0}; // IP and UDP have the rest
    double first_s = 0, last_s = 0;
    int on = 1;
    int own = air_network_of_caller(), sending = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    air_enter(server_network);
    int receiving = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    air_enter(own);
    close(own);
    if (setsockopt(receiving, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 ||
        bind(receiving, (struct sockaddr *)&at, size) != 0 || getsockname(receiving, (struct sockaddr *)&at, &size) != 0)
        bench_fail("no socket for the rate");
    for (int i = 0; i < TRAIN; i++)
        (void)!sendto(sending, packet, sizeof packet, 0, (struct sockaddr *)&at, size);
    for (int i = 0; i < TRAIN; i++) {
        struct pollfd descriptor = {.fd = receiving, .events = POLLIN};
        last_s = poll(&descriptor, 1, 10000) == 1 ? receive_at(receiving) : 0;
        if (last_s == 0)
            bench_fail("a packet of the train did not come");
        first_s = i == 0 ? last_s : first_s;
    }
    close(sending);
    close(receiving);
    job->rate = (TRAIN - 1) * AIR_PACKET_BYTES_MAX * 8 / (last_s - first_s);
    job->is_through = true;
}

// --- Lanes ---

static void run_bare(struct windows *windows, struct job *job, const struct air *air) {
    job->last_s = bare_transfer(windows->fleet, AIR_SERVER, windows->bare.port, job->bytes);
    job->is_through = job->last_s >= 0;
    job->up = air_count(air, AIR_UP)->bytes;
    job->down = air_count(air, AIR_DOWN)->bytes;
}

static void run_job(struct windows *windows, struct job *job, const char *name) {
    struct air air;
    air_open(&air, windows->network, atomic_fetch_add(windows->links, 1), &job->shape);
    if (job->kind == RATE)
        measure_rate(job, windows->network);
    else if (job->kind == BARE || job->kind == BARE_ASKED)
        run_bare(windows, job, &air);
    else
        run_window(windows, job, &air, name);
    for (int way = 0; way < AIR_WAYS; way++) {
        job->lost += air_count(&air, way)->lost;
        job->overflowed += air_count(&air, way)->overflowed;
    }
    air_close(&air);
}

// A handheld of the lane, which queues anew for each job; one that is cut stays as it is for what comes after, so each has
// its own.
static void window_name(char *ret_name, size_t size, size_t index) {
    (void)snprintf(ret_name, size, "handheld-cut-%zu", index);
}

static bool take(struct job *job, size_t profile) {
    return job->profile == profile && !atomic_exchange(&job->is_taken, true);
}

_Noreturn static void be_lane(struct windows *windows, size_t lane, size_t profile) {
    char own[64], name[64];
    bool has_own = false;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)snprintf(own, sizeof own, "handheld-%zu", lane);
    for (size_t index = 0; index < windows->count; index++) {
        struct job *job = &windows->jobs[index];
        if (!take(job, profile))
            continue;
        bool is_sdk = job->kind == FULL || job->kind == RESUMED || job->kind == WINDOW;
        bool is_fresh = job->kind == WINDOW || !has_own;
        (void)snprintf(name, sizeof name, "%s", own);
        if (job->kind == WINDOW)
            window_name(name, sizeof name, index);
        if (is_sdk) {
            air_enter(windows->network);
            if (is_fresh)
                make_handheld(windows, name);
            has_own = has_own || job->kind != WINDOW;
            queue_all(windows, name, index);
        }
        run_job(windows, job, name);
        if (is_sdk && job->kind != WINDOW && !job->is_through)
            has_own = false; // what it still has is of this job
    }
    exit(0);
}

static void run_jobs(struct windows *windows) {
    pid_t lanes[LANES_MAX];
    size_t count = 0;
    (void)fflush(NULL);
    for (size_t p = windows->from; p < windows->to; p++)
        for (size_t i = 0; i < LANES[p]; i++, count++)
            if ((lanes[count] = fork()) == 0)
                be_lane(windows, count, p);
    for (size_t i = 0; i < count; i++) {
        int status = 0;
        if (waitpid(lanes[i], &status, 0) != lanes[i] || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
            bench_fail("a lane went wrong");
    }
}

// The windows that were cut, one after the other: what was durable is what need not come in any more.
static void drain_rest(struct windows *windows) {
    static const char applied[] = "rond_reports_total{verdict=\"applied\"}",
                      repeated[] = "rond_reports_total{verdict=\"repeated\"}";
    for (size_t i = 0; i < windows->count; i++) {
        struct job *job = &windows->jobs[i], rest = {.kind = FULL};
        char name[64];
        if (job->kind != WINDOW)
            continue;
        window_name(name, sizeof name, i);
        double applied_before = server_metric(&windows->server, applied),
               repeated_before = server_metric(&windows->server, repeated);
        rond *client = handheld_open(windows->bench, name, NULL);
        sync_once(client, &rest, NULL);
        rond_totals totals;
        if (rond_totals_get(client, &totals) || totals.waiting > 0)
            bench_fail("a second window did not drain the rest");
        rond_close(client);
        double came = server_metric(&windows->server, applied) - applied_before;
        double again = server_metric(&windows->server, repeated) - repeated_before;
        double over = came + again - (double)(REPORTS - job->acknowledged);
        job->durable = REPORTS - (uint64_t)came;
        job->again = over > 0 ? (uint64_t)over : 0;
        bench_run("rm -rf '%s/%s'", windows->bench->directory, name);
    }
}

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
            (void)add(windows, RESUMED, p, 0, 0);
        }
        for (size_t l = 1; l < ARRAY_COUNT(LOSSES); l++)
            for (uint64_t seed = 1; seed <= seeds(); seed++)
                (void)add(windows, FULL, p, LOSSES[l], seed);
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
    const char *handshake = kind == FULL ? "full handshake" : "TLS resumed";
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

static void tell_beside_bare(struct windows *windows, const struct job *jobs, size_t count, const struct job *bare,
                             size_t bare_count, size_t profile, double loss) {
    struct values last = values(jobs, count, FULL, profile, loss, get_last);
    struct values beside = values(bare, bare_count, BARE, profile, loss, get_last);
    struct values asked = values(bare, bare_count, BARE_ASKED, profile, loss, get_last);
    figure(windows, profile, loss, "last acknowledgement", last, "s",
           &(struct against){"peer", "bare TLS, same bytes and seed", beside.of});
    figure(windows, profile, loss, "last acknowledgement, of TLS that asks", last, "s",
           &(struct against){"peer", "bare TLS that asks once before, as an upgrade", asked.of});
    if (loss > 0)
        figure(windows, profile, loss, "packets lost", values(jobs, count, FULL, profile, loss, get_lost), "", NULL);
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
    struct job job = {.kind = BARE, .shape = PROFILES[ARRAY_COUNT(PROFILES) - 1], .bytes = first};
    run_job(windows, &job, NULL);
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
    run_jobs(windows);
    size_t count = windows->count;
    struct job *jobs = calloc(count, sizeof *jobs);
    CHECK(jobs);
    memcpy((void *)jobs, (const void *)windows->jobs, count * sizeof *jobs);
    for (size_t p = windows->from; p < windows->to; p++) {
        double rate = median(values(jobs, count, RATE, p, 0, get_rate));
        bench_note("%s: %.1f kbit/s measured, %.0f ms round trip", PROFILES[p].name, rate / 1000,
                   PROFILES[p].round_trip_s * 1000);
        tell_whole(windows, jobs, count, FULL, p, rate);
        tell_whole(windows, jobs, count, RESUMED, p, rate);
    }
    size_t slowest = windows->from; // where the least that comes after the acknowledgement is counted with it
    double up = median(values(jobs, count, FULL, slowest, 0, get_up)),
           down = median(values(jobs, count, FULL, slowest, 0, get_down));
    struct bare_bytes bytes = calibrate(windows, up, down, (struct bare_bytes){.up = 7000, .down = 200});
    struct bare_bytes asked = {.asked = ASKED_BYTES, .answered = ANSWERED_BYTES, .up = 7000, .down = 200};
    asked = calibrate(windows, up, down, asked);
    windows->count = 0;
    plan_bare(windows, bytes, asked);
    run_jobs(windows);
    for (size_t p = windows->from; p < windows->to; p++)
        for (size_t l = 0; l < ARRAY_COUNT(LOSSES); l++)
            tell_beside_bare(windows, jobs, count, windows->jobs, windows->count, p, LOSSES[l]);
    free(jobs);
    windows->count = 0;
    plan_windows(windows);
    run_jobs(windows);
    drain_rest(windows);
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
    windows->to = ARRAY_COUNT(PROFILES);
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
