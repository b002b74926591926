#include "net/http_listener.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wire/limits.h"

enum { WRITE_CHUNK_BYTES = 8192, HEADER_BYTES = 4096, HEADER_VALUE_SIZE = 400 };

enum exchange_state { EXCHANGE_READING, EXCHANGE_ASKED, EXCHANGE_ANSWERED, EXCHANGE_WRITING, EXCHANGE_STREAMING };

struct http_exchange {
    struct http_listener *listener;
    struct lws *wsi;
    void *owner;
    enum exchange_state state;
    enum http_method method;
    char path[HTTP_PATH_SIZE];
    struct buffer body;
    struct http_head *head; // NULL where the listener reads none
    struct address_key address;
    struct {
        char name[HTTP_HEADER_NAME_SIZE];
        char value[HEADER_VALUE_SIZE];
    } headers[HTTP_HEADERS_MAX];
    size_t headers_count;
    unsigned status;
    const char *content_type;
    uint8_t *copy; // the answer's body, where it is the exchange's own
    struct bytes answer;
    size_t written;
    int64_t until_ms; // monotonic: the whole of it has gone out
    bool keeps_connection;
    bool may_have_more; // something may follow the request that is not the next one
    bool is_stream, has_ended;
    struct buffer stream; // what is not on its way yet
};

static void exchange_destroy(struct http_exchange *exchange) {
    if (exchange->body.data)
        bytes_wipe(exchange->body.data, exchange->body.size); // passwords come this way
    buffer_deinit(&exchange->body);
    buffer_deinit(&exchange->stream);
    free(exchange->head);
    free(exchange->copy);
    free(exchange);
}

void http_exchange_set_owner(struct http_exchange *exchange, void *owner) {
    exchange->owner = owner;
}

// libwebsockets 4.1.6 does not read what comes during a GET that is not answered yet, the end included, and is called for it
// again and again: the loop would turn without rest until the answer. So nothing is to be called for; admissions_sweep looks
// whether the asker is still there.
static void read_from(const struct http_exchange *exchange, bool reads) {
    admission_of(exchange->wsi)->is_unread = !reads;
    (void)lws_rx_flow_control(exchange->wsi, reads);
}

const struct http_head *http_exchange_head(const struct http_exchange *exchange) {
    return exchange->head;
}

const struct address_key *http_exchange_address(const struct http_exchange *exchange) {
    return &exchange->address;
}

bool http_exchange_header(struct http_exchange *exchange, const char *name, const char *value) {
    if (exchange->headers_count == HTTP_HEADERS_MAX || strlen(name) >= HTTP_HEADER_NAME_SIZE ||
        strlen(value) >= HEADER_VALUE_SIZE)
        return false;
    strcpy(exchange->headers[exchange->headers_count].name, name);
    strcpy(exchange->headers[exchange->headers_count++].value, value);
    return true;
}

static void begin_answer(struct http_exchange *exchange, unsigned status, const char *content_type) {
    exchange->state = EXCHANGE_ANSWERED;
    exchange->status = status;
    exchange->content_type = content_type;
    read_from(exchange, true); // where it is held back, no writable callback comes
    lws_callback_on_writable(exchange->wsi);
}

void http_exchange_answer_lasting(struct http_exchange *exchange, unsigned status, const char *content_type,
                                  struct bytes body) {
    exchange->owner = NULL;
    exchange->answer = body;
    begin_answer(exchange, status, content_type);
}

void http_exchange_answer(struct http_exchange *exchange, unsigned status, const char *content_type, struct bytes body) {
    exchange->copy = body.size > 0 ? malloc(body.size) : NULL;
    if (exchange->copy)
        memcpy(exchange->copy, body.data, body.size);
    else if (body.size > 0)
        status = HTTP_STATUS_SERVICE_UNAVAILABLE;
    http_exchange_answer_lasting(exchange, status, content_type, bytes_of(exchange->copy, exchange->copy ? body.size : 0));
}

void http_exchange_stream(struct http_exchange *exchange, const char *content_type) {
    exchange->is_stream = true;
    buffer_init(&exchange->stream, HTTP_STREAM_BYTES_MAX);
    begin_answer(exchange, HTTP_STATUS_OK, content_type);
}

