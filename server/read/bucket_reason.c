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

static enum rond_err reason_of_bucket(struct store *store, const struct commitment *commitment, const char *bucket,
                                      enum counting_reason *ret_reason) {
    struct arena arena;
    struct bucket_key key = {.commitment = commitment->number, .bucket = bucket};
    struct bucket_contents contents = {0};
    struct tally value;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = store->views->bucket(store, &key, &arena, &contents);
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
