#include "bench/bare_tls.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/air.h"
#include "wire/sign.h"

enum { PATIENCE_S = 60, ROOM_BYTES = 16 * 1024 };

static SSL_CTX *tls_of(const struct fleet *fleet, size_t device, const SSL_METHOD *method) {
    SSL_CTX *tls = SSL_CTX_new(method);
    if (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
        SSL_CTX_use_certificate(tls, fleet->devices[device].certificate) != 1 ||
        SSL_CTX_use_PrivateKey(tls, sign_key_evp(fleet->devices[device].key)) != 1)
        bench_fail("no bare TLS");
    return tls;
}

static void set_up(int descriptor) {
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    int on = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

static bool read_bytes(SSL *ssl, size_t size) {
    uint8_t room[ROOM_BYTES];
    for (size_t done = 0; done < size;) {
        int got = SSL_read(ssl, room, (int)(size - done < sizeof room ? size - done : sizeof room));
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

static bool write_bytes(SSL *ssl, size_t size) {
    static const uint8_t room[ROOM_BYTES];
    for (size_t done = 0; done < size;) {
        size_t part = size - done < sizeof room ? size - done : sizeof room;
        if (SSL_write(ssl, room, (int)part) != (int)part)
            return false;
        done += part;
    }
    return true;
}

// ---- Server ----

static bool read_wanted(SSL *ssl, struct bare_bytes *ret_bytes) {
    size_t done = 0;
    for (int got; done < sizeof *ret_bytes; done += (size_t)got)
        if ((got = SSL_read(ssl, (uint8_t *)ret_bytes + done, (int)(sizeof *ret_bytes - done))) <= 0)
            return false;
    return true;
}

static void serve(SSL *ssl) {
    struct bare_bytes bytes;
    if (SSL_accept(ssl) == 1 && read_wanted(ssl, &bytes) && read_bytes(ssl, bytes.asked) &&
        write_bytes(ssl, bytes.answered) && read_bytes(ssl, bytes.up) && write_bytes(ssl, bytes.down))
        (void)read_bytes(ssl, 1); // until the other side closes
}

static int any_certificate(int good, X509_STORE_CTX *chain) {
    (void)good, (void)chain;
    return 1;
}

_Noreturn static void be_server(int listening, const struct fleet *fleet) {
    SSL_CTX *tls = tls_of(fleet, 1, TLS_server_method());
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGCHLD, SIG_IGN);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, any_certificate);
    SSL_CTX_set_num_tickets(tls, 1);
    for (;;) {
        int descriptor = accept(listening, NULL, NULL);
        if (descriptor >= 0 && fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            set_up(descriptor);
            SSL *ssl = SSL_new(tls);
            if (ssl && SSL_set_fd(ssl, descriptor) == 1)
                serve(ssl);
            _exit(0);
        }
        close(descriptor);
    }
}

void bare_server_start(struct bare_server *server, const struct fleet *fleet) {
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening < 0 || bind(listening, (struct sockaddr *)&at, size) != 0 || listen(listening, 64) != 0 ||
        getsockname(listening, (struct sockaddr *)&at, &size) != 0)
        bench_fail("bare TLS cannot listen");
    server->port = ntohs(at.sin_port);
    (void)fflush(NULL);
    server->pid = fork();
    if (server->pid == 0)
        be_server(listening, fleet);
    close(listening);
}

void bare_server_stop(struct bare_server *server) {
    (void)kill(server->pid, SIGKILL);
}

// ---- Client ----

static bool ask_and_send(SSL *ssl, struct bare_bytes bytes) {
    if (SSL_connect(ssl) != 1 || SSL_write(ssl, &bytes, sizeof bytes) != (int)sizeof bytes)
        return false;
    if (bytes.asked > 0 && !(write_bytes(ssl, bytes.asked) && read_bytes(ssl, bytes.answered)))
        return false;
    return write_bytes(ssl, bytes.up) && read_bytes(ssl, bytes.down);
}

double bare_transfer(const struct fleet *fleet, const char *address, int port, struct bare_bytes bytes) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = inet_addr(address)};
    SSL_CTX *tls = tls_of(fleet, 0, TLS_client_method());
    SSL *ssl = SSL_new(tls);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    double start_s = bench_now_s();
    set_up(descriptor);
    bool is_through = ssl && connect(descriptor, (struct sockaddr *)&to, sizeof to) == 0 &&
                      SSL_set_fd(ssl, descriptor) == 1 && ask_and_send(ssl, bytes);
    double took_s = bench_now_s() - start_s;
    close(descriptor);
    SSL_free(ssl);
    SSL_CTX_free(tls);
    return is_through ? took_s : -1;
}
