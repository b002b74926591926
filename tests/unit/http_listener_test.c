// The plain HTTP side and the admissions before it, in one process: libwebsockets on the test's own loop, a clock that the
// test turns, and requests written by hand.
//
// Tests: server/net/http_listener.c server/net/admission.c server/net/network.c
#include "net/http_listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/ca.h"
#include "net/listening.h"
#include "net/network.h"
#include "support/loop.h"
#include "wire/limits.h"

enum { BODY_MAX = 1000, CONNECTIONS_MAX = 4, EXTRA = 1, REQUESTS_A_MINUTE = 3, LARGE = 100 * 1000 };
enum { SWEEP_MS = 500, HUGE = 8 * 1024 * 1024 }; // more than the kernel takes for who does not read

static uv_loop_t loop;
static struct network network;
static struct admissions admissions;
static struct listening *listening;
static struct http_listener listener, unused;
static struct device_listener devices;
static struct ticket_keys ticket_keys;
static char directory[64];
static struct ca *ca;
static int64_t now_ms;
static size_t extra;

static struct http_exchange *kept;
static size_t asked, gone;
static enum http_method method;
static char asked_path[HTTP_PATH_SIZE], asked_body[BODY_MAX + 1];

static int64_t clock_now(void *context) {
    UNUSED(context);
    return now_ms;
}
static uint64_t clock_boot(void *context) {
    UNUSED(context);
    return 1;
}
static const struct clock hand_clock = {.wall_ms = clock_now, .monotonic_ms = clock_now, .boot_id = clock_boot};

static void requested(void *context, struct http_exchange *exchange, enum http_method how, const char *path,
                      struct bytes body) {
    UNUSED(context);
    asked++;
    method = how;
    (void)snprintf(asked_path, sizeof asked_path, "%s", path);
    (void)snprintf(asked_body, sizeof asked_body, "%.*s", (int)body.size, (const char *)body.data);
    if (!strcmp(path, "/later")) {
        kept = exchange;
        http_exchange_set_owner(exchange, &kept);
    } else if (!strcmp(path, "/large")) {
        static char large[LARGE];
        memset(large, 'x', sizeof large);
        http_exchange_answer(exchange, 200, "text/plain", bytes_of(large, sizeof large));
    } else if (!strcmp(path, "/stream")) {
        kept = exchange;
        http_exchange_set_owner(exchange, &kept);
        http_exchange_stream(exchange, "text/event-stream");
    } else if (!strcmp(path, "/lasting")) {
        static char lasting[LARGE];
        memset(lasting, 'l', sizeof lasting);
        assert_true(http_exchange_header(exchange, "cache-control:", "max-age=7"));
        http_exchange_answer_lasting(exchange, 200, "text/plain", bytes_of(lasting, sizeof lasting));
    } else if (!strcmp(path, "/huge")) {
        static char huge[HUGE];
        memset(huge, 'h', sizeof huge);
        http_exchange_answer_lasting(exchange, 200, "text/plain", bytes_of(huge, sizeof huge));
    } else if (!strcmp(path, "/empty")) {
        http_exchange_answer(exchange, 503, "text/plain", bytes_of(NULL, 0));
    } else {
        http_exchange_answer(exchange, 200, "text/plain", bytes_of_text("here you are\n"));
    }
}

static void asker_gone(void *context, void *owner) {
    UNUSED(context);
    assert_ptr_equal(owner, &kept);
    kept = NULL;
    gone++;
}

static void accepted(void *context, int take_descriptor, const struct sockaddr *address) {
    UNUSED(context);
    admission_enter(&admissions, network.vhosts[NETWORK_OPERATIONS], take_descriptor, address, extra);
}

static void path_in(const char *name, char *ret_path, size_t size) {
    (void)snprintf(ret_path, size, "%s/%s", directory, name);
}

static void write_pem(const char *name, struct bytes pem) {
    char path[96];
    path_in(name, path, sizeof path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(pem.data, 1, pem.size, file), pem.size);
    assert_int_equal(fclose(file), 0);
}

