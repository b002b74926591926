// Tests: server/read/followup_page.c server/read/followup_tables.c server/read/followup_words.c
// read/followup_html.c and followup_words.c: the page, from the document alone.
#include "read/followup_html.h"

#include <string.h>

#include "read/followup_words.h"
#include "support/followups.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct lund lund;
static struct buffer page;

static int open_lund(void **state) {
    lund_open_memory(&lund, rng_system());
    buffer_init(&page, FOLLOWUP_HTML_BYTES_MAX);
    return 0;
}
static int close_lund(void **state) {
    buffer_deinit(&page);
    lund_close(&lund);
    return 0;
}

static const char *page_of(struct bytes document, bool swedish) {
    buffer_clear(&page);
    assert_ok(followup_html_write(document, swedish, NULL, &page, NULL));
    return buffer_text(&page);
}

static struct followup restated(void) {
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-03-01 10:00"));
    (void)published(&lund, "lund-2015-trafik", "2015-T1");
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-04-30 22:00"));
    return published(&lund, "lund-2015-trafik", "2015-T1");
}

static void heard_of(unsigned device, const char *wall, uint64_t last_seq) {
    struct id128 id = lund_device(device);
    lund_begin(&lund);
    assert_ok(lund.store->registry->device_seen(lund.store, &id, 1000 * stockholm_at(wall), NULL, last_seq, ""));
    lund_commit(&lund);
}

static void all_heard_of(const char *wall) {
    for (unsigned device = 0; device < LUND_DEVICES; device++)
        heard_of(device, wall, 0);
}

static size_t occurrences(const char *text, const char *word) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static void a_page_says_in_words_how_each_commitment_stands(void **state) {
    all_heard_of("2015-05-01 08:00");
    struct followup followup = restated();
    const char *text = page_of(followup.document, true);
    assert_non_null(strstr(text, "<html lang=\"sv\">"));
    assert_non_null(strstr(text, "2 av minst 10 kontroller"));
    assert_non_null(strstr(text, ">Efter<"));
    assert_non_null(strstr(text, "30 april 2015"));
    assert_non_null(strstr(text, "Ändrat sedan version 1"));
    assert_non_null(strstr(text, "1 rapport kom in efter publiceringen"));
    assert_int_equal(occurrences(text, "<th scope=\"row\">"), 5 + 1);
    text = page_of(followup.document, false);
    assert_non_null(strstr(text, "<html lang=\"en\">"));
    assert_non_null(strstr(text, "2 of at least 10 checks"));
    assert_non_null(strstr(text, ">Behind<"));
    assert_non_null(strstr(text, "30 April 2015"));
    assert_non_null(strstr(text, "1 report came in after publication"));
}

static void a_page_says_what_is_not_yet_known_and_since_when_how_many_are_silent(void **state) {
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-03-01 10:00"));
    all_heard_of("2016-01-01 08:00");
    heard_of(1, "2015-08-14 12:00", 0);
    heard_of(2, "2015-11-30 12:00", 0);
    heard_of(0, "2016-01-02 12:00", 2);
    struct followup followup = published(&lund, "lund-2015-trafik", "final");
    const char *text = page_of(followup.document, true);
    assert_non_null(
        strstr(text, "<span class=\"status unknown\">Vet inte än</span><br><span class=\"small\">enligt det som kommit "
                     "in: Ej uppfyllt</span>"));
    assert_non_null(strstr(text,
                           "Tysta enheter: 3\u00a0av\u00a06, som längst sedan <time datetime=\"2015-08-14\">14 augusti "
                           "2015</time>; med rapporter kvar att skicka: 1</td>"));
    assert_non_null(strstr(text, followup_word(WORD_UNKNOWN_TEXT, true)));
    text = page_of(followup.document, false);
    assert_non_null(strstr(text, ">Not yet known</span><br><span class=\"small\">by what has come in: Not met</span>"));
    assert_non_null(strstr(text, "Silent devices: 3\u00a0of\u00a06, the longest since <time"));
}

static void a_page_of_the_older_format_says_what_it_said(void **state) {
    static const char old[] =
        "{\"format\":\"rond follow-up 1\",\"version\":1,\"period\":{\"name\":\"final\",\"from\":\"2015-01-01\","
        "\"to\":\"2015-12-31\",\"until\":\"2015-12-31\"},\"commitments\":[{\"title_sv\":\"Kontroller\",\"status\":"
        "\"missed\","
        "\"figure\":{\"summary_sv\":\"1 av minst 10 kontroller\"},\"sureness\":{\"devices\":6,\"silent\":2}},"
        "{\"title_sv\":\"Kampanj\",\"status\":\"missed\",\"sureness\":{\"devices\":0,\"silent\":0}}]}";
    const char *text = page_of(bytes_of_text(old), true);
    assert_non_null(strstr(text, "<span class=\"status missed\">Ej uppfyllt</span></td>"));
    assert_non_null(strstr(text, "Tysta enheter: 2\u00a0av\u00a06</td>"));
    assert_non_null(strstr(text, "Ingen enhet var ansluten då"));
    assert_null(strstr(text, followup_word(WORD_UNKNOWN_TEXT, true)));
}

