#include "bench/connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "wire/limits.h"
#include "wire/sign.h"

enum { EVENTS_MAX = 256, READ_BYTES = 16 * 1024, MASK = 0x5a };
// Beyond any cursor: the fleet knows the reference data already.
#define ALL_REFERENCE ((uint64_t)INT64_MAX)

SSL_CTX *connection_tls(const char *directory) {
    char path[500];
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    (void)snprintf(path, sizeof path, "%s/ca.crt", directory);
    if (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) || !SSL_CTX_load_verify_file(tls, path))
        bench_fail("%s is no authority", path);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    return tls;
}

struct bytes connection_frame(struct arena *arena, struct bytes payload) {
    uint8_t *to = arena_alloc(arena, payload.size + 14);
    size_t header = 2;
    CHECK(to);
    to[0] = 0x82;
    if (payload.size < 126) {
        to[1] = (uint8_t)(0x80 | payload.size);
    } else if (payload.size < 65536) {
        to[1] = 0x80 | 126;
        to[2] = (uint8_t)(payload.size >> 8);
        to[3] = (uint8_t)payload.size;
        header = 4;
    } else {
        to[1] = 0x80 | 127;
        put_be64(to + 2, payload.size);
        header = 10;
    }
    memset(to + header, MASK, 4);
    for (size_t i = 0; i < payload.size; i++)
        to[header + 4 + i] = payload.data[i] ^ MASK;
    return bytes_of(to, header + 4 + payload.size);
}

// --- The end ---

static void end_connection(struct connection *connection, const char *why) {
    if (!connection->all->may_end)
        bench_fail("device %zu: %s", connection->device, why);
    connection->state = CONNECTION_ENDED;
    (void)epoll_ctl(connection->all->epoll, EPOLL_CTL_DEL, connection->descriptor, NULL);
}

// --- Writing ---

static void watch(struct connection *connection, bool write) {
    struct epoll_event event = {.events = EPOLLIN | (write ? (uint32_t)EPOLLOUT : 0), .data.ptr = connection};
    if (connection->wants_write == write)
        return;
    connection->wants_write = write;
    if (epoll_ctl(connection->all->epoll, EPOLL_CTL_MOD, connection->descriptor, &event) != 0)
        bench_fail("epoll: %s", strerror(errno));
}

// True where it may go on later.
static bool is_pending(struct connection *connection, int result) {
    int reason = SSL_get_error(connection->ssl, result);
    if (reason == SSL_ERROR_WANT_WRITE)
        watch(connection, true);
    return reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE;
}

static void flush(struct connection *connection) {
    while (connection->out_done < connection->out.size) {
        int wrote = SSL_write(connection->ssl, connection->out.data + connection->out_done,
                              (int)(connection->out.size - connection->out_done));
        if (wrote <= 0) {
            if (is_pending(connection, wrote))
                return;
            end_connection(connection, "the connection broke while sending");
            return;
        }
        connection->out_done += (size_t)wrote;
    }
    buffer_clear(&connection->out);
    connection->out_done = 0;
    watch(connection, false);
}

static void send_bytes(struct connection *connection, struct bytes bytes) {
    if (connection->state == CONNECTION_ENDED)
        return;
    CHECK(buffer_append(&connection->out, bytes) == ROND_OK);
    flush(connection);
}

static void send_frame(struct connection *connection, const Rond__V1__Frame *frame) {
    struct buffer encoded;
    buffer_init(&encoded, FRAME_BYTES_MAX);
    CHECK(codec_frame_encode(frame, &encoded) == ROND_OK);
    struct arena arena;
    arena_init(&arena, FRAME_BYTES_MAX);
    send_bytes(connection, connection_frame(&arena, buffer_bytes(&encoded)));
    arena_deinit(&arena);
    buffer_deinit(&encoded);
}

static void say_hello(struct connection *connection) {
    const struct fleet *fleet = connection->all->fleet;
    static uint8_t no_head[HASH_SIZE];
    char client[] = "bench";
    Rond__V1__Hello hello = ROND__V1__HELLO__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.device =
        (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)fleet->devices[connection->device].device.b, .len = ID_SIZE};
    hello.outbox = (ProtobufCBinaryData){.data = connection->outbox.b, .len = ID_SIZE};
    hello.head = (ProtobufCBinaryData){.data = no_head, .len = HASH_SIZE};
    hello.wall_ms = clock_wall_ms(clock_system());
    hello.boot_id = 1;
    hello.monotonic_ms = 1;
    hello.store_id = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)fleet->store.store_id.b, .len = ID_SIZE};
    hello.epoch = fleet->store.epoch;
    hello.reference_cursor = ALL_REFERENCE;
    hello.client = client;
    frame.kind_case = ROND__V1__FRAME__KIND_HELLO;
    frame.hello = &hello;
    connection->state = CONNECTION_HELLO;
    send_frame(connection, &frame);
}

void connection_send_next(struct connection *connection) {
    const struct prepared *batch = &connection->load->batches[connection->next_batch++];
    connection->bytes_under_way += batch->frame_bytes;
    send_bytes(connection, batch->message);
}

