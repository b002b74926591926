#include "base/arena.h"

#include <string.h>

#include "support/test.h"

static bool is_zero(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (data[i] != 0)
            return false;
    return true;
}

static void allocations_are_aligned_zero_and_apart(void **state) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int round = 0; round < 3; round++) {
        uint8_t *previous = NULL;
        for (size_t size = 1; size < 700; size++) {
            uint8_t *data = arena_alloc(&arena, size);
            assert_non_null(data);
            assert_int_equal((uintptr_t)data % 16, 0);
            assert_true(is_zero(data, size));
            memset(data, 0xee, size);
            if (previous != NULL)
                assert_true(previous[size - 2] == 0xee && previous != data);
            previous = data;
        }
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_deinit(&arena);
}

static void the_cap_holds_for_large_small_and_empty_allocations(void **state) {
    struct arena arena;
    arena_init(&arena, 1024);
    assert_null(arena_alloc(&arena, 1025));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_array(&arena, SIZE_MAX / 2, 4));
    int count = 0;
    while (count < 1000 && arena_alloc(&arena, 0) != NULL)
        count++;
    assert_int_equal(count, 64);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 1024));
    assert_null(arena_alloc(&arena, 1));
    arena_deinit(&arena);
    arena_deinit(NULL);
}

static void a_cap_can_be_moved_with_what_is_in_use(void **state) {
    struct arena arena;
    arena_init(&arena, 0);
    assert_null(arena_alloc(&arena, 16));
    arena_allow(&arena, 32);
    assert_non_null(arena_alloc(&arena, 16));
    arena_allow(&arena, 32);
    assert_non_null(arena_alloc(&arena, 32));
    assert_null(arena_alloc(&arena, 1));
    arena_deinit(&arena);
}

// The address sanitizer has each allocation in a block of its own (base/arena.c).
#if defined(__SANITIZE_ADDRESS__)
#define assert_place(actual, expected) ((void)(actual), (void)(expected))
#else
#define assert_place(actual, expected) assert_ptr_equal(actual, expected)
#endif

static void a_large_allocation_does_not_waste_the_block_in_use(void **state) {
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *before = arena_alloc(&arena, 16);
    uint8_t *large = arena_alloc(&arena, 200000);
    assert_non_null(large);
    memset(large, 1, 200000);
    uint8_t *after = arena_alloc(&arena, 16);
    assert_place(after, before + 16);
    arena_reset(&arena);
    assert_place(arena_alloc(&arena, 16), before);
    arena_deinit(&arena);
}

static void texts_and_runs_are_copied(void **state) {
    struct arena arena;
    arena_init(&arena, 4096);
    char text[] = "stortorget";
    char *copy = arena_text(&arena, text);
    struct bytes run;
    assert_true(arena_copy(&arena, bytes_of_text(text), &run));
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(copy, "stortorget");
    assert_true(bytes_equal(run, bytes_of_text("stortorget")));
    assert_string_equal(arena_printf(&arena, "%s/%d", "lund", 3), "lund/3");
    struct bytes untouched = run;
    assert_false(arena_copy(&arena, bytes_of(text, 5000), &untouched));
    assert_ptr_equal(untouched.data, run.data);
    arena_deinit(&arena);
}

static void protobuf_allocates_here_and_frees_nothing(void **state) {
    struct arena arena;
    arena_init(&arena, 64);
    void *data = arena.pb.alloc(arena.pb.allocator_data, 48);
    assert_non_null(data);
    arena.pb.free(arena.pb.allocator_data, data);
    assert_int_equal(arena.used, 48);
    assert_null(arena.pb.alloc(arena.pb.allocator_data, 48));
    arena_deinit(&arena);
}

// What it takes of memory cannot be asked; that it stays in use as it was can.
static void what_is_little_begins_small_and_what_is_released_goes_on(void **state) {
    struct arena arena;
    arena_init_small(&arena, 1 << 20);
    assert_true(arena.first_size < 1024);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size < 700; size++) {
            uint8_t *data = arena_alloc(&arena, size);
            assert_non_null(data);
            assert_true(is_zero(data, size));
            memset(data, 0xee, size);
        }
        assert_null(arena_alloc(&arena, 1 << 20));
        arena_release(&arena);
        assert_null(arena.blocks);
        assert_int_equal(arena.used, 0);
    }
    arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_zero_and_apart),
        cmocka_unit_test(the_cap_holds_for_large_small_and_empty_allocations),
        cmocka_unit_test(a_cap_can_be_moved_with_what_is_in_use),
        cmocka_unit_test(a_large_allocation_does_not_waste_the_block_in_use),
        cmocka_unit_test(texts_and_runs_are_copied),
        cmocka_unit_test(protobuf_allocates_here_and_frees_nothing),
        cmocka_unit_test(what_is_little_begins_small_and_what_is_released_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
