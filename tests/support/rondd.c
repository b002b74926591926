#include "support/rondd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "store/shape.h"
#include "support/test.h"
#include "wire/codec.h"
#include "wire/limits.h"

enum { READ_MS = 10 * 1000, START_MS = 20 * 1000, RECORDS_MAX = 1000 };

static char program_path[256];

static void sleep_ms(long ms) {
    struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&wait, NULL);
}

static int64_t wall_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double metric_in(struct buffer *metrics, const char *name) {
    double value = 0;
    size_t size = strlen(name);
    for (const char *line = buffer_text(metrics); line; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (!strncmp(line, name, size) && line[size] == ' ')
            value = strtod(line + size + 1, NULL);
    }
    return value;
}

// --- The server ---

// support/lund.h registers keys under hashes of its own; TLS finds them by the real ones.
static void register_keys(struct lund *lund) {
    lund_begin(lund);
    for (unsigned i = 0; i < LUND_DEVICES; i++) {
        uint8_t *spki = NULL;
        size_t size = 0;
        assert_ok(sign_key_spki(lund_key(i), &spki, &size));
        struct device_key key = {
            .device = lund_device(i), .spki = bytes_of(spki, size), .current = true, .since_ms = lund->now_ms};
        SHA256(spki, size, key.spki_hash.b);
        assert_ok(lund->store->registry->key_put(lund->store, &key));
        free(spki);
    }
    lund_commit(lund);
}

static void write_config(struct rondd *rondd, const char *limits) {
    (void)snprintf(rondd->config_path, sizeof rondd->config_path, "%s/rondd.conf", rondd->lund.directory);
    FILE *file = fopen(rondd->config_path, "w");
    assert_non_null(file);
    fprintf(file,
            "[server]\ndata_dir = %s\nhostnames = localhost, 127.0.0.1\n[listen]\ndevices = 127.0.0.1:0\n"
            "enrolment = 127.0.0.1:0\noperations = 127.0.0.1:0\n[limits]\n%s\n[log]\nlevel = %s\n",
            rondd->lund.directory, limits, getenv("RONDD_LOG") ? getenv("RONDD_LOG") : "warn");
    assert_int_equal(fclose(file), 0);
}

static bool read_ports(struct rondd *rondd) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s/ports", rondd->lund.directory);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    int read = fscanf(file, "devices=%d enrolment=%d operations=%d", &rondd->devices_port, &rondd->enrolment_port,
                      &rondd->operations_port);
    fclose(file);
    return read == 3;
}

// A server that ends a connection while the test writes to it is an answer, not the end of the test.
void rondd_spawn(struct rondd *rondd) {
    (void)signal(SIGPIPE, SIG_IGN);
    rondd->pid = fork();
    assert_true(rondd->pid >= 0);
    if (rondd->pid == 0) {
        (void)signal(SIGPIPE, SIG_DFL);
        // Under the address sanitizer: whole stacks, so that what libwebsockets leaks at its end is known from ours.
        setenv("ROND_AS_ROOT", "1", 1); // server/privileges.h: where the tests are run by root
        setenv("ASAN_OPTIONS", "fast_unwind_on_malloc=0", 0);
        setenv("LSAN_OPTIONS", "print_suppressions=0:suppressions=tests/support/rondd_leaks.txt", 0);
        if (rondd->log_path[0] && !freopen(rondd->log_path, "a", stderr))
            _exit(126);
        execl(program_path, "rondd", "--config", rondd->config_path, (char *)NULL);
        _exit(127);
    }
}

void rondd_start_again(struct rondd *rondd) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s/ports", rondd->lund.directory);
    (void)unlink(path);
    rondd_spawn(rondd);
    rondd_await(rondd);
}

void rondd_await(struct rondd *rondd) {
    struct buffer body;
    buffer_init(&body, 4096);
    int waited_ms = 0;
    while (!read_ports(rondd) || rondd_get(rondd, "/readyz", &body) != 200) {
        int status = 0;
        if (waited_ms > START_MS || waitpid(rondd->pid, &status, WNOHANG) == rondd->pid)
            fail_msg("rondd did not start");
        sleep_ms(20);
        waited_ms += 20;
    }
    buffer_deinit(&body);
}

