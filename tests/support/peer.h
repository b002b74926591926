// A TLS server of one thread for the transport's tests, on a loopback port of its own choosing. Each connection is played
// by the test's function, with plain blocking OpenSSL: it can say what no well-behaved server says.
#ifndef SUPPORT_PEER_H
#define SUPPORT_PEER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "auth/ca.h"

struct peer {
    int listener;
    int port;
    SSL_CTX *tls;                                          // NULL: no TLS is spoken
    void (*play)(struct peer *peer, SSL *ssl, int socket); // ssl NULL where the handshake failed or is not wanted
    bool skip_handshake;
    const char *address; // numeric, NULL: 127.0.0.1
    const char *headers; // more lines of the upgrade's answer, each with its CRLF; NULL: none
    pthread_t thread;
    atomic_int connections; // accepted
    atomic_int handshakes;  // done
    atomic_int resumed;
    atomic_int bytes_read; // of what peer_read_request read
    atomic_int close_code; // of the last Close that peer_echo saw
    atomic_bool stopping;
};

// certificate, key: PEM, from ca_issue_server. client_ca: whose device certificates are demanded; NULL: none.
void peer_start(struct peer *peer, struct bytes certificates_pem, struct bytes key_pem, const struct ca *client_ca);
void peer_stop(struct peer *peer);
// The TLS of such a server alone, for handshakes without a socket; freed with SSL_CTX_free.
SSL_CTX *peer_tls(struct bytes certificates_pem, struct bytes key_pem, const struct ca *client_ca);

// Reads a request up to the empty line (and its Content-Length of body); NULL where the connection ended before.
const char *peer_read_request(struct peer *peer, SSL *ssl, char *room, size_t room_size);
// Reads the upgrade and answers it; false where none came.
bool peer_upgrade(struct peer *peer, SSL *ssl);
// One WebSocket frame, unmasked. first: FIN and opcode.
void peer_frame(SSL *ssl, uint8_t first, const void *data, size_t size);
// Reads one masked frame whole; returns its opcode, -1 at the end.
int peer_read_frame(SSL *ssl, uint8_t *room, size_t room_size, size_t *ret_size);

#endif
