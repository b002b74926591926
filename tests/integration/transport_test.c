// Tests: client-sdk/src/transport_lws.c
// The transport against a server that can misbehave, over real sockets and real TLS on loopback. Every wait is bounded.
#include "transport.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "auth/ca.h"
#include "base/clock.h"
#include "base/rng.h"
#include "support/name_server.h"
#include "support/peer.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { WAIT_MS = 10000, STEP_MS_MAX = 100, SETTINGS_MAX = 32, ROOM = FRAME_BYTES_MAX + 16 };

static struct {
    // Server.
    char directory[64], other_directory[64];
    struct ca *ca, *other_ca;
    struct buffer chain, server_key;
    struct peer peer;
    int64_t now_ms;
    // Device.
    struct keystore *keystore;
    struct buffer certificate;
    struct bytes anchor;
    struct transport *transport;
    // What has happened.
    uint32_t credit_bytes;
    int connected, writable, ended, answered, http_status, received;
    enum rond_err err;
    struct fault fault;
    struct buffer in;
    struct {
        char name[160];
        uint8_t value[8192];
        size_t size;
    } settings[SETTINGS_MAX];
    int64_t step_ms_max;
    int steps;
    void (*on_connected)(void);
} t;

// --- Events ---

static void connected(void *context, uint32_t credit_bytes) {
    t.connected++;
    t.credit_bytes = credit_bytes;
    if (t.on_connected != NULL)
        t.on_connected();
}
static void received(void *context, struct bytes frame) {
    t.received++;
    buffer_clear(&t.in);
    assert_ok(buffer_append(&t.in, frame));
}
static void writable(void *context) {
    t.writable++;
}
static void ended(void *context, enum rond_err err, const struct fault *fault) {
    t.ended++;
    t.err = err;
    t.fault = *fault;
}
static void answered(void *context, int http_status, struct bytes body) {
    t.answered++;
    t.http_status = http_status;
    buffer_clear(&t.in);
    assert_ok(buffer_append(&t.in, body));
}
static void remember(void *context, const char *name, struct bytes value) {
    for (int i = 0; i < SETTINGS_MAX; i++)
        if (t.settings[i].size == 0 || strcmp(t.settings[i].name, name) == 0) {
            assert_true(value.size <= sizeof t.settings[i].value);
            strcpy(t.settings[i].name, name);
            memcpy(t.settings[i].value, value.data, value.size);
            t.settings[i].size = value.size;
            return;
        }
    fail_msg("too many settings");
}
static bool recall(void *context, const char *name, struct bytes *ret_value) {
    for (int i = 0; i < SETTINGS_MAX; i++)
        if (t.settings[i].size > 0 && strcmp(t.settings[i].name, name) == 0) {
            *ret_value = bytes_of(t.settings[i].value, t.settings[i].size);
            return true;
        }
    return false;
}
static const struct transport_events events = {.connected = connected,
                                               .received = received,
                                               .writable = writable,
                                               .ended = ended,
                                               .answered = answered,
                                               .remember = remember,
                                               .recall = recall};

// --- An app's loop ---

static int64_t mono_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Waits on nothing but what the transport names, until *counter reaches count.
static void run_until(const int *counter, int count) {
    int64_t end_ms = mono_ms() + WAIT_MS;
    while (*counter < count && mono_ms() < end_ms) {
        struct pollfd wait = {.fd = transport_descriptor(t.transport), .events = POLLIN};
        int timeout_ms = transport_timeout_ms(t.transport);
        int64_t left_ms = end_ms - mono_ms();
        poll(&wait, 1, timeout_ms < 0 || timeout_ms > left_ms ? (int)left_ms : timeout_ms);
        int64_t before_ms = mono_ms();
        transport_step(t.transport);
        t.steps++;
        int64_t took_ms = mono_ms() - before_ms;
        t.step_ms_max = took_ms > t.step_ms_max ? took_ms : t.step_ms_max;
    }
    if (*counter < count)
        fail_msg("it did not happen in %d ms (ended %d: %s)", WAIT_MS, t.ended, t.fault.text);
}

