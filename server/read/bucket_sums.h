// The buckets of one commitment, valued one after the other while its contributions come by in order of row, and added up
// by period.
//
// A bucket is valued when its first contribution comes by. One of a report's own ("r:...") is whole then, since the
// contributions of a report come together; any other is loaded. A set of hashes tells which ones were seen: eight bytes for
// each, however many reports lie in it.
#ifndef READ_BUCKET_SUMS_H
#define READ_BUCKET_SUMS_H

#include "store/store.h"

struct bucket_sums {
    uint64_t *slots; // hashes of seen buckets; 0: empty
    size_t slots_count;
    size_t seen;
    struct period_total *totals;
    size_t count;
    size_t capacity;
};

// Zeroed before the first use.
void bucket_sums_deinit(struct bucket_sums *sums);
MUST_CHECK enum rond_err bucket_sums_see(struct bucket_sums *sums, const char *bucket, bool *ret_is_new);
MUST_CHECK enum rond_err bucket_sums_add(struct bucket_sums *sums, const char *period, const struct tally *value);
// One for each of the commitment's named places at which the counting bucket was, or may have been (counting/among.c).
MUST_CHECK enum rond_err bucket_sums_add_places(struct bucket_sums *sums, const struct contribution *values, size_t count);
// Of its name, never 0.
uint64_t bucket_hash(const char *bucket);
// True where the bucket is a report's own.
bool bucket_is_own(const char *bucket);

#endif
