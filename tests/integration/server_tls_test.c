// The traps of TLS and of libwebsockets 4.1.6 that would let somebody in: what a certificate is for, whose name is in it,
// when it ends, what is resumed, and what else speaks on these ports. The real server, and OpenSSL's own client beside ours.
#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"

static const char *test_program;
enum { CUT_MS_MAX = 10 * 1000, DAY_MS = 86400 * 1000, LIFE_DAYS = 14, SAID_BYTES = 64 * 1024 };

static int setup(void **state) {
    static struct rondd rondd;
    rondd_start(&rondd, test_program, "");
    *state = &rondd;
    return 0;
}

static int teardown(void **state) {
    rondd_end(*state);
    return 0;
}

static void issue(struct handset *handset, const struct id128 *device, int64_t from_ms) {
    uint8_t *spki = NULL;
    size_t size = 0;
    assert_ok(sign_key_spki(lund_key(handset->number), &spki, &size));
    buffer_clear(&handset->certificate);
    assert_ok(ca_issue_device(handset->rondd->ca, bytes_of(spki, size), device, LIFE_DAYS, rng_system(), from_ms,
                              &handset->certificate));
    free(spki);
}

static unsigned refusal_of(struct handset *handset) {
    const Rond__V1__Frame *frame = handset_expect(handset, ROND__V1__FRAME__KIND_REFUSAL);
    return frame ? frame->refusal->code : 0;
}

// --- What a certificate is for, and whose it is ---

static EVP_PKEY *key_of_the_server(const struct rondd *rondd, struct buffer *ret_certificate) {
    char path[160];
    uint8_t *der = NULL;
    (void)snprintf(path, sizeof path, "%s/server.crt", rondd->lund.directory);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
    (void)fclose(file);
    int size = i2d_X509(certificate, &der);
    assert_true(size > 0);
    assert_ok(buffer_append(ret_certificate, bytes_of(der, (size_t)size)));
    OPENSSL_free(der);
    X509_free(certificate);
    (void)snprintf(path, sizeof path, "%s/server.key", rondd->lund.directory);
    file = fopen(path, "r");
    assert_non_null(file);
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
    (void)fclose(file);
    return key;
}

static void the_certificate_of_a_server_is_none_of_a_device(void **state) {
    struct rondd *rondd = *state;
    struct ws_client client;
    struct buffer certificate;
    buffer_init(&certificate, 64 * 1024);
    EVP_PKEY *key = key_of_the_server(rondd, &certificate);
    assert_non_null(key);
    struct ws_options options = {.port = rondd->devices_port,
                                 .trusted_ca = ca_certificate(rondd->ca),
                                 .certificate = buffer_bytes(&certificate),
                                 .key = key};
    assert_false(ws_open(&client, &options));
    assert_int_equal(client.http_status, 0); // in the handshake
    ws_destroy(&client);
    EVP_PKEY_free(key);
    buffer_deinit(&certificate);
}

// Whatever the name in a certificate says, the key is who it is.
static void the_name_in_a_certificate_gives_nothing(void **state) {
    struct handset handset;
    struct id128 other = lund_device(1);
    handset_init(&handset, *state, 0);
    issue(&handset, &other, clock_wall_ms(clock_system()));
    assert_true(handset_connect(&handset));
    struct id128 own = handset.device;
    handset.device = other;
    handset_hello(&handset, 1);
    assert_int_equal(refusal_of(&handset), CODE_IDENTITY_FOREIGN);
    handset_disconnect(&handset);
    handset.device = own;
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    handset_deinit(&handset);
}

