// The control socket on a loop of its own; requests are answered by hand.
#include "net/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/loop.h"
#include "wire/limits.h"

enum { KEPT_MAX = 32 };

static uv_loop_t loop;
static struct control *control;
static char directory[64], path[80];
static struct control_request *kept[KEPT_MAX]; // asked and not answered
static char lines[KEPT_MAX][64];
static size_t count; // asked in all
static uint32_t asker_uid;
static int32_t asker_pid;

static void keep(void *context, struct control_request *request, uint32_t uid, int32_t pid, struct bytes json) {
    UNUSED(context);
    assert_true(count < KEPT_MAX);
    (void)snprintf(lines[count], sizeof lines[count], "%.*s", (int)(json.size < 60 ? json.size : 60),
                   (const char *)json.data);
    kept[count++] = request;
    asker_uid = uid;
    asker_pid = pid;
}

static void echo(void *context, struct control_request *request, uint32_t uid, int32_t pid, struct bytes json) {
    keep(context, request, uid, pid, json);
    assert_ok(control_write(request, json));
    assert_ok(control_write(request, bytes_of_text("!\n")));
    control_end(request);
}

static void open_with(control_requested *requested) {
    struct fault fault = {0};
    assert_ok(control_open(&loop, path, 0600, requested, NULL, &control, &fault));
}

static int loop_setup(void **state) {
    UNUSED(state);
    strcpy(directory, "/tmp/rond-control-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/control.sock", directory);
    assert_int_equal(uv_loop_init(&loop), 0);
    control = NULL;
    count = 0;
    return 0;
}

static int loop_teardown(void **state) {
    UNUSED(state);
    control_close(control);
    loop_end(&loop);
    assert_int_not_equal(access(path, F_OK), 0);
    return rmdir(directory);
}

// What comes until the text ends with `end`, or the other side closes.
static const char *answer_of(int descriptor, const char *end) {
    static char text[4096];
    size_t used = 0, end_size = strlen(end);
    text[0] = '\0';
    loop_until(&loop, !take_text(descriptor, text, sizeof text, &used) ||
                          (end_size && used >= end_size && !strcmp(text + used - end_size, end)));
    return text;
}

static bool is_closed(int descriptor) {
    static char text[256];
    size_t used = 0;
    return !take_text(descriptor, text, sizeof text, &used);
}

static void a_line_is_a_request_and_its_asker_is_what_the_kernel_says(void **state) {
    UNUSED(state);
    open_with(echo);
    int client = connect_unix(path);
    send_text(client, "{\"a\":1}\n");
    assert_string_equal(answer_of(client, "!\n"), "{\"a\":1}!\n");
    assert_int_equal(asker_uid, getuid());
    assert_int_equal(asker_pid, getpid());
    close(client);
}

static void requests_in_one_packet_and_in_single_bytes_are_asked_whole_and_in_order(void **state) {
    UNUSED(state);
    open_with(echo);
    int client = connect_unix(path);
    send_text(client, "one\ntwo\n\nthr");
    assert_string_equal(answer_of(client, "two!\n!\n"), "one!\ntwo!\n!\n");
    for (const char *at = "ee\n"; *at; at++) {
        send_text(client, (char[]){*at, '\0'});
        loop_turn_for(&loop, 5);
    }
    assert_string_equal(answer_of(client, "!\n"), "three!\n");
    close(client);
}

static void the_next_request_of_a_connection_waits_for_the_end_of_the_first(void **state) {
    UNUSED(state);
    open_with(keep);
    int client = connect_unix(path);
    send_text(client, "one\ntwo\n");
    loop_until(&loop, count == 1);
    loop_turn_for(&loop, 30);
    assert_int_equal(count, 1);
    control_end(kept[0]);
    assert_int_equal(count, 2);
    assert_string_equal(lines[1], "two");
    control_end(kept[1]);
    close(client);
}

static void another_connection_does_not_wait(void **state) {
    UNUSED(state);
    open_with(keep);
    int slow = connect_unix(path), quick = connect_unix(path);
    send_text(slow, "slow\n");
    loop_until(&loop, count == 1);
    send_text(quick, "quick\n");
    loop_until(&loop, count == 2);
    assert_ok(control_write(kept[1], bytes_of_text("done\n")));
    control_end(kept[1]);
    assert_string_equal(answer_of(quick, "done\n"), "done\n");
    control_end(kept[0]);
    close(slow);
    close(quick);
}

static void an_asker_who_leaves_makes_writes_fail_and_is_ended_all_the_same(void **state) {
    UNUSED(state);
    open_with(keep);
    int client = connect_unix(path);
    send_text(client, "one\ntwo\n");
    loop_until(&loop, count == 1);
    close(client);
    loop_turn_for(&loop, 20);
    assert_err(ROND_EIO, control_write(kept[0], bytes_of_text("anybody there?\n")));
    control_end(kept[0]); // which asks what came before it left
    assert_int_equal(count, 2);
    assert_err(ROND_EIO, control_write(kept[1], bytes_of_text("x")));
    control_end(kept[1]);
}

