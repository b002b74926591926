#include "text_table.h"

#include <stdlib.h>
#include <string.h>

static void *must(void *memory) {
    if (memory == NULL) {
        fputs("rond: out of memory\n", stderr);
        exit(EXIT_CODE_UNEXPECTED);
    }
    return memory;
}

void text_table_init(struct text_table *table, size_t columns) {
    *table = (struct text_table){.columns = columns};
}

void text_table_deinit(struct text_table *table) {
    for (size_t row = 0; row < table->rows_count; row++) {
        for (size_t column = 0; column < table->columns; column++)
            free(table->rows[row][column]);
        free(table->rows[row]);
    }
    free(table->rows);
    free(table->styles);
}

void text_table_add(struct text_table *table, enum cli_style style, const char *const *cells) {
    table->rows = must(realloc(table->rows, (table->rows_count + 1) * sizeof *table->rows));
    table->styles = must(realloc(table->styles, (table->rows_count + 1) * sizeof *table->styles));
    char **row = must(calloc(table->columns, sizeof *row));
    for (size_t column = 0; column < table->columns; column++)
        row[column] = must(strdup(cells[column] != NULL ? cells[column] : ""));
    table->styles[table->rows_count] = style;
    table->rows[table->rows_count++] = row;
}

const char *text_table_cut(const char *text, char ret_cell[TEXT_TABLE_CUT_SIZE]) {
    enum { CUT_WIDTH = 48 };
    static const char ellipsis[] = "…";
    size_t size = 0, width = 0, fits = 0;
    for (; text[size] != '\0' && size < TEXT_TABLE_CUT_SIZE - sizeof ellipsis; size++) {
        if (((unsigned char)text[size] & 0xc0) == 0x80)
            continue;
        if (width++ == CUT_WIDTH)
            break;
        fits = width == CUT_WIDTH ? size : fits;
    }
    bool is_whole = text[size] == '\0';
    size_t kept = is_whole ? size : fits;
    memcpy(ret_cell, text, kept);
    strcpy(ret_cell + kept, is_whole ? "" : ellipsis);
    return ret_cell;
}

static size_t width_of(const char *text) {
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

// Text from a report goes to a terminal: no control characters.
static void print_text(const char *text) {
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

void text_table_print(const struct text_table *table, const struct cli *cli) {
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    for (size_t row = 0; row < table->rows_count; row++)
        for (size_t column = 0; column < table->columns; column++)
            if (width_of(table->rows[row][column]) > widths[column])
                widths[column] = width_of(table->rows[row][column]);
    for (size_t row = 0; row < table->rows_count; row++) {
        bool is_plain = table->styles[row] == STYLE_PLAIN;
        fputs(is_plain ? "" : cli_style(cli, table->styles[row]), stdout);
        size_t last = table->columns;
        while (last > 1 && table->rows[row][last - 1][0] == '\0')
            last--;
        for (size_t column = 0; column < last; column++) {
            const char *cell = table->rows[row][column];
            print_text(cell);
            if (column + 1 < last)
                printf("%*s", (int)(widths[column] - width_of(cell) + 2), "");
        }
        fputs(is_plain ? "" : cli_style(cli, STYLE_PLAIN), stdout);
        putchar('\n');
    }
}
