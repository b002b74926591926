// Traps of libwebsockets 4.1.6 that shape this file:
//
// - WSI_DESTROY may be the only end that is told, and it comes late: the loop must close a handle first. So whichever
//   end comes first is the end, and what a dying socket still says is ignored. Each connection has a number
//   (`generation`), carried as opaque user data, and only the newest is listened to.
// - lws_write masks in place and wants LWS_PRE bytes in front: frames are copied.
// - Debian's build, on libuv, closes a second time right behind the first ("uv repeat test"), so that the Close that
//   lws_close_reason prepared is never sent where a callback returns -1; LWS_TO_KILL_SYNC closes once and sends it.
// - Once a Close was received, or one is due while something of a TLS record is left, one service call spins for ever
//   (rops_handle_POLLIN_ws neither reads the rest nor leaves). So a peer's Close, or a frame that is not allowed, ends the
//   connection without an answering Close, and link_close is for outside of events.
// - Closing from outside a callback is safe at once (LWS_TO_KILL_SYNC), from inside only by returning -1.
// - Its sockets cannot be reached between being made and being connected: fast_open.h says how one of ours gets there.
// - Making a context sets SIGPIPE to be ignored for the whole process, where an app may have a handler of its own: it is
//   set back at once, and pipe_signal.h takes its place.
// - It follows redirects unless told not to, speaks HTTP/2 unless told not to, and logs to standard error unless told
//   not to. The log level is one for the whole process, and we do not log.
// - Context and virtual host live as long as the link: taking them down between connections is where its bugs are.
#include "transport_lws.h"

#include <libwebsockets.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "fast_open.h"
#include "wire/limits.h"

enum {
    RECEIVE_BYTES = 8 * 1024,
    SERVICE_BYTES = 16 * 1024,
    ANSWER_BYTES_MAX = 64 * 1024,
    DESCRIPTORS_MAX = 32,
    TIMEOUT_S = 120, // longer than any deadline of ours, which are the ones that count
    VALIDITY_PING_S = 60,
    VALIDITY_HANGUP_S = 90,
    CREDIT_TEXT_SIZE = 10, // nine digits at most
};
#define PROTOCOL_NAME "rond.v1"

struct link {
    struct link_events events;
    struct lws_context *context; // set NULL by libwebsockets when it is gone
    struct lws_vhost *vhost;
    struct lws *wsi; // of the newest connection; NULL: none
    uintptr_t generation;
    bool is_post;
    bool is_fast; // begun by fast_open.h
    bool opening; // libwebsockets may tell the end before it has handed out the connection
    bool closing;
    bool sending; // a frame waits in `out`, or just left
    bool out_waits;
    uint32_t credit_bytes;
    struct buffer out; // LWS_PRE || frame or body
    struct buffer in;  // the frame or answer so far
    struct link_end end;
};

// --- The end ---

// After this nothing of the present connection is listened to any more.
static void link_end(struct link *link) {
    link->generation++;
    link->wsi = NULL;
    struct link_end end = link->end;
    if (!link->opening)
        link->events.ended(link->events.context, &end);
}

static void end_text(struct link *link, const void *text, size_t size) {
    size_t room = sizeof link->end.text - 1;
    size = text == NULL ? 0 : size < room ? size : room;
    if (!utf8_is_valid(bytes_of(text, size)))
        return;
    if (size > 0)
        memcpy(link->end.text, text, size);
    link->end.text[size] = '\0';
}

static int frame_refuse(struct link *link) {
    link->end.frame_broken = true;
    link_end(link);
    return -1;
}

// --- WebSocket ---

// The headers of the upgrade's answer are gone once the connection stands. What is no number says nothing.
static uint32_t credit_said(struct lws *wsi) {
    static const char name[] = "rond-credit:";
    char text[CREDIT_TEXT_SIZE];
    int size = lws_hdr_custom_copy(wsi, text, sizeof text, name, sizeof name - 1);
    uint32_t bytes = 0;
    for (int i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return 0;
        bytes = bytes * 10 + (uint32_t)(text[i] - '0');
    }
    return bytes;
}

