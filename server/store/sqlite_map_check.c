// Is the map what the reports on it add up to? Each table is read once, in its own order, and nothing of it is kept: what is
// compared are sums in which each row counts as often as the hash of its key says. Two maps that differ have the same sums
// with odds of one in very many: this is against damage and mistakes, not against who alters both.
#include "store/sqlite.h"

enum { SPANS = MAP_YEAR + 1 };

struct sums {
    uint64_t reports, person_minutes, quantity; // modulo 2^64
};

// The order of the columns that both tables have.
enum { DAY, KEY_FIRST, KEY_LAST = KEY_FIRST + 4, PERSON_MINUTES, QUANTITY, REPORTS, SPAN };
#define BOTH_HAVE "SELECT day, area, kind, organisation, place, square, person_minutes, quantity"

static uint64_t mixed(uint64_t hash, int64_t number) {
    hash = (hash ^ (uint64_t)number) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 29;
}

static void add_row(struct sums *sums, const struct query *row, int32_t day, int64_t reports) {
    uint64_t often = mixed(1, day);
    for (int column = KEY_FIRST; column <= KEY_LAST; column++)
        often = mixed(often, column_int(row, column));
    sums->reports += often * (uint64_t)reports;
    sums->person_minutes += often * (uint64_t)column_int(row, PERSON_MINUTES);
    sums->quantity += often * (uint64_t)column_int(row, QUANTITY);
}

static enum rond_err add_up_reports(struct sqlite_store *store, struct sums *sums) {
    struct query query = query_start(store, BOTH_HAVE " FROM spots");
    while (query_next(&query))
        add_row(sums, &query, (int32_t)column_int(&query, DAY), 1);
    return query_finish(&query);
}

// What each span has, and what its months and years would have by its days.
struct map_sums {
    struct sums kept[SPANS], by_days[SPANS];
    bool has_nothing[SPANS]; // a row of no report
    bool has_other_spans;
};

static void add_map_row(struct map_sums *map, const struct query *row) {
    int64_t span = column_int(row, SPAN), reports = column_int(row, REPORTS);
    int32_t day = (int32_t)column_int(row, DAY);
    if (span < MAP_DAY || span > MAP_YEAR) {
        map->has_other_spans = true;
        return;
    }
    map->has_nothing[span] |= reports < 1;
    add_row(&map->kept[span], row, day, reports);
    for (enum map_span longer = MAP_MONTH; span == MAP_DAY && longer <= MAP_YEAR; longer++)
        add_row(&map->by_days[longer], row, map_span_start(longer, day), reports);
}

static enum rond_err add_up_map(struct sqlite_store *store, struct map_sums *map) {
    struct query query = query_start(store, BOTH_HAVE ", reports, span FROM map");
    while (query_next(&query))
        add_map_row(map, &query);
    return query_finish(&query);
}

static bool is_same(const struct sums *left, const struct sums *right) {
    return left->reports == right->reports && left->person_minutes == right->person_minutes &&
           left->quantity == right->quantity;
}

static enum rond_err compare(const struct map_sums *map, struct fault *fault) {
    static const char *const names[SPANS] = {"day", "month", "year"};
    for (enum map_span span = MAP_DAY; span <= MAP_YEAR; span++)
        if (map->has_nothing[span] || !is_same(&map->kept[span], &map->by_days[span]))
            return fault_set(fault, ROND_ECORRUPT, 0, "", "The map of a %s is not what the reports on it add up to.",
                             names[span]);
    return !map->has_other_spans
               ? ROND_OK
               : fault_set(fault, ROND_ECORRUPT, 0, "", "The map has a row of neither day, month nor year.");
}

enum rond_err sqlite_map_check(struct sqlite_store *store, struct fault *fault) {
    struct map_sums map = {0};
    enum rond_err err = add_up_reports(store, &map.by_days[MAP_DAY]);
    if (err == ROND_OK)
        err = add_up_map(store, &map);
    if (err != ROND_OK)
        return fault_set(fault, err, 0, "", "The store cannot be read: %s.", sqlite3_errmsg(store->db));
    return compare(&map, fault);
}
