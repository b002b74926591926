#include "auth/code.h"

#include <ctype.h>
#include <string.h>

#include "enrol.h"
#include "support/test.h"

static void a_code_carries_the_secret_and_the_fingerprint_to_the_device(void **state) {
    struct rng_seeded seeded;
    rng_seeded_init(&seeded, 5);
    struct rng rng = rng_seeded_as_rng(&seeded);
    for (int i = 0; i < 500; i++) {
        uint8_t secret[CODE_SECRET_SIZE];
        struct hash256 ca;
        char text[CODE_TEXT_SIZE];
        struct enrol_code_parts parts;
        code_secret_make(&rng, secret);
        rng_fill(&rng, &ca, sizeof ca);
        code_format(secret, &ca, text);
        assert_ok(enrol_code_parse(text, &parts, NULL));
        assert_memory_equal(parts.secret, secret, sizeof secret);
        assert_memory_equal(parts.ca_fingerprint, ca.b, CA_FINGERPRINT_SIZE);
    }
}

static void a_code_is_read_in_groups_of_five(void **state) {
    const uint8_t secret[CODE_SECRET_SIZE] = {0};
    const struct hash256 ca = {{0xff, 0xff}};
    char text[CODE_TEXT_SIZE];
    code_format(secret, &ca, text);
    assert_string_equal(text, "R0400-00000-00000-00000-00000-000FZ-ZR000-00000-00000-00000-0001B-X6");
    assert_int_equal(strlen(text), 57 + 11);
}

static void the_store_knows_only_the_hash_of_the_secret(void **state) {
    const uint8_t secret[CODE_SECRET_SIZE] = {1, 2, 3};
    struct hash256 hash;
    code_secret_hash(secret, &hash);
    char text[2 * HASH_SIZE + 1];
    hex_encode(bytes_of(hash.b, HASH_SIZE), text);
    assert_string_equal(text, "96e3c19e7d9d46d940080397d66a638e9985151bfc7e5bd30ff75f9fee8cb4e3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_carries_the_secret_and_the_fingerprint_to_the_device),
        cmocka_unit_test(a_code_is_read_in_groups_of_five),
        cmocka_unit_test(the_store_knows_only_the_hash_of_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