static int on_receive(struct link *link, struct lws *wsi, struct bytes part) {
    if (!lws_frame_is_binary(wsi))
        return frame_refuse(link);
    if (link->in.size + part.size + lws_remaining_packet_payload(wsi) > FRAME_BYTES_MAX)
        return frame_refuse(link);
    if (buffer_append(&link->in, part) != ROND_OK)
        return frame_refuse(link);
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
        return 0;
    link->events.received(link->events.context, buffer_bytes(&link->in));
    buffer_clear(&link->in);
    return 0;
}

// Frames that are sent one right behind the other fill packets: of fewer packets fewer get lost. What is left over goes when
// none follows.
static void cork(struct lws *wsi, int on) {
#ifdef TCP_CORK
    (void)setsockopt(lws_get_socket_fd(wsi), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
#else
    UNUSED(wsi);
    UNUSED(on);
#endif
}

static int on_writable(struct link *link, struct lws *wsi) {
    if (link->out_waits) {
        link->out_waits = false;
        size_t size = link->out.size - LWS_PRE;
        cork(wsi, 1);
        if (lws_write(wsi, link->out.data + LWS_PRE, size, LWS_WRITE_BINARY) < (int)size)
            return -1;
        lws_callback_on_writable(wsi); // comes when it has left
        return 0;
    }
    if (link->sending) {
        link->sending = false;
        link->events.writable(link->events.context);
        if (!link->sending)
            cork(wsi, 0);
    }
    return 0;
}

static int on_peer_close(struct link *link, const uint8_t *data, size_t size) {
    link->end.close_code = size >= 2 ? data[0] << 8 | data[1] : LWS_CLOSE_STATUS_NO_STATUS;
    if (size > 2)
        end_text(link, data + 2, size - 2);
    link_end(link);
    return -1;
}

// --- POST ---

static int on_headers(struct link *link, struct lws *wsi, unsigned char **at, size_t room) {
    if (!link->is_post)
        return 0;
    char length[24];
    unsigned char *end = *at + room;
    static const char type[] = "application/x-protobuf";
    int size = snprintf(length, sizeof length, "%zu", link->out.size - LWS_PRE);
    if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, (unsigned char *)length, size, at, end) != 0 ||
        lws_add_http_header_by_name(wsi, (const unsigned char *)"content-type:", (const unsigned char *)type,
                                    sizeof type - 1, at, end) != 0)
        return -1;
    lws_client_http_body_pending(wsi, 1);
    lws_callback_on_writable(wsi);
    return 0;
}

static int on_body_writable(struct link *link, struct lws *wsi) {
    if (!link->out_waits)
        return 0;
    link->out_waits = false;
    size_t size = link->out.size - LWS_PRE;
    lws_client_http_body_pending(wsi, 0);
    return lws_write(wsi, link->out.data + LWS_PRE, size, LWS_WRITE_HTTP_FINAL) < (int)size ? -1 : 0;
}

static int on_answer_ready(struct lws *wsi) {
    char room[LWS_PRE + 2048], *at = room + LWS_PRE;
    int size = sizeof room - LWS_PRE;
    return lws_http_client_read(wsi, &at, &size) < 0 ? -1 : 0;
}

static int on_answer_part(struct link *link, struct bytes part) {
    if (buffer_append(&link->in, part) == ROND_OK)
        return 0;
    link->end.frame_broken = true;
    link_end(link);
    return -1;
}

static int on_answer_whole(struct link *link) {
    link->end.established = true;
    link->events.answered(link->events.context, link->end.http_status, buffer_bytes(&link->in));
    link_end(link);
    return -1;
}

// --- Dispatch ---