// What is to be written has its time to be taken, counted from when it began to wait; write_stream settles it.
static void write_soon(struct http_exchange *exchange) {
    struct admission *admission = admission_of(exchange->wsi);
    if (admission->deadline_ms == 0)
        admission->deadline_ms = clock_monotonic_ms(exchange->listener->clock) + HTTP_ANSWER_DEADLINE_MS;
    read_from(exchange, true);
    lws_callback_on_writable(exchange->wsi);
}

bool http_exchange_stream_write(struct http_exchange *exchange, struct bytes bytes) {
    if (buffer_append(&exchange->stream, bytes) != ROND_OK)
        return false;
    write_soon(exchange);
    return true;
}

void http_exchange_stream_end(struct http_exchange *exchange) {
    exchange->owner = NULL;
    exchange->has_ended = true;
    write_soon(exchange);
}

static void turn_away(struct http_exchange *exchange, const char *path, unsigned status, const char *text) {
    struct http_listener *listener = exchange->listener;
    listener->refused++;
    if (listener->turned_away)
        listener->turned_away(listener->context, exchange, status, path);
    else
        http_exchange_answer(exchange, status, "text/plain", bytes_of_text(text));
}

static void ask(struct http_exchange *exchange) {
    struct http_listener *listener = exchange->listener;
    exchange->state = EXCHANGE_ASKED;
    read_from(exchange, false);
    lws_set_timeout(exchange->wsi, NO_PENDING_TIMEOUT, 0); // libwebsockets' own: the deadline is the admission's
    listener->requests++;
    exchange->keeps_connection = listener->keeps_connections && !exchange->may_have_more;
    listener->requested(listener->context, exchange, exchange->method, exchange->path, buffer_bytes(&exchange->body));
}

// The body's size from its header; SIZE_MAX where it is missing or makes no sense.
static size_t content_length(struct lws *wsi) {
    char text[12];
    int size = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (size <= 0 || strspn(text, "0123456789") != (size_t)size)
        return SIZE_MAX;
    return (size_t)strtoull(text, NULL, 10);
}

static bool within_rate(struct http_listener *listener, const struct admission *admission) {
    struct admissions *admissions = admission->admissions;
    return !listener->limits_requests ||
           address_limits_take(&admissions->limits, clock_monotonic_ms(listener->clock), &admission->address);
}

// False without memory.
static bool read_head(struct http_exchange *exchange, const struct admission *admission) {
    exchange->address = admission->address;
    if (!exchange->listener->remote_user_header)
        return true;
    exchange->head = malloc(sizeof *exchange->head);
    if (exchange->head)
        http_head_read(exchange->wsi, exchange->listener->remote_user_header, exchange->head);
    return exchange->head != NULL;
}

// Empty ones, too.
static bool has_header(struct lws *wsi, enum lws_token_indexes token) {
    char empty[1];
    return lws_hdr_total_length(wsi, token) > 0 || lws_hdr_copy_fragment(wsi, empty, sizeof empty, token, 0) == 0;
}

static int begin(struct http_listener *listener, struct lws *wsi, const char *path) {
    struct admission *admission = admission_of(wsi);
    if (!admission || admission->owner)
        return -1; // a second request on one connection
    struct http_exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return -1;
    exchange->listener = listener;
    exchange->wsi = wsi;
    exchange->method = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0 ? HTTP_POST : HTTP_GET;
    buffer_init(&exchange->body, listener->body_bytes_max);
    admission->owner = exchange;
    if (!read_head(exchange, admission))
        return -1;
    admission->deadline_ms = clock_monotonic_ms(listener->clock) + HTTP_ANSWER_DEADLINE_MS;
    size_t body_size = exchange->method == HTTP_POST ? content_length(wsi) : 0;
    bool is_get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    // libwebsockets knows no chunks, nor a length of many digits: what it took for the next request would be this one's
    // body.
    exchange->may_have_more = is_get && has_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    if (exchange->method == HTTP_GET && !is_get)
        turn_away(exchange, path, HTTP_STATUS_METHOD_NOT_ALLOWED, "Use GET or POST.\n");
    else if (has_header(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING))
        turn_away(exchange, path, 411, "Say how large the request is; it is not taken in parts.\n");
    else if (strlen(path) >= sizeof exchange->path)
        turn_away(exchange, path, HTTP_STATUS_REQ_URI_TOO_LONG, "The address is too long.\n");
    else if (body_size > listener->body_bytes_max)
        turn_away(exchange, path, HTTP_STATUS_REQ_ENTITY_TOO_LARGE,
                  "The request is too large, or does not say how large it is.\n");
    else if (!within_rate(listener, admission))
        turn_away(exchange, path, 429, "Too many requests; try again in a minute.\n");
    else {
        strcpy(exchange->path, path);
        if (exchange->method == HTTP_GET || body_size == 0)
            ask(exchange);
    }
    return 0;
}

