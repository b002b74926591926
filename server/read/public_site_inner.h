// What the files of the public's site share.
#ifndef READ_PUBLIC_SITE_INNER_H
#define READ_PUBLIC_SITE_INNER_H

#include "read/public_site.h"

struct public_site {
    json_t *figures, *statements, *keys; // what it was made of
    uint64_t last_statement;             // number
    uint64_t revision;                   // of the catalogue
    day_t week;
    struct public_entry **entries; // by path and language
    size_t count, capacity, bytes;
};

// Takes the path's text and the body's memory in every case. ROND_EFULL beyond PUBLIC_SITE_BYTES_MAX.
MUST_CHECK enum rond_err public_site_add(struct public_site *site, char *take_path, enum public_language language,
                                         const char *type, bool is_frozen, struct buffer *take_body);
// The same entry in two sites.
MUST_CHECK enum rond_err public_site_share(struct public_site *site, struct public_entry *entry);
char *public_path(const char *format, ...) __attribute__((format(printf, 1, 2))); // NULL without memory
void public_site_sort(struct public_site *site);

// public_site_answers.c: everything that follows from figures, statements and keys.
MUST_CHECK enum rond_err public_site_add_documents(struct public_site *site, const struct public_settings *settings);
// One statement: as signed, its signature, and a page in each language.
MUST_CHECK enum rond_err public_site_add_statement(struct public_site *site, const struct followup *followup);

#endif
