#include "wire/compress.h"

#include <string.h>
#include <zstd.h>

#include "support/patrols.h"
#include "support/report_samples.h"
#include "support/test.h"
#include "wire/dictionary.h"

enum { RAW_SIZE = 100000 };
static uint8_t raw[RAW_SIZE];
static struct arena arena;
static struct buffer packed;

static int setup(void **state) {
    for (size_t i = 0; i < RAW_SIZE; i++)
        raw[i] = (uint8_t)(i % 97);
    arena_init(&arena, 2 * RAW_SIZE);
    buffer_init(&packed, 4 * RAW_SIZE);
    return compress_append(bytes_of(raw, RAW_SIZE), 0, &packed) == ROND_OK ? 0 : -1;
}

static int teardown(void **state) {
    arena_deinit(&arena);
    buffer_deinit(&packed);
    return 0;
}

static void what_is_compressed_comes_back_and_is_smaller(void **state) {
    struct bytes back;
    assert_true(packed.size < RAW_SIZE / 10);
    assert_ok(decompress(&arena, buffer_bytes(&packed), 0, RAW_SIZE, &back));
    assert_true(bytes_equal(back, bytes_of(raw, RAW_SIZE)));
}

static void what_is_compressed_quickly_comes_back_too(void **state) {
    struct buffer quick;
    struct bytes back;
    buffer_init(&quick, 2 * RAW_SIZE);
    assert_ok(compress_append_fast(bytes_of(raw, RAW_SIZE), &quick));
    assert_true(quick.size < RAW_SIZE);
    assert_ok(decompress(&arena, buffer_bytes(&quick), 0, RAW_SIZE, &back));
    assert_memory_equal(back.data, raw, RAW_SIZE);
    buffer_clear(&packed); // and leaves nothing behind for what is packed harder
    assert_ok(compress_append(bytes_of(raw, RAW_SIZE), 0, &packed));
    assert_true(packed.size <= quick.size);
    buffer_deinit(&quick);
}

static void another_size_than_said_is_refused(void **state) {
    struct bytes back;
    assert_err(ROND_EPROTOCOL, decompress(&arena, buffer_bytes(&packed), 0, RAW_SIZE - 1, &back));
    assert_err(ROND_EPROTOCOL, decompress(&arena, buffer_bytes(&packed), 0, RAW_SIZE + 1, &back));
    assert_int_equal(arena.used, 0);
}

static void cut_altered_or_followed_by_more_is_refused(void **state) {
    struct bytes back;
    assert_err(ROND_EPROTOCOL, decompress(&arena, bytes_of(packed.data, packed.size - 1), 0, RAW_SIZE, &back));
    assert_err(ROND_EPROTOCOL, decompress(&arena, bytes_of(NULL, 0), 0, RAW_SIZE, &back));
    assert_err(ROND_EPROTOCOL, decompress(&arena, bytes_of(raw, 100), 0, RAW_SIZE, &back));
    assert_ok(buffer_append(&packed, bytes_of("x", 1)));
    assert_err(ROND_EPROTOCOL, decompress(&arena, buffer_bytes(&packed), 0, RAW_SIZE, &back));
    packed.size--;
    assert_ok(compress_append(bytes_of(raw, 10), 0, &packed));
    assert_err(ROND_EPROTOCOL, decompress(&arena, buffer_bytes(&packed), 0, RAW_SIZE, &back));
}

static void a_frame_that_hides_its_size_is_refused(void **state) {
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    uint8_t hidden[1000];
    size_t size = ZSTD_compress2(context, hidden, sizeof hidden, raw, 200);
    assert_false(ZSTD_isError(size));
    struct bytes back;
    assert_err(ROND_EPROTOCOL, decompress(&arena, bytes_of(hidden, size), 0, 200, &back));
    ZSTD_freeCCtx(context);
}

static void bounds_hold_before_memory_is_taken(void **state) {
    struct arena small;
    struct bytes back;
    arena_init(&small, RAW_SIZE / 2);
    assert_err(ROND_ENOMEM, decompress(&small, buffer_bytes(&packed), 0, RAW_SIZE, &back));
    arena_deinit(&small);
    struct buffer full;
    buffer_init(&full, 1000);
    assert_err(ROND_EFULL, compress_append(bytes_of(raw, RAW_SIZE), 0, &full));
    assert_int_equal(full.size, 0);
    buffer_deinit(&full);
}

static void a_dictionary_that_is_not_built_in_is_said_aloud(void **state) {
    struct bytes back;
    assert_err(ROND_ENOTFOUND, compress_append(bytes_of(raw, 10), 9999, &packed));
    assert_err(ROND_ENOTFOUND, decompress(&arena, buffer_bytes(&packed), 9999, RAW_SIZE, &back));
}

static void with_a_dictionary_little_becomes_less_and_is_read_with_the_same_alone(void **state) {
    struct bytes report = record_of_report(&arena, patrol_report(&arena, &PATROLS_IN_LUND, 1, 1)).report, back;
    struct buffer with, without;
    buffer_init(&with, 10000);
    buffer_init(&without, 10000);
    assert_ok(compress_append(report, DICTIONARY_NEWEST, &with));
    assert_ok(compress_append(report, DICTIONARY_NONE, &without));
    assert_true(with.size < without.size * 3 / 4);
    assert_ok(decompress(&arena, buffer_bytes(&with), DICTIONARY_NEWEST, report.size, &back));
    assert_true(bytes_equal(back, report));
    assert_err(ROND_EPROTOCOL, decompress(&arena, buffer_bytes(&with), DICTIONARY_NONE, report.size, &back));
    buffer_deinit(&with);
    buffer_deinit(&without);
}

static void one_after_another_with_and_without_do_not_mix(void **state) {
    for (unsigned i = 0; i < 10; i++) {
        uint32_t dictionary = i % 2 == 0 ? DICTIONARY_NONE : DICTIONARY_NEWEST;
        struct bytes back;
        buffer_clear(&packed);
        arena_reset(&arena);
        assert_ok(compress_append(bytes_of(raw + i, 1000), dictionary, &packed));
        assert_ok(decompress(&arena, buffer_bytes(&packed), dictionary, 1000, &back));
        assert_true(bytes_equal(back, bytes_of(raw + i, 1000)));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_compressed_comes_back_and_is_smaller), TEST(what_is_compressed_quickly_comes_back_too),
        TEST(another_size_than_said_is_refused),
        TEST(cut_altered_or_followed_by_more_is_refused),   TEST(a_frame_that_hides_its_size_is_refused),
        TEST(bounds_hold_before_memory_is_taken),           TEST(a_dictionary_that_is_not_built_in_is_said_aloud),
        TEST(with_a_dictionary_little_becomes_less_and_is_read_with_the_same_alone),
        TEST(one_after_another_with_and_without_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
