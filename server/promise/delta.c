// Totals are sums over buckets, so that a change is: for each bucket touched, subtract its value before, add its value
// after. "Before" is what the store has; "after" is that without the removed rows and with the added contributions.
//
// A crowded bucket (counting/crowd.h) is not read: what it comes to is stored beside it, and adding to that gives what it
// comes to after. Only where something is taken out, or where the bucket as a whole counts now or no longer, all of it is.
#include "promise/delta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

enum { LIST_FIRST = 64, NONE = UINT32_MAX };

struct delta_bucket {
    uint32_t commitment;
    const char *bucket;
    bool known_empty; // before
    bool loses;       // something is taken out
    uint32_t added;   // first of the added contributions in it, by index ...
    struct bucket_contents before;
    const struct crowd *crowd; // before, of a crowd that only grows; then `before` is no more than its beginning
};
struct delta_total {
    uint32_t commitment;
    char period[PERIOD_SIZE];
    struct tally add;
};

// ---- Growing lists ----

static size_t first_capacity(const struct delta *delta) {
    size_t capacity = LIST_FIRST;
    while (capacity < delta->expected)
        capacity *= 2;
    return capacity;
}

static bool list_grow(const struct delta *delta, void *list_pointer, size_t count, size_t *capacity, size_t size) {
    void *old;
    memcpy(&old, list_pointer, sizeof old);
    if (count < *capacity)
        return true;
    size_t grown = *capacity == 0 ? first_capacity(delta) : 2 * *capacity;
    void *made = arena_array(delta->arena, grown, size);
    if (made == NULL)
        return false;
    if (count > 0)
        memcpy(made, old, count * size);
    memcpy(list_pointer, &made, sizeof made);
    *capacity = grown;
    return true;
}
#define LIST_GROW(delta, list)                                                                                              \
    list_grow((delta), &(delta)->list, (delta)->list##_count, &(delta)->list##_capacity, sizeof *(delta)->list)

// ---- Buckets ----

static size_t bucket_hash(uint32_t commitment, const char *bucket) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325) ^ commitment;
    for (const char *at = bucket; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001B3);
    return (size_t)(hash ^ hash >> 32);
}

static uint32_t *bucket_slot(const struct delta *delta, uint32_t commitment, const char *bucket) {
    size_t at = bucket_hash(commitment, bucket) & (delta->slots_count - 1);
    for (; delta->slots[at] != 0; at = (at + 1) & (delta->slots_count - 1)) {
        const struct delta_bucket *found = &delta->buckets[delta->slots[at] - 1];
        if (found->commitment == commitment && strcmp(found->bucket, bucket) == 0)
            break;
    }
    return &delta->slots[at];
}

static bool buckets_grow(struct delta *delta) {
    if (delta->buckets_count < delta->buckets_capacity)
        return true;
    if (!LIST_GROW(delta, buckets))
        return false;
    delta->slots_count = 2 * delta->buckets_capacity;
    delta->slots = arena_array(delta->arena, delta->slots_count, sizeof *delta->slots);
    for (size_t i = 0; delta->slots != NULL && i < delta->buckets_count; i++)
        *bucket_slot(delta, delta->buckets[i].commitment, delta->buckets[i].bucket) = (uint32_t)i + 1;
    return delta->slots != NULL;
}

static enum rond_err bucket_touch(struct delta *delta, const struct stored_contribution *contribution, bool known_empty,
                                  struct delta_bucket **ret_bucket) {
    if (!buckets_grow(delta))
        return ROND_ENOMEM;
    uint32_t *slot = bucket_slot(delta, contribution->commitment, contribution->value.bucket);
    if (*slot == 0) {
        char *name = arena_text(delta->arena, contribution->value.bucket);
        if (name == NULL)
            return ROND_ENOMEM;
        delta->buckets[delta->buckets_count] = (struct delta_bucket){
            .commitment = contribution->commitment, .bucket = name, .known_empty = known_empty, .added = NONE};
        *slot = (uint32_t)++delta->buckets_count;
    }
    struct delta_bucket *bucket = &delta->buckets[*slot - 1];
    bucket->known_empty = bucket->known_empty && known_empty;
    *ret_bucket = bucket;
    return ROND_OK;
}

static bool lies_in_bucket(const struct contribution *value) {
    return value->reason == REASON_COUNTED && value->bucket[0] != '\0';
}

