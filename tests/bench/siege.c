// Under siege: sockets by the thousand that say nothing beside a device that has something to say, and a device that is
// revoked in the middle of sending while thousands are connected. Like the flood this measurement promises, and ends with
// a sentence where a promise is broken by more than ten times.
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "bench/connection.h"
#include "bench/server.h"
#include "wire/codes.h"

enum {
    UNDER_WAY_MAX = 32,
    REVOKED_MS = 1000,     // promised: nothing more of it is taken in, and its connection is cut
    WATCHED_MS = 3000,     // so long is looked for what may still come in
    SILENT_ADDRESSES = 10, // they come from, of 127.0.1.0/24
    HONEST = 20,
    HONEST_MS = 2000, // promised: from connecting to a report that is durable
    REST_US = 100000,
    STEP_MS = 5,
};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { TOLERANCE = 50, CONNECTED = 50, SILENT = 200, REVOKED = 3, REVOKED_REPORTS = 300 };
#else
enum { TOLERANCE = 10, CONNECTED = 2000, SILENT = 5000, REVOKED = 10, REVOKED_REPORTS = 4000 };
#endif

struct siege {
    struct bench *bench;
    const struct fleet *fleet;
    struct server server;
    struct connections all;
    struct connection *silent; // connected and welcomed, and with nothing to say
    size_t silent_count;
    size_t next_device; // not used yet
};

static struct id128 an_outbox(size_t number) {
    return (struct id128){{0x5e, (uint8_t)(number >> 8), (uint8_t)number}};
}

static void connect_the_silent(struct siege *siege) {
    size_t count = siege->fleet->count - REVOKED - HONEST;
    count = count < CONNECTED ? count : CONNECTED;
    siege->silent = calloc(count, sizeof *siege->silent);
    CHECK(siege->silent != NULL);
    for (; siege->silent_count < count; siege->silent_count++) {
        struct id128 outbox = an_outbox(siege->silent_count);
        connection_open(&siege->silent[siege->silent_count], &siege->all, siege->next_device++, &outbox);
        while (siege->silent_count + 1 - siege->all.ready >= UNDER_WAY_MAX)
            connections_step(&siege->all, 1000);
    }
    while (siege->all.ready < count)
        connections_step(&siege->all, 1000);
    bench_note("%zu devices connected", count);
}

static void until_ready(struct connection *connection, double limit_s) {
    while (connection->state != CONNECTION_READY && connection->state != CONNECTION_ENDED) {
        connections_step(connection->all, 100);
        if (bench_now_s() > limit_s)
            bench_fail("device %zu was not welcomed in time", connection->device);
    }
}

// --- Revoked while it sends ---

static pid_t begin_to_revoke(const struct siege *siege, size_t device) {
    char program[400], name[32];
    (void)snprintf(program, sizeof program, "%s/rondctl", siege->bench->programs);
    (void)snprintf(name, sizeof name, "bench %zu", device);
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execl(program, program, "--data", siege->server.data, "device", "revoke", name, "--lost", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void keep_sending(struct connection *connection) {
    if (connection->state == CONNECTION_READY && connection->next_batch < connection->load->batches_count &&
        connection->acknowledged >= connection->next_batch)
        connection_send_next(connection);
}

// Milliseconds from the command on until the connection had ended, or something was last acknowledged on it.
static double revoke_one(struct siege *siege, size_t device) {
    struct connection connection;
    struct load load;
    int status = -1;
    load_init(&load, siege->fleet, device, 3, REVOKED_REPORTS, 1);
    connection_open(&connection, &siege->all, device, &load.outbox);
    until_ready(&connection, bench_now_s() + 60);
    connection.load = &load;
    connection.one_by_one = true;
    for (double until_s = bench_now_s() + 0.2; bench_now_s() < until_s;) {
        keep_sending(&connection);
        connections_step(&siege->all, STEP_MS);
    }
    if (connection.acknowledged == 0)
        bench_fail("nothing was sent before the revocation");
    double start_s = bench_now_s(), last_s = 0;
    pid_t pid = begin_to_revoke(siege, device);
    bool is_running = true;
    while (connection.state != CONNECTION_ENDED || is_running) {
        uint64_t acknowledged = connection.acknowledged;
        keep_sending(&connection);
        connections_step(&siege->all, STEP_MS);
        if (connection.acknowledged != acknowledged || connection.state != CONNECTION_ENDED)
            last_s = bench_now_s();
        is_running = is_running && waitpid(pid, &status, WNOHANG) == 0;
        if (bench_now_s() - start_s > TOLERANCE * REVOKED_MS / 1000.0)
            bench_fail("a device was not out %d ms after it was revoked", TOLERANCE * REVOKED_MS);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("rondctl device revoke failed");
    connection_close(&connection);
    load_deinit(&load);
    return (last_s - start_s) * 1000;
}

static double stored(const struct siege *siege) {
    return server_metric(&siege->server, "rond_reports_total{verdict=\"applied\"}");
}

// What was on its way to the committer when the last of them was put out comes in still.
static double stored_at_rest(const struct siege *siege) {
    double deadline_s = bench_now_s() + TOLERANCE * REVOKED_MS / 1000.0, before, now = stored(siege);
    do {
        before = now;
        (void)usleep(REST_US);
        now = stored(siege);
    } while (now != before && bench_now_s() < deadline_s);
    return now;
}

// Whoever was revoked comes again and again, and is told so each time.
static void come_again(struct siege *siege, size_t device) {
    struct connection connection;
    struct id128 outbox = an_outbox(50000 + device);
    connection_open(&connection, &siege->all, device, &outbox);
    until_ready(&connection, bench_now_s() + 60);
    if (connection.state == CONNECTION_READY || connection.refusal_code != CODE_DEVICE_REVOKED)
        bench_fail("a revoked device came in again, or was refused with %u", connection.refusal_code);
    connection_close(&connection);
}

static void revocations(struct siege *siege) {
    double took_ms[REVOKED];
    size_t first = siege->next_device;
    for (size_t i = 0; i < REVOKED; i++)
        took_ms[i] = revoke_one(siege, siege->next_device++);
    double before = stored_at_rest(siege);
    for (double until_s = bench_now_s() + WATCHED_MS / 1000.0; bench_now_s() < until_s;)
        for (size_t i = 0; i < REVOKED; i++)
            come_again(siege, first + i);
    if (stored(siege) != before)
        bench_fail("%.0f reports were taken in of devices that were revoked", stored(siege) - before);
    bench_figure(siege->bench, "siege", "out after rondctl device revoke, p50", bench_percentile(took_ms, REVOKED, 50),
                 "ms");
    bench_figure(siege->bench, "siege", "out after rondctl device revoke, worst", bench_percentile(took_ms, REVOKED, 100),
                 "ms");
}

// --- Sockets that say nothing ---

static int a_socket(int port, size_t number) {
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000101u + (uint32_t)(number % SILENT_ADDRESSES))};
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&from, sizeof from) != 0 ||
        (connect(descriptor, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS))
        bench_fail("socket %zu: %s", number, strerror(errno));
    return descriptor;
}