// --- Setting ---

static void ca_make(char *directory, struct ca **ret_ca) {
    strcpy(directory, "/tmp/rond-transport-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_ok(ca_create(directory, "Rond CA test", rng_system(), t.now_ms, NULL));
    assert_ok(ca_open(directory, ret_ca, NULL));
}

static void server_certificate(const struct ca *ca, const char *name, int64_t now_ms) {
    buffer_clear(&t.chain);
    buffer_clear(&t.server_key);
    const char *names[] = {name, "127.0.0.1"}; // "only.test": that name alone
    assert_ok(ca_issue_server(ca, names, strcmp(name, "only.test") == 0 ? 1 : 2, 30, rng_system(), now_ms, &t.chain,
                              &t.server_key));
}

static void start(void (*play)(struct peer *, SSL *, int)) {
    t.peer.play = play;
    peer_start(&t.peer, buffer_bytes(&t.chain), buffer_bytes(&t.server_key), NULL);
}

static void start_mutual(void (*play)(struct peer *, SSL *, int), const struct ca *client_ca) {
    t.peer.play = play;
    peer_start(&t.peer, buffer_bytes(&t.chain), buffer_bytes(&t.server_key), client_ca);
}

static int setup(void **state) {
    rond_keystore files;
    struct bytes spki;
    memset(&t, 0, sizeof t);
    t.now_ms = clock_wall_ms(clock_system());
    ca_make(t.directory, &t.ca);
    ca_make(t.other_directory, &t.other_ca);
    buffer_init(&t.chain, 64 * 1024);
    buffer_init(&t.server_key, 64 * 1024);
    buffer_init(&t.certificate, 64 * 1024);
    buffer_init(&t.in, ROOM);
    server_certificate(t.ca, "rond.test", t.now_ms);
    assert_ok(rond_keystore_files(t.directory, &files, NULL));
    assert_ok(keystore_create(&files, &t.keystore));
    assert_ok(keystore_spki(t.keystore, &spki));
    const struct id128 device = {{1}};
    assert_ok(ca_issue_device(t.ca, spki, &device, 14, rng_system(), t.now_ms, &t.certificate));
    t.anchor = ca_certificate(t.ca);
    assert_ok(transport_create(&events, NULL, &t.transport));
    assert_true(transport_descriptor(t.transport) >= 0); // before anything is connected
    return 0;
}

static int teardown(void **state) {
    char command[256];
    transport_destroy(t.transport);
    peer_stop(&t.peer);
    keystore_destroy(t.keystore);
    buffer_deinit(&t.chain);
    buffer_deinit(&t.server_key);
    buffer_deinit(&t.certificate);
    buffer_deinit(&t.in);
    ca_close(t.ca);
    ca_close(t.other_ca);
    snprintf(command, sizeof command, "rm -rf %s %s", t.directory, t.other_directory);
    return system(command);
}

static struct transport_tls device_tls(void) {
    return (struct transport_tls){
        .anchors = &t.anchor, .anchors_count = 1, .certificate = buffer_bytes(&t.certificate), .keystore = t.keystore};
}

static void connect_to(const char *host, int deadline_ms) {
    char url[128];
    struct transport_tls tls = device_tls();
    snprintf(url, sizeof url, "wss://%s:%d", host, t.peer.port);
    assert_ok(transport_connect(t.transport, url, &tls, deadline_ms, NULL));
}

static void assert_ended(enum rond_err err, const char *words) {
    run_until(&t.ended, t.ended + 1);
    assert_err(err, t.err);
    if (words != NULL && strstr(t.fault.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", t.fault.text, words);
}

// --- Plays ---

static void play_echo(struct peer *peer, SSL *ssl, int socket) {
    if (ssl == NULL || !peer_upgrade(peer, ssl))
        return;
    uint8_t *room = malloc(ROOM);
    size_t size;
    for (int opcode; (opcode = peer_read_frame(ssl, room, ROOM, &size)) >= 0;) {
        if (opcode == 8) {
            atomic_store(&peer->close_code, size >= 2 ? room[0] << 8 | room[1] : 0);
            peer_frame(ssl, 0x88, room, size);
            break;
        }
        peer_frame(ssl, 0x82, room, size);
    }
    free(room);
}

static void play_cut(struct peer *peer, SSL *ssl, int socket) {
    const struct linger now = {.l_onoff = 1};
    uint8_t room[256];
    size_t size;
    if (ssl != NULL && peer_upgrade(peer, ssl) && peer_read_frame(ssl, room, sizeof room, &size) >= 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void play_silence(struct peer *peer, SSL *ssl, int socket) {
    char byte;
    while (recv(socket, &byte, 1, 0) > 0)
        ;
}

static void play_fragments(struct peer *peer, SSL *ssl, int socket) {
    if (ssl == NULL || !peer_upgrade(peer, ssl))
        return;
    uint8_t room[256];
    size_t size;
    peer_frame(ssl, 0x02, "one ", 4);
    peer_frame(ssl, 0x89, "ping", 4);
    peer_frame(ssl, 0x00, "two ", 4);
    peer_frame(ssl, 0x00, "", 0);
    peer_frame(ssl, 0x80, "three", 5);
    peer_frame(ssl, 0x82, "next", 4);
    while (peer_read_frame(ssl, room, sizeof room, &size) >= 0)
        ;
}

static void play_too_much(struct peer *peer, SSL *ssl, int socket) {
    if (ssl == NULL || !peer_upgrade(peer, ssl))
        return;
    static const uint8_t zeros[FRAME_BYTES_MAX / 2 + 1];
    uint8_t room[256];
    size_t size;
    peer_frame(ssl, 0x02, zeros, sizeof zeros);
    peer_frame(ssl, 0x80, zeros, sizeof zeros);
    while (peer_read_frame(ssl, room, sizeof room, &size) >= 0)
        ;
}

static void play_text(struct peer *peer, SSL *ssl, int socket) {
    uint8_t room[256];
    size_t size;
    if (ssl == NULL || !peer_upgrade(peer, ssl))
        return;
    peer_frame(ssl, 0x81, "hello", 5);
    while (peer_read_frame(ssl, room, sizeof room, &size) >= 0)
        ;
}

static const char *close_words;
static int close_code;
static void play_close(struct peer *peer, SSL *ssl, int socket) {
    uint8_t room[256] = {(uint8_t)(close_code >> 8), (uint8_t)close_code};
    size_t size = strlen(close_words);
    if (ssl == NULL || !peer_upgrade(peer, ssl))
        return;
    memcpy(room + 2, close_words, size);
    peer_frame(ssl, 0x88, room, size + 2);
    while (peer_read_frame(ssl, room, sizeof room, &size) >= 0)
        ;
}

static int status_to_answer;
static void play_http(struct peer *peer, SSL *ssl, int socket) {
    char room[16384], answer[512];
    const char *request = ssl == NULL ? NULL : peer_read_request(peer, ssl, room, sizeof room);
    if (request == NULL)
        return;
    const char *body = strstr(request, "\r\n\r\n") + 4;
    int size = snprintf(answer, sizeof answer, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%.6s%s",
                        status_to_answer, 6 + strlen(body), request, body);
    SSL_write(ssl, answer, size);
    SSL_shutdown(ssl);
    SSL_read(ssl, room, sizeof room);
}

// --- Frames ---

static void frames_of_any_size_arrive_whole_both_ways(void **state) {
    const size_t sizes[] = {1, 125, 126, 4096, 16384, 65535, 65536, FRAME_BYTES_MAX};
    uint8_t *frame = malloc(FRAME_BYTES_MAX), *copy = malloc(FRAME_BYTES_MAX);
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    assert_err(ROND_EAGAIN, transport_send(t.transport, bytes_of(frame, 1)));
    run_until(&t.connected, 1);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        rng_fill(rng_system(), frame, sizes[i]);
        memcpy(copy, frame, sizes[i]);
        assert_ok(transport_send(t.transport, bytes_of(frame, sizes[i])));
        assert_memory_equal(frame, copy, sizes[i]);
        if (i % 2 == 0)
            assert_err(ROND_EAGAIN, transport_send(t.transport, bytes_of(frame, 1)));
        run_until(&t.received, (int)i + 1);
        run_until(&t.writable, (int)i + 1);
        assert_int_equal(t.in.size, sizes[i]);
        assert_memory_equal(t.in.data, copy, sizes[i]);
    }
    assert_err(ROND_EFULL, transport_send(t.transport, bytes_of(frame, FRAME_BYTES_MAX + 1)));
    transport_close(t.transport);
    assert_ended(ROND_OK, NULL);
    peer_stop(&t.peer);
    free(frame);
    free(copy);
}

static void fragments_are_joined_and_pings_do_not_disturb(void **state) {
    start(play_fragments);
    connect_to("127.0.0.1", 5000);
    run_until(&t.received, 1);
    if (t.received == 1)
        assert_memory_equal(t.in.data, "one two three", 13);
    run_until(&t.received, 2);
    assert_int_equal(t.in.size, 4);
    assert_memory_equal(t.in.data, "next", 4);
}

static void what_a_server_must_not_send_ends_the_connection(void **state) {
    start(play_too_much);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EPROTOCOL, "must not");
    assert_int_equal(t.received, 0);
    peer_stop(&t.peer);
    start(play_text);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EPROTOCOL, "must not");
    assert_int_equal(t.received, 0);
}

// --- Ends ---

static void send_and_close(void) {
    assert_ok(transport_send(t.transport, bytes_of_text("last words")));
    transport_close(t.transport);
}

static void an_orderly_close_lets_the_last_frame_out_first(void **state) {
    start(play_echo);
    t.on_connected = send_and_close;
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_OK, NULL);
    for (int i = 0; i < 200 && atomic_load(&t.peer.close_code) == 0; i++)
        usleep(5000);
    assert_int_equal(atomic_load(&t.peer.close_code), 1000);
    assert_int_equal(t.ended, 1);
}

static void a_peer_that_vanishes_is_noticed_and_the_next_connection_stands(void **state) {
    start(play_cut);
    connect_to("127.0.0.1", 5000);
    run_until(&t.connected, 1);
    assert_ok(transport_send(t.transport, bytes_of_text("x")));
    assert_ended(ROND_EIO, "cut");
    assert_int_equal(t.connected, 1);
    peer_stop(&t.peer);
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    run_until(&t.connected, 2);
    assert_int_equal(t.ended, 1);
}

static void a_close_of_the_server_is_told_with_its_reason(void **state) {
    const struct {
        int code;
        const char *words;
        enum rond_err err;
    } closes[] = {{1000, "", ROND_OK},
                  {1001, "draining", ROND_EAGAIN},
                  {1008, "revoked", ROND_EAUTH},
                  {1009, "too large", ROND_EPROTOCOL},
                  {4000, "something new", ROND_EIO}};
    for (size_t i = 0; i < ARRAY_COUNT(closes); i++) {
        close_code = closes[i].code;
        close_words = closes[i].words;
        start(play_close);
        connect_to("127.0.0.1", 5000);
        assert_ended(closes[i].err, closes[i].words);
        peer_stop(&t.peer);
    }
}

static void an_upgrade_that_is_refused_is_told_apart_from_no_server(void **state) {
    const struct {
        int status;
        enum rond_err err;
    } answers[] = {{403, ROND_EAUTH}, {503, ROND_EAGAIN}, {404, ROND_EIO}, {302, ROND_EIO}};
    for (size_t i = 0; i < ARRAY_COUNT(answers); i++) {
        status_to_answer = answers[i].status;
        start(play_http);
        connect_to("127.0.0.1", 5000);
        assert_ended(answers[i].err, answers[i].status == 404 ? "404" : NULL);
        peer_stop(&t.peer);
    }
    start(play_echo);
    int port = t.peer.port;
    peer_stop(&t.peer);
    t.peer.port = port;
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EIO, "cannot be reached");
    t.peer.port = 0;
}

