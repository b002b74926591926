// TCP Fast Open in a network of its own: the transport against a peer whose listening socket takes data with the SYN, and
// the command `rond` against rondd. What went over the network is what the kernel has counted there.
#include "fast_open.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "auth/ca.h"
#include "base/clock.h"
#include "base/rng.h"
#include "support/name_server.h"
#include "support/peer.h"
#include "support/rondd.h"
#include "support/test.h"
#include "transport.h"
#include "wire/limits.h"

enum { WAIT_MS = 10000, ROOM = FRAME_BYTES_MAX + 16 };

static const char *test_program;
static bool may;

static struct {
    char directory[64];
    struct ca *ca;
    struct buffer chain, key, certificate;
    struct peer peer;
    struct keystore *keystore;
    struct bytes anchor;
    struct transport *transport;
    int connected, ended, received;
    size_t received_bytes;
    struct fault fault;
    uint8_t kept[2]; // "fast_open": how often it was lost, how many connections are to do without
    bool is_kept;
    struct rondd rondd;
    struct name_server names; // rond.test is 127.0.0.1, 127.0.0.2 and so on
} t;

// --- The network ---

static bool write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    bool written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
    if (file >= 0)
        close(file);
    return written;
}

static bool network_make(void) {
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING | IFF_LOOPBACK};
    char map[32];
    (void)snprintf(map, sizeof map, "0 %u 1", (unsigned)getuid());
    if (getuid() == 0 ? unshare(CLONE_NEWNET) != 0
                      : unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || !write_file("/proc/self/uid_map", map))
        return false;
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_up = descriptor >= 0 && ioctl(descriptor, SIOCSIFFLAGS, &loopback) == 0;
    if (descriptor >= 0)
        close(descriptor);
    return is_up && write_file("/proc/sys/net/ipv4/tcp_fastopen", "3");
}

// Bit 1: for who connects; bit 2: for who listens.
static void allow(const char *bits) {
    assert_true(write_file("/proc/sys/net/ipv4/tcp_fastopen", bits));
}

static unsigned long counted(const char *what) {
    char names[8192], values[8192], *name_at, *value_at;
    FILE *file = fopen("/proc/self/net/netstat", "r");
    assert_non_null(file);
    assert_non_null(fgets(names, sizeof names, file));
    assert_non_null(fgets(values, sizeof values, file));
    assert_int_equal(fclose(file), 0);
    char *name = strtok_r(names, " \n", &name_at), *value = strtok_r(values, " \n", &value_at);
    while (name && value && strcmp(name, what) != 0) {
        name = strtok_r(NULL, " \n", &name_at);
        value = strtok_r(NULL, " \n", &value_at);
    }
    assert_non_null(value);
    return strtoul(value, NULL, 10);
}

struct counts {
    unsigned long active, passive;
};
static struct counts counts(void) {
    return (struct counts){counted("TCPFastOpenActive"), counted("TCPFastOpenPassive")};
}
// Since then data went with that many SYNs and was taken.
static void assert_fast(struct counts then, unsigned long times) {
    assert_int_equal(counts().active - then.active, times);
    assert_int_equal(counts().passive - then.passive, times);
}

// Somebody on the way: drops what the program says, of TCP packets.
static void drop(const struct sock_filter *code, size_t count) {
    const struct sock_fprog program = {(unsigned short)count, (struct sock_filter *)(uintptr_t)code};
    assert_int_equal(setsockopt(t.peer.listener, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}
static void drop_syns_with_data(void) {
    static const struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13), // flags
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 7),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 12), // length of the header
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    drop(code, ARRAY_COUNT(code));
}
static void drop_all(void) {
    static const struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    drop(code, ARRAY_COUNT(code));
}
static void drop_nothing(void) {
    int unused = 0;
    assert_int_equal(setsockopt(t.peer.listener, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused), 0);
}

// --- The transport ---

