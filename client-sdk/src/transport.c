// From a URL to an open connection, and to its end:
//
//   idle -> resolving -> connecting -> open -> closing -> over -> idle
//
// The parts know nothing of each other: resolve.c gives addresses, transport_tls.c decides about trust, transport_lws.c
// runs one connection to one address. This file owns the loop, the order of things, and time: one deadline covers
// everything until the connection stands, and no step ever waits.
//
// The addresses to try are those that the name resolves to. Where the name server has not answered within
// LAST_ADDRESS_AFTER_MS, or answers that it cannot, the last address that worked is tried instead. While others are left,
// an address has only its share of the time, so that one that swallows packets does not eat the window.
//
// Bytes go with the SYN (fast_open.h) unless that was lost the last times: each time in a row makes twice as many
// connections do without, at most FAST_OPEN_LOST_MAX doublings. Only a connection that stands says that the network is
// there, and counts.
//
// Events leave from transport_step only; `ended` leaves after the loop has run, when the transport is idle again and may
// be used anew from within it.
#include "transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/state.h"
#include "pipe_signal.h"
#include "resolve.h"
#include "transport_lws.h"
#include "transport_tls.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum {
    LAST_ADDRESS_AFTER_MS = 1500,
    ATTEMPT_MS_MAX = 5000,
    CLOSE_MS = 2000,
    PATH_SIZE = 128,
    NAME_SIZE = HOST_BYTES_MAX + 32,
    TEARDOWN_ROUNDS_MAX = 1000,
    FAST_OPEN_LOST_MAX = 8
};

enum state { IDLE, RESOLVING, CONNECTING, OPEN, CLOSING, OVER, STATE_COUNT };
static const struct state_table states = {
    .machine = "transport",
    .count = STATE_COUNT,
    .names = {"idle", "resolving", "connecting", "open", "closing", "over"},
    .successors =
        {
            [IDLE] = STATE_BIT(RESOLVING),
            [RESOLVING] = STATE_BIT(CONNECTING) | STATE_BIT(OVER),
            [CONNECTING] = STATE_BIT(OPEN) | STATE_BIT(OVER),
            [OPEN] = STATE_BIT(CLOSING) | STATE_BIT(OVER),
            [CLOSING] = STATE_BIT(OVER),
            [OVER] = STATE_BIT(IDLE),
        },
};

struct fast_open_past {
    uint8_t lost, without; // how often in a row it was lost, and how many connections are to do without
};

struct transport {
    struct transport_events events;
    char *name_servers;
    uv_loop_t loop;
    bool loop_made;
    uv_timer_t deadline; // of the whole, then of the closing
    uv_timer_t turn;     // what comes next by itself: `next`
    void (*next)(struct transport *transport);
    struct resolver *resolver;
    struct tls_client *tls;
    struct link *link;
    unsigned state;

    // Of the present connection.
    char host[HOST_BYTES_MAX + 1];
    int port;
    char path[PATH_SIZE];
    bool is_post;
    struct buffer body;
    struct address_list addresses;
    size_t address; // index of the one tried
    struct fast_open_past fast_open;
    uint64_t deadline_at_ms; // loop time
    struct fault fault;      // the last trouble
    enum rond_err err;       // the outcome, once over
};

static void advance(struct transport *transport, enum state state) {
    state_move(&states, NULL, &transport->state, state);
}

// --- Time ---

static void on_turn(uv_timer_t *timer) {
    struct transport *transport = timer->data;
    transport->next(transport);
}

static void turn_after(struct transport *transport, uint64_t wait_ms, void (*next)(struct transport *)) {
    transport->next = next;
    uv_update_time(&transport->loop);
    uv_timer_start(&transport->turn, on_turn, wait_ms, 0);
}

// --- What is kept between connections ---

// "tls.session.HOST:PORT", "address.HOST:PORT", "fast_open.HOST:PORT".
static void keep_name(const struct transport *transport, const char *kind, char ret_name[NAME_SIZE]) {
    snprintf(ret_name, NAME_SIZE, "%s.%s:%d", kind, transport->host, transport->port);
}

