#include <string.h>

#include "counting/fold.h"

static int revision_compare(const struct revision *a, const struct revision *b) {
    if (a->is_original != b->is_original) {
        return a->is_original ? -1 : 1; // any correction stands before the original
    }
    if (a->claimed_ms != b->claimed_ms) {
        return a->claimed_ms < b->claimed_ms ? -1 : 1;
    }
    int outbox = memcmp(a->key.outbox.b, b->key.outbox.b, ID_SIZE);
    if (outbox != 0) {
        return outbox;
    }
    return a->key.seq < b->key.seq ? -1 : a->key.seq > b->key.seq;
}

int revision_standing(const struct revision *revisions, size_t count) {
    int standing = -1;
    for (size_t i = 0; i < count; i++) {
        if (revisions[i].is_withdrawal) {
            return -1;
        }
        if (standing < 0 || revision_compare(&revisions[standing], &revisions[i]) < 0) {
            standing = (int)i;
        }
    }
    return standing;
}
