#include <string.h>

#include "fuzz/fuzz.h"

static const struct fuzz_target *const TARGETS[] = {
    &FUZZ_FRAME,   &FUZZ_RECORDS, &FUZZ_REPORT, &FUZZ_SESSION,      &FUZZ_DEVICE,    &FUZZ_ENROLMENT,
    &FUZZ_REQUEST, &FUZZ_ANSWER,  &FUZZ_HTTP,   &FUZZ_PROMISE_FILE, &FUZZ_ZONE_FILE, &FUZZ_CONFIGURATION,
    &FUZZ_CONTROL, &FUZZ_TYPED,   &FUZZ_ROND,   &FUZZ_RONDCTL,
};

const struct fuzz_target *fuzz_target_at(size_t index) {
    return index < ARRAY_COUNT(TARGETS) ? TARGETS[index] : NULL;
}

const struct fuzz_target *fuzz_target_find(const char *name) {
    for (size_t i = 0; i < ARRAY_COUNT(TARGETS); i++)
        if (!strcmp(TARGETS[i]->name, name))
            return TARGETS[i];
    return NULL;
}
