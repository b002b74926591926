// Adds the buckets of each commitment up and compares the sums with the stored totals.
//
// That a bucket of a report's own is met again under another report means that one event counts for two.
#include "read/verify_totals.h"

#include <string.h>

#include "read/bucket_sums.h"

enum { BUCKET_BYTES_MAX = 1024 * 1024 * 1024 };

// ---- One commitment ----

struct totals_check {
    struct store *store;
    struct findings *findings;
    const struct commitment *commitment;
    const char *path;
    struct arena arena;        // of one page of contributions
    struct arena bucket_arena; // of one bucket
    struct bucket_sums sums;
};

static enum rond_err found(struct totals_check *check, const char *what) {
    struct finding finding = {.what = what, .commitment = check->path};
    return findings_add(check->findings, &finding);
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
    enum rond_err err = bucket_sums_add(&check->sums, bucket_period(values, count), &value);
    return err == ROND_OK && reason == REASON_COUNTED ? bucket_sums_add_places(&check->sums, values, count) : err;
}

static enum rond_err bucket_load(struct totals_check *check, const char *bucket, struct bucket_contents *ret_contents) {
    struct bucket_key key = {.commitment = check->commitment->number, .bucket = bucket};
    arena_reset(&check->bucket_arena);
    return check->store->views->bucket(check->store, &key, &check->bucket_arena, ret_contents);
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
    enum rond_err err = bucket_sums_see(&check->sums, bucket, &is_new);
    if (err != ROND_OK || (!is_new && !bucket_is_own(bucket)))
        return err;
    if (bucket_is_own(bucket))
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
        err = bucket_sums_add(&check->sums, totals[i].period, &negative);
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
    bucket_sums_deinit(&check.sums);
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
