// What people and their tools meet: operations' pages, enrolment's listener and the control socket, of a server that
// serves and of one that is on its way out.
//
// Tests: server/app_commands.c server/app_operations.c server/app_metrics.c
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/loop.h"
#include "support/rondd.h"
#include "support/test.h"
#include "wire/limits.h"

static const char *test_program;

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

// Reads until the other side closes.
static const char *read_all(int descriptor) {
    static char text[256 * 1024];
    size_t used = 0;
    for (ssize_t size; used + 1 < sizeof text && (size = recv(descriptor, text + used, sizeof text - 1 - used, 0)) > 0;)
        used += (size_t)size;
    text[used] = '\0';
    close(descriptor);
    return text;
}

static const char *operations(const struct rondd *rondd, const char *request) {
    int client = connect_loopback((uint16_t)rondd->operations_port);
    send_text(client, request);
    return read_all(client);
}

static int control_socket(const struct rondd *rondd) {
    char path[160];
    (void)snprintf(path, sizeof path, "%s/control.sock", rondd->lund.directory);
    return connect_unix(path);
}

static int status_of_post(const struct rondd *rondd, const char *path, struct bytes body) {
    struct ws_client client;
    struct ws_options options = {
        .port = rondd->enrolment_port, .trusted_ca = ca_certificate(rondd->ca), .post_path = path, .post_body = body};
    assert_false(ws_open(&client, &options));
    int status = client.http_status;
    ws_destroy(&client);
    return status;
}

static void operations_only_answer_what_is_asked_of_them(void **state) {
    static const struct {
        const char *request, *answer;
    } cases[] = {
        {"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 "},
        {"GET /healthz/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "},
        {"GET /metrics/../healthz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 "}, // as everybody resolves it
        {"GET /v1/enrol HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 "},
        {"GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 "},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const char *answer = operations(*state, cases[i].request);
        if (strncmp(answer, cases[i].answer, strlen(cases[i].answer)))
            fail_msg("%s%.100s", cases[i].request, answer);
    }
}

// Every figure has its help and its type before it, once, and a value that is a number.
static void figures_are_well_formed(void **state) {
    char *text = strstr(operations(*state, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "\r\n\r\n");
    assert_non_null(text);
    char family[64] = "", *rest = text + 4;
    size_t figures = 0;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        char word[64], value[64], tail;
        if (sscanf(line, "# HELP %63s", word) == 1) {
            assert_string_not_equal(word, family);
            (void)snprintf(family, sizeof family, "%s", word);
        } else if (sscanf(line, "# TYPE %63s %63s", word, value) == 2) {
            assert_string_equal(word, family);
        } else {
            double number;
            assert_int_equal(sscanf(line, "%63[a-z_]", word), 1);
            assert_int_equal(strncmp(word, family, strlen(family)), 0);
            assert_int_equal(sscanf(strrchr(line, ' '), "%lf%c", &number, &tail), 1);
            figures++;
        }
    }
    assert_true(figures > 40);
}

static void enrolment_has_two_paths_and_takes_posts_only(void **state) {
    struct rondd *rondd = *state;
    assert_int_equal(status_of_post(rondd, "/v1/other", bytes_of_text("x")), 404);
    assert_int_equal(status_of_post(rondd, "/", bytes_of_text("x")), 404);
    assert_int_equal(status_of_post(rondd, "/healthz", bytes_of_text("x")), 404);
    assert_int_equal(status_of_post(rondd, "/v1/enrol", bytes_of_text("junk")), 400);
    assert_int_equal(status_of_post(rondd, "/v1/renew", bytes_of_text("junk")), 400);
    assert_true(rondd_metric(rondd, "rond_enrolments_total") >= 1);
    assert_true(rondd_metric(rondd, "rond_renewals_total") >= 1);
    assert_true(rondd_metric(rondd, "rond_enrolments_refused_total") >= 2);
}

static void a_refused_enrolment_is_in_the_log_and_the_metrics_by_its_code(void **state) {
    UNUSED(state);
    struct rondd rondd;
    char text[64 * 1024];
    assert_int_equal(setenv("RONDD_LOG", "info", 1), 0);
    rondd_start(&rondd, test_program, "");
    assert_int_equal(unsetenv("RONDD_LOG"), 0);
    assert_int_equal(rondd_stop(&rondd, SIGTERM), 0);
    (void)snprintf(rondd.log_path, sizeof rondd.log_path, "%s/log", rondd.lund.directory);
    rondd_start_again(&rondd);
    assert_int_equal(status_of_post(&rondd, "/v1/enrol", bytes_of_text("junk that nobody should log")), 400);
    assert_int_equal((int)rondd_metric(&rondd, "rond_refusals_total{code=\"207\",name=\"request_malformed\"}"), 1);
    FILE *log = fopen(rondd.log_path, "r");
    assert_non_null(log);
    size_t size = fread(text, 1, sizeof text - 1, log);
    (void)fclose(log);
    text[size] = '\0';
    assert_non_null(strstr(text, "event=enrolment status=400 device=- code=207 name=request_malformed\n"));
    assert_null(strstr(text, "junk"));
    rondd_end(&rondd);
}