static void send_within_credit(struct connection *connection) {
    const struct load *load = connection->load;
    while (load && !connection->one_by_one && connection->next_batch < load->batches_count &&
           connection->state != CONNECTION_ENDED &&
           (connection->bytes_under_way == 0 ||
            connection->bytes_under_way + load->batches[connection->next_batch].frame_bytes <= connection->credit_bytes))
        connection_send_next(connection);
}

// --- Reading ---

static void take_verdicts(struct connection *connection, const Rond__V1__Verdicts *verdicts) {
    const struct load *load = connection->load;
    connection->acknowledged = verdicts->watermark;
    connection->exceptions += verdicts->n_exceptions;
    connection->credit_bytes = verdicts->credit_bytes;
    while (load && connection->first_under_way < connection->next_batch &&
           load->batches[connection->first_under_way].last_seq <= verdicts->watermark)
        connection->bytes_under_way -= load->batches[connection->first_under_way++].frame_bytes;
    send_within_credit(connection);
}

static void take_feedback(struct connection *connection, const Rond__V1__Feedback *feedback) {
    Rond__V1__Received received = ROND__V1__RECEIVED__INIT;
    Rond__V1__Frame frame = ROND__V1__FRAME__INIT;
    if (!connection->answers_feedback)
        return;
    received.reference_cursor = ALL_REFERENCE;
    received.feedback_cursor = feedback->cursor;
    frame.kind_case = ROND__V1__FRAME__KIND_RECEIVED;
    frame.received = &received;
    send_frame(connection, &frame);
}

static void be_ready(struct connection *connection) {
    SSL_SESSION **kept = connection->all->kept ? &connection->all->kept[connection->device] : NULL;
    connection->state = CONNECTION_READY;
    connection->all->ready++;
    if (!kept)
        return;
    SSL_SESSION_free(*kept);
    *kept = SSL_SESSION_dup(SSL_get0_session(connection->ssl)); // of its own: how the connection ends does not spoil it
}

static void take_message(struct connection *connection, struct bytes message) {
    struct arena *arena = &connection->all->arena;
    Rond__V1__Frame *frame;
    arena_reset(arena);
    if (codec_frame_decode(arena, message, &frame, NULL))
        bench_fail("the server sent something that is no frame");
    switch (frame->kind_case) {
    case ROND__V1__FRAME__KIND_WELCOME:
        connection->credit_bytes = frame->welcome->credit_bytes;
        connection->acknowledged = frame->welcome->watermark;
        be_ready(connection);
        break;
    case ROND__V1__FRAME__KIND_VERDICTS:
        take_verdicts(connection, frame->verdicts);
        break;
    case ROND__V1__FRAME__KIND_FEEDBACK:
        connection->feedback_bytes += message.size;
        take_feedback(connection, frame->feedback);
        break;
    case ROND__V1__FRAME__KIND_REFERENCE:
        break;
    case ROND__V1__FRAME__KIND_REFUSAL:
        connection->refusal_code = frame->refusal->code;
        connection->retry_after_ms = frame->refusal->retry_after_ms;
        end_connection(connection, frame->refusal->sentence);
        break;
    default:
        bench_fail("device %zu: a frame of kind %d was not expected", connection->device, (int)frame->kind_case);
    }
}

// One whole WebSocket message from the front; 0 where it is not all there.
static size_t message_at(const uint8_t *data, size_t size, struct bytes *ret_message, int *ret_opcode) {
    size_t header = 2, length;
    if (size < 2)
        return 0;
    length = data[1] & 0x7f;
    header += length == 126 ? 2 : length == 127 ? 8 : 0;
    if (size < header)
        return 0;
    if (length == 126)
        length = (size_t)data[2] << 8 | data[3];
    else if (length == 127)
        length = (size_t)get_be64(data + 2);
    if (size - header < length)
        return 0;
    *ret_message = bytes_of(data + header, length);
    *ret_opcode = data[0] & 0x0f;
    return header + length;
}

static size_t take_upgrade(struct connection *connection) {
    const char *text = buffer_text(&connection->in);
    const char *end = strstr(text, "\r\n\r\n");
    if (!end)
        return 0;
    if (strncmp(text, "HTTP/1.1 101", 12) != 0)
        end_connection(connection, "the server did not upgrade");
    else if (connection->all->aim == AIM_UPGRADE)
        be_ready(connection);
    else
        say_hello(connection);
    return (size_t)(end - text) + 4;
}

static void take_input(struct connection *connection) {
    size_t done = 0;
    if (connection->all->aim == AIM_BYTE && connection->state == CONNECTION_UPGRADE)
        be_ready(connection);
    else if (connection->state == CONNECTION_UPGRADE)
        done = take_upgrade(connection);
    while (connection->state >= CONNECTION_HELLO) {
        struct bytes message;
        int opcode;
        size_t size = message_at(connection->in.data + done, connection->in.size - done, &message, &opcode);
        if (size == 0)
            break;
        done += size;
        if (opcode == 0x2)
            take_message(connection, message);
        else if (opcode == 0x8)
            end_connection(connection, "the server closed the connection");
    }
    if (done == 0)
        return;
    memmove(connection->in.data, connection->in.data + done, connection->in.size - done);
    connection->in.size -= done;
    connection->in.data[connection->in.size] = '\0';
}

