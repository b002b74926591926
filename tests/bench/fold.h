// What the measurements of counting share (fold.c, growth.c).
#ifndef BENCH_FOLD_H
#define BENCH_FOLD_H

#include "bench/stock.h"

// Adds so many and counts all that is there at the end, all at once, which is quicker.
void fold_fill(struct stock *stock, uint64_t reports);
// How long a question takes, the median of nine, ms.
double fold_ask_ms(const struct stock *stock, void (*question)(const struct stock *stock));
void fold_ask_progress(const struct stock *stock); // of the area
// Reads the reports behind a commitment, `until` at most (0: all). How many there were.
size_t fold_why(const struct stock *stock, const char *path, size_t until);

#endif
