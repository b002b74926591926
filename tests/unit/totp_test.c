#include <string.h>

#include "auth/totp.h"
#include "base/check.h"
#include "support/test.h"

static const uint8_t SECRET[] = "12345678901234567890";
#define THE_SECRET bytes_of(SECRET, 20)

// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
static void the_codes_are_those_of_the_rfc(void **state) {
    UNUSED(state);
    static const struct {
        int64_t at_s;
        uint32_t code;
    } vectors[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
                   {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}};
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++)
        assert_int_equal(totp_code(THE_SECRET, (uint64_t)vectors[i].at_s / TOTP_STEP_S), vectors[i].code);
}

static void a_code_is_accepted_one_step_early_or_late_and_no_further(void **state) {
    UNUSED(state);
    const int64_t begin_s = 1111111109 / TOTP_STEP_S * TOTP_STEP_S;
    uint64_t step;
    for (int64_t at_s = begin_s - 100; at_s < begin_s + 100; at_s++) {
        bool is_near = at_s >= begin_s - TOTP_STEP_S && at_s < begin_s + 2 * TOTP_STEP_S;
        assert_int_equal(totp_accept(THE_SECRET, "081804", at_s, 0, &step), is_near);
        if (is_near)
            assert_int_equal(step, begin_s / TOTP_STEP_S);
    }
}

static void no_step_is_accepted_twice(void **state) {
    UNUSED(state);
    uint64_t step = 0, again = 0;
    assert_true(totp_accept(THE_SECRET, "081804", 1111111109, 0, &step));
    assert_false(totp_accept(THE_SECRET, "081804", 1111111109, step, &again));
    assert_false(totp_accept(THE_SECRET, "081804", 1111111109, step + 1, &again)); // nor an older one behind a newer
    assert_true(totp_accept(THE_SECRET, "050471", 1111111111, step, &again));
    assert_true(again > step);
}

static void what_is_no_code_is_refused(void **state) {
    UNUSED(state);
    static const char *const wrong[] = {"",       "81804",  "0081804",      "08180a",  "081804 1",
                                        "-81804", "+81804", "０８１８０４", "081804\n"};
    uint64_t step;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
        assert_false(totp_accept(THE_SECRET, wrong[i], 1111111109, 0, &step));
    assert_true(totp_accept(THE_SECRET, "081 804", 1111111109, 0, &step));
    assert_false(totp_accept((struct bytes){0}, "081804", 1111111109, 0, &step));
    assert_false(totp_accept(THE_SECRET, "081804", 0, 0, &step));
    assert_false(totp_accept(THE_SECRET, "081804", -1111111109, 0, &step));
}

static void a_secret_is_typed_as_base32(void **state) {
    UNUSED(state);
    char text[TOTP_SECRET_TEXT_SIZE];
    totp_secret_text(SECRET, text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_codes_are_those_of_the_rfc),
        cmocka_unit_test(a_code_is_accepted_one_step_early_or_late_and_no_further),
        cmocka_unit_test(no_step_is_accepted_twice),
        cmocka_unit_test(what_is_no_code_is_refused),
        cmocka_unit_test(a_secret_is_typed_as_base32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
