// The signer over a real socket pair, in a thread of its own.
#include "auth/signer.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sha256.h"
#include "support/test.h"
#include "wire/limits.h"
#include "wire/receipt_key.h"
#include "wire/sign.h"

enum { DAYS_MAX = 14 };
#define WALL_MS INT64_C(1790000000000)
#define DAY_S (INT64_C(24) * 3600)

static struct {
    char directory[32];
    struct ca *with_key, *kept;
    struct hash256 anchor;
    struct signer signer;
    struct ca_keeper keeper;
    pthread_t thread;
    struct receipt_signer *receipts;
    int far_end;
    int64_t monotonic_ms;
    uint8_t *spki;
    size_t spki_size;
} t;

static int64_t wall(void *context) {
    UNUSED(context);
    return WALL_MS;
}

static int64_t monotonic(void *context) {
    UNUSED(context);
    return __atomic_load_n(&t.monotonic_ms, __ATOMIC_SEQ_CST);
}

static const struct clock *clock_of_test(void) {
    static struct clock clock;
    clock = *clock_system();
    clock.wall_ms = wall;
    clock.monotonic_ms = monotonic;
    return &clock;
}

static void *serve(void *context) {
    UNUSED(context);
    static const char *const names[] = {"rond.example", "127.0.0.1"};
    const struct signer_config config = {.ca = t.with_key,
                                         .receipts = t.receipts,
                                         .names = names,
                                         .names_count = 2,
                                         .device_days_max = DAYS_MAX,
                                         .server_days = 90,
                                         .clock = clock_of_test(),
                                         .rng = rng_system()};
    signer_serve(&config, t.far_end);
    return NULL;
}

static int set_up(void **state) {
    UNUSED(state);
    struct sign_key *key;
    int ends[2];
    memset(&t, 0, sizeof t);
    strcpy(t.directory, "/tmp/rond-signer-XXXXXX");
    assert_non_null(mkdtemp(t.directory));
    assert_ok(ca_create(t.directory, "Test CA", rng_system(), WALL_MS, NULL));
    assert_ok(ca_open(t.directory, &t.with_key, NULL));
    assert_ok(receipt_signer_open(t.directory, t.with_key, rng_system(), WALL_MS, &t.receipts, NULL));
    ca_spki_fingerprint(t.with_key, &t.anchor);
    assert_ok(sign_key_generate(&key));
    assert_ok(sign_key_spki(key, &t.spki, &t.spki_size));
    sign_key_destroy(key);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    t.far_end = ends[1];
    signer_init(&t.signer, ends[0]);
    t.keeper = signer_keeper(&t.signer);
    char path[64];
    snprintf(path, sizeof path, "%s/ca.key", t.directory);
    assert_int_equal(unlink(path), 0); // the kept one needs none
    assert_ok(ca_open_kept(t.directory, &t.keeper, &t.kept, NULL));
    assert_int_equal(pthread_create(&t.thread, NULL, serve, NULL), 0);
    return 0;
}

static int tear_down(void **state) {
    UNUSED(state);
    char command[64];
    signer_give_up(&t.signer);
    pthread_join(t.thread, NULL);
    if (t.far_end >= 0)
        close(t.far_end);
    ca_close(t.kept);
    receipt_signer_close(t.receipts);
    ca_close(t.with_key);
    free(t.spki);
    snprintf(command, sizeof command, "rm -rf %s", t.directory);
    return system(command);
}

static X509 *parsed(const struct buffer *der) {
    const unsigned char *at = der->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der->size);
    assert_non_null(certificate);
    return certificate;
}

static int64_t ends_s(X509 *certificate) {
    struct tm until = {0};
    assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until), 1);
    return (int64_t)timegm(&until);
}

