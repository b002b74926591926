// Tests: server/net/ticket_keys.c
// Our listeners' TLS, hardened by net/tls.c, against a peer that wants something else; in memory, without sockets.
#include "net/tls.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auth/ca.h"
#include "base/clock.h"
#include "base/sha256.h"
#include "support/test.h"

enum { DAYS = 14 };

static char directory[64];
static struct ca *ca;
static int64_t now_ms;
static struct buffer server_certificate, server_key;
static EVP_PKEY *device_key;
static uint8_t *device_spki;
static int device_spki_size;
static SSL_CTX *server, *client;
static struct ticket_keys ticket_keys;

static int group_setup(void **state) {
    UNUSED(state);
    static const char *const names[] = {"localhost"};
    now_ms = clock_wall_ms(clock_system());
    strcpy(directory, "/tmp/rond-tls-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_ok(ca_create(directory, "Rond test CA", rng_system(), now_ms, NULL));
    assert_ok(ca_open(directory, &ca, NULL));
    buffer_init(&server_certificate, 64 * 1024);
    buffer_init(&server_key, 64 * 1024);
    assert_ok(ca_issue_server(ca, names, 1, DAYS, rng_system(), now_ms, &server_certificate, &server_key));
    device_key = EVP_EC_gen("P-256");
    device_spki_size = i2d_PUBKEY(device_key, &device_spki);
    (void)ticket_keys_turn(&ticket_keys, rng_system(), now_ms);
    return 0;
}

static int group_teardown(void **state) {
    UNUSED(state);
    char path[96];
    (void)snprintf(path, sizeof path, "%s/ca.key", directory);
    unlink(path);
    (void)snprintf(path, sizeof path, "%s/ca.crt", directory);
    unlink(path);
    EVP_PKEY_free(device_key);
    OPENSSL_free(device_spki);
    buffer_deinit(&server_certificate);
    buffer_deinit(&server_key);
    ca_close(ca);
    return rmdir(directory);
}

static SSL_CTX *make_server_for(const struct bytes *authorities, size_t count, const char *session_context) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    BIO *certificate = BIO_new_mem_buf(server_certificate.data, (int)server_certificate.size);
    BIO *key = BIO_new_mem_buf(server_key.data, (int)server_key.size);
    X509 *leaf = PEM_read_bio_X509(certificate, NULL, NULL, NULL);
    EVP_PKEY *private_key = PEM_read_bio_PrivateKey(key, NULL, NULL, NULL);
    assert_int_equal(SSL_CTX_use_certificate(context, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, private_key), 1);
    tls_harden(context, &ticket_keys, session_context);
    assert_ok(tls_trust_only(context, authorities, count, session_context));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_free(leaf);
    EVP_PKEY_free(private_key);
    BIO_free(certificate);
    BIO_free(key);
    return context;
}

static SSL_CTX *make_server(const char *session_context) {
    return make_server_for((struct bytes[]){ca_certificate(ca)}, 1, session_context);
}

static SSL_SESSION *session;
static int keep_session(SSL *ssl, SSL_SESSION *take_session) {
    UNUSED(ssl);
    SSL_SESSION_free(session);
    session = take_session;
    return 1;
}

