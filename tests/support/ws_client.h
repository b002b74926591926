// A WebSocket client of plain blocking OpenSSL, for tests: it can send what no well-behaved device sends.
#ifndef SUPPORT_WS_CLIENT_H
#define SUPPORT_WS_CLIENT_H

#include <openssl/ssl.h>

#include "base/buffer.h"

enum { WS_CONTINUATION = 0x0, WS_TEXT = 0x1, WS_BINARY = 0x2, WS_CLOSE = 0x8, WS_PING = 0x9, WS_PONG = 0xa, WS_FINAL = 0x80 };
enum { WS_HEAD_SIZE = 1024 };

struct ws_options {
    int port;
    struct bytes trusted_ca;     // DER
    struct bytes certificate;    // DER; size 0: none
    EVP_PKEY *key;
    const char *path;            // NULL: /v1/sync
    const char *subprotocol;     // NULL: rond.v1; "" none
    const char *server_name;     // SNI; NULL: localhost
    SSL_SESSION *session;        // to resume; NULL: none
    bool tls_1_2_only;
    bool receives_little;        // the kernel takes in a few kilobytes only, until they are read
    const char *headers;         // more lines of the upgrade, each with its CRLF; NULL: none
    const char *post_path;       // not NULL: no upgrade but one POST of post_body; only http_status tells
    struct bytes post_body;
};
struct ws_client {
    SSL_CTX *tls;
    SSL *ssl;
    int socket;
    int http_status; // 0: TLS failed or the connection ended before an answer
    char head[WS_HEAD_SIZE]; // of the answer, as far as it fits
    int close_code;  // once the server's Close was read; 0: it ended without one
};

// True after a 101. Destroy it in either case.
bool ws_open(struct ws_client *client, const struct ws_options *options);
void ws_destroy(struct ws_client *client);
// A whole masked frame; false where the connection is gone.
bool ws_send(struct ws_client *client, int first_byte, struct bytes payload);
// Only a frame's header that announces `size` bytes, and the first bytes of it.
bool ws_send_begun(struct ws_client *client, int first_byte, size_t size, struct bytes first);
// Bytes as they are, in one TLS record where they fit. False where the connection is gone.
bool ws_write(struct ws_client *client, struct bytes bytes);
// The next whole frame: its opcode, its payload in ret_payload. -1: the connection ended; -2: nothing came in time.
// A Close is answered and gives WS_CLOSE.
int ws_read(struct ws_client *client, int timeout_ms, struct buffer *ret_payload);
// Reads until the end; milliseconds it took, -1 where it did not end in time. close_code is set then.
int ws_read_until_closed(struct ws_client *client, int timeout_ms);

#endif