static void what_may_be_left_out_never_waits_for_an_asker_who_does_not_read(void **state) {
    UNUSED(state);
    open_with(keep);
    const struct bytes line = bytes_of_text("{\"progress\":{\"rows\":1,\"of\":2}}\n");
    int client = connect_unix(path);
    send_text(client, "one\n");
    loop_until(&loop, count == 1);
    enum rond_err err = ROND_OK;
    for (unsigned i = 0; i < 1000000 && err == ROND_OK; i++)
        err = control_offer(kept[0], line);
    assert_err(ROND_EAGAIN, err);
    char read_back[4096];
    ssize_t size = recv(client, read_back, sizeof read_back, 0);
    assert_true(size >= (ssize_t)line.size);
    assert_memory_equal(read_back, line.data, line.size); // whole ones
    close(client);
    loop_turn_for(&loop, 20);
    assert_err(ROND_EIO, control_offer(kept[0], line));
    control_end(kept[0]);
}

static void a_line_beyond_the_bound_ends_the_connection_and_nothing_is_asked(void **state) {
    UNUSED(state);
    static char chunk[64 * 1024];
    memset(chunk, 'x', sizeof chunk);
    open_with(keep);
    int client = connect_unix(path);
    size_t sent = 0;
    while (!is_closed(client) && sent < 2 * (size_t)CONTROL_REQUEST_BYTES_MAX) {
        ssize_t size = send(client, chunk, sizeof chunk, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += size > 0 ? (size_t)size : 0;
        loop_turn(&loop);
    }
    assert_true(sent > CONTROL_REQUEST_BYTES_MAX / 2 && sent < 2 * (size_t)CONTROL_REQUEST_BYTES_MAX);
    assert_int_equal(count, 0);
    close(client);
}

static void connections_are_counted_and_those_too_many_turned_away(void **state) {
    UNUSED(state);
    int clients[CONTROL_CONNECTIONS_MAX + 1];
    open_with(echo);
    for (size_t i = 0; i < CONTROL_CONNECTIONS_MAX; i++) {
        clients[i] = connect_unix(path);
        send_text(clients[i], "x\n");
        assert_string_equal(answer_of(clients[i], "!\n"), "x!\n");
    }
    clients[CONTROL_CONNECTIONS_MAX] = connect_unix(path);
    loop_until(&loop, is_closed(clients[CONTROL_CONNECTIONS_MAX]));
    close(clients[CONTROL_CONNECTIONS_MAX]);
    close(clients[3]); // there is room again, as soon as it is seen
    loop_turn_for(&loop, 20);
    clients[3] = connect_unix(path);
    send_text(clients[3], "y\n");
    assert_string_equal(answer_of(clients[3], "!\n"), "y!\n");
    for (size_t i = 0; i < CONTROL_CONNECTIONS_MAX; i++)
        close(clients[i]);
}

static void closing_ends_idle_connections_and_fails_what_is_under_way(void **state) {
    UNUSED(state);
    open_with(keep);
    int idle = connect_unix(path), busy = connect_unix(path);
    send_text(busy, "one\ntwo\n");
    loop_until(&loop, count == 1);
    control_close(control);
    control = NULL;
    loop_until(&loop, is_closed(idle));
    assert_int_not_equal(access(path, F_OK), 0);
    assert_err(ROND_EIO, control_write(kept[0], bytes_of_text("late\n")));
    control_end(kept[0]);
    loop_turn_for(&loop, 20);
    assert_int_equal(count, 1);
    close(idle);
    close(busy);
}

static void the_socket_is_its_owners_alone_and_replaces_a_dead_servers(void **state) {
    UNUSED(state);
    struct stat file;
    FILE *left = fopen(path, "w");
    assert_non_null(left);
    fclose(left);
    open_with(echo);
    assert_int_equal(stat(path, &file), 0);
    assert_true(S_ISSOCK(file.st_mode));
    assert_int_equal(file.st_mode & 0777, 0600);
    int client = connect_unix(path);
    send_text(client, "x\n");
    assert_string_equal(answer_of(client, "!\n"), "x!\n");
    close(client);
}

static void a_socket_that_cannot_be_made_is_said_with_its_path(void **state) {
    UNUSED(state);
    char too_long[200], nowhere[100];
    struct fault fault = {0};
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[0] = '/', too_long[sizeof too_long - 1] = '\0';
    assert_err(ROND_EINVALID, control_open(&loop, too_long, 0600, echo, NULL, &control, &fault));
    assert_string_equal(fault.field, "server.data_dir");
    (void)snprintf(nowhere, sizeof nowhere, "%s/none/control.sock", directory);
    assert_err(ROND_EIO, control_open(&loop, nowhere, 0600, echo, NULL, &control, &fault));
    assert_non_null(strstr(fault.text, nowhere));
    assert_null(control);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_a_request_and_its_asker_is_what_the_kernel_says),
        TEST(requests_in_one_packet_and_in_single_bytes_are_asked_whole_and_in_order),
        TEST(the_next_request_of_a_connection_waits_for_the_end_of_the_first),
        TEST(another_connection_does_not_wait),
        TEST(an_asker_who_leaves_makes_writes_fail_and_is_ended_all_the_same),
        TEST(what_may_be_left_out_never_waits_for_an_asker_who_does_not_read),
        TEST(a_line_beyond_the_bound_ends_the_connection_and_nothing_is_asked),
        TEST(connections_are_counted_and_those_too_many_turned_away),
        TEST(closing_ends_idle_connections_and_fails_what_is_under_way),
        TEST(the_socket_is_its_owners_alone_and_replaces_a_dead_servers),
        TEST(a_socket_that_cannot_be_made_is_said_with_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
