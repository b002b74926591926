#include "support/peer.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

SSL_CTX *peer_tls(struct bytes certificates_pem, struct bytes key_pem, const struct ca *client_ca) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    BIO *bio = BIO_new_mem_buf(certificates_pem.data, (int)certificates_pem.size);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL), *above;
    CHECK(SSL_CTX_use_certificate(tls, certificate) == 1);
    X509_free(certificate);
    while ((above = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL)
        CHECK(SSL_CTX_add_extra_chain_cert(tls, above) == 1);
    ERR_clear_error();
    BIO_free(bio);
    bio = BIO_new_mem_buf(key_pem.data, (int)key_pem.size);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    CHECK(SSL_CTX_use_PrivateKey(tls, key) == 1);
    EVP_PKEY_free(key);
    BIO_free(bio);
    SSL_CTX_set_session_id_context(tls, (const unsigned char *)"peer", 4);
    if (client_ca != NULL) {
        struct bytes der = ca_certificate(client_ca);
        const unsigned char *at = der.data;
        X509 *root = d2i_X509(NULL, &at, (long)der.size);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(tls), root);
        X509_free(root);
        SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return tls;
}

static void serve(struct peer *peer, int socket) {
    const struct timeval limit = {.tv_sec = 2};
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    atomic_fetch_add(&peer->connections, 1);
    if (peer->skip_handshake) {
        peer->play(peer, NULL, socket);
        return;
    }
    SSL *ssl = SSL_new(peer->tls);
    SSL_set_fd(ssl, socket);
    bool done = SSL_accept(ssl) == 1;
    if (done) {
        atomic_fetch_add(&peer->handshakes, 1);
        if (SSL_session_reused(ssl))
            atomic_fetch_add(&peer->resumed, 1);
    }
    peer->play(peer, done ? ssl : NULL, socket);
    SSL_free(ssl);
    ERR_clear_error();
}

static void *run(void *context) {
    struct peer *peer = context;
    for (;;) {
        int socket = accept(peer->listener, NULL, NULL);
        if (socket < 0 || atomic_load(&peer->stopping)) {
            if (socket >= 0)
                close(socket);
            return NULL;
        }
        serve(peer, socket);
        close(socket);
    }
}

void peer_start(struct peer *peer, struct bytes certificates_pem, struct bytes key_pem, const struct ca *client_ca) {
    const char *text = peer->address ? peer->address : "127.0.0.1";
    bool is_v6 = strchr(text, ':') != NULL;
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct sockaddr *address = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    CHECK(inet_pton(address->sa_family, text, is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) == 1);
    signal(SIGPIPE, SIG_IGN);
    peer->tls = peer_tls(certificates_pem, key_pem, client_ca);
    peer->listener = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(peer->listener, address, size) == 0 && listen(peer->listener, 16) == 0);
    CHECK(getsockname(peer->listener, address, &size) == 0);
    peer->port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    CHECK(pthread_create(&peer->thread, NULL, run, peer) == 0);
}

void peer_stop(struct peer *peer) {
    if (peer->listener == 0)
        return;
    atomic_store(&peer->stopping, true);
    shutdown(peer->listener, SHUT_RDWR);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    SSL_CTX_free(peer->tls);
    memset(peer, 0, sizeof *peer);
}

// --- HTTP ---

const char *peer_read_request(struct peer *peer, SSL *ssl, char *room, size_t room_size) {
    size_t size = 0, wanted = 0;
    while (size + 1 < room_size) {
        int got = SSL_read(ssl, room + size, (int)(room_size - size - 1));
        if (got <= 0)
            return NULL;
        size += (size_t)got;
        atomic_fetch_add(&peer->bytes_read, got);
        room[size] = '\0';
        const char *end = strstr(room, "\r\n\r\n");
        if (end == NULL)
            continue;
        const char *length = strcasestr(room, "content-length:");
        wanted = (size_t)(end + 4 - room) + (length == NULL ? 0 : strtoul(length + 15, NULL, 10));
        if (size >= wanted)
            return room;
    }
    return NULL;
}

bool peer_upgrade(struct peer *peer, SSL *ssl) {
    char room[4096], joined[128], answer[512];
    unsigned char hash[SHA_DIGEST_LENGTH], accept_key[64];
    const char *request = peer_read_request(peer, ssl, room, sizeof room);
    const char *key = request == NULL ? NULL : strcasestr(request, "sec-websocket-key: ");
    if (key == NULL)
        return false;
    snprintf(joined, sizeof joined, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
    SHA1((const unsigned char *)joined, strlen(joined), hash);
    EVP_EncodeBlock(accept_key, hash, sizeof hash);
    int size = snprintf(answer, sizeof answer,
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: rond.v1\r\n%s\r\n",
                        accept_key, peer->headers ? peer->headers : "");
    return SSL_write(ssl, answer, size) == size;
}

// --- WebSocket ---

static bool read_exactly(SSL *ssl, uint8_t *to, size_t size) {
    while (size > 0) {
        int got = SSL_read(ssl, to, (int)size);
        if (got <= 0)
            return false;
        to += got;
        size -= (size_t)got;
    }
    return true;
}

void peer_frame(SSL *ssl, uint8_t first, const void *data, size_t size) {
    uint8_t head[10] = {first};
    size_t head_size = 2;
    if (size < 126) {
        head[1] = (uint8_t)size;
    } else if (size < 65536) {
        head[1] = 126;
        head[2] = (uint8_t)(size >> 8);
        head[3] = (uint8_t)size;
        head_size = 4;
    } else {
        head[1] = 127;
        put_be64(head + 2, size);
        head_size = 10;
    }
    SSL_write(ssl, head, (int)head_size);
    if (size > 0)
        SSL_write(ssl, data, (int)size);
}

int peer_read_frame(SSL *ssl, uint8_t *room, size_t room_size, size_t *ret_size) {
    uint8_t head[2], more[8], mask[4];
    if (!read_exactly(ssl, head, 2))
        return -1;
    CHECK((head[1] & 0x80) != 0); // a client masks
    uint64_t size = head[1] & 0x7f;
    if (size >= 126) {
        size_t more_size = size == 126 ? 2 : 8;
        if (!read_exactly(ssl, more, more_size))
            return -1;
        size = more_size == 2 ? (uint64_t)more[0] << 8 | more[1] : get_be64(more);
    }
    if (size > room_size || !read_exactly(ssl, mask, 4) || !read_exactly(ssl, room, size))
        return -1;
    for (size_t i = 0; i < size; i++)
        room[i] ^= mask[i % 4];
    *ret_size = size;
    return head[0] & 0x0f;
}
