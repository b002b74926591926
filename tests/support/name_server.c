#include "support/name_server.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

enum { HEADER_SIZE = 12, QUESTION_SIZE_MAX = 400, MESSAGE_SIZE = 1024, MANY = 9 };
enum { TYPE_A = 1, RCODE_SERVER_FAILED = 2, RCODE_NO_NAME = 3 };

// Turns the question into the beginning of its answer; the size of that, 0 where it was no question.
static size_t answer_begin(uint8_t *message, size_t size, unsigned rcode, bool *ret_is_a) {
    size_t end = HEADER_SIZE;
    while (end < size && message[end] != 0)
        end += message[end] + 1u;
    if (end + 5 > size)
        return 0;
    *ret_is_a = message[end + 2] == TYPE_A;
    message[2] = 0x81; // an answer, recursion was wanted
    message[3] = (uint8_t)(0x80 | rcode);
    memset(message + 6, 0, 6); // no records yet
    return end + 5;
}

static size_t record_add(uint8_t *message, size_t end, uint8_t name_at, uint8_t host) {
    const uint8_t record[] = {0xc0, name_at, 0, TYPE_A, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, host};
    memcpy(message + end, record, sizeof record);
    message[7]++;
    return end + sizeof record;
}

static size_t answer_make(enum name_manner manner, uint8_t *message, size_t size) {
    unsigned rcode = manner == NAME_MISSING ? RCODE_NO_NAME : manner == NAME_TROUBLE ? RCODE_SERVER_FAILED : 0;
    bool is_a;
    size_t end = answer_begin(message, size, rcode, &is_a);
    if (end == 0 || manner == NAME_SILENT)
        return 0;
    if (manner == NAME_NONSENSE) {
        for (size_t i = 2; i < end; i++)
            message[i] = (uint8_t)(i * 151 + 7);
    } else if (manner == NAME_CIRCLE) {
        end = record_add(message, end, (uint8_t)end, 1);
    } else if (is_a && (manner == NAME_EXISTS || manner == NAME_STRANGER || manner == NAME_OF_MANY)) {
        for (uint8_t host = 1; host <= (manner == NAME_OF_MANY ? MANY : 1); host++)
            end = record_add(message, end, HEADER_SIZE, host);
    }
    message[0] ^= manner == NAME_STRANGER;
    return end;
}

static void *run(void *context) {
    struct name_server *server = context;
    uint8_t message[MESSAGE_SIZE];
    struct sockaddr_in from;
    for (socklen_t from_size = sizeof from;; from_size = sizeof from) {
        ssize_t got = recvfrom(server->socket, message, QUESTION_SIZE_MAX, 0, (struct sockaddr *)&from, &from_size);
        if (atomic_load(&server->is_stopping))
            return NULL;
        if (got < HEADER_SIZE)
            continue;
        atomic_fetch_add(&server->questions, 1);
        size_t size = answer_make((enum name_manner)atomic_load(&server->manner), message, (size_t)got);
        if (size > 0)
            sendto(server->socket, message, size, 0, (const struct sockaddr *)&from, from_size);
    }
}

void name_server_start(struct name_server *server, enum name_manner manner) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    *server = (struct name_server){0};
    atomic_store(&server->manner, manner);
    server->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server->socket, (const struct sockaddr *)&address, size) == 0);
    CHECK(getsockname(server->socket, (struct sockaddr *)&address, &size) == 0);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%d", ntohs(address.sin_port));
    CHECK(pthread_create(&server->thread, NULL, run, server) == 0);
}

void name_server_stop(struct name_server *server) {
    struct sockaddr_in self;
    socklen_t size = sizeof self;
    CHECK(getsockname(server->socket, (struct sockaddr *)&self, &size) == 0);
    atomic_store(&server->is_stopping, true);
    CHECK(sendto(server->socket, "", 1, 0, (const struct sockaddr *)&self, size) == 1); // wakes it
    pthread_join(server->thread, NULL);
    close(server->socket);
}
