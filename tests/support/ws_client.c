#include "support/ws_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "wire/limits.h"

enum { CONNECT_TIMEOUT_S = 10 };

static int connect_to(int port, bool receives_little) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval timeout = {.tv_sec = CONNECT_TIMEOUT_S};
    CHECK(descriptor >= 0);
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (receives_little)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0)
        return descriptor;
    close(descriptor);
    return -1;
}

static X509 *x509_of(struct bytes der) {
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    CHECK(certificate != NULL);
    return certificate;
}

static SSL_CTX *make_tls(const struct ws_options *options) {
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    CHECK(tls != NULL);
    X509 *ca = x509_of(options->trusted_ca);
    CHECK(X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), ca) == 1);
    X509_free(ca);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    if (options->tls_1_2_only)
        SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
    if (options->certificate.size > 0) {
        X509 *own = x509_of(options->certificate);
        CHECK(SSL_CTX_use_certificate(tls, own) == 1 && SSL_CTX_use_PrivateKey(tls, options->key) == 1);
        X509_free(own);
    }
    return tls;
}

static int read_status(struct ws_client *client) {
    char *head = client->head;
    size_t size = 0;
    while (size < WS_HEAD_SIZE - 1 && (size < 4 || memcmp(head + size - 4, "\r\n\r\n", 4))) {
        if (SSL_read(client->ssl, head + size, 1) != 1)
            return 0;
        size++;
    }
    head[size] = '\0';
    int status = 0;
    return sscanf(head, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

static bool upgrade(struct ws_client *client, const struct ws_options *options) {
    const char *subprotocol = options->subprotocol ? options->subprotocol : "rond.v1";
    char request[1024];
    int size = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n%s%s%s%s\r\n",
                        options->path ? options->path : "/v1/sync", subprotocol[0] ? "Sec-WebSocket-Protocol: " : "",
                        subprotocol, subprotocol[0] ? "\r\n" : "", options->headers ? options->headers : "");
    if (SSL_write(client->ssl, request, size) == size)
        client->http_status = read_status(client);
    return client->http_status == 101;
}

static bool post(struct ws_client *client, const struct ws_options *options) {
    char head[512];
    int size = snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n", options->post_path,
                        options->post_body.size);
    if (SSL_write(client->ssl, head, size) == size &&
        SSL_write(client->ssl, options->post_body.data, (int)options->post_body.size) == (int)options->post_body.size)
        client->http_status = read_status(client);
    return false;
}

bool ws_open(struct ws_client *client, const struct ws_options *options) {
    *client = (struct ws_client){.tls = make_tls(options), .socket = connect_to(options->port, options->receives_little)};
    if (client->socket < 0)
        return false;
    client->ssl = SSL_new(client->tls);
    CHECK(client->ssl != NULL);
    SSL_set_fd(client->ssl, client->socket);
    SSL_set_tlsext_host_name(client->ssl, (char *)(uintptr_t)(options->server_name ? options->server_name : "localhost"));
    SSL_set1_host(client->ssl, "localhost");
    if (options->session)
        SSL_set_session(client->ssl, options->session);
    if (SSL_connect(client->ssl) != 1)
        return false;
    return options->post_path ? post(client, options) : upgrade(client, options);
}

void ws_destroy(struct ws_client *client) {
    SSL_free(client->ssl);
    SSL_CTX_free(client->tls);
    if (client->socket >= 0)
        close(client->socket);
    *client = (struct ws_client){.socket = -1};
}

static size_t make_header(uint8_t *header, int first_byte, size_t size) {
    header[0] = (uint8_t)first_byte;
    size_t at = 2;
    if (size < 126) {
        header[1] = (uint8_t)(0x80 | size);
    } else if (size < 65536) {
        header[1] = 0x80 | 126;
        header[2] = (uint8_t)(size >> 8);
        header[3] = (uint8_t)size;
        at = 4;
    } else {
        header[1] = 0x80 | 127;
        put_be64(header + 2, size);
        at = 10;
    }
    memset(header + at, 0, 4); // a mask of zeros masks nothing
    return at + 4;
}

bool ws_send_begun(struct ws_client *client, int first_byte, size_t size, struct bytes first) {
    uint8_t *frame = malloc(first.size + 16);
    CHECK(frame != NULL);
    size_t at = make_header(frame, first_byte, size);
    if (first.size > 0)
        memcpy(frame + at, first.data, first.size);
    int written = SSL_write(client->ssl, frame, (int)(at + first.size));
    free(frame);
    return written == (int)(at + first.size);
}

bool ws_send(struct ws_client *client, int first_byte, struct bytes payload) {
    return ws_send_begun(client, first_byte, payload.size, payload);
}

bool ws_write(struct ws_client *client, struct bytes bytes) {
    return SSL_write(client->ssl, bytes.data, (int)bytes.size) == (int)bytes.size;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// 1: read; -1: ended; -2: not in time.
static int read_exactly(struct ws_client *client, int64_t until_ms, void *to, size_t size) {
    for (size_t at = 0; at < size;) {
        struct pollfd wait = {.fd = client->socket, .events = POLLIN};
        int64_t left_ms = until_ms - now_ms();
        if (SSL_pending(client->ssl) == 0 && (left_ms <= 0 || poll(&wait, 1, (int)left_ms) == 0))
            return -2;
        int got = SSL_read(client->ssl, (char *)to + at, (int)(size - at));
        if (got <= 0)
            return -1;
        at += (size_t)got;
    }
    return 1;
}

int ws_read(struct ws_client *client, int timeout_ms, struct buffer *ret_payload) {
    int64_t until_ms = now_ms() + timeout_ms;
    uint8_t header[10];
    int result = read_exactly(client, until_ms, header, 2);
    if (result < 0)
        return result;
    size_t size = header[1] & 0x7f;
    if (size >= 126) {
        size_t more = size == 126 ? 2 : 8;
        if ((result = read_exactly(client, until_ms, header + 2, more)) < 0)
            return result;
        size = more == 2 ? (size_t)header[2] << 8 | header[3] : (size_t)get_be64(header + 2);
    }
    CHECK(size <= FRAME_BYTES_MAX);
    uint8_t *payload = malloc(size + 1);
    CHECK(payload != NULL);
    result = read_exactly(client, until_ms, payload, size);
    buffer_clear(ret_payload);
    if (result > 0)
        CHECK(buffer_append(ret_payload, bytes_of(payload, size)) == ROND_OK);
    int opcode = header[0] & 0x0f;
    if (result > 0 && opcode == WS_CLOSE) {
        client->close_code = size >= 2 ? payload[0] << 8 | payload[1] : 1005;
        (void)ws_send(client, WS_FINAL | WS_CLOSE, bytes_of(payload, size < 2 ? 0 : 2));
    }
    free(payload);
    return result < 0 ? result : opcode;
}

int ws_read_until_closed(struct ws_client *client, int timeout_ms) {
    struct buffer payload;
    buffer_init(&payload, FRAME_BYTES_MAX);
    int64_t start_ms = now_ms();
    int result = 0;
    while (result >= 0 && result != WS_CLOSE)
        result = ws_read(client, timeout_ms - (int)(now_ms() - start_ms), &payload);
    buffer_deinit(&payload);
    return result == -2 ? -1 : (int)(now_ms() - start_ms);
}