static void what_the_upgrade_tells_of_the_credit_is_passed_on(void **state) {
    static const struct {
        const char *headers;
        uint32_t credit_bytes;
    } cases[] = {{NULL, 0},
                 {"Rond-Credit: 16384\r\n", 16384},
                 {"rond-credit:2048\r\nServer: x\r\n", 2048},
                 {"Rond-Credit: 16 KiB\r\n", 0},
                 {"Rond-Credit: -1\r\n", 0},
                 {"Rond-Credit: \r\n", 0},
                 {"Rond-Credit: 99999999999999999999\r\n", 0},
                 {NULL, 0}};
    start(play_echo);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        t.peer.headers = cases[i].headers;
        t.credit_bytes = 1;
        connect_to("127.0.0.1", 5000);
        run_until(&t.connected, t.connected + 1);
        if (t.credit_bytes != cases[i].credit_bytes)
            fail_msg("%s was taken for %u", cases[i].headers, t.credit_bytes);
        transport_close(t.transport);
        run_until(&t.ended, t.ended + 1);
    }
    t.peer.headers = NULL;
}

// --- Trust ---

static void a_server_of_another_authority_is_not_spoken_to(void **state) {
    server_certificate(t.other_ca, "rond.test", t.now_ms);
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EIO, "no authority that the device trusts");
    assert_int_equal(t.connected, 0);
    assert_int_equal(atomic_load(&t.peer.bytes_read), 0);
}

