// A small HTTP/1.1 side for enrolment and people (TLS) and operations (plain): one whole request up, one whole answer down,
// then the connection ends, or waits for the next request where the listener keeps it. An answer may be a stream instead,
// which goes on until either side ends it. No files, no forms, no pipelining.
//
// All on the network thread. An exchange given by `requested` is valid until it is answered or `gone` was called; a stream
// until it was ended or `gone` was called.
#ifndef NET_HTTP_LISTENER_H
#define NET_HTTP_LISTENER_H

#include <libwebsockets.h>

#include "base/bytes.h"
#include "net/admission.h"
#include "net/http_head.h"
#include "net/tls.h"

struct http_exchange;

enum http_method { HTTP_GET, HTTP_POST };
enum {
    HTTP_PATH_SIZE = 512,
    HTTP_ANSWER_DEADLINE_MS = 30 * 1000, // from the request to its answer, and from one part of that to the next
    HTTP_ANSWER_MS_MAX = 10 * 60 * 1000, // for the whole of it, however slow the asker's line is
    HTTP_NEXT_DEADLINE_MS = 15 * 1000,   // from an answer to the next request on the same connection
    HTTP_STREAM_BYTES_MAX = 4096,        // of a stream that are not on their way yet
    HTTP_HEADERS_MAX = 5,
};

// Of an answer; the name in lower case with a colon behind.
struct http_header {
    const char *name;
    const char *value;
};

struct http_listener {
    // Answer now or later with http_exchange_answer. body is empty for GET; borrowed for the call.
    void (*requested)(void *context, struct http_exchange *exchange, enum http_method method, const char *path,
                      struct bytes body);
    // The asker left before the answer; owner is what http_exchange_set_owner gave. May be NULL where answers come at once.
    void (*gone)(void *context, void *owner);
    // Answers what is not even asked: a method that is neither (405), a body in parts (411), one that is too large (413), an
    // address that is too long (414), too many requests (429). NULL: by a line of text.
    void (*turned_away)(void *context, struct http_exchange *exchange, unsigned status, const char *path);
    void *context;
    size_t body_bytes_max;
    bool limits_requests;                  // by admissions' rate for one address
    bool keeps_connections;                // after an answer, for the next request
    const struct ticket_keys *ticket_keys; // NULL: plain
    const struct clock *clock;
    const char *remote_user_header;    // http_head_read's; NULL: heads are not read
    const struct http_header *headers; // of every answer
    size_t headers_count;
    SSL_CTX *tls;
    uint64_t requests, refused; // counted
};

// The vhost's protocols; its user pointer (lws_vhost_user) is the listener.
extern const struct lws_protocols HTTP_LISTENER_PROTOCOLS[];

// Whoever answers later; handed to `gone`.
void http_exchange_set_owner(struct http_exchange *exchange, void *owner);
// Where the listener reads heads; borrowed for the life of the exchange.
const struct http_head *http_exchange_head(const struct http_exchange *exchange);
const struct address_key *http_exchange_address(const struct http_exchange *exchange);
// One more header of the answer, copied, before it; at most HTTP_HEADERS_MAX. What is too long is left out: false. One of
// the name cache-control stands in place of the usual no-store.
bool http_exchange_header(struct http_exchange *exchange, const char *name, const char *value);
// Once. The body is copied; the exchange is not used afterwards.
void http_exchange_answer(struct http_exchange *exchange, unsigned status, const char *content_type, struct bytes body);
// The same with a body that lasts as long as the program: it is not copied.
void http_exchange_answer_lasting(struct http_exchange *exchange, unsigned status, const char *content_type,
                                  struct bytes body);
// Begins an answer that has no end yet; the owner stays. Events of a page go this way.
void http_exchange_stream(struct http_exchange *exchange, const char *content_type);
// Copied. False where the asker reads too slowly for it: nothing of it is sent, and the stream is to be ended.
bool http_exchange_stream_write(struct http_exchange *exchange, struct bytes bytes);
// Once; the exchange is not used afterwards, and `gone` is not called.
void http_exchange_stream_end(struct http_exchange *exchange);

#endif
