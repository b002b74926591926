#include "fast_open.h"

#include "base/check.h"

#ifdef __linux__
#include <linux/tcp.h> // knows more of TCP_INFO than <netinet/tcp.h>, and does not bear it beside it
#endif

#ifdef TCP_FASTOPEN_CONNECT
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TYPE = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC };

static int connect_fast(const char *address, int port) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    struct addrinfo *at = NULL;
    char service[12];
    int on = 1;
    (void)snprintf(service, sizeof service, "%d", port);
    if (getaddrinfo(address, service, &hints, &at) != 0)
        return -1;
    int descriptor = socket(at->ai_family, TYPE, 0);
    bool begun = descriptor >= 0 && setsockopt(descriptor, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on) == 0 &&
                 setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                 (connect(descriptor, at->ai_addr, at->ai_addrlen) == 0 || errno == EINPROGRESS);
    freeaddrinfo(at);
    if (!begun && descriptor >= 0)
        close(descriptor);
    return begun ? descriptor : -1;
}

static void let_go(const struct fast_open *fast) {
    const int all[] = {fast->connection, fast->listening, fast->waiting};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++)
        if (all[i] >= 0)
            close(all[i]);
}

// A Unix socket with a name that the kernel gives, a queue of one, and one who waits in it.
static bool stand_in_make(struct fast_open *fast) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    socklen_t size = sizeof name;
    fast->listening = socket(AF_UNIX, TYPE, 0);
    fast->waiting = socket(AF_UNIX, TYPE, 0);
    if (fast->listening < 0 || fast->waiting < 0 ||
        bind(fast->listening, (struct sockaddr *)&name, offsetof(struct sockaddr_un, sun_path)) != 0 ||
        listen(fast->listening, 0) != 0 || getsockname(fast->listening, (struct sockaddr *)&name, &size) != 0 ||
        connect(fast->waiting, (struct sockaddr *)&name, size) != 0)
        return false;
    int text = (int)(size - offsetof(struct sockaddr_un, sun_path)) - 1;
    (void)snprintf(fast->stand_in, sizeof fast->stand_in, "+@%.*s", text, name.sun_path + 1);
    return true;
}

bool fast_open_begin(struct fast_open *fast, const char *address, int port) {
    *fast = (struct fast_open){-1, -1, -1, ""};
    if (stand_in_make(fast) && (fast->connection = connect_fast(address, port)) >= 0)
        return true;
    let_go(fast);
    return false;
}

bool fast_open_end(struct fast_open *fast, int descriptor) {
    bool is_there = descriptor >= 0 && dup3(fast->connection, descriptor, O_CLOEXEC) == descriptor;
    let_go(fast);
    return is_there;
}

enum fast_open_outcome fast_open_outcome(int descriptor) {
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return FAST_OPEN_NOTHING;
    if (info.tcpi_options & TCPI_OPT_SYN_DATA)
        return FAST_OPEN_TAKEN;
    // Before Linux 5.5 the reason is not told: then what the server did not take, and got once more, counts as lost too.
    bool is_lost = info.tcpi_fastopen_client_fail == TFO_SYN_RETRANSMITTED ||
                   (info.tcpi_fastopen_client_fail == TFO_STATUS_UNSPEC && info.tcpi_total_retrans > 0);
    return is_lost ? FAST_OPEN_LOST : FAST_OPEN_NOTHING;
}

#else

bool fast_open_begin(struct fast_open *fast, const char *address, int port) {
    UNUSED(fast);
    UNUSED(address);
    UNUSED(port);
    return false;
}

bool fast_open_end(struct fast_open *fast, int descriptor) {
    UNUSED(fast);
    UNUSED(descriptor);
    return false;
}

enum fast_open_outcome fast_open_outcome(int descriptor) {
    UNUSED(descriptor);
    return FAST_OPEN_NOTHING;
}

#endif
