// Both sides are lists by row, so they are gone through like a merge. A thread of corrections shows as several reports: one
// that had counted and does not, another that counts now. It is known by its first report and told once.
#include "read/followup_causes.h"

#include <stdlib.h>

#include "read/rows.h"

enum { THREAD_MAX = 1000 };

struct comparison {
    struct store *store;
    uint64_t last_row; // that had arrived then
    uint64_t *threads; // first reports of those that were corrected since
    size_t threads_count;
    size_t threads_capacity;
    struct followup_causes causes;
};

// Entries of one report, from one side.
struct part {
    const struct evidence_entry *entries;
    size_t count;
};

static struct part part_of(const struct evidence_commitment *commitment, size_t from, uint64_t row) {
    struct part part = {.entries = commitment == NULL ? NULL : commitment->entries + from};
    size_t size = commitment == NULL ? 0 : commitment->count;
    while (from + part.count < size && part.entries[part.count].row == row)
        part.count++;
    return part;
}

static bool counts(const struct part *part) {
    for (size_t i = 0; i < part->count; i++)
        if (part->entries[i].reason == REASON_COUNTED)
            return true;
    return false;
}

static bool same_way(const struct part *then, const struct part *now) {
    bool same = then->count == now->count;
    for (size_t i = 0; i < then->count && same; i++) {
        const struct evidence_entry *a = &then->entries[i], *b = &now->entries[i];
        same = a->bucket == b->bucket && a->places == b->places && a->places_open == b->places_open;
    }
    return same;
}

// ---- Threads of corrections ----

// The first report of the thread: that of `report` itself where it corrects nothing that is here.
static enum rond_err first_of(struct store *store, const struct stored_report *report, struct arena *arena,
                              uint64_t *ret_row) {
    struct stored_report at = *report;
    enum rond_err err = ROND_OK;
    for (unsigned step = 0; err == ROND_OK && at.has_target && step < THREAD_MAX; step++) {
        struct stored_report target;
        err = store->views->report_by_key(store, &at.target, arena, &target);
        if (err == ROND_OK)
            at = target;
    }
    *ret_row = at.row;
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

static enum rond_err thread_add(struct comparison *comparison, uint64_t row) {
    if (comparison->threads_count == comparison->threads_capacity) {
        size_t capacity = comparison->threads_capacity == 0 ? 64 : 2 * comparison->threads_capacity;
        uint64_t *grown = realloc(comparison->threads, capacity * sizeof *grown);
        if (grown == NULL)
            return ROND_ENOMEM;
        comparison->threads = grown;
        comparison->threads_capacity = capacity;
    }
    comparison->threads[comparison->threads_count++] = row;
    return ROND_OK;
}

static int row_compare(const void *left, const void *right) {
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static int64_t threads_distinct(struct comparison *comparison) {
    int64_t distinct = 0;
    if (comparison->threads_count > 0)
        qsort(comparison->threads, comparison->threads_count, sizeof *comparison->threads, row_compare);
    for (size_t i = 0; i < comparison->threads_count; i++)
        distinct += i == 0 || comparison->threads[i] != comparison->threads[i - 1];
    return distinct;
}

// ---- One report ----

static enum rond_err corrected(struct comparison *comparison, const struct stored_report *report, struct arena *arena) {
    uint64_t first = 0;
    enum rond_err err = first_of(comparison->store, report, arena, &first);
    if (err != ROND_OK)
        return err;
    if (first > comparison->last_row) { // came and was corrected since
        comparison->causes.late++;
        return ROND_OK;
    }
    return thread_add(comparison, first);
}

// Counts and had not.
static enum rond_err appeared(struct comparison *comparison, const struct stored_report *report, struct arena *arena) {
    if (report->has_target)
        return corrected(comparison, report, arena);
    if (report->row > comparison->last_row)
        comparison->causes.late++;
    else if (report->released)
        comparison->causes.released++;
    else
        comparison->causes.decided += !comparison->causes.edited;
    return ROND_OK;
}

// Had counted and does not. What is no candidate any more has no entry.
static enum rond_err vanished(struct comparison *comparison, const struct part *now, const struct stored_report *report,
                              struct arena *arena) {
    enum counting_reason reason = now->count == 0 ? REASON_COUNTED : now->entries[0].reason;
    if (reason == REASON_REPLACED)
        return corrected(comparison, report, arena);
    if (reason == REASON_WITHDRAWN)
        comparison->causes.withdrawn++;
    else
        comparison->causes.decided += !comparison->causes.edited;
    return ROND_OK;
}

static enum rond_err report_compare(struct comparison *comparison, uint64_t row, const struct part *then,
                                    const struct part *now) {
    struct arena arena;
    struct stored_report report;
    bool counted = counts(then), counts_now = counts(now);
    if (counted && counts_now)
        comparison->causes.decided += !comparison->causes.edited && !same_way(then, now);
    if (counted == counts_now)
        return ROND_OK;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    enum rond_err err = comparison->store->views->report(comparison->store, row, &arena, &report);
    if (err == ROND_OK)
        err = counts_now ? appeared(comparison, &report, &arena) : vanished(comparison, now, &report, &arena);
    arena_deinit(&arena);
    return err;
}

static uint64_t row_at(const struct evidence_commitment *commitment, size_t index) {
    return commitment == NULL || index >= commitment->count ? UINT64_MAX : commitment->entries[index].row;
}

static enum rond_err merge(struct comparison *comparison, const struct evidence_commitment *then,
                           const struct evidence_commitment *now) {
    size_t then_at = 0, now_at = 0;
    enum rond_err err = ROND_OK;
    for (;;) {
        uint64_t then_row = row_at(then, then_at), now_row = row_at(now, now_at);
        uint64_t row = then_row < now_row ? then_row : now_row;
        if (err != ROND_OK || row == UINT64_MAX)
            return err;
        struct part then_part = part_of(then, then_at, row), now_part = part_of(now, now_at, row);
        err = report_compare(comparison, row, &then_part, &now_part);
        then_at += then_part.count;
        now_at += now_part.count;
    }
}

enum rond_err followup_causes_find(struct store *store, const struct followup_evidence *then_all,
                                   const struct evidence_commitment *then, const struct followup_evidence *now_all,
                                   const struct evidence_commitment *now, struct followup_causes *ret_causes) {
    struct comparison comparison = {.store = store, .last_row = then_all->last_row};
    comparison.causes.rules = then_all->rules != now_all->rules;
    comparison.causes.edited = then == NULL || now == NULL || !hash256_equal(&then->definition, &now->definition);
    enum rond_err err = merge(&comparison, then, now);
    if (err == ROND_OK) {
        comparison.causes.corrected = threads_distinct(&comparison);
        *ret_causes = comparison.causes;
    }
    free(comparison.threads);
    return err;
}
