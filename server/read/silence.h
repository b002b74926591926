// How many devices might still have something to tell of a time that has passed. How many, not which: what is published
// names no device.
#ifndef READ_SILENCE_H
#define READ_SILENCE_H

#include "store/store.h"

struct silence {
    struct arena arena;
    struct silence_device *devices;
    size_t count;
    size_t capacity;
};

// The devices in use of an area that were enrolled before until_s. One is silent where it was not heard of since, or said to
// have reports queued that have not come in: of one that was, everything until then is here. To be deinited in any case.
MUST_CHECK enum rond_err silence_read(struct store *store, const char *area, int64_t until_s, struct silence *ret_silence);
void silence_deinit(struct silence *silence);
// Of those whose reports may count toward the commitment (its roles, its owner).
void silence_count(const struct silence *silence, const Rond__V1__Commitment *commitment, int64_t *ret_devices,
                   int64_t *ret_silent);

#endif
