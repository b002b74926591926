// Weekly summaries that were made already, for all devices of an organisation: a week is read once, not once for each of
// them.
#ifndef READ_WEEKLY_CACHE_H
#define READ_WEEKLY_CACHE_H

#include "read/answer_cache.h"
#include "read/weekly.h"

// A summary is given again for an hour; what came in late shows then.
enum { WEEKLY_CACHE_S = 3600 };

// As weekly_read and weekly_message, in the arena. Any thread; wanted->week is set. cache NULL: made anew.
MUST_CHECK enum rond_err weekly_cache_summary(struct answer_cache *cache, struct store *store,
                                              const struct catalogue *catalogue, const struct weekly_wanted *wanted,
                                              struct arena *arena, Rond__V1__WeeklySummary **ret_summary);

#endif