static void certificates_out_of_time_are_told(void **state) {
    server_certificate(t.ca, "rond.test", t.now_ms - INT64_C(40) * 86400000);
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EIO, "has run out");
    peer_stop(&t.peer);
    server_certificate(t.ca, "rond.test", t.now_ms + INT64_C(10) * 86400000);
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EIO, "not valid yet");
    assert_int_equal(t.connected, 0);
}

static void connect_at(int64_t now_ms) {
    char url[128];
    struct transport_tls tls = device_tls();
    tls.now_ms = now_ms;
    snprintf(url, sizeof url, "wss://127.0.0.1:%d", t.peer.port);
    assert_ok(transport_connect(t.transport, url, &tls, 5000, NULL));
}

// It is at least now_ms: the system's clock is as wrong here as the certificate is far from it.
static void certificates_are_judged_by_the_best_estimate_of_time_where_there_is_one(void **state) {
    const int64_t day_ms = 86400000;
    server_certificate(t.ca, "rond.test", t.now_ms - 40 * day_ms); // for thirty days
    start(play_echo);
    connect_at(t.now_ms - 30 * day_ms);
    run_until(&t.connected, 1);
    transport_close(t.transport);
    assert_ended(ROND_OK, NULL);
    connect_at(t.now_ms - 5 * day_ms);
    assert_ended(ROND_EIO, "has run out");
    peer_stop(&t.peer);
    server_certificate(t.ca, "rond.test", t.now_ms + 10 * day_ms);
    start(play_echo);
    connect_at(t.now_ms - 100 * day_ms); // switched off for a long time
    run_until(&t.connected, 2);
    transport_close(t.transport);
    assert_ended(ROND_OK, NULL);
    connect_at(t.now_ms + 50 * day_ms);
    assert_ended(ROND_EIO, "has run out");
    assert_int_equal(t.connected, 2);
}

