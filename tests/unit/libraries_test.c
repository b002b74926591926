#include "libraries.h"

#include <stdio.h>
#include <string.h>

#include "support/test.h"

static enum library_fit fit(const char *name, const char *compiled, const char *running) {
    struct library library = {.name = name};
    (void)snprintf(library.compiled, sizeof library.compiled, "%s", compiled);
    (void)snprintf(library.running, sizeof library.running, "%s", running);
    return libraries_fit(&library);
}

static void a_library_fits_where_it_is_the_same_or_newer_within_its_abi(void **state) {
    UNUSED(state);
    assert_int_equal(fit("sqlite", "3.40.1", "3.40.1"), LIBRARY_SAME);
    assert_int_equal(fit("sqlite", "3.40.1", "3.40.10"), LIBRARY_NEWER);
    assert_int_equal(fit("sqlite", "3.9.2", "3.10.0"), LIBRARY_NEWER);
    assert_int_equal(fit("sqlite", "3.40.1", "3.40"), LIBRARY_OLDER);
    assert_int_equal(fit("sqlite", "3.40.1", "3.39.9"), LIBRARY_OLDER);
    assert_int_equal(fit("openssl", "3.0.17", "4.0.17"), LIBRARY_OTHER_ABI);
    assert_int_equal(fit("openssl", "3.0.17", "1.1.1"), LIBRARY_OTHER_ABI);
    assert_int_equal(fit("libwebsockets", "4.1.6", "4.3.0"), LIBRARY_OTHER_ABI);
    assert_int_equal(fit("libwebsockets", "4.1.6", "4.1.7"), LIBRARY_NEWER);
    assert_int_equal(fit("jansson", "2.14", "2.14"), LIBRARY_SAME);
}

static void newer(const struct library *library) {
    print_message("%s is newer\n", library->name);
}

static void each_library_of_this_machine_says_what_it_is_and_fits(void **state) {
    UNUSED(state);
    struct library library;
    struct fault fault = {0};
    size_t count = 0;
    for (; libraries_get(count, &library); count++)
        if (strchr(library.compiled, '.') == NULL || strchr(library.running, '.') == NULL)
            fail_msg("%s says '%s' and '%s'", library.name, library.compiled, library.running);
    assert_true(count >= 8);
    assert_ok(libraries_check(newer, &fault));
    struct buffer text;
    buffer_init(&text, 4096);
    assert_ok(libraries_list(&text));
    assert_non_null(strstr(buffer_text(&text), "sqlite 3."));
    buffer_deinit(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_fits_where_it_is_the_same_or_newer_within_its_abi),
        cmocka_unit_test(each_library_of_this_machine_says_what_it_is_and_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
