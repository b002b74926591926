#include "wire/key_fingerprint.h"

#include <string.h>

#include "support/test.h"

static void a_fingerprint_is_the_first_80_bits_in_groups_of_four(void **state) {
    UNUSED(state);
    char text[KEY_FINGERPRINT_SIZE];
    struct hash256 hash = {{0}};
    key_fingerprint_format(&hash, text);
    assert_string_equal(text, "0000-0000-0000-0000");
    memset(hash.b, 0xff, 10);
    key_fingerprint_format(&hash, text);
    assert_string_equal(text, "ZZZZ-ZZZZ-ZZZZ-ZZZZ");
    hash = (struct hash256){{0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf}}; // 0 to 15, five bits each
    key_fingerprint_format(&hash, text);
    assert_string_equal(text, "0123-4567-89AB-CDEF");
}

static void every_one_of_them_counts(void **state) {
    UNUSED(state);
    for (unsigned bit = 0; bit < 80; bit++) {
        char text[2][KEY_FINGERPRINT_SIZE];
        struct hash256 hash = {{0}};
        key_fingerprint_format(&hash, text[0]);
        hash.b[bit / 8] ^= (uint8_t)(1U << bit % 8);
        key_fingerprint_format(&hash, text[1]);
        assert_string_not_equal(text[0], text[1]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fingerprint_is_the_first_80_bits_in_groups_of_four),
        cmocka_unit_test(every_one_of_them_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
