// What is behind one figure. Buckets are asked once for many reports, where they follow each other.
#include <stdlib.h>
#include <string.h>

#include "promise/rulings.h"
#include "read/bucket_reason.h"
#include "read/contribution_json.h"
#include "read/decisions.h"
#include "read/progress.h"
#include "read/report_row.h"

struct why {
    struct store *store;
    const struct why_wanted *wanted;
    struct why_filter filter;
    uint64_t looked; // contributions
    const struct commitment *commitment;
    const struct read_rows *rows;
    struct bucket_reasons *reasons;
    struct arena rulings_arena;
    struct rulings rulings; // of all reports: hardly any has one
};

// A report that nobody corrected is asked for under its own identity; of a correction the original must be found first.
static enum rond_err ruling_find(const struct why *why, const struct stored_report *report, json_t **ret_ruling) {
    bool may_have = why->rulings.count > 0 && (report->has_target || report->record.has_formerly ||
                                               rulings_find(&why->rulings, &report->key).count > 0);
    if (may_have)
        return read_ruling_of(why->store, report, ret_ruling);
    *ret_ruling = json_null();
    return ROND_OK;
}

static enum rond_err why_give(struct why *why, const struct stored_report *report,
                              const struct stored_contribution *contribution, enum counting_reason reason) {
    json_t *ruling = NULL;
    enum rond_err err = ruling_find(why, report, &ruling);
    if (err != ROND_OK)
        return err;
    json_t *object = json_object();
    bool added = read_add(object, "ruling", ruling) && report_row_add(object, why->commitment->zone, report) &&
                 contribution_add_reason(object, reason) && contribution_add(object, why->commitment, &contribution->value);
    return read_rows_give(why->rows, read_whole(object, added));
}

// A report is read only where its contribution is wanted.
static bool is_wanted(const struct why *why, enum counting_reason reason) {
    enum why_which which = why->wanted->which;
    return (which != WHY_COUNTED || reason == REASON_COUNTED) && (which != WHY_NOT_COUNTED || reason != REASON_COUNTED);
}

// *report is the last that was read.
static enum rond_err why_look(struct why *why, struct arena *arena, const struct stored_contribution *contribution,
                              struct stored_report *report) {
    enum counting_reason reason;
    if (!why_filter_takes(&why->filter, &contribution->value))
        return ROND_OK;
    enum rond_err err = bucket_reason(why->store, why->commitment, contribution, why->reasons, &reason);
    if (err != ROND_OK || !is_wanted(why, reason))
        return err;
    if (contribution->row != report->row)
        err = why->store->views->report(why->store, contribution->row, arena, report);
    if (err != ROND_OK || (why->wanted->which == WHY_LATE && !report_row_is_late(report)))
        return err;
    return why_give(why, report, contribution, reason);
}

// One page of contributions; *row is where to go on.
static enum rond_err why_page(struct why *why, struct arena *arena, uint64_t *row, size_t *ret_count) {
    struct stored_contribution *contributions = NULL;
    struct stored_report report = {0};
    size_t count = 0;
    const struct views_ops *views = why->store->views;
    enum rond_err err = (why->wanted->newest_first ? views->contributions_before : views->contributions)(
        why->store, why->commitment->number, *row, READ_PAGE_ROWS, arena, &contributions, &count);
    for (size_t i = 0; i < count && err == ROND_OK; i++) {
        err = why_look(why, arena, &contributions[i], &report);
        *row = contributions[i].row;
    }
    why->looked += count;
    *ret_count = count;
    return err;
}

static enum rond_err why_all(struct why *why, uint64_t *ret_stopped) {
    struct arena arena;
    uint64_t row = why->wanted->after;
    size_t count = 0;
    enum rond_err err = ROND_OK;
    bool goes_on = true;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    while (goes_on) {
        arena_reset(&arena);
        err = why_page(why, &arena, &row, &count);
        bool is_enough = why->wanted->looks != 0 && why->looked >= why->wanted->looks;
        goes_on = err == ROND_OK && count > 0 && !is_enough;
    }
    *ret_stopped = count > 0 ? row : 0;
    arena_deinit(&arena);
    return err;
}

bool why_which_parse(const char *name, enum why_which *ret_which) {
    static const char *const names[] = {
        [WHY_ALL] = "all", [WHY_COUNTED] = "counted", [WHY_NOT_COUNTED] = "not_counted", [WHY_LATE] = "late"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *ret_which = (enum why_which)i;
            return true;
        }
    return false;
}

enum rond_err read_why(struct store *store, const struct catalogue *catalogue, const char *path,
                       const struct read_rows *rows) {
    const struct why_wanted all = {.path = path};
    uint64_t stopped;
    struct fault fault;
    return read_why_part(store, catalogue, &all, rows, &stopped, &fault);
}

enum rond_err read_why_part(struct store *store, const struct catalogue *catalogue, const struct why_wanted *wanted,
                            const struct read_rows *rows, uint64_t *ret_stopped, struct fault *fault) {
    struct why why = {.store = store, .wanted = wanted, .rows = rows};
    why.commitment = catalogue_commitment_by_path(catalogue, wanted->path);
    if (why.commitment == NULL)
        return ROND_ENOTFOUND;
    enum rond_err err = why_filter_init(&why.filter, &wanted->part, why.commitment, fault);
    if (err != ROND_OK)
        return err;
    why.reasons = calloc(1, sizeof *why.reasons);
    if (why.reasons == NULL)
        return ROND_ENOMEM;
    arena_init(&why.rulings_arena, READ_ARENA_BYTES_MAX);
    err = read_begin(store);
    if (err == ROND_OK) {
        err = rulings_load_all(store, &why.rulings_arena, &why.rulings);
        if (err == ROND_OK)
            err = why_all(&why, ret_stopped);
        read_end(store);
    }
    arena_deinit(&why.rulings_arena);
    free(why.reasons);
    return err;
}