static void an_asker_who_leaves_in_the_middle_troubles_nobody(void **state) {
    static const char *const requests[] = {
        "{\"command\":\"export\"}\n{\"command\":\"export\"}\n", "{\"command\":\"rebuild\"}\n", "{\"command\":\"verify\"}\n",
        "{\"command\":\"device.list\"", "{\"command\":\"promise.remove\",\"promise\":\"none\"}\n"};
    struct handset handset;
    struct buffer line;
    handset_init(&handset, *state, 0);
    assert_true(handset_connect(&handset));
    handset_hello(&handset, PROTOCOL_VERSION);
    handset_batch(&handset, 200);
    assert_true(handset_acknowledged(&handset));
    for (size_t i = 0; i < 3 * ARRAY_COUNT(requests); i++) {
        int client = control_socket(*state);
        send_text(client, requests[i % ARRAY_COUNT(requests)]);
        close(client);
    }
    buffer_init(&line, 64 * 1024);
    rondd_control(*state, "{\"command\":\"counts\"}", &line);
    assert_non_null(strstr(buffer_text(&line), "\"reports\":200"));
    buffer_deinit(&line);
    handset_deinit(&handset);
}

static void changes_and_questions_on_one_connection_are_answered_in_order(void **state) {
    static const char requests[] =
        "{\"command\":\"counts\"}\n{\"command\":\"rebuild\"}\n{}\n{\"command\":\"words\",\"list\":\"role\"}\n"
        "{\"command\":\"promise.remove\",\"promise\":\"none\"}\n";
    static char text[64 * 1024];
    size_t used = 0, lines = 0;
    int client = control_socket(*state);
    send_text(client, requests);
    const char *at = text, *end;
    static const char *const expected[] = {"\"devices\":", "\"digest\":", "\"ok\":false", "\"ok\":true",
                                           "\"field\":\"promise\""};
    while (lines < ARRAY_COUNT(expected)) {
        ssize_t size = recv(client, text + used, sizeof text - 1 - used, 0);
        assert_true(size > 0);
        used += (size_t)size;
        text[used] = '\0';
        for (; (end = strchr(at, '\n')); at = end + 1) {
            char line[4096];
            (void)snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
            if (!strstr(line, "\"ok\":"))
                continue; // a row
            if (!strstr(line, expected[lines]))
                fail_msg("%zu: %s", lines, line);
            lines++;
        }
    }
    close(client);
}

// The device that does not take its leave keeps a stopping server for a second: long enough to look at it.
static void a_server_on_its_way_out_says_so_and_takes_nothing_new(void **state) {
    struct rondd *rondd = *state;
    struct handset silent;
    struct buffer body;
    buffer_init(&body, 4096);
    handset_init(&silent, rondd, 3);
    assert_true(handset_connect(&silent));
    handset_hello(&silent, PROTOCOL_VERSION);
    assert_non_null(handset_expect(&silent, ROND__V1__FRAME__KIND_WELCOME));
    int control = control_socket(rondd);
    kill(rondd->pid, SIGTERM);
    int status;
    do
        status = rondd_get(rondd, "/readyz", &body);
    while (status == 200);
    assert_int_equal(status, 503);
    assert_string_equal(buffer_text(&body), "{\"ready\":false,\"reasons\":[\"draining\"]}\n");
    send_text(control, "{\"command\":\"counts\"}\n");
    const char *answer = read_all(control);
    assert_non_null(strstr(answer, "\"name\":\"again\""));
    assert_non_null(strstr(answer, "busy or stopping"));
    assert_int_equal(rondd_stop(rondd, 0), 0);
    handset_deinit(&silent);
    buffer_deinit(&body);
    rondd_start_again(rondd);
}

int main(int argc, char **argv) {
    UNUSED(argc);
    test_program = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_only_answer_what_is_asked_of_them),
        cmocka_unit_test(figures_are_well_formed),
        cmocka_unit_test(enrolment_has_two_paths_and_takes_posts_only),
        cmocka_unit_test(a_refused_enrolment_is_in_the_log_and_the_metrics_by_its_code),
        cmocka_unit_test(an_asker_who_leaves_in_the_middle_troubles_nobody),
        cmocka_unit_test(changes_and_questions_on_one_connection_are_answered_in_order),
        cmocka_unit_test(a_server_on_its_way_out_says_so_and_takes_nothing_new),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