// ---- Gathering ----

enum rond_err delta_remove(struct delta *delta, uint64_t row, const struct bucket_contents *stored) {
    if (stored->count == 0)
        return ROND_OK;
    if (!LIST_GROW(delta, removed))
        return ROND_ENOMEM;
    delta->removed[delta->removed_count++] = row;
    for (size_t i = 0; i < stored->count; i++) {
        struct delta_bucket *bucket;
        if (!lies_in_bucket(&stored->contributions[i].value))
            continue;
        enum rond_err err = bucket_touch(delta, &stored->contributions[i], false, &bucket);
        if (err != ROND_OK)
            return err;
        bucket->loses = true;
    }
    return ROND_OK;
}

enum rond_err delta_add(struct delta *delta, const struct stored_contribution *contributions, size_t count, bool alone) {
    for (size_t i = 0; i < count; i++) {
        struct delta_bucket *ignored;
        const struct stored_contribution *one = &contributions[i];
        if (!LIST_GROW(delta, added))
            return ROND_ENOMEM;
        delta->added[delta->added_count++] = *one;
        if (!lies_in_bucket(&one->value))
            continue;
        enum rond_err err = bucket_touch(delta, one, alone && strncmp(one->value.bucket, "r:", 2) == 0, &ignored);
        if (err != ROND_OK)
            return err;
    }
    return ROND_OK;
}

static bool is_new(const struct delta *delta, uint64_t row) {
    return row >= delta->first_row && row <= delta->last_row;
}

enum rond_err delta_tell(struct delta *delta, uint64_t row, const struct report_key *key) {
    if (!delta->tells_outcomes || is_new(delta, row))
        return ROND_OK;
    if (!LIST_GROW(delta, outcomes))
        return ROND_ENOMEM;
    delta->outcomes[delta->outcomes_count++] = (struct outcome_change){key->outbox, key->seq};
    return ROND_OK;
}

// ---- Totals ----

static enum rond_err total_of(struct delta *delta, uint32_t commitment, const char *period, struct tally **ret_tally) {
    for (size_t i = delta->totals_count; i-- > 0;) { // few: the newest is usually the one
        struct delta_total *total = &delta->totals[i];
        if (total->commitment == commitment && strcmp(total->period, period) == 0) {
            *ret_tally = &total->add;
            return ROND_OK;
        }
    }
    if (!LIST_GROW(delta, totals))
        return ROND_ENOMEM;
    struct delta_total *total = &delta->totals[delta->totals_count++];
    *total = (struct delta_total){.commitment = commitment};
    snprintf(total->period, sizeof total->period, "%s", period);
    *ret_tally = &total->add;
    return ROND_OK;
}

// ---- The value of a bucket before and after ----

static int row_compare(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static bool is_removed(const struct delta *delta, uint64_t row) {
    return delta->removed_count > 0 && bsearch(&row, delta->removed, delta->removed_count, sizeof row, row_compare) != NULL;
}

static size_t copy_before(const struct delta_bucket *bucket, struct contribution *to) {
    for (size_t i = 0; i < bucket->before.count; i++)
        to[i] = bucket->before.contributions[i].value;
    return bucket->before.count;
}

static size_t copy_after(const struct delta *delta, const struct delta_bucket *bucket, const uint32_t *next,
                         struct contribution *to) {
    size_t count = 0;
    for (size_t i = 0; i < bucket->before.count; i++)
        if (!is_removed(delta, bucket->before.contributions[i].row))
            to[count++] = bucket->before.contributions[i].value;
    for (uint32_t i = bucket->added; i != NONE; i = next[i])
        to[count++] = delta->added[i].value;
    return count;
}

static enum rond_err add_places(struct delta *delta, uint32_t commitment, uint32_t bits, bool open, int64_t count) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; bits != 0 && err == ROND_OK; i++, bits >>= 1) {
        char period[PERIOD_SIZE];
        struct tally *total;
        if ((bits & 1) == 0)
            continue;
        place_period(open, i, period);
        err = total_of(delta, commitment, period, &total);
        if (err == ROND_OK)
            total->count += count;
    }
    return err;
}

// What is to be known of a bucket for its commitment's totals.
struct valued {
    size_t count; // of contributions; with 0 the rest does not matter
    struct tally value;
    enum counting_reason reason;
    const char *period;
    uint32_t places, open;
};

