#include "base/number_text.h"

#include "support/test.h"

static void thousands_are_set_apart_as_each_language_does(void **state) {
    UNUSED(state);
    static const struct {
        int64_t number;
        const char *sv, *en;
    } vectors[] = {
        {0, "0", "0"},
        {999, "999", "999"},
        {1000, "1\u00a0000", "1,000"},
        {3690, "3\u00a0690", "3,690"},
        {100005, "100\u00a0005", "100,005"},
        {1234567, "1\u00a0234\u00a0567", "1,234,567"},
        {-12, "\u221212", "-12"},
        {-1234, "\u22121\u00a0234", "-1,234"},
        {INT64_MAX, "9\u00a0223\u00a0372\u00a0036\u00a0854\u00a0775\u00a0807", "9,223,372,036,854,775,807"},
        {INT64_MIN, "\u22129\u00a0223\u00a0372\u00a0036\u00a0854\u00a0775\u00a0808", "-9,223,372,036,854,775,808"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(vectors); i++) {
        assert_string_equal(number_sv(vectors[i].number), vectors[i].sv);
        assert_string_equal(number_en(vectors[i].number), vectors[i].en);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_are_set_apart_as_each_language_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