static bool recall(struct transport *transport, const char *kind, struct bytes *ret_value) {
    char name[NAME_SIZE];
    keep_name(transport, kind, name);
    return transport->events.recall != NULL && transport->events.recall(transport->events.context, name, ret_value);
}

static void keep(struct transport *transport, const char *kind, struct bytes value) {
    char name[NAME_SIZE];
    keep_name(transport, kind, name);
    if (transport->events.remember != NULL)
        transport->events.remember(transport->events.context, name, value);
}

static void on_session(void *context, struct bytes session) {
    keep(context, "tls.session", session);
}

static bool last_address(struct transport *transport, struct address_list *ret_list) {
    struct bytes value;
    char text[ADDRESS_TEXT_SIZE] = "";
    if (!recall(transport, "address", &value) || value.size >= sizeof text)
        return false;
    memcpy(text, value.data, value.size);
    if (!address_is_numeric(text))
        return false;
    *ret_list = (struct address_list){.count = 1};
    memcpy(ret_list->text[0], text, sizeof text);
    return true;
}

// --- Fast Open ---

static void fast_open_recall(struct transport *transport) {
    struct bytes value;
    transport->fast_open = (struct fast_open_past){0};
    if (recall(transport, "fast_open", &value) && value.size == 2 && value.data[0] <= FAST_OPEN_LOST_MAX)
        transport->fast_open = (struct fast_open_past){.lost = value.data[0], .without = value.data[1]};
}

static void fast_open_keep(struct transport *transport, unsigned lost, unsigned without) {
    transport->fast_open = (struct fast_open_past){(uint8_t)lost, (uint8_t)without};
    const uint8_t value[] = {transport->fast_open.lost, transport->fast_open.without};
    keep(transport, "fast_open", bytes_of(value, sizeof value));
}

static void fast_open_was_lost(struct transport *transport) {
    unsigned lost = transport->fast_open.lost;
    lost += lost < FAST_OPEN_LOST_MAX;
    fast_open_keep(transport, lost, (1U << lost) - 1);
}

static void fast_open_learn(struct transport *transport) {
    const struct fast_open_past *past = &transport->fast_open;
    enum fast_open_outcome outcome = link_fast_open(transport->link);
    if (outcome == FAST_OPEN_LOST)
        fast_open_was_lost(transport);
    else if (outcome == FAST_OPEN_TAKEN && past->lost > 0)
        fast_open_keep(transport, 0, 0);
    else if (!link_is_fast(transport->link) && past->without > 0)
        fast_open_keep(transport, past->lost, past->without - 1U);
}

// It came to nothing. Whether that is Fast Open's fault the next one shows, without it.
static void fast_open_failed(struct transport *transport) {
    if (link_is_fast(transport->link))
        fast_open_was_lost(transport);
}

// --- The end ---

// fault is filled already, or err is ROND_OK. Within an event of the link the link has ended by itself.
static void finish(struct transport *transport, enum rond_err err) {
    if (transport->state == OVER)
        return;
    uv_timer_stop(&transport->deadline);
    uv_timer_stop(&transport->turn);
    resolver_cancel(transport->resolver);
    link_kill(transport->link);
    transport->err = err;
    advance(transport, OVER);
}

static void on_deadline(uv_timer_t *timer) {
    struct transport *transport = timer->data;
    if (transport->state == CLOSING) {
        finish(transport, ROND_OK);
        return;
    }
    if (transport->state == RESOLVING)
        (void)fault_set(&transport->fault, ROND_EIO, 0, NULL, "The address of %s could not be looked up in time.",
                        transport->host);
    else
        (void)fault_set(&transport->fault, ROND_EIO, 0, NULL, "The server at %s did not answer in time.", transport->host);
    if (transport->state == CONNECTING)
        fast_open_failed(transport);
    finish(transport, ROND_EIO);
}

