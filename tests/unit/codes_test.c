#include "wire/codes.h"

#include <ctype.h>
#include <string.h>

#include "support/test.h"

#define NUMBER(name, number, retryable, sentence) number,
static const unsigned numbers[] = {WIRE_CODES(NUMBER)};

static void every_code_has_a_number_and_a_name_of_its_own_and_a_sentence(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        const char *name = wire_code_name(numbers[i]);
        assert_string_not_equal(name, "unknown");
        for (const char *c = name; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || *c == '_');
        const char *sentence = wire_code_sentence(numbers[i]);
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(numbers[i], numbers[k]);
            assert_string_not_equal(name, wire_code_name(numbers[k]));
        }
    }
}

static void names_and_numbers_are_those_of_the_protocol(void **state) {
    assert_string_equal(wire_code_name(100), "frame_too_large");
    assert_string_equal(wire_code_name(CODE_BATCH_SIGNATURE), "batch_signature");
    assert_int_equal(CODE_KIND_UNKNOWN, 411);
    assert_true(wire_code_is_retryable(CODE_BUSY));
    assert_false(wire_code_is_retryable(CODE_DEVICE_REVOKED));
}

static void a_code_of_a_newer_peer_is_told_apart_and_not_retried(void **state) {
    assert_string_equal(wire_code_name(9999), "unknown");
    assert_string_equal(wire_code_name(CODE_NONE), "none");
    assert_non_null(wire_code_sentence(9999));
    assert_false(wire_code_is_retryable(9999));
}

static void every_reason_that_people_are_told_is_said_in_swedish_too(void **state) {
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        bool is_general = strcmp(wire_code_sentence_swedish(numbers[i]), wire_code_sentence_swedish(9999)) == 0;
        bool is_told_to_people = numbers[i] / 100 >= 4 || numbers[i] == CODE_APPROVAL_OWN;
        assert_int_equal(is_general, !is_told_to_people);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_a_number_and_a_name_of_its_own_and_a_sentence),
        cmocka_unit_test(names_and_numbers_are_those_of_the_protocol),
        cmocka_unit_test(every_reason_that_people_are_told_is_said_in_swedish_too),
        cmocka_unit_test(a_code_of_a_newer_peer_is_told_apart_and_not_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
