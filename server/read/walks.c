// Several commitments may follow walks; their contributions are gone through side by side, so that the row of a report is
// one cursor for all. A place is given where its first unsafe look comes by, and at that one alone.
#include "read/walks.h"

#include <stdlib.h>
#include <string.h>

#include "read/walk_place.h"

enum { PAGE_ROWS = 64 };

bool walks_which_parse(const char *name, enum walks_which *ret_which) {
    static const char *const names[] = {"all", "open", "overdue", "safe", "closed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) {
            *ret_which = (enum walks_which)i;
            return true;
        }
    return false;
}

// The contributions of one commitment, by pages.
struct source {
    const struct commitment *commitment;
    struct arena arena;
    struct stored_contribution *page;
    size_t count, at;
    uint64_t after;
};
struct walking {
    struct store *store;
    const struct walks_wanted *wanted;
    const struct read_rows *rows;
    struct source *sources;
    size_t sources_count;
    struct arena scratch; // of one place
    size_t places, looked;
};

static enum rond_err source_fill(struct walking *walking, struct source *source) {
    if (source->at < source->count)
        return ROND_OK;
    struct store *store = walking->store;
    arena_reset(&source->arena);
    source->at = 0;
    enum rond_err err = store->views->contributions(store, source->commitment->number, source->after, PAGE_ROWS,
                                                    &source->arena, &source->page, &source->count);
    if (err == ROND_OK && source->count > 0)
        source->after = source->page[source->count - 1].row;
    return err;
}

// The one whose next row is the lowest; NULL where all are at their end.
static enum rond_err source_next(struct walking *walking, struct source **ret_next) {
    struct source *next = NULL;
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < walking->sources_count && err == ROND_OK; i++) {
        struct source *source = &walking->sources[i];
        err = source_fill(walking, source);
        if (err == ROND_OK && source->count > 0 && (next == NULL || source->page[source->at].row < next->page[next->at].row))
            next = source;
    }
    if (err == ROND_OK)
        *ret_next = next;
    return err;
}

static bool is_wanted(const struct walk_place *place, enum walks_which which) {
    switch (which) {
    case WALKS_OPEN:
        return place->status == WALK_OPEN;
    case WALKS_OVERDUE:
        return place->is_overdue;
    case WALKS_SAFE:
        return place->status == WALK_SAFE;
    case WALKS_CLOSED:
        return place->status == WALK_CLOSED;
    case WALKS_ALL:
        break;
    }
    return true;
}

static enum rond_err contribution_take(struct walking *walking, const struct commitment *commitment,
                                       const struct stored_contribution *look) {
    struct walk_place place;
    if (look->value.reason != REASON_COUNTED || look->value.finding_state != ROND__V1__SAFETY__SAFETY_UNSAFE)
        return ROND_OK;
    walking->places++;
    arena_reset(&walking->scratch);
    enum rond_err err =
        walk_place_read(walking->store, commitment, look->value.bucket, walking->wanted->now_s, &walking->scratch, &place);
    if (err == ROND_ENOTFOUND) // nobody could say where it is
        return ROND_OK;
    if (err != ROND_OK || place.unsafe_row != look->row || !is_wanted(&place, walking->wanted->which))
        return err;
    return read_rows_give(walking->rows, walk_place_json(&place));
}

static bool is_enough(const struct walking *walking) {
    return walking->wanted->is_part && (walking->places >= WALKS_PLACES_LOOKS || walking->looked >= WALKS_ROWS_LOOKS);
}

static enum rond_err walk(struct walking *walking, uint64_t *ret_stopped) {
    uint64_t row = 0;
    for (;;) {
        struct source *next;
        enum rond_err err = source_next(walking, &next);
        if (err != ROND_OK || next == NULL)
            return err;
        const struct stored_contribution *look = &next->page[next->at++];
        if (row != 0 && look->row != row && is_enough(walking)) {
            *ret_stopped = row;
            return ROND_OK;
        }
        row = look->row;
        walking->looked++;
        err = contribution_take(walking, next->commitment, look);
        if (err != ROND_OK)
            return err;
    }
}

static enum rond_err sources_make(struct walking *walking, const struct commitment *const *commitments, size_t count) {
    const struct walks_wanted *wanted = walking->wanted;
    walking->sources = calloc(count + 1, sizeof *walking->sources);
    if (walking->sources == NULL)
        return ROND_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (commitments[i]->definition->measure != ROND__V1__MEASURE__MEASURE_ACTIONS_CLOSED ||
            (wanted->may_see != NULL && !wanted->may_see(wanted->context, commitments[i]->promise->area)))
            continue;
        struct source *source = &walking->sources[walking->sources_count++];
        *source = (struct source){.commitment = commitments[i], .after = wanted->after};
        arena_init(&source->arena, READ_ARENA_BYTES_MAX);
    }
    return ROND_OK;
}

enum rond_err read_walks(struct store *store, const struct catalogue *catalogue, const struct walks_wanted *wanted,
                         const struct read_rows *rows, uint64_t *ret_stopped) {
    struct walking walking = {.store = store, .wanted = wanted, .rows = rows};
    uint64_t stopped = 0;
    size_t count = 0;
    if (wanted->area != NULL && wanted->area[0] != '\0' && catalogue_area(catalogue, wanted->area) == NULL)
        return ROND_ENOTFOUND;
    const struct commitment *const *commitments = catalogue_commitments(catalogue, wanted->area, &count);
    enum rond_err err = sources_make(&walking, commitments, count);
    arena_init(&walking.scratch, READ_ARENA_BYTES_MAX);
    if (err == ROND_OK)
        err = read_begin(store);
    if (err == ROND_OK) {
        err = walk(&walking, &stopped);
        read_end(store);
    }
    for (size_t i = 0; i < walking.sources_count; i++)
        arena_deinit(&walking.sources[i].arena);
    free(walking.sources);
    arena_deinit(&walking.scratch);
    if (err == ROND_OK)
        *ret_stopped = stopped;
    return err;
}
