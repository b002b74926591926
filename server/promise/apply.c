// The fold: from reports in the ledger to contributions and totals, inside the transaction that stores them.
//
//   rows ──> lineages ──────────> contributions ──────────> delta ──────────> store
//            who stands for whom   of each report, to each    buckets before     contributions, totals,
//            (lineage.h)           commitment (match.h)       and after          outcomes (delta.h)
//
// Invariants:
//   - What a report contributes is a function of its lineage and the catalogue alone, never of what is stored. The stored
//     contributions only say what to take out. So it does not matter in which pieces, or in which order, rows are folded:
//     a rebuild is the same code over all rows of an emptied fold. New rows are folded as they lie in memory, in a rebuild
//     as the store gives them back.
//   - Only a linked report (one that names another, or is named) can have stored contributions that are to be changed.
//     A plain report folded for the first time costs one question for all of them (does anybody name you?) and no bucket
//     is loaded where it lies in a bucket of its own.
//   - Erased reports cannot be matched any more. Theirs are frozen: while the report stands they stay as they are stored;
//     where it is replaced or withdrawn later only that reason remains. A rebuild keeps them aside while it empties the
//     fold.
//   - People's rulings about a report hold for its whole lineage (keyed by the original). A plain report that is folded for
//     the first time has none, so only linked ones, refolds and rebuilds look (rulings.h).
//   - Where a report is on the map (spots.h) is a contribution like the others: stored beside them, taken out and put in
//   with
//     them, frozen where the report is erased.
//   - Quarantined reports contribute nothing until they are released. What a person amended of one is laid over what was
//     decoded of it (amend.h), for it is a ruling as others are.
//
// A correction counts under the identity of its original (lineage counts_as), so that buckets of its own and findings that
// a later walk looks at again keep their names.
#include "promise/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/planted.h"
#include "promise/counted.h"
#include "promise/delta.h"
#include "wire/limits.h"

enum {
    CHUNK_REPORTS = 4000, // a whole group at once is no faster, and what it takes of memory stays with the process
    PAGE_ROWS = 500,
    CHUNK_ARENA_BYTES_MAX = 512 * 1024 * 1024,
    SCRATCH_BYTES_MAX = 64 * 1024 * 1024, // one decoded report and its contributions toward every commitment
    KEPT_BYTES_MAX = 1024 * 1024 * 1024,
};

// Contributions and spots of erased reports, in order of row, while a rebuild has emptied the store of them.
struct kept {
    struct arena arena;
    struct bucket_contents *contents;
    struct spot *spots;
    uint64_t *rows;
    size_t count;
    size_t capacity;
};

struct fold {
    struct store *store;
    const struct catalogue *catalogue;
    struct arena arena;   // of one chunk
    struct arena scratch; // of one report
    struct delta delta;
    const struct kept *kept; // in a rebuild
    struct rulings rulings;  // of the chunk; in a rebuild, of all
    bool is_first;           // the rows given have never been folded
};

static void fold_init(struct fold *fold, struct store *store, const struct catalogue *catalogue) {
    *fold = (struct fold){.store = store, .catalogue = catalogue};
    arena_init(&fold->arena, CHUNK_ARENA_BYTES_MAX);
    arena_init(&fold->scratch, SCRATCH_BYTES_MAX);
}

static void fold_deinit(struct fold *fold) {
    arena_deinit(&fold->arena);
    arena_deinit(&fold->scratch);
}

// ---- What one report contributes ----

struct contributions {
    struct stored_contribution *list; // in the scratch
    size_t count;
    size_t capacity;
    struct spot spot; // tally.reports 0: it is not on the map
};
// What is stored of one report.
struct stored_parts {
    struct bucket_contents contributions;
    struct spot spot;
};

static enum rond_err contributions_add(struct fold *fold, struct contributions *to, uint64_t row, uint32_t commitment,
                                       const struct contribution *values, size_t count) {
    if (to->count + count > to->capacity) {
        size_t capacity = 2 * to->capacity + count;
        struct stored_contribution *list = arena_array(&fold->scratch, capacity, sizeof *list);
        if (list == NULL)
            return ROND_ENOMEM;
        if (to->count > 0)
            memcpy(list, to->list, to->count * sizeof *list);
        to->list = list;
        to->capacity = capacity;
    }
    for (size_t i = 0; i < count; i++)
        to->list[to->count++] = (struct stored_contribution){row, commitment, values[i]};
    return ROND_OK;
}