static void deliver_end(struct transport *transport) {
    struct fault fault = transport->fault;
    enum rond_err err = transport->err;
    buffer_clear(&transport->body);
    advance(transport, IDLE);
    transport->events.ended(transport->events.context, err, &fault);
}

// --- Connecting ---

static void attempt(struct transport *transport);

static bool others_are_left(const struct transport *transport) {
    return transport->address + 1 < transport->addresses.count;
}

static void attempt_next(struct transport *transport) {
    fast_open_failed(transport);
    link_kill(transport->link);
    transport->address++;
    attempt(transport);
}

static void attempt(struct transport *transport) {
    struct link_target target = {
        .address = transport->addresses.text[transport->address],
        .host = transport->host,
        .port = transport->port,
        .path = transport->path,
        .is_post = transport->is_post,
        .body = buffer_bytes(&transport->body),
        .may_open_fast = transport->fast_open.without == 0,
    };
    uint64_t now_ms = uv_now(&transport->loop);
    uint64_t share_ms = now_ms < transport->deadline_at_ms ? (transport->deadline_at_ms - now_ms) / 2 : 0;
    bool begun = link_open(transport->link, &target) == ROND_OK;
    if (begun && others_are_left(transport))
        turn_after(transport, share_ms < ATTEMPT_MS_MAX ? share_ms : ATTEMPT_MS_MAX, attempt_next);
    else if (!begun && others_are_left(transport))
        turn_after(transport, 0, attempt_next);
    else if (!begun)
        finish(transport,
               fault_set(&transport->fault, ROND_EIO, 0, NULL, "The server at %s cannot be reached.", transport->host));
}

static void connect_begin(struct transport *transport, const struct address_list *addresses) {
    resolver_cancel(transport->resolver);
    transport->addresses = *addresses;
    transport->address = 0;
    advance(transport, CONNECTING);
    attempt(transport);
}

static void connect_last_address(struct transport *transport) {
    struct address_list list;
    if (last_address(transport, &list))
        connect_begin(transport, &list);
}

static void on_resolved(void *context, const struct address_list *list, const struct fault *fault) {
    struct transport *transport = context;
    struct address_list last;
    uv_timer_stop(&transport->turn);
    if (list->count > 0) {
        connect_begin(transport, list);
    } else if (last_address(transport, &last)) {
        connect_begin(transport, &last);
    } else {
        transport->fault = *fault;
        finish(transport, ROND_EIO);
    }
}

static void resolve_begin(struct transport *transport) {
    struct address_list list = {.count = 1};
    if (address_is_numeric(transport->host)) {
        snprintf(list.text[0], ADDRESS_TEXT_SIZE, "%.*s", ADDRESS_TEXT_SIZE - 1, transport->host);
        connect_begin(transport, &list);
        return;
    }
    turn_after(transport, LAST_ADDRESS_AFTER_MS, connect_last_address);
    if (resolver_start(transport->resolver, transport->host, &transport->fault) == ROND_OK)
        return;
    uv_timer_stop(&transport->turn);
    if (last_address(transport, &list))
        connect_begin(transport, &list);
    else
        finish(transport, ROND_EIO);
}

// --- Events of the link ---

static void on_established(void *context, uint32_t credit_bytes) {
    struct transport *transport = context;
    uv_timer_stop(&transport->deadline);
    uv_timer_stop(&transport->turn);
    keep(transport, "address", bytes_of_text(transport->addresses.text[transport->address]));
    fast_open_learn(transport);
    advance(transport, OPEN);
    transport->events.connected(transport->events.context, credit_bytes);
}

static void on_received(void *context, struct bytes frame) {
    const struct transport *transport = context;
    if (transport->state == OPEN)
        transport->events.received(transport->events.context, frame);
}

// From the loop, with the last frame gone.
static void close_open(struct transport *transport) {
    if (transport->state == CLOSING && !link_is_sending(transport->link))
        link_close(transport->link);
}

static void on_writable(void *context) {
    struct transport *transport = context;
    if (transport->state == OPEN)
        transport->events.writable(transport->events.context);
    else
        turn_after(transport, 0, close_open);
}

