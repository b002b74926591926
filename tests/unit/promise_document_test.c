// Promises out and in again, as structures and as files; and what a version is that somebody has seen.
//
// Tests: server/read/promise_document.c server/read/promise_show.c server/read/promise_source.c
#include <stdio.h>
#include <string.h>

#include "support/desk.h"
#include "support/test.h"

static struct desk desk;

static int open_desk(void **state) {
    UNUSED(state);
    desk_open(&desk);
    return 0;
}
static int close_desk(void **state) {
    UNUSED(state);
    desk_close(&desk);
    return 0;
}

static const char *const FIXTURES[] = {
    "tests/fixtures/lund-2015.yaml",
    "tests/fixtures/strangnas-2019.yaml",
    "tests/fixtures/promises/angered-2015.yaml",
    "tests/fixtures/promises/gotland-2019.yaml",
    "tests/fixtures/promises/kiruna-2017.yaml",
    "tests/fixtures/promises/lund-2015-natt.yaml",
    "tests/fixtures/promises/norrtalje-2016.yaml",
    "tests/fixtures/promises/pitea-arvidsjaur-2015.yaml",
    "tests/fixtures/promises/sodertalje-2018.yaml",
    "tests/fixtures/rules/actions.yaml",
    "tests/fixtures/rules/campaign.yaml",
    "tests/fixtures/rules/counts.yaml",
    "tests/fixtures/rules/filters.yaml",
    "tests/fixtures/rules/places.yaml",
    "tests/fixtures/rules/presence.yaml",
    "tests/fixtures/rules/rates.yaml",
};

static void import(const char *path) {
    static char text[256 * 1024];
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    desk_do(&desk, json_pack("{s:s,s:s,s:s}", "command", "promise.import", "name", path, "text", text));
}

static json_t *putting_in(const char *area, const json_t *promise, json_t *take_expected) {
    return json_pack("{s:s,s:s,s:O,s:o*}", "command", "promise.save", "area", area, "promise", promise, "expected_versions",
                     take_expected);
}

#define SHOW(promise) json_pack("{s:s,s:s}", "command", "promise.show", "promise", promise)
#define FILE_OF(promise) json_pack("{s:s,s:s}", "command", "promise.file", "promise", promise)

// Every promise there is, one after the other.
static json_t *promises(void) {
    desk_do(&desk, json_pack("{s:s}", "command", "promise.list"));
    return json_deep_copy(desk.rows.list);
}

static void a_promise_that_is_shown_or_exported_comes_back_as_it_was(void **state) {
    UNUSED(state);
    size_t commitments = 0;
    for (size_t i = 0; i < ARRAY_COUNT(FIXTURES); i++)
        import(FIXTURES[i]);
    uint64_t revision = catalogue_revision(desk.lund.catalogue);
    json_t *all = promises();
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *id = field_text(json_array_get(all, i), "promise");
        json_t *shown = json_deep_copy(desk_do(&desk, SHOW(id)));
        const json_t *promise = field(shown, "promise");
        commitments += json_array_size(field(promise, "commitments"));
        desk_do(&desk, putting_in(field_text(shown, "area"), promise, json_pack("{s:O}", id, field(shown, "version"))));
        assert_int_equal(catalogue_revision(desk.lund.catalogue), revision);
        const char *text = arena_text(&desk.lund.arena, field_text(desk_do(&desk, FILE_OF(id)), "text"));
        desk_do(&desk, json_pack("{s:s,s:s}", "command", "promise.import", "text", text));
        assert_int_equal(catalogue_revision(desk.lund.catalogue), revision);
        json_decref(shown);
    }
    assert_true(json_array_size(all) > 15 && commitments > 60); // or the loop proves nothing
    json_decref(all);
}

