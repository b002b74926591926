// Names against name servers that are silent, wrong, hostile or gone. Every wait is bounded.
#include "resolve.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/name_server.h"
#include "support/test.h"

enum { WAIT_MS = 8000, STEP_MS_MAX = 100 };

static struct {
    uv_loop_t loop;
    struct resolver *resolver;
    struct name_server server;
    int done;
    struct address_list list;
    struct fault fault;
    int64_t step_ms_max;
} t;

static int64_t mono_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void done(void *context, const struct address_list *list, const struct fault *fault) {
    assert_ptr_equal(context, &t);
    t.done++;
    t.list = *list;
    t.fault = *fault;
}

// Steps the loop as the transport does, without waiting in it.
static void run_for(int64_t wait_ms) {
    const struct timespec pause = {.tv_nsec = 1000000};
    int64_t end_ms = mono_ms() + wait_ms;
    for (int done_before = t.done; t.done == done_before && mono_ms() < end_ms;) {
        int64_t before_ms = mono_ms();
        uv_run(&t.loop, UV_RUN_NOWAIT);
        int64_t took_ms = mono_ms() - before_ms;
        t.step_ms_max = took_ms > t.step_ms_max ? took_ms : t.step_ms_max;
        nanosleep(&pause, NULL);
    }
}

static int setup(void **state) {
    memset(&t, 0, sizeof t);
    return uv_loop_init(&t.loop);
}

static void resolver_end(void) {
    resolver_destroy(t.resolver);
    t.resolver = NULL;
    while (uv_run(&t.loop, UV_RUN_NOWAIT) != 0)
        ;
}

static int teardown(void **state) {
    resolver_end();
    return uv_loop_close(&t.loop); // nothing is left open
}

static void ask(const char *name_servers, const char *host) {
    if (t.resolver == NULL)
        assert_ok(resolver_create(&t.loop, name_servers, done, &t, &t.resolver));
    assert_ok(resolver_start(t.resolver, host, &t.fault));
}

// --- Answers ---

static void an_answer_or_its_absence_is_told_once(void **state) {
    static const struct {
        enum name_manner manner;
        size_t count;
        const char *says; // of the fault
    } cases[] = {
        {NAME_EXISTS, 1, ""},
        {NAME_OF_MANY, ADDRESSES_MAX, ""},
        {NAME_MISSING, 0, "no server by the name of rond.test"},
        {NAME_EMPTY, 0, "no server by the name of rond.test"},
        {NAME_TROUBLE, 0, "could not be looked up"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        name_server_start(&t.server, cases[i].manner);
        t.done = 0;
        ask(t.server.address, "rond.test");
        assert_int_equal(t.done, 0); // never from inside the call
        run_for(WAIT_MS);
        assert_int_equal(t.done, 1);
        assert_int_equal(t.list.count, cases[i].count);
        assert_non_null(strstr(t.fault.text, cases[i].says));
        assert_int_equal(t.fault.text[0] == '\0', cases[i].count > 0);
        for (size_t k = 0; k < t.list.count; k++)
            assert_int_equal(strncmp(t.list.text[k], "127.0.0.", 8), 0);
        run_for(20);
        assert_int_equal(t.done, 1);
        resolver_end();
        name_server_stop(&t.server);
    }
    assert_true(t.step_ms_max <= STEP_MS_MAX);
}

static void a_name_of_the_hosts_file_needs_no_name_server(void **state) {
    name_server_start(&t.server, NAME_SILENT);
    ask(t.server.address, "localhost");
    run_for(WAIT_MS);
    assert_int_equal(t.done, 1);
    assert_true(t.list.count > 0);
    assert_true(address_is_numeric(t.list.text[0]));
    assert_int_equal(atomic_load(&t.server.questions), 0);
    name_server_stop(&t.server);
}

static void one_question_after_the_other_finds_what_the_servers_say_then(void **state) {
    name_server_start(&t.server, NAME_MISSING);
    ask(t.server.address, "rond.test");
    run_for(WAIT_MS);
    assert_int_equal(t.list.count, 0);
    atomic_store(&t.server.manner, NAME_EXISTS); // the answer before is forgotten, the fault with it
    ask(NULL, "rond.test");
    run_for(WAIT_MS);
    assert_int_equal(t.done, 2);
    assert_int_equal(t.list.count, 1);
    atomic_store(&t.server.manner, NAME_MISSING);
    ask(NULL, "rond.test");
    run_for(WAIT_MS);
    assert_int_equal(t.list.count, 0);
    name_server_stop(&t.server);
}

static void a_name_that_is_none_is_told(void **state) {
    static const char *const names[] = {"a..b", ".", "-", "x y", "\xc3\xa5.test", "1.2.3.4.5.6"};
    name_server_start(&t.server, NAME_MISSING);
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        int before = t.done;
        ask(t.server.address, names[i]);
        run_for(WAIT_MS);
        assert_int_equal(t.done, before + 1);
        assert_int_equal(t.list.count, 0);
        assert_string_not_equal(t.fault.text, "");
    }
    char longest[HOST_BYTES_MAX + 1];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    ask(t.server.address, longest); // a label of 120
    run_for(WAIT_MS);
    assert_int_equal(t.list.count, 0);
    name_server_stop(&t.server);
}