// Whose signature it bears, and from its own clock, whatever time the asker thinks it is.
static void a_device_s_certificate_comes_from_the_one_template_and_the_signer_s_clock(void **state) {
    UNUSED(state);
    struct buffer der;
    const struct id128 device = {{0xab}};
    buffer_init(&der, 8192);
    assert_ok(ca_issue_device(t.kept, bytes_of(t.spki, t.spki_size), &device, 7, rng_system(), WALL_MS + 400 * DAY_S * 1000,
                              &der));
    X509 *certificate = parsed(&der);
    const unsigned char *at = ca_certificate(t.with_key).data;
    X509 *issuer = d2i_X509(NULL, &at, (long)ca_certificate(t.with_key).size);
    assert_int_equal(X509_verify(certificate, X509_get0_pubkey(issuer)), 1);
    assert_int_equal(ends_s(certificate), WALL_MS / 1000 + 7 * DAY_S);
    assert_int_equal(X509_get_extended_key_usage(certificate), XKU_SSL_CLIENT);
    assert_int_equal(X509_check_ca(certificate), 0);
    X509_free(issuer);
    X509_free(certificate);
    buffer_deinit(&der);
}

static void a_life_that_is_too_long_or_a_key_that_is_none_is_refused(void **state) {
    UNUSED(state);
    struct buffer der;
    const struct id128 device = {{1}};
    struct bytes spki = bytes_of(t.spki, t.spki_size);
    uint8_t junk[128] = {0x30}, longer[200] = {0};
    buffer_init(&der, 8192);
    assert_err(ROND_EINVALID, t.keeper.issue_device(&t.signer, spki, &device, DAYS_MAX + 1, &der));
    assert_err(ROND_EINVALID, t.keeper.issue_device(&t.signer, spki, &device, 0, &der));
    assert_err(ROND_EINVALID, t.keeper.issue_device(&t.signer, bytes_of(junk, sizeof junk), &device, 7, &der));
    assert_err(ROND_EINVALID, t.keeper.issue_device(&t.signer, bytes_of(longer, sizeof longer), &device, 7, &der));
    assert_err(ROND_EINVALID, t.keeper.issue_server(&t.signer, bytes_of(junk, sizeof junk), &der));
    assert_int_equal(der.size, 0);
    assert_ok(t.keeper.issue_device(&t.signer, spki, &device, DAYS_MAX, &der));
    buffer_deinit(&der);
}

// The asker's names are not even sent.
static void a_listener_s_certificate_has_the_names_that_the_signer_was_started_with(void **state) {
    UNUSED(state);
    static const char *const wanted[] = {"evil.example"};
    struct buffer pem, key;
    buffer_init(&pem, 32 * 1024);
    buffer_init(&key, 32 * 1024);
    assert_ok(ca_issue_server(t.kept, wanted, 1, 365, rng_system(), WALL_MS, &pem, &key));
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    assert_int_equal(X509_check_host(certificate, "rond.example", 0, 0, NULL), 1);
    assert_int_equal(X509_check_host(certificate, "evil.example", 0, 0, NULL), 0);
    assert_int_equal(ends_s(certificate), WALL_MS / 1000 + 90 * DAY_S);
    X509_free(certificate);
    BIO_free(bio);
    buffer_deinit(&pem);
    buffer_deinit(&key);
}

static void a_rescue_file_s_secret_is_that_of_the_ca_s_key(void **state) {
    UNUSED(state);
    uint8_t point[RESCUE_POINT_SIZE], ours[RESCUE_SECRET_SIZE], theirs[RESCUE_SECRET_SIZE];
    memcpy(point, t.spki + t.spki_size - RESCUE_POINT_SIZE, RESCUE_POINT_SIZE); // a point of the curve
    assert_ok(ca_agree(t.with_key, &t.anchor, point, ours));
    assert_ok(ca_agree(t.kept, &t.anchor, point, theirs));
    assert_memory_equal(ours, theirs, sizeof ours);
    point[40] ^= 1;
    assert_err(ROND_ECORRUPT, ca_agree(t.kept, &t.anchor, point, theirs));
}

