#include "support/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

void loop_turn(uv_loop_t *loop) {
    const struct timespec pause = {.tv_nsec = 1000000};
    (void)uv_run(loop, UV_RUN_NOWAIT);
    nanosleep(&pause, NULL);
}

void loop_turn_for(uv_loop_t *loop, unsigned ms) {
    uint64_t until_ms = uv_hrtime() / 1000000 + ms;
    while (uv_hrtime() / 1000000 < until_ms)
        loop_turn(loop);
}

void loop_end(uv_loop_t *loop) {
    (void)uv_run(loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(loop), 0);
}

int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

int connect_loopback(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (const struct sockaddr *)&address, sizeof address), 0);
    return descriptor;
}

void send_text(int descriptor, const char *text) {
    size_t size = strlen(text);
    assert_int_equal(send(descriptor, text, size, MSG_NOSIGNAL), size);
}

bool take_text(int descriptor, char *room, size_t room_size, size_t *used) {
    ssize_t size = recv(descriptor, room + *used, room_size - 1 - *used, MSG_DONTWAIT);
    if (size > 0)
        *used += (size_t)size;
    room[*used] = '\0';
    return size > 0 || (size < 0 && errno == EAGAIN);
}