static void an_exported_file_is_named_and_says_what_it_is(void **state) {
    UNUSED(state);
    import(FIXTURES[0]);
    const json_t *file = desk_do(&desk, FILE_OF("lund-2015-trafik"));
    assert_string_equal(field_text(file, "name"), "lund-2015-trafik.yaml");
    const char *text = field_text(file, "text");
    assert_int_equal(strncmp(text, "# lund-2015-trafik, version ", 28), 0);
    assert_non_null(strstr(text, "area: {id: lund, name: Lund, timezone: Europe/Stockholm}\n"));
    assert_non_null(
        strstr(text, "  - {id: cykel, title_sv: Riktade kontroller mot beteendebrott på cykel, measure: at_least, target: "
                     "10, kind: check, of: cyclist_behaviour, form: targeted}\n"));
    assert_null(strstr(text, "jernhusen")); // what it does not name is not in it
    assert_null(strstr(text, "stortorget"));
    desk_refused(&desk, FILE_OF("nowhere"), ROND_ENOTFOUND, "promise");
    desk_refused(&desk, SHOW("nowhere"), ROND_ENOTFOUND, "promise");
}

static json_t *shown(const char *promise) {
    json_t *copy = json_deep_copy(field(desk_do(&desk, SHOW(promise)), "promise"));
    assert_non_null(copy);
    return copy;
}

static json_t *putting(json_t *promise, json_t *take_expected) {
    return putting_in("lund", promise, take_expected);
}

static json_t *seen(json_int_t version) {
    return json_pack("{s:I}", "lund-2015-trafik", version);
}

static void what_is_wrong_with_a_promise_names_its_field(void **state) {
    UNUSED(state);
    import(FIXTURES[0]);
    json_t *promise = shown("lund-2015-trafik");
    json_t *cykel = json_array_get(json_object_get(promise, "commitments"), 1);
    json_object_set_new(cykel, "target", json_integer(0));
    desk_refused(&desk, putting(promise, seen(1)), ROND_EINVALID, "commitments[1].target");
    json_object_set_new(cykel, "target", json_integer(7));
    json_object_set_new(cykel, "owner", json_string("nobody-knows"));
    json_object_set_new(promise, "title_sv", json_string("\"</script>\n- x: {y"));
    desk_refused(&desk, putting(promise, seen(1)), ROND_EINVALID, "commitments[1].owner");
    json_object_set_new(promise, "surprise", json_integer(1));
    desk_do(&desk, json_pack("{s:s,s:s,s:O}", "command", "promise.check", "area", "lund", "promise", promise));
    assert_int_equal(kept_count(&desk.rows), 2);
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "field"), "surprise");
    assert_string_equal(field_text(kept_row(&desk.rows, 0), "fault"), "surprise: unknown key");
    assert_true(field_is_null(kept_row(&desk.rows, 0), "line"));
    assert_false(field_truth(desk.last, "good"));
    json_object_del(promise, "surprise");
    json_object_del(cykel, "owner");
    desk_refused(&desk, putting(promise, NULL), ROND_EINVALID, "expected_versions");
    desk_do(&desk, putting(promise, seen(1)));
    json_t *now = shown("lund-2015-trafik");
    assert_string_equal(field_text(now, "title_sv"), "\"</script>\n- x: {y"); // what was typed, and nothing else
    assert_true(json_equal(now, promise));
    desk_refused(&desk, putting_in("nowhere", promise, seen(2)), ROND_EINVALID, "area");
    json_decref(now);
    json_decref(promise);
}

static void nothing_is_put_over_a_version_that_was_not_seen(void **state) {
    UNUSED(state);
    import(FIXTURES[0]);
    json_t *first = shown("lund-2015-trafik"), *second = json_deep_copy(first);
    json_int_t version = field_number(desk.last, "version");
    json_object_set_new(first, "title_en", json_string("One"));
    json_object_set_new(second, "title_en", json_string("Two"));
    desk_do(&desk, putting(first, json_pack("{s:I}", "lund-2015-trafik", version)));
    desk_refused(&desk, putting(second, json_pack("{s:I}", "lund-2015-trafik", version)), ROND_ECONFLICT,
                 "expected_versions");
    json_t *now = shown("lund-2015-trafik");
    assert_string_equal(field_text(now, "title_en"), "One");
    assert_int_equal(field_number(desk.last, "version"), version + 1);
    assert_int_equal(field_number(desk.last, "newest"), version + 1);
    json_decref(now);
    desk_do(&desk, putting(first, json_pack("{s:I}", "lund-2015-trafik", version))); // the same again changes nothing
    desk_do(&desk, putting(second, json_pack("{s:I}", "lund-2015-trafik", version + 1)));
    json_object_set_new(second, "id", json_string("lund-2016"));
    desk_refused(&desk, putting(second, json_pack("{s:i}", "lund-2016", 3)), ROND_ECONFLICT, "expected_versions");
    desk_do(&desk, putting(second, json_pack("{s:i}", "lund-2016", 0)));
    json_object_set_new(second, "title_en", json_string("Three"));
    desk_refused(&desk, putting(second, json_pack("{s:i}", "lund-2016", 0)), ROND_ECONFLICT, "expected_versions");
    desk_refused(&desk, putting(second, json_pack("{s:s}", "lund-2016", "1")), ROND_EINVALID, "expected_versions");
    desk_refused(&desk, putting(second, json_integer(1)), ROND_EINVALID, "expected_versions");
    json_decref(first);
    json_decref(second);
}

