// Traps of libwebsockets 4.1.6 that this file steps around:
//   - the answer to PERFORM_CLIENT_CERT_VERIFICATION replaces OpenSSL's own: 0 accepts anything. It is len ? 0 : 1.
//   - that callback is skipped on resumption, so the verdict is read again from the connection at the upgrade.
//   - nothing limits a message after the upgrade: its size and its time are bounded here. Of a frame whose header came and
//     nothing else only lws_remaining_packet_payload tells, so the sweep asks for it.
//   - it answers pings, and takes empty frames, without a word to anybody: what is counted on the socket and belongs to no
//     message is noise, and bounded.
//   - lws_set_timeout with KILL_ASYNC ends a connection at once, from outside its own callback.
//   - a callback that answers -1 ends it too, and on libuv Debian's build closes twice, the second time without mercy: the
//     Close frame that lws_close_reason prepared is never sent.
//   - that frame shares its buffer with the payload of the peer's pings: one that comes before it has gone out takes its
//     place, and the peer reads its own bytes as our close code. So our Close is written here, like any other frame, and
//     libwebsockets learns of the end only when the peer has answered it, or has not in time.
#include "net/device_listener.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "wire/codes.h"
#include "wire/limits.h"

#define SYNC_PATH "/v1/sync"
#define SUBPROTOCOL "rond.v1"

enum { RX_BUFFER_BYTES = 256, CLOSE_CODE_BYTES = 2, CLOSE_ANSWER_SECONDS = 5 };

struct outgoing {
    struct outgoing *next;
    size_t size;
    uint8_t data[]; // LWS_PRE bytes of headroom, then the message
};

struct connection {
    struct device_listener *listener;
    struct connection *previous, *next;
    struct lws *wsi;
    void *user;
    struct buffer message;      // what has come of it so far
    int64_t message_since_ms;   // monotonic; 0: none under way
    int64_t frame_since_ms;     // the same where no more than its header may have come
    bool stall_told;
    int64_t noise_since_ms;     // monotonic; noise is counted from here on
    uint64_t read_before;       // from the socket, until then
    uint64_t payload_bytes;     // of messages, since then
    bool paused;
    struct outgoing *first_outgoing, *last_outgoing;
    size_t outgoing_bytes;
    int64_t outgoing_since_ms;  // the first one waits since
    uint16_t close_code;        // 0: open
    bool close_said;
    bool killed;
};

static void link_connection(struct device_listener *listener, struct connection *connection) {
    connection->next = listener->first;
    if (listener->first)
        listener->first->previous = connection;
    listener->first = connection;
    listener->count++;
}

static void unlink_connection(struct connection *connection) {
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        connection->listener->first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    connection->listener->count--;
}

static void pop_outgoing(struct connection *connection) {
    struct outgoing *done = connection->first_outgoing;
    connection->first_outgoing = done->next;
    if (!done->next)
        connection->last_outgoing = NULL;
    connection->outgoing_bytes -= done->size;
    connection->listener->send_queue_bytes -= done->size;
    free(done);
}

static void connection_destroy(struct connection *connection) {
    while (connection->first_outgoing)
        pop_outgoing(connection);
    unlink_connection(connection);
    buffer_deinit(&connection->message);
    free(connection);
}

enum rond_err connection_send(struct connection *connection, struct bytes message) {
    if (connection->close_code || connection->killed)
        return ROND_OK; // nobody listens
    if (connection->outgoing_bytes + message.size > CONNECTION_SEND_BYTES_MAX)
        return ROND_EFULL;
    struct outgoing *outgoing = malloc(sizeof *outgoing + LWS_PRE + message.size);
    if (!outgoing)
        return ROND_ENOMEM;
    outgoing->next = NULL;
    outgoing->size = message.size;
    memcpy(outgoing->data + LWS_PRE, message.data, message.size);
    if (connection->last_outgoing)
        connection->last_outgoing->next = outgoing;
    else
        connection->first_outgoing = outgoing;
    if (connection->first_outgoing == outgoing)
        connection->outgoing_since_ms = clock_monotonic_ms(connection->listener->clock);
    connection->last_outgoing = outgoing;
    connection->outgoing_bytes += message.size;
    connection->listener->send_queue_bytes += message.size;
    lws_callback_on_writable(connection->wsi);
    return ROND_OK;
}

