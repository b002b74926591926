#include "base/sha256.h"

#include <pthread.h>

#include "support/test.h"

static void assert_hash(const struct hash256 *hash, const char *expected) {
    char text[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(hash->b, HASH_SIZE), text);
    assert_string_equal(text, expected);
}

static void known_answers_are_given(void **state) { // FIPS 180-4 examples
    struct hash256 hash;
    sha256_of(bytes_of_text("abc"), &hash);
    assert_hash(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256_of(bytes_of(NULL, 0), &hash);
    assert_hash(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void parts_hash_as_if_in_one_row(void **state) {
    struct bytes parts[] = {bytes_of_text("a"), bytes_of(NULL, 0), bytes_of_text("bc")};
    struct hash256 hash;
    sha256_parts(parts, ARRAY_COUNT(parts), &hash);
    assert_hash(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void *hash_many(void *ret) {
    struct hash256 *hash = ret;
    for (int i = 0; i < 2000; i++)
        sha256_of(bytes_of(hash->b, HASH_SIZE), hash);
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state) {
    struct hash256 hashes[4] = {0};
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_many, &hashes[i]), 0);
    for (size_t i = 0; i < ARRAY_COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 1; i < ARRAY_COUNT(threads); i++)
        assert_true(hash256_equal(&hashes[0], &hashes[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_are_given),
        cmocka_unit_test(parts_hash_as_if_in_one_row),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
