// While a request is under way nothing is read from its connection, and libuv never writes: so whoever answers, on
// whatever thread, owns the descriptor's writing side and may block on it. A connection goes when it is closed and its
// request has ended; the control goes with the last of them.
#include "net/control.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/log.h"
#include "wire/limits.h"

enum { READ_BYTES = 16 * 1024 };

struct control_request {
    struct control *control;
    struct control_request *next;
    uv_pipe_t pipe;
    int descriptor;
    uint32_t uid;
    int32_t pid;
    struct buffer line; // what has come and was not yet asked
    bool busy;          // a request is under way
    bool asking;        // ask_next is on the stack
    bool closing;       // no more requests
    bool closed;        // the pipe is
    char read[READ_BYTES];
};

struct control {
    uv_pipe_t pipe;
    char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
    control_requested *requested;
    void *context;
    struct control_request *first;
    size_t count;
    bool closed; // the listening pipe is
};

static void control_free_if_done(struct control *control) {
    if (control->closed && !control->first)
        free(control);
}

static void request_free_if_done(struct control_request *request) {
    if (!request->closed || request->busy)
        return;
    struct control *control = request->control;
    struct control_request **link = &control->first;
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    control->count--;
    buffer_deinit(&request->line);
    free(request);
    control_free_if_done(control);
}

static void on_request_closed(uv_handle_t *handle) {
    struct control_request *request = handle->data;
    request->closed = true;
    request_free_if_done(request);
}

// The descriptor stays open while somebody may still write to it.
static void request_close(struct control_request *request) {
    request->closing = true;
    if (request->busy)
        (void)shutdown(request->descriptor, SHUT_RDWR);
    else if (!uv_is_closing((uv_handle_t *)&request->pipe))
        uv_close((uv_handle_t *)&request->pipe, on_request_closed);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *read);

static void give_memory(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_memory) {
    UNUSED(suggested);
    struct control_request *request = handle->data;
    *ret_memory = uv_buf_init(request->read, sizeof request->read);
}

// Asks the whole lines that are there, one after the other; reads on when none is left.
static void ask_next(struct control_request *request) {
    uv_read_stop((uv_stream_t *)&request->pipe);
    request->asking = true;
    const uint8_t *end = NULL;
    while (!request->busy && !request->closing && request->line.size > 0 &&
           (end = memchr(request->line.data, '\n', request->line.size))) {
        request->busy = true;
        struct bytes json = bytes_of(request->line.data, (size_t)(end - request->line.data));
        request->control->requested(request->control->context, request, request->uid, request->pid, json);
    }
    request->asking = false;
    if (request->closing)
        request_close(request);
    else if (!request->busy && uv_read_start((uv_stream_t *)&request->pipe, give_memory, on_read))
        request_close(request);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *read) {
    struct control_request *request = stream->data;
    if (size < 0 || (size > 0 && buffer_append(&request->line, bytes_of(read->base, (size_t)size)) != ROND_OK)) {
        request_close(request);
        return;
    }
    if (size > 0)
        ask_next(request);
}

static bool read_peer(struct control_request *request) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (uv_fileno((uv_handle_t *)&request->pipe, &request->descriptor) ||
        getsockopt(request->descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size))
        return false;
    request->uid = peer.uid;
    request->pid = peer.pid;
    return true;
}

static void on_connection(uv_stream_t *stream, int status) {
    struct control *control = stream->data;
    struct control_request *request = status ? NULL : calloc(1, sizeof *request);
    if (!request)
        return;
    request->control = control;
    request->pipe.data = request;
    buffer_init(&request->line, CONTROL_REQUEST_BYTES_MAX + READ_BYTES);
    CHECK(uv_pipe_init(stream->loop, &request->pipe, 0) == 0);
    request->next = control->first;
    control->first = request;
    control->count++;
    if (uv_accept(stream, (uv_stream_t *)&request->pipe) || !read_peer(request) || control->count > CONTROL_CONNECTIONS_MAX) {
        log_event(LOG_LEVEL_WARN, "control_refused", "connections=%zu", control->count);
        request_close(request);
        return;
    }
    ask_next(request);
}

enum rond_err control_write(struct control_request *request, struct bytes bytes) {
    while (bytes.size > 0) {
        ssize_t written = send(request->descriptor, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written > 0) {
            bytes = bytes_of(bytes.data + written, bytes.size - (size_t)written);
            continue;
        }
        struct pollfd wait = {.fd = request->descriptor, .events = POLLOUT};
        if (written < 0 && errno == EINTR)
            continue;
        if (written == 0 || errno != EAGAIN || poll(&wait, 1, CONTROL_WRITE_DEADLINE_MS) <= 0)
            return ROND_EIO;
    }
    return ROND_OK;
}

// The kernel takes what is this short whole or not at all.
enum rond_err control_offer(struct control_request *request, struct bytes line) {
    ssize_t written = send(request->descriptor, line.data, line.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written == (ssize_t)line.size)
        return ROND_OK;
    return written < 0 && (errno == EAGAIN || errno == EINTR) ? ROND_EAGAIN : ROND_EIO;
}

void control_end(struct control_request *request) {
    CHECK(request->busy);
    request->busy = false;
    const uint8_t *end = memchr(request->line.data, '\n', request->line.size);
    size_t asked = (size_t)(end - request->line.data) + 1;
    memmove(request->line.data, request->line.data + asked, request->line.size - asked);
    request->line.size -= asked;
    if (!request->asking)
        ask_next(request);
}

static enum rond_err bind_path(struct control *control, unsigned mode, struct fault *fault) {
    (void)unlink(control->path);
    mode_t before = umask(0777 & ~(mode_t)mode); // it never has another: the process may not change a mode by name
    int error = uv_pipe_bind(&control->pipe, control->path);
    umask(before);
    if (!error)
        error = uv_listen((uv_stream_t *)&control->pipe, 16, on_connection);
    if (error)
        return fault_set(fault, ROND_EIO, 0, "server.data_dir", "%s cannot be made: %s.", control->path, uv_strerror(error));
    return ROND_OK;
}

enum rond_err control_open(uv_loop_t *loop, const char *path, unsigned mode, control_requested *requested, void *context,
                           struct control **ret_control, struct fault *fault) {
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return ROND_ENOMEM;
    if (strlen(path) >= sizeof control->path) {
        free(control);
        return fault_set(fault, ROND_EINVALID, 0, "server.data_dir", "The path of the control socket is too long: %s", path);
    }
    strcpy(control->path, path);
    control->requested = requested;
    control->context = context;
    control->pipe.data = control;
    CHECK(uv_pipe_init(loop, &control->pipe, 0) == 0);
    enum rond_err err = bind_path(control, mode, fault);
    if (err) {
        control_close(control);
        return err;
    }
    *ret_control = control;
    return ROND_OK;
}

static void on_control_closed(uv_handle_t *handle) {
    struct control *control = handle->data;
    control->closed = true;
    control_free_if_done(control);
}

void control_close(struct control *control) {
    if (!control)
        return;
    (void)unlink(control->path);
    for (struct control_request *each = control->first; each; each = each->next)
        request_close(each);
    uv_close((uv_handle_t *)&control->pipe, on_control_closed);
}
