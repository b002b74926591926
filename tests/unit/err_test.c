#include "base/bytes.h"
#include "support/test.h"

#include <string.h>

static void every_answer_has_a_name_of_its_own(void **state) {
    for (int a = ROND_OK; a <= ROND_ENOTFOUND; a++) {
        assert_string_not_equal(rond_err_name((enum rond_err)a), "unknown");
        for (int b = ROND_OK; b < a; b++)
            assert_string_not_equal(rond_err_name((enum rond_err)a), rond_err_name((enum rond_err)b));
    }
    assert_string_equal(rond_err_name((enum rond_err)99), "unknown");
}

static void only_what_may_pass_by_itself_is_retryable(void **state) {
    assert_true(err_is_retryable(ROND_EAGAIN));
    assert_true(err_is_retryable(ROND_EIO));
    assert_false(err_is_retryable(ROND_EINVALID));
    assert_false(err_is_retryable(ROND_EAUTH));
    assert_false(err_is_retryable(ROND_EFULL));
}

static void a_fault_names_field_and_sentence_and_returns_the_answer(void **state) {
    struct fault fault;
    assert_err(ROND_EINVALID, fault_set(&fault, ROND_EINVALID, 401, "walk.findings[2].due", "Say a day, not %s.", "x"));
    assert_int_equal(fault.code, 401);
    assert_string_equal(fault.field, "walk.findings[2].due");
    assert_string_equal(fault.text, "Say a day, not x.");
}

static void a_fault_that_nobody_wants_or_that_is_too_long_does_no_harm(void **state) {
    char text[4 * FAULT_TEXT_SIZE];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_err(ROND_EIO, fault_set(NULL, ROND_EIO, 0, NULL, "%s", text));
    struct fault fault;
    assert_err(ROND_EIO, fault_set(&fault, ROND_EIO, 0, text, "%s", text));
    assert_int_equal(strlen(fault.field), FAULT_FIELD_SIZE - 1);
    assert_int_equal(strlen(fault.text), FAULT_TEXT_SIZE - 1);
    assert_err(ROND_EIO, fault_set(&fault, ROND_EIO, 0, NULL, "gone"));
    assert_string_equal(fault.field, "");
}

static void a_fault_in_both_languages_says_the_same_of_the_same(void **state) {
    struct fault fault;
    assert_err(ROND_EINVALID,
               fault_both(&fault, ROND_EINVALID, 0, "due", "%s is no day of %d.", "%s är ingen dag %d.", "x", 2015));
    assert_string_equal(fault.text, "x is no day of 2015.");
    assert_string_equal(fault.text_sv, "x är ingen dag 2015.");
    assert_err(ROND_EIO, fault_both(NULL, ROND_EIO, 0, NULL, "%s", "%s", "x"));
    assert_err(ROND_EIO, fault_set(&fault, ROND_EIO, 0, NULL, "gone"));
    assert_string_equal(fault.text_sv, ""); // nothing is left of what was said before
    assert_err(ROND_EIO, fault_in_swedish(&fault, ROND_EIO, "%s", "borta"));
    assert_string_equal(fault.text, "gone");
    assert_string_equal(fault.text_sv, "borta");
    assert_err(ROND_EIO, fault_in_swedish(NULL, ROND_EIO, "%s", "x"));
}

static void a_fault_holds_no_part_of_a_character(void **state) {
    struct fault fault;
    char text[FAULT_TEXT_SIZE + 8] = "a";
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "å", 3);
    (void)fault_set(&fault, ROND_EINVALID, 0, NULL, "'%.4s' is %.2s%s.", "aåå", "”", "€𝄞");
    assert_string_equal(fault.text, "'aå' is €𝄞.");
    (void)fault_set(&fault, ROND_EINVALID, 0, NULL, "a%s", text);
    assert_true(utf8_is_valid(bytes_of_text(fault.text)));
    assert_int_equal(strlen(fault.text), FAULT_TEXT_SIZE - 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_a_name_of_its_own),
        cmocka_unit_test(only_what_may_pass_by_itself_is_retryable),
        cmocka_unit_test(a_fault_names_field_and_sentence_and_returns_the_answer),
        cmocka_unit_test(a_fault_in_both_languages_says_the_same_of_the_same),
        cmocka_unit_test(a_fault_holds_no_part_of_a_character),
        cmocka_unit_test(a_fault_that_nobody_wants_or_that_is_too_long_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
