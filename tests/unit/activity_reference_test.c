#include "wire/activity_reference.h"

#include "support/test.h"

static void a_reference_is_short_and_says_where_it_comes_from(void **state) {
    (void)state;
    char text[ACTIVITY_REFERENCE_SIZE];
    activity_reference_make(ACTIVITY_JOINED, 0, text);
    assert_string_equal(text, "J-00000");
    activity_reference_make(ACTIVITY_PLANNED, UINT32_MAX, text);
    assert_string_equal(text, "P-ZZZZZ");
    activity_reference_make(ACTIVITY_PLANNED, 1, text);
    assert_string_equal(text, "P-00001");
}

static void a_planned_one_is_known_however_it_is_typed(void **state) {
    (void)state;
    static const struct {
        const char *typed, *read;
    } cases[] = {
        {"P-7QK2M", "P-7QK2M"}, {"p-7qk2m", "P-7QK2M"}, {"p-oilab", "P-011AB"}, {"J-7QK2M", NULL}, {"P-7QK2", NULL},
        {"P-7QK2MX", NULL},     {"P-7QK2U", NULL},      {"P_7QK2M", NULL},      {"", NULL},        {"taxi-05", NULL}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[ACTIVITY_REFERENCE_SIZE] = "";
        assert_int_equal(activity_reference_is_planned(cases[i].typed, text), cases[i].read != NULL);
        assert_string_equal(text, cases[i].read == NULL ? "" : cases[i].read);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reference_is_short_and_says_where_it_comes_from),
        cmocka_unit_test(a_planned_one_is_known_however_it_is_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
