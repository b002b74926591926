// Bytes on the plain HTTP side (enrolment and operations share net/http_listener.c), through libwebsockets, to an answer or
// to the end of the connection. What is asked of it goes on to enrolment, as in the server.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "auth/enrolment.h"
#include "fuzz/fuzz.h"
#include "net/http_listener.h"
#include "wire/limits.h"

enum { TURNS_MAX = 200, REQUEST_BYTES_MAX = 16 * 1024 };

static uv_loop_t loop;
static struct lws_context *context;
static struct lws_vhost *vhost;
static struct admissions admissions;
static struct http_listener listener;
static struct enrolment_config config;
static size_t answered;

static void requested(void *unused, struct http_exchange *exchange, enum http_method method, const char *path,
                      struct bytes body) {
    UNUSED(unused);
    struct submission *submission;
    struct buffer answer;
    CHECK(strlen(path) < HTTP_PATH_SIZE && body.size <= ENROL_BODY_BYTES_MAX);
    CHECK(method == HTTP_POST || body.size == 0);
    CHECK(enrolment_receive(&config, body.size & 1 ? ENROLMENT_RENEW : ENROLMENT_ENROL, body, 0, &submission) == ROND_OK);
    buffer_init(&answer, REQUEST_BYTES_MAX);
    int status = enrolment_is_settled(submission) ? enrolment_answer(submission, &answer) : 503;
    answered++;
    http_exchange_answer(exchange, (unsigned)status, "application/x-protobuf", buffer_bytes(&answer));
    buffer_deinit(&answer);
    submission_destroy(submission);
}

static void quiet(int level, const char *line) {
    UNUSED(level);
    UNUSED(line);
}

static void begin(void) {
    static void *loops[] = {&loop};
    struct lws_context_creation_info info;
    CHECK(uv_loop_init(&loop) == 0);
    lws_set_log_level(LLL_ERR, quiet);
    listener =
        (struct http_listener){.requested = requested, .body_bytes_max = ENROL_BODY_BYTES_MAX, .clock = clock_system()};
    CHECK(admissions_init(&admissions, 100, 100, 1000, clock_system(), rng_system()) == ROND_OK);
    memset(&info, 0, sizeof info); // as net/network.c, without TLS
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV |
                   LWS_SERVER_OPTION_HTTP_HEADERS_SECURITY_BEST_PRACTICES_ENFORCE;
    info.foreign_loops = loops;
    info.pcontext = &context;
    info.port = CONTEXT_PORT_NO_LISTEN_SERVER;
    context = lws_create_context(&info);
    CHECK(context != NULL);
    info.vhost_name = "fuzz";
    info.protocols = HTTP_LISTENER_PROTOCOLS;
    info.user = &listener;
    vhost = lws_create_vhost(context, &info);
    CHECK(vhost != NULL);
}

// Both ends of one connection: the server's adopted, ours returned.
static int connect_here(void) {
    static const struct sockaddr_storage ADDRESS = {.ss_family = AF_INET};
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    admission_enter(&admissions, vhost, ends[0], (const struct sockaddr *)&ADDRESS, 0);
    return ends[1];
}

static void run(struct bytes input) {
    struct input in = {input};
    char answer[4096];
    // The first byte: after so many the rest comes in a piece of its own.
    size_t first = input_u8(&in);
    struct bytes request = input_bytes(&in, REQUEST_BYTES_MAX);
    int client = connect_here();
    struct input rest = {request};
    for (int turn = 0; turn < TURNS_MAX && admissions.count > 0; turn++) {
        struct bytes piece = input_bytes(&rest, turn == 0 ? first : REQUEST_BYTES_MAX);
        if (piece.size > 0)
            (void)send(client, piece.data, piece.size, MSG_NOSIGNAL);
        else if (turn > 2)
            (void)shutdown(client, SHUT_WR);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
        while (recv(client, answer, sizeof answer, 0) > 0)
            ;
    }
    close(client);
    for (int turn = 0; turn < TURNS_MAX && admissions.count > 0; turn++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    while (admissions.first) { // what would wait for its deadline
        admission_kill(admissions.first);
        (void)uv_run(&loop, UV_RUN_NOWAIT);
    }
}

static void seed(fuzz_take *take, void *context_) {
    static const char *const REQUESTS[] = {
        " GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        " POST /v1/enrol HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: "
        "4\r\n\r\n\x0a\x02ok",
        " POST /v1/renew HTTP/1.1\r\nHost: x\r\nContent-Length: 8193\r\n\r\n",
        " POST /v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        " POST /v1/enrol HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n",
        " GET /%2e%2e/x?a=b%00c#d HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        " HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
        " GET /v1/sync HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
        "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        " PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(REQUESTS); i++)
        take(context_, bytes_of_text(REQUESTS[i]));
}

const struct fuzz_target FUZZ_HTTP = {"http", begin, run, seed};