static struct contribution only_reason(enum counting_reason reason, int64_t from_s, int64_t to_s) {
    return (struct contribution){.reason = reason, .quantity = 1, .from_s = from_s, .to_s = to_s};
}

static enum rond_err toward(struct fold *fold, const struct lineage_node *node, const struct counted *counted,
                            const struct commitment *commitment, struct contributions *to) {
    struct contribution *values = NULL;
    size_t count = 0;
    enum rond_err err = counted_toward(counted, commitment, &fold->scratch, &values, &count);
    return err == ROND_OK ? contributions_add(fold, to, node->report.row, commitment->number, values, count) : err;
}

// The commitments of the report's area, and the one that the officer named if it lies elsewhere.
static enum rond_err toward_all(struct fold *fold, const struct lineage_node *node, const struct counted *counted,
                                struct contributions *to) {
    size_t count;
    const struct counted_report *report = &counted->report;
    const struct commitment *const *commitments = catalogue_commitments(fold->catalogue, report->area, &count);
    enum rond_err err = ROND_OK;
    if (report->area[0] == '\0')
        count = 0;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = toward(fold, node, counted, commitments[i], to);
    if (err != ROND_OK || report->report->commitment[0] == '\0')
        return err;
    const struct commitment *named = catalogue_commitment_by_path(fold->catalogue, report->report->commitment);
    if (named == NULL || strcmp(named->promise->area, report->area) == 0)
        return ROND_OK;
    return toward(fold, node, counted, named, to);
}

static enum rond_err contributions_of_read(struct fold *fold, const struct lineage_node *node,
                                           const Rond__V1__Report *decoded, struct contributions *to) {
    struct counted counted;
    enum rond_err err = counted_read(node, decoded, &fold->rulings, &fold->scratch, &counted);
    if (err != ROND_OK || !counted.is_readable)
        return err;
    const struct counted_report *report = &counted.report;
    if (counted.part == REASON_COUNTED)
        to->spot =
            spot_make(node->report.row, node->report.kind, report, catalogue_zone_of_area(fold->catalogue, report->area));
    return toward_all(fold, node, &counted, to);
}

static enum rond_err contributions_of_erased(struct fold *fold, const struct lineage_node *node,
                                             const struct stored_parts *parts, struct contributions *to) {
    const struct bucket_contents *frozen = &parts->contributions;
    enum rond_err err = ROND_OK;
    if (node->part == REASON_COUNTED)
        to->spot = parts->spot;
    for (size_t i = 0; i < frozen->count && err == ROND_OK; i++) {
        const struct stored_contribution *one = &frozen->contributions[i];
        struct contribution value = one->value;
        if (node->part != REASON_COUNTED) {
            if (i > 0 && one->commitment == frozen->contributions[i - 1].commitment)
                continue; // one reason for each commitment
            value = only_reason(node->part, node->report.from_s, node->report.to_s);
        }
        err = contributions_add(fold, to, one->row, one->commitment, &value, 1);
    }
    return err;
}

// ---- One report against what is stored of it ----

static bool is_same_value(const struct contribution *a, const struct contribution *b) {
    return a->reason == b->reason && strcmp(a->bucket, b->bucket) == 0 && strcmp(a->period, b->period) == 0 &&
           a->parts == b->parts && a->organisations == b->organisations && a->quantity == b->quantity &&
           a->persons == b->persons && a->from_s == b->from_s && a->to_s == b->to_s &&
           a->finding_state == b->finding_state && a->flags == b->flags && a->places == b->places &&
           a->places_open == b->places_open;
}

// Keeps the order within one commitment; the lists are short and nearly sorted.
static void sort_by_commitment(struct contributions *now) {
    for (size_t i = 1; i < now->count; i++) {
        struct stored_contribution moving = now->list[i];
        size_t k = i;
        for (; k > 0 && now->list[k - 1].commitment > moving.commitment; k--)
            now->list[k] = now->list[k - 1];
        now->list[k] = moving;
    }
}

// The store gives them by commitment.
static bool is_same(const struct bucket_contents *stored, struct contributions *now) {
    if (stored->count != now->count)
        return false;
    sort_by_commitment(now);
    for (size_t i = 0; i < now->count; i++)
        if (stored->contributions[i].commitment != now->list[i].commitment ||
            !is_same_value(&stored->contributions[i].value, &now->list[i].value))
            return false;
    return true;
}

