// The server's own life: start, serve, be looked at, drain, be killed, start again.
//
// Tests: server/app.c server/main.c server/app_devices.c server/app_downstream.c
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "support/rondd.h"
#include "support/test.h"
#include "wire/codes.h"
#include "wire/limits.h"

static const char *test_program;
enum { CLOSE_MS_MAX = 10 * 1000 };

static int setup(void **state) {
    static struct rondd rondd;
    rondd_start(&rondd, test_program, "drain_ms = 8000\nenrolments_per_minute = 3\n");
    *state = &rondd;
    return 0;
}

static int teardown(void **state) {
    rondd_end(*state);
    return 0;
}

static void greet(struct handset *handset) {
    assert_true(handset_connect(handset));
    handset_hello(handset, PROTOCOL_VERSION);
    assert_non_null(handset_expect(handset, ROND__V1__FRAME__KIND_WELCOME));
}

static void it_says_that_it_is_alive_and_ready(void **state) {
    struct buffer body;
    buffer_init(&body, 64 * 1024);
    assert_int_equal(rondd_get(*state, "/healthz", &body), 200);
    assert_int_equal(rondd_get(*state, "/readyz", &body), 200);
    assert_string_equal(buffer_text(&body), "{\"ready\":true,\"reasons\":[]}\n");
    assert_int_equal(rondd_get(*state, "/secret", &body), 404);
    buffer_deinit(&body);
}

static void figures_add_up_with_what_was_sent(void **state) {
    double before = rondd_metric(*state, "rond_reports_total{verdict=\"applied\"}") +
                    rondd_metric(*state, "rond_reports_total{verdict=\"quarantined\"}");
    double opened = rondd_metric(*state, "rond_connections_opened_total");
    struct handset handset;
    handset_init(&handset, *state, 0);
    greet(&handset);
    assert_int_equal((int)rondd_metric(*state, "rond_connections"), 1);
    assert_int_equal((int)rondd_metric(*state, "rond_sessions{state=\"ready\"}"), 1);
    for (int i = 0; i < 5; i++) {
        handset_batch(&handset, 20);
        assert_true(handset_acknowledged(&handset));
    }
    double after = rondd_metric(*state, "rond_reports_total{verdict=\"applied\"}") +
                   rondd_metric(*state, "rond_reports_total{verdict=\"quarantined\"}");
    assert_int_equal((int)(after - before), 100);
    assert_true(rondd_metric(*state, "rond_reports_total{verdict=\"applied\"}") > 0);
    assert_int_equal((int)(rondd_metric(*state, "rond_connections_opened_total") - opened), 1);
    assert_true(rondd_metric(*state, "rond_commit_seconds_count") >= 5);
    assert_true(rondd_metric(*state, "rond_commit_seconds_sum") > 0);
    assert_int_equal((int)rondd_metric(*state, "rond_commit_queue_bytes"), 0);
    assert_true(rondd_metric(*state, "rond_certificate_expiry_seconds") > (double)time(NULL) + 300 * 86400.0);
    handset_deinit(&handset);
}

static void a_newer_connection_of_a_device_supersedes_the_older(void **state) {
    struct handset older, newer;
    handset_init(&older, *state, 1);
    handset_init(&newer, *state, 1);
    greet(&older);
    greet(&newer);
    const Rond__V1__Frame *frame = handset_expect(&older, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_SUPERSEDED);
    assert_true(frame->refusal->retry);
    assert_true(ws_read_until_closed(&older.client, CLOSE_MS_MAX) >= 0);
    handset_batch(&newer, 3);
    assert_true(handset_acknowledged(&newer));
    handset_deinit(&older);
    handset_deinit(&newer);
}

static void a_second_server_on_the_same_data_exits_4(void **state) {
    struct rondd *rondd = *state;
    const char *arguments[] = {"rondd", "--config", rondd->config_path, NULL};
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    assert_int_equal(rondd_run(rondd, arguments, &text), 4);
    assert_non_null(strstr(buffer_text(&text), "start_failed"));
    buffer_deinit(&text);
    struct buffer body;
    buffer_init(&body, 4096);
    assert_int_equal(rondd_get(rondd, "/healthz", &body), 200); // the first goes on
    assert_int_equal(access(rondd->config_path, R_OK), 0);
    buffer_deinit(&body);
}

