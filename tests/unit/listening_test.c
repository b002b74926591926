#include "net/listening.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/loop.h"

enum { ACCEPTED_MAX = 64 };

static uv_loop_t loop;
static struct listening *listening;
static int accepted[ACCEPTED_MAX];
static int family;
static size_t count;

static void accept_it(void *context, int take_descriptor, const struct sockaddr *address) {
    assert_ptr_equal(context, &count);
    assert_true(count < ACCEPTED_MAX);
    family = address->sa_family;
    accepted[count++] = take_descriptor;
}

static int loop_setup(void **state) {
    UNUSED(state);
    assert_int_equal(uv_loop_init(&loop), 0);
    listening = NULL;
    count = 0;
    return 0;
}

static int loop_teardown(void **state) {
    UNUSED(state);
    listening_close(listening);
    loop_end(&loop);
    while (count)
        close(accepted[--count]);
    return 0;
}

static void open_on(const char *host) {
    struct fault fault = {0};
    assert_ok(listening_open(&loop, host, 0, accept_it, &count, &listening, &fault));
    assert_true(listening_port(listening) > 0);
}

static void what_connects_is_accepted_without_blocking_and_with_its_address(void **state) {
    UNUSED(state);
    static const char *const hosts[] = {"127.0.0.1", ""};
    for (size_t i = 0; i < ARRAY_COUNT(hosts); i++) {
        size_t before = count;
        open_on(hosts[i]);
        int client = connect_loopback(listening_port(listening));
        loop_until(&loop, count == before + 1);
        assert_true(family == AF_INET || family == AF_INET6);
        assert_true(fcntl(accepted[before], F_GETFL) & O_NONBLOCK);
        assert_true(fcntl(accepted[before], F_GETFD) & FD_CLOEXEC);
        close(client);
        listening_close(listening);
        listening = NULL;
    }
}

// More than one turn accepts at once.
static void many_at_one_time_are_all_accepted(void **state) {
    UNUSED(state);
    int clients[50];
    open_on("127.0.0.1");
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++)
        clients[i] = connect_loopback(listening_port(listening));
    loop_until(&loop, count == ARRAY_COUNT(clients));
    for (size_t i = 0; i < ARRAY_COUNT(clients); i++)
        close(clients[i]);
}

static void out_of_descriptors_it_pauses_and_goes_on_when_told(void **state) {
    UNUSED(state);
    struct rlimit before, limit;
    open_on("127.0.0.1");
    int client = connect_loopback(listening_port(listening));
    int next = dup(client); // the lowest descriptor that is free
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = before;
    limit.rlim_cur = (rlim_t)next;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    loop_turn_for(&loop, 30);
    assert_int_equal(count, 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    loop_turn_for(&loop, 30);
    assert_int_equal(count, 0); // it does not spin on its own
    listening_resume(listening);
    loop_until(&loop, count == 1);
    listening_resume(listening);
    close(client);
}

static void after_closing_nobody_gets_in(void **state) {
    UNUSED(state);
    open_on("127.0.0.1");
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(listening_port(listening))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening_close(listening);
    listening = NULL;
    loop_turn_for(&loop, 10);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_not_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    close(client);
    listening_close(NULL);
    listening_resume(NULL);
}

static void an_address_that_cannot_be_had_is_named(void **state) {
    UNUSED(state);
    struct listening *second = NULL;
    struct fault fault = {0};
    open_on("127.0.0.1");
    assert_err(ROND_ECONFLICT,
               listening_open(&loop, "127.0.0.1", listening_port(listening), accept_it, &count, &second, &fault));
    assert_non_null(strstr(fault.text, "127.0.0.1"));
    static const char *const nowhere[] = {"192.0.2.1", "localhost", "127.0.0.1.1", "fe80::zz", "999.0.0.1"};
    for (size_t i = 0; i < ARRAY_COUNT(nowhere); i++) {
        assert_err(ROND_EIO, listening_open(&loop, nowhere[i], 0, accept_it, &count, &second, &fault));
        assert_string_equal(fault.field, "listen");
        assert_non_null(strstr(fault.text, nowhere[i]));
    }
    assert_null(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, loop_setup, loop_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_connects_is_accepted_without_blocking_and_with_its_address),
        TEST(many_at_one_time_are_all_accepted),
        TEST(out_of_descriptors_it_pauses_and_goes_on_when_told),
        TEST(after_closing_nobody_gets_in),
        TEST(an_address_that_cannot_be_had_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
