#include "wire/short_reference.h"

#include <string.h>

#include "support/golden.h"

struct golden {
    uint64_t seq;
    const char *text;
};
static const struct golden golden[] = {
    {1, "MT6TFJ-01-D"},
    {31, "MT6TFJ-0Z-5"},
    {1024, "MT6TFJ-100-C"},
    {123456789, "MT6TFJ-3NQK8N-1"},
    {UINT64_MAX, "MT6TFJ-FZZZZZZZZZZZZ-H"},
};

static void the_reference_reaches_the_golden_value_and_reads_back(void **state) {
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    for (size_t i = 0; i < ARRAY_COUNT(golden); i++) {
        char text[SHORT_REFERENCE_SIZE];
        short_reference_format(&device, &outbox, golden[i].seq, text);
        assert_string_equal(text, golden[i].text);
        uint32_t prefix;
        uint64_t seq;
        assert_ok(short_reference_parse(text, &prefix, &seq, NULL));
        assert_int_equal(prefix, short_reference_prefix(&device, &outbox));
        assert_true(seq == golden[i].seq);
    }
}

static void it_may_be_typed_in_any_case_with_look_alikes_and_without_dashes(void **state) {
    static const char *const typed[] = {"MT6TFJ-01-D", "mt6tfj-01-d", "mt6tfj01d", "MT6TFJ OI D", "mt6-tfj-ol-d"};
    for (size_t i = 0; i < ARRAY_COUNT(typed); i++) {
        uint32_t prefix;
        uint64_t seq = 0;
        assert_ok(short_reference_parse(typed[i], &prefix, &seq, NULL));
        assert_int_equal(seq, 1);
    }
}

static void mistyped_references_are_refused_with_a_sentence(void **state) {
    static const char *const typed[] = {
        "",
        "MT6TFJ",
        "MT6TFJ-1-D",
        "MT6TFJ-01",
        "MT6TFJ-01-E",
        "MT6TFJ-0U-D",
        "MT6TFJ-01-D!",
        "MT6TFJ-00-5",             // zero
        "MT6TFJ-G000000000001-C",  // more than 64 bits
        "MT6TFJ-01234567890123-0", // too long
        "TM6TFJ-01-D",             // swapped
        "MT6TFJ-10-D",             // swapped
    };
    for (size_t i = 0; i < ARRAY_COUNT(typed); i++) {
        struct fault fault = {0};
        uint32_t prefix = 7;
        uint64_t seq = 7;
        assert_err(ROND_EINVALID, short_reference_parse(typed[i], &prefix, &seq, &fault));
        assert_true(fault.text[0] != '\0');
        assert_true(prefix == 7 && seq == 7);
    }
}

// Every single wrong character is found, but for the pair 0 and Z (equal modulo 31).
static void a_single_wrong_character_is_found(void **state) {
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const char *right = golden[3].text;
    for (size_t at = 0; at < strlen(right); at++) {
        for (const char *digit = digits; *digit != '\0' && right[at] != '-'; digit++) {
            char text[SHORT_REFERENCE_SIZE];
            strcpy(text, right);
            text[at] = *digit;
            bool same_value = *digit == right[at] || (strchr("0Z", *digit) && strchr("0Z", right[at]));
            uint32_t prefix;
            uint64_t seq;
            if (!same_value)
                assert_err(ROND_EINVALID, short_reference_parse(text, &prefix, &seq, NULL));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_reaches_the_golden_value_and_reads_back),
        cmocka_unit_test(it_may_be_typed_in_any_case_with_look_alikes_and_without_dashes),
        cmocka_unit_test(mistyped_references_are_refused_with_a_sentence),
        cmocka_unit_test(a_single_wrong_character_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
