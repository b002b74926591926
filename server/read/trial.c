#include "read/trial.h"

#include <stdlib.h>
#include <string.h>

#include "counting/filter.h"
#include "promise/counted.h"
#include "read/bucket_sums.h"
#include "read/rows.h"

enum { SCRATCH_BYTES_MAX = 64 * 1024 * 1024 };

// A contribution that lies in a bucket.
struct kept {
    uint64_t row;
    enum counting_reason reason; // once its bucket is valued
    struct contribution value;
};

struct trying {
    struct store *store;
    const struct catalogue *catalogue;
    struct trial *trial;
    const char *area;
    int64_t from_s, to_s; // outside nothing counts
    struct arena page;    // of one page of rows, and what is linked to them
    struct arena scratch; // of one report
    struct rulings rulings;
};

// ---- Which reports ----

static bool takes_kind(const struct commitment *commitment, Rond__V1__Kind kind) {
    const Rond__V1__Commitment *one = commitment->definition;
    if (one->n_parts == 0)
        return filter_takes_kind(one->filter, kind);
    for (size_t i = 0; i < one->n_parts; i++)
        if (filter_takes_kind(one->parts[i], kind))
            return true;
    return false;
}

static bool may_matter(const struct trying *trying, const struct retained_row *row) {
    if (strcmp(row->area, trying->area) != 0 || row->is_withdrawal || row->from_s >= trying->to_s ||
        row->to_s < trying->from_s)
        return false;
    for (size_t i = 0; i < trying->trial->count; i++)
        if (takes_kind(trying->trial->ones[i].commitment, (Rond__V1__Kind)row->kind))
            return true;
    return false;
}

// ---- What one report would count as ----

// The latest stand last; an older one makes room.
static void example_add(struct trial_one *one, uint64_t row, enum counting_reason reason) {
    size_t same = 0, oldest = one->examples_count;
    for (size_t i = one->examples_count; i-- > 0;)
        if ((one->examples[i].reason == REASON_COUNTED) == (reason == REASON_COUNTED)) {
            same++;
            oldest = i;
        }
    if (same == TRIAL_EXAMPLES) {
        memmove(&one->examples[oldest], &one->examples[oldest + 1],
                (one->examples_count - oldest - 1) * sizeof one->examples[0]);
        one->examples_count--;
    }
    one->examples[one->examples_count++] = (struct trial_example){row, reason};
}

static enum rond_err one_add(struct trying *trying, struct trial_one *one, uint64_t row, const struct counted *counted) {
    struct contribution *values = NULL;
    size_t count = 0;
    enum rond_err err = counted_toward(counted, one->commitment, &trying->scratch, &values, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        struct kept *kept = arena_list_add(&one->kept);
        if (kept == NULL)
            return ROND_ENOMEM;
        *kept = (struct kept){.row = row, .reason = values[i].reason, .value = values[i]};
    }
    return err;
}

static enum rond_err node_add(struct trying *trying, const struct lineage_node *node) {
    struct counted counted;
    if (node->silent || node->report.erased)
        return ROND_OK;
    arena_reset(&trying->scratch);
    enum rond_err err = counted_read(node, NULL, &trying->rulings, &trying->scratch, &counted);
    for (size_t i = 0; i < trying->trial->count && err == ROND_OK; i++)
        err = one_add(trying, &trying->trial->ones[i], node->report.row, &counted);
    return err;
}

// Of one page of rows, those that may matter, with all that is linked to them.
static enum rond_err page_add(struct trying *trying, const struct retained_row *rows, size_t count) {
    struct stored_report *reports = arena_array(&trying->page, count + 1, sizeof *reports);
    struct lineages set;
    size_t wanted = 0;
    enum rond_err err = reports == NULL ? ROND_ENOMEM : ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        if (may_matter(trying, &rows[i]))
            err = trying->store->views->report(trying->store, rows[i].row, &trying->page, &reports[wanted++]);
    if (err != ROND_OK || wanted == 0)
        return err;
    trying->trial->looked += wanted;
    err = lineages_load(trying->store, trying->catalogue, reports, wanted, &trying->page, &set);
    for (size_t i = 0; i < wanted && err == ROND_OK; i++) // the others come in their own turn
        err = node_add(trying, &set.nodes[i]);
    return err;
}

static enum rond_err rows_add(struct trying *trying) {
    uint64_t last = 0;
    size_t count = 0;
    enum rond_err err = trying->store->views->reports_last(trying->store, &last);
    uint64_t row = last > TRIAL_ROWS ? last - TRIAL_ROWS : 0;
    trying->trial->is_whole = row == 0;
    bool goes_on = err == ROND_OK;
    while (goes_on) {
        struct retained_row *rows = NULL;
        arena_reset(&trying->page);
        err = trying->store->views->retained(trying->store, row, READ_PAGE_ROWS, &trying->page, &rows, &count);
        if (err == ROND_OK && count > 0) {
            row = rows[count - 1].row;
            err = page_add(trying, rows, count);
        }
        bool is_enough = trying->trial->looked >= TRIAL_REPORTS;
        trying->trial->is_whole = trying->trial->is_whole && (!is_enough || row >= last);
        goes_on = err == ROND_OK && count > 0 && !is_enough;
    }
    return err;
}

