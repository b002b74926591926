#include "store/disclosure.h"

#include <string.h>

#include "base/check.h"

static const char *const NAMES[] = {"nothing", "figures", "reports", "texts"};

const char *disclosure_level_name(enum disclosure_level level) {
    return NAMES[level];
}

bool disclosure_level_from_name(const char *name, enum disclosure_level *ret_level) {
    for (size_t i = 0; i < ARRAY_COUNT(NAMES); i++)
        if (strcmp(NAMES[i], name) == 0) {
            *ret_level = (enum disclosure_level)i;
            return true;
        }
    return false;
}

// How closely a rule fits: higher goes before; 0: it does not.
static unsigned fit(const struct disclosure_rule *rule, const char *from, const char *to, const char *category) {
    bool of_category = strcmp(rule->category, category) == 0, names_from = strcmp(rule->from, from) == 0,
         names_to = strcmp(rule->to, to) == 0;
    bool fits = (of_category || strcmp(rule->category, "default") == 0) &&
                (names_from || strcmp(rule->from, DISCLOSURE_EVERYBODY) == 0) &&
                (names_to || (strcmp(rule->to, DISCLOSURE_EVERYBODY) == 0 && strcmp(to, DISCLOSURE_PUBLIC) != 0));
    return fits ? 1u + 4u * of_category + 2u * names_from + names_to : 0;
}

enum disclosure_level disclosure_level_of(const struct disclosure *disclosure, const char *from, const char *to,
                                          const char *category) {
    enum disclosure_level level = DISCLOSE_NOTHING;
    unsigned best = 0;
    if (strcmp(from, to) == 0)
        return DISCLOSE_TEXTS;
    for (size_t i = 0; i < disclosure->count; i++) {
        unsigned fits = fit(&disclosure->rules[i], from, to, category);
        if (fits > best) {
            best = fits;
            level = disclosure->rules[i].level;
        }
    }
    return level;
}