static void read_all(struct connection *connection) {
    uint8_t room[READ_BYTES];
    while (connection->state != CONNECTION_ENDED) {
        int got = SSL_read(connection->ssl, room, sizeof room);
        if (got <= 0) {
            if (is_pending(connection, got))
                return;
            end_connection(connection, "the server ended the connection");
            return;
        }
        CHECK(buffer_append(&connection->in, bytes_of(room, (size_t)got)) == ROND_OK);
        take_input(connection);
    }
}

// --- Coming and going ---

static void shake_hands(struct connection *connection) {
    static const char request[] = "GET /v1/sync HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Protocol: rond.v1\r\n\r\n";
    watch(connection, false);
    int result = SSL_connect(connection->ssl);
    if (result != 1) {
        if (is_pending(connection, result))
            return;
        char text[200];
        ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
        end_connection(connection, text);
        return;
    }
    connection->state = CONNECTION_UPGRADE;
    if (connection->all->aim != AIM_BYTE)
        send_bytes(connection, bytes_of_text(request));
}

void connection_open(struct connection *connection, struct connections *all, size_t device, const struct id128 *outbox) {
    const struct fleet_device *identity = &all->fleet->devices[device];
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)all->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = connection};
    int on = 1;
    SSL_SESSION *session = all->sessions ? all->sessions[device] : all->session;
    *connection = (struct connection){
        .all = all, .device = device, .outbox = *outbox, .wants_write = true, .state = CONNECTION_HANDSHAKE};
    buffer_init(&connection->in, 2 * FRAME_BYTES_MAX);
    buffer_init(&connection->out, 64 * 1024 * 1024);
    connection->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->descriptor < 0 ||
        (connect(connection->descriptor, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS))
        bench_fail("device %zu cannot connect: %s", device, strerror(errno));
    (void)setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection->ssl = SSL_new(all->fleet->tls);
    if (!connection->ssl || !SSL_set_fd(connection->ssl, connection->descriptor) ||
        !SSL_set1_host(connection->ssl, "localhost") || !SSL_use_certificate(connection->ssl, identity->certificate) ||
        !SSL_use_PrivateKey(connection->ssl, sign_key_evp(identity->key)) ||
        (session && !SSL_set_session(connection->ssl, session)))
        bench_fail("device %zu: TLS cannot be set up", device);
    if (epoll_ctl(all->epoll, EPOLL_CTL_ADD, connection->descriptor, &event) != 0)
        bench_fail("epoll: %s", strerror(errno));
}

void connection_close(struct connection *connection) {
    if (connection->state > CONNECTION_HANDSHAKE)
        (void)SSL_shutdown(connection->ssl);
    SSL_free(connection->ssl);
    close(connection->descriptor);
    buffer_deinit(&connection->in);
    buffer_deinit(&connection->out);
}

void connection_send_load(struct connection *connection, const struct load *load) {
    connection->load = load;
    while (connection->next_batch < load->batches_count &&
           load->batches[connection->next_batch].last_seq <= connection->acknowledged)
        connection->next_batch++;
    connection->first_under_way = connection->next_batch;
    send_within_credit(connection);
}

bool connection_is_through(const struct connection *connection) {
    return connection->acknowledged >= connection->load->reports;
}

void connection_bytes(const struct connection *connection, uint64_t *ret_sent, uint64_t *ret_received) {
    *ret_sent = BIO_number_written(SSL_get_wbio(connection->ssl));
    *ret_received = BIO_number_read(SSL_get_rbio(connection->ssl));
}

void connections_open(struct connections *all, const struct fleet *fleet, int port) {
    *all = (struct connections){.fleet = fleet, .port = port, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    arena_init(&all->arena, 16 * 1024 * 1024);
    if (all->epoll < 0)
        bench_fail("epoll: %s", strerror(errno));
}

void connections_close(struct connections *all) {
    SSL_SESSION_free(all->session);
    arena_deinit(&all->arena);
    close(all->epoll);
}

void connections_step(struct connections *all, int timeout_ms) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(all->epoll, events, EVENTS_MAX, timeout_ms);
    for (int i = 0; i < count; i++) {
        struct connection *connection = events[i].data.ptr;
        if (connection->state == CONNECTION_ENDED)
            continue;
        if (connection->state == CONNECTION_HANDSHAKE) {
            shake_hands(connection);
            continue;
        }
        if (events[i].events & EPOLLOUT)
            flush(connection);
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            read_all(connection);
    }
}

void connection_talk(struct connection *talker, size_t messages, double *ret_latency_ms) {
    for (size_t i = 0; i < messages; i++) {
        uint64_t until = talker->load->batches[talker->next_batch].last_seq;
        double start_s = bench_now_s();
        connection_send_next(talker);
        while (talker->acknowledged < until)
            connections_step(talker->all, 1000);
        ret_latency_ms[i] = (bench_now_s() - start_s) * 1000;
    }
}
