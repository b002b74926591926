// What only a whole promise can tell of its commitments: that they contradict each other, the period, or themselves.
#ifndef PROMISE_PROMISE_CHECK_H
#define PROMISE_PROMISE_CHECK_H

#include "promise/promise_file.h"

// at: the list of commitments, from which promise->commitments were read in order. Adds a fault at the key that is wrong.
void promise_check(struct yaml_reader *reader, const struct yaml_at *at, const Rond__V1__Promise *promise);

#endif