static void make_certificates(void) {
    static const char *const names[] = {"localhost"};
    struct buffer certificates, key;
    buffer_init(&certificates, 64 * 1024);
    buffer_init(&key, 64 * 1024);
    int64_t wall_ms = clock_wall_ms(clock_system());
    strcpy(directory, "/tmp/rond-http-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_ok(ca_create(directory, "Rond test CA", rng_system(), wall_ms, NULL));
    assert_ok(ca_open(directory, &ca, NULL));
    assert_ok(ca_issue_server(ca, names, 1, 30, rng_system(), wall_ms, &certificates, &key));
    write_pem("server.crt", buffer_bytes(&certificates));
    write_pem("server.key", buffer_bytes(&key));
    buffer_deinit(&certificates);
    buffer_deinit(&key);
}

static enum rond_err open_network(const char *certificate, struct fault *fault) {
    char certificate_path[96], key_path[96], ca_path[96];
    path_in(certificate, certificate_path, sizeof certificate_path);
    path_in("server.key", key_path, sizeof key_path);
    path_in("ca.crt", ca_path, sizeof ca_path);
    const struct network_config config = {.loop = &loop,
                                          .certificate_path = certificate_path,
                                          .key_path = key_path,
                                          .ca_path = ca_path,
                                          .device_listener = &devices,
                                          .enrolment = &unused,
                                          .operations = &listener};
    return network_open(&network, &config, fault);
}

static int setup(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    make_certificates();
    now_ms = 1000000;
    asked = gone = extra = 0;
    kept = NULL;
    assert_int_equal(uv_loop_init(&loop), 0);
    listener =
        (struct http_listener){.requested = requested, .gone = asker_gone, .body_bytes_max = BODY_MAX, .clock = &hand_clock};
    unused = (struct http_listener){.requested = requested, .ticket_keys = &ticket_keys, .clock = &hand_clock};
    devices = (struct device_listener){
        .authorities = {ca_certificate(ca)}, .authorities_count = 1, .ticket_keys = &ticket_keys, .clock = &hand_clock};
    assert_ok(admissions_init(&admissions, CONNECTIONS_MAX, 100, REQUESTS_A_MINUTE, &hand_clock, rng_system()));
    assert_ok(open_network("server.crt", &fault));
    assert_ok(listening_open(&loop, "127.0.0.1", 0, accepted, NULL, &listening, &fault));
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    listening_close(listening);
    network_close(&network);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    network_close(&network); // on a foreign loop it frees itself when told again
    loop_end(&loop);
    assert_int_equal(admissions.count, 0);
    admissions_deinit(&admissions);
    ca_close(ca);
    static const char *const files[] = {"server.crt", "server.key", "ca.crt", "ca.key"};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        char path[96];
        path_in(files[i], path, sizeof path);
        assert_int_equal(unlink(path), 0);
    }
    return rmdir(directory);
}

static int connect_here(void) {
    return connect_loopback(listening_port(listening));
}

// Whose kernel takes little that is not read.
static int connect_narrowly(void) {
    static const int size = 256 * 1024;
    int client = connect_here();
    assert_int_equal(setsockopt(client, SOL_SOCKET, SO_RCVBUF, &size, sizeof size), 0);
    return client;
}

// All that comes until the other side closes.
static const char *answer_of(int descriptor) {
    static char text[LARGE + 4096];
    size_t used = 0;
    text[0] = '\0';
    loop_until(&loop, !take_text(descriptor, text, sizeof text, &used));
    close(descriptor);
    return text;
}

static const char *ask(const char *request) {
    int client = connect_here();
    send_text(client, request);
    return answer_of(client);
}

#define loop_until_swept(condition) loop_until(&loop, (admissions_sweep(&admissions), (condition)))

static void assert_status(const char *answer, int status) {
    int found = 0;
    (void)sscanf(answer, "HTTP/1.1 %d", &found);
    if (found != status)
        fail_msg("%d is not %d: %.200s", found, status, answer);
}

#define HOST " HTTP/1.1\r\nHost: localhost\r\n"