static void a_certificate_for_another_name_is_told(void **state) {
    server_certificate(t.ca, "only.test", t.now_ms);
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EIO, "another name");
    connect_to("localhost", 5000);
    assert_ended(ROND_EIO, "another name");
    assert_int_equal(t.connected, 0);
}

static void the_device_shows_its_certificate_through_the_keystore(void **state) {
    start_mutual(play_echo, t.ca);
    connect_to("127.0.0.1", 5000);
    run_until(&t.connected, 1);
    assert_int_equal(atomic_load(&t.peer.handshakes), 1);
}

static enum rond_err (*sign_unlocked)(void *context, const uint8_t digest[32], uint8_t ret_signature[64]);
static bool locked;
static enum rond_err sign_lockable(void *context, const uint8_t digest[32], uint8_t ret_signature[64]) {
    return locked ? ROND_EAUTH : sign_unlocked(context, digest, ret_signature);
}

static void a_keystore_that_is_locked_in_the_handshake_is_told(void **state) {
    rond_keystore files;
    keystore_destroy(t.keystore);
    assert_ok(rond_keystore_files(t.directory, &files, NULL));
    sign_unlocked = files.sign_digest;
    files.sign_digest = sign_lockable;
    assert_ok(keystore_create(&files, &t.keystore));
    start_mutual(play_echo, t.ca);
    locked = true;
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EAUTH, "key cannot be used now");
    locked = false;
    connect_to("127.0.0.1", 5000);
    run_until(&t.connected, 1);
}

