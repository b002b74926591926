#include "base/bytes.h"

#include <string.h>

#include "support/test.h"

static void runs_are_equal_by_content_and_size(void **state) {
    assert_true(bytes_equal(bytes_of_text("abc"), bytes_of("abcd", 3)));
    assert_false(bytes_equal(bytes_of_text("abc"), bytes_of_text("abd")));
    assert_false(bytes_equal(bytes_of_text("abc"), bytes_of_text("ab")));
    assert_true(bytes_equal(bytes_of(NULL, 0), bytes_of_text("")));
    assert_true(bytes_equal_secret((const uint8_t *)"abc", (const uint8_t *)"abc", 3));
    assert_false(bytes_equal_secret((const uint8_t *)"abc", (const uint8_t *)"xbc", 3));
}

static void ids_and_hashes_take_their_exact_size_only(void **state) {
    uint8_t run[HASH_SIZE + 1] = {1, 2, 3};
    struct id128 id = {{9}};
    assert_false(id128_from_bytes(bytes_of(run, 15), &id));
    assert_false(id128_from_bytes(bytes_of(run, 17), &id));
    assert_int_equal(id.b[0], 9);
    assert_true(id128_from_bytes(bytes_of(run, 16), &id));
    assert_memory_equal(id.b, run, 16);
    struct hash256 hash;
    assert_false(hash256_from_bytes(bytes_of(run, 31), &hash));
    assert_false(hash256_from_bytes(bytes_of(run, 33), &hash));
    assert_true(hash256_from_bytes(bytes_of(run, 32), &hash));
    struct hash256 same = hash;
    assert_true(hash256_equal(&hash, &same));
    same.b[31] ^= 1;
    assert_false(hash256_equal(&hash, &same));
    assert_false(id128_is_zero(&id));
    assert_true(id128_is_zero(&(struct id128){{0}}));
}

static void big_endian_numbers_come_back(void **state) {
    uint8_t run[8];
    put_be64(run, UINT64_C(0x0102030405060708));
    assert_memory_equal(run, "\1\2\3\4\5\6\7\10", 8);
    assert_true(get_be64(run) == UINT64_C(0x0102030405060708));
    put_be32(run, 0xfffefdfc);
    assert_memory_equal(run, "\xff\xfe\xfd\xfc", 4);
    assert_true(get_be32(run) == 0xfffefdfc);
}

static void hexadecimal_comes_back_and_mistyped_writes_nothing(void **state) {
    char text[9];
    hex_encode(bytes_of("\x00\x7f\xab\xff", 4), text);
    assert_string_equal(text, "007fabff");
    uint8_t back[4];
    assert_true(hex_decode("007FabFF", back, 4));
    assert_memory_equal(back, "\x00\x7f\xab\xff", 4);
    static const char *const wrong[] = {"", "007fabf", "007fabff0", "007fabfg", "00 7fabf", "-07fabff"};
    for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
        assert_false(hex_decode(wrong[i], back, 4));
        assert_memory_equal(back, "\x00\x7f\xab\xff", 4);
    }
}

static void wiped_memory_is_zero(void **state) {
    uint8_t secret[4] = {1, 2, 3, 4};
    bytes_wipe(secret, sizeof secret);
    assert_memory_equal(secret, "\0\0\0\0", 4);
    bytes_wipe(NULL, 0);
}

struct utf8_case {
    const char *text;
    size_t size;
    bool valid;
};

static void only_well_formed_utf8_without_nul_is_valid(void **state) {
    static const struct utf8_case cases[] = {
        {"", 0, true},
        {"Bangatan", 8, true},
        {"G\xc3\xa5ng- och cykelv\xc3\xa4g", 20, true},
        {"\xef\xbf\xbf", 3, true},      // U+FFFF
        {"\xed\x9f\xbf", 3, true},      // U+D7FF
        {"\xf4\x8f\xbf\xbf", 4, true},  // U+10FFFF
        {"a\0b", 3, false},             // NUL
        {"\x80", 1, false},             // a lone continuation
        {"\xc3", 1, false},             // cut
        {"\xe2\x82", 2, false},         // cut
        {"\xc0\xaf", 2, false},         // overlong /
        {"\xc1\xbf", 2, false},         // overlong
        {"\xe0\x9f\xbf", 3, false},     // overlong
        {"\xf0\x8f\xbf\xbf", 4, false}, // overlong
        {"\xed\xa0\x80", 3, false},     // surrogate
        {"\xf4\x90\x80\x80", 4, false}, // above U+10FFFF
        {"\xf5\x80\x80\x80", 4, false}, // no such lead
        {"\xe2\x28\xa1", 3, false},     // bad second byte
        {"\xe2\x82\x28", 3, false},     // bad third byte
        {"\xf0\x9f\x98\x28", 4, false}, // bad fourth byte
        {"\xff", 1, false},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_int_equal(utf8_is_valid(bytes_of(cases[i].text, cases[i].size)), cases[i].valid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_equal_by_content_and_size),
        cmocka_unit_test(ids_and_hashes_take_their_exact_size_only),
        cmocka_unit_test(big_endian_numbers_come_back),
        cmocka_unit_test(hexadecimal_comes_back_and_mistyped_writes_nothing),
        cmocka_unit_test(wiped_memory_is_zero),
        cmocka_unit_test(only_well_formed_utf8_without_nul_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