static void a_page_is_the_same_from_the_same_document(void **state) {
    struct followup followup = restated();
    const char *first = arena_text(&lund.arena, page_of(followup.document, true));
    assert_string_equal(first, page_of(followup.document, true));
    assert_string_not_equal(first, page_of(followup.document, false));
}

static void a_page_needs_nothing_from_elsewhere(void **state) {
    static const char *const words[] = {"<script", "http", "url(",   "@import",   "<link",
                                        "<img",    "src=", "onload", "javascript"};
    struct followup followup = restated();
    const char *text = page_of(followup.document, true);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        assert_null(strstr(text, words[i]));
}

static void texts_are_escaped_wherever_they_stand(void **state) {
    static const char hostile[] =
        "{\"format\":\"rond follow-up 2\",\"version\":2,\"area\":{\"id\":\"<i>\",\"name\":\"<b>&\\\"\"},"
        "\"promise\":{\"title_sv\":\"<b>&\\\"\",\"title_en\":null,\"from\":\"<b>&\\\"\",\"to\":\"<b>&\\\"\",\"phase\":\"<b>&"
        "\\\"\","
        "\"sources\":[\"<b>&\\\"\",7],\"parties\":[{\"name\":\"<b>&\\\"\"},null]},\"period\":{\"name\":\"<b>&\\\"\","
        "\"from\":\"<b>&\\\"\","
        "\"to\":\"<b>&\\\"\",\"until\":\"<b>&\\\"\",\"early\":true},\"commitments\":[{\"status\":\"<b>&\\\"\",\"title_sv\":"
        "\"<b>&\\\"\","
        "\"status_by_reports\":\"<b>&\\\"\",\"sureness\":{\"devices\":1,\"silent\":1,\"since\":\"<b>&\\\"\"},"
        "\"figure\":{\"summary_sv\":\"<b>&\\\"\"},\"measure\":\"<b>&\\\"\"},7],\"state\":{\"name\":\"<b>&\\\"\"},"
        "\"replaces\":{\"version\":\"<b>&\\\"\"},\"changes\":[{\"title_sv\":\"<b>&\\\"\",\"from\":null,\"to\":{\"status\":"
        "\"<b>&\\\"\"},"
        "\"why\":{\"late\":\"<b>&\\\"\"}},7],\"time_zone\":{\"id\":\"<b>&\\\"\",\"version\":\"<b>&\\\"\"}}";
    for (unsigned swedish = 0; swedish < 2; swedish++) {
        const char *text = page_of(bytes_of_text(hostile), swedish);
        assert_null(strstr(text, "<b>"));
        assert_null(strstr(text, "&\""));
        assert_non_null(strstr(text, "&lt;b&gt;&amp;&quot;"));
    }
}

static void what_is_no_followup_is_refused(void **state) {
    static const char *const texts[] = {"",      "{}", "[]", "7", "{\"format\":\"rond follow-up 3\"}", "{\"format\":7}",
                                        "<html>"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fault fault = {0};
        assert_err(ROND_EINVALID, followup_html_write(bytes_of_text(texts[i]), true, NULL, &page, &fault));
        assert_true(fault.text[0] != '\0');
    }
}

static void every_word_is_there_in_both_languages(void **state) {
    for (unsigned word = 0; word < WORD_COUNT; word++)
        for (unsigned swedish = 0; swedish < 2; swedish++)
            assert_true(strlen(followup_word(word, swedish)) > 1);
    for (int status = PROGRESS_NOT_STARTED; status <= PROGRESS_UNKNOWN; status++) {
        assert_non_null(followup_status(progress_status_name(status), true));
        assert_non_null(followup_status(progress_status_name(status), false));
    }
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, open_lund, close_lund)
    const struct CMUnitTest tests[] = {
        TEST(a_page_says_in_words_how_each_commitment_stands),
        TEST(a_page_says_what_is_not_yet_known_and_since_when_how_many_are_silent),
        TEST(a_page_of_the_older_format_says_what_it_said),
        TEST(a_page_is_the_same_from_the_same_document),
        TEST(a_page_needs_nothing_from_elsewhere),
        TEST(texts_are_escaped_wherever_they_stand),
        TEST(what_is_no_followup_is_refused),
        TEST(every_word_is_there_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