static void a_device_that_the_server_does_not_know_is_told_so(void **state) {
    start_mutual(play_echo, t.other_ca);
    for (int i = 1; i <= 20; i++) {
        connect_to("127.0.0.1", 5000);
        run_until(&t.ended, i);
        // The server hangs up behind its alert; where that overtakes it only a cut is left to see.
        assert_true(t.err == ROND_EAUTH || t.err == ROND_EIO);
        assert_true(t.err != ROND_EAUTH || t.fault.code == CODE_DEVICE_UNKNOWN);
    }
    assert_int_equal(t.connected, 0);
}

static struct transport_tls pinned(const struct ca *ca, struct hash256 *room) {
    ca_spki_fingerprint(ca, room);
    return (struct transport_tls){.ca_fingerprint = room->b};
}

static void post_to(const char *host, const struct transport_tls *tls, const char *body) {
    char url[128];
    snprintf(url, sizeof url, "https://%s:%d", host, t.peer.port);
    assert_ok(transport_post(t.transport, url, "/v1/enrol", tls, bytes_of_text(body), 5000, NULL));
}

static void a_request_is_posted_under_the_fingerprint_of_the_code(void **state) {
    struct hash256 room;
    struct transport_tls tls = pinned(t.ca, &room);
    for (status_to_answer = 200; status_to_answer <= 403; status_to_answer += 203) {
        start(play_http);
        post_to("127.0.0.1", &tls, "the request");
        assert_ended(ROND_OK, NULL);
        assert_int_equal(t.http_status, status_to_answer);
        assert_memory_equal(t.in.data, "POST /the request", 17);
        peer_stop(&t.peer);
    }
    assert_int_equal(t.answered, 2);
    for (int i = 0; i < SETTINGS_MAX; i++)
        assert_null(strstr(t.settings[i].name, "tls.session")); // nothing was verified that a session could stand on
}

static void the_secret_of_a_code_is_not_sent_to_a_foreign_server(void **state) {
    struct hash256 room;
    struct transport_tls tls = pinned(t.other_ca, &room);
    start(play_http);
    post_to("127.0.0.1", &tls, "secret");
    assert_ended(ROND_EAUTH, "another server");
    assert_int_equal(t.fault.code, CODE_CODE_FOREIGN);
    assert_int_equal(atomic_load(&t.peer.bytes_read), 0);
    assert_int_equal(t.answered, 0);
}

static void nothing_to_trust_means_no_connection(void **state) {
    struct fault fault = {0};
    assert_err(ROND_EINVALID, transport_connect(t.transport, "wss://127.0.0.1:1", &(struct transport_tls){0}, 1000, &fault));
    assert_true(fault.text[0] != '\0');
}

// --- Resumption ---

static void echo_once(int count) {
    connect_to("127.0.0.1", 5000);
    run_until(&t.connected, count);
    assert_ok(transport_send(t.transport, bytes_of_text("x"))); // the tickets come with the first data
    run_until(&t.received, count);
}

