#include "bench/window.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/handheld.h"
#include "client_internal.h"
#include "support/patrols.h"

enum {
    LANES_MAX = 8,
    TRAIN = 16, // packets that measure the rate
    ARENA_BYTES = 64 * 1024,
};
#define LINGER_S 0.5 // after a cut the device does not know of it yet

const struct air_shape PROFILES[PROFILES_COUNT] = {
    {"GPRS", 40e3, 0.700, 0, 0},
    {"EDGE", 120e3, 0.400, 0, 0},
    {"3G", 1e6, 0.150, 0, 0},
    {"LTE", 10e6, 0.050, 0, 0},
};
static const size_t LANES[PROFILES_COUNT] = {4, 2, 1, 1};

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

static void forget(struct windows *windows, rond *client, const char *what) {
    char name[96];
    (void)snprintf(name, sizeof name, "transport.%s.%s:%d", what, AIR_SERVER, windows->server.devices_port);
    if (outbox_setting_put(client->outbox, name, (struct bytes){0}))
        bench_fail("%s is not forgotten", what);
}

// Of the network where the caller is: how often a server took what came with the SYN.
static unsigned long fast_opened(void) {
    char names[8192], values[8192];
    unsigned long count = 0;
    FILE *file = fopen("/proc/net/netstat", "r");
    if (!file || !fgets(names, sizeof names, file) || !fgets(values, sizeof values, file))
        bench_fail("/proc/net/netstat cannot be read");
    (void)fclose(file);
    char *name_at, *value_at, *name = strtok_r(names, " \n", &name_at), *value = strtok_r(values, " \n", &value_at);
    for (; name && value; name = strtok_r(NULL, " \n", &name_at), value = strtok_r(NULL, " \n", &value_at))
        if (strcmp(name, "TCPFastOpenActive") == 0)
            count = strtoul(value, NULL, 10);
    return count;
}

// Before a window: a sync with nothing to send, by the same address, over the link while it is none. That leaves what a
// handheld has that comes back: a ticket of TLS in its outbox, a cookie of TCP in the kernel.
static void come_before(struct windows *windows, const char *name) {
    struct job before = {.kind = BACK};
    rond *client = handheld_open(windows->bench, name, NULL);
    forget(windows, client, "fast_open"); // what earlier jobs lost
    sync_once(client, &before, NULL);
    rond_close(client);
}

static void run_window(struct windows *windows, struct job *job, struct air *air, const char *name) {
    rond *client = handheld_open(windows->bench, name, NULL);
    if (job->kind != BACK)
        forget(windows, client, "tls.session");
    forget(windows, client, "fast_open");
    air_measure(air);
    sync_once(client, job, air);
    rond_close(client);
    job->is_fast = fast_opened() > 0;
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

void windows_run_job(struct windows *windows, struct job *job, const char *name, size_t device) {
    struct air air;
    air_open(&air, windows->network, atomic_fetch_add(windows->links, 1), &job->shape);
    if (job->kind == BACK)
        come_before(windows, name);
    if (name)
        queue_all(windows, name, device);
    if (!name)
        air_measure(&air);
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
        bool is_sdk = job->kind == FULL || job->kind == BACK || job->kind == WINDOW;
        bool is_fresh = job->kind == WINDOW || !has_own;
        (void)snprintf(name, sizeof name, "%s", own);
        if (job->kind == WINDOW)
            window_name(name, sizeof name, index);
        if (is_sdk) {
            air_enter(windows->network);
            if (is_fresh)
                make_handheld(windows, name);
            has_own = has_own || job->kind != WINDOW;
        }
        windows_run_job(windows, job, is_sdk ? name : NULL, index);
        if (is_sdk && job->kind != WINDOW && !job->is_through)
            has_own = false; // what it still has is of this job
    }
    exit(0);
}

void windows_run(struct windows *windows) {
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

void windows_drain_rest(struct windows *windows) {
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