static void an_earlier_version_can_be_looked_at(void **state) {
    UNUSED(state);
    import(FIXTURES[0]);
    json_t *promise = shown("lund-2015-trafik");
    json_int_t version = field_number(desk.last, "version");
    json_object_set_new(promise, "title_en", json_string("Later"));
    desk_do(&desk, putting(promise, seen(version)));
    const json_t *earlier = desk_do(
        &desk, json_pack("{s:s,s:s,s:I}", "command", "promise.show", "promise", "lund-2015-trafik", "version", version));
    assert_int_equal(field_number(earlier, "version"), version);
    assert_int_equal(field_number(earlier, "newest"), version + 1);
    assert_null(json_object_get(field(earlier, "promise"), "title_en"));
    desk_refused(&desk, json_pack("{s:s,s:s,s:i}", "command", "promise.show", "promise", "lund-2015-trafik", "version", 99),
                 ROND_ENOTFOUND, "promise");
    json_decref(promise);
}

// The word in a list as it is now; NULL: there is none.
static const json_t *word_of(const char *list, const char *id) {
    desk_do(&desk, json_pack("{s:s,s:s}", "command", "words", "list", list));
    for (size_t i = 0; i < kept_count(&desk.rows); i++)
        if (strcmp(field_text(kept_row(&desk.rows, i), "id"), id) == 0)
            return kept_row(&desk.rows, i);
    return NULL;
}

// A whole file names them anew; one promise leaves them as they are.
static void a_saved_promise_brings_new_words_and_changes_nothing_but_itself(void **state) {
    UNUSED(state);
    import(FIXTURES[0]);
    json_t *promise = shown("lund-2015-trafik");
    json_t *cykel = json_array_get(json_object_get(promise, "commitments"), 1);
    json_object_set_new(cykel, "of", json_string("e_scooters"));
    desk_do(&desk, putting(promise, seen(1)));
    assert_non_null(word_of("check", "e_scooters"));
    import(FIXTURES[1]); // of Strängnäs: its places are not Lund's
    uint64_t revision = catalogue_revision(desk.lund.catalogue);
    json_object_set_new(cykel, "places", json_pack("[s]", "laggesta-station"));
    assert_non_null(word_of("place", "laggesta-station"));
    desk_refused(&desk, putting(promise, seen(2)), ROND_EINVALID, "commitments[1].places[0]");
    assert_string_equal(field_text(word_of("place", "laggesta-station"), "area"), "strangnas");
    assert_int_equal(catalogue_revision(desk.lund.catalogue), revision);
    json_object_set_new(cykel, "places", json_pack("[s]", "stortorget"));
    desk_do(&desk, putting(promise, seen(2)));
    assert_int_equal(catalogue_revision(desk.lund.catalogue), revision + 1); // the promise
    desk_do(&desk, json_pack("{s:s}", "command", "audit"));
    assert_non_null(strstr(buffer_text(&desk.answer), "area=lund promise=lund-2015-trafik version=3"));
    json_decref(promise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_promise_that_is_shown_or_exported_comes_back_as_it_was, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(an_exported_file_is_named_and_says_what_it_is, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(what_is_wrong_with_a_promise_names_its_field, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(nothing_is_put_over_a_version_that_was_not_seen, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(an_earlier_version_can_be_looked_at, open_desk, close_desk),
        cmocka_unit_test_setup_teardown(a_saved_promise_brings_new_words_and_changes_nothing_but_itself, open_desk,
                                        close_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
