#include "app_trouble.h"

#include "support/test.h"

static void trouble_begins_changes_and_ends(void **state) {
    UNUSED(state);
    struct app_trouble trouble = {0};
    app_trouble_note(&trouble, ROND_OK, NULL, 1000);
    assert_string_equal(app_trouble_name(&trouble), "");
    app_trouble_note(&trouble, ROND_EFULL, NULL, 2000);
    assert_string_equal(app_trouble_name(&trouble), "store_full");
    assert_string_equal(trouble.text, "The disk is full.");
    app_trouble_note(&trouble, ROND_EFULL, "another", 3000); // the same, and told
    assert_string_equal(trouble.text, "The disk is full.");
    app_trouble_note(&trouble, ROND_EIO, "It hums.", 4000);
    assert_string_equal(app_trouble_name(&trouble), "store_failed");
    assert_string_equal(trouble.text, "It hums.");
    assert_int_equal(trouble.since_ms, 2000);
    assert_int_equal(trouble.begun, 1);
    app_trouble_note(&trouble, ROND_OK, NULL, 5000);
    assert_string_equal(app_trouble_name(&trouble), "");
    app_trouble_note(&trouble, ROND_EAGAIN, "", 6000);
    assert_string_equal(app_trouble_name(&trouble), "store_failed");
    assert_int_equal(trouble.begun, 2);
    assert_int_equal(trouble.since_ms, 6000);
}

static void a_damaged_store_stays_so_and_the_text_learns_where(void **state) {
    UNUSED(state);
    struct app_trouble trouble = {0};
    app_trouble_note(&trouble, ROND_ECORRUPT, NULL, 1000);
    app_trouble_note(&trouble, ROND_ECORRUPT, "Table forks.", 2000);
    app_trouble_note(&trouble, ROND_EFULL, NULL, 3000);
    app_trouble_note(&trouble, ROND_OK, NULL, 4000);
    assert_string_equal(app_trouble_name(&trouble), "store_damaged");
    assert_string_equal(trouble.text, "Table forks.");
    assert_int_equal(trouble.begun, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trouble_begins_changes_and_ends),
        cmocka_unit_test(a_damaged_store_stays_so_and_the_text_learns_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
