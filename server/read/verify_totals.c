// Adds the buckets of each commitment up and compares the sums with the stored totals.
//
// A bucket is valued when its first contribution comes by. One of a report's own ("r:...") is whole then, since the
// contributions of a report come together; any other is loaded. A set of hashes tells which ones were seen. That a bucket
// of a report's own is met again under another report means that one event counts for two.
#include "read/verify_totals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_SLOTS_FIRST = 1024, PERIODS_FIRST = 16, BUCKET_BYTES_MAX = 1024 * 1024 * 1024 };

// ---- Seen buckets ----

struct seen {
    uint64_t *slots; // 0: empty
    size_t capacity; // a power of two
    size_t count;
};

static uint64_t bucket_hash(const char *bucket) {
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (; *bucket != '\0'; bucket++)
        hash = (hash ^ (uint8_t)*bucket) * UINT64_C(1099511628211);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    return hash == 0 ? 1 : hash;
}

static uint64_t *seen_slot(const struct seen *seen, uint64_t hash) {
    size_t at = hash & (seen->capacity - 1);
    while (seen->slots[at] != 0 && seen->slots[at] != hash)
        at = (at + 1) & (seen->capacity - 1);
    return &seen->slots[at];
}

static bool seen_grow(struct seen *seen) {
    struct seen grown = {.capacity = seen->capacity == 0 ? SEEN_SLOTS_FIRST : 2 * seen->capacity, .count = seen->count};
    grown.slots = calloc(grown.capacity, sizeof *grown.slots);
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < seen->capacity; i++)
        if (seen->slots[i] != 0)
            *seen_slot(&grown, seen->slots[i]) = seen->slots[i];
    free(seen->slots);
    *seen = grown;
    return true;
}

static enum rond_err seen_add(struct seen *seen, const char *bucket, bool *ret_is_new) {
    if (4 * (seen->count + 1) > 3 * seen->capacity && !seen_grow(seen))
        return ROND_ENOMEM;
    uint64_t hash = bucket_hash(bucket), *slot = seen_slot(seen, hash);
    *ret_is_new = *slot == 0;
    seen->count += *slot == 0;
    *slot = hash;
    return ROND_OK;
}

// ---- Sums by period ----

struct sums {
    struct period_total *totals;
    size_t count;
    size_t capacity;
};

static struct period_total *sums_find(const struct sums *sums, const char *period) {
    for (size_t i = 0; i < sums->count; i++)
        if (strcmp(sums->totals[i].period, period) == 0)
            return &sums->totals[i];
    return NULL;
}

static enum rond_err sums_add(struct sums *sums, const char *period, const struct tally *value) {
    struct period_total *total = sums_find(sums, period);
    if (total == NULL && sums->count == sums->capacity) {
        size_t capacity = sums->capacity == 0 ? PERIODS_FIRST : 2 * sums->capacity;
        struct period_total *totals = realloc(sums->totals, capacity * sizeof *totals);
        if (totals == NULL)
            return ROND_ENOMEM;
        sums->totals = totals;
        sums->capacity = capacity;
    }
    if (total == NULL) {
        total = &sums->totals[sums->count++];
        *total = (struct period_total){0};
        snprintf(total->period, sizeof total->period, "%s", period);
    }
    tally_add(&total->tally, value);
    return ROND_OK;
}

// ---- One commitment ----

struct totals_check {
    struct store *store;
    struct findings *findings;
    const struct commitment *commitment;
    const char *path;
    struct arena arena;        // of one page of contributions
    struct arena bucket_arena; // of one bucket
    struct seen seen;
    struct sums sums;
};

static enum rond_err found(struct totals_check *check, const char *what) {
    struct finding finding = {.what = what, .commitment = check->path};
    return findings_add(check->findings, &finding);
}

// Named places have totals of their own, one for each bucket that counts and was (may have been) there.
static enum rond_err places_add(struct totals_check *check, const struct contribution *values, size_t count) {
    const struct tally one = {.count = 1};
    uint32_t bits[2];
    enum rond_err err = ROND_OK;
    bucket_places(values, count, &bits[0], &bits[1]);
    for (size_t i = 0; i < 2 * (size_t)AMONG_PLACES_MAX && err == ROND_OK; i++) {
        char period[PERIOD_SIZE];
        bool open = i >= AMONG_PLACES_MAX;
        if ((bits[open] >> i % AMONG_PLACES_MAX & 1) == 0)
            continue;
        place_period(open, i % AMONG_PLACES_MAX, period);
        err = sums_add(&check->sums, period, &one);
    }
    return err;
}