// One report of a device that was not connected; milliseconds.
static double visit(struct siege *siege, size_t device) {
    struct connection connection;
    struct load load;
    load_init(&load, siege->fleet, device, 3, 1, 1);
    double start_s = bench_now_s(), limit_s = start_s + TOLERANCE * HONEST_MS / 1000.0;
    connection_open(&connection, &siege->all, device, &load.outbox);
    until_ready(&connection, limit_s);
    connection_send_load(&connection, &load);
    while (!connection_is_through(&connection)) {
        connections_step(&siege->all, 100);
        if (bench_now_s() > limit_s || connection.state == CONNECTION_ENDED)
            bench_fail("a device could not sync within %d ms beside sockets that say nothing", TOLERANCE * HONEST_MS);
    }
    double took_ms = (bench_now_s() - start_s) * 1000;
    connection_close(&connection);
    load_deinit(&load);
    return took_ms;
}

static void sockets_that_say_nothing(struct siege *siege) {
    int *sockets = calloc(SILENT, sizeof *sockets);
    double took_ms[HONEST], before_mib = server_memory_kib(&siege->server) / 1024;
    CHECK(sockets != NULL);
    for (size_t i = 0; i < SILENT; i++)
        sockets[i] = a_socket(i % 2 == 0 ? siege->server.devices_port : siege->server.enrolment_port, i);
    for (size_t i = 0; i < HONEST; i++)
        took_ms[i] = visit(siege, siege->next_device++);
    bench_note("%d sockets say nothing, to the devices' and the enrolment port", SILENT);
    bench_figure(siege->bench, "siege", "connected and a report durable, p50", bench_percentile(took_ms, HONEST, 50), "ms");
    bench_figure(siege->bench, "siege", "connected and a report durable, worst", bench_percentile(took_ms, HONEST, 100),
                 "ms");
    bench_figure(siege->bench, "siege", "server memory for one of them",
                 (server_memory_kib(&siege->server) / 1024 - before_mib) * 1024 / SILENT, "KiB");
    for (size_t i = 0; i < SILENT; i++)
        close(sockets[i]);
    free(sockets);
}

void bench_siege(struct bench *bench, struct fleet *fleet) {
    struct siege siege = {.bench = bench, .fleet = fleet};
    char data[400];
    if (fleet->count <= REVOKED + HONEST)
        bench_fail("a siege takes more than %d devices", REVOKED + HONEST);
    bench_heading("Siege: a device is revoked while thousands are connected; thousands of sockets say nothing");
    server_prepare(bench, "siege", data, sizeof data);
    server_start(&siege.server, bench, data);
    connections_open(&siege.all, fleet, siege.server.devices_port);
    siege.all.may_end = true;
    connect_the_silent(&siege);
    revocations(&siege);
    sockets_that_say_nothing(&siege);
    for (size_t i = 0; i < siege.silent_count; i++)
        connection_close(&siege.silent[i]);
    connections_close(&siege.all);
    server_stop(&siege.server);
    free(siege.silent);
}
