#include "bench/bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, EVENTS_MAX = 256 };

static SSL_CTX *tls_of(const char *directory) {
    static const unsigned char context[] = "bare";
    char certificate[400], key[400], authority[400];
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    (void)snprintf(certificate, sizeof certificate, "%s/server.crt", directory);
    (void)snprintf(key, sizeof key, "%s/server.key", directory);
    (void)snprintf(authority, sizeof authority, "%s/ca.crt", directory);
    if (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
        SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 || !SSL_CTX_load_verify_file(tls, authority))
        bench_fail("bare: %s has no certificates of a server", directory);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    (void)SSL_CTX_set_session_id_context(tls, context, sizeof context);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 1);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    return tls;
}

static void accept_all(SSL_CTX *tls, int listening, int epoll) {
    for (;;) {
        int on = 1, descriptor = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        SSL *ssl = descriptor < 0 ? NULL : SSL_new(tls);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = ssl};
        if (descriptor < 0)
            return;
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!ssl || !SSL_set_fd(ssl, descriptor) || epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
            bench_fail("bare: %s", strerror(errno));
        SSL_set_accept_state(ssl);
    }
}

static void carry_on(SSL *ssl) {
    bool was_shaking = SSL_in_init(ssl);
    char room[256];
    int result = was_shaking ? SSL_do_handshake(ssl) : SSL_read(ssl, room, sizeof room);
    if (was_shaking && result == 1)
        result = SSL_write(ssl, "!", 1);
    if (result > 0 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ)
        return;
    int descriptor = SSL_get_fd(ssl);
    SSL_free(ssl);
    close(descriptor);
}

void bare_serve(const char *directory, int descriptor) {
    struct epoll_event events[EVENTS_MAX], listening = {.events = EPOLLIN, .data.ptr = NULL};
    SSL_CTX *tls = tls_of(directory);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (epoll < 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &listening) != 0)
        bench_fail("bare: %s", strerror(errno));
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++)
            if (events[i].data.ptr)
                carry_on(events[i].data.ptr);
            else
                accept_all(tls, descriptor, epoll);
    }
}

void bare_start(struct server *bare, const struct server *like) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    char descriptor[16];
    int listening = socket(AF_INET, SOCK_STREAM, 0); // the child's, over exec
    if (listening < 0 || bind(listening, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listening, BACKLOG) != 0 || getsockname(listening, (struct sockaddr *)&address, &size) != 0)
        bench_fail("bare: %s", strerror(errno));
    (void)snprintf(descriptor, sizeof descriptor, "%d", listening);
    *bare = (struct server){.devices_port = ntohs(address.sin_port), .pid = fork()};
    if (bare->pid == 0) { // a fresh image: nothing of ours is in its memory
        execl("/proc/self/exe", "bench", "bare", like->data, descriptor, (char *)NULL);
        _exit(127);
    }
    close(listening);
}
