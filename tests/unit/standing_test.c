// Tests: client-sdk/cli/standing.c
// How a commitment stands, as the handheld's command line says it.
#include "cli/standing.h"

#include "support/test.h"

#include <string.h>

#include "handheld.h"
#include "said.h"

enum { SINCE_S = 1432897200 }; // 2015-05-29 13:00 in Stockholm

static int setup(void **state) {
    static struct handheld handheld;
    handheld_open(&handheld);
    handheld_enrol(&handheld, "police_officer", 1);
    handheld_reference(&handheld);
    *state = &handheld;
    return 0;
}

static int teardown(void **state) {
    handheld_close(*state);
    return 0;
}

static rond_standing standing_of(const char *status, const char *by_reports, const char *state, unsigned silent,
                                 int64_t since_s) {
    return (rond_standing){.status = status,
                           .status_by_reports = by_reports,
                           .state = state,
                           .done = 4,
                           .target = 10,
                           .summary_sv = "4 av minst 10 kontroller",
                           .summary_en = "4 of at least 10 checks",
                           .silent_devices = silent,
                           .silent_since_s = since_s};
}

static void what_is_unknown_says_what_has_come_in_and_who_is_silent_since_when(void **state) {
    static const struct {
        const char *status, *by_reports, *state;
        unsigned silent;
        int64_t since_s;
        const char *said_en, *said_sv;
    } cases[] = {
        {"on_pace", "on_pace", "active", 2, SINCE_S, "4 of at least 10 checks", "4 av minst 10 kontroller"},
        {"unknown", "behind", "active", 1, SINCE_S,
         "4 of at least 10 checks (behind by what has come in; 1 device silent, since 2015-05-29 13:00)",
         "4 av minst 10 kontroller (efter av det som kommit in; 1 enhet tyst, sedan 2015-05-29 13:00)"},
        {"unknown", "missed", "active", 3, SINCE_S,
         "4 of at least 10 checks (missed by what has come in; 3 devices silent, one since 2015-05-29 13:00)",
         "4 av minst 10 kontroller (ej uppfyllt av det som kommit in; 3 enheter tysta, en sedan 2015-05-29 13:00)"},
        {"unknown", "behind", "active", 1, 0,
         "4 of at least 10 checks (behind by what has come in; 1 device silent, never heard of)",
         "4 av minst 10 kontroller (efter av det som kommit in; 1 enhet tyst, har aldrig hörts av)"},
        {"unknown", "missed", "closed", 2, 0,
         "4 of at least 10 checks (missed by what has come in; 2 devices silent, one never heard of) (closed)",
         "4 av minst 10 kontroller (ej uppfyllt av det som kommit in; 2 enheter tysta, en har aldrig hörts av) (avslutat)"},
        {"missed", "missed", "followed_up", 0, 0, "4 of at least 10 checks (followed up)",
         "4 av minst 10 kontroller (uppföljt)"},
        {"unknown", "unknown", "active", 0, 0, "4 of at least 10 checks",
         "4 av minst 10 kontroller"}, // a person must decide
    };
    struct handheld *handheld = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rond_standing standing =
            standing_of(cases[i].status, cases[i].by_reports, cases[i].state, cases[i].silent, cases[i].since_s);
        char text[STANDING_TEXT_SIZE];
        standing_format(handheld->rond, &standing, false, text);
        assert_string_equal(text, cases[i].said_en);
        standing_format(handheld->rond, &standing, true, text);
        assert_string_equal(text, cases[i].said_sv);
    }
}

static void whatever_the_status_it_is_said_that_more_may_come_in(void **state) {
    struct handheld *handheld = *state;
    rond_standing standing = standing_of("met", "met", "active", 2, SINCE_S);
    said_begin();
    standing_print_silence(handheld->rond, &standing, false);
    standing_print_silence(handheld->rond, &standing, true);
    standing.silent_devices = 0;
    standing_print_silence(handheld->rond, &standing, false);
    standing_print_silence(handheld->rond, NULL, false);
    said_end();
    assert_string_equal(said.out,
                        "2 devices silent or with more to send, one since 2015-05-29 13:00: more may come in.\n"
                        "2 enheter tysta eller har mer att skicka, en sedan 2015-05-29 13:00: mer kan komma in.\n");
}

static void a_status_has_words_in_both_languages_and_a_new_one_its_name(void **state) {
    assert_string_equal(standing_status("on_pace", false), "on pace");
    assert_string_equal(standing_status("missed", true), "ej uppfyllt");
    assert_string_equal(standing_status("surpassed", true), "surpassed");
    assert_string_equal(standing_status("", false), "");
}

static void as_json_it_has_all_of_it(void **state) {
    struct handheld *handheld = *state;
    rond_standing standing = standing_of("unknown", "behind", "closed", 2, SINCE_S);
    json_t *made = standing_json(handheld->rond, &standing);
    json_t *expected =
        json_loads("{\"status\": \"unknown\", \"status_by_reports\": \"behind\", \"state\": \"closed\", \"done\": 4,"
                   " \"target\": 10, \"summary_sv\": \"4 av minst 10 kontroller\","
                   " \"summary_en\": \"4 of at least 10 checks\", \"version\": 0, \"silent_devices\": 2,"
                   " \"silent_since\": \"2015-05-29T13:00:00+02:00\"}",
                   0, NULL);
    assert_true(json_equal(made, expected));
    json_decref(made);
    json_decref(expected);
    assert_true(json_is_null(standing_json(handheld->rond, NULL)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_unknown_says_what_has_come_in_and_who_is_silent_since_when),
        TEST(whatever_the_status_it_is_said_that_more_may_come_in),
        TEST(a_status_has_words_in_both_languages_and_a_new_one_its_name),
        TEST(as_json_it_has_all_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
