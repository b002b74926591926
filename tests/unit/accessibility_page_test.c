// The accessibility statement: what only the operator knows is said, or that it is not.
//
// Tests: server/read/accessibility_page.c
#include "read/accessibility_page.h"

#include <string.h>

#include "support/test.h"

static struct buffer page;

static const char *written(const char *contact, const char *assessed, bool swedish) {
    const struct accessibility of = {contact, assessed};
    buffer_deinit(&page);
    buffer_init(&page, ACCESSIBILITY_PAGE_BYTES_MAX);
    assert_ok(accessibility_page_write(&of, swedish, &page));
    return buffer_text(&page);
}

static void it_says_what_the_act_asks_for_in_both_languages(void **state) {
    UNUSED(state);
    static const char *const PARTS[2][5] = {
        {"lang=\"en\"", "2018:1937", "conforms in part", "Known shortcomings", "Digg"},
        {"lang=\"sv\"", "2018:1937", "delvis förenlig", "Kända brister", "Myndigheten för digital förvaltning (Digg)"}};
    for (int swedish = 0; swedish < 2; swedish++)
        for (size_t i = 0; i < 5; i++)
            assert_non_null(strstr(written("", "", swedish == 1), PARTS[swedish][i]));
    buffer_deinit(&page);
}

static void contact_and_day_are_the_operators_and_are_said_to_be_missing(void **state) {
    UNUSED(state);
    assert_non_null(strstr(written("", "", true), "har inte angett någon kontakt än"));
    assert_non_null(strstr(written("", "", true), "har inte angett när"));
    assert_non_null(strstr(written("a@b.example", "2026-11-01", true), "<a href=\"mailto:a@b.example\">a@b.example</a>"));
    assert_non_null(strstr(buffer_text(&page), "1 november 2026"));
    assert_null(strstr(buffer_text(&page), "har inte angett"));
    assert_non_null(strstr(written("https://b.example/x?a=1&b", "", true), "<a href=\"https://b.example/x?a=1&amp;b\">"));
    assert_non_null(strstr(written("the desk, room 2 @ noon", "", false), "Contact: the desk, room 2 @ noon</p>"));
    assert_non_null(strstr(written("javascript:x", "", false), "Contact: javascript:x</p>"));
    assert_non_null(strstr(written("\"><script>@x", "", false), "&quot;&gt;&lt;script&gt;@x"));
    buffer_deinit(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_the_act_asks_for_in_both_languages),
        cmocka_unit_test(contact_and_day_are_the_operators_and_are_said_to_be_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
