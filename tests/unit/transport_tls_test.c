// Whom the device trusts, what it shows, which session it resumes, and what it says of a handshake that failed: against
// a server in memory, without sockets and without libwebsockets.
#include "transport_tls.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "auth/ca_rollover.h"
#include "base/clock.h"
#include "base/rng.h"
#include "resolve.h"
#include "support/peer.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

enum { SESSION_SIZE_MAX = 16 * 1024, ROUNDS_MAX = 50 };
#define DAY_MS INT64_C(86400000)

static struct {
    char directory[64], other_directory[64];
    struct ca *ca, *other_ca;
    int64_t now_ms;
    struct keystore *keystore;
    struct bytes anchor, other_anchor;
    struct buffer certificate; // of the device
    struct tls_client *client;
    uint8_t session[SESSION_SIZE_MAX];
    size_t session_size; // 0: none came
    // Of the last handshake.
    bool connected, resumed, showed_certificate;
    char server_name[128];
} t;

static void session_kept(void *context, struct bytes session) {
    assert_ptr_equal(context, &t);
    assert_true(session.size <= sizeof t.session);
    memcpy(t.session, session.data, session.size);
    t.session_size = session.size;
}

static bool locked;
static enum rond_err (*sign_unlocked)(void *context, const uint8_t digest[32], uint8_t ret_signature[64]);
static enum rond_err sign_lockable(void *context, const uint8_t digest[32], uint8_t ret_signature[64]) {
    return locked ? ROND_EAUTH : sign_unlocked(context, digest, ret_signature);
}

