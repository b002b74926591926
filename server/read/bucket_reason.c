#include "read/bucket_reason.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "read/rows.h"

// Buckets that can lack something: all must be there, or a first look. In any other a contribution counts by itself.
static bool can_lack(const struct commitment *commitment) {
    return commitment->required_count > 0 || commitment->requirement_count > 0 ||
           commitment->definition->measure == ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED;
}

// Of a crowded bucket it is known without looking at all that lies in it. *ret_known false: it is none.
static enum rond_err reason_of_crowd(struct store *store, const struct commitment *commitment, const struct bucket_key *key,
                                     enum counting_reason *ret_reason, bool *ret_known) {
    struct crowd crowd;
    struct tally value;
    enum rond_err err = store->views->crowd(store, key, &crowd);
    *ret_known = err == ROND_OK && crowd.count > 0;
    if (*ret_known)
        crowd_value(commitment, &crowd, &value, ret_reason);
    return err;
}

static enum rond_err reason_of_bucket(struct store *store, const struct commitment *commitment, const char *bucket,
                                      enum counting_reason *ret_reason) {
    struct arena arena;
    struct bucket_key key = {.commitment = commitment->number, .bucket = bucket};
    struct bucket_contents contents = {0};
    struct tally value;
    bool known = false;
    enum rond_err err = reason_of_crowd(store, commitment, &key, ret_reason, &known);
    if (err != ROND_OK || known)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    err = store->views->bucket(store, &key, &arena, &contents);
    struct contribution *values = err == ROND_OK ? arena_array(&arena, contents.count + 1, sizeof *values) : NULL;
    if (err == ROND_OK && values == NULL)
        err = ROND_ENOMEM;
    if (err == ROND_OK) {
        for (size_t i = 0; i < contents.count; i++)
            values[i] = contents.contributions[i].value;
        bucket_value(commitment, values, contents.count, &value, ret_reason);
    }
    arena_deinit(&arena);
    return err;
}

static size_t slot_of(uint32_t commitment, const char *bucket) {
    uint32_t hash = 2166136261u ^ commitment; // FNV-1a
    for (; *bucket != '\0'; bucket++)
        hash = (hash ^ (uint8_t)*bucket) * 16777619u;
    return hash % BUCKET_REASONS_KEPT;
}

enum rond_err bucket_reason(struct store *store, const struct commitment *commitment,
                            const struct stored_contribution *contribution, struct bucket_reasons *reasons,
                            enum counting_reason *ret_reason) {
    const struct contribution *value = &contribution->value;
    if (commitment == NULL || value->reason != REASON_COUNTED || !can_lack(commitment)) {
        *ret_reason = value->reason;
        return ROND_OK;
    }
    size_t slot = slot_of(commitment->number, value->bucket);
    if (reasons->kept[slot].commitment != commitment->number || strcmp(reasons->kept[slot].bucket, value->bucket) != 0) {
        enum counting_reason reason = REASON_COUNTED;
        enum rond_err err = reason_of_bucket(store, commitment, value->bucket, &reason);
        if (err != ROND_OK)
            return err;
        reasons->kept[slot].commitment = commitment->number;
        reasons->kept[slot].reason = reason;
        snprintf(reasons->kept[slot].bucket, BUCKET_SIZE, "%s", value->bucket);
    }
    *ret_reason = reasons->kept[slot].reason;
    return ROND_OK;
}
