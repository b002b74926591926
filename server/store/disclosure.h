// What one organisation may see of another's reports, and the public of anybody's: only what a rule says. One pure place,
// which whatever gives something away asks; that people of an organisation may see it at all is another question
// (their roles). An organisation sees all of its own.
//
// A rule is stored under the id "FROM>TO/CATEGORY". FROM and TO are organisations; FROM may be "*" (every controller), TO
// may be "*" (every organisation, not the public) or "public". CATEGORY is a kind of report or "default". Of the rules that
// fit, one about the category goes before "default", then one that names FROM before "*", then one that names TO; none:
// nothing.
#ifndef STORE_DISCLOSURE_H
#define STORE_DISCLOSURE_H

#include <stdbool.h>
#include <stddef.h>

#define DISCLOSURE_PUBLIC "public"
#define DISCLOSURE_EVERYBODY "*"

enum disclosure_level {
    DISCLOSE_NOTHING = 0,
    DISCLOSE_FIGURES = 1, // what a commitment comes to
    DISCLOSE_REPORTS = 2, // each report, without free texts
    DISCLOSE_TEXTS = 3,   // with them
};
const char *disclosure_level_name(enum disclosure_level level); // "nothing", "figures", "reports", "texts"
bool disclosure_level_from_name(const char *name, enum disclosure_level *ret_level);

struct disclosure_rule {
    const char *from, *to, *category;
    enum disclosure_level level;
};
struct disclosure {
    const struct disclosure_rule *rules;
    size_t count;
};
// category: of the report, "" where it has none.
enum disclosure_level disclosure_level_of(const struct disclosure *disclosure, const char *from, const char *to,
                                          const char *category);

#endif