static void the_second_connection_resumes_the_session(void **state) {
    start_mutual(play_echo, t.ca);
    echo_once(1);
    transport_close(t.transport);
    run_until(&t.ended, 1);
    assert_int_equal(atomic_load(&t.peer.resumed), 0);
    echo_once(2);
    assert_int_equal(atomic_load(&t.peer.resumed), 1);
    transport_close(t.transport);
    run_until(&t.ended, 2);
    // The session outlives the transport: it is bytes in the app's settings.
    transport_destroy(t.transport);
    assert_ok(transport_create(&events, NULL, &t.transport));
    assert_true(transport_descriptor(t.transport) >= 0); // before anything is connected
    echo_once(3);
    assert_int_equal(atomic_load(&t.peer.resumed), 2);
}

static void a_session_is_not_resumed_under_other_anchors(void **state) {
    start_mutual(play_echo, t.ca);
    echo_once(1);
    transport_close(t.transport);
    run_until(&t.ended, 1);
    t.anchor = ca_certificate(t.other_ca);
    connect_to("127.0.0.1", 5000);
    assert_ended(ROND_EIO, "no authority that the device trusts");
    assert_int_equal(atomic_load(&t.peer.resumed), 0);
}

// --- Time ---

static void assert_took(int64_t since_ms, int64_t at_least_ms, int64_t at_most_ms) {
    int64_t took_ms = mono_ms() - since_ms;
    if (took_ms < at_least_ms || took_ms > at_most_ms)
        fail_msg("took %d ms", (int)took_ms);
}

static void a_server_that_never_speaks_ends_at_the_deadline(void **state) {
    t.peer.skip_handshake = true;
    start(play_silence);
    int64_t since_ms = mono_ms();
    connect_to("127.0.0.1", 400);
    assert_ended(ROND_EIO, "in time");
    assert_took(since_ms, 390, 2000);
    assert_true(t.step_ms_max <= STEP_MS_MAX);
    assert_true(t.steps < 100); // it slept, it did not spin
}

static void a_server_silent_after_the_handshake_ends_at_the_deadline(void **state) {
    start(play_silence);
    int64_t since_ms = mono_ms();
    connect_to("127.0.0.1", 400);
    assert_ended(ROND_EIO, "in time");
    assert_took(since_ms, 390, 2000);
}

static void one_thing_at_a_time(void **state) {
    struct transport_tls tls = device_tls();
    start(play_echo);
    connect_to("127.0.0.1", 5000);
    assert_err(ROND_ECONFLICT, transport_connect(t.transport, "wss://127.0.0.1:1", &tls, 1000, NULL));
    transport_close(t.transport);
    assert_ended(ROND_OK, NULL);
    assert_int_equal(t.connected, 0);
}

static void addresses_that_are_none_are_refused(void **state) {
    struct transport_tls tls = device_tls();
    const char *wrong[] = {
        "",           "wss://",    "https://127.0.0.1:1", "wss://127.0.0.1:0", "wss://127.0.0.1:70000", "wss://a b:1",
        "wss://[::1", "wss://h:1x"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct fault fault = {0};
        assert_err(ROND_EINVALID, transport_connect(t.transport, wrong[i], &tls, 1000, &fault));
        assert_string_equal(fault.field, "url");
    }
}

// --- Names ---

static void transport_with_names(const char *name_servers) {
    transport_destroy(t.transport);
    assert_ok(transport_create(&events, name_servers, &t.transport));
}

static void a_name_server_that_never_answers_costs_the_deadline_and_no_more(void **state) {
    struct name_server server;
    name_server_start(&server, NAME_SILENT);
    transport_with_names(server.address);
    start(play_echo);
    int64_t since_ms = mono_ms();
    connect_to("rond.test", 600);
    assert_ended(ROND_EIO, "looked up in time");
    assert_took(since_ms, 590, 2000);
    assert_true(t.step_ms_max <= STEP_MS_MAX);
    assert_true(atomic_load(&server.questions) > 0);
    transport_with_names(NULL);
    name_server_stop(&server);
}

static void the_last_good_address_is_used_where_the_name_server_is_silent(void **state) {
    struct name_server server;
    char name[64];
    name_server_start(&server, NAME_SILENT);
    transport_with_names(server.address);
    start(play_echo);
    snprintf(name, sizeof name, "address.rond.test:%d", t.peer.port);
    remember(NULL, name, bytes_of_text("127.0.0.1"));
    connect_to("rond.test", 8000);
    run_until(&t.connected, 1);
    assert_true(t.step_ms_max <= STEP_MS_MAX);
    assert_int_equal(t.ended, 0);
    transport_with_names(NULL);
    name_server_stop(&server);
}