void connection_close(struct connection *connection, uint16_t code) {
    if (connection->close_code || connection->killed)
        return;
    connection->close_code = code;
    lws_callback_on_writable(connection->wsi);
}

void connection_kill(struct connection *connection) {
    if (connection->killed)
        return;
    connection->killed = true;
    admission_kill(admission_of(connection->wsi));
}

void connection_pause(struct connection *connection, bool paused) {
    if (connection->paused == paused)
        return;
    connection->paused = paused;
    lws_rx_flow_control(connection->wsi, paused ? 0 : 1);
}

bool connection_is_closing(const struct connection *connection) {
    return connection->close_code || connection->killed;
}

static void break_off(struct connection *connection, unsigned code) {
    connection->stall_told = true;
    connection->listener->events->broken(connection->listener->context, connection->user, code);
}

static bool is_stalled(struct connection *connection, int64_t now_ms) {
    if (lws_remaining_packet_payload(connection->wsi) == 0)
        connection->frame_since_ms = 0;
    else if (!connection->frame_since_ms)
        connection->frame_since_ms = now_ms;
    int64_t since_ms = connection->message_since_ms ? connection->message_since_ms : connection->frame_since_ms;
    return since_ms && now_ms - since_ms > (int64_t)connection->listener->frame_deadline_ms;
}

static uint64_t bytes_read(const struct connection *connection) {
    return BIO_number_read(SSL_get_rbio(lws_get_ssl(connection->wsi)));
}

// TLS and WebSocket cost some thirty bytes for a frame in a record of its own: where messages are large that is nothing,
// where they are small there are few of them.
static bool is_noisy(struct connection *connection, int64_t now_ms) {
    uint64_t read = bytes_read(connection) - connection->read_before;
    if (read > NOISE_BYTES_MAX + 2 * connection->payload_bytes)
        return true;
    if (now_ms - connection->noise_since_ms < NOISE_WINDOW_MS)
        return false;
    connection->noise_since_ms = now_ms;
    connection->read_before += read;
    connection->payload_bytes = 0;
    return false;
}

static void sweep_connection(struct device_listener *listener, struct connection *connection, int64_t now_ms) {
    if (connection->killed)
        return;
    if (connection->first_outgoing && now_ms - connection->outgoing_since_ms > CONNECTION_SEND_DEADLINE_MS) {
        connection_kill(connection);
        return;
    }
    if (connection->stall_told || connection->paused || connection->close_code)
        return;
    if (is_stalled(connection, now_ms))
        break_off(connection, CODE_FRAME_STALLED);
    else if (is_noisy(connection, now_ms))
        break_off(connection, CODE_CREDIT_EXCEEDED);
}

void device_listener_sweep(struct device_listener *listener) {
    int64_t now_ms = clock_monotonic_ms(listener->clock);
    for (struct connection *each = listener->first; each; each = each->next)
        sweep_connection(listener, each, now_ms);
}

static bool path_is_sync(struct lws *wsi) {
    char path[sizeof SYNC_PATH + 1];
    int size = lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI);
    return size > 0 && !strcmp(path, SYNC_PATH);
}

// lws_return_http_status leaves what it says to a later event, which does not come once the upgrade was denied.
static void write_refusal(struct lws *wsi, const char *status) {
    uint8_t memory[LWS_PRE + 128];
    int size = snprintf((char *)memory + LWS_PRE, sizeof memory - LWS_PRE,
                        "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", status);
    (void)lws_write(wsi, memory + LWS_PRE, (size_t)size, LWS_WRITE_RAW);
}

