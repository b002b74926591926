// A small HTTP/1.1 side for enrolment (TLS) and operations (plain): one whole request up, one whole answer down, then the
// connection ends. No files, no forms, no keep-alive.
//
// All on the network thread. An exchange given by `requested` is valid until it is answered or `gone` was called.
#ifndef NET_HTTP_LISTENER_H
#define NET_HTTP_LISTENER_H

#include <libwebsockets.h>

#include "base/bytes.h"
#include "net/admission.h"
#include "net/tls.h"

struct http_exchange;

enum http_method { HTTP_GET, HTTP_POST };
enum { HTTP_PATH_SIZE = 64, HTTP_ANSWER_DEADLINE_MS = 30 * 1000 };

struct http_listener {
    // Answer now or later with http_exchange_answer. body is empty for GET; borrowed for the call.
    void (*requested)(void *context, struct http_exchange *exchange, enum http_method method, const char *path, struct bytes body);
    // The asker left before the answer; owner is what http_exchange_set_owner gave. May be NULL where answers come at once.
    void (*gone)(void *context, void *owner);
    void *context;
    size_t body_bytes_max;
    bool limits_requests;        // by admissions' rate for one address
    const uint8_t *ticket_keys;  // NULL: plain
    const struct clock *clock;
    SSL_CTX *tls;
    uint64_t requests, refused;  // counted
};

// The vhost's protocols; its user pointer (lws_vhost_user) is the listener.
extern const struct lws_protocols HTTP_LISTENER_PROTOCOLS[];

// Whoever answers later; handed to `gone`.
void http_exchange_set_owner(struct http_exchange *exchange, void *owner);
// Once. The body is copied; the exchange is not used afterwards.
void http_exchange_answer(struct http_exchange *exchange, unsigned status, const char *content_type, struct bytes body);

#endif
