// A small HTTP/1.1 side for enrolment and people (TLS) and operations (plain): one whole request up, one whole answer down,
// then the connection ends. No files, no forms, no keep-alive.
//
// All on the network thread. An exchange given by `requested` is valid until it is answered or `gone` was called.
#ifndef NET_HTTP_LISTENER_H
#define NET_HTTP_LISTENER_H

#include <libwebsockets.h>

#include "base/bytes.h"
#include "net/admission.h"
#include "net/http_head.h"
#include "net/tls.h"

struct http_exchange;

enum http_method { HTTP_GET, HTTP_POST };
enum { HTTP_PATH_SIZE = 512, HTTP_ANSWER_DEADLINE_MS = 30 * 1000, HTTP_HEADERS_MAX = 4 };

// Of an answer; the name in lower case with a colon behind.
struct http_header {
    const char *name;
    const char *value;
};

struct http_listener {
    // Answer now or later with http_exchange_answer. body is empty for GET; borrowed for the call.
    void (*requested)(void *context, struct http_exchange *exchange, enum http_method method, const char *path, struct bytes body);
    // The asker left before the answer; owner is what http_exchange_set_owner gave. May be NULL where answers come at once.
    void (*gone)(void *context, void *owner);
    void *context;
    size_t body_bytes_max;
    bool limits_requests;        // by admissions' rate for one address
    const struct ticket_keys *ticket_keys; // NULL: plain
    const struct clock *clock;
    const char *remote_user_header;    // http_head_read's; NULL: heads are not read
    const struct http_header *headers; // of every answer
    size_t headers_count;
    SSL_CTX *tls;
    uint64_t requests, refused;  // counted
};

// The vhost's protocols; its user pointer (lws_vhost_user) is the listener.
extern const struct lws_protocols HTTP_LISTENER_PROTOCOLS[];

// Whoever answers later; handed to `gone`.
void http_exchange_set_owner(struct http_exchange *exchange, void *owner);
// Where the listener reads heads; borrowed for the life of the exchange.
const struct http_head *http_exchange_head(const struct http_exchange *exchange);
const struct address_key *http_exchange_address(const struct http_exchange *exchange);
// One more header of the answer, copied, before it; at most HTTP_HEADERS_MAX. What is too long is left out: false.
bool http_exchange_header(struct http_exchange *exchange, const char *name, const char *value);
// Once. The body is copied; the exchange is not used afterwards.
void http_exchange_answer(struct http_exchange *exchange, unsigned status, const char *content_type, struct bytes body);

#endif