static int setup(void **state) {
    UNUSED(state);
    server = make_server("devices");
    client = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_session_cache_mode(client, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(client, keep_session);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    SSL_SESSION_free(session);
    session = NULL;
    SSL_CTX_free(server);
    SSL_CTX_free(client);
    return 0;
}

static void use_certificate(struct bytes der, EVP_PKEY *key) {
    assert_int_equal(SSL_CTX_use_certificate_ASN1(client, (int)der.size, der.data), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(client, key), 1);
}

static void use_device_certificate(void) {
    const struct id128 device = {{1, 2, 3}};
    struct buffer certificate;
    buffer_init(&certificate, 8192);
    assert_ok(ca_issue_device(ca, bytes_of(device_spki, (size_t)device_spki_size), &device, DAYS, rng_system(), now_ms,
                              &certificate));
    use_certificate(buffer_bytes(&certificate), device_key);
    buffer_deinit(&certificate);
}

// Shakes hands in memory; whether the server is content, and who it then says is there.
static bool shake(SSL_CTX *with, SSL_SESSION *resume, enum rond_err *ret_err, struct tls_peer *ret_peer) {
    SSL *here = SSL_new(with), *there = SSL_new(client);
    BIO *here_end, *there_end;
    assert_int_equal(BIO_new_bio_pair(&here_end, 0, &there_end, 0), 1);
    SSL_set_bio(here, here_end, here_end);
    SSL_set_bio(there, there_end, there_end);
    SSL_set_accept_state(here);
    SSL_set_connect_state(there);
    if (resume)
        assert_int_equal(SSL_set_session(there, resume), 1);
    bool done = false;
    char byte;
    for (int i = 0; i < 20; i++) {
        (void)SSL_do_handshake(there);
        done = SSL_do_handshake(here) == 1;
        (void)SSL_read(there, &byte, 1); // takes the ticket
    }
    *ret_err = tls_peer_read(done ? here : NULL, ret_peer);
    SSL_shutdown(here);
    SSL_shutdown(there);
    SSL_free(here);
    SSL_free(there);
    return done;
}

static void a_verified_device_is_known_by_the_hash_of_its_key(void **state) {
    UNUSED(state);
    struct tls_peer peer = {0};
    struct hash256 hash;
    enum rond_err err;
    use_device_certificate();
    assert_true(shake(server, NULL, &err, &peer));
    assert_ok(err);
    sha256_of(bytes_of(device_spki, (size_t)device_spki_size), &hash);
    assert_memory_equal(&peer.spki_hash, &hash, sizeof hash);
    assert_int_equal(peer.spki_size, device_spki_size);
    assert_memory_equal(peer.spki, device_spki, peer.spki_size);
    assert_false(peer.resumed);
    assert_in_range(peer.expires_ms, now_ms + DAYS * INT64_C(86400000) - 2000, now_ms + DAYS * INT64_C(86400000) + 2000);
}

static void a_resumed_session_says_so_and_is_known_again(void **state) {
    UNUSED(state);
    struct tls_peer first = {0}, second = {0};
    enum rond_err err;
    use_device_certificate();
    assert_true(shake(server, NULL, &err, &first));
    assert_non_null(session);
    SSL_SESSION *kept = SSL_SESSION_dup(session);
    SSL_CTX *restarted = make_server("devices"); // the same keys: tickets survive the server
    assert_true(shake(restarted, kept, &err, &second));
    assert_ok(err);
    assert_true(second.resumed);
    assert_memory_equal(&first.spki_hash, &second.spki_hash, sizeof first.spki_hash);
    SSL_SESSION_free(kept);
    SSL_CTX_free(restarted);
}

static void a_ticket_of_another_listener_or_key_is_worth_nothing(void **state) {
    UNUSED(state);
    struct tls_peer peer = {0};
    enum rond_err err;
    use_device_certificate();
    assert_true(shake(server, NULL, &err, &peer));
    SSL_SESSION *kept = SSL_SESSION_dup(session);
    SSL_CTX *elsewhere = make_server("http");
    bool done = shake(elsewhere, kept, &err, &peer);
    assert_true(!done || err || !peer.resumed);
    struct ticket_keys good = ticket_keys;
    ticket_keys.now.mac[4] ^= 1;
    assert_true(shake(server, kept, &err, &peer));
    assert_ok(err);
    assert_false(peer.resumed);
    ticket_keys = good;
    SSL_SESSION_free(kept);
    SSL_CTX_free(elsewhere);
}

// By the server whose keys have been turned since, and are what is kept of them.
static bool resumes_at(int64_t at_ms) {
    uint8_t kept[TICKET_KEYS_SIZE];
    struct ticket_keys then = ticket_keys;
    struct tls_peer peer = {0};
    enum rond_err err;
    SSL_SESSION *offered = SSL_SESSION_dup(session);
    (void)ticket_keys_turn(&ticket_keys, rng_system(), at_ms);
    ticket_keys_write(&ticket_keys, kept);
    assert_true(ticket_keys_read(&ticket_keys, bytes_of(kept, sizeof kept)));
    SSL_SESSION *ours = SSL_SESSION_dup(session);
    assert_true(shake(server, offered, &err, &peer));
    assert_ok(err);
    SSL_SESSION_free(session); // the first one is what is tried again
    session = ours;
    SSL_SESSION_free(offered);
    ticket_keys = then;
    return peer.resumed;
}

static void a_ticket_opens_under_the_keys_that_came_after_it_for_as_long_as_it_lasts(void **state) {
    UNUSED(state);
    const int64_t hour_ms = 3600 * 1000, made_ms = ticket_keys.now.made_ms, turned_ms = made_ms + TICKET_KEY_MS;
    struct tls_peer peer = {0};
    enum rond_err err;
    use_device_certificate();
    assert_true(shake(server, NULL, &err, &peer));
    assert_true(resumes_at(made_ms + hour_ms));
    assert_true(resumes_at(turned_ms));                 // by the key before
    assert_true(resumes_at(turned_ms + hour_ms));       // that is the same turn, found later
    assert_false(resumes_at(turned_ms + 3 * hour_ms));  // no server ran for so long
    assert_false(resumes_at(made_ms - hour_ms * 24));   // nor is it known how old it is
    (void)ticket_keys_turn(&ticket_keys, rng_system(), turned_ms);
    assert_true(resumes_at(turned_ms + 2 * hour_ms - 1));
    assert_false(resumes_at(turned_ms + 2 * hour_ms));
    assert_int_equal(SSL_CTX_get_timeout(server), TICKET_LIFE_S);
}

static void a_ticket_from_when_others_were_trusted_is_worth_nothing(void **state) {
    UNUSED(state);
    char folder[] = "/tmp/rond-tls-test-XXXXXX", command[64];
    struct tls_peer peer = {0};
    struct ca *other;
    enum rond_err err;
    size_t index = 9;
    assert_non_null(mkdtemp(folder));
    assert_ok(ca_create(folder, "Rond test CA", rng_system(), now_ms, NULL));
    assert_ok(ca_open(folder, &other, NULL));
    const struct bytes both[] = {ca_certificate(other), ca_certificate(ca)};
    SSL_CTX *first = make_server_for(both, 2, "devices"), *same = make_server_for(both, 2, "devices");
    SSL_CTX *retired = make_server_for(both, 1, "devices"); // whose certificate the device has is trusted no longer
    use_device_certificate();
    assert_true(shake(first, NULL, &err, &peer));
    assert_true(ca_issuer(ca, bytes_of(peer.issuer, peer.issuer_size), &index));
    assert_false(ca_issuer(other, bytes_of(peer.issuer, peer.issuer_size), &index));
    SSL_SESSION *kept = SSL_SESSION_dup(session), *twice = SSL_SESSION_dup(session);
    assert_true(shake(same, kept, &err, &peer));
    assert_true(peer.resumed);
    assert_true(ca_issuer(ca, bytes_of(peer.issuer, peer.issuer_size), &index)); // of a resumed session as well
    assert_false(shake(retired, twice, &err, &peer));
    SSL_SESSION_free(twice);
    SSL_SESSION_free(kept);
    SSL_CTX_free(first);
    SSL_CTX_free(same);
    SSL_CTX_free(retired);
    ca_close(other);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void nobody_without_a_certificate_is_anybody(void **state) {
    UNUSED(state);
    struct tls_peer peer = {.spki_size = 77};
    enum rond_err err;
    assert_false(shake(server, NULL, &err, &peer));
    SSL_CTX_set_verify(server, SSL_VERIFY_NONE, NULL); // and where the handshake lets it in
    assert_true(shake(server, NULL, &err, &peer));
    assert_err(ROND_EAUTH, err);
    assert_err(ROND_EAUTH, tls_peer_read(NULL, &peer));
    assert_int_equal(peer.spki_size, 77);
}

static X509 *self_signed(EVP_PKEY *key) {
    X509 *certificate = X509_new();
    assert_int_equal(X509_set_version(certificate, 2), 1);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, (const unsigned char *)"x", -1, -1,
                               0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static int let_in(X509_STORE_CTX *context, void *unused) {
    UNUSED(context);
    UNUSED(unused);
    return 1;
}
static int take_anything(int ok, X509_STORE_CTX *context) {
    UNUSED(ok);
    UNUSED(context);
    return 1;
}

static void a_certificate_that_was_not_verified_is_nobodys_even_where_the_handshake_let_it_in(void **state) {
    UNUSED(state);
    struct tls_peer peer = {0};
    enum rond_err err;
    X509 *certificate = self_signed(device_key);
    assert_int_equal(SSL_CTX_use_certificate(client, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(client, device_key), 1);
    assert_false(shake(server, NULL, &err, &peer));
    SSL_CTX_set_verify(server, SSL_VERIFY_PEER, take_anything);
    assert_true(shake(server, NULL, &err, &peer));
    assert_err(ROND_EAUTH, err);
    X509_free(certificate);
}

static void a_key_larger_than_ours_is_refused(void **state) {
    UNUSED(state);
    struct tls_peer peer = {0};
    enum rond_err err;
    EVP_PKEY *large = EVP_RSA_gen(2048);
    X509 *certificate = self_signed(large);
    assert_int_equal(SSL_CTX_use_certificate(client, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(client, large), 1);
    SSL_CTX_set_cert_verify_callback(server, let_in, NULL); // as if our CA had signed it
    assert_true(shake(server, NULL, &err, &peer));
    assert_err(ROND_EAUTH, err);
    X509_free(certificate);
    EVP_PKEY_free(large);
}

static void nothing_older_than_tls_1_3_is_spoken(void **state) {
    UNUSED(state);
    struct tls_peer peer = {0};
    enum rond_err err;
    use_device_certificate();
    SSL_CTX_set_max_proto_version(client, TLS1_2_VERSION);
    assert_false(shake(server, NULL, &err, &peer));
}

static void a_ca_that_cannot_be_read_is_corrupt(void **state) {
    UNUSED(state);
    struct bytes good = ca_certificate(ca);
    static const uint8_t junk[] = {0x30, 0x82, 0xff, 0xff, 0x00};
    assert_err(ROND_ECORRUPT, tls_trust_only(server, (struct bytes[]){bytes_of(junk, sizeof junk)}, 1, "x"));
    assert_err(ROND_ECORRUPT, tls_trust_only(server, (struct bytes[]){bytes_of(good.data, good.size - 1)}, 1, "x"));
    assert_err(ROND_ECORRUPT, tls_trust_only(server, (struct bytes[]){bytes_of(good.data, 0)}, 1, "x"));
    assert_ok(tls_trust_only(server, (struct bytes[]){good}, 1, "x"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_verified_device_is_known_by_the_hash_of_its_key),
        TEST(a_resumed_session_says_so_and_is_known_again),
        TEST(a_ticket_of_another_listener_or_key_is_worth_nothing),
        TEST(a_ticket_opens_under_the_keys_that_came_after_it_for_as_long_as_it_lasts),
        TEST(a_ticket_from_when_others_were_trusted_is_worth_nothing),
        TEST(nobody_without_a_certificate_is_anybody),
        TEST(a_certificate_that_was_not_verified_is_nobodys_even_where_the_handshake_let_it_in),
        TEST(a_key_larger_than_ours_is_refused),
        TEST(nothing_older_than_tls_1_3_is_spoken),
        TEST(a_ca_that_cannot_be_read_is_corrupt),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