// Before the 101. Who it is and whether it may, the app decides after it, so that a Refusal can say why.
static int filter_upgrade(struct device_listener *listener, struct lws *wsi) {
    struct tls_peer peer;
    union lws_tls_cert_info_results info = {0};
    bool verified = !lws_tls_peer_cert_info(wsi, LWS_TLS_CERT_INFO_VERIFIED, &info, 0) && info.verified == 1;
    bool right = !strcmp(lws_get_protocol(wsi)->name, SUBPROTOCOL) && path_is_sync(wsi);
    if (verified && right && !listener->draining && tls_peer_read(lws_get_ssl(wsi), &peer) == ROND_OK)
        return 0;
    listener->refused_upgrades++;
    write_refusal(wsi, !verified ? "403 Forbidden" : !right ? "404 Not Found" : "503 Service Unavailable");
    return 1;
}

// Beside the 101: how much may come before Welcome. A round trip earlier than Welcome could tell it.
static int say_credit(struct lws *wsi, struct lws_process_html_args *to) {
    char text[16];
    unsigned char *at = (unsigned char *)to->p;
    int size = snprintf(text, sizeof text, "%d", CREDIT_UPGRADE_BYTES);
    if (lws_add_http_header_by_name(wsi, (const unsigned char *)"Rond-Credit:", (unsigned char *)text, size, &at, at + to->max_len))
        return -1;
    to->p = (char *)at;
    return 0;
}

static int open_connection(struct device_listener *listener, struct lws *wsi) {
    struct admission *admission = admission_of(wsi);
    struct connection *connection = admission ? calloc(1, sizeof *connection) : NULL;
    struct tls_peer peer;
    if (!connection)
        return -1;
    connection->listener = listener;
    connection->wsi = wsi;
    buffer_init(&connection->message, FRAME_BYTES_MAX);
    link_connection(listener, connection);
    if (tls_peer_read(lws_get_ssl(wsi), &peer) != ROND_OK ||
        !listener->events->opened(listener->context, connection, &peer, &connection->user)) {
        connection_destroy(connection);
        return -1;
    }
    connection->noise_since_ms = clock_monotonic_ms(listener->clock);
    connection->read_before = bytes_read(connection);
    listener->opened++;
    listener->resumed += peer.resumed ? 1 : 0;
    admission->owner = connection;
    admission_settle(admission);
    return 0;
}

static int deliver(struct connection *connection, struct bytes message) {
    struct device_listener *listener = connection->listener;
    listener->messages_received++;
    listener->events->received(listener->context, connection->user, message);
    buffer_deinit(&connection->message); // the next one may be hours away
    connection->message_since_ms = connection->frame_since_ms = 0;
    connection->stall_told = false;
    return 0;
}

// The rest of it is passed over.
static int refuse_message(struct connection *connection, unsigned code) {
    struct device_listener *listener = connection->listener;
    buffer_deinit(&connection->message);
    connection->message_since_ms = 0;
    listener->events->broken(listener->context, connection->user, code);
    connection_close(connection, LWS_CLOSE_STATUS_POLICY_VIOLATION);
    return 0;
}

// A message comes in chunks of at most RX_BUFFER_BYTES; what it will be in all is known from its header.
static int receive(struct connection *connection, struct lws *wsi, struct bytes chunk) {
    struct device_listener *listener = connection->listener;
    listener->bytes_received += chunk.size;
    connection->payload_bytes += chunk.size;
    if (connection->close_code || connection->killed)
        return 0;
    if (!lws_frame_is_binary(wsi))
        return refuse_message(connection, CODE_FRAME_UNKNOWN);
    size_t remaining = lws_remaining_packet_payload(wsi);
    if (remaining > FRAME_BYTES_MAX || connection->message.size + chunk.size + remaining > FRAME_BYTES_MAX) {
        listener->too_large++;
        return refuse_message(connection, CODE_FRAME_TOO_LARGE);
    }
    bool is_whole = remaining == 0 && lws_is_final_fragment(wsi);
    if (is_whole && connection->message.size == 0)
        return deliver(connection, chunk);
    if (!connection->message_since_ms)
        connection->message_since_ms = clock_monotonic_ms(listener->clock);
    if (buffer_append(&connection->message, chunk) != ROND_OK)
        return refuse_message(connection, CODE_BUSY);
    return is_whole ? deliver(connection, buffer_bytes(&connection->message)) : 0;
}