static void command_line_mistakes_have_their_exit_codes(void **state) {
    struct rondd *rondd = *state;
    char bad[160], missing[160];
    (void)snprintf(bad, sizeof bad, "%s.bad", rondd->config_path);
    (void)snprintf(missing, sizeof missing, "%s.none", rondd->config_path);
    FILE *file = fopen(bad, "w");
    assert_non_null(file);
    fputs("[server]\ndata_dir = /nonexistent/rond\n\nhostname = x\n[listen]\ndevices = here\n", file);
    fclose(file);
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    const char *check[] = {"rondd", "--config", rondd->config_path, "--check-config", NULL};
    assert_int_equal(rondd_run(rondd, check, &text), 0);
    buffer_clear(&text);
    check[2] = bad;
    assert_int_equal(rondd_run(rondd, check, &text), 3);
    assert_non_null(strstr(buffer_text(&text), ".bad:4 server.hostname: there is no such key"));
    assert_non_null(strstr(buffer_text(&text), ".bad:6 listen.devices: give ADDRESS:PORT"));
    check[2] = missing;
    assert_int_equal(rondd_run(rondd, check, NULL), 3);
    const char *unknown[] = {"rondd", "--nonsense", NULL};
    assert_int_equal(rondd_run(rondd, unknown, NULL), 2);
    const char *extra[] = {"rondd", "serve", NULL};
    assert_int_equal(rondd_run(rondd, extra, NULL), 2);
    const char *help[] = {"rondd", "--help", NULL};
    assert_int_equal(rondd_run(rondd, help, NULL), 0);
    file = fopen(bad, "w");
    assert_non_null(file);
    fputs("[server]\ndata_dir = /nonexistent/rond\n", file);
    fclose(file);
    const char *no_data[] = {"rondd", "--config", bad, NULL};
    assert_int_equal(rondd_run(rondd, no_data, NULL), 4);
    buffer_deinit(&text);
}

static void the_control_socket_answers_and_outlives_nonsense(void **state) {
    struct buffer line;
    buffer_init(&line, 64 * 1024);
    rondd_control(*state, "nonsense", &line);
    assert_non_null(strstr(buffer_text(&line), "\"ok\":false"));
    rondd_control(*state, "{\"command\":\"no.such\"}", &line);
    assert_non_null(strstr(buffer_text(&line), "\"ok\":false"));
    rondd_control(*state, "{\"command\":\"device.list\"}", &line);
    assert_non_null(strstr(buffer_text(&line), "\"ok\":true"));
    buffer_deinit(&line);
}

static void enrolment_is_limited_for_one_address(void **state) {
    struct rondd *rondd = *state;
    int limited = 0, refused = 0;
    for (int i = 0; i < 6; i++) {
        struct ws_client client;
        struct ws_options options = {.port = rondd->enrolment_port,
                                     .trusted_ca = ca_certificate(rondd->ca),
                                     .post_path = "/v1/enrol",
                                     .post_body = bytes_of_text("no request")};
        assert_false(ws_open(&client, &options));
        limited += client.http_status == 429 ? 1 : 0;
        refused += client.http_status == 400 ? 1 : 0;
        ws_destroy(&client);
    }
    assert_int_equal(refused, 3);
    assert_int_equal(limited, 3);
}

static void an_enrolment_too_large_is_refused(void **state) {
    struct rondd *rondd = *state;
    static uint8_t body[ENROL_BODY_BYTES_MAX + 1];
    struct ws_client client;
    struct ws_options options = {.port = rondd->enrolment_port,
                                 .trusted_ca = ca_certificate(rondd->ca),
                                 .post_path = "/v1/enrol",
                                 .post_body = bytes_of(body, sizeof body)};
    assert_false(ws_open(&client, &options));
    assert_int_equal(client.http_status, 413);
    ws_destroy(&client);
}