static void a_certificate_that_ends_in_the_middle_ends_the_conversation(void **state) {
    enum { LEFT_MS = 4000 };
    struct handset handset;
    int64_t now_ms = clock_wall_ms(clock_system());
    handset_init(&handset, *state, 2);
    issue(&handset, &handset.device, now_ms - (int64_t)LIFE_DAYS * DAY_MS + LEFT_MS);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    handset_batch(&handset, 3);
    assert_true(handset_acknowledged(&handset));
    while (clock_wall_ms(clock_system()) < now_ms + LEFT_MS + 1000)
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000}, NULL);
    handset_batch(&handset, 1);
    assert_int_equal(refusal_of(&handset), CODE_CERTIFICATE_EXPIRED);
    assert_true(ws_read_until_closed(&handset.client, CUT_MS_MAX) >= 0);
    assert_int_equal((int)rondd_metric(*state, "rond_reports_total{verdict=\"applied\"}"), 3);
    handset_deinit(&handset);
}

// --- Resumption, as OpenSSL's own client does it ---

static void write_pem(const struct rondd *rondd, const struct handset *handset) {
    char path[160];
    const uint8_t *at = handset->certificate.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)handset->certificate.size);
    (void)snprintf(path, sizeof path, "%s/device.pem", rondd->lund.directory);
    FILE *file = fopen(path, "w");
    assert_true(file && PEM_write_X509(file, certificate) &&
                PEM_write_PrivateKey(file, sign_key_evp(lund_key(handset->number)), NULL, NULL, 0, NULL, NULL));
    assert_int_equal(fclose(file), 0);
    X509_free(certificate);
}

// What `openssl s_client` says, and what the server says to it after the upgrade it asks for.
static void s_client(const struct rondd *rondd, const char *session, char *ret_said) {
    char command[1200];
    const char *directory = rondd->lund.directory;
    (void)snprintf(command, sizeof command,
                   "cd '%s' && (printf 'GET /v1/sync HTTP/1.1\\r\\nHost: localhost\\r\\nUpgrade: websocket\\r\\n"
                   "Connection: Upgrade\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n"
                   "Sec-WebSocket-Protocol: rond.v1\\r\\n\\r\\n'; sleep 2) | timeout 20 openssl s_client -connect 127.0.0.1:%d "
                   "-servername localhost -CAfile ca.crt -cert device.pem -key device.pem %s session.pem 2>&1",
                   directory, rondd->devices_port, session);
    FILE *said = popen(command, "r");
    assert_non_null(said);
    size_t size = fread(ret_said, 1, SAID_BYTES - 1, said);
    for (size_t i = 0; i < size; i++)
        ret_said[i] = ret_said[i] ? ret_said[i] : '.'; // frames are binary
    ret_said[size] = '\0';
    (void)pclose(said);
}

static void openssl_that_resumes_is_asked_all_the_same(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    char *said = malloc(SAID_BYTES);
    assert_non_null(said);
    handset_init(&handset, rondd, 3);
    write_pem(rondd, &handset);
    s_client(rondd, "-sess_out", said);
    assert_non_null(strstr(said, "New, TLSv1.3"));
    assert_non_null(strstr(said, "HTTP/1.1 101"));
    double resumed = rondd_metric(rondd, "rond_connections_resumed_total");
    s_client(rondd, "-sess_in", said);
    assert_non_null(strstr(said, "Reused, TLSv1.3"));
    assert_non_null(strstr(said, "HTTP/1.1 101"));
    assert_null(strstr(said, "taken out of use"));
    assert_int_equal((int)rondd_metric(rondd, "rond_connections_resumed_total"), (int)resumed + 1);
    rondd_revoke(rondd, 3, "lost");
    s_client(rondd, "-sess_in", said);
    assert_non_null(strstr(said, "Reused, TLSv1.3"));
    assert_non_null(strstr(said, "This device has been taken out of use"));
    handset_deinit(&handset);
    free(said);
}

// --- What else could be spoken on these ports ---

