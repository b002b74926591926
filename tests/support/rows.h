// Rows that a reader gave, kept to be looked at.
#ifndef TESTS_SUPPORT_ROWS_H
#define TESTS_SUPPORT_ROWS_H

#include "read/rows.h"

struct kept_rows {
    struct read_rows rows; // to be passed to the reader
    json_t *list;
    size_t stop_after;     // answers ROND_EIO from then on; 0: never
};

void kept_rows_init(struct kept_rows *kept);
void kept_rows_deinit(struct kept_rows *kept);
size_t kept_count(const struct kept_rows *kept);
const json_t *kept_row(const struct kept_rows *kept, size_t index); // aborts where there is none

// Fields by name; abort where there is none of that type.
const char *field_text(const json_t *object, const char *name);
int64_t field_number(const json_t *object, const char *name);
bool field_truth(const json_t *object, const char *name);
bool field_is_null(const json_t *object, const char *name); // there, and null
const json_t *field(const json_t *object, const char *name);
// The first of a list of objects whose field has that text; NULL without.
const json_t *object_with(const json_t *list, const char *name, const char *text);

#endif