// --- Name servers that do not help ---

static void a_name_server_that_never_answers_holds_nobody_up_and_is_asked_again(void **state) {
    name_server_start(&t.server, NAME_SILENT);
    ask(t.server.address, "rond.test");
    run_for(300);
    int first = atomic_load(&t.server.questions);
    assert_true(first > 0);
    run_for(2000); // beyond its first time limit
    assert_true(atomic_load(&t.server.questions) > first);
    assert_int_equal(t.done, 0);
    assert_true(t.step_ms_max <= STEP_MS_MAX);
    resolver_cancel(t.resolver);
    run_for(50);
    assert_int_equal(t.done, 0);
    atomic_store(&t.server.manner, NAME_EXISTS);
    ask(NULL, "rond.test");
    run_for(WAIT_MS);
    assert_int_equal(t.list.count, 1);
    name_server_stop(&t.server);
}

static void a_name_server_that_is_gone_is_told(void **state) {
    name_server_start(&t.server, NAME_SILENT);
    name_server_stop(&t.server); // its port answers "refused"
    ask(t.server.address, "rond.test");
    run_for(WAIT_MS);
    assert_int_equal(t.done, 1);
    assert_int_equal(t.list.count, 0);
    assert_non_null(strstr(t.fault.text, "could not be looked up"));
}

static void answers_that_are_none_are_not_believed(void **state) {
    static const enum name_manner manners[] = {NAME_NONSENSE, NAME_CIRCLE, NAME_STRANGER};
    for (size_t i = 0; i < ARRAY_COUNT(manners); i++) {
        name_server_start(&t.server, manners[i]);
        t.done = 0;
        ask(t.server.address, "rond.test");
        run_for(700); // told as trouble, or waited on: never an address
        assert_true(atomic_load(&t.server.questions) > 0);
        assert_true(t.done <= 1);
        assert_int_equal(t.list.count, 0);
        resolver_end();
        name_server_stop(&t.server);
    }
}

static void name_servers_that_cannot_be_read_are_told_at_once(void **state) {
    assert_ok(resolver_create(&t.loop, "nonsense::::1", done, &t, &t.resolver));
    assert_err(ROND_EIO, resolver_start(t.resolver, "rond.test", &t.fault));
    assert_non_null(strstr(t.fault.text, "Names cannot be looked up"));
    run_for(50);
    assert_int_equal(t.done, 0);
}

// --- Ending ---

static void it_may_be_cancelled_or_destroyed_at_any_moment(void **state) {
    name_server_start(&t.server, NAME_EXISTS);
    for (int steps = 0; steps < 12; steps++) {
        ask(t.server.address, "rond.test");
        for (int i = 0; i < steps; i++)
            uv_run(&t.loop, UV_RUN_NOWAIT);
        if (steps % 2 == 0)
            resolver_end();
        else
            resolver_cancel(t.resolver);
        int before = t.done;
        run_for(5);
        assert_int_equal(t.done, before);
    }
    resolver_end();
    resolver_destroy(NULL);
    name_server_stop(&t.server);
}

static void what_is_an_address_needs_no_looking_up(void **state) {
    static const struct {
        const char *host;
        bool is_numeric;
    } cases[] = {
        {"127.0.0.1", true},   {"0.0.0.0", true},    {"::1", true},         {"fe80::1", true},  {"::ffff:1.2.3.4", true},
        {"", false},           {"localhost", false}, {"127.0.0.1.", false}, {"127.0.0", false}, {"256.0.0.1", false},
        {"127.0.0.1 ", false}, {"[::1]", false},     {"1:2:3", false},      {"0x7f.1", false},  {"rond.test", false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        if (address_is_numeric(cases[i].host) != cases[i].is_numeric)
            fail_msg("'%s'", cases[i].host);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_answer_or_its_absence_is_told_once),
        TEST(a_name_of_the_hosts_file_needs_no_name_server),
        TEST(one_question_after_the_other_finds_what_the_servers_say_then),
        TEST(a_name_that_is_none_is_told),
        TEST(a_name_server_that_never_answers_holds_nobody_up_and_is_asked_again),
        TEST(a_name_server_that_is_gone_is_told),
        TEST(answers_that_are_none_are_not_believed),
        TEST(name_servers_that_cannot_be_read_are_told_at_once),
        TEST(it_may_be_cancelled_or_destroyed_at_any_moment),
        TEST(what_is_an_address_needs_no_looking_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