static const char *alpn_of(struct rondd *rondd, int port, char (*ret_name)[16]) {
    static const unsigned char offered[] = "\x02h2\x08http/1.1";
    struct handset handset;
    handset_init(&handset, rondd, 0);
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    const uint8_t *at = handset.certificate.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)handset.certificate.size);
    SSL *ssl = SSL_new(tls);
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(SSL_use_certificate(ssl, certificate) == 1 && SSL_use_PrivateKey(ssl, sign_key_evp(lund_key(0))) == 1);
    assert_int_equal(SSL_set_alpn_protos(ssl, offered, sizeof offered - 1), 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&to, sizeof to), 0);
    assert_true(SSL_set_fd(ssl, descriptor) == 1 && SSL_connect(ssl) == 1);
    const unsigned char *name = NULL;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &name, &size);
    (void)snprintf(*ret_name, sizeof *ret_name, "%.*s", (int)size, name ? (const char *)name : "");
    SSL_free(ssl);
    SSL_CTX_free(tls);
    X509_free(certificate);
    close(descriptor);
    handset_deinit(&handset);
    return *ret_name;
}

static void http_2_is_never_agreed_upon(void **state) {
    struct rondd *rondd = *state;
    char name[16];
    assert_string_equal(alpn_of(rondd, rondd->devices_port, &name), "http/1.1");
    assert_string_equal(alpn_of(rondd, rondd->enrolment_port, &name), "http/1.1");
}

// The bytes that come back; it ends by itself, within the time for a handshake.
static size_t say_plainly(int port, const char *text, char *ret_answer, size_t size) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(descriptor, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    size_t filled = 0;
    for (ssize_t got; filled + 1 < size && (got = read(descriptor, ret_answer + filled, size - filled - 1)) > 0;)
        filled += (size_t)got;
    ret_answer[filled] = '\0';
    close(descriptor);
    return filled;
}

static void whoever_speaks_without_tls_is_not_answered(void **state) {
    struct rondd *rondd = *state;
    char answer[2000];
    int ports[] = {rondd->devices_port, rondd->enrolment_port};
    for (size_t i = 0; i < ARRAY_COUNT(ports); i++) {
        (void)say_plainly(ports[i], "GET /v1/sync HTTP/1.1\r\nHost: localhost\r\n\r\n", answer, sizeof answer);
        assert_null(strstr(answer, "HTTP/"));
        (void)say_plainly(ports[i], "POST /v1/enrol HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", answer, sizeof answer);
        assert_null(strstr(answer, "HTTP/"));
    }
}

static void forms_and_upgrades_elsewhere_are_refused(void **state) {
    struct rondd *rondd = *state;
    struct ws_client client;
    struct ws_options options = {.port = rondd->enrolment_port, .trusted_ca = ca_certificate(rondd->ca)};
    options.path = "/v1/enrol"; // an upgrade on the port for enrolment
    assert_false(ws_open(&client, &options));
    assert_int_not_equal(client.http_status, 101);
    ws_destroy(&client);
    options.path = NULL;
    options.post_path = "/v1/enrol"; // a form
    options.post_body = bytes_of_text("--b\r\nContent-Disposition: form-data; name=\"code\"\r\n\r\nx\r\n--b--\r\n");
    options.headers = "Content-Type: multipart/form-data; boundary=b\r\n";
    (void)ws_open(&client, &options);
    assert_int_equal(client.http_status, 400);
    ws_destroy(&client);
    struct buffer body;
    buffer_init(&body, 4096);
    assert_int_equal(rondd_get(rondd, "/readyz", &body), 200);
    buffer_deinit(&body);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificate_of_a_server_is_none_of_a_device),
        cmocka_unit_test(the_name_in_a_certificate_gives_nothing),
        cmocka_unit_test(a_certificate_that_ends_in_the_middle_ends_the_conversation),
        cmocka_unit_test(openssl_that_resumes_is_asked_all_the_same),
        cmocka_unit_test(http_2_is_never_agreed_upon),
        cmocka_unit_test(whoever_speaks_without_tls_is_not_answered),
        cmocka_unit_test(forms_and_upgrades_elsewhere_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