static void on_answered(void *context, int http_status, struct bytes body) {
    const struct transport *transport = context;
    transport->events.answered(transport->events.context, http_status, body);
}

// The upgrade was answered, but not with one.
static enum rond_err refused_upgrade(struct transport *transport, int http_status) {
    if (http_status == 401 || http_status == 403)
        return fault_set(&transport->fault, ROND_EAUTH, CODE_DEVICE_UNKNOWN, NULL,
                         "The server does not let this device in; ask for a new enrolment code.");
    if (http_status == 503 || http_status == 429)
        return fault_set(&transport->fault, ROND_EAGAIN, CODE_BUSY, NULL, "%s", wire_code_sentence(CODE_BUSY));
    return fault_set(&transport->fault, ROND_EIO, 0, NULL,
                     "The server at %s answered %d instead of connecting; check the address.", transport->host, http_status);
}

static enum rond_err closed_by_peer(struct transport *transport, const struct link_end *end) {
    struct fault *fault = &transport->fault;
    const char *said = end->text[0] != '\0' ? end->text : "no reason was given";
    switch (end->close_code) {
    case 1000:
        return ROND_OK;
    case 1001:
    case 1011:
        return fault_set(fault, ROND_EAGAIN, 0, NULL, "The server closed the connection (%s); try again shortly.", said);
    case 1008:
        return fault_set(fault, ROND_EAUTH, 0, NULL, "The server refused this device (%s).", said);
    case 1002:
    case 1003:
    case 1007:
    case 1009:
        return fault_set(fault, ROND_EPROTOCOL, 0, NULL, "The server could not read what was sent (%s); update the app.",
                         said);
    default:
        return fault_set(fault, ROND_EIO, 0, NULL, "The server closed the connection (%d, %s).", end->close_code, said);
    }
}

static enum rond_err end_reason(struct transport *transport, const struct link_end *end) {
    struct fault *fault = &transport->fault;
    if (end->frame_broken)
        return fault_set(fault, ROND_EPROTOCOL, 0, NULL, "The server at %s sent what it must not; update the app.",
                         transport->host);
    if (transport->is_post && end->established)
        return ROND_OK;
    if (end->close_code != 0)
        return closed_by_peer(transport, end);
    enum rond_err err = tls_client_reason(transport->tls, fault);
    if (err != ROND_OK)
        return err;
    if (end->established)
        return fault_set(fault, ROND_EIO, 0, NULL, "The connection to %s was cut.", transport->host);
    if (end->http_status != 0 && end->http_status != 101 && !transport->is_post)
        return refused_upgrade(transport, end->http_status);
    return fault_set(fault, ROND_EIO, 0, NULL, "The server at %s cannot be reached.", transport->host);
}

static void on_ended(void *context, const struct link_end *end) {
    struct transport *transport = context;
    if (transport->state == CLOSING) {
        finish(transport, ROND_OK);
        return;
    }
    struct fault unused;
    bool is_network = tls_client_reason(transport->tls, &unused) == ROND_OK && end->http_status == 0 && !end->frame_broken;
    bool is_left = transport->state == CONNECTING && is_network && others_are_left(transport);
    if (is_left) {
        turn_after(transport, 0, attempt_next);
        return;
    }
    if (transport->state == CONNECTING && is_network)
        fast_open_failed(transport);
    finish(transport, end_reason(transport, end));
}

// --- URLs ---

static enum rond_err url_fault(const char *url, const char *scheme, struct fault *fault) {
    return fault_set(fault, ROND_EINVALID, 0, "url", "The address \"%.100s\" is not of the form %s://HOST:PORT.", url,
                     scheme);
}