static void find_program(const char *test_program) {
    const char *slash = strrchr(test_program, '/');
    (void)snprintf(program_path, sizeof program_path, "%.*s/../../rondd", slash ? (int)(slash - test_program) : 1,
                   slash ? test_program : ".");
}

void rondd_start_kept(struct rondd *rondd, const char *test_program, const char *take_directory) {
    struct fault fault = {0};
    *rondd = (struct rondd){0};
    find_program(test_program);
    (void)snprintf(rondd->lund.directory, sizeof rondd->lund.directory, "%s", take_directory);
    assert_ok(ca_open(take_directory, &rondd->ca, &fault));
    write_config(rondd, "");
    rondd_start_again(rondd);
}

void rondd_start(struct rondd *rondd, const char *test_program, const char *limits) {
    *rondd = (struct rondd){0};
    find_program(test_program);
    struct fault fault = {0};
    lund_open(&rondd->lund);
    register_keys(&rondd->lund);
    store_close(rondd->lund.store);
    rondd->lund.store = NULL;
    assert_ok(ca_create(rondd->lund.directory, "Rond test CA", rng_system(), wall_now_ms(), &fault));
    assert_ok(ca_open(rondd->lund.directory, &rondd->ca, &fault));
    write_config(rondd, limits);
    rondd_start_again(rondd);
}

static int exit_of(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void check_store(const struct rondd *rondd) {
    struct store *store = NULL;
    struct store_counts counts;
    struct fault fault = {0};
    if (store_open_sqlite(rondd->lund.directory, STORE_READ_ONLY, rng_system(), &store, &fault) != ROND_OK)
        return; // the test has seen to that
    enum rond_err err = store->views->counts(store, &counts);
    store_close(store);
    if (!err && !store_counts_add_up(&counts))
        fail_msg("the store's counters do not add up: received %llu, reports %llu, lost %llu",
                 (unsigned long long)counts.received, (unsigned long long)counts.reports, (unsigned long long)counts.lost);
}

void rondd_check_counters(const struct rondd *rondd) {
    static const char *const OUTCOMES[] = {"applied", "quarantined", "repeated", "forked", "lost", "refused", "failed"};
    struct buffer body;
    buffer_init(&body, 1024 * 1024);
    assert_int_equal(rondd_get(rondd, "/metrics", &body), 200);
    double sum = metric_in(&body, "rond_reports_in_flight");
    for (size_t i = 0; i < ARRAY_COUNT(OUTCOMES); i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "rond_reports_total{verdict=\"%s\"}", OUTCOMES[i]);
        sum += metric_in(&body, name);
    }
    double received = metric_in(&body, "rond_reports_received_total");
    double agree = metric_in(&body, "rond_counters_agree");
    buffer_deinit(&body);
    if (received != sum || agree != 1)
        fail_msg("received %.0f reports, and what became of them is %.0f; agree %.0f", received, sum, agree);
}

int rondd_stop(struct rondd *rondd, int signal_number) {
    kill(rondd->pid, signal_number);
    int code = exit_of(rondd->pid);
    rondd->pid = 0;
    check_store(rondd);
    return code;
}

void rondd_end(struct rondd *rondd) {
    if (rondd->pid) {
        rondd_check_counters(rondd);
        assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    }
    ca_close(rondd->ca);
    lund_close(&rondd->lund);
}

