#include "cli/text_table.h"

#include <string.h>

#include "said.h"

static const struct cli plain = {0}, coloured = {.is_coloured = true};

static const char *printed(const struct text_table *table, const struct cli *cli) {
    said_begin();
    text_table_print(table, cli);
    said_end();
    assert_string_equal(said.err, "");
    return said.out;
}

#define ADD(table, style, ...) text_table_add(table, style, (const char *const[]){__VA_ARGS__})

static void columns_are_as_wide_as_their_widest_cell_and_two(void **state) {
    struct text_table table;
    text_table_init(&table, 3);
    ADD(&table, STYLE_PLAIN, "place", "n", "text");
    ADD(&table, STYLE_PLAIN, "a", "1000", "x");
    ADD(&table, STYLE_PLAIN, "a longer one", "2", "y");
    assert_string_equal(printed(&table, &plain), "place         n     text\n"
                                                 "a             1000  x\n"
                                                 "a longer one  2     y\n");
    text_table_deinit(&table);
}

static void a_letter_of_several_bytes_is_one_column(void **state) {
    struct text_table table;
    text_table_init(&table, 2);
    ADD(&table, STYLE_PLAIN, "Kävlinge å", "1");
    ADD(&table, STYLE_PLAIN, "Lund C sta", "2");
    ADD(&table, STYLE_PLAIN, "€", "3");
    assert_string_equal(printed(&table, &plain), "Kävlinge å  1\n"
                                                 "Lund C sta  2\n"
                                                 "€           3\n");
    text_table_deinit(&table);
}

static void no_line_ends_in_blanks(void **state) {
    struct text_table table;
    text_table_init(&table, 3);
    ADD(&table, STYLE_PLAIN, "a", "bbbb", "c");
    ADD(&table, STYLE_PLAIN, "a", "b", "");
    ADD(&table, STYLE_PLAIN, "a", "", NULL);
    ADD(&table, STYLE_PLAIN, "", "", "");
    ADD(&table, STYLE_PLAIN, NULL, NULL, "c");
    assert_string_equal(printed(&table, &plain), "a  bbbb  c\n"
                                                 "a  b\n"
                                                 "a\n"
                                                 "\n"
                                                 "         c\n");
    text_table_deinit(&table);
}

// What a report holds was typed by somebody: it may not move the cursor, colour the screen or ring.
static void control_characters_do_not_reach_the_terminal(void **state) {
    struct text_table table;
    text_table_init(&table, 2);
    ADD(&table, STYLE_PLAIN, "\033[2Jgone", "a\r\nb\tc\a\b\x7f!");
    assert_string_equal(printed(&table, &plain), " [2Jgone  a  b c   !\n");
    ADD(&table, STYLE_BAD, "\033]0;x", "y");
    assert_null(strchr(printed(&table, &plain), '\033'));
    text_table_deinit(&table);
}

static void a_row_is_coloured_on_a_terminal_only(void **state) {
    struct text_table table;
    text_table_init(&table, 2);
    ADD(&table, STYLE_BOLD, "head", "");
    ADD(&table, STYLE_PLAIN, "a", "b");
    ADD(&table, STYLE_GOOD, "c", "d");
    assert_string_equal(printed(&table, &plain), "head\na     b\nc     d\n");
    assert_string_equal(printed(&table, &coloured), "\033[1mhead\033[0m\na     b\n\033[32mc     d\033[0m\n");
    text_table_deinit(&table);
}

static void cells_are_copied_and_there_may_be_many_or_none(void **state) {
    enum { ROWS = 1000 };
    struct text_table table;
    text_table_init(&table, TABLE_COLUMNS_MAX);
    assert_string_equal(printed(&table, &plain), "");
    for (int i = 0; i < ROWS; i++) {
        char cell[] = "x";
        ADD(&table, STYLE_PLAIN, cell, cell, cell, cell, cell, cell, cell, cell);
        cell[0] = 'y';
    }
    assert_int_equal(table.rows_count, ROWS);
    assert_string_equal(table.rows[0][TABLE_COLUMNS_MAX - 1], "x");
    assert_string_equal(table.rows[ROWS - 1][0], "x");
    text_table_deinit(&table);
}

static void a_long_text_is_cut_between_letters(void **state) {
    char cell[TEXT_TABLE_CUT_SIZE], text[1000] = "", expected[1000] = "";
    assert_string_equal(text_table_cut("", cell), "");
    for (int i = 0; i < 48; i++)
        strcat(text, "å");
    assert_string_equal(text_table_cut(text, cell), text); // it just fits
    memcpy(expected, text, 47 * strlen("å"));
    strcat(expected, "…");
    strcat(text, "ä");
    assert_string_equal(text_table_cut(text, cell), expected);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_their_widest_cell_and_two),
        cmocka_unit_test(a_letter_of_several_bytes_is_one_column),
        cmocka_unit_test(no_line_ends_in_blanks),
        cmocka_unit_test(control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(a_row_is_coloured_on_a_terminal_only),
        cmocka_unit_test(a_long_text_is_cut_between_letters),
        cmocka_unit_test(cells_are_copied_and_there_may_be_many_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