static void ca_make(char *directory, struct ca **ret_ca, struct bytes *ret_anchor) {
    strcpy(directory, "/tmp/rond-tls-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_ok(ca_create(directory, "Rond CA test", rng_system(), t.now_ms, NULL));
    assert_ok(ca_open(directory, ret_ca, NULL));
    *ret_anchor = ca_certificate(*ret_ca);
}

static struct keystore *keystore_in(const char *directory) {
    rond_keystore files;
    struct keystore *keystore;
    assert_ok(rond_keystore_files(directory, &files, NULL));
    sign_unlocked = files.sign_digest;
    files.sign_digest = sign_lockable;
    assert_ok(keystore_create(&files, &keystore));
    return keystore;
}

static void device_certificate(struct keystore *keystore, struct buffer *to) {
    const struct id128 device = {{1}};
    struct bytes spki;
    buffer_init(to, 64 * 1024);
    assert_ok(keystore_spki(keystore, &spki));
    assert_ok(ca_issue_device(t.ca, spki, &device, 14, rng_system(), t.now_ms, to));
}

static int setup(void **state) {
    memset(&t, 0, sizeof t);
    locked = false;
    t.now_ms = clock_wall_ms(clock_system());
    ca_make(t.directory, &t.ca, &t.anchor);
    ca_make(t.other_directory, &t.other_ca, &t.other_anchor);
    t.keystore = keystore_in(t.directory);
    device_certificate(t.keystore, &t.certificate);
    assert_ok(tls_client_create(session_kept, &t, &t.client));
    return 0;
}

static int teardown(void **state) {
    char command[256];
    tls_client_destroy(t.client);
    tls_client_destroy(NULL);
    keystore_destroy(t.keystore);
    buffer_deinit(&t.certificate);
    ca_close(t.ca);
    ca_close(t.other_ca);
    snprintf(command, sizeof command, "rm -rf %s %s", t.directory, t.other_directory);
    return system(command);
}

static struct transport_tls device_tls(void) {
    return (struct transport_tls){
        .anchors = &t.anchor, .anchors_count = 1, .certificate = buffer_bytes(&t.certificate), .keystore = t.keystore};
}

// --- A handshake in memory ---

static SSL_CTX *server_of(const struct ca *ca, const char *name, int64_t now_ms, const struct ca *client_ca) {
    struct buffer chain, key;
    buffer_init(&chain, 64 * 1024);
    buffer_init(&key, 64 * 1024);
    assert_ok(ca_issue_server(ca, &name, 1, 30, rng_system(), now_ms, &chain, &key));
    SSL_CTX *server = peer_tls(buffer_bytes(&chain), buffer_bytes(&key), client_ca);
    buffer_deinit(&chain);
    buffer_deinit(&key);
    return server;
}

// What libwebsockets does with the context: an object with the host's name set, connected.
static void handshake(SSL_CTX *server_context, const char *host) {
    SSL *client = SSL_new(tls_client_context(t.client)), *server = SSL_new(server_context);
    BIO *client_end, *server_end;
    assert_int_equal(BIO_new_bio_pair(&client_end, 0, &server_end, 0), 1);
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    SSL_set_tlsext_host_name(client, host);
    bool is_client_done = false, is_server_done = false;
    char byte;
    for (int i = 0; i < ROUNDS_MAX; i++) {
        is_client_done = is_client_done || SSL_connect(client) == 1;
        is_server_done = is_server_done || SSL_accept(server) == 1;
        if (is_client_done)
            (void)SSL_read(client, &byte, 1); // tickets, and an alert that comes behind the handshake
    }
    const char *name = SSL_get_servername(server, TLSEXT_NAMETYPE_host_name);
    X509 *shown = SSL_get1_peer_certificate(server);
    snprintf(t.server_name, sizeof t.server_name, "%s", name != NULL ? name : "");
    t.connected = is_client_done && is_server_done;
    t.resumed = t.connected && SSL_session_reused(server) == 1;
    t.showed_certificate = shown != NULL;
    X509_free(shown);
    SSL_free(client);
    SSL_free(server);
    ERR_clear_error();
}

static void begin(const char *host, const struct transport_tls *tls, struct bytes session) {
    struct fault fault = {0};
    if (tls_client_begin(t.client, host, tls, session, &fault) != ROND_OK)
        fail_msg("%s: %s", host, fault.text);
    assert_ok(tls_client_reason(t.client, &fault)); // nothing has failed yet
}

static void assert_reason(enum rond_err err, unsigned code, const char *says) {
    struct fault fault = {0};
    assert_err(err, tls_client_reason(t.client, &fault));
    assert_int_equal(fault.code, code);
    if (strstr(fault.text, says) == NULL)
        fail_msg("\"%s\" does not say '%s'", fault.text, says);
}

// --- Trust ---

static void a_server_is_spoken_to_where_its_own_authority_vouches_for_that_name_now(void **state) {
    const struct {
        const struct ca *ca;
        const char *name, *host;
        int64_t age_days;
        bool is_trusted;
        const char *says;
    } cases[] = {
        {t.ca, "rond.test", "rond.test", 0, true, ""},
        {t.ca, "rond.test", "ROND.test", 0, true, ""},
        {t.ca, "127.0.0.1", "127.0.0.1", 0, true, ""},
        {t.ca, "::1", "::1", 0, true, ""},
        {t.other_ca, "rond.test", "rond.test", 0, false, "no authority that the device trusts"},
        {t.ca, "rond.test", "rond.test", 40, false, "has run out"},
        {t.ca, "rond.test", "rond.test", -10, false, "not valid yet"},
        {t.ca, "rond.test", "other.test", 0, false, "another name"},
        {t.ca, "rond.test", "sub.rond.test", 0, false, "another name"},
        {t.ca, "rond.test", "test", 0, false, "another name"},
        {t.ca, "rond.test", "127.0.0.1", 0, false, "another name"},
        {t.ca, "127.0.0.1", "127.0.0.2", 0, false, "another name"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        SSL_CTX *server = server_of(cases[i].ca, cases[i].name, t.now_ms - cases[i].age_days * DAY_MS, NULL);
        const struct transport_tls tls = device_tls();
        begin(cases[i].host, &tls, bytes_of(NULL, 0));
        handshake(server, cases[i].host);
        if (t.connected != cases[i].is_trusted)
            fail_msg("case %zu", i);
        assert_reason(cases[i].is_trusted ? ROND_OK : ROND_EIO, 0, cases[i].says);
        SSL_CTX_free(server);
    }
}

static void either_of_two_anchors_vouches(void **state) {
    const struct bytes anchors[] = {t.other_anchor, t.anchor};
    const struct ca *const authorities[] = {t.ca, t.other_ca};
    const struct transport_tls tls = {.anchors = anchors, .anchors_count = 2};
    for (size_t i = 0; i < ARRAY_COUNT(authorities); i++) {
        SSL_CTX *server = server_of(authorities[i], "rond.test", t.now_ms, NULL);
        begin("rond.test", &tls, bytes_of(NULL, 0));
        handshake(server, "rond.test");
        assert_true(t.connected);
        SSL_CTX_free(server);
    }
}

// A device that plays the server has a certificate of the right authority, for the wrong purpose.
static void a_device_is_no_server(void **state) {
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key;
    const unsigned char *at = t.certificate.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)t.certificate.size);
    assert_ok(keystore_evp(t.keystore, &key));
    assert_int_equal(SSL_CTX_use_certificate(server, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server, key), 1);
    X509_free(certificate);
    const struct transport_tls tls = {.anchors = &t.anchor, .anchors_count = 1};
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EIO, 0, "");
    SSL_CTX_free(server);
}