int rondd_run(struct rondd *rondd, const char *const *arguments, struct buffer *ret_text) {
    UNUSED(rondd);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("ROND_AS_ROOT", "1", 1);
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        execv(program_path, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(ends[1]);
    char text[1024];
    for (ssize_t size; (size = read(ends[0], text, sizeof text)) > 0;)
        if (ret_text)
            assert_ok(buffer_append(ret_text, bytes_of(text, (size_t)size)));
    close(ends[0]);
    return exit_of(pid);
}

// --- Operations and control ---

int rondd_get(const struct rondd *rondd, const char *path, struct buffer *ret_body) {
    buffer_clear(ret_body);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)rondd->operations_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    char text[4096];
    int size = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    struct buffer answer;
    buffer_init(&answer, 1024 * 1024);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(descriptor, text, (size_t)size) == size)
        for (ssize_t got; (got = read(descriptor, text, sizeof text)) > 0;)
            assert_ok(buffer_append(&answer, bytes_of(text, (size_t)got)));
    close(descriptor);
    int status = 0;
    (void)sscanf(buffer_text(&answer), "HTTP/1.1 %d", &status);
    const char *body = strstr(buffer_text(&answer), "\r\n\r\n");
    if (body)
        assert_ok(buffer_append(ret_body, bytes_of_text(body + 4)));
    buffer_deinit(&answer);
    return status;
}

double rondd_metric(const struct rondd *rondd, const char *name) {
    struct buffer body;
    buffer_init(&body, 1024 * 1024);
    assert_int_equal(rondd_get(rondd, "/metrics", &body), 200);
    double value = metric_in(&body, name);
    buffer_deinit(&body);
    return value;
}

void rondd_control(const struct rondd *rondd, const char *json, struct buffer *ret_line) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/control.sock", rondd->lund.directory);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(descriptor, json, strlen(json)), strlen(json));
    assert_int_equal(write(descriptor, "\n", 1), 1);
    char c;
    bool is_last = false;
    buffer_clear(ret_line);
    while (!is_last && read(descriptor, &c, 1) == 1) {
        if (c != '\n') {
            assert_ok(buffer_append(ret_line, bytes_of(&c, 1)));
            continue;
        }
        is_last = strstr(buffer_text(ret_line), "\"ok\":") != NULL;
        if (!is_last)
            buffer_clear(ret_line);
    }
    close(descriptor);
}

void rondd_revoke(const struct rondd *rondd, unsigned device, const char *how) {
    struct id128 id = lund_device(device);
    char hex[2 * ID_SIZE + 1], json[256];
    hex_encode(bytes_of(id.b, sizeof id.b), hex);
    (void)snprintf(json, sizeof json, "{\"command\":\"device.revoke\",\"device\":\"%s\",\"how\":\"%s\"}", hex, how);
    struct buffer line;
    buffer_init(&line, 64 * 1024);
    rondd_control(rondd, json, &line);
    assert_non_null(strstr(buffer_text(&line), "\"ok\":true"));
    buffer_deinit(&line);
}

// --- Handsets ---

void handset_init(struct handset *handset, struct rondd *rondd, unsigned number) {
    *handset = (struct handset){.rondd = rondd, .number = number, .client = {.socket = -1}};
    handset->device = lund_device(number);
    arena_init(&handset->arena, 64 * 1024 * 1024);
    buffer_init(&handset->certificate, 8192);
    rng_fill(rng_system(), &handset->outbox, sizeof handset->outbox);
    rng_fill(rng_system(), &handset->seed, sizeof handset->seed);
    chain_init(&handset->chain, &handset->seed);
    uint8_t *spki = NULL;
    size_t size = 0;
    assert_ok(sign_key_spki(lund_key(number), &spki, &size));
    assert_ok(ca_issue_device(rondd->ca, bytes_of(spki, size), &handset->device, 14, rng_system(), wall_now_ms(),
                              &handset->certificate));
    free(spki);
}

void handset_deinit(struct handset *handset) {
    handset_disconnect(handset);
    buffer_deinit(&handset->certificate);
    arena_deinit(&handset->arena);
}

struct ws_options handset_options(const struct handset *handset) {
    return (struct ws_options){.port = handset->rondd->devices_port,
                               .trusted_ca = ca_certificate(handset->rondd->ca),
                               .certificate = buffer_bytes(&handset->certificate),
                               .key = sign_key_evp(lund_key(handset->number))};
}

bool handset_connect(struct handset *handset) {
    handset_disconnect(handset);
    struct ws_options options = handset_options(handset);
    handset->connected = true;
    return ws_open(&handset->client, &options);
}