static void a_get_is_asked_with_its_path_and_answered_once(void **state) {
    UNUSED(state);
    const char *answer = ask("GET /here" HOST "\r\n");
    assert_status(answer, 200);
    assert_non_null(strstr(answer, "\r\n\r\nhere you are\n"));
    assert_non_null(strstr(answer, "no-store"));
    assert_non_null(strstr(answer, "content-type: text/plain\r\n"));
    assert_int_equal(method, HTTP_GET);
    assert_string_equal(asked_path, "/here");
    assert_string_equal(asked_body, "");
    assert_int_equal(listener.requests, 1);
}

static void a_post_is_asked_with_its_whole_body_however_it_comes(void **state) {
    UNUSED(state);
    int client = connect_here();
    for (const char *at = "POST /here" HOST "Content-Length: 11\r\n\r\nhello world"; *at; at++) {
        assert_int_equal(asked, 0);
        send_text(client, (char[]){*at, '\0'});
        loop_turn(&loop);
    }
    assert_status(answer_of(client), 200);
    assert_int_equal(method, HTTP_POST);
    assert_string_equal(asked_body, "hello world");
}

#define DIGITS_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define DIGITS_512 DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64 DIGITS_64

static void what_does_not_fit_is_refused_and_not_asked(void **state) {
    UNUSED(state);
    static const struct {
        const char *request;
        int status;
    } cases[] = {
        {"POST /here" HOST "Content-Length: 1001\r\n\r\n", 413},
        {"POST /here" HOST "Content-Length: 99999999999999999999\r\n\r\n", 413},
        {"POST /here" HOST "Content-Length: -1\r\n\r\n", 413},
        {"POST /here" HOST "Content-Length: 5x\r\n\r\n", 413},
        {"POST /here" HOST "\r\n", 413},
        {"POST /here" HOST "Transfer-Encoding: chunked\r\n\r\n", 411},
        {"POST /here" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 411},
        {"GET /here" HOST "Transfer-Encoding: chunked\r\n\r\n", 411},
        {"GET /" DIGITS_512 HOST "\r\n", 414},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        assert_status(ask(cases[i].request), cases[i].status);
        assert_int_equal(asked, 0);
        assert_int_equal(listener.refused, i + 1);
    }
}

// Whatever comes, the connection ends, nothing is asked and nothing leaks.
static void nonsense_ends_the_connection(void **state) {
    UNUSED(state);
    static const char *const requests[] = {
        "\r\n\r\n",
        "nonsense\r\n\r\n",
        "BREW /here" HOST "\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02\x05\x01\x05\x02\x05\x03\x03\r\n\r\n",
        "GET /here" HOST "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: http\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(requests); i++) {
        int client = connect_here();
        send_text(client, requests[i]);
        loop_turn_for(&loop, 50);
        now_ms += HANDSHAKE_DEADLINE_MS + HTTP_ANSWER_DEADLINE_MS + 1;
        admissions_sweep(&admissions);
        assert_null(strstr(answer_of(client), " 200 "));
        loop_until(&loop, admissions.count == 0);
    }
    assert_int_equal(asked, 0);
}

static void an_answer_beyond_one_packet_comes_whole(void **state) {
    UNUSED(state);
    const char *answer = ask("GET /large" HOST "\r\n");
    assert_status(answer, 200);
    const char *body = strstr(answer, "\r\n\r\n");
    assert_non_null(body);
    assert_int_equal(strlen(body + 4), LARGE);
}

static void an_answer_that_lasts_comes_whole_and_may_be_kept(void **state) {
    UNUSED(state);
    const char *answer = ask("GET /lasting" HOST "\r\n");
    assert_status(answer, 200);
    assert_non_null(strstr(answer, "cache-control: max-age=7\r\n"));
    assert_null(strstr(answer, "no-store"));
    assert_int_equal(strlen(strstr(answer, "\r\n\r\n") + 4), LARGE);
}

// Until that has come; what came before stays.
static const char *answer_up_to(int descriptor, char *room, size_t room_size, size_t *used, const char *end) {
    loop_until(&loop, (take_text(descriptor, room, room_size, used), strstr(room, end) != NULL));
    return room;
}