// scheme://HOST[:PORT][/PATH]; HOST may be [IPv6].
static enum rond_err url_read(struct transport *transport, const char *url, const char *scheme, const char *path,
                              struct fault *fault) {
    size_t scheme_size = strlen(scheme);
    if (strncmp(url, scheme, scheme_size) != 0 || strncmp(url + scheme_size, "://", 3) != 0)
        return url_fault(url, scheme, fault);
    const char *host = url + scheme_size + 3;
    bool bracketed = *host == '[';
    host += bracketed;
    size_t host_size = strcspn(host, bracketed ? "]" : ":/");
    const char *rest = host + host_size;
    if (bracketed && *rest++ != ']')
        return url_fault(url, scheme, fault);
    long port = 443;
    if (*rest == ':') {
        char *end;
        port = rest[1] >= '0' && rest[1] <= '9' ? strtol(rest + 1, &end, 10) : 0;
        rest = port == 0 ? rest : end;
    }
    bool fits = host_size > 0 && host_size <= HOST_BYTES_MAX && port > 0 && port <= 65535 && (*rest == '\0' || *rest == '/');
    for (size_t i = 0; fits && i < host_size; i++)
        fits = host[i] > ' ' && host[i] < 0x7f;
    if (!fits || strlen(rest) >= PATH_SIZE || strlen(path) >= PATH_SIZE)
        return url_fault(url, scheme, fault);
    memcpy(transport->host, host, host_size);
    transport->host[host_size] = '\0';
    transport->port = (int)port;
    snprintf(transport->path, sizeof transport->path, "%s", rest[0] == '/' && rest[1] != '\0' ? rest : path);
    return ROND_OK;
}

// --- What the SDK calls ---

static enum rond_err parts_create(struct transport *transport) {
    const struct link_events link_events = {
        .context = transport,
        .established = on_established,
        .received = on_received,
        .writable = on_writable,
        .answered = on_answered,
        .ended = on_ended,
    };
    if (uv_loop_init(&transport->loop) != 0)
        return ROND_ENOMEM;
    transport->loop_made = true;
    uv_timer_init(&transport->loop, &transport->deadline);
    uv_timer_init(&transport->loop, &transport->turn);
    transport->deadline.data = transport->turn.data = transport;
    enum rond_err err =
        resolver_create(&transport->loop, transport->name_servers, on_resolved, transport, &transport->resolver);
    if (err == ROND_OK)
        err = tls_client_create(on_session, transport, &transport->tls);
    if (err == ROND_OK)
        err = link_create(&transport->loop, tls_client_context(transport->tls), &link_events, &transport->link);
    return err;
}

enum rond_err transport_create(const struct transport_events *events, const char *name_servers,
                               struct transport **ret_transport) {
    struct transport *transport = calloc(1, sizeof *transport);
    if (transport == NULL)
        return ROND_ENOMEM;
    transport->events = *events;
    buffer_init(&transport->body, ENROL_BODY_BYTES_MAX);
    enum rond_err err = ROND_OK;
    if (name_servers != NULL && (transport->name_servers = strdup(name_servers)) == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK)
        err = parts_create(transport);
    if (err != ROND_OK) {
        transport_destroy(transport);
        return err;
    }
    *ret_transport = transport;
    return ROND_OK;
}

// Handles close through the loop. A context that never finished, against all of its promises, would leave handles in
// the loop: then its memory is left too, rather than freed under it.
static bool loop_close(struct transport *transport) {
    for (int round = 0; round < TEARDOWN_ROUNDS_MAX; round++) {
        uv_run(&transport->loop, UV_RUN_NOWAIT);
        if (link_is_gone(transport->link) && uv_loop_close(&transport->loop) == 0)
            return true;
        if (round > TEARDOWN_ROUNDS_MAX / 2 && !link_is_gone(transport->link))
            link_destroy(transport->link);
    }
    return false;
}

// What is still to be said to the peer is written here.
static bool take_down(struct transport *transport) {
    if (!transport->loop_made)
        return true;
    link_kill(transport->link);
    uv_close((uv_handle_t *)&transport->deadline, NULL);
    uv_close((uv_handle_t *)&transport->turn, NULL);
    resolver_destroy(transport->resolver);
    link_destroy(transport->link);
    return loop_close(transport);
}