static void value_contents(const struct commitment *commitment, const struct contribution *contents, size_t count,
                           struct valued *ret_valued) {
    struct valued valued = {.count = count, .reason = REASON_COUNT};
    if (count > 0) {
        bucket_value(commitment, contents, count, &valued.value, &valued.reason);
        bucket_places(contents, count, &valued.places, &valued.open);
        valued.period = bucket_period(contents, count);
    }
    *ret_valued = valued;
}

static void value_crowd(const struct commitment *commitment, const struct crowd *crowd, struct valued *ret_valued) {
    struct valued valued = {.count = (size_t)crowd->count, .period = crowd->period, .places = crowd->places};
    valued.open = crowd->places_open & ~crowd->places;
    crowd_value(commitment, crowd, &valued.value, &valued.reason);
    *ret_valued = valued;
}

// Only a bucket that counts was anywhere.
static enum rond_err add_value(struct delta *delta, uint32_t commitment, const struct valued *valued, bool take_out) {
    struct tally *total;
    if (valued->count == 0)
        return ROND_OK;
    enum rond_err err = total_of(delta, commitment, valued->period, &total);
    if (err != ROND_OK)
        return err;
    if (take_out)
        tally_subtract(total, &valued->value);
    else
        tally_add(total, &valued->value);
    if (valued->reason != REASON_COUNTED)
        return ROND_OK;
    err = add_places(delta, commitment, valued->places, false, take_out ? -1 : 1);
    return err == ROND_OK ? add_places(delta, commitment, valued->open, true, take_out ? -1 : 1) : err;
}

static enum rond_err load_whole(struct delta *delta, const struct delta_bucket *bucket,
                                struct bucket_contents *ret_contents) {
    const struct bucket_key key = {.commitment = bucket->commitment, .bucket = bucket->bucket};
    return delta->store->ledger->contributions_in(delta->store, &key, 1, delta->arena, ret_contents);
}

// The bucket as a whole counts now, or no longer: everybody who lies in it is told.
static enum rond_err tell_bucket(struct delta *delta, const struct delta_bucket *bucket) {
    struct bucket_contents told = bucket->before;
    if (bucket->crowd != NULL && delta->tells_outcomes) {
        enum rond_err err = load_whole(delta, bucket, &told);
        if (err != ROND_OK)
            return err;
    }
    for (size_t i = 0; i < told.count; i++) {
        uint64_t row = told.contributions[i].row;
        struct stored_report report;
        if (!delta->tells_outcomes || is_new(delta, row))
            continue;
        enum rond_err err = delta->store->views->report(delta->store, row, delta->arena, &report);
        if (err == ROND_OK)
            err = delta_tell(delta, row, &report.key);
        if (err != ROND_OK)
            return err;
    }
    return ROND_OK;
}

static size_t added_count(const struct delta_bucket *bucket, const uint32_t *next) {
    size_t count = 0;
    for (uint32_t i = bucket->added; i != NONE; i = next[i])
        count++;
    return count;
}

// For one bucket at a time.
static struct contribution *contents_room(struct delta *delta, size_t room) {
    if (room > delta->contents_capacity || delta->contents == NULL) {
        size_t capacity = 2 * room + LIST_FIRST;
        delta->contents = arena_array(delta->arena, capacity, sizeof *delta->contents);
        delta->contents_capacity = capacity;
    }
    return delta->contents;
}

static enum rond_err crowd_note(struct delta *delta, const struct delta_bucket *bucket, const struct crowd *crowd) {
    if (!LIST_GROW(delta, crowds))
        return ROND_ENOMEM;
    delta->crowds[delta->crowds_count++] = (struct crowd_change){bucket->commitment, bucket->bucket, *crowd};
    return ROND_OK;
}

static enum rond_err settle(struct delta *delta, const struct delta_bucket *bucket, const struct valued *before,
                            const struct valued *after) {
    enum rond_err err = add_value(delta, bucket->commitment, before, true);
    if (err == ROND_OK)
        err = add_value(delta, bucket->commitment, after, false);
    return err == ROND_OK && before->reason != after->reason ? tell_bucket(delta, bucket) : err;
}