void handset_disconnect(struct handset *handset) {
    if (handset->connected)
        ws_destroy(&handset->client);
    handset->connected = false;
}

void handset_send_frame(struct handset *handset, const Rond__V1__Frame *frame) {
    struct buffer bytes;
    buffer_init(&bytes, FRAME_BYTES_MAX);
    assert_ok(codec_frame_encode(frame, &bytes));
    assert_true(ws_send(&handset->client, WS_FINAL | WS_BINARY, buffer_bytes(&bytes)));
    buffer_deinit(&bytes);
}

static ProtobufCBinaryData data_of(const void *data, size_t size) {
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)data};
}

void handset_hello(struct handset *handset, uint32_t protocol) {
    static const struct hash256 ZERO;
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    hello.protocol = protocol;
    hello.device = data_of(handset->device.b, ID_SIZE);
    hello.outbox = data_of(handset->outbox.b, ID_SIZE);
    hello.watermark = handset->chain.seq;
    hello.head = data_of(handset->chain.seq ? handset->chain.head.b : ZERO.b, HASH_SIZE);
    hello.last_seq = handset->chain.seq;
    hello.wall_ms = wall_now_ms();
    hello.boot_id = 1;
    hello.monotonic_ms = 1000000;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &hello;
    handset_send_frame(handset, &frame);
}

void handset_batch(struct handset *handset, unsigned count) {
    static struct record records[RECORDS_MAX];
    CHECK(count <= RECORDS_MAX);
    for (unsigned i = 0; i < count; i++)
        records[i] = sample_record(&handset->arena, ROND__V1__KIND__KIND_CHECK, (unsigned)(handset->chain.seq + i) % 20);
    handset_records(handset, records, count);
}

void handset_records(struct handset *handset, const struct record *records, unsigned count) {
    uint64_t first = handset->chain.seq + 1;
    for (unsigned i = 0; i < count; i++)
        chain_append(&handset->chain, &records[i], NULL, NULL);
    struct buffer scratch;
    buffer_init(&scratch, BATCH_RECORDS_BYTES_MAX);
    Rond__V1__Batch batch = ROND__V1__BATCH__INIT;
    assert_ok(codec_records_encode(records, count, 0, &scratch, &batch));
    struct statement statement;
    struct signature signature;
    statement_batch(&statement, &handset->device, &handset->outbox, first, handset->chain.seq, &handset->chain.head);
    assert_ok(signature_make(lund_key(handset->number), &statement, &signature));
    batch.first_seq = first;
    batch.count = count;
    batch.head = data_of(handset->chain.head.b, HASH_SIZE);
    batch.signature = data_of(signature.b, SIGNATURE_SIZE);
    if (first == 1)
        batch.chain_seed = data_of(handset->seed.b, HASH_SIZE);
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    frame.kind_case = ROND__V1__FRAME__KIND_BATCH;
    frame.batch = &batch;
    handset_send_frame(handset, &frame);
    buffer_deinit(&scratch);
}

const Rond__V1__Frame *handset_next(struct handset *handset) {
    struct buffer payload;
    struct fault fault;
    Rond__V1__Frame *frame = NULL;
    int opcode;
    buffer_init(&payload, FRAME_BYTES_MAX);
    while ((opcode = ws_read(&handset->client, READ_MS, &payload)) >= 0 && opcode != WS_BINARY && opcode != WS_CLOSE)
        continue;
    if (opcode == WS_BINARY)
        assert_ok(codec_frame_decode(&handset->arena, buffer_bytes(&payload), &frame, &fault));
    buffer_deinit(&payload);
    return frame;
}

const Rond__V1__Frame *handset_expect(struct handset *handset, Rond__V1__Frame__KindCase kind) {
    const Rond__V1__Frame *frame;
    while ((frame = handset_next(handset)) && frame->kind_case != kind)
        continue;
    return frame;
}

bool handset_acknowledged(struct handset *handset) {
    for (const Rond__V1__Frame *frame; (frame = handset_expect(handset, ROND__V1__FRAME__KIND_VERDICTS));)
        if (frame->verdicts->watermark == handset->chain.seq)
            return true;
    return false;
}