void transport_destroy(struct transport *transport) {
    if (transport == NULL)
        return;
    struct pipe_signal held;
    pipe_signal_hold(&held);
    bool is_down = take_down(transport);
    pipe_signal_release(&held);
    if (!is_down)
        return;
    link_free(transport->link);
    tls_client_destroy(transport->tls);
    buffer_deinit(&transport->body);
    free(transport->name_servers);
    free(transport);
}

static enum rond_err begin(struct transport *transport, const struct transport_tls *tls, int deadline_ms,
                           struct fault *fault) {
    struct bytes session = {0};
    fast_open_recall(transport);
    (void)recall(transport, "tls.session", &session);
    enum rond_err err = tls_client_begin(transport->tls, transport->host, tls, session, fault);
    if (err != ROND_OK)
        return err;
    uint64_t wait_ms = deadline_ms > 0 ? (uint64_t)deadline_ms : 0;
    memset(&transport->fault, 0, sizeof transport->fault);
    uv_update_time(&transport->loop);
    transport->deadline_at_ms = uv_now(&transport->loop) + wait_ms;
    uv_timer_start(&transport->deadline, on_deadline, wait_ms, 0);
    turn_after(transport, 0, resolve_begin);
    advance(transport, RESOLVING);
    return ROND_OK;
}

enum rond_err transport_connect(struct transport *transport, const char *url, const struct transport_tls *tls,
                                int deadline_ms, struct fault *fault) {
    if (transport->state != IDLE)
        return fault_set(fault, ROND_ECONFLICT, 0, NULL, "A connection is under way already.");
    enum rond_err err = url_read(transport, url, "wss", "/v1/sync", fault);
    if (err != ROND_OK)
        return err;
    transport->is_post = false;
    return begin(transport, tls, deadline_ms, fault);
}

enum rond_err transport_post(struct transport *transport, const char *url, const char *path, const struct transport_tls *tls,
                             struct bytes body, int deadline_ms, struct fault *fault) {
    if (transport->state != IDLE)
        return fault_set(fault, ROND_ECONFLICT, 0, NULL, "A connection is under way already.");
    enum rond_err err = url_read(transport, url, "https", path, fault);
    if (err != ROND_OK)
        return err;
    snprintf(transport->path, sizeof transport->path, "%s", path);
    buffer_clear(&transport->body);
    err = buffer_append(&transport->body, body);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, NULL, "The request is too large.");
    transport->is_post = true;
    return begin(transport, tls, deadline_ms, fault);
}

enum rond_err transport_send(struct transport *transport, struct bytes frame) {
    return transport->state == OPEN ? link_send(transport->link, frame) : ROND_EAGAIN;
}

static void close_now(struct transport *transport) {
    finish(transport, ROND_OK);
}

void transport_close(struct transport *transport) {
    if (transport->state == RESOLVING || transport->state == CONNECTING) {
        turn_after(transport, 0, close_now);
    } else if (transport->state == OPEN) {
        advance(transport, CLOSING);
        uv_update_time(&transport->loop);
        uv_timer_start(&transport->deadline, on_deadline, CLOSE_MS, 0);
        turn_after(transport, 0, close_open);
    }
}

void transport_step(struct transport *transport) {
    struct pipe_signal held;
    pipe_signal_hold(&held);
    uv_run(&transport->loop, UV_RUN_NOWAIT);
    pipe_signal_release(&held);
    if (transport->state == OVER)
        deliver_end(transport);
}

int transport_descriptor(const struct transport *transport) {
    return uv_backend_fd(&transport->loop);
}

// The loop's own time is that of its last step; counted from there a timer would seem further away than it is.
int transport_timeout_ms(const struct transport *transport) {
    if (transport->state == OVER)
        return 0;
    int timeout_ms = uv_backend_timeout(&transport->loop);
    if (timeout_ms <= 0)
        return timeout_ms;
    uint64_t late_ms = uv_hrtime() / 1000000 - uv_now(&transport->loop);
    return late_ms < (uint64_t)timeout_ms ? timeout_ms - (int)late_ms : 0;
}
