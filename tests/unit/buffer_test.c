#include "base/buffer.h"

#include "support/test.h"

static void what_is_appended_stands_there_as_bytes_and_as_text(void **state) {
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    assert_string_equal(buffer_text(&buffer), "");
    assert_ok(buffer_append(&buffer, bytes_of_text("ab")));
    assert_ok(buffer_append(&buffer, bytes_of(NULL, 0)));
    assert_ok(buffer_printf(&buffer, "-%d-%s", 7, "x"));
    assert_string_equal(buffer_text(&buffer), "ab-7-x");
    assert_int_equal(buffer_bytes(&buffer).size, 6);
    for (int i = 0; i < 500; i++)
        assert_ok(buffer_printf(&buffer, "%03d", i));
    assert_int_equal(buffer.size, 1506);
    assert_string_equal(buffer_text(&buffer) + 1500, "498499");
    buffer_clear(&buffer);
    assert_string_equal(buffer_text(&buffer), "");
    buffer_deinit(&buffer);
    buffer_deinit(&buffer);
    buffer_deinit(NULL);
}

static void beyond_the_bound_nothing_changes(void **state) {
    struct buffer buffer;
    buffer_init(&buffer, 4);
    assert_ok(buffer_append(&buffer, bytes_of_text("abc")));
    assert_err(ROND_EFULL, buffer_append(&buffer, bytes_of_text("de")));
    assert_err(ROND_EFULL, buffer_printf(&buffer, "%s", "de"));
    assert_err(ROND_EFULL, buffer_reserve(&buffer, SIZE_MAX));
    assert_string_equal(buffer_text(&buffer), "abc");
    assert_ok(buffer_append(&buffer, bytes_of_text("d")));
    assert_string_equal(buffer_text(&buffer), "abcd");
    buffer_deinit(&buffer);
}

static void reserved_room_is_filled_without_another_allocation(void **state) {
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    assert_ok(buffer_reserve(&buffer, 900));
    uint8_t *data = buffer.data;
    for (int i = 0; i < 900; i++)
        assert_ok(buffer_append(&buffer, bytes_of_text("z")));
    assert_ptr_equal(data, buffer.data);
    buffer_deinit(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_appended_stands_there_as_bytes_and_as_text),
        cmocka_unit_test(beyond_the_bound_nothing_changes),
        cmocka_unit_test(reserved_room_is_filled_without_another_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
