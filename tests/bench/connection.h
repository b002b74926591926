// The other end of the server: TLS and just enough WebSocket, non-blocking, many connections on one thread. Plain OpenSSL on
// plain sockets, so that the generator costs little and its bytes can be counted at the socket.
//
//   connections_open -> connection_open ... -> connections_step until connection->state is CONNECTION_READY
//   connection_send_load; connections_step until connection->acknowledged is what was sent
#ifndef BENCH_CONNECTION_H
#define BENCH_CONNECTION_H

#include "base/buffer.h"
#include "bench/fleet.h"

enum connection_state { CONNECTION_ENDED, CONNECTION_HANDSHAKE, CONNECTION_UPGRADE, CONNECTION_HELLO, CONNECTION_READY };

enum connection_aim {
    AIM_WELCOME,
    AIM_UPGRADE, // the server has answered 101; nothing is said after that
    AIM_BYTE,    // one byte has come: of a server that knows nothing but TLS (bare.h)
};

struct connection {
    struct connections *all;
    size_t device;
    struct id128 outbox;
    enum connection_state state;
    int descriptor;
    SSL *ssl;
    struct buffer in;
    struct buffer out;
    size_t out_done;
    bool wants_write;

    const struct load *load;
    bool one_by_one;         // nothing of the load goes by itself, only by connection_send_next
    size_t next_batch;       // to send
    size_t first_under_way;
    size_t bytes_under_way;
    size_t credit_bytes;
    uint64_t acknowledged;
    uint64_t exceptions;
    uint64_t feedback_cursor;
    uint64_t feedback_bytes; // of messages that say how the promises stand, which reports come to
    unsigned refusal_code;   // once it has ended: why, where the server said so
    uint32_t retry_after_ms;
    bool answers_feedback;   // says Received, as a device does; else the server sends one Feedback and no more
};

struct connections {
    const struct fleet *fleet;
    int port;
    int epoll;
    size_t ready;            // upgraded and welcomed
    struct arena arena;      // of the message being read
    enum connection_aim aim; // how far each goes to be ready
    bool may_end;            // an end that was not asked for is a state; else it ends the bench
    SSL_SESSION *session;    // the next handshakes resume it; NULL: full ones
    SSL_SESSION **sessions;  // or one of each device, by its number; NULL: none
    SSL_SESSION **kept;      // where each device's session goes once it is ready; NULL: nowhere
};

// Trusts DIRECTORY/ca.crt.
SSL_CTX *connection_tls(const char *directory);
// A binary message as the client frames it: header, mask, masked bytes.
struct bytes connection_frame(struct arena *arena, struct bytes payload);

void connections_open(struct connections *all, const struct fleet *fleet, int port);
void connections_close(struct connections *all);
// Waits at most timeout_ms for anything to happen and carries it on.
void connections_step(struct connections *all, int timeout_ms);

// Connects, shakes hands, upgrades and says Hello for this outbox by itself.
void connection_open(struct connection *connection, struct connections *all, size_t device, const struct id128 *outbox);
void connection_close(struct connection *connection);
// From here on sends the load within the credit, from behind what is acknowledged.
void connection_send_load(struct connection *connection, const struct load *load);
// Sends one batch of the load now, credit or not.
void connection_send_next(struct connection *connection);
// The load's next batches, each when the last one is acknowledged; how long each took.
void connection_talk(struct connection *talker, size_t messages, double *ret_latency_ms);
bool connection_is_through(const struct connection *connection);
// Bytes at the socket since it was opened.
void connection_bytes(const struct connection *connection, uint64_t *ret_sent, uint64_t *ret_received);

#endif
