// The SDK's only user of libwebsockets, c-ares and the network: one WebSocket connection to the server, or one HTTPS
// POST, driven without blocking on a libuv loop that is stepped from outside (transport_step), never run on a thread.
//
// Names are resolved by c-ares (this libwebsockets has no asynchronous names); the last good address is kept and tried
// where the name server does not answer. A connection is over at closed, error or destruction of the socket, whichever
// comes (this libwebsockets may report only the last); a connect deadline of our own ends what never ends by itself.
// TLS 1.3 only, own SSL_CTX: the CA anchors given, nothing of the system's; the device key through the keystore.
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "base/bytes.h"
#include "base/err.h"
#include "keystore.h"

struct transport;

struct transport_events {
    void *context;
    void (*connected)(void *context, uint32_t credit_bytes); // what the upgrade told that may be under way before Welcome; 0: nothing
    void (*received)(void *context, struct bytes frame);     // one whole binary message
    void (*writable)(void *context);                         // the last frame left; another may be sent
    // Once per connection or request. err ROND_OK: closed in order. fault: why (a name that does not resolve, no route,
    // refused, TLS trouble told so that a person understands it, timeout).
    void (*ended)(void *context, enum rond_err err, const struct fault *fault);
    void (*answered)(void *context, int http_status, struct bytes body); // the POST's answer, before ended
    // Settings to keep between connections (TLS session, last good address by host name); sealed by the caller.
    void (*remember)(void *context, const char *name, struct bytes value);
    bool (*recall)(void *context, const char *name, struct bytes *ret_value); // borrowed until the next call
};

struct transport_tls {
    const struct bytes *anchors;         // CA certificates, DER; none: ca_fingerprint decides
    size_t anchors_count;
    const uint8_t *ca_fingerprint;       // 16 bytes of the CA key's SHA-256 (enrolment), or NULL
    struct bytes certificate;            // the device's, DER; size 0: none
    struct keystore *keystore;           // NULL without certificate; outlives the transport
    int64_t now_ms;                      // it is at least this late, by the server's clock; 0: the system's clock decides
};

// name_servers: "127.0.0.1:5353" for tests; NULL: the system's.
MUST_CHECK enum rond_err transport_create(const struct transport_events *events, const char *name_servers, struct transport **ret_transport);
void transport_destroy(struct transport *transport);

// Starts; the outcome comes through the events from transport_step. One thing at a time (ROND_ECONFLICT).
MUST_CHECK enum rond_err transport_connect(struct transport *transport, const char *url, const struct transport_tls *tls,
                                           int deadline_ms, struct fault *fault);
MUST_CHECK enum rond_err transport_post(struct transport *transport, const char *url, const char *path, const struct transport_tls *tls,
                                        struct bytes body, int deadline_ms, struct fault *fault);
// Sends one binary message (copied: libwebsockets masks in place). ROND_EAGAIN until `writable`.
MUST_CHECK enum rond_err transport_send(struct transport *transport, struct bytes frame);
void transport_close(struct transport *transport); // begins an orderly close; ended follows

// Runs what is ready, without blocking. Events are called from here and from nowhere else.
void transport_step(struct transport *transport);
// For the app's loop: readable whenever a step has something to do; milliseconds until one is wanted anyhow (-1: none).
int transport_descriptor(const struct transport *transport);
int transport_timeout_ms(const struct transport *transport);

#endif
