// The map: a row for each report on it, and one for each span of time and whatever its reports have in common. Areas,
// organisations and places are numbers of `texts`; place 0 is none.
#include <string.h>

#include "store/sqlite.h"

enum { ROWS_AT_ONCE = 8 }; // starting a statement costs as much as a row

// ---- Writing ----

struct numbers {
    int64_t area, organisation, place;
};

static enum rond_err numbers_of(struct sqlite_store *store, const struct map_key *at, struct numbers *ret_numbers) {
    struct numbers numbers = {0};
    enum rond_err err = sqlite_text_number(store, at->area, &numbers.area);
    if (err == ROND_OK)
        err = sqlite_text_number(store, at->organisation, &numbers.organisation);
    if (err == ROND_OK && at->place[0] != '\0')
        err = sqlite_text_number(store, at->place, &numbers.place);
    if (err == ROND_OK)
        *ret_numbers = numbers;
    return err;
}

static enum rond_err spot_remove(struct sqlite_store *store, uint64_t row) {
    struct query query = query_start(store, "DELETE FROM spots WHERE row = ?");
    query_int(&query, (int64_t)row);
    return query_run(&query);
}

#define INSERT_SPOTS                                                                                                        \
    "INSERT INTO spots (row, area, day, kind, organisation, place, square, person_minutes, quantity) VALUES "
#define ONE_SPOT "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define FOUR_SPOTS ONE_SPOT ", " ONE_SPOT ", " ONE_SPOT ", " ONE_SPOT
static const char SPOTS_ONE[] = INSERT_SPOTS ONE_SPOT;
static const char SPOTS_MANY[] = INSERT_SPOTS FOUR_SPOTS ", " FOUR_SPOTS;

static void spot_bind(struct query *query, const struct spot *spot, const struct numbers *numbers) {
    query_int(query, (int64_t)spot->row);
    query_int(query, numbers->area);
    query_int(query, spot->at.day);
    query_int(query, spot->at.kind);
    query_int(query, numbers->organisation);
    query_int(query, numbers->place);
    query_int(query, spot->at.square);
    query_int(query, spot->tally.person_minutes);
    query_int(query, spot->tally.quantity);
}

// As many as the statements take.
static enum rond_err spots_put(struct sqlite_store *store, const struct spot *spots, size_t count) {
    struct numbers numbers[ROWS_AT_ONCE];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = numbers_of(store, &spots[i].at, &numbers[i]);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(store, count == 1 ? SPOTS_ONE : SPOTS_MANY);
    for (size_t i = 0; i < count; i++)
        spot_bind(&query, &spots[i], &numbers[i]);
    return query_run(&query);
}

static void key_bind(struct query *query, const struct map_key *at, const struct numbers *numbers) {
    query_int(query, numbers->area);
    query_int(query, at->span);
    query_int(query, at->day);
    query_int(query, at->kind);
    query_int(query, numbers->organisation);
    query_int(query, numbers->place);
    query_int(query, at->square);
}

static enum rond_err nothing_remove(struct sqlite_store *store, const struct map_change *change,
                                    const struct numbers *numbers) {
    struct query query =
        query_start(store, "DELETE FROM map WHERE area = ? AND span = ? AND day = ? AND kind = ? AND organisation = ? AND"
                           " place = ? AND square = ? AND reports = 0 AND person_minutes = 0 AND quantity = 0");
    key_bind(&query, &change->at, numbers);
    return query_run(&query);
}

#define ADD_TO_MAP                                                                                                          \
    "INSERT INTO map (area, span, day, kind, organisation, place, square, reports, person_minutes, quantity) VALUES "
#define ONE_CHANGE "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
#define FOUR_CHANGES ONE_CHANGE ", " ONE_CHANGE ", " ONE_CHANGE ", " ONE_CHANGE
#define TO_WHAT_IS_THERE                                                                                                    \
    " ON CONFLICT DO UPDATE SET reports = reports + excluded.reports,"                                                      \
    " person_minutes = person_minutes + excluded.person_minutes, quantity = quantity + excluded.quantity"
static const char MAP_ONE[] = ADD_TO_MAP ONE_CHANGE TO_WHAT_IS_THERE;
static const char MAP_MANY[] = ADD_TO_MAP FOUR_CHANGES ", " FOUR_CHANGES TO_WHAT_IS_THERE;

static enum rond_err map_add(struct sqlite_store *store, const struct map_change *changes, size_t count) {
    struct numbers numbers[ROWS_AT_ONCE];
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = numbers_of(store, &changes[i].at, &numbers[i]);
    if (err != ROND_OK)
        return err;
    struct query query = query_start(store, count == 1 ? MAP_ONE : MAP_MANY);
    for (size_t i = 0; i < count; i++) {
        key_bind(&query, &changes[i].at, &numbers[i]);
        query_int(&query, changes[i].add.reports);
        query_int(&query, changes[i].add.person_minutes);
        query_int(&query, changes[i].add.quantity);
    }
    err = query_run(&query);
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = changes[i].add.reports < 0 ? nothing_remove(store, &changes[i], &numbers[i]) : ROND_OK;
    return err;
}