static enum rond_err bucket_add(struct totals_check *check, const struct stored_contribution *contributions, size_t count) {
    struct tally value;
    enum counting_reason reason;
    struct contribution *values = arena_array(&check->bucket_arena, count + 1, sizeof *values);
    if (values == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        values[i] = contributions[i].value;
    bucket_value(check->commitment, values, count, &value, &reason);
    enum rond_err err = sums_add(&check->sums, bucket_period(values, count), &value);
    return err == ROND_OK && reason == REASON_COUNTED ? places_add(check, values, count) : err;
}

static enum rond_err bucket_load(struct totals_check *check, const char *bucket, struct bucket_contents *ret_contents) {
    struct bucket_key key = {.commitment = check->commitment->number, .bucket = bucket};
    arena_reset(&check->bucket_arena);
    return check->store->views->bucket(check->store, &key, &check->bucket_arena, ret_contents);
}

static bool is_own(const char *bucket) {
    return strncmp(bucket, "r:", 2) == 0;
}

// Contributions of one report, of which the first one lies in a bucket not seen before: those of them in the same bucket.
static enum rond_err own_add(struct totals_check *check, const struct stored_contribution *contributions, size_t count) {
    size_t inside = 0;
    arena_reset(&check->bucket_arena);
    struct stored_contribution *same = arena_array(&check->bucket_arena, count, sizeof *same);
    if (same == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (contributions[i].value.reason == REASON_COUNTED &&
            strcmp(contributions[i].value.bucket, contributions[0].value.bucket) == 0)
            same[inside++] = contributions[i];
    return bucket_add(check, same, inside);
}

// Met before: under the same report that is as it should be, under another one event would count twice.
static enum rond_err own_again(struct totals_check *check, const struct stored_contribution *contribution) {
    struct bucket_contents contents = {0};
    enum rond_err err = bucket_load(check, contribution->value.bucket, &contents);
    if (err == ROND_OK && contents.count > 0 && contents.contributions[0].row != contribution->row)
        err = found(check, "Two reports count as one and the same.");
    return err;
}

// contributions[0] with those of the same report that follow it.
static enum rond_err contribution_check(struct totals_check *check, const struct stored_contribution *contributions,
                                        size_t count) {
    const char *bucket = contributions[0].value.bucket;
    struct bucket_contents contents = {0};
    bool is_new = false;
    if (contributions[0].value.reason != REASON_COUNTED)
        return ROND_OK;
    enum rond_err err = seen_add(&check->seen, bucket, &is_new);
    if (err != ROND_OK || (!is_new && !is_own(bucket)))
        return err;
    if (is_own(bucket))
        return is_new ? own_add(check, contributions, count) : own_again(check, &contributions[0]);
    err = bucket_load(check, bucket, &contents);
    return err == ROND_OK ? bucket_add(check, contents.contributions, contents.count) : err;
}

static size_t same_row(const struct stored_contribution *contributions, size_t count) {
    size_t same = 1;
    while (same < count && contributions[same].row == contributions[0].row)
        same++;
    return same;
}

static enum rond_err contributions_check(struct totals_check *check) {
    uint64_t row = 0;
    size_t count = 0;
    do {
        struct stored_contribution *contributions = NULL;
        arena_reset(&check->arena);
        enum rond_err err = check->store->views->contributions(check->store, check->commitment->number, row, READ_PAGE_ROWS,
                                                               &check->arena, &contributions, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++) {
            err = contribution_check(check, &contributions[i], same_row(&contributions[i], count - i));
            row = contributions[i].row;
        }
        if (err != ROND_OK)
            return err;
    } while (count > 0);
    return ROND_OK;
}

// What is left of the sums after the stored totals are taken off must be nothing.
static enum rond_err sums_compare(struct totals_check *check) {
    struct period_total *totals = NULL;
    size_t count = 0;
    arena_reset(&check->arena);
    enum rond_err err =
        check->store->views->totals(check->store, check->commitment->number, &check->arena, &totals, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct tally negative = {0};
        tally_subtract(&negative, &totals[i].tally);
        err = sums_add(&check->sums, totals[i].period, &negative);
    }
    for (size_t i = 0; i < check->sums.count && err == ROND_OK; i++)
        if (!tally_is_zero(&check->sums.totals[i].tally))
            err = found(check, "The totals are not what the reports behind them add up to.");
    return err;
}

static enum rond_err commitment_check(struct store *store, const struct commitment *commitment, const char *path,
                                      struct findings *findings) {
    struct totals_check check = {.store = store, .findings = findings, .commitment = commitment, .path = path};
    arena_init(&check.arena, READ_ARENA_BYTES_MAX);
    arena_init(&check.bucket_arena, BUCKET_BYTES_MAX);
    findings->commitments++;
    enum rond_err err = contributions_check(&check);
    if (err == ROND_OK)
        err = sums_compare(&check);
    arena_deinit(&check.bucket_arena);
    arena_deinit(&check.arena);
    free(check.seen.slots);
    free(check.sums.totals);
    return err;
}

enum rond_err verify_totals(struct store *store, const struct catalogue *catalogue, struct findings *findings) {
    size_t count = 0;
    const struct commitment *const *commitments = catalogue_commitments(catalogue, NULL, &count);
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = commitment_check(store, commitments[i], catalogue_commitment_path(catalogue, commitments[i]->number), findings);
    return err;
}
