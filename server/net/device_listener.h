// The devices' side: WebSocket connections of wss://HOST:PORT/v1/sync, subprotocol rond.v1, each with a verified
// certificate. Gives whole binary messages up and takes whole messages down; knows nothing of what is in them.
//
// All on the network thread. A connection given by `opened` is valid until `closed` has returned.
#ifndef NET_DEVICE_LISTENER_H
#define NET_DEVICE_LISTENER_H

#include <libwebsockets.h>

#include "net/admission.h"
#include "net/tls.h"

struct connection;

enum { CONNECTION_SEND_BYTES_MAX = 1024 * 1024, CONNECTION_SEND_DEADLINE_MS = 30 * 1000 };

struct device_listener_events {
    // Upgraded. ret_user comes back with the rest; peer is gone after this. False: no memory, close at once (closed is not called then).
    bool (*opened)(void *context, struct connection *connection, const struct tls_peer *peer, void **ret_user);
    void (*received)(void *context, void *user, struct bytes message);
    // A message that cannot be taken, by a code of wire/codes.h: too large, of text, did not end in time, no memory. What is
    // left of it is passed over. Expects the connection to be closed; where it is not, it is closed without a word.
    void (*broken)(void *context, void *user, unsigned code);
    void (*closed)(void *context, void *user);
};

struct device_listener {
    const struct device_listener_events *events;
    void *context;
    struct bytes authorities[TLS_AUTHORITIES_MAX]; // DER, trusted for devices
    size_t authorities_count;
    const struct ticket_keys *ticket_keys;
    const struct clock *clock;
    uint32_t frame_deadline_ms;
    bool draining;                    // upgrades are refused
    struct connection *first;
    size_t count;
    SSL_CTX *tls;                     // of the vhost, for renewing its certificate
    // Counted.
    uint64_t opened, resumed, refused_upgrades, too_large, bytes_received, bytes_sent, messages_received, messages_sent;
    size_t send_queue_bytes;
};

// The vhost's protocols; its user pointer (lws_vhost_user) is the listener.
extern const struct lws_protocols DEVICE_LISTENER_PROTOCOLS[];

// Queues one binary message; copied. ROND_EFULL beyond CONNECTION_SEND_BYTES_MAX: the peer does not read; kill it.
MUST_CHECK enum rond_err connection_send(struct connection *connection, struct bytes message);
// After what is queued, with this WebSocket code. Nothing is received any more.
void connection_close(struct connection *connection, uint16_t code);
// At once, without a word: what is queued is dropped.
void connection_kill(struct connection *connection);
// Stops and starts reading from the peer.
void connection_pause(struct connection *connection, bool paused);
bool connection_is_closing(const struct connection *connection);

// Deadlines: stalled messages, peers that do not read. A few times a second.
void device_listener_sweep(struct device_listener *listener);

#endif
