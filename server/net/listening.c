#include "net/listening.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

enum { BACKLOG = 1024, ACCEPTS_AT_ONCE_MAX = 32, FAST_OPENED_MAX = 256 };

struct listening {
    uv_poll_t poll;
    int descriptor;
    uint16_t port;
    bool paused;
    listening_accepted *accepted;
    void *context;
};

static void on_readable(uv_poll_t *poll, int status, int events) {
    UNUSED(events);
    struct listening *listening = poll->data;
    for (int i = 0; status == 0 && i < ACCEPTS_AT_ONCE_MAX; i++) {
        struct sockaddr_storage address = {0};
        socklen_t size = sizeof address;
        int descriptor = accept4(listening->descriptor, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            int on = 1;
            (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            listening->accepted(listening->context, descriptor, (struct sockaddr *)&address);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_event(LOG_LEVEL_WARN, "accept_paused", "port=%u reason=%s", (unsigned)listening->port,
                      log_quote(strerror(errno)).text);
            listening->paused = true;
            uv_poll_stop(poll);
        }
        return;
    }
}

static int make_address(const char *host, uint16_t port, bool dual, struct sockaddr_storage *ret_address) {
    struct sockaddr_storage storage = {0};
    struct sockaddr_in *in4 = (struct sockaddr_in *)&storage;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&storage;
    if ((host[0] == '\0' && !dual) || inet_pton(AF_INET, host, &in4->sin_addr) == 1) {
        in4->sin_family = AF_INET;
        in4->sin_port = htons(port);
    } else {
        in6->sin6_addr = in6addr_any;
        if (host[0] != '\0' && inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
            return 0;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
    }
    *ret_address = storage;
    return storage.ss_family;
}

static int open_socket(const char *host, uint16_t port, bool dual) {
    struct sockaddr_storage address;
    int family = make_address(host, port, dual, &address);
    int descriptor = family ? socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) : -1;
    if (descriptor < 0)
        return -1;
    int on = 1, only = dual ? 0 : 1;
    (void)setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET6)
        (void)setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (bind(descriptor, (struct sockaddr *)&address, size) || listen(descriptor, BACKLOG)) {
        int error = errno;
        close(descriptor);
        errno = error;
        return -1;
    }
    return descriptor;
}

static uint16_t bound_port(int descriptor) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &size))
        return 0;
    return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port)
                                        : ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
}

static void on_closed(uv_handle_t *handle) {
    struct listening *listening = handle->data;
    close(listening->descriptor);
    free(listening);
}

// Owns the descriptor.
static enum rond_err start(uv_loop_t *loop, int take_descriptor, listening_accepted *accepted, void *context,
                           struct listening **ret_listening) {
    struct listening *listening = calloc(1, sizeof *listening);
    if (!listening) {
        close(take_descriptor);
        return ROND_ENOMEM;
    }
    listening->descriptor = take_descriptor;
    listening->accepted = accepted;
    listening->context = context;
    listening->poll.data = listening;
    CHECK(uv_poll_init(loop, &listening->poll, take_descriptor) == 0);
    CHECK(uv_poll_start(&listening->poll, UV_READABLE, on_readable) == 0);
    *ret_listening = listening;
    return ROND_OK;
}

enum rond_err listening_open_unix(uv_loop_t *loop, const char *path, listening_accepted *accepted, void *context,
                                  struct listening **ret_listening, struct fault *fault) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat there;
    if (strlen(path) >= sizeof address.sun_path)
        return fault_set(fault, ROND_EINVALID, 0, "listen", "The path of the socket is too long: %s", path);
    strcpy(address.sun_path, path);
    if (lstat(path, &there) == 0 && S_ISSOCK(there.st_mode))
        (void)unlink(path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask(0117);
    bool made = descriptor >= 0 && bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(descriptor, BACKLOG) == 0;
    int error = errno;
    umask(before);
    if (made)
        return start(loop, descriptor, accepted, context, ret_listening);
    if (descriptor >= 0)
        close(descriptor);
    return fault_set(fault, ROND_EIO, 0, "listen", "%s cannot be listened on: %s.", path, strerror(error));
}

enum rond_err listening_open(uv_loop_t *loop, const char *host, uint16_t port, listening_accepted *accepted, void *context,
                             struct listening **ret_listening, struct fault *fault) {
    bool any = host[0] == '\0';
    int descriptor = open_socket(host, port, any);
    if (descriptor < 0 && any && errno != EADDRINUSE && errno != EACCES)
        descriptor = open_socket(host, port, false); // a machine without IPv6
    if (descriptor < 0)
        return fault_set(fault, errno == EADDRINUSE ? ROND_ECONFLICT : ROND_EIO, 0, "listen",
                         "%s port %u cannot be listened on: %s.", any ? "any address" : host, (unsigned)port,
                         strerror(errno));
    uint16_t bound = bound_port(descriptor);
    enum rond_err err = start(loop, descriptor, accepted, context, ret_listening);
    if (!err)
        (*ret_listening)->port = bound;
    return err;
}

void listening_take_data_with_syn(struct listening *listening) {
    int waiting_max = FAST_OPENED_MAX;
    (void)setsockopt(listening->descriptor, IPPROTO_TCP, TCP_FASTOPEN, &waiting_max, sizeof waiting_max);
}

uint16_t listening_port(const struct listening *listening) {
    return listening->port;
}

void listening_resume(struct listening *listening) {
    if (!listening || !listening->paused)
        return;
    listening->paused = false;
    CHECK(uv_poll_start(&listening->poll, UV_READABLE, on_readable) == 0);
}

void listening_close(struct listening *listening) {
    if (!listening)
        return;
    uv_poll_stop(&listening->poll);
    uv_close((uv_handle_t *)&listening->poll, on_closed);
}
