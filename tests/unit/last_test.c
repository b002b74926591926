#include "backup/last.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/files.h"
#include "support/test.h"

static char directory[] = "/tmp/rond-last-XXXXXX";

static int make_directory(void **state) {
    strcpy(directory + sizeof directory - 7, "XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state) {
    char path[64];
    (void)snprintf(path, sizeof path, "%s/done.json", directory);
    unlink(path);
    return rmdir(directory);
}

static void what_is_noted_is_read_again(void **state) {
    int64_t at_ms = 0;
    assert_err(ROND_ENOTFOUND, last_read(directory, "done.json", &at_ms));
    assert_ok(
        last_note(directory, "done.json", json_pack("{s:I,s:s}", "at_ms", (json_int_t)1234567890123, "path", "x"), NULL));
    assert_ok(last_note(directory, "done.json", json_pack("{s:I}", "at_ms", (json_int_t)1234567890124), NULL));
    assert_ok(last_read(directory, "done.json", &at_ms));
    assert_true(at_ms == 1234567890124);
    assert_err(ROND_ENOMEM, last_note(directory, "done.json", NULL, NULL));
    assert_ok(last_read(directory, "done.json", &at_ms));
}

static void a_note_that_makes_no_sense_is_damaged_not_never(void **state) {
    static const char *const SENSELESS[] = {"", "{", "[]", "{\"at_ms\":\"today\"}", "{\"path\":\"x\"}"};
    int64_t at_ms = 7;
    for (size_t i = 0; i < ARRAY_COUNT(SENSELESS); i++) {
        assert_ok(files_write(directory, "done.json", bytes_of_text(SENSELESS[i]), NULL));
        assert_err(ROND_ECORRUPT, last_read(directory, "done.json", &at_ms));
    }
    assert_int_equal(at_ms, 7);
}

// rondctl is run by root, the server is not: what it cannot read it cannot warn about.
static void a_note_belongs_to_the_owner_of_the_directory(void **state) {
    struct stat status;
    char path[64];
    if (geteuid() != 0) {
        skip();
    }
    assert_int_equal(chown(directory, 65534, 65534), 0);
    assert_ok(last_note(directory, "done.json", json_pack("{s:I}", "at_ms", (json_int_t)1), NULL));
    (void)snprintf(path, sizeof path, "%s/done.json", directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, 65534);
    assert_int_equal(status.st_gid, 65534);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_noted_is_read_again),
        TEST(a_note_that_makes_no_sense_is_damaged_not_never),
        TEST(a_note_belongs_to_the_owner_of_the_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
