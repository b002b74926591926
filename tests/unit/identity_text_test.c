#include "wire/identity_text.h"

#include <string.h>

#include "support/golden.h"
#include "wire/short_reference.h"

static void an_identity_reads_back_as_it_was_written(void **state) {
    static const uint64_t seqs[] = {1, 1024, INT64_MAX};
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    for (size_t i = 0; i < ARRAY_COUNT(seqs); i++) {
        char text[IDENTITY_TEXT_SIZE];
        struct id128 device_read, outbox_read;
        uint64_t seq;
        identity_text_format(&device, &outbox, seqs[i], text);
        assert_true(identity_text_is_meant(text));
        assert_ok(identity_text_parse(text, &device_read, &outbox_read, &seq, NULL));
        assert_true(id128_equal(&device, &device_read) && id128_equal(&outbox, &outbox_read) && seq == seqs[i]);
    }
}

static void digits_may_be_of_any_case(void **state) {
    struct id128 device, outbox;
    uint64_t seq;
    assert_ok(identity_text_parse("ABCDEF0123456789abcdef0123456789-00112233445566778899AABBCCDDEEFF-7", &device, &outbox,
                                  &seq, NULL));
    assert_int_equal(device.b[0], 0xab);
    assert_int_equal(outbox.b[15], 0xff);
    assert_int_equal(seq, 7);
}

static void what_is_mistyped_is_refused_with_what_to_do(void **state) {
    static const char *const wrong[] = {
        "",
        "7QK2MB-0F-9",
        "abcdef0123456789abcdef0123456789",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff-",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff-0",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff-1x",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff--1",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff-9999999999999999999",
        "abcdef0123456789abcdef0123456789-00112233445566778899aabbccddeeff-99999999999999999999",
        "abcdef0123456789abcdef012345678g-00112233445566778899aabbccddeeff-1",
        "abcdef0123456789abcdef0123456789 00112233445566778899aabbccddeeff-1",
    };
    struct id128 device, outbox;
    uint64_t seq;
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        struct fault fault = {0};
        assert_err(ROND_EINVALID, identity_text_parse(wrong[i], &device, &outbox, &seq, &fault));
        assert_non_null(strstr(fault.text, "Copy it whole"));
    }
}

static void a_short_reference_is_never_taken_for_one(void **state) {
    struct id128 device = golden_id(GOLDEN_DEVICE), outbox = golden_id(GOLDEN_OUTBOX);
    char text[SHORT_REFERENCE_SIZE];
    short_reference_format(&device, &outbox, UINT64_MAX, text);
    assert_false(identity_text_is_meant(text));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_reads_back_as_it_was_written),
        cmocka_unit_test(digits_may_be_of_any_case),
        cmocka_unit_test(what_is_mistyped_is_refused_with_what_to_do),
        cmocka_unit_test(a_short_reference_is_never_taken_for_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