static void with_name_server(enum name_manner manner, void (*body)(void)) {
    struct name_server server;
    name_server_start(&server, manner);
    transport_with_names(server.address);
    start(play_echo);
    connect_to("rond.test", 8000);
    body();
    transport_with_names(NULL);
    name_server_stop(&server);
}

static void expect_connected(void) {
    char name[64];
    struct bytes value;
    run_until(&t.connected, 1);
    snprintf(name, sizeof name, "address.rond.test:%d", t.peer.port);
    assert_true(recall(NULL, name, &value));
    assert_true(bytes_equal(value, bytes_of_text("127.0.0.1")));
}
static void expect_no_such_name(void) {
    assert_ended(ROND_EIO, "no server by the name of rond.test");
}

static void a_name_is_resolved_and_its_address_remembered(void **state) {
    with_name_server(NAME_EXISTS, expect_connected);
}
static void a_name_that_does_not_exist_is_told_at_once(void **state) {
    int64_t since_ms = mono_ms();
    with_name_server(NAME_MISSING, expect_no_such_name);
    assert_took(since_ms, 0, 4000);
}

// --- Destroying ---

static void it_may_be_destroyed_at_any_moment(void **state) {
    start(play_echo);
    for (int steps = 0; steps < 24; steps++) {
        transport_destroy(t.transport);
        assert_ok(transport_create(&events, NULL, &t.transport));
        connect_to(steps % 2 ? "127.0.0.1" : "localhost", 5000);
        for (int i = 0; i < steps && t.ended == 0; i++) {
            struct pollfd wait = {.fd = transport_descriptor(t.transport), .events = POLLIN};
            poll(&wait, 1, 5);
            transport_step(t.transport);
        }
        if (steps % 3 == 0)
            transport_close(t.transport);
        t.ended = 0;
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(frames_of_any_size_arrive_whole_both_ways),
        TEST(fragments_are_joined_and_pings_do_not_disturb),
        TEST(what_a_server_must_not_send_ends_the_connection),
        TEST(an_orderly_close_lets_the_last_frame_out_first),
        TEST(a_peer_that_vanishes_is_noticed_and_the_next_connection_stands),
        TEST(a_close_of_the_server_is_told_with_its_reason),
        TEST(an_upgrade_that_is_refused_is_told_apart_from_no_server),
        TEST(what_the_upgrade_tells_of_the_credit_is_passed_on),
        TEST(a_server_of_another_authority_is_not_spoken_to),
        TEST(certificates_out_of_time_are_told),
        TEST(certificates_are_judged_by_the_best_estimate_of_time_where_there_is_one),
        TEST(a_certificate_for_another_name_is_told),
        TEST(the_device_shows_its_certificate_through_the_keystore),
        TEST(a_keystore_that_is_locked_in_the_handshake_is_told),
        TEST(a_device_that_the_server_does_not_know_is_told_so),
        TEST(a_request_is_posted_under_the_fingerprint_of_the_code),
        TEST(the_secret_of_a_code_is_not_sent_to_a_foreign_server),
        TEST(nothing_to_trust_means_no_connection),
        TEST(the_second_connection_resumes_the_session),
        TEST(a_session_is_not_resumed_under_other_anchors),
        TEST(a_server_that_never_speaks_ends_at_the_deadline),
        TEST(a_server_silent_after_the_handshake_ends_at_the_deadline),
        TEST(one_thing_at_a_time),
        TEST(addresses_that_are_none_are_refused),
        TEST(a_name_server_that_never_answers_costs_the_deadline_and_no_more),
        TEST(the_last_good_address_is_used_where_the_name_server_is_silent),
        TEST(a_name_is_resolved_and_its_address_remembered),
        TEST(a_name_that_does_not_exist_is_told_at_once),
        TEST(it_may_be_destroyed_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
