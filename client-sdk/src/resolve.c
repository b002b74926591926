// c-ares tells which of its sockets it wants watched (socket_wanted) and how long it wants to wait (ares_timeout); the
// loop does both. A channel lives for one query and is never destroyed from inside its own callback: the answer is put
// down there, and the timer, fired at once, hands it on and clears up.
#include "resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { QUERY_TIMEOUT_MS = 1500, QUERY_TRIES = 4 };

// One socket of c-ares; freed by the loop.
struct watch {
    uv_poll_t poll;
    struct resolver *resolver;
    struct watch *next;
    ares_socket_t socket;
};

struct resolver {
    uv_loop_t *loop;
    const char *name_servers;
    resolve_done done;
    void *context;
    ares_channel channel; // NULL: nothing asked
    struct watch *watches;
    uv_timer_t timer;
    bool answered;
    struct address_list list;
    struct fault fault;
    char host[HOST_BYTES_MAX + 1];
};

bool address_is_numeric(const char *host) {
    uint8_t address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static void on_timer(uv_timer_t *timer);

// Wakes at the time c-ares wants, or at once with the answer.
static void timer_set(struct resolver *resolver) {
    struct timeval room, *wait = ares_timeout(resolver->channel, NULL, &room);
    uint64_t wait_ms =
        wait == NULL ? QUERY_TIMEOUT_MS : (uint64_t)wait->tv_sec * 1000 + (uint64_t)(wait->tv_usec + 999) / 1000;
    uv_timer_start(&resolver->timer, on_timer, resolver->answered ? 0 : wait_ms, 0);
}

// --- Sockets ---

static void watch_free(uv_handle_t *handle) {
    free(handle->data);
}

static void watch_drop(struct resolver *resolver, ares_socket_t socket) {
    for (struct watch **at = &resolver->watches; *at != NULL; at = &(*at)->next)
        if ((*at)->socket == socket) {
            struct watch *watch = *at;
            *at = watch->next;
            uv_close((uv_handle_t *)&watch->poll, watch_free);
            return;
        }
}

static struct watch *watch_need(struct resolver *resolver, ares_socket_t socket) {
    for (struct watch *watch = resolver->watches; watch != NULL; watch = watch->next)
        if (watch->socket == socket)
            return watch;
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL || uv_poll_init_socket(resolver->loop, &watch->poll, socket) != 0) {
        free(watch); // the query then ends by its timeout
        return NULL;
    }
    watch->poll.data = watch;
    watch->resolver = resolver;
    watch->socket = socket;
    watch->next = resolver->watches;
    resolver->watches = watch;
    return watch;
}

static void on_socket(uv_poll_t *poll, int status, int events) {
    struct watch *watch = poll->data;
    struct resolver *resolver = watch->resolver;
    ares_socket_t readable = status < 0 || (events & UV_READABLE) != 0 ? watch->socket : ARES_SOCKET_BAD;
    ares_socket_t writable = status < 0 || (events & UV_WRITABLE) != 0 ? watch->socket : ARES_SOCKET_BAD;
    ares_process_fd(resolver->channel, readable, writable);
    timer_set(resolver);
}

static void socket_wanted(void *context, ares_socket_t socket, int readable, int writable) {
    struct resolver *resolver = context;
    if (!readable && !writable) {
        watch_drop(resolver, socket);
        return;
    }
    struct watch *watch = watch_need(resolver, socket);
    if (watch != NULL)
        uv_poll_start(&watch->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0), on_socket);
}

// --- The query ---

static void list_fill(struct address_list *list, const struct ares_addrinfo *info) {
    for (const struct ares_addrinfo_node *node = info->nodes; node != NULL && list->count < ADDRESSES_MAX;
         node = node->ai_next)
        if (getnameinfo(node->ai_addr, node->ai_addrlen, list->text[list->count], ADDRESS_TEXT_SIZE, NULL, 0,
                        NI_NUMERICHOST) == 0)
            list->count++;
}

static void on_answer(void *context, int status, int timeouts, struct ares_addrinfo *info) {
    struct resolver *resolver = context;
    UNUSED(timeouts);
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
        return;
    resolver->answered = true;
    if (status == ARES_SUCCESS)
        list_fill(&resolver->list, info);
    ares_freeaddrinfo(info);
    if (status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME ||
        (status == ARES_SUCCESS && resolver->list.count == 0))
        (void)fault_set(&resolver->fault, ROND_EIO, 0, "url", "There is no server by the name of %s; check the address.",
                        resolver->host);
    else if (status != ARES_SUCCESS)
        (void)fault_set(&resolver->fault, ROND_EIO, 0, NULL, "The address of %s could not be looked up (%s).",
                        resolver->host, ares_strerror(status));
    uv_timer_start(&resolver->timer, on_timer, 0, 0);
}

static void on_timer(uv_timer_t *timer) {
    struct resolver *resolver = timer->data;
    if (!resolver->answered) {
        ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        timer_set(resolver);
        return;
    }
    resolver_cancel(resolver);
    resolver->done(resolver->context, &resolver->list, &resolver->fault);
}

enum rond_err resolver_create(uv_loop_t *loop, const char *name_servers, resolve_done done, void *context,
                              struct resolver **ret_resolver) {
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL)
        return ROND_ENOMEM;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || uv_timer_init(loop, &resolver->timer) != 0) {
        free(resolver);
        return ROND_ENOMEM;
    }
    resolver->timer.data = resolver;
    resolver->loop = loop;
    resolver->name_servers = name_servers;
    resolver->done = done;
    resolver->context = context;
    *ret_resolver = resolver;
    return ROND_OK;
}

enum rond_err resolver_start(struct resolver *resolver, const char *host, struct fault *fault) {
    CHECK(resolver->channel == NULL && strlen(host) <= HOST_BYTES_MAX);
    struct ares_options options = {
        .timeout = QUERY_TIMEOUT_MS,
        .tries = QUERY_TRIES,
        .sock_state_cb = socket_wanted,
        .sock_state_cb_data = resolver,
    };
    int status =
        ares_init_options(&resolver->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && resolver->name_servers != NULL)
        status = ares_set_servers_ports_csv(resolver->channel, resolver->name_servers);
    if (status != ARES_SUCCESS) {
        resolver_cancel(resolver);
        return fault_set(fault, ROND_EIO, 0, NULL, "Names cannot be looked up here (%s).", ares_strerror(status));
    }
    snprintf(resolver->host, sizeof resolver->host, "%s", host);
    resolver->list.count = 0;
    resolver->answered = false;
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    uv_update_time(resolver->loop);
    ares_getaddrinfo(resolver->channel, host, NULL, &hints, on_answer, resolver);
    timer_set(resolver);
    return ROND_OK;
}

void resolver_cancel(struct resolver *resolver) {
    if (resolver->channel == NULL)
        return;
    ares_destroy(resolver->channel);
    resolver->channel = NULL;
    while (resolver->watches != NULL)
        watch_drop(resolver, resolver->watches->socket);
    uv_timer_stop(&resolver->timer);
}

static void resolver_free(uv_handle_t *handle) {
    free(handle->data);
    ares_library_cleanup();
}

void resolver_destroy(struct resolver *resolver) {
    if (resolver == NULL)
        return;
    resolver_cancel(resolver);
    uv_close((uv_handle_t *)&resolver->timer, resolver_free);
}