static struct http_exchange *exchange_of(struct lws *wsi) {
    struct admission *admission = admission_of(wsi);
    return admission ? admission->owner : NULL;
}

static int take_body(struct http_exchange *exchange, struct bytes part) {
    if (!exchange)
        return -1;
    if (exchange->state != EXCHANGE_READING)
        return 0;
    return buffer_append(&exchange->body, part) == ROND_OK ? 0 : -1;
}

static int end_body(struct http_exchange *exchange) {
    if (!exchange)
        return -1;
    if (exchange->state == EXCHANGE_READING)
        ask(exchange);
    return 0;
}

static bool add_header(struct lws *wsi, const char *name, const char *value, uint8_t **at, uint8_t *end) {
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value),
                                       at, end) == 0;
}

static bool add_headers(const struct http_exchange *exchange, struct lws *wsi, uint8_t **at, uint8_t *end) {
    const struct http_listener *listener = exchange->listener;
    bool added = true, is_cached = false;
    for (size_t i = 0; i < listener->headers_count && added; i++)
        added = add_header(wsi, listener->headers[i].name, listener->headers[i].value, at, end);
    for (size_t i = 0; i < exchange->headers_count && added; i++) {
        is_cached = is_cached || !strcmp(exchange->headers[i].name, "cache-control:");
        added = add_header(wsi, exchange->headers[i].name, exchange->headers[i].value, at, end);
    }
    return added && (is_cached || add_header(wsi, "cache-control:", "no-store", at, end));
}

// A stream says no length: it ends with its connection.
static bool add_status(const struct http_exchange *exchange, struct lws *wsi, uint8_t **at, uint8_t *end) {
    if (!exchange->is_stream)
        return lws_add_http_common_headers(wsi, exchange->status, exchange->content_type, exchange->answer.size, at, end) ==
               0;
    return lws_add_http_header_status(wsi, exchange->status, at, end) == 0 &&
           add_header(wsi, "content-type:", exchange->content_type, at, end);
}

