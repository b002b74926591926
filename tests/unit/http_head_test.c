#include "net/http_head.h"

#include <stdio.h>

#include "support/test.h"

static bool has_tag(const char *given, const char *tag) {
    struct http_head head = {0};
    (void)snprintf(head.if_none_match, sizeof head.if_none_match, "%s", given);
    return http_head_has_tag(&head, tag);
}

static void a_tag_is_found_among_others_whole_and_weak_or_not(void **state) {
    assert_true(has_tag("\"abc\"", "\"abc\""));
    assert_true(has_tag("\"x\", W/\"abc\" ,\"y\"", "\"abc\""));
    assert_false(has_tag("", "\"abc\""));
    assert_false(has_tag("\"abcd\"", "\"abc\""));
    assert_false(has_tag("\"ab\"", "\"abc\""));
    assert_false(has_tag("abc", "\"abc\""));
    assert_false(has_tag(" , ,", "\"abc\""));
}

static bool accepts(const char *given, const char *encoding) {
    struct http_head head = {0};
    (void)snprintf(head.accept_encoding, sizeof head.accept_encoding, "%s", given);
    return http_head_accepts(&head, encoding);
}

static void an_encoding_is_accepted_where_it_is_named_and_not_refused(void **state) {
    assert_true(accepts("gzip, deflate, br, zstd", "br"));
    assert_true(accepts("br", "br"));
    assert_true(accepts("gzip;q=0.8, br;q=0.5", "gzip"));
    assert_true(accepts("br ; q=1", "br"));
    assert_false(accepts("gzip, br;q=0", "br"));
    assert_false(accepts("gzip, br; q=0.0", "br"));
    assert_false(accepts("brotli", "br"));
    assert_false(accepts("", "br"));
    assert_false(accepts("identity", "br"));
}

static bool prefers_english(const char *given) {
    struct http_head head = {0};
    (void)snprintf(head.accept_language, sizeof head.accept_language, "%s", given);
    return http_head_prefers(&head, "en", "sv");
}

static void a_language_is_preferred_where_it_weighs_more(void **state) {
    assert_true(prefers_english("en-GB,en;q=0.9"));
    assert_true(prefers_english("sv;q=0.3, EN"));
    assert_true(prefers_english("de, en;q=0.2"));
    assert_false(prefers_english("sv-SE,sv;q=0.9,en;q=0.8"));
    assert_false(prefers_english("en;q=0"));
    assert_false(prefers_english("eng, enx-GB"));
    assert_false(prefers_english("sv, en")); // the same weight
    assert_false(prefers_english(""));
    assert_false(prefers_english("en;q="));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_is_found_among_others_whole_and_weak_or_not),
        cmocka_unit_test(an_encoding_is_accepted_where_it_is_named_and_not_refused),
        cmocka_unit_test(a_language_is_preferred_where_it_weighs_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