static void a_kept_connection_takes_one_request_after_another(void **state) {
    UNUSED(state);
    static char room[3 * LARGE];
    size_t used = 0;
    listener.keeps_connections = true;
    int client = connect_here();
    room[0] = '\0';
    send_text(client, "GET /here" HOST "\r\n");
    assert_status(answer_up_to(client, room, sizeof room, &used, "here you are\n"), 200);
    assert_null(strstr(room, "connection: close"));
    send_text(client, "POST /here" HOST "Content-Length: 5\r\n\r\nhello");
    loop_until(&loop, asked == 2);
    assert_string_equal(asked_body, "hello");
    room[used = 0] = '\0';
    assert_status(answer_up_to(client, room, sizeof room, &used, "here you are\n"), 200);
    room[used = 0] = '\0';
    send_text(client, "GET /empty" HOST "\r\n");
    assert_status(answer_up_to(client, room, sizeof room, &used, "\r\n\r\n"), 503);
    room[used = 0] = '\0';
    send_text(client, "GET /large" HOST "\r\n");
    loop_until(&loop, (take_text(client, room, sizeof room, &used), used > LARGE));
    room[used = 0] = '\0';
    send_text(client, "POST /here" HOST "Content-Length: 5000\r\n\r\n"); // its body is not read: no request may follow
    assert_status(answer_of(client), 413);
    assert_int_equal(asked, 4);
    loop_until(&loop, admissions.count == 0);
}

// libwebsockets takes no notice of such a body, or of how long it is said to be, and would read it as the next request.
static void a_get_that_may_have_a_body_is_the_last_on_its_connection(void **state) {
    UNUSED(state);
    static const struct {
        const char *header;
        int status;
    } cases[] = {
        {"Content-Length: 0\r\n", 200},
        {"Content-Length: 31\r\n", 200},
        {"Content-Length: 00000000000000000000000000000000000000031\r\n", 200},
        {"Transfer-Encoding: chunked\r\n", 411},
        {"Transfer-Encoding:\r\n", 411},
        {"Transfer-Encoding: identity\r\nContent-Length: 31\r\n", 411},
    };
    listener.keeps_connections = true;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char request[400];
        (void)snprintf(request, sizeof request, "GET /here" HOST "%s\r\nGET /hidden" HOST "\r\n", cases[i].header);
        const char *answer = ask(request);
        if (answer[0] != '\0') // reset, where more came than was read
            assert_status(answer, cases[i].status);
        assert_null(strstr(answer + 1, "HTTP/1.1 "));
        assert_string_not_equal(asked_path, "/hidden");
        loop_until(&loop, admissions.count == 0);
    }
    assert_int_equal(asked, 3);
}

static void a_kept_connection_that_asks_nothing_more_ends(void **state) {
    UNUSED(state);
    char room[4096] = "";
    size_t used = 0;
    listener.keeps_connections = true;
    int client = connect_here();
    send_text(client, "GET /here" HOST "\r\n");
    answer_up_to(client, room, sizeof room, &used, "here you are\n");
    loop_turn_for(&loop, 20);
    assert_int_equal(admissions.count, 1);
    now_ms += HTTP_NEXT_DEADLINE_MS + 1;
    admissions_sweep(&admissions);
    loop_turn_for(&loop, 200);
    assert_int_equal(admissions.count, 0);
    close(client);
}

