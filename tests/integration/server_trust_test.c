// Nobody gets in who does not belong, and a lost handheld is out: the real server, real TLS.
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "enrol.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static const char *test_program;
enum { CUT_MS_MAX = 10 * 1000 };

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

static bool opens(const struct ws_options *options, int *ret_status) {
    struct ws_client client;
    bool opened = ws_open(&client, options);
    *ret_status = client.http_status;
    ws_destroy(&client);
    return opened;
}

static void no_certificate_is_refused_in_the_handshake(void **state) {
    struct rondd *rondd = *state;
    int status;
    struct ws_options options = {.port = rondd->devices_port, .trusted_ca = ca_certificate(rondd->ca)};
    assert_false(opens(&options, &status));
    assert_int_equal(status, 0);
    options.server_name = "enrolment"; // naming another listener's host gains nothing
    assert_false(opens(&options, &status));
    assert_int_equal(status, 0);
}

static void a_certificate_of_another_ca_is_refused_in_the_handshake(void **state) {
    struct rondd *rondd = *state;
    char directory[] = "/tmp/rogue.XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct fault fault;
    struct ca *rogue = NULL;
    assert_ok(ca_create(directory, "Rond test CA", rng_system(), SAMPLE_START_S * INT64_C(1000), &fault));
    assert_ok(ca_open(directory, &rogue, &fault));
    struct handset handset;
    struct ca *good = rondd->ca;
    rondd->ca = rogue; // the device's own key and id, the wrong issuer
    handset_init(&handset, rondd, 0);
    rondd->ca = good;
    struct ws_options options = handset_options(&handset);
    int status;
    assert_false(opens(&options, &status));
    assert_int_equal(status, 0);
    handset_deinit(&handset);
    ca_close(rogue);
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", directory);
    assert_int_equal(system(command), 0);
}

static void a_key_that_is_not_enrolled_is_told_so_and_closed(void **state) {
    struct rondd *rondd = *state;
    struct sign_key *key = NULL;
    uint8_t *spki = NULL;
    size_t size = 0;
    assert_ok(sign_key_generate(&key));
    assert_ok(sign_key_spki(key, &spki, &size));
    struct handset handset;
    handset_init(&handset, rondd, 0);
    buffer_clear(&handset.certificate);
    assert_ok(ca_issue_device(rondd->ca, bytes_of(spki, size), &handset.device, 14, rng_system(),
                              clock_wall_ms(clock_system()), &handset.certificate));
    struct ws_options options = handset_options(&handset);
    options.key = sign_key_evp(key);
    handset.connected = true;
    assert_true(ws_open(&handset.client, &options));
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_UNKNOWN);
    assert_true(ws_read_until_closed(&handset.client, CUT_MS_MAX) >= 0);
    assert_int_equal(handset.client.close_code, 1008);
    handset_deinit(&handset);
    sign_key_destroy(key);
    free(spki);
}

static void another_path_or_subprotocol_is_not_upgraded(void **state) {
    struct handset handset;
    handset_init(&handset, *state, 0);
    int status;
    struct ws_options options = handset_options(&handset);
    options.path = "/v2/sync";
    assert_false(opens(&options, &status));
    assert_int_equal(status, 404);
    options = handset_options(&handset);
    options.subprotocol = "rond.v9";
    assert_false(opens(&options, &status));
    assert_int_not_equal(status, 101);
    options.subprotocol = "";
    assert_false(opens(&options, &status));
    assert_int_not_equal(status, 101);
    handset_deinit(&handset);
}

static void tls_below_1_3_is_refused(void **state) {
    struct handset handset;
    handset_init(&handset, *state, 0);
    struct ws_options options = handset_options(&handset);
    int status;
    assert_true(opens(&options, &status));
    options.tls_1_2_only = true;
    assert_false(opens(&options, &status));
    assert_int_equal(status, 0);
    handset_deinit(&handset);
}

static void a_revoked_device_is_cut_while_connected(void **state) {
    struct handset handset;
    handset_init(&handset, *state, 1);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    rondd_revoke(*state, 1, "lost");
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_REVOKED);
    int took_ms = ws_read_until_closed(&handset.client, CUT_MS_MAX);
    assert_in_range(took_ms, 0, CUT_MS_MAX);
    assert_int_equal((int)rondd_metric(*state, "rond_sessions_cut_total"), 1);
    handset_deinit(&handset);
}

static void a_revoked_device_that_reads_nothing_is_cut_too(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    handset_init(&handset, rondd, 3);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    double before = rondd_metric(rondd, "rond_connections");
    rondd_revoke(rondd, 3, "lost");
    int waited_ms = 0;
    for (; rondd_metric(rondd, "rond_connections") >= before && waited_ms < CUT_MS_MAX; waited_ms += 50)
        nanosleep(&(struct timespec){.tv_nsec = 50 * 1000000}, NULL);
    assert_in_range(waited_ms, 0, CUT_MS_MAX - 1);
    print_message("cut after about %d ms\n", waited_ms);
    handset_deinit(&handset);
}

