#include "net/http_listener.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wire/limits.h"

enum { WRITE_CHUNK_BYTES = 8192, HEADER_BYTES = 4096, HEADER_VALUE_SIZE = 400 };

enum exchange_state { EXCHANGE_READING, EXCHANGE_ASKED, EXCHANGE_ANSWERED, EXCHANGE_WRITING };

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
    uint8_t *answer; // LWS_PRE bytes of headroom, then answer_size
    size_t answer_size;
    size_t written;
};

static void exchange_destroy(struct http_exchange *exchange) {
    if (exchange->body.data)
        bytes_wipe(exchange->body.data, exchange->body.size); // passwords come this way
    buffer_deinit(&exchange->body);
    free(exchange->head);
    free(exchange->answer);
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

void http_exchange_answer(struct http_exchange *exchange, unsigned status, const char *content_type, struct bytes body) {
    exchange->owner = NULL;
    exchange->state = EXCHANGE_ANSWERED;
    exchange->status = status;
    exchange->content_type = content_type;
    exchange->answer = malloc(LWS_PRE + body.size + 1);
    if (exchange->answer && body.size > 0)
        memcpy(exchange->answer + LWS_PRE, body.data, body.size);
    exchange->answer_size = exchange->answer ? body.size : 0;
    if (!exchange->answer)
        exchange->status = HTTP_STATUS_SERVICE_UNAVAILABLE;
    read_from(exchange, true); // where it is held back, no writable callback comes
    lws_callback_on_writable(exchange->wsi);
}

static void answer_text(struct http_exchange *exchange, unsigned status, const char *text) {
    exchange->listener->refused++;
    http_exchange_answer(exchange, status, "text/plain", bytes_of_text(text));
}

static void ask(struct http_exchange *exchange) {
    struct http_listener *listener = exchange->listener;
    exchange->state = EXCHANGE_ASKED;
    read_from(exchange, false);
    listener->requests++;
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
    if (exchange->method == HTTP_GET && !is_get)
        answer_text(exchange, HTTP_STATUS_METHOD_NOT_ALLOWED, "Use GET or POST.\n");
    else if (strlen(path) >= sizeof exchange->path)
        answer_text(exchange, HTTP_STATUS_NOT_FOUND, "There is nothing here.\n");
    else if (body_size > listener->body_bytes_max)
        answer_text(exchange, HTTP_STATUS_REQ_ENTITY_TOO_LARGE, "The request is too large, or does not say how large it is.\n");
    else if (!within_rate(listener, admission))
        answer_text(exchange, 429, "Too many requests; try again in a minute.\n");
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
    bool added = true;
    for (size_t i = 0; i < listener->headers_count && added; i++)
        added = add_header(wsi, listener->headers[i].name, listener->headers[i].value, at, end);
    for (size_t i = 0; i < exchange->headers_count && added; i++)
        added = add_header(wsi, exchange->headers[i].name, exchange->headers[i].value, at, end);
    return added;
}

static int write_header(struct http_exchange *exchange, struct lws *wsi) {
    uint8_t memory[LWS_PRE + HEADER_BYTES];
    uint8_t *start = memory + LWS_PRE, *at = start, *end = memory + sizeof memory - 1;
    if (lws_add_http_common_headers(wsi, exchange->status, exchange->content_type, exchange->answer_size, &at, end) ||
        !add_header(wsi, "connection:", "close", &at, end) || !add_header(wsi, "cache-control:", "no-store", &at, end) ||
        !add_headers(exchange, wsi, &at, end) || lws_finalize_write_http_header(wsi, start, &at, end))
        return -1;
    exchange->state = EXCHANGE_WRITING;
    if (exchange->answer_size == 0)
        return -1;
    lws_callback_on_writable(wsi);
    return 0;
}

static int write_body(struct http_exchange *exchange, struct lws *wsi) {
    size_t left = exchange->answer_size - exchange->written;
    size_t size = left < WRITE_CHUNK_BYTES ? left : WRITE_CHUNK_BYTES;
    bool is_last = size == left;
    // lws_write uses the headroom; what lies there has been written already.
    if (lws_write(wsi, exchange->answer + LWS_PRE + exchange->written, size, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
        (int)size)
        return -1;
    exchange->written += size;
    if (is_last)
        return -1; // lws sends what it still holds, then closes
    lws_callback_on_writable(wsi);
    return 0;
}

static int write_answer(struct lws *wsi) {
    struct http_exchange *exchange = exchange_of(wsi);
    if (!exchange)
        return -1;
    if (exchange->state == EXCHANGE_ANSWERED)
        return write_header(exchange, wsi);
    return exchange->state == EXCHANGE_WRITING ? write_body(exchange, wsi) : 0;
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