static void a_stream_goes_on_until_either_side_ends_it(void **state) {
    UNUSED(state);
    char room[8192] = "";
    size_t used = 0;
    listener.keeps_connections = true;
    int client = connect_here();
    send_text(client, "GET /stream" HOST "\r\n");
    answer_up_to(client, room, sizeof room, &used, "\r\n\r\n");
    assert_null(strstr(room, "content-length"));
    struct http_exchange *stream = kept;
    for (int i = 0; i < 3; i++) {
        char event[32];
        (void)snprintf(event, sizeof event, "data: %d\n\n", i);
        assert_true(http_exchange_stream_write(stream, bytes_of_text(event)));
        answer_up_to(client, room, sizeof room, &used, event);
        now_ms += HTTP_ANSWER_DEADLINE_MS + 1;
        admissions_sweep(&admissions);
    }
    http_exchange_stream_end(stream);
    loop_turn_for(&loop, 200);
    assert_false(take_text(client, room, sizeof room, &used));
    close(client);
    kept = NULL;
    int other = connect_here();
    send_text(other, "GET /stream" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    loop_turn_for(&loop, 20);
    close(other);
    loop_until_swept(gone == 1);
    assert_null(kept);
}

static void who_reads_a_stream_too_slowly_is_told_of(void **state) {
    UNUSED(state);
    static const char event[1000] = {'x'};
    int client = connect_here();
    send_text(client, "GET /stream" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    size_t taken = 0;
    while (http_exchange_stream_write(kept, bytes_of(event, sizeof event)))
        taken++;
    assert_int_equal(taken, HTTP_STREAM_BYTES_MAX / sizeof event);
    http_exchange_stream_end(kept);
    assert_status(answer_of(client), 200);
    assert_int_equal(gone, 0);
}

// As the server's sweep does: time that it comes late does not count.
static void pass(int64_t ms) {
    for (; ms > 0; ms -= SWEEP_MS) {
        now_ms += SWEEP_MS;
        admissions_sweep(&admissions);
    }
}

// What has come, up to so much; SIZE_MAX once the other side has closed.
static size_t take_some(int descriptor, size_t most) {
    static char room[256 * 1024];
    size_t taken = 0;
    for (ssize_t size; taken < most; taken += (size_t)size) {
        size_t wanted = most - taken < sizeof room ? most - taken : sizeof room;
        size = recv(descriptor, room, wanted, MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
            return taken > 0 ? taken : SIZE_MAX;
        if (size < 0)
            break;
    }
    return taken;
}

static void who_reads_slowly_gets_all_as_long_as_some_of_it_goes_out(void **state) {
    UNUSED(state);
    size_t part = 0, taken = 0;
    int client = connect_narrowly();
    send_text(client, "GET /huge" HOST "\r\n");
    while (taken < HUGE / 2) {
        loop_until(&loop, (part = take_some(client, 1024 * 1024)) > 0);
        assert_true(part != SIZE_MAX);
        taken += part;
        if (taken / (1024 * 1024) != (taken - part) / (1024 * 1024)) {
            loop_turn_for(&loop, 30); // some goes out
            pass(HTTP_ANSWER_DEADLINE_MS - 1000);
        }
    }
    for (part = 0; part != SIZE_MAX; taken += part == SIZE_MAX ? 0 : part)
        loop_until(&loop, (part = take_some(client, HUGE)) > 0);
    assert_true(taken > HUGE);
    close(client);
}

static void who_reads_nothing_any_more_is_cut_off(void **state) {
    UNUSED(state);
    int client = connect_narrowly();
    send_text(client, "GET /huge" HOST "\r\n");
    loop_until(&loop, asked == 1);
    loop_turn_for(&loop, 300); // until the kernel takes no more
    pass(HTTP_ANSWER_DEADLINE_MS + 1000);
    loop_until(&loop, admissions.count == 0);
    assert_int_equal(admissions.timed_out, 1);
    close(client);
}

static void who_reads_for_ever_is_cut_off(void **state) {
    UNUSED(state);
    size_t part = 0, taken = 0;
    int64_t began_ms = now_ms;
    int client = connect_narrowly();
    send_text(client, "GET /huge" HOST "\r\n");
    while (admissions.count > 0 || asked == 0) {
        loop_turn_for(&loop, 10);
        if (asked > 0 && (part = take_some(client, 50 * 1000)) != SIZE_MAX)
            taken += part;
        pass(HTTP_ANSWER_DEADLINE_MS / 2);
        assert_true(now_ms - began_ms <= HTTP_ANSWER_MS_MAX + HTTP_ANSWER_DEADLINE_MS);
    }
    assert_true(taken < HUGE);
    close(client);
}

// Until neither the kernel nor libwebsockets takes more from the stream.
static void fill_stream(struct http_exchange *stream) {
    static const char event[HTTP_STREAM_BYTES_MAX] = {'x'};
    for (unsigned waited = 0; waited < 20;) {
        if (http_exchange_stream_write(stream, bytes_of(event, sizeof event)))
            waited = 0;
        else
            loop_turn_for(&loop, 10 * waited++);
        loop_turn(&loop);
    }
}

static void a_stream_that_ended_and_is_not_read_is_cut_off(void **state) {
    UNUSED(state);
    int client = connect_narrowly();
    send_text(client, "GET /stream" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    fill_stream(kept);
    http_exchange_stream_end(kept);
    pass(HTTP_ANSWER_DEADLINE_MS - 1000);
    loop_turn_for(&loop, 50);
    assert_int_equal(admissions.count, 1);
    pass(2000);
    loop_until(&loop, admissions.count == 0);
    assert_int_equal(admissions.timed_out, 1);
    assert_int_equal(gone, 0);
    close(client);
}

static void a_stream_whose_events_are_not_read_is_cut_off(void **state) {
    UNUSED(state);
    int client = connect_narrowly();
    send_text(client, "GET /stream" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    loop_turn_for(&loop, 50);
    pass(2 * HTTP_ANSWER_DEADLINE_MS); // without an event it lasts
    loop_turn_for(&loop, 50);
    assert_int_equal(gone, 0);
    fill_stream(kept);
    for (int i = 0; i < HTTP_ANSWER_DEADLINE_MS / 1000 && gone == 0; i++) { // more of them give it no more time
        (void)http_exchange_stream_write(kept, bytes_of_text(":\n\n"));
        pass(1000);
        loop_turn_for(&loop, 2);
    }
    loop_until_swept(gone == 1);
    assert_int_equal(admissions.timed_out, 1);
    close(client);
}

static void an_empty_answer_has_its_status(void **state) {
    UNUSED(state);
    assert_status(ask("GET /empty" HOST "\r\n"), 503);
}

static void an_answer_may_come_later(void **state) {
    UNUSED(state);
    int client = connect_here();
    send_text(client, "POST /later" HOST "Content-Length: 2\r\n\r\nhi");
    loop_until(&loop, kept != NULL);
    loop_turn_for(&loop, 20);
    http_exchange_answer(kept, 201, "text/plain", bytes_of_text("at last"));
    const char *answer = answer_of(client);
    assert_status(answer, 201);
    assert_non_null(strstr(answer, "at last"));
    assert_int_equal(gone, 0);
}

static void who_leaves_before_the_answer_is_reported_once(void **state) {
    UNUSED(state);
    int client = connect_here();
    send_text(client, "GET /later" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    admissions_sweep(&admissions);
    loop_turn_for(&loop, 30);
    assert_int_equal(gone, 0);
    close(client);
    loop_until_swept(gone == 1);
    loop_until(&loop, admissions.count == 0);
    assert_int_equal(gone, 1);
    assert_int_equal(admissions.timed_out, 0);
}

static void ring(uv_timer_t *timer) {
    uv_close((uv_handle_t *)timer, NULL);
    timer->data = NULL;
}

// What libwebsockets does not read it must not be called for: one who left, or a second request, would keep the loop busy.
static void the_loop_rests_until_the_answer(void **state) {
    UNUSED(state);
    static const char *const requests[] = {"GET /later" HOST "\r\n", "GET /later" HOST "\r\nGET /here" HOST "\r\n",
                                           "POST /later" HOST "Content-Length: 2\r\n\r\nhi"};
    for (size_t i = 0; i < ARRAY_COUNT(requests); i++) {
        int client = connect_here();
        send_text(client, requests[i]);
        loop_until(&loop, kept != NULL);
        close(client);
        loop_turn_for(&loop, 30);
        uv_timer_t timer;
        unsigned turns = 0;
        assert_int_equal(uv_timer_init(&loop, &timer) + uv_timer_start(&timer, ring, 100, 0), 0);
        for (timer.data = &timer; timer.data; turns++)
            (void)uv_run(&loop, UV_RUN_ONCE);
        loop_turn(&loop);
        assert_in_range(turns, 1, 20);
        loop_until_swept(admissions.count == 0);
    }
    assert_int_equal(gone, ARRAY_COUNT(requests));
}

// By the true clock: libwebsockets has one of its own, and gives a request no longer than a handshake.
static void an_answer_may_come_later_than_a_handshake_may_last(void **state) {
    UNUSED(state);
    int client = connect_here();
    send_text(client, "GET /later" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    loop_turn_for(&loop, HANDSHAKE_DEADLINE_MS + 1500);
    assert_non_null(kept);
    http_exchange_answer(kept, 200, "text/plain", bytes_of_text("at last"));
    assert_non_null(strstr(answer_of(client), "at last"));
}

static void an_answer_that_never_comes_ends_at_its_deadline(void **state) {
    UNUSED(state);
    int client = connect_here();
    send_text(client, "GET /later" HOST "\r\n");
    loop_until(&loop, kept != NULL);
    now_ms += HTTP_ANSWER_DEADLINE_MS - 1;
    admissions_sweep(&admissions);
    loop_turn_for(&loop, 30);
    assert_int_equal(gone, 0);
    now_ms += 2;
    admissions_sweep(&admissions);
    loop_until(&loop, gone == 1);
    assert_int_equal(admissions.timed_out, 1);
    assert_string_equal(answer_of(client), "");
}

static void who_says_nothing_is_cut_off_at_the_deadline(void **state) {
    UNUSED(state);
    int silent = connect_here(), slow = connect_here();
    loop_until(&loop, admissions.count == 2);
    send_text(slow, "GET /he");
    now_ms += HANDSHAKE_DEADLINE_MS - 1;
    admissions_sweep(&admissions);
    loop_turn_for(&loop, 30);
    assert_int_equal(admissions.count, 2);
    now_ms += 1;
    admissions_sweep(&admissions);
    loop_until(&loop, admissions.count == 0);
    assert_int_equal(admissions.timed_out, 2);
    close(silent);
    close(slow);
}

static void a_settled_admission_has_no_deadline(void **state) {
    UNUSED(state);
    int client = connect_here();
    loop_until(&loop, admissions.count == 1);
    admission_settle(admissions.first);
    now_ms += 100 * HANDSHAKE_DEADLINE_MS;
    admissions_sweep(&admissions);
    loop_turn_for(&loop, 30);
    assert_int_equal(admissions.count, 1);
    assert_ptr_equal(admission_of(admissions.first->wsi), admissions.first);
    admission_kill(admissions.first);
    loop_until(&loop, admissions.count == 0);
    close(client);
}

static void sockets_beyond_the_cap_are_closed_and_operations_have_some_to_spare(void **state) {
    UNUSED(state);
    int clients[CONNECTIONS_MAX];
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        clients[i] = connect_here();
    loop_until(&loop, admissions.count == CONNECTIONS_MAX);
    assert_string_equal(answer_of(connect_here()), "");
    assert_int_equal(admissions.refused, 1);
    extra = EXTRA;
    assert_status(ask("GET /here" HOST "\r\n"), 200);
    close(clients[2]);
    loop_until(&loop, admissions.count == CONNECTIONS_MAX - 1);
    extra = 0;
    assert_status(ask("GET /here" HOST "\r\n"), 200);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (i != 2)
            close(clients[i]);
}

static void one_address_has_a_cap_of_its_own(void **state) {
    UNUSED(state);
    admissions.limits.connections_max = 1;
    int client = connect_here();
    loop_until(&loop, admissions.count == 1);
    assert_string_equal(answer_of(connect_here()), "");
    assert_int_equal(admissions.refused, 1);
    close(client);
    loop_until(&loop, admissions.count == 0);
    assert_status(ask("GET /here" HOST "\r\n"), 200);
}

static void requests_beyond_the_rate_are_refused_until_time_has_passed(void **state) {
    UNUSED(state);
    listener.limits_requests = true;
    for (size_t i = 0; i < REQUESTS_A_MINUTE; i++)
        assert_status(ask("GET /here" HOST "\r\n"), 200);
    assert_status(ask("GET /here" HOST "\r\n"), 429);
    now_ms += 20 * 1000 + 1;
    assert_status(ask("GET /here" HOST "\r\n"), 200);
    assert_status(ask("GET /here" HOST "\r\n"), 429);
    assert_int_equal(asked, REQUESTS_A_MINUTE + 1);
}

static void a_second_request_on_one_connection_is_not_asked(void **state) {
    UNUSED(state);
    int client = connect_here();
    send_text(client, "GET /later" HOST "\r\nGET /here" HOST "\r\n");
    loop_until(&loop, asked == 1);
    loop_turn_for(&loop, 30);
    assert_int_equal(asked, 1);
    close(client);
    loop_until_swept(admissions.count == 0);
}

static void a_network_without_its_certificate_does_not_open(void **state) {
    UNUSED(state);
    struct network first = network;
    struct fault fault = {0};
    assert_err(ROND_EIO, open_network("none.crt", &fault));
    assert_true(fault.text[0] != '\0');
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    network_close(&network);
    network = first;
    assert_status(ask("GET /here" HOST "\r\n"), 200);
}

static void connections_are_limited_to_the_files_that_may_be_open(void **state) {
    UNUSED(state);
    size_t connections = 0;
    network_limit_files(10, &connections);
    assert_int_equal(connections, 10);
    network_limit_files((size_t)1 << 40, &connections);
    assert_true(connections > 10 && connections < (size_t)1 << 40);
}

// What libwebsockets leaks at its end (support/rondd_leaks.txt), where the address sanitizer looks.
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "fast_unwind_on_malloc=0";
}
__attribute__((visibility("default"))) const char *__lsan_default_options(void);
const char *__lsan_default_options(void) {
    return "print_suppressions=0:suppressions=tests/support/rondd_leaks.txt";
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_get_is_asked_with_its_path_and_answered_once),
        TEST(a_post_is_asked_with_its_whole_body_however_it_comes),
        TEST(what_does_not_fit_is_refused_and_not_asked),
        TEST(nonsense_ends_the_connection),
        TEST(an_answer_beyond_one_packet_comes_whole),
        TEST(an_answer_that_lasts_comes_whole_and_may_be_kept),
        TEST(a_kept_connection_takes_one_request_after_another),
        TEST(a_get_that_may_have_a_body_is_the_last_on_its_connection),
        TEST(a_kept_connection_that_asks_nothing_more_ends),
        TEST(a_stream_goes_on_until_either_side_ends_it),
        TEST(who_reads_a_stream_too_slowly_is_told_of),
        TEST(who_reads_slowly_gets_all_as_long_as_some_of_it_goes_out),
        TEST(who_reads_nothing_any_more_is_cut_off),
        TEST(who_reads_for_ever_is_cut_off),
        TEST(a_stream_that_ended_and_is_not_read_is_cut_off),
        TEST(a_stream_whose_events_are_not_read_is_cut_off),
        TEST(an_empty_answer_has_its_status),
        TEST(an_answer_may_come_later),
        TEST(who_leaves_before_the_answer_is_reported_once),
        TEST(the_loop_rests_until_the_answer),
        TEST(an_answer_may_come_later_than_a_handshake_may_last),
        TEST(an_answer_that_never_comes_ends_at_its_deadline),
        TEST(who_says_nothing_is_cut_off_at_the_deadline),
        TEST(a_settled_admission_has_no_deadline),
        TEST(sockets_beyond_the_cap_are_closed_and_operations_have_some_to_spare),
        TEST(one_address_has_a_cap_of_its_own),
        TEST(requests_beyond_the_rate_are_refused_until_time_has_passed),
        TEST(a_second_request_on_one_connection_is_not_asked),
        TEST(a_network_without_its_certificate_does_not_open),
        TEST(connections_are_limited_to_the_files_that_may_be_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
