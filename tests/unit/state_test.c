#include "base/state.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

enum { SHUT, AJAR, WIDE, COUNT };
static const struct state_table door = {
    .machine = "door",
    .count = COUNT,
    .names = {"shut", "ajar", "wide"},
    .successors = {STATE_BIT(AJAR), STATE_BIT(SHUT) | STATE_BIT(WIDE), STATE_BIT(AJAR)},
};

static void allowed_moves_are_made_and_counted(void **state) {
    struct state_census census = {0};
    unsigned now = SHUT;
    state_move(&door, &census, &now, AJAR);
    state_move(&door, &census, &now, WIDE);
    state_move(&door, NULL, &now, AJAR);
    state_move(&door, &census, &now, WIDE);
    assert_int_equal(now, WIDE);
    assert_int_equal(census.taken[AJAR][WIDE], 2);
    assert_int_equal(census.taken[SHUT][AJAR], 1);
    assert_int_equal(census.taken[WIDE][AJAR], 0);
}

static void a_move_that_the_table_does_not_allow_aborts(void **state) {
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        unsigned now = SHUT;
        state_move(&door, NULL, &now, WIDE);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allowed_moves_are_made_and_counted),
        cmocka_unit_test(a_move_that_the_table_does_not_allow_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