// How many of what is left go into one statement.
static size_t part_of(size_t left) {
    return left >= ROWS_AT_ONCE ? ROWS_AT_ONCE : 1;
}

enum rond_err sqlite_map_store(struct sqlite_store *store, const struct fold_changes *changes) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < changes->spots_removed_count && err == ROND_OK; i++)
        err = spot_remove(store, changes->spots_removed[i]);
    for (size_t i = 0, count; i < changes->spots_count && err == ROND_OK; i += count)
        err = spots_put(store, &changes->spots[i], count = part_of(changes->spots_count - i));
    for (size_t i = 0, count; i < changes->map_count && err == ROND_OK; i += count)
        err = map_add(store, &changes->map[i], count = part_of(changes->map_count - i));
    return err;
}

enum rond_err sqlite_map_clear(struct sqlite_store *store) {
    struct query query = query_start(store, "DELETE FROM spots");
    enum rond_err err = query_run(&query);
    if (err != ROND_OK)
        return err;
    query = query_start(store, "DELETE FROM map");
    return query_run(&query);
}

// ---- Reading ----

static const char *borrowed_text(struct query *query, int column) {
    const char *text = (const char *)sqlite3_column_text(query->statement, column);
    return text == NULL ? "" : text;
}

static enum rond_err spot_of(struct sqlite_store *store, uint64_t row, struct arena *arena, struct spot *ret_spot) {
    struct spot spot = {.row = row};
    struct query query =
        query_start(store, "SELECT a.text, day, kind, o.text, p.text, square, person_minutes, quantity FROM spots s"
                           " JOIN texts a ON a.number = s.area JOIN texts o ON o.number = s.organisation"
                           " LEFT JOIN texts p ON p.number = s.place WHERE row = ?");
    query_int(&query, (int64_t)row);
    if (query_next(&query)) {
        spot.at = (struct map_key){.area = column_text(&query, 0, arena),
                                   .day = (int32_t)column_int(&query, 1),
                                   .kind = (uint32_t)column_int(&query, 2),
                                   .organisation = column_text(&query, 3, arena),
                                   .place = arena_text(arena, borrowed_text(&query, 4)),
                                   .square = column_int(&query, 5)};
        spot.tally = (struct map_tally){1, column_int(&query, 6), column_int(&query, 7)};
        if (spot.at.place == NULL)
            query.err = ROND_ENOMEM;
    }
    enum rond_err err = query_finish(&query);
    if (err == ROND_OK)
        *ret_spot = spot;
    return err;
}

enum rond_err sqlite_spots_of(struct store *base, const uint64_t *rows, size_t count, struct arena *arena,
                              struct spot *ret_spots) {
    enum rond_err err = ROND_OK;
    for (size_t i = 0; i < count && err == ROND_OK; i++)
        err = spot_of(sqlite_of(base), rows[i], arena, &ret_spots[i]);
    return err;
}

#define MAP_COLUMNS                                                                                                         \
    "SELECT a.text, span, day, kind, o.text, p.text, square, reports, person_minutes, quantity FROM map m"                  \
    " JOIN texts a ON a.number = m.area JOIN texts o ON o.number = m.organisation"                                          \
    " LEFT JOIN texts p ON p.number = m.place WHERE "

static struct query map_ask(struct sqlite_store *store, const struct map_range *range) {
    if (range->area == NULL)
        return query_start(store, MAP_COLUMNS "span = ? AND day BETWEEN ? AND ?");
    struct query query = query_start(store, MAP_COLUMNS "m.area = (SELECT number FROM texts WHERE text = ?) AND span = ?"
                                                        " AND day BETWEEN ? AND ?");
    query_text(&query, range->area);
    return query;
}

enum rond_err sqlite_map(struct store *base, const struct map_range *range, const struct map_rows *rows) {
    struct query query = map_ask(sqlite_of(base), range);
    query_int(&query, range->span);
    query_int(&query, range->first);
    query_int(&query, range->last);
    while (query_next(&query)) {
        const struct map_change row = {
            .at = {.area = borrowed_text(&query, 0),
                   .span = range->span,
                   .day = (int32_t)column_int(&query, 2),
                   .kind = (uint32_t)column_int(&query, 3),
                   .organisation = borrowed_text(&query, 4),
                   .place = borrowed_text(&query, 5),
                   .square = column_int(&query, 6)},
            .add = {column_int(&query, 7), column_int(&query, 8), column_int(&query, 9)},
        };
        query.err = rows->row(rows->context, &row);
    }
    return query_finish(&query);
}
