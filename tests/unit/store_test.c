// What is common to the backends: the lock that makes one process the owner of a data directory.
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

static char directory[64];

static int directory_setup(void **state) {
    UNUSED(state);
    strcpy(directory, "/tmp/rond-store-test-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int directory_teardown(void **state) {
    UNUSED(state);
    char path[80];
    (void)snprintf(path, sizeof path, "%s/lock", directory);
    (void)unlink(path);
    (void)rmdir(path);
    return rmdir(directory);
}

// In a process of its own: what it is answered.
static enum rond_err lock_elsewhere(void) {
    pid_t pid = fork();
    if (pid == 0) {
        int descriptor;
        _exit((int)store_lock(directory, &descriptor, NULL));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return (enum rond_err)WEXITSTATUS(status);
}

static void a_data_directory_has_one_owner_until_that_lets_go(void **state) {
    UNUSED(state);
    struct fault fault = {0};
    int lock = -1, second = -1;
    assert_ok(store_lock(directory, &lock, &fault));
    assert_err(ROND_ECONFLICT, store_lock(directory, &second, &fault));
    assert_non_null(strstr(fault.text, directory));
    assert_int_equal(second, -1);
    assert_err(ROND_ECONFLICT, lock_elsewhere());
    assert_int_equal(close(lock), 0);
    assert_ok(lock_elsewhere()); // and the end of a process lets go as well
    assert_ok(store_lock(directory, &lock, &fault));
    assert_int_equal(close(lock), 0);
}

static void nobody_else_may_read_the_lock_file(void **state) {
    UNUSED(state);
    char path[80];
    struct stat file;
    int lock = -1;
    assert_ok(store_lock(directory, &lock, NULL));
    (void)snprintf(path, sizeof path, "%s/lock", directory);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_equal(close(lock), 0);
}

static void a_lock_that_cannot_be_made_says_why(void **state) {
    UNUSED(state);
    char path[80], long_path[5000] = "/";
    struct fault fault = {0};
    int lock = -1;
    (void)snprintf(path, sizeof path, "%s/nothing", directory);
    assert_err(ROND_ENOTFOUND, store_lock(path, &lock, &fault));
    memset(long_path + 1, 'x', sizeof long_path - 2);
    assert_err(ROND_EINVALID, store_lock(long_path, &lock, &fault));
    (void)snprintf(path, sizeof path, "%s/lock", directory);
    assert_int_equal(mkdir(path, 0700), 0); // something else has its place
    assert_err(ROND_EIO, store_lock(directory, &lock, &fault));
    assert_non_null(strstr(fault.text, path));
    assert_int_equal(lock, -1);
}

static void closing_no_store_is_fine(void **state) {
    UNUSED(state);
    store_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_setup, directory_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_data_directory_has_one_owner_until_that_lets_go),
        TEST(nobody_else_may_read_the_lock_file),
        TEST(a_lock_that_cannot_be_made_says_why),
        TEST(closing_no_store_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