// A bucket that is or was a crowd, and was read whole.
static enum rond_err crowd_renew(struct delta *delta, const struct delta_bucket *bucket, const struct contribution *contents,
                                 size_t count) {
    struct crowd crowd = {0};
    for (size_t i = 0; count >= CROWD_MIN && i < count; i++)
        crowd_add(&crowd, &contents[i]);
    if (crowd.overflows)
        crowd = (struct crowd){0};
    return crowd_note(delta, bucket, &crowd);
}

static enum rond_err revalue_whole(struct delta *delta, const struct delta_bucket *bucket, const uint32_t *next,
                                   const struct commitment *commitment) {
    size_t room = bucket->before.count + added_count(bucket, next);
    struct contribution *contents = contents_room(delta, room);
    struct valued before, after;
    if (contents == NULL)
        return ROND_ENOMEM;
    // Its period is noted in the totals before the room is used again.
    value_contents(commitment, contents, copy_before(bucket, contents), &before);
    enum rond_err err = add_value(delta, bucket->commitment, &before, true);
    size_t count = copy_after(delta, bucket, next, contents);
    value_contents(commitment, contents, count, &after);
    if (err == ROND_OK)
        err = add_value(delta, bucket->commitment, &after, false);
    if (err == ROND_OK && before.reason != after.reason)
        err = tell_bucket(delta, bucket);
    bool is_crowd = bucket->before.count >= CROWD_MIN || count >= CROWD_MIN;
    return err == ROND_OK && is_crowd ? crowd_renew(delta, bucket, contents, count) : err;
}

static enum rond_err revalue_crowd(struct delta *delta, struct delta_bucket *bucket, const uint32_t *next,
                                   const struct commitment *commitment) {
    struct crowd grown = *bucket->crowd;
    struct valued before, after;
    for (uint32_t i = bucket->added; i != NONE; i = next[i])
        crowd_add(&grown, &delta->added[i].value);
    if (grown.overflows) {
        bucket->crowd = NULL;
        enum rond_err err = load_whole(delta, bucket, &bucket->before);
        return err == ROND_OK ? revalue_whole(delta, bucket, next, commitment) : err;
    }
    value_crowd(commitment, bucket->crowd, &before);
    value_crowd(commitment, &grown, &after);
    enum rond_err err = settle(delta, bucket, &before, &after);
    return err == ROND_OK ? crowd_note(delta, bucket, &grown) : err;
}

// A commitment that is no longer promised (contributions of erased reports outlive it) has no value.
static enum rond_err revalue(struct delta *delta, struct delta_bucket *bucket, const uint32_t *next) {
    const struct commitment *commitment = catalogue_commitment(delta->catalogue, bucket->commitment);
    if (commitment == NULL)
        return ROND_OK;
    return bucket->crowd != NULL ? revalue_crowd(delta, bucket, next, commitment)
                                 : revalue_whole(delta, bucket, next, commitment);
}

// Before a shared bucket is read: whoever brings the other half of its activity at this moment waits, or is waited for.
static enum rond_err hold_joints(struct delta *delta) {
    struct joint_key *joints = NULL;
    size_t count = 0;
    for (size_t i = 0; i < delta->buckets_count; i++) {
        const struct delta_bucket *bucket = &delta->buckets[i];
        if (bucket->bucket[0] != 'a')
            continue;
        if (joints == NULL && (joints = arena_array(delta->arena, delta->buckets_count, sizeof *joints)) == NULL)
            return ROND_ENOMEM;
        const struct commitment *commitment = catalogue_commitment(delta->catalogue, bucket->commitment);
        Rond__V1__Kind kind;
        const char *reference;
        if (commitment != NULL && match_bucket_joint(commitment, bucket->bucket, &kind, &reference))
            joints[count++] = (struct joint_key){commitment->promise->area, (uint32_t)kind, reference};
    }
    return count == 0 ? ROND_OK : delta->store->ledger->joint_hold(delta->store, joints, count);
}

static bool may_be_crowd(const struct delta_bucket *bucket) {
    return !bucket->loses && bucket->before.count == CROWD_MIN;
}

