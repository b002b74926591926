// What the files of the public's pages share: writing words and links, and the tables.
#ifndef READ_PUBLIC_PAGE_INNER_H
#define READ_PUBLIC_PAGE_INNER_H

#include "read/followup_page.h"
#include "read/public_words.h"

void public_page_word(struct page *page, enum public_word which);
// Between open and close, which stand as they are.
void public_page_heading(struct page *page, const char *open, enum public_word which, const char *close);
void public_page_column(struct page *page, enum public_word which);
// Opens a link; address is whole or a path, and of our own addresses the path is taken, so that they lead back to where one
// reads. To a page in the language that one reads in, or to whatever it is.
void public_page_link_page(struct page *page, const char *address);
void public_page_link(struct page *page, const char *address, const char *query);

// The way to the accessibility statement, in the language that one reads in.
void public_page_accessibility(struct page *page);

// public_page_tables.c, of a promise or commitment
void public_page_commitments(struct page *page, const json_t *promise, bool has_heading);
void public_page_breakdown(struct page *page, const json_t *commitment); // nothing where there is none
void public_page_statements(struct page *page, const json_t *promise);

#endif