static int remember_session(SSL *ssl, SSL_SESSION *session) {
    SSL_SESSION **kept = SSL_get_app_data(ssl);
    SSL_SESSION_free(*kept);
    *kept = session;
    return 1;
}

// Resumption skips the certificate check: what counts is what is asked afterwards.
static void a_revoked_device_does_not_get_in_by_resuming(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    handset_init(&handset, rondd, 4);
    assert_true(handset_connect(&handset));
    SSL_SESSION *session = NULL;
    SSL_set_app_data(handset.client.ssl, &session);
    SSL_CTX_set_session_cache_mode(handset.client.tls, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(handset.client.tls, remember_session);
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    if (!session)
        session = SSL_get1_session(handset.client.ssl);
    // A copy: what is cut without a word is marked as not to be resumed.
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    SSL_SESSION_free(session);
    session = copy;
    handset_disconnect(&handset);

    struct ws_options options = handset_options(&handset);
    options.session = session;
    handset.connected = true;
    assert_true(ws_open(&handset.client, &options));
    assert_int_equal(SSL_session_reused(handset.client.ssl), 1);
    handset_disconnect(&handset);

    rondd_revoke(rondd, 4, "lost");
    handset.connected = true;
    assert_true(ws_open(&handset.client, &options));
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_REVOKED);
    assert_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    SSL_SESSION_free(session);
    handset_deinit(&handset);
}

// What a handheld sends that is given the device by a new code.
static void take_over(struct rondd *rondd, unsigned device) {
    char directory[] = "/tmp/rond-trust-XXXXXX", request[256], code[128];
    rond_keystore callbacks;
    struct keystore *keystore = NULL;
    struct enrol_code_parts parts;
    struct buffer line, body;
    struct ws_client client;
    buffer_init(&line, 4096);
    buffer_init(&body, ENROL_BODY_BYTES_MAX);
    (void)snprintf(request, sizeof request,
                   "{\"command\":\"device.code\",\"organisation\":\"polisen\",\"area\":\"lund\","
                   "\"roles\":[\"police_officer\"],\"device\":\"handheld %u\"}",
                   device);
    rondd_control(rondd, request, &line);
    const char *at = strstr(buffer_text(&line), "\"code\":\"");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "\"code\":\"%127[^\"]", code), 1);
    assert_ok(enrol_code_parse(code, &parts, NULL));
    assert_non_null(mkdtemp(directory));
    assert_ok(rond_keystore_files(directory, &callbacks, NULL));
    assert_ok(keystore_create(&callbacks, &keystore));
    assert_ok(enrol_request_make(keystore, rng_system(), &parts, "", &body));
    struct ws_options options = {.port = rondd->enrolment_port,
                                 .trusted_ca = ca_certificate(rondd->ca),
                                 .post_path = "/v1/enrol",
                                 .post_body = buffer_bytes(&body)};
    (void)ws_open(&client, &options);
    assert_int_equal(client.http_status, 200);
    ws_destroy(&client);
    keystore_destroy(keystore);
    buffer_deinit(&body);
    buffer_deinit(&line);
    (void)snprintf(request, sizeof request, "rm -r %s", directory);
    assert_int_equal(system(request), 0);
}

// Lost, revoked, and the device given to a new handheld: it is active again, and its old key's certificate still runs.
static void a_handheld_whose_device_was_given_to_another_is_cut_and_stays_out(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    handset_init(&handset, rondd, 5);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, 1);
    assert_non_null(handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME));
    take_over(rondd, 5);
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_UNKNOWN);
    handset_disconnect(&handset);
    rondd_revoke(rondd, 5, "lost");
    take_over(rondd, 5);
    assert_true(handset_connect(&handset));
    frame = handset_expect(&handset, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DEVICE_UNKNOWN);
    handset_deinit(&handset);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_certificate_is_refused_in_the_handshake),
        cmocka_unit_test(a_certificate_of_another_ca_is_refused_in_the_handshake),
        cmocka_unit_test(a_key_that_is_not_enrolled_is_told_so_and_closed),
        cmocka_unit_test(another_path_or_subprotocol_is_not_upgraded),
        cmocka_unit_test(tls_below_1_3_is_refused),
        cmocka_unit_test(a_revoked_device_is_cut_while_connected),
        cmocka_unit_test(a_revoked_device_that_reads_nothing_is_cut_too),
        cmocka_unit_test(a_revoked_device_does_not_get_in_by_resuming),
        cmocka_unit_test(a_handheld_whose_device_was_given_to_another_is_cut_and_stays_out),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