// ---- Buckets to figures ----

static int by_bucket(const void *left, const void *right) {
    const struct kept *a = left, *b = right;
    int order = strcmp(a->value.bucket, b->value.bucket);
    return order != 0 ? order : (a->row > b->row) - (a->row < b->row);
}

static int by_row(const void *left, const void *right) {
    const struct kept *a = left, *b = right;
    return (a->row > b->row) - (a->row < b->row);
}

static enum rond_err bucket_add(const struct commitment *commitment, struct bucket_sums *sums, struct kept *kept,
                                size_t count, struct contribution *values) {
    struct tally value;
    enum counting_reason reason;
    for (size_t i = 0; i < count; i++)
        values[i] = kept[i].value;
    bucket_value(commitment, values, count, &value, &reason);
    for (size_t i = 0; i < count; i++)
        kept[i].reason = reason;
    enum rond_err err = bucket_sums_add(sums, bucket_period(values, count), &value);
    return err == ROND_OK && reason == REASON_COUNTED ? bucket_sums_add_places(sums, values, count) : err;
}

static enum rond_err buckets_add(const struct trial_one *one, struct bucket_sums *sums, struct arena *arena) {
    struct kept *kept = (struct kept *)(void *)one->kept.items;
    size_t count = one->kept.count, first = 0;
    struct contribution *values = arena_array(arena, count + 1, sizeof *values);
    if (values == NULL)
        return ROND_ENOMEM;
    qsort(kept, count, sizeof *kept, by_bucket);
    while (first < count && kept[first].reason != REASON_COUNTED) // these lie in no bucket, and come first
        first++;
    enum rond_err err = ROND_OK;
    for (size_t next; first < count && err == ROND_OK; first = next) {
        for (next = first + 1; next < count && strcmp(kept[next].value.bucket, kept[first].value.bucket) == 0; next++)
            continue;
        err = bucket_add(one->commitment, sums, &kept[first], next - first, values);
    }
    return err;
}

// Each report once: it counts where any of its contributions does.
static void reports_add(struct trial_one *one) {
    struct kept *kept = (struct kept *)(void *)one->kept.items;
    size_t count = one->kept.count;
    qsort(kept, count, sizeof *kept, by_row);
    for (size_t first = 0, next; first < count; first = next) {
        enum counting_reason reason = kept[first].reason;
        for (next = first + 1; next < count && kept[next].row == kept[first].row; next++)
            reason = kept[next].reason == REASON_COUNTED ? REASON_COUNTED : reason;
        one->reports[reason]++;
        example_add(one, kept[first].row, reason);
    }
}

static enum rond_err one_end(struct trial_one *one, int64_t now_s, struct arena *arena) {
    struct bucket_sums sums = {0};
    if (one->kept.count > 0) {
        enum rond_err err = buckets_add(one, &sums, arena);
        if (err != ROND_OK) {
            bucket_sums_deinit(&sums);
            return err;
        }
        reports_add(one);
    }
    progress_at(one->commitment, sums.totals, sums.count, now_s, &one->progress);
    bucket_sums_deinit(&sums);
    return ROND_OK;
}

// ---- All of it ----

static void span_of(struct trying *trying, const struct commitment *commitments, size_t count) {
    enum { DAY_S = 24 * 60 * 60 };
    trying->from_s = INT64_MAX;
    trying->to_s = INT64_MIN;
    for (size_t i = 0; i < count; i++) { // a day more: whatever the zone
        int64_t from_s = ((int64_t)commitments[i].from - 1) * DAY_S, to_s = ((int64_t)commitments[i].to + 2) * DAY_S;
        trying->from_s = from_s < trying->from_s ? from_s : trying->from_s;
        trying->to_s = to_s > trying->to_s ? to_s : trying->to_s;
    }
}

enum rond_err trial_run(struct store *store, const struct catalogue *catalogue, const struct commitment *commitments,
                        size_t count, int64_t now_s, struct arena *arena, struct trial *ret_trial) {
    struct trial trial = {.ones = arena_array(arena, count + 1, sizeof *trial.ones), .count = count, .is_whole = true};
    struct trying trying = {.store = store, .catalogue = catalogue, .trial = &trial};
    if (trial.ones == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        trial.ones[i] = (struct trial_one){.commitment = &commitments[i]};
        trial.ones[i].kept = (struct arena_list){.arena = arena, .item_size = sizeof(struct kept)};
    }
    enum rond_err err = ROND_OK;
    if (count > 0) {
        trying.area = commitments[0].promise->area;
        span_of(&trying, commitments, count);
        arena_init(&trying.page, READ_ARENA_BYTES_MAX);
        arena_init(&trying.scratch, SCRATCH_BYTES_MAX);
        err = rulings_load_all(store, arena, &trying.rulings);
        if (err == ROND_OK)
            err = rows_add(&trying);
        arena_deinit(&trying.scratch);
        arena_deinit(&trying.page);
    }
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = one_end(&trial.ones[i], now_s, arena);
    if (err == ROND_OK)
        *ret_trial = trial;
    return err;
}
