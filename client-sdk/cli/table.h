// Text in aligned columns. Cells are UTF-8; each code point is taken to be one column wide.
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli.h"

enum { TABLE_COLUMNS_MAX = 8, TABLE_CUT_SIZE = 256 };
struct table {
    size_t columns;
    char ***rows; // each an array of `columns` texts
    enum cli_style *styles;
    size_t rows_count;
};
void table_init(struct table *table, size_t columns);
void table_deinit(struct table *table);
// One text per column; copied. The first row is the heading.
void table_add(struct table *table, enum cli_style style, const char *const *cells);
// Free text for a cell: what does not fit the row is left away, with an ellipsis.
const char *table_cut(const char *text, char ret_cell[TABLE_CUT_SIZE]);
void table_print(const struct table *table, const struct cli *cli);

#endif
