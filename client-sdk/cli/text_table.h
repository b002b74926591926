// Text in aligned columns. Cells are UTF-8; each code point is taken to be one column wide.
#ifndef CLI_TEXT_TABLE_H
#define CLI_TEXT_TABLE_H

#include "cli.h"

enum { TABLE_COLUMNS_MAX = 8, TEXT_TABLE_CUT_SIZE = 256 };
struct text_table {
    size_t columns;
    char ***rows; // each an array of `columns` texts
    enum cli_style *styles;
    size_t rows_count;
};
void text_table_init(struct text_table *table, size_t columns);
void text_table_deinit(struct text_table *table);
// One text per column; copied. The first row is the heading.
void text_table_add(struct text_table *table, enum cli_style style, const char *const *cells);
// Free text for a cell: what does not fit the row is left away, with an ellipsis.
const char *text_table_cut(const char *text, char ret_cell[TEXT_TABLE_CUT_SIZE]);
void text_table_print(const struct text_table *table, const struct cli *cli);

#endif
