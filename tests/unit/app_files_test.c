// What rondd writes into its data directory by itself.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app_inner.h"
#include "support/test.h"

static char directory[] = "/tmp/rond-files-XXXXXX";
static const struct config config;
static struct app app = {.config = &config};

static int setup(void **state) {
    UNUSED(state);
    assert_non_null(mkdtemp(directory));
    snprintf(app.files.ports_path, sizeof app.files.ports_path, "%s/ports", directory);
    return 0;
}

static int teardown(void **state) {
    UNUSED(state);
    (void)unlink(app.files.ports_path);
    return rmdir(directory); // nothing is left beside
}

static void read_ports(char *to, size_t size) {
    FILE *file = fopen(app.files.ports_path, "re");
    assert_non_null(file);
    to[fread(to, 1, size - 1, file)] = '\0';
    fclose(file);
}

// A write that takes some bytes and then no more: the reason is that of the next one.
static void a_file_that_does_not_fit_says_why_and_leaves_nothing(void **state) {
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY}, ten = {10, RLIM_INFINITY};
    struct fault fault = {0};
    char before[128];
    UNUSED(state);
    assert_ok(app_files_write_ports(&app, &fault));
    read_ports(before, sizeof before);
    app.ports[NETWORK_DEVICES] = 7443;
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &ten), 0);
    enum rond_err err = app_files_write_ports(&app, &fault);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_err(ROND_EIO, err);
    assert_non_null(strstr(fault.text, "File too large"));
    assert_int_equal(access(app.files.ports_path, F_OK), -1); // not the ports of another start
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
    assert_ok(app_files_write_ports(&app, &fault));
    read_ports(before, sizeof before);
    assert_non_null(strstr(before, "devices=7443"));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_file_that_does_not_fit_says_why_and_leaves_nothing)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