static struct transport_tls pinned(const struct ca *ca, struct hash256 *room) {
    ca_spki_fingerprint(ca, room);
    return (struct transport_tls){.ca_fingerprint = room->b};
}

static void the_fingerprint_of_a_code_trusts_that_authority_alone(void **state) {
    struct hash256 room;
    struct transport_tls tls = pinned(t.ca, &room);
    SSL_CTX *own = server_of(t.ca, "rond.test", t.now_ms, NULL), *other = server_of(t.other_ca, "rond.test", t.now_ms, NULL);
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(own, "rond.test");
    assert_true(t.connected);
    begin("other.test", &tls, bytes_of(NULL, 0));
    handshake(own, "other.test"); // the name counts here too
    assert_false(t.connected);
    assert_reason(ROND_EIO, 0, "another name");
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(other, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EAUTH, CODE_CODE_FOREIGN, "another server");
    SSL_CTX_free(own);
    SSL_CTX_free(other);
}

// While one CA takes the place of another the server sends a certificate of each kind (auth/ca_rollover.h).
static void in_a_rollover_either_authority_leads_to_the_server(void **state) {
    struct hash256 room;
    struct ca *renewed;
    assert_ok(ca_renew(t.directory, rng_system(), t.now_ms, NULL));
    assert_ok(ca_open(t.directory, &renewed, NULL));
    SSL_CTX *server = server_of(renewed, "rond.test", t.now_ms, NULL);
    const struct bytes new_anchor = ca_certificate(renewed);
    const struct transport_tls old = {.anchors = &t.anchor, .anchors_count = 1, .now_ms = t.now_ms},
                               new = {.anchors = &new_anchor, .anchors_count = 1},
                               other = {.anchors = &t.other_anchor, .anchors_count = 1}, code = pinned(renewed, &room);
    const struct {
        const struct transport_tls *tls;
        bool connects;
    } cases[] = {{&old, true}, {&new, true}, {&code, true}, {&other, false}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        begin("rond.test", cases[i].tls, bytes_of(NULL, 0));
        handshake(server, "rond.test");
        assert_int_equal(t.connected, cases[i].connects);
    }
    SSL_CTX_free(server);
    ca_close(renewed);
}

// Anybody can send the authority's certificate along; it has to have signed.
static void a_foreign_server_that_sends_the_authoritys_certificate_along_is_not_trusted(void **state) {
    struct hash256 room;
    struct transport_tls tls = pinned(t.ca, &room);
    SSL_CTX *server = server_of(t.other_ca, "rond.test", t.now_ms, NULL);
    const unsigned char *at = t.anchor.data;
    assert_int_equal(SSL_CTX_add_extra_chain_cert(server, d2i_X509(NULL, &at, (long)t.anchor.size)), 1);
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EIO, 0, "no authority that the device trusts");
    SSL_CTX_free(server);
}

static void a_server_that_does_not_send_its_authority_is_foreign_to_a_code(void **state) {
    struct hash256 room;
    struct transport_tls tls = pinned(t.ca, &room);
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, NULL);
    SSL_CTX_clear_extra_chain_certs(server);
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EAUTH, CODE_CODE_FOREIGN, "");
    SSL_CTX_free(server);
}

// --- What cannot be begun ---