// The connection waits for the next request, or ends.
static int finish(struct http_exchange *exchange, struct lws *wsi) {
    struct admission *admission = admission_of(wsi);
    if (!exchange->keeps_connection)
        return -1; // lws sends what it still holds, then closes
    admission->deadline_ms = clock_monotonic_ms(exchange->listener->clock) + HTTP_NEXT_DEADLINE_MS;
    admission->owner = NULL;
    exchange_destroy(exchange);
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

// As long as some of the answer goes out, the asker has time for more of it, up to a bound.
static void allow_more(struct http_exchange *exchange, struct lws *wsi) {
    int64_t now_ms = clock_monotonic_ms(exchange->listener->clock);
    if (exchange->until_ms == 0)
        exchange->until_ms = now_ms + HTTP_ANSWER_MS_MAX;
    int64_t next_ms = now_ms + HTTP_ANSWER_DEADLINE_MS;
    admission_of(wsi)->deadline_ms = next_ms < exchange->until_ms ? next_ms : exchange->until_ms;
}

static int write_header(struct http_exchange *exchange, struct lws *wsi) {
    uint8_t memory[LWS_PRE + HEADER_BYTES];
    uint8_t *start = memory + LWS_PRE, *at = start, *end = memory + sizeof memory - 1;
    exchange->keeps_connection = exchange->keeps_connection && !exchange->is_stream;
    if (!add_status(exchange, wsi, &at, end) ||
        (!exchange->keeps_connection && !add_header(wsi, "connection:", "close", &at, end)) ||
        !add_headers(exchange, wsi, &at, end) || lws_finalize_write_http_header(wsi, start, &at, end))
        return -1;
    exchange->state = exchange->is_stream ? EXCHANGE_STREAMING : EXCHANGE_WRITING;
    if (exchange->is_stream)
        admission_settle(admission_of(wsi)); // it lasts
    else if (exchange->answer.size == 0)
        return finish(exchange, wsi);
    lws_callback_on_writable(wsi);
    return 0;
}

static int write_body(struct http_exchange *exchange, struct lws *wsi) {
    uint8_t memory[LWS_PRE + WRITE_CHUNK_BYTES];
    size_t left = exchange->answer.size - exchange->written;
    size_t size = left < WRITE_CHUNK_BYTES ? left : WRITE_CHUNK_BYTES;
    bool is_last = size == left;
    allow_more(exchange, wsi); // this is called where what came before has gone out
    if (left == 0)
        return finish(exchange, wsi);
    memcpy(memory + LWS_PRE, exchange->answer.data + exchange->written, size);
    if (lws_write(wsi, memory + LWS_PRE, size, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)size)
        return -1;
    exchange->written += size;
    if (is_last && !lws_partial_buffered(wsi)) // whose end libwebsockets holds has time for it as before
        return finish(exchange, wsi);
    lws_callback_on_writable(wsi);
    return 0;
}

static int write_stream(struct http_exchange *exchange, struct lws *wsi) {
    uint8_t memory[LWS_PRE + HTTP_STREAM_BYTES_MAX];
    size_t size = exchange->stream.size;
    if (size > 0)
        memcpy(memory + LWS_PRE, exchange->stream.data, size);
    buffer_clear(&exchange->stream);
    if (size > 0 && lws_write(wsi, memory + LWS_PRE, size, LWS_WRITE_HTTP) < (int)size)
        return -1;
    if (exchange->has_ended)
        return -1;
    admission_settle(admission_of(wsi));
    read_from(exchange, false);
    return 0;
}

static int write_answer(struct lws *wsi) {
    struct http_exchange *exchange = exchange_of(wsi);
    if (!exchange)
        return 0; // between two requests
    switch (exchange->state) {
    case EXCHANGE_ANSWERED:
        return write_header(exchange, wsi);
    case EXCHANGE_WRITING:
        return write_body(exchange, wsi);
    case EXCHANGE_STREAMING:
        return write_stream(exchange, wsi);
    default:
        return 0;
    }
}

static void end(struct lws *wsi) {
    struct admission *admission = admission_of(wsi);
    struct http_exchange *exchange = exchange_of(wsi);
    if (!exchange)
        return;
    admission->owner = NULL;
    if (exchange->owner && exchange->listener->gone)
        exchange->listener->gone(exchange->listener->context, exchange->owner);
    exchange_destroy(exchange);
}

static int load_tls(struct lws_vhost *vhost, SSL_CTX *tls) {
    struct http_listener *listener = lws_vhost_user(vhost);
    listener->tls = tls;
    tls_harden(tls, listener->ticket_keys, "rond http");
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
    switch (reason) {
    case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
        return load_tls(in, user);
    case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
        return size ? 0 : 1;
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
        return 1; // no WebSocket here
    case LWS_CALLBACK_HTTP:
        return begin(lws_vhost_user(lws_get_vhost(wsi)), wsi, in);
    case LWS_CALLBACK_HTTP_BODY:
        return take_body(exchange_of(wsi), bytes_of(in, size));
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return end_body(exchange_of(wsi));
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return write_answer(wsi);
    case LWS_CALLBACK_CLOSED_HTTP:
        end(wsi);
        return 0;
    case LWS_CALLBACK_WSI_DESTROY:
        end(wsi);
        admission_forget(wsi);
        return 0;
    default:
        return 0;
    }
}

const struct lws_protocols HTTP_LISTENER_PROTOCOLS[] = {
    {.name = "http", .callback = on_event, .rx_buffer_size = 2048},
    {0},
};