static void connected(void *context, uint32_t credit_bytes) {
    UNUSED(context);
    UNUSED(credit_bytes);
    t.connected++;
}
static void received(void *context, struct bytes frame) {
    UNUSED(context);
    t.received++;
    t.received_bytes = frame.size;
}
static void writable(void *context) {
    UNUSED(context);
}
static void ended(void *context, enum rond_err err, const struct fault *fault) {
    UNUSED(context);
    UNUSED(err);
    t.ended++;
    t.fault = *fault;
}
static void answered(void *context, int http_status, struct bytes body) {
    UNUSED(context);
    UNUSED(http_status);
    UNUSED(body);
}
static void remember(void *context, const char *name, struct bytes value) {
    UNUSED(context);
    if (strncmp(name, "fast_open.", 10) != 0)
        return;
    assert_int_equal(value.size, sizeof t.kept);
    memcpy(t.kept, value.data, sizeof t.kept);
    t.is_kept = true;
}
static bool recall(void *context, const char *name, struct bytes *ret_value) {
    UNUSED(context);
    *ret_value = bytes_of(t.kept, sizeof t.kept);
    return t.is_kept && strncmp(name, "fast_open.", 10) == 0;
}

static int64_t mono_ms(void) {
    return clock_monotonic_ms(clock_system());
}

static void run_until(const int *counter, int count) {
    int64_t end_ms = mono_ms() + WAIT_MS;
    while (*counter < count && mono_ms() < end_ms) {
        struct pollfd wait = {.fd = transport_descriptor(t.transport), .events = POLLIN};
        int timeout_ms = transport_timeout_ms(t.transport);
        (void)poll(&wait, 1, timeout_ms < 0 || timeout_ms > 100 ? 100 : timeout_ms);
        transport_step(t.transport);
    }
    if (*counter < count)
        fail_msg("it did not happen (ended %d: %s)", t.ended, t.fault.text);
}

static void play_echo(struct peer *peer, SSL *ssl, int socket) {
    UNUSED(socket);
    uint8_t *room = malloc(ROOM);
    size_t size = 0;
    bool is_open = room && ssl && peer_upgrade(peer, ssl);
    for (int opcode; is_open && (opcode = peer_read_frame(ssl, room, ROOM, &size)) >= 0; is_open = opcode != 8)
        peer_frame(ssl, opcode == 8 ? 0x88 : 0x82, room, size);
    free(room);
}

static const char *const ADDRESSES[] = {"127.0.0.1", "::1"};

static void peer_begin(const char *address) {
    int waiting_max = 16;
    t.peer.play = play_echo;
    t.peer.address = address;
    peer_start(&t.peer, buffer_bytes(&t.chain), buffer_bytes(&t.key), t.ca);
    assert_int_equal(setsockopt(t.peer.listener, IPPROTO_TCP, TCP_FASTOPEN, &waiting_max, sizeof waiting_max), 0);
}

