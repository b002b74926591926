// The reports behind a row of the map, and those of a time. The sums of a row tell where to look: years in which it has
// nothing are passed over, in the others such months, and in the others the days on which nobody was anywhere in the area;
// what is left are days of the index of spots. So the work follows what is found, whatever the period and whoever else was
// there.
#include "store/sqlite.h"

struct search {
    struct sqlite_store *store;
    const struct spots_wanted *wanted;
    int64_t area, organisation, place;
    struct square_range squares;
    uint64_t *rows;
    size_t count, limit;
};

// ROND_ENOTFOUND: no row of anything bears it.
static enum rond_err number_of(struct sqlite_store *store, const char *text, int64_t *ret_number) {
    struct query query = query_start(store, "SELECT number FROM texts WHERE text = ?");
    query_text(&query, text);
    return query_single(&query, ret_number);
}

// Of what the search is about, after the area and the day.
#define WHAT_IS_WANTED                                                                                                      \
    " AND kind = ? AND organisation = ? AND place = ? AND square BETWEEN ? AND ?"                                           \
    " AND (square - 1) % ? BETWEEN ? AND ?"

static void wanted_bind(struct query *query, const struct search *search) {
    query_int(query, search->wanted->at.kind);
    query_int(query, search->organisation);
    query_int(query, search->place);
    query_int(query, search->squares.first);
    query_int(query, search->squares.last);
    query_int(query, SQUARE_COLUMNS);
    query_int(query, search->squares.column_first);
    query_int(query, search->squares.column_last);
}

static enum rond_err day_read(struct search *search, int32_t day) {
    uint64_t before = day == search->wanted->last ? search->wanted->before : 0;
    struct query query =
        query_start(search->store, "SELECT row FROM spots INDEXED BY spots_map WHERE area = ? AND day = ?" WHAT_IS_WANTED
                                   " AND row < ? ORDER BY row DESC LIMIT ?");
    query_int(&query, search->area);
    query_int(&query, day);
    wanted_bind(&query, search);
    query_int(&query, before == 0 ? INT64_MAX : (int64_t)before);
    query_int(&query, (int64_t)(search->limit - search->count));
    while (query_next(&query))
        search->rows[search->count++] = (uint64_t)column_int(&query, 0);
    return query_finish(&query);
}

static enum rond_err has_any(struct search *search, enum map_span span, int32_t start) {
    int64_t one;
    struct query query =
        query_start(search->store, "SELECT 1 FROM map WHERE area = ? AND span = ? AND day = ?" WHAT_IS_WANTED " LIMIT 1");
    query_int(&query, search->area);
    query_int(&query, span);
    query_int(&query, start);
    wanted_bind(&query, search);
    return query_single(&query, &one);
}

// The newest span of the area that begins on this day or before, whoever was there.
static enum rond_err newest_span(struct search *search, enum map_span span, int32_t day, int64_t *ret_start) {
    struct query query =
        query_start(search->store, "SELECT day FROM map WHERE area = ? AND span = ? AND day <= ? ORDER BY day DESC LIMIT 1");
    query_int(&query, search->area);
    query_int(&query, span);
    query_int(&query, day);
    return query_single(&query, ret_start);
}

// From the longest spans to days.
static enum rond_err spans_read(struct search *search, enum map_span span, int32_t first, int32_t last) {
    enum rond_err err = ROND_OK;
    while (err == ROND_OK && search->count < search->limit && last >= first) {
        int64_t found = 0;
        err = newest_span(search, span, last, &found);
        int32_t start = (int32_t)found, end = map_span_end(span, start);
        if (err != ROND_OK || end < first)
            break;
        if (span == MAP_DAY)
            err = day_read(search, start);
        else if ((err = has_any(search, span, start)) == ROND_OK)
            err = spans_read(search, span - 1, start > first ? start : first, end < last ? end : last);
        err = err == ROND_ENOTFOUND ? ROND_OK : err;
        last = start - 1;
    }
    return err == ROND_ENOTFOUND ? ROND_OK : err;
}

enum rond_err sqlite_spots(struct store *base, const struct spots_wanted *wanted, size_t limit, struct arena *arena,
                           uint64_t **ret_rows, size_t *ret_count) {
    struct search search = {.store = sqlite_of(base), .wanted = wanted, .limit = limit};
    search.squares = squares_in(wanted->at.square, wanted->level);
    search.rows = arena_array(arena, limit, sizeof *search.rows);
    if (search.rows == NULL)
        return ROND_ENOMEM;
    enum rond_err err = number_of(search.store, wanted->at.area, &search.area);
    if (err == ROND_OK)
        err = number_of(search.store, wanted->at.organisation, &search.organisation);
    if (err == ROND_OK && wanted->at.place[0] != '\0')
        err = number_of(search.store, wanted->at.place, &search.place);
    if (err == ROND_OK)
        err = spans_read(&search, MAP_YEAR, wanted->first, wanted->last);
    if (err != ROND_OK && err != ROND_ENOTFOUND)
        return err;
    *ret_rows = search.rows;
    *ret_count = search.count;
    return ROND_OK;
}

// One statement for all of them: what is found of each report is some columns of a few rows, less than starting one would
// cost.
static enum rond_err counted_give(struct query *query, const struct counted_ones *ones) {
    while (query_next(query)) {
        const char *bucket = (const char *)sqlite3_column_text(query->statement, 2);
        const struct counted_one one = {(uint64_t)column_int(query, 0), (uint32_t)column_int(query, 1), bucket,
                                        column_int(query, 3), column_int(query, 4)};
        query->err = bucket == NULL ? ROND_ENOMEM : ones->one(ones->context, &one);
    }
    return query_finish(query);
}

enum rond_err sqlite_counted_on(struct store *base, const struct counted_wanted *wanted, const struct counted_ones *ones) {
    struct sqlite_store *store = sqlite_of(base);
    int64_t number = 0;
    enum rond_err err = number_of(store, wanted->area, &number);
    if (err != ROND_OK)
        return err == ROND_ENOTFOUND ? ROND_OK : err;
    struct query query = query_start(
        store, "SELECT c.row, c.commitment, c.bucket, c.from_s, c.to_s FROM spots s INDEXED BY spots_map"
               " CROSS JOIN contributions c ON c.row = s.row WHERE s.area = ? AND s.day BETWEEN ? AND ? AND s.kind = ?"
               " AND c.reason = ? AND c.to_s >= ? AND c.from_s <= ?");
    query_int(&query, number);
    query_int(&query, wanted->first);
    query_int(&query, wanted->last);
    query_int(&query, wanted->kind);
    query_int(&query, REASON_COUNTED);
    query_int(&query, wanted->from_s);
    query_int(&query, wanted->to_s);
    return counted_give(&query, ones);
}
