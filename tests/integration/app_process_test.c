// What the library does to the process that it lives in: nothing.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/code.h"
#include "rond/rond.h"
#include "support/test.h"

enum { SIGNALS_MAX = 64 };

static void on_signal(int number) {
    (void)number;
}

static struct sigaction found[SIGNALS_MAX + 1];

// The library's own threads' signals 32 and 33 cannot be asked for.
static void look(struct sigaction *ret_actions) {
    for (int number = 1; number <= SIGNALS_MAX; number++)
        if (sigaction(number, NULL, &ret_actions[number]) != 0)
            memset(&ret_actions[number], 0, sizeof ret_actions[number]);
}

static void assert_untouched(void) {
    static struct sigaction now[SIGNALS_MAX + 1];
    look(now);
    for (int number = 1; number <= SIGNALS_MAX; number++)
        if (now[number].sa_handler != found[number].sa_handler || now[number].sa_flags != found[number].sa_flags)
            fail_msg("what the app had set for signal %d is gone", number);
}

// Nobody listens there: the whole of the network's library is made, used and taken down all the same.
static void use_the_network(const char *directory) {
    char path[128], code[CODE_TEXT_SIZE];
    const uint8_t secret[CODE_SECRET_SIZE] = {1};
    const struct hash256 fingerprint = {{2}};
    rond_keystore keystore;
    rond_fault fault;
    rond *r;
    snprintf(path, sizeof path, "%s/outbox.db", directory);
    code_format(secret, &fingerprint, code);
    assert_ok(rond_keystore_files(directory, &keystore, NULL));
    const rond_config config = {.struct_size = sizeof config, .path = path, .keystore = &keystore};
    assert_ok(rond_open(&config, &r, NULL));
    assert_err(ROND_EIO, rond_enrol(r, "https://127.0.0.1:1", code, "unit", 3000, &fault));
    assert_untouched();
    rond_close(r);
    assert_untouched();
}

static void the_signals_of_the_app_stay_as_they_were(void **state) {
    static void (*const handlers[])(int) = {SIG_DFL, SIG_IGN, on_signal};
    sigset_t before, after;
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
    for (size_t i = 0; i < 3; i++) {
        char directory[] = "/tmp/rond-process-XXXXXX", command[64];
        assert_non_null(mkdtemp(directory));
        assert_true(signal(SIGPIPE, handlers[i]) != SIG_ERR);
        look(found);
        use_the_network(directory);
        snprintf(command, sizeof command, "rm -rf %s", directory);
        assert_int_equal(system(command), 0);
    }
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    for (int number = 1; number <= SIGNALS_MAX; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signals_of_the_app_stay_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
