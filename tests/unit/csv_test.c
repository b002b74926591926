#include "read/csv.h"

#include <string.h>

#include "support/test.h"

static const char *const PATHS[] = {"reference", "report.check.form", "report.text", "kinds", "findings", "counted", "row"};
static const struct csv_columns COLUMNS = {PATHS, sizeof PATHS / sizeof *PATHS};

static void row_is(const char *json, const char *expected) {
    struct buffer to;
    json_t *row = json_loads(json, 0, NULL);
    assert_non_null(row);
    buffer_init(&to, 4096);
    assert_int_equal(csv_row(&COLUMNS, row, &to), ROND_OK);
    assert_string_equal(buffer_text(&to), expected);
    buffer_deinit(&to);
    json_decref(row);
}

static void the_first_line_has_the_columns_behind_the_mark_of_utf_8(void **state) {
    struct buffer to;
    buffer_init(&to, 4096);
    assert_int_equal(csv_begin(&COLUMNS, &to), ROND_OK);
    assert_string_equal(buffer_text(&to),
                        "\xef\xbb\xbfreference,report.check.form,report.text,kinds,findings,counted,row\r\n");
    buffer_deinit(&to);
}

static void values_stand_under_their_columns_and_what_is_not_there_is_empty(void **state) {
    row_is("{\"row\": -7, \"reference\": \"7QK2MB-0F-9\", \"counted\": true, \"report\": {\"check\": {\"form\": "
           "\"targeted\"}}}",
           "7QK2MB-0F-9,targeted,,,,true,-7\r\n");
    row_is("{\"report\": null, \"counted\": null, \"kinds\": []}", ",,,,,,\r\n");
    row_is("{\"report\": {\"check\": 1}}", ",,,,,,\r\n");
}

static void lists_of_words_are_joined_and_anything_else_is_json(void **state) {
    row_is("{\"kinds\": [\"plate\", \"number\", 3], \"findings\": [{\"place\": \"a\"}]}",
           ",,,plate; number; 3,\"[{\"\"place\"\":\"\"a\"\"}]\",,\r\n");
}

static void quotes_commas_and_lines_are_kept_within_one_cell(void **state) {
    row_is("{\"report\": {\"text\": \"han sade \\\"nej\\\",\\nsedan gick han\"}}",
           ",,\"han sade \"\"nej\"\",\nsedan gick han\",,,,\r\n");
    row_is("{\"report\": {\"text\": \"åäö\"}}", ",,åäö,,,,\r\n");
    row_is("{\"report\": {\"text\": \"\\\"\"}}", ",,\"\"\"\",,,,\r\n");
}

static void what_a_spreadsheet_would_carry_out_is_a_text(void **state) {
    row_is("{\"reference\": \"=HYPERLINK(A1)\"}", "'=HYPERLINK(A1),,,,,,\r\n");
    row_is("{\"reference\": \"+1\"}", "'+1,,,,,,\r\n");
    row_is("{\"reference\": \"-1\"}", "'-1,,,,,,\r\n");
    row_is("{\"reference\": \"@SUM(A1,A2)\"}", "\"'@SUM(A1,A2)\",,,,,,\r\n");
    row_is("{\"reference\": \"\\t=1\"}", "'\t=1,,,,,,\r\n");
    row_is("{\"reference\": \"\\r=1\"}", "\"'\r=1\",,,,,,\r\n");
    row_is("{\"kinds\": [\"=1\", \"=2\"]}", ",,,'=1; =2,,,\r\n");
    row_is("{\"reference\": \"a=1\"}", "a=1,,,,,,\r\n");
}

static void a_row_that_does_not_fit_is_refused(void **state) {
    struct buffer to;
    json_t *row = json_pack("{s:s}", "reference", "more than there is room for");
    buffer_init(&to, 16);
    assert_int_equal(csv_row(&COLUMNS, row, &to), ROND_EFULL);
    buffer_deinit(&to);
    json_decref(row);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_line_has_the_columns_behind_the_mark_of_utf_8),
        cmocka_unit_test(values_stand_under_their_columns_and_what_is_not_there_is_empty),
        cmocka_unit_test(lists_of_words_are_joined_and_anything_else_is_json),
        cmocka_unit_test(quotes_commas_and_lines_are_kept_within_one_cell),
        cmocka_unit_test(what_a_spreadsheet_would_carry_out_is_a_text),
        cmocka_unit_test(a_row_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
