#include "bench/visitor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/check.h"

enum { READ_BYTES = 16 * 1024, ANSWER_BYTES_MAX = 16 * 1024 * 1024, TIMEOUT_S = 30 };

// --- Connecting ---

static void end(struct visitor *visitor) {
    if (!visitor->ssl)
        return;
    int descriptor = SSL_get_fd(visitor->ssl);
    SSL_free(visitor->ssl);
    close(descriptor);
    visitor->ssl = NULL;
}

static void connect_to(struct visitor *visitor) {
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)visitor->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    int on = 1, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        connect(descriptor, (struct sockaddr *)&to, sizeof to) != 0)
        bench_fail("a visitor cannot connect: %s", strerror(errno));
    visitor->ssl = SSL_new(visitor->tls);
    if (!visitor->ssl || !SSL_set_fd(visitor->ssl, descriptor) || !SSL_set1_host(visitor->ssl, "localhost") ||
        SSL_connect(visitor->ssl) != 1)
        bench_fail("a visitor's TLS cannot be set up");
}

// --- One question ---

// The value of the header, to the end of its line, among the lines before `end`; NULL where there is none.
static const char *header_of(const char *answer, const char *end, const char *name) {
    const char *found = strcasestr(answer, name);
    return found && found < end ? found + strlen(name) : NULL;
}

// What is read so far: 0, or the size of the whole answer.
static size_t whole_size(const struct buffer *answer) {
    const char *text = buffer_text(answer), *end = strstr(text, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = header_of(text, end, "\r\ncontent-length:");
    size_t size = (size_t)(end - text) + 4 + (length ? strtoul(length, NULL, 10) : 0);
    return answer->size < size ? 0 : size;
}

static bool read_answer(struct visitor *visitor) {
    uint8_t room[READ_BYTES];
    buffer_clear(&visitor->answer);
    while (whole_size(&visitor->answer) == 0) {
        int got = SSL_read(visitor->ssl, room, sizeof room);
        if (got <= 0)
            return false;
        CHECK(buffer_append(&visitor->answer, bytes_of(room, (size_t)got)) == ROND_OK);
    }
    return true;
}

// The request's head goes before its body, which may be empty.
static unsigned ask(struct visitor *visitor, const char *head, const char *body) {
    char request[1024];
    unsigned status = 0;
    int size = snprintf(request, sizeof request, "%sHost: localhost:%d\r\n\r\n%s", head, visitor->port, body);
    CHECK(size > 0 && (size_t)size < sizeof request);
    if (!visitor->ssl)
        connect_to(visitor);
    if (SSL_write(visitor->ssl, request, size) != size || !read_answer(visitor) ||
        sscanf(buffer_text(&visitor->answer), "HTTP/1.1 %u", &status) != 1) {
        end(visitor);
        return 0;
    }
    const char *text = buffer_text(&visitor->answer);
    if (header_of(text, strstr(text, "\r\n\r\n"), "\r\nconnection: close"))
        end(visitor);
    return status;
}

unsigned visitor_get(struct visitor *visitor, const char *path) {
    char head[600];
    (void)snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nCookie: %s\r\n", path, visitor->cookie);
    return ask(visitor, head, "");
}

// --- Logging in ---

static json_t *post(struct visitor *visitor, const char *path, json_t *take_body) {
    char head[300];
    char *body = json_dumps(take_body, JSON_COMPACT);
    CHECK(body != NULL);
    (void)snprintf(
        head, sizeof head,
        "POST %s HTTP/1.1\r\nOrigin: https://localhost:%d\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n",
        path, visitor->port, strlen(body));
    unsigned status = ask(visitor, head, body);
    if (status != 200)
        bench_fail("%s: %u", path, status);
    free(body);
    json_decref(take_body);
    return json_loads(strstr(buffer_text(&visitor->answer), "\r\n\r\n") + 4, 0, NULL);
}

static void add_person(const struct bench *bench, const struct server *server, const char *login, char *ret_code,
                       size_t size) {
    char command[1024];
    (void)snprintf(command, sizeof command,
                   "'%s/rondctl' --data '%s' person add %s --name %s --role area_chief --organisation polisen --area lund "
                   "2>>'%s/bench.log'",
                   bench->programs, server->data, login, login, bench->directory);
    FILE *printed = popen(command, "r");
    if (!printed || !fgets(ret_code, (int)size, printed))
        bench_fail("this went wrong: %s", command);
    ret_code[strcspn(ret_code, "\n")] = '\0';
    while (fgetc(printed) != EOF)
        ;
    (void)pclose(printed);
}

static void keep_cookie(struct visitor *visitor) {
    const char *text = buffer_text(&visitor->answer);
    const char *cookie = header_of(text, strstr(text, "\r\n\r\n"), "\r\nset-cookie: ");
    size_t size = cookie ? strcspn(cookie, ";\r") : 0;
    if (size == 0 || size >= sizeof visitor->cookie)
        bench_fail("the log-in gave no cookie");
    memcpy(visitor->cookie, cookie, size);
    visitor->cookie[size] = '\0';
}

// A recovery code is a second factor that needs no clock.
void visitor_log_in(struct visitor *visitor, struct bench *bench, const struct server *server, SSL_CTX *tls) {
    static const char login[] = "visitor", password[] = "tre gröna äpplen";
    char code[200];
    *visitor = (struct visitor){.tls = tls, .port = server->people_port};
    buffer_init(&visitor->answer, ANSWER_BYTES_MAX);
    add_person(bench, server, login, code, sizeof code);
    json_t *set =
        post(visitor, "/api/v1/setup", json_pack("{s:s,s:s,s:s}", "login", login, "code", code, "password", password));
    const char *recovery = json_string_value(json_array_get(json_object_get(set, "recovery_codes"), 0));
    if (!recovery)
        bench_fail("the set-up gave no recovery codes");
    json_decref(post(visitor, "/api/v1/session",
                     json_pack("{s:s,s:s,s:s}", "login", login, "password", password, "code", recovery)));
    json_decref(set);
    keep_cookie(visitor);
    end(visitor);
}

void visitor_open(struct visitor *visitor, const struct visitor *logged_in) {
    *visitor = (struct visitor){.tls = logged_in->tls, .port = logged_in->port};
    strcpy(visitor->cookie, logged_in->cookie);
    buffer_init(&visitor->answer, ANSWER_BYTES_MAX);
    connect_to(visitor);
}

void visitor_close(struct visitor *visitor) {
    end(visitor);
    buffer_deinit(&visitor->answer);
}
