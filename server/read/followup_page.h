// Writing a follow-up's page: texts, numbers, days and words, escaped, in one of the two languages.
#ifndef READ_FOLLOWUP_PAGE_H
#define READ_FOLLOWUP_PAGE_H

#include <jansson.h>

#include "base/buffer.h"
#include "read/followup_words.h"

// Errors stick: after the first one nothing more is written.
struct page {
    struct buffer *to;
    const json_t *document;
    bool swedish;
    enum rond_err err;
};

void page_put(struct page *page, const char *html);  // as it stands
void page_text(struct page *page, const char *text); // escaped; NULL is nothing
void page_number(struct page *page, json_int_t number);
void page_word(struct page *page, enum followup_word word);
// "title_en" or "title_sv" of an object. Where there is no English one the Swedish one stands, and is said to be Swedish.
void page_title(struct page *page, const json_t *object);
void page_day(struct page *page, const char *date);      // "30 April 2015"
void page_days(struct page *page, const json_t *object); // its "from" and "to"
bool page_is_final(const struct page *page);             // it tells of the whole period
bool page_tells_unknown(const struct page *page);        // false: of a format that did not know of silence in its status

const char *json_text_of(const json_t *object, const char *name); // "" where there is no text
json_int_t json_number_of(const json_t *object, const char *name);

// followup_tables.c
void page_commitments(struct page *page);
void page_changes(struct page *page); // nothing where it is no restatement

#endif