static void begin(const char *host, int port, int deadline_ms) {
    bool is_v6 = strchr(host, ':') != NULL;
    char url[64];
    const struct transport_tls tls = {
        .anchors = &t.anchor, .anchors_count = 1, .certificate = buffer_bytes(&t.certificate), .keystore = t.keystore};
    (void)snprintf(url, sizeof url, "wss://%s%s%s:%d", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
    assert_ok(transport_connect(t.transport, url, &tls, deadline_ms, NULL));
}

// One connection that stands and carries the largest frame both ways; how often a SYN was sent again for it, after a second
// the first time.
static unsigned long visit_by(const char *host) {
    static uint8_t frame[FRAME_BYTES_MAX];
    unsigned long before = counted("TCPSynRetrans");
    begin(host, t.peer.port, WAIT_MS);
    run_until(&t.connected, t.connected + 1);
    unsigned long again = counted("TCPSynRetrans") - before;
    assert_ok(transport_send(t.transport, bytes_of(frame, sizeof frame)));
    run_until(&t.received, t.received + 1);
    assert_int_equal(t.received_bytes, sizeof frame);
    transport_close(t.transport);
    run_until(&t.ended, t.ended + 1);
    return again;
}

static unsigned long visit(void) {
    return visit_by(t.peer.address);
}

static void assert_kept(unsigned lost, unsigned without) {
    assert_true(t.is_kept);
    assert_int_equal(t.kept[0], lost);
    assert_int_equal(t.kept[1], without);
}

static int setup(void **state) {
    UNUSED(state);
    static const char *const names[] = {"127.0.0.1", "::1", "rond.test"};
    const struct id128 device = {{1}};
    int64_t now_ms = clock_wall_ms(clock_system());
    rond_keystore files;
    struct bytes spki;
    memset(&t, 0, sizeof t);
    if (!may)
        return 0;
    strcpy(t.directory, "/tmp/rond-fast-XXXXXX");
    assert_non_null(mkdtemp(t.directory));
    assert_ok(ca_create(t.directory, "Rond CA test", rng_system(), now_ms, NULL));
    assert_ok(ca_open(t.directory, &t.ca, NULL));
    buffer_init(&t.chain, 64 * 1024);
    buffer_init(&t.key, 64 * 1024);
    buffer_init(&t.certificate, 64 * 1024);
    assert_ok(ca_issue_server(t.ca, names, ARRAY_COUNT(names), 30, rng_system(), now_ms, &t.chain, &t.key));
    assert_ok(rond_keystore_files(t.directory, &files, NULL));
    assert_ok(keystore_create(&files, &t.keystore));
    assert_ok(keystore_spki(t.keystore, &spki));
    assert_ok(ca_issue_device(t.ca, spki, &device, 14, rng_system(), now_ms, &t.certificate));
    t.anchor = ca_certificate(t.ca);
    const struct transport_events events = {.connected = connected,
                                            .received = received,
                                            .writable = writable,
                                            .ended = ended,
                                            .answered = answered,
                                            .remember = remember,
                                            .recall = recall};
    name_server_start(&t.names, NAME_OF_MANY);
    assert_ok(transport_create(&events, t.names.address, &t.transport));
    allow("3");
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    if (!may)
        return 0;
    char command[128];
    if (t.rondd.pid)
        rondd_end(&t.rondd);
    transport_destroy(t.transport);
    name_server_stop(&t.names);
    peer_stop(&t.peer);
    keystore_destroy(t.keystore);
    buffer_deinit(&t.chain);
    buffer_deinit(&t.key);
    buffer_deinit(&t.certificate);
    ca_close(t.ca);
    (void)snprintf(command, sizeof command, "rm -rf %s", t.directory);
    return system(command);
}

// --- Tests ---

static void the_first_bytes_go_with_the_syn_from_the_second_connection_on(void **state) {
    UNUSED(state);
    for (int v6 = 0; may && v6 <= 1; v6++) {
        peer_begin(ADDRESSES[v6]);
        struct counts then = counts();
        (void)visit();
        assert_fast(then, 0);
        (void)visit();
        assert_fast(then, 1);
        (void)visit();
        assert_fast(then, 2);
        assert_int_equal(atomic_load(&t.peer.handshakes), 3);
        assert_false(t.is_kept);
        peer_stop(&t.peer);
    }
}

static void where_one_end_does_not_allow_it_connections_are_made_as_ever(void **state) {
    UNUSED(state);
    static const char *const bits[] = {"0", "1", "2"};
    struct counts then = counts();
    for (size_t i = 0; may && i < ARRAY_COUNT(bits); i++) {
        allow(bits[i]);
        peer_begin("127.0.0.1");
        for (int k = 0; k < 2; k++)
            assert_int_equal(visit(), 0);
        assert_fast(then, 0);
        assert_false(t.is_kept);
        peer_stop(&t.peer);
    }
}

// The SYN is sent again without data after a second. It is not tried each time, and again once it goes through.
static void who_drops_such_syns_costs_a_second_now_and_then(void **state) {
    UNUSED(state);
    if (!may)
        return;
    peer_begin("127.0.0.1");
    (void)visit();
    struct counts then = counts();
    drop_syns_with_data();
    assert_int_equal(visit(), 1);
    assert_kept(1, 1);
    assert_int_equal(visit(), 0);
    assert_kept(1, 0);
    assert_int_equal(visit(), 1);
    assert_kept(2, 3);
    for (unsigned left = 3; left > 0; left--) {
        assert_int_equal(visit(), 0);
        assert_kept(2, left - 1);
    }
    drop_nothing();
    assert_fast(then, 0);
    assert_int_equal(visit(), 0);
    assert_fast(then, 1);
    assert_kept(0, 0);
}

static void where_nobody_answers_it_is_told_as_ever(void **state) {
    UNUSED(state);
    for (int v6 = 0; may && v6 <= 1; v6++) {
        peer_begin(ADDRESSES[v6]);
        (void)visit();
        int port = t.peer.port;
        drop_all();
        begin(ADDRESSES[v6], port, 300);
        run_until(&t.ended, t.ended + 1);
        assert_non_null(strstr(t.fault.text, "did not answer in time"));
        assert_kept(1, 1);
        peer_stop(&t.peer);
        for (int tried = 1; tried >= 0; tried--) { // with Fast Open, and without
            t.kept[1] = tried ? 0 : 1;
            begin(ADDRESSES[v6], port, WAIT_MS);
            run_until(&t.ended, t.ended + 1);
            assert_non_null(strstr(t.fault.text, "cannot be reached")); // not: did not answer in time
        }
        t.is_kept = false;
    }
}

static void where_one_address_refuses_the_next_is_tried(void **state) {
    UNUSED(state);
    if (!may)
        return;
    peer_begin("127.0.0.1"); // of which the kernel has a cookie then, whatever the port
    (void)visit();
    peer_stop(&t.peer);
    peer_begin("127.0.0.3");
    assert_int_equal(visit_by("rond.test"), 0);
    assert_kept(1, 0); // lost with the first address; the third, without, stood
}

static void run(const char *format, ...) {
    char command[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    if (system(command) != 0)
        fail_msg("%s", command);
}

static void a_handheld_that_comes_back_to_rondd_is_a_round_trip_nearer(void **state) {
    UNUSED(state);
    if (!may)
        return;
    char bin[256];
    const char *slash = strrchr(test_program, '/');
    assert_int_equal(setenv("ROND_AS_ROOT", "1", 1), 0);
    rondd_start(&t.rondd, test_program, "");
    (void)snprintf(bin, sizeof bin, "%.*s/../..", slash ? (int)(slash - test_program) : 1, slash ? test_program : ".");
    run("exec >/dev/null 2>&1; '%s/rondctl' --data %s device code --organisation polisen --area lund --role police_officer |"
        " '%s/rond' --dir %s/held enrol https://127.0.0.1:%d - --name held",
        bin, t.rondd.lund.directory, bin, t.directory, t.rondd.enrolment_port);
    run("'%s/rond' --dir %s/held sync --deadline 15", bin, t.directory);
    struct counts then = counts();
    for (unsigned long times = 1; times <= 2; times++) {
        run("'%s/rond' --dir %s/held report check --of cyclist_behaviour --form targeted --checked 12 --place stortorget",
            bin, t.directory);
        run("'%s/rond' --dir %s/held sync --deadline 15 | grep -q '1 acknowledged, 0 waiting'", bin, t.directory);
        assert_fast(then, times);
    }
}

int main(int count, char **arguments) {
    UNUSED(count);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_first_bytes_go_with_the_syn_from_the_second_connection_on),
        TEST(where_one_end_does_not_allow_it_connections_are_made_as_ever),
        TEST(who_drops_such_syns_costs_a_second_now_and_then),
        TEST(where_nobody_answers_it_is_told_as_ever),
        TEST(where_one_address_refuses_the_next_is_tried),
        TEST(a_handheld_that_comes_back_to_rondd_is_a_round_trip_nearer),
    };
    test_program = arguments[0];
    may = network_make();
    if (!may)
        print_message("passed over: no network of its own can be made here (%s)\n", strerror(errno));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
