// Rows out of a damaged SQLite file, page by page, trusting no tree: whatever lies on a page that is still whole comes out,
// whichever pages lead to it. Rows of all tables and indexes come mixed, stale ones may be among them, and a spoilt page may
// look like rows: who reads them knows its own by their shape, and believes only what is sealed. Of a page that is in the
// write-ahead log beside the file, too, its newest image there counts.
#ifndef CLIENT_OUTBOX_PAGES_H
#define CLIENT_OUTBOX_PAGES_H

#include "base/bytes.h"
#include "base/err.h"

enum page_kind { PAGE_NULL, PAGE_NUMBER, PAGE_BLOB, PAGE_TEXT, PAGE_OTHER };
struct page_value {
    enum page_kind kind;
    int64_t number;
    struct bytes bytes; // BLOB, TEXT
};
enum { PAGE_VALUES_MAX = 9 };
// One row; valid until the next.
struct page_row {
    bool has_number; // of a table with row numbers
    int64_t number;
    size_t count;
    struct page_value values[PAGE_VALUES_MAX];
};

// Any error of `visit` ends the walk and is answered. ROND_EIO where the file cannot be read, ROND_ENOMEM.
typedef enum rond_err page_visit(void *context, const struct page_row *row);
MUST_CHECK enum rond_err pages_walk(const char *path, page_visit *visit, void *context);
// The images in the log that newer ones have replaced, newest first: rows may lie there that a spoilt page took along when
// they moved to it.
MUST_CHECK enum rond_err pages_walk_former(const char *path, page_visit *visit, void *context);

#endif
