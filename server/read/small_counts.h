// Which counts of a breakdown the public is not told. A count under SMALL_COUNT is not; and since the sum of them all is a
// figure that is told, neither is so much more that what is left out cannot be found by subtraction: left out are two at
// least, that come to SMALL_COUNT together, or all.
#ifndef READ_SMALL_COUNTS_H
#define READ_SMALL_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SMALL_COUNT = 5 };

// ret_hidden: as many as there are counts. Of counts that are equal the later one is told.
void small_counts_hide(const int64_t *counts, size_t count, bool *ret_hidden);

#endif
