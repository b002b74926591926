// What the public reads: figures of the week, published statements as they were signed, places about where they are.
//
// Tests: server/read/public_figures.c server/read/public_places.c server/read/public_documents.c server/read/public_tables.c
// Tests: server/read/public_page.c server/read/public_page_tables.c server/read/public_words.c server/read/public_site.c
// Tests: server/read/public_site_answers.c
#include "read/public_site.h"

#include <string.h>

#include "read/public_figures.h"
#include "read/public_tables.h"
#include "read/public_words.h"
#include "support/followups.h"
#include "support/stockholm.h"
#include "support/test.h"

static struct lund lund;
static struct public_site *site;
static const struct public_settings SETTINGS = {.origin = "https://rond.example.se", .licence = "CC0-1.0"};

static int open_lund(void **state) {
    UNUSED(state);
    lund_open_memory(&lund, rng_system());
    return 0;
}
static int close_lund(void **state) {
    UNUSED(state);
    public_site_destroy(site);
    site = NULL;
    lund_close(&lund);
    return 0;
}

// False where nothing was new.
static bool make(const char *now) {
    struct public_site *made = NULL;
    assert_ok(public_site_make(lund.store, lund.catalogue, &SETTINGS, stockholm_at(now), site, &made));
    if (made == NULL)
        return false;
    public_site_destroy(site);
    site = made;
    return true;
}

static const struct public_entry *entry(const char *path, bool swedish) {
    const struct public_entry *found = public_site_find(site, path, swedish);
    if (found == NULL)
        fail_msg("there is nothing at %s", path);
    return found;
}

static const char *text(const char *path, bool swedish) {
    struct bytes body = entry(path, swedish)->body;
    char *copy = arena_alloc(&lund.arena, body.size + 1);
    memcpy(copy, body.data, body.size);
    copy[body.size] = '\0';
    return copy;
}

static void figures_stand_still_until_the_week_is_over(void **state) {
    UNUSED(state);
    static const char path[] = "/api/v1/public/promises/lund-2015-trafik";
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-03-01 10:00"));
    assert_true(make("2015-06-02 10:00"));
    assert_non_null(strstr(text(path, true), "1 av minst 10 kontroller"));
    assert_non_null(strstr(text(path, true), "\"week\": \"2015-06-01\""));
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-03-02 10:00"));
    assert_false(make("2015-06-07 23:00"));
    assert_true(make("2015-06-08 10:00"));
    assert_non_null(strstr(text(path, true), "2 av minst 10 kontroller"));
}

static void a_statement_is_given_as_it_was_signed_and_stays(void **state) {
    UNUSED(state);
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-03-01 10:00"));
    assert_true(make("2016-06-02 10:00"));
    struct followup first = published(&lund, "lund-2015-trafik", "2015-T1");
    assert_true(make("2016-06-02 10:01"));
    static const char path[] = "/api/v1/public/promises/lund-2015-trafik/statements/2015-T1/v1.json";
    assert_true(bytes_equal(entry(path, true)->body, first.document));
    assert_int_equal(entry("/api/v1/public/promises/lund-2015-trafik/statements/2015-T1/v1.json.sig", true)->body.size,
                     SIGNATURE_SIZE);
    const struct public_entry *kept = entry(path, true);
    assert_true(kept->is_frozen);
    lund_report(&lund, 0, 1, cycle_check(&lund, "2015-03-02 10:00"));
    (void)published(&lund, "lund-2015-trafik", "2015-T1");
    assert_true(make("2016-06-02 10:02"));
    assert_ptr_equal(entry(path, true), kept);
    assert_non_null(strstr(text("/public/lund-2015-trafik/2015-T1/2", true), "Ändrat sedan version 1"));
    assert_non_null(strstr(text("/public/lund-2015-trafik", true), "href=\"/public/lund-2015-trafik/2015-T1/2?lang=sv\""));
    assert_non_null(strstr(text("/api/v1/public/promises/lund-2015-trafik/statements", true),
                           "\"address\": \"https://rond.example.se/api/v1/public/promises/lund-2015-trafik/statements/"
                           "2015-T1/v2.json\""));
    assert_null(public_site_find(site, "/public/lund-2015-trafik/2015-T1/3", true));
    assert_null(public_site_find(site, "/public/", true));
}

