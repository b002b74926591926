// All that the public gets, ready to be sent: made by a reader now and then, and answered from memory, so that what
// strangers ask costs the store nothing. A site never changes; the next one takes its place.
//
// Figures are read once a week and when reference data changed, never because reports came in: whoever asks again and again
// must not see when somebody was out (docs/decisions/0017-public.md). Statements are those that are published, as their
// bytes.
#ifndef READ_PUBLIC_SITE_H
#define READ_PUBLIC_SITE_H

#include "read/public_documents.h"

enum {
    PUBLIC_TAG_SIZE = 19,                      // "\"" 16 digits "\"" and NUL
    PUBLIC_SITE_BYTES_MAX = 256 * 1024 * 1024, // of all answers together
    PUBLIC_STATEMENTS_MAX = 10000,
};

// What one address answers. Its texts are its own, or last for ever.
struct public_entry {
    char *path;
    enum public_language { PUBLIC_ANY, PUBLIC_SWEDISH, PUBLIC_ENGLISH } language;
    const char *type;
    char tag[PUBLIC_TAG_SIZE]; // of the body, as an ETag
    bool is_frozen;            // it never becomes another
    struct bytes body;
    uint8_t *memory;     // the body's
    unsigned references; // the sites that have it
};

struct public_site;

// ROND_OK with NULL where nothing is new since the previous one (NULL: there is none). On one thread at a time; the previous
// one may be read meanwhile. ROND_EFULL beyond the bounds.
MUST_CHECK enum rond_err public_site_make(struct store *store, const struct catalogue *catalogue,
                                          const struct public_settings *settings, int64_t now_s,
                                          const struct public_site *previous, struct public_site **ret_site);
// Not while another is being made from it. NULL is fine.
void public_site_destroy(struct public_site *site);
// NULL where there is nothing at that path. Borrowed.
const struct public_entry *public_site_find(const struct public_site *site, const char *path, bool swedish);
size_t public_site_count(const struct public_site *site);

#endif