// What lies in a bucket that was not read to its end is asked of its crowd; where there is none, the rest is read.
static enum rond_err load_crowds(struct delta *delta) {
    size_t count = 0, k = 0;
    for (size_t i = 0; i < delta->buckets_count; i++)
        count += may_be_crowd(&delta->buckets[i]) ? 1 : 0;
    if (count == 0)
        return ROND_OK;
    struct bucket_key *keys = arena_array(delta->arena, count, sizeof *keys);
    struct crowd *crowds = arena_array(delta->arena, count, sizeof *crowds);
    if (keys == NULL || crowds == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < delta->buckets_count; i++)
        if (may_be_crowd(&delta->buckets[i]))
            keys[k++] = (struct bucket_key){.commitment = delta->buckets[i].commitment, .bucket = delta->buckets[i].bucket};
    enum rond_err err = delta->store->ledger->crowds_of(delta->store, keys, count, crowds);
    k = 0;
    for (size_t i = 0; i < delta->buckets_count && err == ROND_OK; i++) {
        struct delta_bucket *bucket = &delta->buckets[i];
        if (!may_be_crowd(bucket))
            continue;
        bucket->crowd = crowds[k].count > 0 ? &crowds[k] : NULL;
        k++;
        if (bucket->crowd == NULL)
            err = load_whole(delta, bucket, &bucket->before);
    }
    return err;
}

static enum rond_err load_buckets(struct delta *delta) {
    struct bucket_key *keys = arena_array(delta->arena, delta->buckets_count + 1, sizeof *keys);
    struct bucket_contents *contents = arena_array(delta->arena, delta->buckets_count + 1, sizeof *contents);
    size_t count = 0;
    if (keys == NULL || contents == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < delta->buckets_count; i++)
        if (!delta->buckets[i].known_empty)
            keys[count++] = (struct bucket_key){delta->buckets[i].commitment, delta->buckets[i].bucket,
                                                delta->buckets[i].loses ? 0 : CROWD_MIN};
    if (count == 0)
        return ROND_OK;
    enum rond_err err = delta->store->ledger->contributions_in(delta->store, keys, count, delta->arena, contents);
    for (size_t i = 0, k = 0; i < delta->buckets_count && err == ROND_OK; i++)
        if (!delta->buckets[i].known_empty)
            delta->buckets[i].before = contents[k++];
    return err == ROND_OK ? load_crowds(delta) : err;
}

// Threads the added contributions through their buckets; next[i] is the one after added[i].
static enum rond_err link_added(struct delta *delta, uint32_t **ret_next) {
    uint32_t *next = arena_array(delta->arena, delta->added_count + 1, sizeof *next);
    if (next == NULL)
        return ROND_ENOMEM;
    for (size_t i = delta->added_count; i-- > 0;) {
        if (!lies_in_bucket(&delta->added[i].value))
            continue;
        uint32_t slot = *bucket_slot(delta, delta->added[i].commitment, delta->added[i].value.bucket);
        CHECK(slot != 0);
        next[i] = delta->buckets[slot - 1].added;
        delta->buckets[slot - 1].added = (uint32_t)i;
    }
    *ret_next = next;
    return ROND_OK;
}

static enum rond_err write_changes(struct delta *delta) {
    struct total_change *totals = arena_array(delta->arena, delta->totals_count + 1, sizeof *totals);
    size_t count = 0;
    if (totals == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < delta->totals_count; i++) {
        const struct delta_total *total = &delta->totals[i];
        if (!tally_is_zero(&total->add))
            totals[count++] = (struct total_change){total->commitment, total->period, total->add};
    }
    struct fold_changes changes = {
        .rows_removed = delta->removed,
        .rows_removed_count = delta->removed_count,
        .added = delta->added,
        .added_count = delta->added_count,
        .totals = totals,
        .totals_count = count,
        .outcomes = delta->outcomes,
        .outcomes_count = delta->outcomes_count,
        .crowds = delta->crowds,
        .crowds_count = delta->crowds_count,
    };
    enum rond_err err = spot_moves_settle(&delta->spots, &changes);
    return err == ROND_OK ? delta->store->ledger->fold_store(delta->store, &changes) : err;
}

enum rond_err delta_store(struct delta *delta) {
    uint32_t *next = NULL;
    if (delta->removed_count > 0)
        qsort(delta->removed, delta->removed_count, sizeof *delta->removed, row_compare);
    enum rond_err err = hold_joints(delta);
    if (err == ROND_OK)
        err = load_buckets(delta);
    if (err == ROND_OK)
        err = link_added(delta, &next);
    for (size_t i = 0; i < delta->buckets_count && err == ROND_OK; i++)
        err = revalue(delta, &delta->buckets[i], next);
    return err == ROND_OK ? write_changes(delta) : err;
}
