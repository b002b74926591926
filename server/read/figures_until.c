#include "read/figures_until.h"

#include <string.h>

#include "read/bucket_sums.h"
#include "read/rows.h"

enum { BUCKET_BYTES_MAX = 1024 * 1024 * 1024 };

struct gathering {
    struct store *store;
    const struct commitment *commitment;
    int64_t until_s;
    day_t until; // the local day that begins then
    const struct figures_watch *watch;
    struct arena arena;        // of one page of contributions
    struct arena bucket_arena; // of one bucket
    struct bucket_sums sums;
    struct figures figures;
};

// Presence belongs to the day on which its window opened ("w" INDEX ":" day), also the part of it after midnight.
static bool is_before(const struct gathering *gathering, const struct stored_contribution *contribution) {
    const char *bucket = contribution->value.bucket, *opened = bucket[0] == 'w' ? strchr(bucket, ':') : NULL;
    day_t day;
    if (opened != NULL && day_parse(opened + 1, &day))
        return day < gathering->until;
    return contribution->value.from_s < gathering->until_s;
}

static bool lies_in(const struct gathering *gathering, const struct stored_contribution *contribution, const char *bucket) {
    return contribution->value.reason == REASON_COUNTED && is_before(gathering, contribution) &&
           strcmp(contribution->value.bucket, bucket) == 0;
}

// Of all these contributions those that lie in the bucket and happened in time.
static enum rond_err bucket_add(struct gathering *gathering, const char *bucket,
                                const struct stored_contribution *contributions, size_t count) {
    struct tally value;
    enum counting_reason reason;
    size_t inside = 0;
    struct contribution *values = arena_array(&gathering->bucket_arena, count + 1, sizeof *values);
    if (values == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (lies_in(gathering, &contributions[i], bucket))
            values[inside++] = contributions[i].value;
    bucket_value(gathering->commitment, values, inside, &value, &reason);
    enum rond_err err = bucket_sums_add(&gathering->sums, bucket_period(values, inside), &value);
    bool counts = inside > 0 && reason == REASON_COUNTED;
    return err == ROND_OK && counts ? bucket_sums_add_places(&gathering->sums, values, inside) : err;
}

static enum rond_err counts_now(struct gathering *gathering, uint64_t row, bool *ret_counts) {
    struct stored_contribution *contributions = NULL;
    size_t count = 0;
    enum rond_err err = gathering->store->views->contributions_of_row(gathering->store, row, &gathering->bucket_arena,
                                                                      &contributions, &count);
    *ret_counts = false;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        *ret_counts =
            *ret_counts || (contributions[i].commitment == gathering->commitment->number &&
                            contributions[i].value.reason == REASON_COUNTED && is_before(gathering, &contributions[i]));
    return err;
}

// Of a report that was replaced: whether one of those that correct it stands, and counts. In a thread of corrections that is
// so of one of them only, so that each thread is told once. No body is read: what was erased is told all the same.
static enum rond_err corrected_add(struct gathering *gathering, uint64_t row) {
    struct stored_report replaced, *namers = NULL;
    size_t count = 0;
    arena_reset(&gathering->bucket_arena);
    enum rond_err err = gathering->store->views->report(gathering->store, row, &gathering->bucket_arena, &replaced);
    if (err == ROND_OK)
        err = gathering->store->ledger->revisions_of(gathering->store, &replaced.key, 1, &gathering->bucket_arena, &namers,
                                                     &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        bool counts = false;
        if (namers[i].has_target && report_key_equal(&namers[i].target, &replaced.key))
            err = counts_now(gathering, namers[i].row, &counts);
        gathering->figures.corrected += counts;
    }
    return err;
}

// A bucket of the report's own is met first where none of the report's contributions before this one lies in it.
static enum rond_err meet(struct gathering *gathering, const struct stored_contribution *contributions, size_t index,
                          bool *ret_is_new) {
    const char *bucket = contributions[index].value.bucket;
    *ret_is_new = true;
    if (!bucket_is_own(bucket))
        return bucket_sums_see(&gathering->sums, bucket, ret_is_new);
    for (size_t i = 0; i < index; i++)
        *ret_is_new = *ret_is_new && !lies_in(gathering, &contributions[i], bucket);
    return ROND_OK;
}

static enum rond_err counted_add(struct gathering *gathering, const struct stored_contribution *contributions, size_t count,
                                 size_t index) {
    const char *bucket = contributions[index].value.bucket;
    struct bucket_contents contents = {0};
    bool is_new = false;
    enum rond_err err = meet(gathering, contributions, index, &is_new);
    if (err != ROND_OK || !is_new)
        return err;
    arena_reset(&gathering->bucket_arena);
    if (bucket_is_own(bucket))
        return bucket_add(gathering, bucket, contributions, count);
    struct bucket_key key = {.commitment = gathering->commitment->number, .bucket = bucket};
    err = gathering->store->views->bucket(gathering->store, &key, &gathering->bucket_arena, &contents);
    return err == ROND_OK ? bucket_add(gathering, bucket, contents.contributions, contents.count) : err;
}

// All contributions of one report.
static enum rond_err report_add(struct gathering *gathering, const struct stored_contribution *contributions, size_t count) {
    const struct figures_watch *watch = gathering->watch;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        if (!is_before(gathering, &contributions[i]))
            continue;
        err = watch == NULL ? ROND_OK : watch->contribution(watch->context, &contributions[i]);
        if (err == ROND_OK && contributions[i].value.reason == REASON_COUNTED)
            err = counted_add(gathering, contributions, count, i);
        else if (err == ROND_OK && contributions[i].value.reason == REASON_REPLACED)
            err = corrected_add(gathering, contributions[i].row);
    }
    return err;
}

static size_t same_row(const struct stored_contribution *contributions, size_t count) {
    size_t same = 1;
    while (same < count && contributions[same].row == contributions[0].row)
        same++;
    return same;
}

static enum rond_err gather(struct gathering *gathering) {
    uint64_t row = 0;
    size_t count = 0;
    enum rond_err err = ROND_OK;
    do {
        struct stored_contribution *contributions = NULL;
        arena_reset(&gathering->arena);
        err = gathering->store->views->contributions(gathering->store, gathering->commitment->number, row, READ_PAGE_ROWS,
                                                     &gathering->arena, &contributions, &count);
        for (size_t i = 0; err == ROND_OK && i < count;) {
            size_t same = same_row(&contributions[i], count - i);
            err = report_add(gathering, &contributions[i], same);
            row = contributions[i].row;
            i += same;
        }
    } while (err == ROND_OK && count > 0);
    return err;
}

enum rond_err figures_until(struct store *store, const struct commitment *commitment, int64_t until_s,
                            const struct figures_watch *watch, struct figures *ret_figures) {
    struct gathering gathering = {.store = store, .commitment = commitment, .until_s = until_s, .watch = watch};
    struct local_time local;
    zone_local(commitment->zone, until_s, &local);
    gathering.until = local.day;
    arena_init(&gathering.arena, READ_ARENA_BYTES_MAX);
    arena_init(&gathering.bucket_arena, BUCKET_BYTES_MAX);
    enum rond_err err = gather(&gathering);
    if (err == ROND_OK) {
        progress_until(commitment, gathering.sums.totals, gathering.sums.count, gathering.until, &gathering.figures.progress);
        *ret_figures = gathering.figures;
    }
    arena_deinit(&gathering.bucket_arena);
    arena_deinit(&gathering.arena);
    bucket_sums_deinit(&gathering.sums);
    return err;
}
