#include "base/check.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

// Runs CHECK in a process of its own: how that ended, and what it said.
static int check_elsewhere(int truth, char *ret_text, size_t size) {
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        CHECK(truth == 1);
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(ends[0], ret_text + used, size - 1 - used)) > 0;)
        used += (size_t)got;
    ret_text[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void a_check_that_holds_says_nothing(void **state) {
    UNUSED(state);
    char text[256];
    int status = check_elsewhere(1, text, sizeof text);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_string_equal(text, "");
}

static void a_check_that_fails_ends_the_process_and_says_where_in_every_build(void **state) {
    UNUSED(state);
    char text[256];
    int status = check_elsewhere(0, text, sizeof text);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(text, "event=check_failed"));
    assert_non_null(strstr(text, "check_test.c line="));
    assert_non_null(strstr(text, "condition=\"truth == 1\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_check_that_holds_says_nothing),
        cmocka_unit_test(a_check_that_fails_ends_the_process_and_says_where_in_every_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