static void what_cannot_be_trusted_or_shown_is_told_before_connecting(void **state) {
    static const uint8_t junk[] = {0x30, 0x03, 1, 2, 3};
    char long_host[HOST_BYTES_MAX + 2];
    struct bytes anchors[TRUST_ANCHORS_MAX + 1], broken = bytes_of(junk, sizeof junk);
    for (size_t i = 0; i < ARRAY_COUNT(anchors); i++)
        anchors[i] = t.anchor;
    memset(long_host, 'x', sizeof long_host);
    long_host[sizeof long_host - 1] = '\0';
    struct keystore *other = keystore_in(t.other_directory);
    const struct transport_tls good = device_tls();
    struct transport_tls other_key = good, broken_certificate = good;
    other_key.keystore = other;
    broken_certificate.certificate = broken;
    const struct {
        const char *host;
        struct transport_tls tls;
        enum rond_err err;
        const char *says;
    } cases[] = {
        {"rond.test", {0}, ROND_EINVALID, "whom to trust"},
        {long_host, good, ROND_EINVALID, ""},
        {"rond.test", {.anchors = anchors, .anchors_count = TRUST_ANCHORS_MAX + 1}, ROND_EINVALID, "whom to trust"},
        {"rond.test", {.anchors = &broken, .anchors_count = 1}, ROND_EINVALID, "authority cannot be read"},
        {"rond.test", {.anchors = &(struct bytes){0}, .anchors_count = 1}, ROND_EINVALID, "authority cannot be read"},
        {"rond.test", broken_certificate, ROND_EINVALID, "device's certificate cannot be read"},
        {"rond.test", other_key, ROND_EAUTH, "for another key"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct fault fault = {0};
        assert_err(cases[i].err, tls_client_begin(t.client, cases[i].host, &cases[i].tls, bytes_of(NULL, 0), &fault));
        assert_non_null(strstr(fault.text, cases[i].says));
        assert_string_not_equal(fault.text, "");
    }
    // None of it is left: the next one is as if it were the first.
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, NULL);
    begin("rond.test", &good, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_true(t.connected);
    SSL_CTX_free(server);
    keystore_destroy(other);
}

// --- The device's certificate ---

static void the_certificate_is_shown_where_the_server_asks_and_there_is_one(void **state) {
    SSL_CTX *asks = server_of(t.ca, "rond.test", t.now_ms, t.ca), *does_not = server_of(t.ca, "rond.test", t.now_ms, NULL);
    struct transport_tls tls = device_tls();
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(asks, "rond.test");
    assert_true(t.connected && t.showed_certificate);
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(does_not, "rond.test");
    assert_true(t.connected && !t.showed_certificate);
    tls.certificate = bytes_of(NULL, 0);
    tls.keystore = NULL;
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(asks, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EAUTH, CODE_DEVICE_UNKNOWN, "");
    SSL_CTX_free(asks);
    SSL_CTX_free(does_not);
}

static void a_key_that_is_locked_during_the_handshake_is_the_reason(void **state) {
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, t.ca);
    struct transport_tls tls = device_tls();
    begin("rond.test", &tls, bytes_of(NULL, 0));
    locked = true;
    handshake(server, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EAUTH, 0, "key cannot be used now");
    locked = false;
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_true(t.connected);
    SSL_CTX_free(server);
}

// --- What the server says ---

static int error_to_say;
static int refuse(X509_STORE_CTX *verification, void *context) {
    X509_STORE_CTX_set_error(verification, error_to_say);
    return 0;
}

static void why_the_server_refuses_the_device_is_told(void **state) {
    static const struct {
        int error;
        unsigned code;
        const char *says; // NULL: what the code says
    } cases[] = {
        {X509_V_ERR_CERT_REVOKED, CODE_DEVICE_REVOKED},
        {X509_V_ERR_CERT_HAS_EXPIRED, CODE_CERTIFICATE_EXPIRED},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CODE_DEVICE_UNKNOWN, "does not know who issued"},
        {X509_V_ERR_CERT_REJECTED, CODE_DEVICE_UNKNOWN},   // bad certificate
        {X509_V_ERR_INVALID_PURPOSE, CODE_DEVICE_UNKNOWN}, // unsupported certificate
        {X509_V_ERR_APPLICATION_VERIFICATION, 0},          // handshake failure: no word about the device
    };
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, t.ca);
    SSL_CTX_set_cert_verify_callback(server, refuse, NULL);
    const struct transport_tls tls = device_tls();
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        error_to_say = cases[i].error;
        begin("rond.test", &tls, bytes_of(NULL, 0));
        handshake(server, "rond.test");
        assert_false(t.connected);
        if (cases[i].code != 0)
            assert_reason(ROND_EAUTH, cases[i].code,
                          cases[i].says != NULL ? cases[i].says : wire_code_sentence(cases[i].code));
        else
            assert_reason(ROND_EIO, 0, "broke off the encryption");
    }
    SSL_CTX_free(server);
}

static void a_server_of_an_older_tls_is_told(void **state) {
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, NULL);
    SSL_CTX_set_max_proto_version(server, TLS1_2_VERSION);
    const struct transport_tls tls = device_tls();
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_false(t.connected);
    assert_reason(ROND_EIO, 0, "does not speak TLS 1.3");
    SSL_CTX_free(server);
}

static void only_names_are_indicated_to_the_server(void **state) {
    SSL_CTX *named = server_of(t.ca, "rond.test", t.now_ms, NULL), *numbered = server_of(t.ca, "127.0.0.1", t.now_ms, NULL);
    const struct transport_tls tls = device_tls();
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(named, "rond.test");
    assert_string_equal(t.server_name, "rond.test");
    begin("127.0.0.1", &tls, bytes_of(NULL, 0));
    handshake(numbered, "127.0.0.1");
    assert_true(t.connected);
    assert_string_equal(t.server_name, "");
    SSL_CTX_free(named);
    SSL_CTX_free(numbered);
}

