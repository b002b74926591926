// wire/dictionary.c: which dictionaries are built in, and that they stay as they are.
#include "wire/dictionary.h"

#include "base/sha256.h"
#include "support/test.h"

// Outboxes, rescue files and devices in the field hold batches that were packed with them.
static void the_bytes_of_a_number_never_change(void **state) {
    static const uint8_t first[HASH_SIZE] = {0x98, 0xc3, 0x41, 0xbf, 0xbd, 0x95, 0x55, 0xe1, 0xd4, 0x92, 0xa4,
                                             0x0d, 0xee, 0x8f, 0x5d, 0x4c, 0xbf, 0x9b, 0x25, 0xdf, 0x3c, 0xd0,
                                             0x97, 0x6d, 0x9e, 0x48, 0x4c, 0xcc, 0x04, 0xda, 0x01, 0x69};
    struct hash256 hash;
    struct buffer bytes;
    buffer_init(&bytes, DICTIONARY_BYTES_MAX);
    assert_ok(dictionary_unpack(1, &bytes));
    sha256_of(buffer_bytes(&bytes), &hash);
    assert_memory_equal(hash.b, first, HASH_SIZE);
    buffer_deinit(&bytes);
}

static void what_is_not_built_in_is_not_found(void **state) {
    struct buffer bytes;
    buffer_init(&bytes, DICTIONARY_BYTES_MAX);
    assert_err(ROND_ENOTFOUND, dictionary_unpack(DICTIONARY_NONE, &bytes));
    assert_err(ROND_ENOTFOUND, dictionary_unpack(DICTIONARY_NEWEST + 1, &bytes));
    assert_int_equal(bytes.size, 0);
    for (uint32_t number = 1; number <= DICTIONARY_NEWEST; number++) {
        size_t before = bytes.size;
        assert_ok(dictionary_unpack(number, &bytes));
        assert_true(bytes.size > before);
    }
    buffer_deinit(&bytes);
}

static void of_those_that_both_know_the_newest_is_taken(void **state) {
    const uint32_t named[] = {DICTIONARY_NEWEST, 9999, 0, DICTIONARY_NEWEST}, unknown[] = {9999, 0};
    assert_int_equal(dictionary_common(named, ARRAY_COUNT(named)), DICTIONARY_NEWEST);
    assert_int_equal(dictionary_common(unknown, ARRAY_COUNT(unknown)), DICTIONARY_NONE);
    assert_int_equal(dictionary_common(NULL, 0), DICTIONARY_NONE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_of_a_number_never_change),
        cmocka_unit_test(what_is_not_built_in_is_not_found),
        cmocka_unit_test(of_those_that_both_know_the_newest_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
