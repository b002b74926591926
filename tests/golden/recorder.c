// Writes down a conversation as it goes over the wire: stands between a handheld and the server, with the keys of both, and
// puts each binary message into a file of its own, DIRECTORY/NNN-device.hex or DIRECTORY/NNN-server.hex, in the order in
// which they passed. For tests/fixtures/keep-conversation.sh.
//
// usage: recorder LISTEN_PORT TARGET_PORT SERVER_DIRECTORY DEVICE_KEY DIRECTORY
//   Serves one connection on 127.0.0.1 with server.crt and server.key of SERVER_DIRECTORY, and goes on to TARGET_PORT with
//   the certificate that the handheld showed and DEVICE_KEY (PKCS#8). Prints "ready"; ends when either side does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1024 * 1024, CHUNK = 16 * 1024, PATH_BYTES = 500 };

// One direction: what passed and is not written down yet.
struct lane {
    const char *name;
    bool is_upgraded;
    size_t filled;
    uint8_t bytes[BUFFER_BYTES];
};

static const char *directory;
static unsigned messages;

static void fail(const char *what) {
    fprintf(stderr, "recorder: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static struct sockaddr_in loopback(const char *port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

// --- Both ends ---

static SSL *accept_handheld(const char *port, const char *server_directory) {
    char certificate[PATH_BYTES], key[PATH_BYTES], ca[PATH_BYTES];
    struct sockaddr_in address = loopback(port);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    snprintf(certificate, sizeof certificate, "%s/server.crt", server_directory);
    snprintf(key, sizeof key, "%s/server.key", server_directory);
    snprintf(ca, sizeof ca, "%s/ca.crt", server_directory);
    if (!SSL_CTX_use_certificate_chain_file(tls, certificate) || !SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) ||
        !SSL_CTX_load_verify_file(tls, ca))
        fail("the server's certificate cannot be used");
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0)
        fail("the port cannot be listened on");
    puts("ready");
    fflush(stdout);
    SSL *ssl = SSL_new(tls);
    SSL_set_fd(ssl, accept(listener, NULL, NULL));
    close(listener);
    if (SSL_accept(ssl) != 1)
        fail("no handshake with the handheld");
    return ssl;
}

static SSL *connect_server(const char *port, X509 *certificate, const char *key_path) {
    struct sockaddr_in address = loopback(port);
    int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    if (!SSL_CTX_use_certificate(tls, certificate) || !SSL_CTX_use_PrivateKey_file(tls, key_path, SSL_FILETYPE_ASN1))
        fail("the device's key does not fit its certificate");
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        fail("the server does not answer");
    SSL *ssl = SSL_new(tls);
    SSL_set_fd(ssl, descriptor);
    if (SSL_connect(ssl) != 1)
        fail("no handshake with the server");
    return ssl;
}

// --- What passes ---

static void write_down(const char *who, const uint8_t *data, size_t size) {
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/%03u-%s.hex", directory, ++messages, who);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        fail("a file cannot be written");
    for (size_t i = 0; i < size; i++)
        fprintf(file, "%02x%s", data[i], i % 64 == 63 ? "\n" : "");
    fprintf(file, "\n");
    fclose(file);
}

// One whole WebSocket frame from the front, unmasked in place; 0 where it is not all there. Messages are in one fragment.
static size_t take_frame(struct lane *lane) {
    uint8_t *at = lane->bytes;
    size_t header = 2;
    if (lane->filled < header)
        return 0;
    uint64_t size = at[1] & 0x7f;
    size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0, masked = (at[1] & 0x80) != 0 ? 4 : 0;
    if (lane->filled < header + extra + masked)
        return 0;
    for (size_t i = 0; i < extra; i++)
        size = (i == 0 ? 0 : size << 8) | at[2 + i];
    const uint8_t *mask = masked != 0 ? at + header + extra : NULL;
    header += extra + masked;
    if (lane->filled < header + size)
        return 0;
    for (size_t i = 0; mask != NULL && i < size; i++)
        at[header + i] ^= mask[i % 4];
    if ((at[0] & 0x0f) == 0x2)
        write_down(lane->name, at + header, size);
    return header + size;
}

static void drop(struct lane *lane, size_t size) {
    memmove(lane->bytes, lane->bytes + size, lane->filled - size);
    lane->filled -= size;
}

static void read_along(struct lane *lane, const uint8_t *data, size_t size) {
    if (lane->filled + size > sizeof lane->bytes)
        fail("a message is too large");
    memcpy(lane->bytes + lane->filled, data, size);
    lane->filled += size;
    if (!lane->is_upgraded) {
        const uint8_t *end = memmem(lane->bytes, lane->filled, "\r\n\r\n", 4);
        if (end == NULL)
            return;
        lane->is_upgraded = true;
        drop(lane, (size_t)(end + 4 - lane->bytes));
    }
    for (size_t taken; (taken = take_frame(lane)) > 0;)
        drop(lane, taken);
}

static bool pass(SSL *from, SSL *to, struct lane *lane) {
    uint8_t chunk[CHUNK];
    do {
        int got = SSL_read(from, chunk, sizeof chunk);
        if (got <= 0)
            return false;
        read_along(lane, chunk, (size_t)got);
        if (SSL_write(to, chunk, got) != got)
            return false;
    } while (SSL_pending(from) > 0);
    return true;
}

int main(int argc, char **argv) {
    static struct lane up = {.name = "device"}, down = {.name = "server"};
    if (argc != 6)
        fail("usage: recorder LISTEN_PORT TARGET_PORT SERVER_DIRECTORY DEVICE_KEY DIRECTORY");
    directory = argv[5];
    SSL *handheld = accept_handheld(argv[1], argv[3]);
    SSL *server = connect_server(argv[2], SSL_get1_peer_certificate(handheld), argv[4]);
    for (bool goes_on = true; goes_on;) {
        struct pollfd waits[] = {{SSL_get_fd(handheld), POLLIN, 0}, {SSL_get_fd(server), POLLIN, 0}};
        (void)poll(waits, 2, -1);
        if (waits[0].revents != 0)
            goes_on = pass(handheld, server, &up);
        if (goes_on && waits[1].revents != 0)
            goes_on = pass(server, handheld, &down);
    }
    return messages > 0 ? 0 : 1;
}