static void every_page_is_there_in_both_languages_and_needs_no_script(void **state) {
    UNUSED(state);
    static const char *const pages[] = {"/public", "/public/lund-2015-trafik", "/public/lund-2015-station"};
    assert_true(make("2015-06-02 10:00"));
    for (size_t i = 0; i < ARRAY_COUNT(pages); i++)
        for (int swedish = 0; swedish < 2; swedish++) {
            const char *page = text(pages[i], swedish == 1);
            assert_non_null(strstr(page, swedish ? "<html lang=\"sv\">" : "<html lang=\"en\">"));
            assert_null(strstr(page, "<script"));
            assert_null(strstr(page, "style="));
            assert_null(strstr(page, "<style"));
        }
    for (unsigned i = 0; i < PUBLIC_WORD_COUNT; i++)
        for (int swedish = 0; swedish < 2; swedish++)
            assert_true(strlen(public_word((enum public_word)i, swedish == 1)) > 0);
}

static void what_has_not_begun_to_be_kept_is_not_public(void **state) {
    UNUSED(state);
    lund_begin(&lund);
    lund_promise_enters(&lund, "lund-2015-trafik", ROND__V1__LIFE__LIFE_DRAFT, "2015-01-01");
    lund_refresh(&lund);
    lund_commit(&lund);
    assert_true(make("2014-12-01 10:00"));
    assert_null(public_site_find(site, "/public/lund-2015-trafik", true));
    assert_null(strstr(text("/public", true), "lund-2015-trafik"));
}

static void a_place_is_told_to_about_a_kilometre(void **state) {
    UNUSED(state);
    assert_true(make("2015-06-02 10:00"));
    const char *map = text("/api/v1/public/promises.geojson", true);
    assert_non_null(strstr(map, "\"coordinates\":[13.18,55.71]"));
    assert_non_null(strstr(map, "\"licence\":\"CC0-1.0\""));
    assert_non_null(strstr(map, "\"geometry\":null")); // of the promise that names no place
    assert_null(strstr(map, "55.705"));
}

static void a_table_is_rfc_4180_and_never_a_formula(void **state) {
    UNUSED(state);
    struct buffer csv;
    json_t *document = json_pack("{s:s,s:s,s:[{s:{s:s,s:s},s:s,s:s,s:s,s:[{s:s,s:s,s:i,s:n}]}]}", "licence", "CC0-1.0",
                                 "week", "2015-06-01", "promises", "area", "id", "lund", "name", "Lund", "promise", "p",
                                 "title_sv", "=HYPERLINK(\"x\")", "title_en", "\n=1", "commitments", "commitment", "p/c",
                                 "title_sv", "Åäö, \"ja\"", "done", 3, "kept_by_place");
    assert_non_null(document);
    buffer_init(&csv, PUBLIC_TABLE_BYTES_MAX);
    assert_ok(public_csv_write(document, &csv));
    const char *table = buffer_text(&csv);
    assert_memory_equal(table,
                        "\xef\xbb\xbf"
                        "area,area_name,promise,",
                        3 + 23);
    assert_non_null(strstr(table, "\r\nlund,Lund,p,\"'=HYPERLINK(\"\"x\"\")\",\"'\n=1\",,"));
    assert_non_null(strstr(table, "\"Åäö, \"\"ja\"\"\""));
    assert_non_null(strstr(table, ",2015-06-01,,CC0-1.0\r\n"));
    buffer_deinit(&csv);
    json_decref(document);
}

static void a_week_begins_on_monday(void **state) {
    UNUSED(state);
    char day[DATE_TEXT_SIZE];
    day_format(public_week(stockholm_at("2015-06-07 12:00")), day);
    assert_string_equal(day, "2015-06-01");
    day_format(public_week(stockholm_at("2015-06-08 12:00")), day);
    assert_string_equal(day, "2015-06-08");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(figures_stand_still_until_the_week_is_over, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(a_statement_is_given_as_it_was_signed_and_stays, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(every_page_is_there_in_both_languages_and_needs_no_script, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(what_has_not_begun_to_be_kept_is_not_public, open_lund, close_lund),
        cmocka_unit_test_setup_teardown(a_place_is_told_to_about_a_kilometre, open_lund, close_lund),
        cmocka_unit_test(a_table_is_rfc_4180_and_never_a_formula),
        cmocka_unit_test(a_week_begins_on_monday),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
