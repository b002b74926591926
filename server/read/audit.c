#include "read/audit.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/rng.h"
#include "counting/zone.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

// An action by which somebody saw reports: one whole, or an export.
static bool is_reading(const char *action) {
    static const char *const readings[] = {"report.show", "export", "export.public"};
    for (size_t i = 0; i < ARRAY_COUNT(readings); i++)
        if (strcmp(readings[i], action) == 0)
            return true;
    return false;
}

static const char *any_or(const char *text) {
    return text == NULL || text[0] == '\0' ? NULL : text;
}

static int64_t earlier(int64_t left, int64_t right) {
    return left < right ? left : right;
}

static int64_t later(int64_t left, int64_t right) {
    return left > right ? left : right;
}

static enum rond_err filter_of(const struct audit_wanted *wanted, struct audit_filter *ret_filter, struct fault *fault) {
    day_t from = 0, to = 0;
    bool is_open = wanted->to == NULL || wanted->to[0] == '\0';
    enum rond_err err = read_day(wanted->from, "from", 0, &from, fault);
    if (err == ROND_OK)
        err = read_day(wanted->to, "to", 0, &to, fault);
    if (err == ROND_OK)
        *ret_filter = (struct audit_filter){.actor = any_or(wanted->actor),
                                            .action = any_or(wanted->action),
                                            .from_ms = later(wanted->from_ms, (int64_t)from * DAY_MS),
                                            .to_ms = earlier(wanted->to_ms > 0 ? wanted->to_ms : INT64_MAX,
                                                             is_open ? INT64_MAX : ((int64_t)to + 1) * DAY_MS)};
    return err;
}

static json_t *audit_json(const struct audit_row *row) {
    json_t *object = json_object();
    bool added = read_add(object, "id", json_integer((json_int_t)row->id)) && read_add_ms(object, "at", row->at_ms) &&
                 read_add(object, "actor", read_text(row->actor)) && read_add(object, "action", read_text(row->action)) &&
                 read_add(object, "detail", read_text(row->detail)) &&
                 read_add(object, "hash", read_hex(bytes_of(row->hash.b, HASH_SIZE)));
    return read_whole(object, added);
}

static bool fits(const struct audit_row *row, const struct audit_filter *filter) {
    return row->at_ms >= filter->from_ms && row->at_ms < filter->to_ms &&
           (filter->actor == NULL || strcmp(filter->actor, row->actor) == 0) &&
           (filter->action == NULL || strcmp(filter->action, row->action) == 0);
}

// Calls `each` with every row that fits, a page at a time, in the order that is wanted.
static enum rond_err rows_each(struct store *store, const struct audit_wanted *wanted, const struct audit_filter *filter,
                               enum rond_err (*each)(void *context, const struct audit_row *row), void *context) {
    struct arena arena;
    enum rond_err err = read_begin(store);
    if (err != ROND_OK)
        return err;
    arena_init(&arena, READ_ARENA_BYTES_MAX);
    uint64_t cursor = wanted->after;
    do {
        struct audit_row *rows = NULL;
        size_t count = 0;
        arena_reset(&arena);
        err = wanted->newest_first
                  ? store->views->audit_newest(store, filter, cursor, READ_PAGE_ROWS, &arena, &rows, &count, &cursor)
                  : store->views->audit(store, cursor, READ_PAGE_ROWS, &arena, &rows, &count, &cursor);
        for (size_t i = 0; i < count && err == ROND_OK; i++)
            if (fits(&rows[i], filter))
                err = each(context, &rows[i]);
    } while (err == ROND_OK && cursor != 0);
    arena_deinit(&arena);
    read_end(store);
    return err;
}

static enum rond_err give(void *context, const struct audit_row *row) {
    return read_rows_give(context, audit_json(row));
}

enum rond_err read_audit(struct store *store, const struct audit_wanted *wanted, const struct read_rows *rows,
                         struct fault *fault) {
    struct audit_filter filter;
    enum rond_err err = filter_of(wanted, &filter, fault);
    if (err != ROND_OK)
        return err;
    return rows_each(store, wanted, &filter, give, (void *)(uintptr_t)rows);
}

// --- Sample: one pass that keeps each row with the same chance (algorithm R), and one that gives those kept in order ---

struct sample {
    uint64_t *ids;
    uint64_t size, seen, given;
    struct rng rng;
    const struct read_rows *rows;
};

static enum rond_err keep_some(void *context, const struct audit_row *row) {
    struct sample *sample = context;
    if (!is_reading(row->action))
        return ROND_OK;
    uint64_t place = sample->seen < sample->size ? sample->seen : rng_below(&sample->rng, sample->seen + 1);
    sample->seen++;
    if (place < sample->size)
        sample->ids[place] = row->id;
    return ROND_OK;
}

static enum rond_err give_kept(void *context, const struct audit_row *row) {
    struct sample *sample = context;
    uint64_t count = sample->seen < sample->size ? sample->seen : sample->size;
    for (uint64_t i = 0; i < count; i++)
        if (sample->ids[i] == row->id)
            return read_rows_give(sample->rows, audit_json(row));
    return ROND_OK;
}

enum rond_err read_audit_sample(struct store *store, const struct audit_wanted *wanted, uint64_t size, uint64_t seed,
                                const struct read_rows *rows, uint64_t *ret_of, struct fault *fault) {
    struct audit_wanted oldest = *wanted; // the same sample, whatever order is asked for
    oldest.newest_first = false;
    struct audit_filter filter;
    struct rng_seeded seeded;
    if (size == 0 || size > AUDIT_SAMPLE_MAX)
        return fault_both(fault, ROND_EINVALID, 0, "size", "Give a size between 1 and %d.",
                          "Ange en storlek mellan 1 och %d.", AUDIT_SAMPLE_MAX);
    enum rond_err err = filter_of(wanted, &filter, fault);
    if (err != ROND_OK)
        return err;
    rng_seeded_init(&seeded, seed);
    struct sample sample = {
        .size = size, .rng = rng_seeded_as_rng(&seeded), .rows = rows, .ids = calloc(size, sizeof *sample.ids)};
    err = sample.ids == NULL ? ROND_ENOMEM : rows_each(store, &oldest, &filter, keep_some, &sample);
    if (err == ROND_OK)
        err = rows_each(store, &oldest, &filter, give_kept, &sample);
    if (err == ROND_OK)
        *ret_of = sample.seen;
    free(sample.ids);
    return err;
}
