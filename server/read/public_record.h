// Reports for a request to see public records, masked: whoever decided to give them out gets what was done, by which
// organisation, in which area and on which day, and nothing that shows where somebody was, who reported, or what was
// written.
#ifndef READ_PUBLIC_RECORD_H
#define READ_PUBLIC_RECORD_H

#include "read/rows.h"

struct public_record_wanted {
    const char *controller; // whose reports
    const char *area;       // NULL: all
    const char *from, *to;  // days, both included; NULL: open
};
// {"organisation", "area", "kind", "day", "days", and of what was done numbers and words of the reference data alone:
//  "form", "of", "checked", "remarked", "reported" | "items", "information_given" | "persons" | "safe", "unsafe" | "with" |
//  "of", "surveyed" | "type", "quantity"}, in order of arrival; only reports that were taken in and not quarantined. One
//  whose body
// was erased has only the first five. Days are Sweden's winter days (UTC+1).
// ROND_EINVALID with a sentence where a day is none.
MUST_CHECK enum rond_err read_public_record(struct store *store, const struct public_record_wanted *wanted,
                                            const struct read_rows *rows, struct fault *fault);
// What is masked, as a list of sentences for the answer: never more than this function says is left out.
json_t *public_record_masked(void);

#endif
