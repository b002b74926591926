// Weekly summaries for people: of one organisation, by area.
#ifndef READ_SUMMARY_H
#define READ_SUMMARY_H

#include "promise/catalogue.h"
#include "read/rows.h"

// A row (read/weekly.h) for each area in which a device of the organisation was ever enrolled, or for the one area given.
// week: NULL, the newest that has ended. ROND_ENOTFOUND, ROND_EINVALID with a sentence where there is no such organisation,
// area or week.
MUST_CHECK enum rond_err read_summary(struct store *store, const struct catalogue *catalogue, const char *organisation,
                                      const char *area, const char *week, int64_t now_s, const struct read_rows *rows,
                                      struct fault *fault);

#endif
