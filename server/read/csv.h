// Rows of a list as CSV (RFC 4180), for spreadsheets: UTF-8 with its mark before the first line, since spreadsheets take
// another encoding where there is none; cells by commas, lines by CRLF.
//
// A column is a path through a row's objects ("report.check.form"); server/web/build.mjs makes the columns of each list from
// its description. Where the path ends at an array of texts or numbers the cell has them with "; " between; at any other
// array or object, JSON; at null or nothing, nothing. A text that a spreadsheet would take for a formula, because it begins
// with = + - @, a tab or a line break, gets an apostrophe before it: what somebody typed on a handheld is never carried out.
#ifndef READ_CSV_H
#define READ_CSV_H

#include <jansson.h>

#include "base/buffer.h"

struct csv_columns {
    const char *const *paths;
    size_t count;
};

// The mark and the line with the columns' names.
MUST_CHECK enum rond_err csv_begin(const struct csv_columns *columns, struct buffer *to);
MUST_CHECK enum rond_err csv_row(const struct csv_columns *columns, const json_t *row, struct buffer *to);

#endif