// --- Sessions ---

static void a_session_is_resumed_under_the_same_trust_only(void **state) {
    struct buffer another;
    const struct bytes both[] = {t.anchor, t.other_anchor}, turned[] = {t.other_anchor, t.anchor};
    struct transport_tls same = device_tls(), more = same, other_order = same, renewed = same, bare = same, pinned_now;
    struct hash256 room;
    device_certificate(t.keystore, &another);
    more.anchors = both;
    more.anchors_count = 2;
    other_order.anchors = turned;
    other_order.anchors_count = 2;
    renewed.certificate = buffer_bytes(&another);
    bare.certificate = bytes_of(NULL, 0);
    pinned_now = pinned(t.ca, &room);
    const struct {
        const char *host;
        const struct transport_tls *tls;
        bool is_resumed;
    } cases[] = {
        {"rond.test", &same, true},         {"rond.test", &same, true},     {"rond.test", &more, false},
        {"rond.test", &other_order, false}, {"rond.test", &renewed, false}, {"rond.test", &bare, false},
        {"rond.test", &pinned_now, false},  {"ROND.test", &same, false},
    };
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, NULL);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        begin("rond.test", &same, bytes_of(NULL, 0));
        handshake(server, "rond.test");
        assert_true(t.connected && !t.resumed && t.session_size > 0);
        begin(cases[i].host, cases[i].tls, bytes_of(t.session, t.session_size));
        handshake(server, cases[i].host);
        assert_true(t.connected);
        if (t.resumed != cases[i].is_resumed)
            fail_msg("case %zu", i);
    }
    SSL_CTX_free(server);
    buffer_deinit(&another);
}

static void a_session_that_was_altered_is_not_resumed_and_does_not_disturb(void **state) {
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, NULL);
    const struct transport_tls tls = device_tls();
    uint8_t kept[SESSION_SIZE_MAX];
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    size_t size = t.session_size;
    memcpy(kept, t.session, size);
    for (size_t cut = 0; cut < size; cut += cut < HASH_SIZE + 8 ? 1 : 97) {
        begin("rond.test", &tls, bytes_of(kept, cut));
        handshake(server, "rond.test");
        assert_true(t.connected && !t.resumed);
    }
    for (size_t i = 0; i < HASH_SIZE; i += 5) { // what it is bound to
        kept[i] ^= 1;
        begin("rond.test", &tls, bytes_of(kept, size));
        handshake(server, "rond.test");
        assert_true(t.connected && !t.resumed);
        kept[i] ^= 1;
    }
    for (size_t i = HASH_SIZE; i < size; i += 41) { // what OpenSSL makes of it; the server knows its tickets
        kept[i] ^= 1;
        begin("rond.test", &tls, bytes_of(kept, size));
        handshake(server, "rond.test");
        kept[i] ^= 1;
    }
    begin("rond.test", &tls, bytes_of(kept, size));
    handshake(server, "rond.test");
    assert_true(t.connected && t.resumed);
    SSL_CTX_free(server);
}

static void under_a_fingerprint_no_session_is_kept(void **state) {
    struct hash256 room;
    struct transport_tls tls = pinned(t.ca, &room);
    SSL_CTX *server = server_of(t.ca, "rond.test", t.now_ms, NULL);
    begin("rond.test", &tls, bytes_of(NULL, 0));
    handshake(server, "rond.test");
    assert_true(t.connected);
    assert_int_equal(t.session_size, 0);
    SSL_CTX_free(server);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_server_is_spoken_to_where_its_own_authority_vouches_for_that_name_now),
        TEST(either_of_two_anchors_vouches),
        TEST(a_device_is_no_server),
        TEST(the_fingerprint_of_a_code_trusts_that_authority_alone),
        TEST(in_a_rollover_either_authority_leads_to_the_server),
        TEST(a_foreign_server_that_sends_the_authoritys_certificate_along_is_not_trusted),
        TEST(a_server_that_does_not_send_its_authority_is_foreign_to_a_code),
        TEST(what_cannot_be_trusted_or_shown_is_told_before_connecting),
        TEST(the_certificate_is_shown_where_the_server_asks_and_there_is_one),
        TEST(a_key_that_is_locked_during_the_handshake_is_the_reason),
        TEST(why_the_server_refuses_the_device_is_told),
        TEST(a_server_of_an_older_tls_is_told),
        TEST(only_names_are_indicated_to_the_server),
        TEST(a_session_is_resumed_under_the_same_trust_only),
        TEST(a_session_that_was_altered_is_not_resumed_and_does_not_disturb),
        TEST(under_a_fingerprint_no_session_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