static int on_event(struct link *link, struct lws *wsi, enum lws_callback_reasons reason, void *data, size_t size) {
    switch (reason) {
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
        link->credit_bytes = credit_said(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        link->end.established = true;
        link->events.established(link->events.context, link->credit_bytes);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        return on_receive(link, wsi, bytes_of(data, size));
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(link, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        return on_peer_close(link, data, size);
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
        return on_headers(link, wsi, data, size);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
        return on_body_writable(link, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
        link->end.http_status = (int)lws_http_client_http_response(wsi);
        return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
        return on_answer_ready(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
        return on_answer_part(link, bytes_of(data, size));
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
        return on_answer_whole(link);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        link->end.http_status = (int)lws_http_client_http_response(wsi);
        end_text(link, data, size);
        link_end(link);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY:
        link_end(link);
        return 0;
    default:
        return 0;
    }
}

static int on_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *data, size_t size) {
    UNUSED(user);
    const struct lws_context *context = wsi == NULL ? NULL : lws_get_context(wsi);
    struct link *link = context == NULL ? NULL : lws_context_user(lws_get_context(wsi));
    if (link == NULL || (uintptr_t)lws_get_opaque_user_data(wsi) != link->generation)
        return 0;
    return on_event(link, wsi, reason, data, size);
}

static const struct lws_protocols protocols[] = {
    {.name = PROTOCOL_NAME,
     .callback = on_callback,
     .rx_buffer_size = RECEIVE_BYTES,
     .tx_packet_size = FRAME_BYTES_MAX + LWS_PRE},
    {.name = NULL},
};
static const lws_retry_bo_t validity = {.secs_since_valid_ping = VALIDITY_PING_S,
                                        .secs_since_valid_hangup = VALIDITY_HANGUP_S};

// --- Making and taking down ---

static enum rond_err context_create(struct link *link, uv_loop_t *loop, SSL_CTX *tls) {
    void *loops[] = {loop};
    struct lws_context_creation_info info = {
        .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS |
                   LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_LIBUV,
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .user = link,
        .foreign_loops = loops,
        .pcontext = &link->context,
        .fd_limit_per_thread = DESCRIPTORS_MAX,
        .pt_serv_buf_size = SERVICE_BYTES,
        .timeout_secs = TIMEOUT_S,
        .connect_timeout_secs = TIMEOUT_S,
        .vhost_name = "rond",
        .provided_client_ssl_ctx = tls,
    };
    struct sigaction of_app;
    bool is_known = sigaction(SIGPIPE, NULL, &of_app) == 0;
    lws_set_log_level(0, NULL);
    link->context = lws_create_context(&info);
    if (is_known)
        (void)sigaction(SIGPIPE, &of_app, NULL);
    if (link->context == NULL)
        return ROND_ENOMEM;
    link->vhost = lws_create_vhost(link->context, &info);
    return link->vhost == NULL ? ROND_ENOMEM : ROND_OK;
}

enum rond_err link_create(uv_loop_t *loop, SSL_CTX *tls, const struct link_events *events, struct link **ret_link) {
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        return ROND_ENOMEM;
    link->events = *events;
    link->generation = 1; // 0 is what sockets of libwebsockets' own carry
    buffer_init(&link->out, LWS_PRE + FRAME_BYTES_MAX);
    buffer_init(&link->in, FRAME_BYTES_MAX);
    // Handed out even where it failed half-way: only a run of the loop can take a context down.
    enum rond_err err = context_create(link, loop, tls);
    *ret_link = link;
    return err;
}

void link_destroy(struct link *link) {
    if (link == NULL)
        return;
    link->generation++;
    if (link->context != NULL)
        lws_context_destroy(link->context);
}

bool link_is_gone(const struct link *link) {
    return link == NULL || link->context == NULL;
}

void link_free(struct link *link) {
    if (link == NULL)
        return;
    buffer_deinit(&link->out);
    buffer_deinit(&link->in);
    free(link);
}

// --- Opening, sending, closing ---

static enum rond_err out_fill(struct link *link, struct bytes bytes) {
    static const uint8_t room[LWS_PRE];
    buffer_clear(&link->out);
    enum rond_err err = buffer_append(&link->out, bytes_of(room, sizeof room));
    return err == ROND_OK ? buffer_append(&link->out, bytes) : err;
}

// False: nothing came of it, and no event follows.
static bool connect_by(struct link *link, const struct link_target *target, const char *address) {
    uintptr_t generation = ++link->generation;
    link->end = (struct link_end){0};
    struct lws_client_connect_info info = {
        .context = link->context,
        .vhost = link->vhost,
        .address = address,
        .port = target->port,
        .host = target->host,
        .path = target->path,
        .method = target->is_post ? "POST" : NULL,
        .protocol = target->is_post ? NULL : PROTOCOL_NAME,
        .local_protocol_name = PROTOCOL_NAME,
        .alpn = "http/1.1",
        .ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK |
                          LCCSCF_HTTP_NO_FOLLOW_REDIRECT, // names: transport_tls.c
        .retry_and_idle_policy = &validity,
        .opaque_user_data = (void *)generation,
    };
    link->opening = true;
    struct lws *wsi = lws_client_connect_via_info(&info);
    link->opening = false;
    if (wsi != NULL && link->generation == generation)
        link->wsi = wsi;
    else
        link->generation++;
    return link->wsi != NULL;
}

static bool connect_fast(struct link *link, const struct link_target *target) {
    struct fast_open fast;
    if (!target->may_open_fast || !fast_open_begin(&fast, target->address, target->port))
        return false;
    bool is_begun = connect_by(link, target, fast.stand_in);
    if (fast_open_end(&fast, is_begun ? lws_get_socket_fd(link->wsi) : -1))
        return true;
    link_kill(link);
    return false;
}

enum rond_err link_open(struct link *link, const struct link_target *target) {
    CHECK(link->wsi == NULL);
    link->is_post = target->is_post;
    link->is_fast = link->closing = link->sending = link->out_waits = false;
    link->credit_bytes = 0;
    link->in.size_max = target->is_post ? ANSWER_BYTES_MAX : FRAME_BYTES_MAX;
    buffer_clear(&link->in);
    if (target->is_post) {
        enum rond_err err = out_fill(link, target->body);
        if (err != ROND_OK)
            return err;
        link->out_waits = true;
    }
    link->is_fast = connect_fast(link, target);
    return link->is_fast || connect_by(link, target, target->address) ? ROND_OK : ROND_EIO;
}

bool link_is_fast(const struct link *link) {
    return link->is_fast;
}

enum fast_open_outcome link_fast_open(const struct link *link) {
    return link->is_fast && link->wsi != NULL ? fast_open_outcome(lws_get_socket_fd(link->wsi)) : FAST_OPEN_NOTHING;
}

enum rond_err link_send(struct link *link, struct bytes frame) {
    if (frame.size > FRAME_BYTES_MAX)
        return ROND_EFULL;
    if (link->wsi == NULL || !link->end.established || link->sending || link->closing)
        return ROND_EAGAIN;
    enum rond_err err = out_fill(link, frame);
    if (err != ROND_OK)
        return err;
    link->sending = link->out_waits = true;
    lws_callback_on_writable(link->wsi);
    return ROND_OK;
}

bool link_is_sending(const struct link *link) {
    return link->sending;
}

void link_close(struct link *link) {
    if (link->wsi == NULL || link->closing)
        return;
    link->closing = true;
    lws_close_reason(link->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    lws_set_timeout(link->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC); // sends the Close and waits for the peer's
}

void link_kill(struct link *link) {
    struct lws *wsi = link->wsi;
    if (wsi == NULL)
        return;
    link->generation++;
    link->wsi = NULL;
    lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}