static void sigterm_acknowledges_what_came_in_and_exits_0(void **state) {
    struct rondd *rondd = *state;
    struct handset idle, busy;
    handset_init(&idle, rondd, 2);
    handset_init(&busy, rondd, 3);
    greet(&idle);
    greet(&busy);
    handset_batch(&busy, 100);
    handset_batch(&busy, 100);
    assert_true(handset_acknowledged(&busy));
    handset_batch(&busy, 100);
    kill(rondd->pid, SIGTERM);
    const Rond__V1__Frame *frame = handset_expect(&idle, ROND__V1__FRAME__KIND_REFUSAL);
    assert_non_null(frame);
    assert_int_equal(frame->refusal->code, CODE_DRAINING);
    assert_true(ws_read_until_closed(&idle.client, CLOSE_MS_MAX) >= 0);
    assert_int_equal(idle.client.close_code, 1001);
    assert_true(ws_read_until_closed(&busy.client, CLOSE_MS_MAX) >= 0);
    assert_int_equal(busy.client.close_code, 1001);
    assert_int_equal(rondd_stop(rondd, 0), 0);
    assert_false(handset_connect(&idle)); // nobody listens
    handset_disconnect(&idle);

    // Whatever it acknowledged is there; the rest goes on from the watermark.
    rondd_start_again(rondd);
    assert_true(handset_connect(&busy));
    chain_init(&busy.chain, &busy.seed); // says hello as if it knew nothing
    handset_hello(&busy, PROTOCOL_VERSION);
    const Rond__V1__Frame *welcome = handset_expect(&busy, ROND__V1__FRAME__KIND_WELCOME);
    assert_non_null(welcome);
    assert_in_range(welcome->welcome->watermark, 200, 300);
    handset_deinit(&idle);
    handset_deinit(&busy);
}

static void what_was_acknowledged_survives_sigkill(void **state) {
    struct rondd *rondd = *state;
    struct handset handset;
    handset_init(&handset, rondd, 4);
    greet(&handset);
    for (int i = 0; i < 10; i++) {
        handset_batch(&handset, 10);
        assert_true(handset_acknowledged(&handset));
    }
    assert_int_equal(rondd_stop(rondd, SIGKILL), 128 + SIGKILL);
    rondd_start_again(rondd);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, PROTOCOL_VERSION);
    const Rond__V1__Frame *frame = handset_expect(&handset, ROND__V1__FRAME__KIND_WELCOME);
    assert_non_null(frame);
    assert_int_equal(frame->welcome->watermark, 100);
    assert_memory_equal(frame->welcome->head.data, handset.chain.head.b, HASH_SIZE);
    handset_deinit(&handset);
}

static void a_sigterm_with_a_peer_that_says_nothing_ends_in_time(void **state) {
    struct rondd *rondd = *state;
    struct handset silent;
    handset_init(&silent, rondd, 5);
    greet(&silent);
    time_t start = time(NULL);
    assert_int_equal(rondd_stop(rondd, SIGTERM), 0);
    assert_in_range(time(NULL) - start, 0, 9);
    handset_deinit(&silent);
    rondd_start_again(rondd);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_that_it_is_alive_and_ready),
        cmocka_unit_test(figures_add_up_with_what_was_sent),
        cmocka_unit_test(a_newer_connection_of_a_device_supersedes_the_older),
        cmocka_unit_test(a_second_server_on_the_same_data_exits_4),
        cmocka_unit_test(command_line_mistakes_have_their_exit_codes),
        cmocka_unit_test(the_control_socket_answers_and_outlives_nonsense),
        cmocka_unit_test(enrolment_is_limited_for_one_address),
        cmocka_unit_test(an_enrolment_too_large_is_refused),
        cmocka_unit_test(sigterm_acknowledges_what_came_in_and_exits_0),
        cmocka_unit_test(what_was_acknowledged_survives_sigkill),
        cmocka_unit_test(a_sigterm_with_a_peer_that_says_nothing_ends_in_time),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