static struct stored_parts kept_find(const struct kept *kept, uint64_t row) {
    size_t low = 0, high = kept->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (kept->rows[middle] == row)
            return (struct stored_parts){kept->contents[middle], kept->spots[middle]};
        if (kept->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return (struct stored_parts){0};
}

static enum rond_err contribute(struct fold *fold, const struct lineage_node *node, const Rond__V1__Report *decoded,
                                const struct stored_parts *stored, struct contributions *to) {
    struct stored_parts parts = *stored;
    if (node->silent)
        return ROND_OK;
    if (!node->report.erased)
        return contributions_of_read(fold, node, decoded, to);
    if (fold->kept != NULL)
        parts = kept_find(fold->kept, node->report.row);
    return contributions_of_erased(fold, node, &parts, to);
}

static enum rond_err fold_node(struct fold *fold, const struct lineage_node *node, const Rond__V1__Report *decoded,
                               const struct stored_parts *stored) {
    struct contributions now = {0};
    bool is_alone = fold->is_first && !node->linked;
    arena_reset(&fold->scratch);
    enum rond_err err = contribute(fold, node, decoded, stored, &now);
    if (err == ROND_OK)
        err = spot_move(&fold->delta.spots, &stored->spot, &now.spot);
    if (err != ROND_OK || is_same(&stored->contributions, &now))
        return err;
    err = PLANTED(CONTRIBUTION_TWICE) ? ROND_OK : delta_remove(&fold->delta, node->report.row, &stored->contributions);
    if (err == ROND_OK)
        err = delta_add(&fold->delta, now.list, now.count, is_alone);
    return err == ROND_OK ? delta_tell(&fold->delta, node->report.row, &node->key) : err;
}

// ---- A chunk of reports with all that is linked to them ----

// Loads what is stored of the nodes that may have something; the others' contents stay empty.
static enum rond_err load_stored(struct fold *fold, const struct lineages *set, struct stored_parts *ret_stored) {
    uint64_t *rows = arena_array(&fold->arena, set->count + 1, sizeof *rows);
    struct bucket_contents *found = arena_array(&fold->arena, set->count + 1, sizeof *found);
    struct spot *spots = arena_array(&fold->arena, set->count + 1, sizeof *spots);
    size_t count = 0, k = 0;
    if (rows == NULL || found == NULL || spots == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < set->count; i++)
        if (set->nodes[i].report.row != 0 && (set->nodes[i].linked || !fold->is_first))
            rows[count++] = set->nodes[i].report.row;
    if (count == 0)
        return ROND_OK;
    enum rond_err err = fold->store->ledger->contributions_of(fold->store, rows, count, &fold->arena, found);
    if (err == ROND_OK)
        err = fold->store->ledger->spots_of(fold->store, rows, count, &fold->arena, spots);
    for (size_t i = 0; i < set->count && k < count && err == ROND_OK; i++) {
        if (set->nodes[i].report.row != rows[k])
            continue;
        ret_stored[i] = (struct stored_parts){found[k], spots[k]};
        k++;
    }
    return err;
}

// People decide about reports that are there: one that comes for the first time and stands alone has no ruling.
static enum rond_err load_rulings(struct fold *fold, const struct lineages *set) {
    size_t count = 0;
    if (fold->kept != NULL) // all of them are loaded
        return ROND_OK;
    struct report_key *keys = arena_array(&fold->arena, 2 * set->count + 1, sizeof *keys);
    if (keys == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < set->count; i++) {
        const struct lineage_node *node = &set->nodes[i];
        if (node->report.row == 0 || (!node->linked && fold->is_first))
            continue;
        keys[count++] = node->counts_as;
        if (node->report.verdict == VERDICT_QUARANTINED && !report_key_equal(&node->key, &node->counts_as))
            keys[count++] = node->key; // only what was put aside is amended
    }
    return rulings_load(fold->store, keys, count, &fold->arena, &fold->rulings);
}

// decoded[i] of reports[i], where it is known; NULL: of none.
static enum rond_err fold_chunk(struct fold *fold, const struct stored_report *reports,
                                const Rond__V1__Report *const *decoded, size_t count) {
    struct lineages set;
    enum rond_err err = lineages_load(fold->store, fold->catalogue, reports, count, &fold->arena, &set);
    if (err != ROND_OK)
        return err;
    struct stored_parts *stored = arena_array(&fold->arena, set.count + 1, sizeof *stored);
    if (stored == NULL)
        return ROND_ENOMEM;
    err = load_stored(fold, &set, stored);
    if (err == ROND_OK)
        err = load_rulings(fold, &set);
    for (size_t i = 0; i < set.count && err == ROND_OK; i++) {
        const struct lineage_node *node = &set.nodes[i];
        if (node->report.row != 0) // the reports given come first, in their order
            err = fold_node(fold, node, decoded != NULL && i < count ? decoded[i] : NULL, &stored[i]);
    }
    return err == ROND_OK ? delta_store(&fold->delta) : err;
}

static void delta_start(struct fold *fold, bool tells_outcomes) {
    fold->delta = (struct delta){
        .store = fold->store, .catalogue = fold->catalogue, .arena = &fold->arena, .tells_outcomes = tells_outcomes};
    spot_moves_init(&fold->delta.spots, &fold->arena);
}

// ---- Reports that are still in memory ----

// As the store would give it back.
static struct stored_report stored_of(const struct ledger_batch *batch, size_t index, uint64_t row) {
    const struct ledger_report *report = &batch->reports[index];
    return (struct stored_report){
        .row = row,
        .key = {batch->device, batch->outbox, batch->first_seq + index},
        .organisation = batch->organisation,
        .area = report->area,
        .record = report->record,
        .salt = report->salt,
        .leaf = report->leaf,
        .verdict = report->verdict,
        .code = report->code,
        .reason = report->reason,
        .field = report->field,
        .kind = report->kind,
        .has_target = report->has_target,
        .is_withdrawal = report->is_withdrawal,
        .target = report->target,
        .claimed_ms = report->claimed_ms,
        .from_s = report->from_s,
        .to_s = report->to_s,
        .uncertainty_s = report->uncertainty_s,
        .received_ms = batch->received_ms,
    };
}

static size_t count_appended(const struct appended_reports *appended) {
    size_t count = 0;
    for (; appended != NULL; appended = appended->next)
        count += appended->count;
    return count;
}

// How far the appended reports are folded: `at` up to its `index`th.
struct progress_of_fold {
    const struct appended_reports *at;
    size_t index;
};

static size_t take_appended(struct progress_of_fold *progress, struct stored_report *reports,
                            const Rond__V1__Report **decoded, size_t room) {
    size_t count = 0;
    while (count < room && progress->at != NULL) {
        const struct appended_reports *at = progress->at;
        if (progress->index == at->count) {
            *progress = (struct progress_of_fold){.at = at->next};
            continue;
        }
        size_t index = at->from + progress->index;
        reports[count] = stored_of(at->batch, index, at->first_row + progress->index++);
        decoded[count++] = at->batch->reports[index].decoded;
    }
    return count;
}

static enum rond_err fold_appended(struct fold *fold, struct progress_of_fold *progress, size_t *ret_count) {
    size_t left = count_appended(progress->at) - progress->index, room = left < CHUNK_REPORTS ? left : CHUNK_REPORTS;
    arena_reset(&fold->arena);
    struct stored_report *reports = arena_array(&fold->arena, room, sizeof *reports);
    const Rond__V1__Report **decoded = arena_array(&fold->arena, room, sizeof(Rond__V1__Report *));
    if (reports == NULL || decoded == NULL)
        return ROND_ENOMEM;
    *ret_count = take_appended(progress, reports, decoded, room);
    if (*ret_count == 0)
        return ROND_OK;
    delta_start(fold, true);
    fold->delta.expected = *ret_count;
    fold->delta.first_row = reports[0].row;
    fold->delta.last_row = reports[*ret_count - 1].row;
    return fold_chunk(fold, reports, decoded, *ret_count);
}

enum rond_err promise_apply(struct store *store, const struct catalogue *catalogue,
                            const struct appended_reports *appended) {
    struct fold fold;
    struct progress_of_fold progress = {.at = appended};
    size_t count;
    enum rond_err err;
    fold_init(&fold, store, catalogue);
    fold.is_first = true;
    do {
        count = 0;
        err = fold_appended(&fold, &progress, &count);
    } while (err == ROND_OK && count > 0);
    fold_deinit(&fold);
    return err;
}

enum rond_err promise_refold(struct store *store, const struct catalogue *catalogue, uint64_t row) {
    struct fold fold;
    struct stored_report report;
    fold_init(&fold, store, catalogue);
    delta_start(&fold, true);
    enum rond_err err = store->views->report(store, row, &fold.arena, &report);
    // Its device learns of it even where nothing counts.
    if (err == ROND_OK)
        err = delta_tell(&fold.delta, row, &report.key);
    if (err == ROND_OK)
        err = fold_chunk(&fold, &report, NULL, 1);
    fold_deinit(&fold);
    return err;
}

// ---- Rebuild ----

static bool kept_grow(struct kept *kept) {
    if (kept->count < kept->capacity)
        return true;
    size_t capacity = kept->capacity == 0 ? 64 : 2 * kept->capacity;
    struct bucket_contents *contents = realloc(kept->contents, capacity * sizeof *contents);
    if (contents != NULL)
        kept->contents = contents;
    struct spot *spots = realloc(kept->spots, capacity * sizeof *spots);
    if (spots != NULL)
        kept->spots = spots;
    uint64_t *rows = realloc(kept->rows, capacity * sizeof *rows);
    if (rows != NULL)
        kept->rows = rows;
    if (contents == NULL || spots == NULL || rows == NULL)
        return false;
    kept->capacity = capacity;
    return true;
}

static enum rond_err keep(struct store *store, struct kept *kept, uint64_t row) {
    if (!kept_grow(kept))
        return ROND_ENOMEM;
    enum rond_err err = store->ledger->contributions_of(store, &row, 1, &kept->arena, &kept->contents[kept->count]);
    if (err == ROND_OK)
        err = store->ledger->spots_of(store, &row, 1, &kept->arena, &kept->spots[kept->count]);
    if (err == ROND_OK)
        kept->rows[kept->count++] = row;
    return err;
}

static enum rond_err keep_erased(struct store *store, struct kept *kept) {
    struct arena arena;
    uint64_t *rows = NULL, after = 0;
    size_t count = 0;
    enum rond_err err;
    arena_init(&arena, CHUNK_ARENA_BYTES_MAX);
    do {
        arena_reset(&arena);
        err = store->views->erased(store, after, PAGE_ROWS, &arena, &rows, &count);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            err = keep(store, kept, after = rows[i]);
    } while (err == ROND_OK && count > 0);
    arena_deinit(&arena);
    return err;
}

// Rows after `after`, as many as make a chunk; ret_count 0 at the end.
static enum rond_err fold_rows(struct fold *fold, uint64_t after, size_t *ret_count) {
    struct stored_report *reports = NULL;
    size_t count = 0;
    arena_reset(&fold->arena);
    enum rond_err err = fold->store->views->reports(fold->store, after, CHUNK_REPORTS, &fold->arena, &reports, &count);
    if (err == ROND_OK && count > 0) {
        delta_start(fold, false);
        fold->delta.expected = count;
        fold->delta.first_row = reports[0].row;
        fold->delta.last_row = reports[count - 1].row;
        err = fold_chunk(fold, reports, NULL, count);
    }
    *ret_count = count;
    return err;
}

static enum rond_err rebuild_rows(struct fold *fold, promise_progress *progress, void *context) {
    struct store_counts counts = {0};
    uint64_t done = 0;
    size_t count = 0;
    enum rond_err err = fold->store->views->counts(fold->store, &counts);
    if (err != ROND_OK)
        return err;
    do {
        err = fold_rows(fold, done, &count);
        done = count > 0 ? fold->delta.last_row : done;
        if (err == ROND_OK && count > 0 && progress != NULL)
            progress(context, done, counts.reports);
    } while (err == ROND_OK && count > 0);
    return err;
}

enum rond_err promise_rebuild(struct store *store, const struct catalogue *catalogue, promise_progress *progress,
                              void *context) {
    struct fold fold;
    struct kept kept = {0};
    fold_init(&fold, store, catalogue);
    arena_init(&kept.arena, KEPT_BYTES_MAX);
    fold.is_first = true;
    fold.kept = &kept;
    enum rond_err err = keep_erased(store, &kept);
    if (err == ROND_OK)
        err = rulings_load_all(store, &kept.arena, &fold.rulings);
    if (err == ROND_OK)
        err = store->ledger->fold_clear(store);
    if (err == ROND_OK)
        err = rebuild_rows(&fold, progress, context);
    arena_deinit(&kept.arena);
    free(kept.contents);
    free(kept.spots);
    free(kept.rows);
    fold_deinit(&fold);
    return err;
}
