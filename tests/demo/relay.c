// A stretch of bad coverage: passes TCP bytes between a handheld and the server, about 100 kB a second upward, and goes
// away in the middle.
//
// usage: relay LISTEN_PORT TARGET_PORT CUT_AFTER_BYTES
//   Serves one connection on 127.0.0.1 and drops both sides without a word once that many bytes went toward the server,
//   or when either side closes, or after 20 seconds. Prints the bytes it passed. Exit 0 where it did cut, else 1.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_S = 20, CHUNK = 512, CHUNK_US = 5000 };

static struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int accept_one(int port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    struct sockaddr_in address = loopback(port);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 1) != 0) {
        perror("relay");
        exit(1);
    }
    puts("ready");
    fflush(stdout);
    int descriptor = accept(listener, NULL, NULL);
    close(listener);
    return descriptor;
}

// Passes what is there, at most `most`; answers the bytes passed, 0 at the end.
static size_t pass(int from, int to, size_t most) {
    char bytes[CHUNK];
    ssize_t got = read(from, bytes, most < sizeof bytes ? most : sizeof bytes);
    if (got <= 0 || write(to, bytes, (size_t)got) != got) {
        return 0;
    }
    return (size_t)got;
}

// A reset instead of an orderly end: so coverage goes.
static void drop(int descriptor) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(descriptor);
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: relay LISTEN_PORT TARGET_PORT CUT_AFTER_BYTES\n");
        return 2;
    }
    alarm(LIMIT_S);
    size_t left = strtoul(argv[3], NULL, 10), passed = 0;
    int device = accept_one(atoi(argv[1])), server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in target = loopback(atoi(argv[2]));
    bool open = device >= 0 && connect(server, (struct sockaddr *)&target, sizeof target) == 0;
    int on = 1;
    setsockopt(device, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (open && passed < left) {
        struct pollfd both[] = {{.fd = device, .events = POLLIN}, {.fd = server, .events = POLLIN}};
        open = poll(both, 2, -1) > 0;
        if (open && both[0].revents != 0) {
            size_t size = pass(device, server, left - passed);
            passed += size;
            open = size > 0;
            usleep(CHUNK_US);
        }
        if (open && both[1].revents != 0) {
            open = pass(server, device, CHUNK) > 0;
        }
    }
    drop(device);
    drop(server);
    printf("%zu\n", passed);
    return passed >= left ? 0 : 1;
}