static void whoever_asks_too_much_waits_for_the_rate(void **state) {
    UNUSED(state);
    uint8_t point[RESCUE_POINT_SIZE], secret[RESCUE_SECRET_SIZE];
    memcpy(point, t.spki + t.spki_size - RESCUE_POINT_SIZE, RESCUE_POINT_SIZE);
    for (int i = 0; i < SIGNER_RESCUES_BURST; i++)
        assert_ok(ca_agree(t.kept, &t.anchor, point, secret));
    assert_err(ROND_EAGAIN, ca_agree(t.kept, &t.anchor, point, secret));
    __atomic_add_fetch(&t.monotonic_ms, 60 * 1000 / SIGNER_RESCUES_PER_MINUTE, __ATOMIC_SEQ_CST);
    assert_ok(ca_agree(t.kept, &t.anchor, point, secret));
    assert_err(ROND_EAGAIN, ca_agree(t.kept, &t.anchor, point, secret));
    assert_true(signer_is_there(&t.signer)); // the other kinds have rates of their own
    struct buffer der;
    const struct id128 device = {{1}};
    buffer_init(&der, 8192);
    assert_ok(ca_issue_device(t.kept, bytes_of(t.spki, t.spki_size), &device, 7, rng_system(), WALL_MS, &der));
    buffer_deinit(&der);
}

static void a_signer_that_has_ended_is_busy_and_stays_away(void **state) {
    UNUSED(state);
    struct buffer der;
    const struct id128 device = {{1}};
    buffer_init(&der, 8192);
    assert_true(signer_is_there(&t.signer));
    shutdown(t.far_end, SHUT_RDWR);
    for (int i = 0; i < 2; i++)
        assert_err(ROND_EAGAIN,
                   ca_issue_device(t.kept, bytes_of(t.spki, t.spki_size), &device, 7, rng_system(), WALL_MS, &der));
    assert_false(signer_is_there(&t.signer));
    buffer_deinit(&der);
}

// --- Receipts ---

static struct receipt receipt_of(uint64_t watermark) {
    return (struct receipt){.store = {{1}}, .epoch = 2, .device = {{3}}, .outbox = {{4}}, .watermark = watermark, .head = {{5}}};
}

static void assert_receipt_s(const struct receipt *receipt, const struct signature *signature, enum rond_err expected) {
    const struct bytes anchor = ca_certificate(t.with_key);
    struct verify_key *key;
    struct statement statement;
    assert_ok(receipt_key_create(receipt_signer_certificate(t.receipts), &anchor, 1, &key));
    statement_receipt(&statement, receipt);
    assert_int_equal(signature_verify(key, &statement, bytes_of(signature->b, SIGNATURE_SIZE)), expected);
    verify_key_destroy(key);
}

static void a_receipt_is_signed_by_the_key_that_the_signer_has(void **state) {
    UNUSED(state);
    const struct receipt seven = receipt_of(7), eight = receipt_of(8);
    struct signature signature;
    assert_ok(signer_receipt(&t.signer, &seven, &signature));
    assert_receipt_s(&seven, &signature, ROND_OK);
    assert_receipt_s(&eight, &signature, ROND_EAUTH);
}

// A rate of their own; the next Welcome brings what is missing.
static void receipts_have_a_rate_and_take_none_of_the_others_(void **state) {
    UNUSED(state);
    struct receipt receipt = receipt_of(0);
    struct signature signature;
    for (receipt.watermark = 1; receipt.watermark <= SIGNER_RECEIPTS_BURST; receipt.watermark++)
        assert_ok(signer_receipt(&t.signer, &receipt, &signature));
    assert_err(ROND_EAGAIN, signer_receipt(&t.signer, &receipt, &signature));
    __atomic_add_fetch(&t.monotonic_ms, 1000, __ATOMIC_SEQ_CST);
    assert_ok(signer_receipt(&t.signer, &receipt, &signature));
    assert_true(signer_is_there(&t.signer));
    struct buffer der;
    const struct id128 device = {{1}};
    buffer_init(&der, 8192);
    assert_ok(ca_issue_device(t.kept, bytes_of(t.spki, t.spki_size), &device, 7, rng_system(), WALL_MS, &der));
    buffer_deinit(&der);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_s_certificate_comes_from_the_one_template_and_the_signer_s_clock, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_life_that_is_too_long_or_a_key_that_is_none_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_listener_s_certificate_has_the_names_that_the_signer_was_started_with, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_rescue_file_s_secret_is_that_of_the_ca_s_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_asks_too_much_waits_for_the_rate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_signer_that_has_ended_is_busy_and_stays_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_receipt_is_signed_by_the_key_that_the_signer_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(receipts_have_a_rate_and_take_none_of_the_others_, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
