#include "wire/seal.h"

#include <string.h>

#include "support/golden.h"

static struct seal_key golden_key(void) {
    struct seal_key key;
    for (int i = 0; i < SEAL_KEY_SIZE; i++)
        key.b[i] = (uint8_t)(0x50 + i);
    return key;
}

static struct bytes golden_aad(uint64_t seq) {
    static uint8_t aad[12 + ID_SIZE + 8];
    struct id128 outbox = golden_id(GOLDEN_OUTBOX);
    memcpy(aad, "rond seal v1", 12);
    memcpy(aad + 12, outbox.b, ID_SIZE);
    put_be64(aad + 12 + ID_SIZE, seq);
    return bytes_of(aad, sizeof aad);
}

static void the_seal_reaches_the_golden_value(void **state) {
    struct seal_key key = golden_key();
    uint8_t next = 0x80;
    struct rng rng = {.fill = golden_fill, .context = &next};
    struct buffer sealed;
    buffer_init(&sealed, 1000);
    assert_ok(seal(&key, &rng, golden_aad(1), bytes_of_text("first report"), &sealed));
    assert_hex(buffer_bytes(&sealed),
               "01808182838485868788898a8b05285f4a62ed9e8162552df2501072b5064cd440f82dd4d08da835bac8d6"
               "8c1942b898be74a170607b1071694fed510c6f9e43598bf583ffce736a004eb74fb60103ee89c2c966907a"
               "7c52a7");
    buffer_deinit(&sealed);
}

static void what_is_sealed_comes_back_whatever_its_size(void **state) {
    struct seal_key key = golden_key();
    static uint8_t plain[70000];
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7);
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4096, sizeof plain};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct buffer sealed, back;
        buffer_init(&sealed, 100000);
        buffer_init(&back, 100000);
        assert_ok(buffer_append(&back, bytes_of_text("before")));
        assert_ok(seal(&key, rng_system(), golden_aad(1), bytes_of(plain, sizes[i]), &sealed));
        assert_int_equal(sealed.size, sizes[i] + SEAL_OVERHEAD);
        assert_ok(unseal(&key, golden_aad(1), buffer_bytes(&sealed), &back));
        assert_int_equal(back.size, 6 + sizes[i]);
        assert_memory_equal(back.data, "before", 6);
        assert_memory_equal(back.data + 6, plain, sizes[i]);
        buffer_deinit(&sealed);
        buffer_deinit(&back);
    }
}

static void every_altered_byte_every_cut_another_place_and_another_key_are_found(void **state) {
    struct seal_key key = golden_key();
    struct buffer sealed, back;
    buffer_init(&sealed, 1000);
    buffer_init(&back, 1000);
    assert_ok(seal(&key, rng_system(), golden_aad(1), bytes_of_text("secret"), &sealed));
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 1;
        assert_err(ROND_ECORRUPT, unseal(&key, golden_aad(1), buffer_bytes(&sealed), &back));
        sealed.data[i] ^= 1;
        assert_err(ROND_ECORRUPT, unseal(&key, golden_aad(1), bytes_of(sealed.data, i), &back));
    }
    assert_err(ROND_ECORRUPT, unseal(&key, golden_aad(2), buffer_bytes(&sealed), &back));
    key.b[31] ^= 1;
    assert_err(ROND_ECORRUPT, unseal(&key, golden_aad(1), buffer_bytes(&sealed), &back));
    assert_int_equal(back.size, 0);
    buffer_deinit(&sealed);
    buffer_deinit(&back);
}

static void the_same_report_sealed_twice_shows_nothing_in_common(void **state) {
    struct seal_key key = golden_key();
    struct buffer a, b;
    buffer_init(&a, 1000);
    buffer_init(&b, 1000);
    assert_ok(seal(&key, rng_system(), golden_aad(1), bytes_of_text("secret"), &a));
    assert_ok(seal(&key, rng_system(), golden_aad(1), bytes_of_text("secret"), &b));
    assert_memory_not_equal(a.data + 1, b.data + 1, 12);
    assert_memory_not_equal(a.data + 13, b.data + 13, 48);
    assert_memory_not_equal(a.data + 61, b.data + 61, 6);
    buffer_deinit(&a);
    buffer_deinit(&b);
}

static void without_room_nothing_is_written(void **state) {
    struct seal_key key = golden_key();
    struct buffer sealed, back;
    buffer_init(&sealed, SEAL_OVERHEAD + 6);
    buffer_init(&back, 5);
    assert_err(ROND_EFULL, seal(&key, rng_system(), golden_aad(1), bytes_of_text("secrets"), &sealed));
    assert_int_equal(sealed.size, 0);
    assert_ok(seal(&key, rng_system(), golden_aad(1), bytes_of_text("secret"), &sealed));
    assert_err(ROND_EFULL, unseal(&key, golden_aad(1), buffer_bytes(&sealed), &back));
    assert_int_equal(back.size, 0);
    buffer_deinit(&sealed);
    buffer_deinit(&back);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_seal_reaches_the_golden_value),
        cmocka_unit_test(what_is_sealed_comes_back_whatever_its_size),
        cmocka_unit_test(every_altered_byte_every_cut_another_place_and_another_key_are_found),
        cmocka_unit_test(the_same_report_sealed_twice_shows_nothing_in_common),
        cmocka_unit_test(without_room_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