// libwebsockets' own number for it, which its header leaves out "because lws_close_reason() handles it".
enum { WRITE_CLOSE = 4 };

// What comes now is read, so that the peer's own Close is seen, and passed over.
static int say_close(struct connection *connection, struct lws *wsi) {
    uint8_t memory[LWS_PRE + CLOSE_CODE_BYTES];
    uint8_t *code = memory + LWS_PRE;
    code[0] = (uint8_t)(connection->close_code >> 8);
    code[1] = (uint8_t)connection->close_code;
    connection->close_said = true;
    connection_pause(connection, false);
    lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_ACK, CLOSE_ANSWER_SECONDS);
    return lws_write(wsi, code, CLOSE_CODE_BYTES, (enum lws_write_protocol)WRITE_CLOSE) < CLOSE_CODE_BYTES ? -1 : 0;
}

static int write_next(struct connection *connection, struct lws *wsi) {
    struct outgoing *outgoing = connection->first_outgoing;
    if (outgoing) {
        struct device_listener *listener = connection->listener;
        if (lws_write(wsi, outgoing->data + LWS_PRE, outgoing->size, LWS_WRITE_BINARY) < (int)outgoing->size)
            return -1;
        listener->messages_sent++;
        listener->bytes_sent += outgoing->size;
        pop_outgoing(connection);
        connection->outgoing_since_ms = clock_monotonic_ms(listener->clock);
    }
    if (connection->first_outgoing || (outgoing && connection->close_code))
        lws_callback_on_writable(wsi);
    else if (connection->close_code && !connection->close_said)
        return say_close(connection, wsi);
    return 0;
}

static void close_connection(struct lws *wsi) {
    struct admission *admission = admission_of(wsi);
    struct connection *connection = admission ? admission->owner : NULL;
    if (!connection)
        return;
    admission->owner = NULL;
    connection->listener->events->closed(connection->listener->context, connection->user);
    connection_destroy(connection);
}

static const char session_context[] = "rond devices";

static int load_tls(struct lws_vhost *vhost, SSL_CTX *tls) {
    struct device_listener *listener = lws_vhost_user(vhost);
    listener->tls = tls;
    tls_harden(tls, listener->ticket_keys, session_context);
    return tls_trust_only(tls, listener->authorities, listener->authorities_count, session_context) == ROND_OK ? 0 : 1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    struct admission *admission;
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        return load_tls(in, user);
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
        return size ? 0 : 1; // size is OpenSSL's own verdict
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return filter_upgrade(lws_vhost_user(lws_get_vhost(wsi)), wsi);
    case LWS_CALLBACK_ADD_HEADERS:
        return strcmp(lws_get_protocol(wsi)->name, SUBPROTOCOL) == 0 ? say_credit(wsi, in) : 0;
    case LWS_CALLBACK_HTTP:
        (void)lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, NULL);
        return -1;
    case LWS_CALLBACK_ESTABLISHED:
        return open_connection(lws_vhost_user(lws_get_vhost(wsi)), wsi);
    case LWS_CALLBACK_RECEIVE:
        admission = admission_of(wsi);
        return admission && admission->owner ? receive(admission->owner, wsi, bytes_of(in, size)) : -1;
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: // or an answer to ours, after which there is nothing left to say
        admission = admission_of(wsi);
        return admission && admission->owner && ((struct connection *)admission->owner)->close_said ? -1 : 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        admission = admission_of(wsi);
        return admission && admission->owner ? write_next(admission->owner, wsi) : -1;
    case LWS_CALLBACK_CLOSED:
        close_connection(wsi);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        close_connection(wsi);
        admission_forget(wsi);
        return 0;
    default:
        return 0;
    }
}

// The first protocol gets what has no subprotocol (yet): TLS, plain HTTP, the end of every wsi.
const struct lws_protocols DEVICE_LISTENER_PROTOCOLS[] = {
    {.name = "http", .callback = on_event, .rx_buffer_size = RX_BUFFER_BYTES},
    {.name = SUBPROTOCOL, .callback = on_event, .rx_buffer_size = RX_BUFFER_BYTES, .tx_packet_size = FRAME_BYTES_MAX},
    {0},
};
