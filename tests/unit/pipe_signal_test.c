#include "pipe_signal.h"

#include <errno.h>
#include <unistd.h>

#include "support/test.h"

static volatile sig_atomic_t heard;

static void on_signal(int number) {
    heard += number == SIGPIPE;
}

static int setup(void **state) {
    heard = 0;
    return signal(SIGPIPE, on_signal) == SIG_ERR;
}

static void write_to_nobody(void) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    close(ends[1]);
}

static void a_signal_that_is_raised_while_held_is_dropped(void **state) {
    struct pipe_signal held;
    pipe_signal_hold(&held);
    write_to_nobody();
    pipe_signal_release(&held);
    assert_int_equal(heard, 0);
    write_to_nobody();
    assert_int_equal(heard, 1);
}

static void holds_lie_within_one_another(void **state) {
    struct pipe_signal outer, inner;
    pipe_signal_hold(&outer);
    write_to_nobody();
    pipe_signal_hold(&inner);
    write_to_nobody();
    pipe_signal_release(&inner);
    write_to_nobody();
    pipe_signal_release(&outer);
    assert_int_equal(heard, 0);
}

static void a_signal_that_the_app_itself_holds_back_waits_on(void **state) {
    struct pipe_signal held;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
    assert_int_equal(raise(SIGPIPE), 0);
    pipe_signal_hold(&held);
    write_to_nobody();
    pipe_signal_release(&held);
    assert_int_equal(heard, 0);
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
    assert_int_equal(heard, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_signal_that_is_raised_while_held_is_dropped, setup),
        cmocka_unit_test_setup(holds_lie_within_one_another, setup),
        cmocka_unit_test_setup(a_signal_that_the_app_itself_holds_back_waits_on, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
