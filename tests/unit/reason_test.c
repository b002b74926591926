#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "counting/match.h"

static void every_reason_has_a_name_of_its_own_and_a_sentence_in_both_languages(void **state) {
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++) {
        assert_non_null(reason_name((enum counting_reason)i));
        assert_true(strlen(reason_sentence((enum counting_reason)i, true)) > 5);
        assert_true(strlen(reason_sentence((enum counting_reason)i, false)) > 5);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(reason_name((enum counting_reason)i), reason_name((enum counting_reason)j));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_a_name_of_its_own_and_a_sentence_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
