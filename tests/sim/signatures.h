// Signatures that cost a hash: making and verifying real ones would be half of what a seed computes, and proto/wire/sign.c
// has tests of its own. They are as good as real ones to whoever only has bytes to change: of one key, one statement. One
// world in some has the real ones.
#ifndef SIM_SIGNATURES_H
#define SIM_SIGNATURES_H

#include <stdbool.h>

void signatures_use_real(bool is_real); // from here on; false at first

#endif
